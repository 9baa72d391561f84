# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matches of routes in words, and the plain request."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.routing.matches import (
    described,
    takes_plain_request,
)


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ({}, "all others"),
        (
            {"uri": {"prefix": "/a"}, "method": {"exact": "GET"}},
            "path begins with /a, method is GET",
        ),
        ({"headers": {"x": {"regex": "a.*"}}}, "header x matches a.*"),
        ({"headers": {"x": {}}}, "header x"),
        (
            {"withoutHeaders": {"x": {}}, "queryParams": {"q": {"exact": "1"}}},
            "no header x, parameter q is 1",
        ),
    ],
)
def test_in_words(match, words):
    assert described(match) == words


@pytest.mark.parametrize(
    ("match", "path", "takes"),
    [
        ({}, "/", True),
        ({"uri": {"exact": "/"}}, "/", True),
        ({"uri": {"exact": "/a"}}, "/a?q=1", True),
        ({"uri": {"prefix": "/a"}}, "/ab", True),
        ({"uri": {"prefix": "/A"}}, "/ab", False),
        ({"uri": {"prefix": "/A"}, "ignoreUriCase": True}, "/ab", True),
        ({"uri": {"regex": "/a.*"}}, "/abc", True),
        ({"uri": {"regex": "/a"}}, "/abc", False),
        ({"uri": {"regex": "("}}, "/", False),
        ({"method": {"exact": "POST"}}, "/", False),
        ({"authority": {"prefix": "cart"}}, "/", True),
        ({"scheme": {"exact": "https"}}, "/", False),
        ({"headers": {"x": {}}}, "/", False),
        ({"withoutHeaders": {"x": {}}}, "/", True),
        ({"withoutHeaders": {"x": {"exact": "1"}}}, "/", True),
        # a header that is not there counts as empty
        ({"withoutHeaders": {"x": {"regex": ".*"}}}, "/", False),
        ({"queryParams": {"q": {"exact": "1"}}}, "/?q=1", True),
        ({"queryParams": {"q": {"exact": "1"}}}, "/", False),
    ],
)
def test_the_plain_request(match, path, takes):
    assert takes_plain_request(match, path, "cart") is takes
