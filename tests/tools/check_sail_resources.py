# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold what the role istio gives the Sail operator against the operator's own definitions of its kinds.

    python tests/tools/check_sail_resources.py sailoperator.io_istios.yaml sailoperator.io_istiocnis.yaml

The files are CustomResourceDefinitions as the operator's releases have them in chart/crds, of any version; none of them
is kept here. A server drops fields that a definition lacks without an error, so they are errors here.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import typing as t

import yaml

Json: t.TypeAlias = t.Any

ROLE = pathlib.Path(__file__).resolve().parents[2] / "roles" / "istio"
GROUP = "sailoperator.io/"
# Every option that finds its way into the resources, so that no field is left out of the check
EVERYTHING: dict[str, Json] = {
    "istio_mesh_id": "mesh1",
    "istio_network": "network1",
    "istio_trust_domain": "cluster.local",
    "istio_trust_domain_aliases": ["other.local"],
    "istio_proxy_metadata": {"ISTIO_META_DNS_CAPTURE": "true"},
    "istio_locality_lb": {
        "enabled": True,
        "failover": [{"from": "region1", "to": "region2"}],
        "failoverPriority": ["topology.kubernetes.io/region"],
    },
    "istio_mesh_config": {
        "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"},
        "localityLbSetting": {"distribute": [{"from": "region1/*", "to": {"region1/*": 100}}]},
    },
}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def render(variables: dict[str, Json], cluster: str = "cluster1") -> list[Json]:
    """The role's resources of the operator's kinds; variables go over the role's defaults."""
    with tempfile.TemporaryDirectory() as directory:
        target = pathlib.Path(directory, "sail.yaml")
        given = {"mesh_provider": "existing", **variables}
        arguments = {"src": str(ROLE / "templates" / "sail.yaml.j2"), "dest": str(target)}
        done = subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "ansible",
                    "adhoc",
                    cluster,
                    "-i",
                    f"{cluster},",
                    "-c",
                    "local",
                ),
                *("-e", f"@{ROLE / 'defaults' / 'main.yml'}"),
                *("-e", f"@{ROLE / 'vars' / 'main.yml'}"),
                *("-e", json.dumps({**given, "ansible_python_interpreter": sys.executable})),
                *("-m", "ansible.builtin.template", "-a", json.dumps(arguments)),
            ],
            check=False,
            env={**os.environ, "ANSIBLE_HOME": directory},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise SystemExit(done.stdout)
        documents = list(yaml.safe_load_all(target.read_text(encoding="utf-8")))
    return [each for each in documents if each and each["apiVersion"].startswith(GROUP)]


def fields(value: Json, path: str = "") -> t.Iterator[tuple[str, str]]:
    """Each field by its path, with its type; entries of lists and free keys have none of their own."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from fields(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for part in value:
            yield from fields(part, f"{path}[]")
    else:
        (name, *_others) = (name for name, types in _TYPES.items() if isinstance(value, types))
        yield path, name


def problems(schema: Json, value: Json, path: str = "") -> t.Iterator[str]:
    """What a server would refuse or drop."""
    expected = schema.get("type")
    # true is an int to Python
    right = isinstance(value, _TYPES.get(expected, (object,))) and (
        not isinstance(value, bool) or expected in (None, "boolean")
    )
    if schema.get("x-kubernetes-int-or-string"):
        right = isinstance(value, (int, str))
    if not right:
        yield f"{path}: {value!r} is no {expected or 'integer or string'}"
        return
    if "enum" in schema and value not in schema["enum"]:
        known = ", ".join(map(str, schema["enum"]))
        yield f"{path}: {value!r} is none of {known}"
    if isinstance(value, dict):
        yield from _of_object(schema, value, path)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from problems(schema.get("items", {}), part, f"{path}[{number}]")


def _of_object(schema: Json, value: Json, path: str) -> t.Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        # a server fills in defaults before it looks for what is missing
        if name not in value and "default" not in known.get(name, {}):
            yield f"{path}.{name} is missing"
    for name, part in value.items():
        where = f"{path}.{name}"
        if name in known:
            yield from problems(known[name], part, where)
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from problems(schema["additionalProperties"], part, where)
        elif not schema.get("x-kubernetes-preserve-unknown-fields"):
            yield f"{where} is unknown and would be dropped"


def check(definition: Json, resources: t.Iterable[Json]) -> dict[str, list[str]]:
    """The problems of the resources of the definition's kind, for each version that is served."""
    kind = definition["spec"]["names"]["kind"]
    concerned = [each for each in resources if each["kind"] == kind]
    found: dict[str, list[str]] = {}
    for version in definition["spec"]["versions"]:
        if not version["served"]:
            continue
        schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        listed = [
            problem for each in concerned for problem in problems(schema, each["spec"], "spec")
        ]
        if not concerned:
            listed.append("the role makes nothing of this kind")
        found[version["name"]] = listed
    return found


def main(paths: t.Sequence[str]) -> int:
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    resources = render(EVERYTHING)
    failed = False
    for path in paths:
        definition = yaml.load(pathlib.Path(path).read_text(encoding="utf-8"), Loader=loader)
        for version, listed in check(definition, resources).items():
            name = f"{path}: {definition['spec']['names']['kind']} {version}"
            print(f"{name}: {'; '.join(listed) or 'every field is known and right'}")
            failed = failed or bool(listed)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
