# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the fields that Istio and the Gateway API publish for the kinds that the collection reads.

    python tests/tools/record_crd_fields.py customresourcedefinitions.gen.yaml experimental-install.yaml

The files are `kubernetes/customresourcedefinitions.gen.yaml` of a release of istio/api, and the experimental channel of a
release of the Gateway API. A unit test compares the record with the shapes in `_istio/validation`, so that a field that
a new release brings is noticed.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import typing as t

import yaml
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import SHAPES

RECORD = (
    pathlib.Path(__file__).parents[1]
    / "unit/plugins/module_utils/_istio/validation/published_fields.json"
)
Fields: t.TypeAlias = dict[str, str]


def fields(schema: t.Mapping[str, t.Any], path: str) -> Fields:
    """Return the types of all fields below a schema, by path; ``[]`` is any item, ``*`` any key."""
    if "items" in schema:
        return {path: "array", **fields(schema["items"], f"{path}[]")}
    if isinstance(schema.get("additionalProperties"), dict):
        return {path: "map", **fields(schema["additionalProperties"], f"{path}.*")}
    found = {path: schema.get("type") or "any"} if path else {}
    for name, below in (schema.get("properties") or {}).items():
        found |= fields(below, f"{path}.{name}" if path else name)
    return found


def newest(definition: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """Return the version of a definition that is stored, as it has all fields."""
    return next(version for version in definition["spec"]["versions"] if version["storage"])


def published(definitions: t.Iterable[t.Any]) -> dict[str, Fields]:
    """Return the fields below ``spec`` of the kinds that have a shape here."""
    found = {}
    for definition in definitions:
        if not definition:
            continue
        group, kind = definition["spec"]["group"], definition["spec"]["names"]["kind"]
        if (group, kind) in SHAPES:
            schema = newest(definition)["schema"]["openAPIV3Schema"]["properties"]["spec"]
            found[f"{group}/{kind}"] = dict(sorted(fields(schema, "").items()))
    return dict(sorted(found.items()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("definitions", type=pathlib.Path, nargs="+")
    texts = [path.read_text(encoding="utf-8") for path in parser.parse_args().definitions]
    found = published(each for text in texts for each in yaml.safe_load_all(text))
    RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
