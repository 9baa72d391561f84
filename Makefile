# SPDX-License-Identifier: GPL-3.0-or-later
# `make failover` runs the main job, `make test` all tests, `make help` names the rest.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

bin := .venv/bin
new_enough := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$python" -c '$(new_enough)' >/dev/null 2>&1 && echo "$$python" && break; done)
endif

# Options for the playbooks, such as ARGS='-e mesh_lab=other'
ARGS ?=
INVENTORY ?= inventories/east-west

.PHONY: help
help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: failover
failover: environment ## Bring the lab up and prove locality failover: the main job
	$(bin)/ansible-playbook playbooks/failover.yml -i $(INVENTORY) $(ARGS)

.PHONY: distribute
distribute: environment ## Bring the lab up and prove a weighted distribution
	$(bin)/ansible-playbook playbooks/distribute.yml -i $(INVENTORY) $(ARGS)

.PHONY: up
up: environment ## Bring the lab up, or repair it
	$(bin)/ansible-playbook playbooks/up.yml -i $(INVENTORY) $(ARGS)

.PHONY: explain
explain: environment ## Say where requests will go, why, and what is wrong with the rules
	$(bin)/ansible-playbook playbooks/explain.yml -i $(INVENTORY) $(ARGS)

.PHONY: new-lab
new-lab: environment ## Write inventories/NAME, a lab of your own: make new-lab NAME=mine
	@test -n "$(NAME)" || { echo 'error: name the lab: make new-lab NAME=mine' >&2; exit 1; }
	$(bin)/ansible-playbook playbooks/new_lab.yml -e new_lab_name=$(NAME) -e new_lab_directory=$(CURDIR)/inventories $(ARGS)

.PHONY: down
down: environment ## Take the lab down
	$(bin)/ansible-playbook playbooks/down.yml -i $(INVENTORY) $(ARGS)

.PHONY: analyze
analyze: environment ## Analyse a mesh from a file or directory: make analyze SOURCE=DIR
	@test -n "$(SOURCE)" || { echo 'error: name a file or a directory: make analyze SOURCE=DIR' >&2; exit 1; }
	@$(bin)/ansible-playbook playbooks/analyze.yml -i localhost, -e '{"source": "$(SOURCE)"}' $(ARGS)

.PHONY: python
python:
	@"$(PYTHON)" -c '$(new_enough)' 2>/dev/null || { \
		echo 'error: this needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3 …' >&2; \
		exit 1; }

.PHONY: environment
environment: python ## Build .venv with what the playbooks need
	@"$(PYTHON)" tests/tools/environment.py run

.PHONY: kubernetes
kubernetes: python ## Add kubernetes.core to .venv, for kind and existing clusters
	@"$(PYTHON)" tests/tools/environment.py kubernetes

# Tests and documentation. The tools find each other, and ansible, in PATH; they leave the user's ~/.ansible alone.
tools := PATH="$(CURDIR)/$(bin):$$PATH" ANSIBLE_HOME="$(CURDIR)/build/ansible"
package := ansible_collections/eastwest/mesh

.PHONY: test
test: python ## Run all tests
	@"$(PYTHON)" tests/tools/environment.py test docs
	@MAKE="$(MAKE)" $(bin)/python tests/tools/run_tests.py

.PHONY: test-environment
test-environment: python
	@"$(PYTHON)" tests/tools/environment.py test

.PHONY: unit
unit: test-environment ## Run the unit tests
	$(tools) python -m pytest $(ARGS)

.PHONY: lint
lint: lint-style lint-types lint-yaml lint-licences lint-roles lint-changelog lint-ansible ## Check style, types, licences, roles

.PHONY: lint-style
lint-style: test-environment
	$(tools) ruff check .
	$(tools) ruff format --check .

.PHONY: lint-types
lint-types: test-environment
	@mkdir -p build/types/$(dir $(package)) && ln -sfn "$(CURDIR)" build/types/$(package)
	$(tools) mypy -p $(subst /,.,$(package)).plugins

.PHONY: lint-yaml
lint-yaml: test-environment
	$(tools) yamllint --strict .

