# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.apps import (
    AppInstance,
    app_routes,
    parse_response,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.responses import HELLOWORLD
from hypothesis import given
from hypothesis import strategies as st


def described(**response: t.Any) -> dict[str, t.Any]:
    instance = AppInstance("shop-7d4", {}, "v7", json.dumps(response))
    (route,) = app_routes("shop", instance)
    assert route["match"] == {"prefix": "/"}
    return route


def body(route: dict[str, t.Any]) -> str:
    text = route["direct_response"]["body_format"]["text_format_source"]["inline_string"]
    return text.replace("%%", "%")


def test_an_app_of_which_nothing_is_said_answers_as_helloworld() -> None:
    route = described()
    assert HELLOWORLD(body(route)) == {"version": "v7", "instance": "shop-7d4"}
    assert route["direct_response"]["status"] == 200
    assert "typed_per_filter_config" not in route


def test_a_response_has_the_shape_that_is_described() -> None:
    route = described(
        status=503,
        headers={"Content-Type": "application/json", "X-Pod": "{pod}", "x-load": "5%"},
        body='{"pod": "{pod}", "by": {"version": "{version}"}}',
        delay=0.25,
    )
    assert route["direct_response"]["status"] == 503
    assert route["direct_response"]["body_format"]["content_type"] == "application/json"
    assert json.loads(body(route)) == {"pod": "shop-7d4", "by": {"version": "v7"}}
    assert route["response_headers_to_add"] == [
        {"header": {"key": "X-Pod", "value": "shop-7d4"}},
        {"header": {"key": "x-load", "value": "5%%"}},
    ]
    (fault,) = route["typed_per_filter_config"].values()
    assert fault["delay"]["fixed_delay"] == "0.250s"
    assert fault["delay"]["percentage"]["numerator"] == 100
    assert fault["abort"]["percentage"]["numerator"] == 0


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
def test_no_text_is_a_command_of_envoys_format(text: str) -> None:
    assert body(described(body=text)) == text.replace("{pod}", "shop-7d4").replace(
        "{version}", "v7"
    )
    assert "%" not in described(body=text)["direct_response"]["body_format"]["text_format_source"][
        "inline_string"
    ].replace("%%", "")


@pytest.mark.parametrize(
    ("text", "said"), [("{", "is not valid JSON"), ("[]", "must be a mapping in JSON")]
)
def test_a_description_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=f"annotation eastwest.mesh/response {said}"):
        parse_response(text)
