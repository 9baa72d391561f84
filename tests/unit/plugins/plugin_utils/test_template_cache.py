# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates that are compiled once: they say what they said before, and are compiled no more."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible import template
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.eastwest.mesh.plugins.plugin_utils.template_cache import TemplateCache
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

Values = dict[str, t.Any]

VARIABLES = {"name": "east", "zones": ["zone1", "zone2"], "node": {"region": "west"}}
PARTS = st.sampled_from(
    [
        "{{ name }}",
        "{{ zones | length }}",
        "{{ zones | map('upper') | join(',') }}",
        "{% for zone in zones %}{{ zone }}\n{% endfor %}",
        "{% if name == 'east' %}yes{% else %}no{% endif %}",
        "{{ node.region ~ 'x' }}",
        "{{ 'a' is match('^a') }}",
        "{{ missing | default(omit, true) | default('none') }}",
        r"{{ name | regex_replace('^(.)', '\\1\\1') }}",
        "{# a comment #}",
        "plain text\n",
        "{{ missing }}",
        "{{ name",
    ]
)


def trusted(text: str) -> str:
    return t.cast("str", getattr(template, "trust_as_template", str)(text))


def render(text: str, **options: t.Any) -> t.Any:
    """Return what Ansible makes of a template, or how it fails."""
    templar = template.Templar(loader=DataLoader(), variables=VARIABLES)
    try:
        return templar.template(trusted(text), **options)
    except AnsibleError as exc:
        return type(exc).__name__, str(exc)


@pytest.fixture
def cache() -> t.Iterator[TemplateCache]:
    cache = TemplateCache()
    cache.install()
    yield cache
    cache.uninstall()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that Python compiles."""
    sources: list[str] = []
    original = Environment._compile

    def count(self: Environment, source: str, filename: str) -> types.CodeType:
        sources.append(source)
        return original(self, source, filename)

    monkeypatch.setattr(Environment, "_compile", count)
    return sources


@given(parts=st.lists(PARTS, min_size=1, max_size=4))
def test_a_template_says_what_it_said_without_the_cache(parts: list[str]) -> None:
    text = "".join(parts)
    expected = render(text)
    cache = TemplateCache()
    cache.install()
    try:
        assert render(text) == expected
        assert render(text) == expected
    finally:
        cache.uninstall()
    assert render(text) == expected


def test_a_template_is_compiled_once(cache: TemplateCache, compiled: list[str]) -> None:
    assert [render("{{ name }} {{ zones[0] }}") for _time in range(3)] == ["east zone1"] * 3
    assert len(compiled) == 1


def test_other_delimiters_are_another_template(cache: TemplateCache) -> None:
    text = "{{ name }} << name >>"
    overrides = {"variable_start_string": "<<", "variable_end_string": ">>"}
    assert render(text) == "east << name >>"
    assert render(text, overrides=overrides) == "{{ name }} east"
    assert render(text) == "east << name >>"


def test_backslashes_are_read_as_the_caller_says(cache: TemplateCache) -> None:
    text = r"{{ 'a\tb' }}"
    assert render(text) == r"a\tb"
    assert render(text, escape_backslashes=False) == "a\tb"
    assert render(text) == r"a\tb"


def test_environments_of_others_have_no_part_in_it(
    cache: TemplateCache, compiled: list[str]
) -> None:
    for _time in range(2):
        assert Environment().from_string("{{ 1 + 1 }}").render() == "2"
    assert len(compiled) == 2


class Role:
    """As much of a role as counts."""

    def get_default_vars(self) -> Values:
        return {"lab": "{{ name }}-lab", "port": 80}

    def get_vars(self) -> Values:
        return {"_deep": [{"text": ["{{ zones | first }}"]}]}


def a_task(**fields: t.Any) -> t.Any:
    return types.SimpleNamespace(**{"_role": None, "_parent": None, **fields})


def test_what_a_task_uses_is_compiled_before(cache: TemplateCache, compiled: list[str]) -> None:
    render("{{ true }}")
    parent = a_task(when=["name == 'east'"], vars={"other": "{{ node.region }}"})
    task = a_task(
        args={"path": "{{ name }}/x"},
        loop="{{ zones }}",
        until="name is defined",
        _parent=parent,
        _role=Role(),
    )
    cache.load_task(task)
    before = len(compiled)
    texts = (
        "{{ name }}/x",
        "{{ zones }}",
        "{{ node.region }}",
        "{{ name }}-lab",
        "{{ zones | first }}",
    )
    assert [render(text) for text in texts] == [
        "east/x",
        VARIABLES["zones"],
        "west",
        "east-lab",
        "zone1",
    ]
    assert len(compiled) == before
    cache.load_task(task)
    assert len(compiled) == before


@pytest.mark.skipif(
    not hasattr(template.Templar, "evaluate_conditional"),
    reason="before ansible-core 2.19 conditions are templates",
)
@pytest.mark.parametrize(
    "condition", ["name == 'east'", " zones | length > 5 ", r"name is match('^\\w')"]
)
def test_conditions_stay_what_they_are(cache: TemplateCache, condition: str) -> None:
    templar = template.Templar(loader=DataLoader(), variables=VARIABLES)
    render("{{ true }}")
    cache.load_task(a_task(when=[condition]))
    expected = "5" not in condition
    assert templar.evaluate_conditional(trusted(condition)) is expected
    assert templar.evaluate_conditional(trusted(condition)) is expected


@pytest.mark.skipif(
    not hasattr(template.Templar, "evaluate_conditional"),
    reason="before ansible-core 2.19 conditions are templates",
)
def test_conditions_are_compiled_before(cache: TemplateCache, compiled: list[str]) -> None:
    render("{{ true }}")
    cache.load_task(a_task(when=["name == 'east'"]))
    before = len(compiled)
    templar = template.Templar(loader=DataLoader(), variables=VARIABLES)
    assert templar.evaluate_conditional(trusted("name == 'east'")) is True
    assert len(compiled) == before


@pytest.mark.parametrize("text", ["{{ name", "{% if %}", "{{ name | no_such_filter }}"])
def test_what_does_not_compile_is_left_to_the_task(cache: TemplateCache, text: str) -> None:
    expected = render(text)
    cache.load_values({"deep": [text]})
    assert render(text) == expected
