# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a proof as Markdown, for the summary of a CI job or a ticket."""

from __future__ import annotations

from ansible_collections.eastwest.mesh.plugins.module_utils._report import digest, numbers
from ansible_collections.eastwest.mesh.plugins.module_utils._report.document import Document
from ansible_collections.eastwest.mesh.plugins.module_utils._report.findings import finding_line

_MEANING = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]<>#|~"})


def render_markdown(report: Document) -> str:
    """Return the verdict, what happened, a table of the steps, and the reasons of failures."""
    mark = _mark(report)
    lines = [
        f"## {mark} {escaped(report['scenario'])} {digest.headline(report)}",
        "",
        " ".join(map(escaped, filter(None, (digest.subject(report), *digest.story(report))))),
        "",
        "| step | requests | failed | observed | expected | failover | p50 / p99 | verdict |",
        "| --- | ---: | ---: | --- | --- | ---: | ---: | --- |",
        *map(_row, report["steps"]),
        "",
        *_failures(report),
        f"Provider {escaped(report['provider'])}; took {numbers.seconds(report['duration_s'])}, "
        f"from {report['started']}.",
    ]
    return "\n".join(lines) + "\n"


def _row(step: Document) -> str:
    latency = " / ".join(
        numbers.milliseconds(step["latency_ms"].get(name)) for name in ("p50", "p99")
    )
    cells = [
        escaped(step["name"]),
        numbers.count(step["requests"]),
        numbers.count(step["errors"]),
        _shares(step["observed"]),
        _shares(step["expected"]),
        numbers.milliseconds(step.get("failover_ms")),
        latency,
        f"{_mark(step)} {step['verdict']}",
    ]
    return f"| {' | '.join(cells)} |"


def _shares(shares: dict[str, float]) -> str:
    busy = [f"{escaped(name)} {numbers.percent(share)}" for name, share in shares.items() if share]
    return ", ".join(busy) or numbers.NOTHING


def _failures(report: Document) -> list[str]:
    failed = [step for step in report["steps"] if not digest.passed(step)]
    lines = []
    for step in failed:
        lines += [f"### {_mark(step)} {escaped(step['name'])}", ""]
        lines += [f"- {escaped(' '.join(reason.split()))}" for reason in step["reasons"]]
        lines += [f"- {escaped(finding_line(finding))}" for finding in step.get("findings", ())]
        lines.append("")
    return lines


def _mark(judged: Document) -> str:
    return "✔" if digest.passed(judged) else "✘"


def escaped(words: str) -> str:
    """Return words that Markdown takes as they are, on one line."""
    return " ".join(str(words).split()).translate(_MEANING)
