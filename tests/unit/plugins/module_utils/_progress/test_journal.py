# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal tells of a run, line by line."""

from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.journal import (
    Journal,
    Outcome,
    Step,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.totals import totals
from hypothesis import given
from hypothesis import strategies as st

CLUSTER = Step("1", "Create the cluster", "Make nodes")
LOAD = Step("1", "Create the cluster", "Load images")
TRUST = Step("2", "Give the cluster its CA", "Give the cluster its CA")


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


@pytest.fixture
def journal() -> Journal:
    journal = Journal(2.0)
    journal.begin_play("Bring up the clusters", 0)
    return journal


def test_a_phase_is_one_line_with_its_time_below_the_play(journal: Journal) -> None:
    assert journal.begin_step(CLUSTER, 0) == []
    journal.record("east", Outcome.OK)
    assert journal.begin_step(LOAD, 1) == []
    journal.record("east", Outcome.CHANGED)
    journal.record("west", Outcome.CHANGED)
    assert texts(journal.begin_step(TRUST, 3.14)) == [
        "Bring up the clusters",
        "   3.1 s  ✔ Create the cluster: changed east, west",
    ]
    journal.record("east", Outcome.OK)
    assert texts(journal.close(4)) == ["   0.9 s  ✔ Give the cluster its CA"]


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, None])
def test_what_is_skipped_is_not_told_and_neither_is_a_play_of_that(
    journal: Journal, outcome: Outcome | None
) -> None:
    journal.begin_step(CLUSTER, 0)
    if outcome:
        journal.record("east", outcome)
    assert journal.begin_play("Next", 0.1) == []


def test_the_unremarkable_is_told_where_it_changed_failed_or_took_long(journal: Journal) -> None:
    journal.begin_step(CLUSTER, 0)
    journal.record("east", Outcome.OK, remarkable=False)
    assert journal.begin_step(TRUST, 1) == []
    journal.record("east", Outcome.OK, remarkable=False)
    assert "✔ Give the cluster its CA" in journal.begin_step(CLUSTER, 4)[-1].text
    journal.record("east", Outcome.IGNORED, remarkable=False)
    assert texts(journal.close(4)) == ["   0.0 s  ! Create the cluster: failure ignored on east"]


def test_lines_of_a_sample_stand_for_their_phase_unless_it_fails(journal: Journal) -> None:
    journal.begin_step(CLUSTER, 0)
    journal.tell([Line("zone1")], instead=True)
    journal.record("east", Outcome.CHANGED)
    assert journal.begin_step(TRUST, 9) == []
    journal.tell([Line("zone1")], instead=True)
    journal.record("east", Outcome.FAILED)
    assert journal.close(10)[-1].colour == "red"


def test_check_mode_says_what_would_change() -> None:
    journal = Journal(2.0, check=True)
    journal.begin_step(TRUST, 0)
    for index in range(5):
        journal.record(f"host{index}", Outcome.CHANGED)
    assert texts(journal.close(0)) == ["   0.0 s  ✔ Give the cluster its CA: would change 5 hosts"]


def test_a_failure_shows_its_reason_first_and_the_same_reason_once(journal: Journal) -> None:
    journal.begin_step(LOAD, 0)
    told = journal.fail("east", ["no such image", "x:1"], "Load images", "/a.yml:3", ignored=False)
    assert texts(told) == [
        "Bring up the clusters",
        "          ✘ east: no such image",
        "            x:1",
        "            task: Load images",
        "            file: /a.yml:3",
    ]
    again = journal.fail("west", ["no such image", "x:1"], "Load images", "", ignored=False)
    assert texts(again) == ["          ✘ west: the same as east"]
    other = journal.fail("north", ["no disk"], "Load images", "", ignored=True)
    assert texts(other) == ["          ! north: no disk", "            task: Load images, ignored"]


def test_a_wait_is_shown_after_two_seconds_with_the_hosts_that_are_waited_for(
    journal: Journal,
) -> None:
    journal.begin_step(LOAD, 10)
    for host in ("east", "west"):
        journal.wait_for(host)
    assert journal.status(11.9) == ""
    journal.record("west", Outcome.OK)
    assert journal.status(14.2) == "     4 s  … Load images: east"
    journal.retry("east", 2, 5)
    assert journal.status(15) == "     5 s  … Load images: east, try 2 of 5 failed on east"
    journal.record("east", Outcome.OK)
    assert journal.status(99) == ""
    assert "tried again 1 time" in journal.close(99)[-1].text


def test_a_log_mentions_a_wait_now_and_then(journal: Journal) -> None:
    journal.begin_step(LOAD, 0)
    journal.wait_for("east")
    told = [second for second in range(400) if journal.mention(second)]
    assert told == [10, 30, 60, 120, 180, 240, 300, 360]


def test_hosts_that_do_not_wait_for_each_other_have_lines_of_their_own(journal: Journal) -> None:
    told = journal.single("east", "Load images", Outcome.CHANGED)
    assert texts(told)[1:] == ["          ✔ east: Load images, changed"]
    assert journal.single("east", "Load images", Outcome.SKIPPED) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([CLUSTER, LOAD, TRUST]),
            st.sampled_from(["a", "b"]),
            st.sampled_from(list(Outcome)),
        )
    )
)
def test_whatever_changed_or_failed_is_told(runs: list[tuple[Step, str, Outcome]]) -> None:
    journal, lines = Journal(2.0), []
    for now, (step, host, outcome) in enumerate(runs):
        lines += journal.begin_step(step, now)
        journal.record(host, outcome, remarkable=False)
    lines += journal.close(len(runs))
    told = "\n".join(texts(lines))
    for step, host, outcome in runs:
        if outcome in (Outcome.CHANGED, Outcome.FAILED, Outcome.IGNORED):
            assert any(step.phase_title in line and host in line for line in told.splitlines())


def test_totals_name_what_happened_and_the_hosts_that_failed() -> None:
    counts = {
        "east": {"ok": 3, "changed": 1, "failures": 1, "rescued": 1},
        "west": {"ok": 2, "changed": 0, "unreachable": 1, "skipped": 4},
    }
    assert texts(totals(counts, 64)) == [
        "  64.0 s  tasks: 5 ok, 1 changed, 4 skipped, 1 failed and rescued",
        "          ✘ failed on east; -v prints every result",
        "          ✘ west cannot be reached; -v prints every result",
    ]
    assert "check mode changes nothing" in totals({}, 720, check=True)[0].text
