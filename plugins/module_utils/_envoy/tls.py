# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS contexts of sidecars: mutual TLS between SPIFFE identities."""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    SECRET_TYPE,
    TYPE,
    Config,
    from_file,
)

IDENTITY_FILE = "xds/sds-default.json"
ROOT_FILE = "xds/sds-rootca.json"
# the offer of Istio's clients, and the match of its servers and gateways
CLIENT_ALPN = ("istio-peer-exchange", "istio")
MESH_ALPN = ("istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2")
_SERVER_ALPN = ("h2", "http/1.1")
_TLS = "envoy.extensions.transport_sockets.tls.v3."
_VERSIONS = {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"}


def _common_context(alpn: t.Iterable[str], matchers: list[Config]) -> Config:
    return {
        "tls_params": _VERSIONS,
        "alpn_protocols": list(alpn),
        "tls_certificate_sds_secret_configs": [
            {"name": "default", "sds_config": from_file(IDENTITY_FILE)}
        ],
        "combined_validation_context": {
            "default_validation_context": {
                "match_typed_subject_alt_names": [
                    {"san_type": "URI", "matcher": matcher} for matcher in matchers
                ]
            },
            "validation_context_sds_secret_config": {
                "name": "ROOTCA",
                "sds_config": from_file(ROOT_FILE),
            },
        },
    }


def upstream_socket(server_name: str, subject_alt_names: t.Iterable[str]) -> Config:
    """Return the client's socket; without names it accepts every identity of the mesh."""
    matchers = [{"exact": name} for name in sorted(set(subject_alt_names))]
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": TYPE + _TLS + "UpstreamTlsContext",
            "common_tls_context": _common_context(CLIENT_ALPN, matchers),
            "sni": server_name,
        },
    }


def downstream_socket(trust_domains: t.Iterable[str]) -> Config:
    """Return the server's socket, which requires a client certificate of the mesh's trust domains."""
    matchers = [{"prefix": f"spiffe://{domain}/"} for domain in sorted(set(trust_domains))]
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": TYPE + _TLS + "DownstreamTlsContext",
            "common_tls_context": _common_context((*CLIENT_ALPN, *_SERVER_ALPN), matchers),
            "require_client_certificate": True,
        },
    }


def raw_socket() -> Config:
    return {
        "name": "envoy.transport_sockets.raw_buffer",
        "typed_config": {
            "@type": TYPE + "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"
        },
    }


def identity_secret(certificate_chain: str, private_key: str) -> Config:
    return {
        "@type": SECRET_TYPE,
        "name": "default",
        "tls_certificate": {
            "certificate_chain": {"inline_string": certificate_chain},
            "private_key": {"inline_string": private_key},
        },
    }


def root_secret(roots: str) -> Config:
    return {
        "@type": SECRET_TYPE,
        "name": "ROOTCA",
        "validation_context": {"trusted_ca": {"inline_string": roots}},
    }
