# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access logs in Istio's formats."""

from __future__ import annotations

import json

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check import access_log

TOKEN = "0f1e2d3c-1111-4222-8333-444455556666"
VERIFY = (
    "TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:"
    "verify_cert_failed:_unable_to_get_local_issuer_certificate:TLS_error_end"
)


def text_line(status: int, flags: str, details: str, reason: str) -> str:
    """As Istio's default format has it."""
    return (
        f'[2026-01-01T00:00:00.000Z] "GET /headers HTTP/1.1" {status} {flags} {details} -'
        f' "{reason}" 0 167 51 - "-" "eastwest.mesh" "{TOKEN}" "httpbin.sample:8000"'
        ' "172.18.64.1:15443" outbound|8000||httpbin.sample.svc.cluster.local -'
        " 240.240.0.1:8000 10.10.1.2:43210 - default"
    )


LINES = {
    "fine": (text_line(200, "-", "via_upstream", "-"), (), ""),
    "unknown root": (
        text_line(503, "UF,URX", f"upstream_reset_before_response_started{{{VERIFY}}}", VERIFY),
        ("UF", "URX"),
        VERIFY,
    ),
    "refused": (
        text_line(
            503,
            "UF",
            "upstream_reset_before_response_started{remote_connection_failure}",
            "delayed_connect_error:_Connection_refused",
        ),
        ("UF",),
        "delayed_connect_error:_Connection_refused",
    ),
    "reset": (
        text_line(503, "UC", "upstream_reset_before_response_started{connection_termination}", "-"),
        ("UC",),
        "upstream_reset_before_response_started{connection_termination}",
    ),
    "no route": (text_line(404, "NR", "route_not_found", "-"), ("NR",), ""),
    "JSON": (
        json.dumps(
            {
                "request_id": TOKEN,
                "response_code": 503,
                "response_flags": "UF,URX",
                "response_code_details": "upstream_reset_before_response_started",
                "upstream_transport_failure_reason": VERIFY,
            }
        ),
        ("UF", "URX"),
        VERIFY,
    ),
    "JSON without a reason": (
        json.dumps(
            {
                "request_id": TOKEN,
                "response_flags": "-",
                "response_code_details": "via_upstream",
                "upstream_transport_failure_reason": None,
            }
        ),
        (),
        "via_upstream",
    ),
}


@pytest.mark.parametrize(("line", "flags", "reason"), LINES.values(), ids=LINES)
def test_a_line(line: str, flags: tuple[str, ...], reason: str) -> None:
    [found] = access_log.read(f"noise\n{line}\n", TOKEN)
    assert found.flags == flags
    assert found.reason == reason


def test_other_requests_do_not_count() -> None:
    other = text_line(503, "UF", "-", VERIFY).replace(TOKEN, "another")
    assert access_log.read(f"{other}\nnoise", TOKEN) == []
    assert TOKEN in access_log.request_header(TOKEN).values()
