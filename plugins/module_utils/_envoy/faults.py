# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a pod's responses: delays and errors, by Envoy's fault filter.

The filter does nothing until the admin interface sets its runtime keys.
"""

from __future__ import annotations

import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._envoy.resource_names import (
    Config,
    typed,
)

_NAME = "envoy.filters.http.fault"
_TYPE = "envoy.extensions.filters.http.fault.v3.HTTPFault"
_NEVER: Config = {"numerator": 0, "denominator": "HUNDRED"}
_ALWAYS: Config = {"numerator": 100, "denominator": "HUNDRED"}


def fault_filter() -> Config:
    """Return the filter of a sidecar's inbound side."""
    return typed(_NAME, _TYPE, **_settings("1s", _NEVER))


def delayed_route(delay_s: float) -> dict[str, Config]:
    """Return a route's own settings of the filter, by which all its responses are delayed."""
    # the same settings but for the delay: a route's own take the place of the filter's
    settings = typed(_NAME, _TYPE, **_settings(f"{delay_s:.3f}s", _ALWAYS))
    return {_NAME: t.cast(Config, settings["typed_config"])}


def _settings(delay: str, percentage: Config) -> Config:
    return {
        "abort": {"http_status": 503, "percentage": _NEVER},
        "delay": {"fixed_delay": delay, "percentage": percentage},
    }