.PHONY: lint-licences
lint-licences: test-environment
	@$(bin)/python tests/tools/tree.py build/licences
	$(tools) reuse --root build/licences/$(package) lint --lines

.PHONY: lint-roles
lint-roles: test-environment
	$(tools) python tests/tools/check_role_specs.py

.PHONY: lint-changelog
lint-changelog: test-environment
	$(tools) antsibull-changelog lint

.PHONY: lint-ansible
lint-ansible: test-environment
	$(tools) ansible-lint --strict

.PHONY: sanity
sanity: test-environment ## Run ansible-test sanity
	$(tools) python tests/tools/check_sanity.py $(ARGS)

.PHONY: build
build: environment ## Build the tarball
	$(tools) ansible-galaxy collection build --force --output-path build

.PHONY: importer
importer: test-environment build ## Do what Galaxy does with an uploaded tarball
	$(tools) python tests/tools/check_tarball.py importer

.PHONY: installed
installed: test-environment build ## Install the tarball and use nothing but its run-time folders
	$(tools) python tests/tools/check_tarball.py installed

# ansible-core of another version than .venv's, by default the oldest that meta/runtime.yml promises to work with
CORE ?= $(shell sed -n 's/^requires_ansible: ">=\(.*\)"/\1/p' meta/runtime.yml)
core := build/core/$(CORE)

.PHONY: core-environment
core-environment: python
	@"$(core)/bin/python" -c '' 2>/dev/null || "$(PYTHON)" -m venv --clear $(core)
	$(core)/bin/python -m pip --disable-pip-version-check install --quiet -r meta/ee-requirements.txt \
		"ansible-core~=$(CORE)$(if $(findstring .,$(patsubst 2.%,%,$(CORE))),,.0)"

.PHONY: oldest
oldest: core-environment build ## The same with the oldest ansible-core that the collection promises to work with
	ANSIBLE_HOME="$(CURDIR)/build/ansible" $(core)/bin/python tests/tools/check_tarball.py installed

.PHONY: core
core: oldest ## The same and sanity with an ansible-core of your choice: make core CORE=2.19 PYTHON=python3.13
	$(core)/bin/python tests/tools/check_sanity.py $(ARGS)

.PHONY: molecule
molecule: test-environment ## Run the Molecule scenarios, all but kind
	$(tools) molecule test --all --exclude kind

.PHONY: molecule-kind
molecule-kind: test-environment kubernetes ## Run the Molecule scenario on kind; MESH_KIND_VARS=file for variables
	$(tools) $(if $(MESH_KIND_VARS),MESH_KIND_VARS="$(abspath $(MESH_KIND_VARS))") molecule test --scenario-name kind

.PHONY: docs
docs: python ## Build the documentation site, build/docs/html/index.html
	@"$(PYTHON)" tests/tools/environment.py docs
	$(tools) antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .
	$(tools) python tests/tools/docs_site.py

.PHONY: docs-commands
docs-commands: test-environment ## Run the commands of the documentation that a loopback lab is enough for
	$(tools) python tests/tools/docs_commands.py $(ARGS)

.PHONY: benchmarks
benchmarks: environment ## Measure how fast the lab is
	$(bin)/python tests/benchmarks $(ARGS)

.PHONY: campaigns
campaigns: environment ## Break loopback labs at random and check the repair; ARGS='--rounds 20 --seed 7'
	$(bin)/python tests/campaigns/kills_and_faults.py $(ARGS)

.PHONY: changelog
changelog: test-environment ## Take fragments and new plugins into the changelog of the current version
	$(tools) antsibull-changelog release --update-existing --reload-plugins

.PHONY: release
release: test-environment ## Make version, changelog, tag and tarball of a release, and publish nothing: make release VERSION=1.2.0
	@test -n "$(VERSION)" || { echo 'error: name the version: make release VERSION=1.2.0' >&2; exit 1; }
	@$(bin)/python tests/tools/release.py "$(VERSION)"

.PHONY: pre-commit
pre-commit: test-environment ## Check each commit's files before git takes it
	$(bin)/python -m pip --disable-pip-version-check install --quiet pre-commit
	$(bin)/pre-commit install

.PHONY: clean
clean: ## Remove the environment and all that was built
	rm -rf .venv .ansible build
