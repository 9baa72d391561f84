# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An expectation from the model, and what the user states held against it. Private to this collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.eastwest.mesh.plugins.module_utils._forecast.sample_forecast import (
    SampleForecast,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.expectation import (
    BOTH,
    DEFAULT_TOLERANCE,
    FAILED,
    FORECAST,
    STATEMENT,
    Expectation,
    expectation,
)

# statements are rounded: thirds are written 33, 33, 34
_STATED = 0.0075


def expected(options: t.Mapping[str, t.Any], forecast: SampleForecast) -> Expectation:
    """What the sample must show: the statement where there is one, else what the model says.

    Raises InvalidInput where there is neither.
    """
    if not options.get("shares") and not options.get("failed"):
        return _by_model(options, forecast)
    if forecast.problem and not forecast.lost:
        stated = expectation(options)
        return dataclasses.replace(stated, source=STATEMENT, because=(forecast.problem,))
    model = options.get("model") or forecast.model or "exact"
    stated = expectation({**options, "model": model})
    objection = _objection(stated, forecast)
    source = STATEMENT if objection else BOTH
    return dataclasses.replace(stated, source=source, because=forecast.because, objection=objection)


def _by_model(options: t.Mapping[str, t.Any], forecast: SampleForecast) -> Expectation:
    if forecast.problem:
        raise InvalidInput(
            f"expect: the model expects nothing that could be judged: {forecast.problem}; "
            "say in expect.shares what must happen, or do without expect.from_forecast"
        )
    least = min(share for share in forecast.shares.values() if share > 0)
    found = expectation(
        {
            # small shares must not pass by being absent
            "tolerance": min(DEFAULT_TOLERANCE, least / 2),
            **{name: value for name, value in options.items() if value is not None},
            "shares": forecast.shares,
            "model": options.get("model") or forecast.model,
        }
    )
    return dataclasses.replace(found, source=FORECAST, because=forecast.because)


def _objection(stated: Expectation, forecast: SampleForecast) -> str:
    """Why statement and model cannot both be right; empty if they can."""
    modelled = forecast.shares
    if forecast.lost >= 1:
        if stated.failed == 1:
            return ""
        return (
            f"stated is {_words(stated.shares)}, but by the model every request fails: "
            f"{forecast.because[-1]}"
        )
    if stated.failed:
        # among those that are answered the model's shares add up to 1
        answered = {name: share * (1 - forecast.lost) for name, share in modelled.items()}
        modelled = {**answered, FAILED: forecast.lost}
    names = {*stated.positive, *(name for name, share in modelled.items() if share > 0)}
    differing = [
        name for name in names if not _alike(stated.shares.get(name, 0.0), modelled.get(name, 0.0))
    ]
    if not differing:
        return ""
    return (
        f"stated is {_words(stated.shares)}, but the model expects {_words(modelled)}: "
        f"{'; '.join(forecast.because)}"
    )


def _alike(stated: float, modelled: float) -> bool:
    # nothing and little are never alike
    return abs(stated - modelled) <= _STATED and (stated > 0) == (modelled > 0)


def _words(shares: t.Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share > 0)
