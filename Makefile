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
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: failover
failover: environment ## Bring the lab up and prove locality failover: the main job
	$(bin)/ansible-playbook playbooks/failover.yml -i $(INVENTORY) $(ARGS)

.PHONY: down
down: environment ## Take the lab down
	$(bin)/ansible-playbook playbooks/down.yml -i $(INVENTORY) $(ARGS)

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
