# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects in a text of YAML or JSON, and what of it is none."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.eastwest.mesh.plugins.module_utils._common import well_known
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_chunks import Chunk, chunks
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_documents import (
    BrokenYaml,
    load_document,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.yaml_text import load_mapping
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.registry.cluster_state import (
    KubernetesObject,
    annotations_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.manifests import (
    check_size,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    describe,
    group_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    Schema,
    schema_violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import (
    MESH_KEYS,
    METADATA,
    shape_of,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.values import (
    Violation,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._sources import kinds
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.pruned_pods import pruned
from ansible_collections.eastwest.mesh.plugins.module_utils._sources.source_object import (
    InputProblem,
    SourceContent,
    SourceObject,
)

TEMPLATES = "templates that a tool must fill in first (helm template, kustomize build)"
NO_OBJECTS = "no Kubernetes objects"
_FEW_BYTES = 100_000
_MANIFEST = re.compile(r"\b(apiVersion|kind)[\"']?:")
_TEMPLATE = re.compile(r"\{\{|\{%")
# kinds of tools that build manifests, and of their configuration
_TOOLS = re.compile(
    r"(kustomize\.config|config\.kubernetes|helm\.\w+|source\.toolkit|kind\.x-k8s)\.\w+"
)


@dataclass(slots=True)
class ObjectReader:
    """Reads the texts of one source; ``content`` gathers what they hold."""

    content: SourceContent = field(default_factory=SourceContent)
    # may an object be larger than an API server takes? Only aliases make it larger than its text
    _is_unbounded: bool = False

    def read(self, text: str, file: str) -> None:
        """Read a file's text; ``file`` is its name for people."""
        before = len(self.content.objects), sum(self.content.other_kinds.values())
        problems = len(self.content.problems)
        self.content.files += 1
        if text.lstrip()[:1] in ("{", "[") and self._read_json(text, file):
            pass
        else:
            self._read_yaml(text, file)
        after = len(self.content.objects), sum(self.content.other_kinds.values())
        if _TEMPLATE.search(text) and self._drop_template_problems(problems):
            self.content.skip(TEMPLATES, file)
        elif before == after and problems == len(self.content.problems):
            self.content.skip(NO_OBJECTS, file)

    def note_broken(self, error: BrokenYaml, file: str) -> None:
        """Note a file of which nothing can be read."""
        self.content.files += 1
        self._problem("yaml", _Place(file, error.line), "", "", str(error))

    def _drop_template_problems(self, first: int) -> bool:
        """Forget that a template is no YAML; a mistake in a file of manifests stays one."""
        kept = [each for each in self.content.problems[first:] if each.kind != "yaml"]
        found = len(kept) < len(self.content.problems) - first
        self.content.problems[first:] = kept
        return found

    def _read_json(self, text: str, file: str) -> bool:
        try:
            value = json.loads(text, object_pairs_hook=_unique_pairs)
        except (ValueError, RecursionError):
            # what is no JSON may be YAML, which also says where a mistake is
            return False
        self._is_unbounded = False
        self._document(value, _Place(file, 1))
        return True

    def _read_yaml(self, text: str, file: str) -> None:
        envelope: t.Mapping[str, t.Any] = {}
        for chunk in chunks(text):
            if chunk.is_item and self._skips(chunk):
                continue
            self._is_unbounded = "&" in chunk.text or len(chunk.text) > _FEW_BYTES
            try:
                value = load_document(pruned(chunk.text), chunk.line)
            except BrokenYaml as exc:
                if not _MANIFEST.search(chunk.text):
                    continue
                kind = "duplicate-key" if "is there twice" in str(exc) else "yaml"
                self._problem(kind, _Place(file, exc.line), "", "", str(exc))
                continue
            if chunk.is_item:
                items = value if isinstance(value, list) else []
                place = _Place(file, chunk.line, chunk.line)
                for index, item in enumerate(items):
                    self._item(item, envelope, place.below(index))
                continue
            envelope = value if isinstance(value, dict) else {}
            self._document(value, _Place(file, _first_line(chunk), chunk.line))

    def _skips(self, chunk: Chunk) -> bool:
        """Count an item of a kind that is not read, without parsing it."""
        kind = chunk.item_kind
        # a List within a List is opened
        if not kind or kind in kinds.READ or kind in kinds.UNMODELLED or kind.endswith("List"):
            return False
        self.content.other_kinds[kind] += 1
        return True

    def _document(self, value: t.Any, place: _Place) -> None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                self._document(item, place.below(index))
        elif isinstance(value, dict):
            kind = value.get("kind")
            if (
                isinstance(kind, str)
                and kind.endswith("List")
                and isinstance(value.get("items"), list)
            ):
                for index, item in enumerate(value["items"]):
                    self._item(item, value, place.below("items", index))
            elif not (isinstance(kind, str) and kind.endswith("List")):
                self._object(value, place)

    def _item(self, item: t.Any, envelope: t.Mapping[str, t.Any], place: _Place) -> None:
        """An item of a list; those of a PodList need not say that they are pods."""
        if not isinstance(item, dict):
            self._problem("object", place, "", "", "an item of a List is no object")
            return
        kind = str(envelope.get("kind") or "").removesuffix("List")
        if kind:
            item.setdefault("kind", kind)
            item.setdefault("apiVersion", envelope.get("apiVersion"))
        self._document(item, place)

    def _object(self, value: KubernetesObject, place: _Place) -> None:
        kind, version = value.get("kind"), value.get("apiVersion")
        if not isinstance(kind, str) or not isinstance(version, str):
            self._without_kind(value, place)
            return
        if _TOOLS.match(version):
            self.content.other_kinds[kind] += 1
            return
        meta = value.get("metadata")
        what = describe(value) if isinstance(meta, dict) else kind
        if not isinstance(meta, dict) or not meta.get("name"):
            if kind in kinds.READ and not (isinstance(meta, dict) and meta.get("generateName")):
                advice = (
                    "write a mapping with its name" if not isinstance(meta, dict) else "write it"
                )
                field_ = "metadata.name" if isinstance(meta, dict) else "metadata"
                self._problem(
                    "object", place, what, field_, f"{field_} of a {kind} is missing", advice
                )
            else:
                self.content.other_kinds[kind] += 1
            return
        if not kinds.is_read(value):
            self.content.other_kinds[kind] += 1
            if kinds.is_unmodelled(value):
                self.content.unmodelled.append(value)
            return
        if not self._has_shape(value, what, place):
            self.content.misshapen.append(value)
            return
        if kind not in well_known.CLUSTER_SCOPED:
            meta["namespace"] = meta.get("namespace") or "default"
        found = SourceObject(kinds.lean(value), place.file, place.line, place.document, place.steps)
        self.content.objects.append(found)

    def _has_shape(self, value: KubernetesObject, what: str, place: _Place) -> bool:
        """Has every field that is read the type that the API server publishes?"""
        try:
            if self._is_unbounded:
                check_size(value, what)
        except InvalidInput as exc:
            self._problem("shape", place, what, "", str(exc))
            return False
        schema = shape_of(group_of(value), value["kind"])
        violations = list(schema_violations(METADATA, value["metadata"], "metadata"))
        violations += schema_violations(schema, value, "") if schema else ()
        if not violations:
            violations += _embedded_violations(value)
        for each in violations:
            if not each.warning:
                self._problem("shape", place, what, each.field, each.message, each.advice)
        if not violations and value["kind"] in kinds.NEEDS_SPEC and not value.get("spec"):
            message = f"a {value['kind']} without spec says nothing"
            self._problem("shape", place, what, "spec", message, "write it")
            return False
        return not any(not each.warning for each in violations)

    def _without_kind(self, value: t.Mapping[str, t.Any], place: _Place) -> None:
        """Tell a manifest that lacks a line from a file of something else."""
        kind = value.get("kind")
        if isinstance(kind, str) and kind in kinds.READ:
            self._problem(
                "object",
                place,
                kind,
                "apiVersion",
                f"apiVersion of a {kind} is missing",
                "write it",
            )
        elif "apiVersion" in value and "metadata" in value:
            self._problem("object", place, "", "kind", "an object has no kind", "write it")

    def _problem(
        self, kind: str, place: _Place, obj: str, field_: str, message: str, advice: str = ""
    ) -> None:
        self.content.problems.append(
            InputProblem(
                kind,
                place.file,
                place.line,
                obj,
                field_,
                message,
                advice,
                place.document,
                place.steps,
            )
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a file: the line, the first line of its document, and the way from there."""

    file: str
    line: int
    document: int = 1
    steps: tuple[str | int, ...] = ()

    def below(self, *steps: str | int) -> _Place:
        return _Place(self.file, self.line, self.document, (*self.steps, *steps))


def _first_line(chunk: Chunk) -> int:
    """Return the line where a document's first key is, behind comments and empty lines."""
    for number, line in enumerate(chunk.text.splitlines()):
        if line.strip() and not line.lstrip().startswith("#"):
            return chunk.line + number
    return chunk.line


def _unique_pairs(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _embedded_violations(value: KubernetesObject) -> t.Iterator[Violation]:
    """Find what is wrong in YAML within an object: mesh settings, and annotations that hold settings."""
    texts: dict[str, tuple[t.Any, Schema | None]] = {
        f'metadata.annotations["{name}"]': (annotations_of(value).get(name), None)
        for name in (well_known.PROXY_CONFIG, well_known.NODE_SELECTOR)
    }
    if value["kind"] == "ConfigMap":
        data = value.get("data") or {}
        texts.update({f"data.{key}": (data.get(key), inner) for key, inner in MESH_KEYS.items()})
    for field_, (text, schema) in texts.items():
        try:
            settings = load_mapping(text or "", "the text")
        except InvalidInput as exc:
            yield Violation("yaml", field_, str(exc), "")
            continue
        for each in schema_violations(schema, settings, "") if schema else ():
            message = f"{each.field.lstrip('.')} {each.message}"
            yield Violation("type", field_, message, each.advice)
