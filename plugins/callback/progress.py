# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
short_description: Print one line for each phase of a playbook
version_added: 1.0.0
description:
  - Prints what happens as a person would tell it. A phase is a task, or all tasks of a role. It gets one line, with its time and
    the hosts that it changed, unless all of it was skipped.
  - Prints a line for each sample of M(eastwest.mesh.traffic_sample), and each step of M(eastwest.mesh.proof_step), as soon as it
    is judged.
  - While a task takes longer, a line that is written over says so. Where there is no terminal, or a dumb one, plain lines do,
    after 10, 30 and 60 seconds and then once a minute.
  - A failure is printed with its reason, its host, its task and the file with the task, not with the whole result. Failures that are
    ignored are, too. Diffs, warnings, messages of M(ansible.builtin.debug) and, at the end, the numbers of all hosts are printed as well.
  - With C(-v) it prints what P(ansible.builtin.default#callback) prints, with its options. So does the log file, if there is one.
  - The playbooks of this collection use it where no stdout callback is configured.
author:
  - The eastwest.mesh contributors (@eastwest)
requirements:
  - set as stdout in configuration
extends_documentation_fragment:
  - default_callback
  - result_format_callback
options:
  patience:
    description:
      - How many seconds a task may take before the line for what goes on is printed. V(0) prints none at all.
      - A phase that changed nothing and is not remarkable is printed, too, if it took longer.
    type: float
    default: 2.0
    env:
      - name: EASTWEST_MESH_PROGRESS_PATIENCE
    ini:
      - section: callback_progress
        key: patience
  unremarkable:
    description:
      - Modules and actions whose success is not worth a line as long as they change nothing.
      - Those of C(ansible.builtin) are named without their collection.
    type: list
    elements: str
    default:
      - add_host
      - assert
      - debug
      - fail
      - gather_facts
      - group_by
      - include_vars
      - meta
      - set_fact
      - set_stats
      - setup
      - slurp
      - stat
      - validate_argument_spec
      - eastwest.mesh.lab_lock
      - eastwest.mesh.preflight
      - eastwest.mesh.proof_report
      - eastwest.mesh.role_manifests
    env:
      - name: EASTWEST_MESH_PROGRESS_UNREMARKABLE
    ini:
      - section: callback_progress
        key: unremarkable
seealso:
  - plugin: ansible.builtin.default
    plugin_type: callback
"""

EXAMPLES = r"""
# ansible.cfg
#
# [defaults]
# stdout_callback = eastwest.mesh.progress
#
# For one run: ANSIBLE_STDOUT_CALLBACK=eastwest.mesh.progress ansible-playbook site.yml
# Without it:  ANSIBLE_STDOUT_CALLBACK=default ansible-playbook eastwest.mesh.failover -i inventory
"""

import math
import threading
import time
import typing as t

from ansible import context
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback.default import CallbackModule as Default
from ansible_collections.eastwest.mesh.plugins.module_utils._common.columns import Line
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.journal import (
    Journal,
    Outcome,
    Step,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.phase import INDENT
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.reason import readable, reason
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.sample import sample_lines
from ansible_collections.eastwest.mesh.plugins.module_utils._progress.totals import totals
from ansible_collections.eastwest.mesh.plugins.plugin_utils.phases import (
    action_name,
    included_items,
    phase_step,
)
from ansible_collections.eastwest.mesh.plugins.plugin_utils.terminal import LogOnly, Terminal

# Actions that send a sample; the second one's result has it inside
_SAMPLE = "eastwest.mesh.traffic_sample"
_STEP = "eastwest.mesh.proof_step"
_FREE = ("free", "host_pinned", "ansible.builtin.free", "ansible.builtin.host_pinned")


class CallbackModule(Default):
    """Print phases, and let the default callback write the log."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "eastwest.mesh.progress"

    _display: t.Any

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        display = self._display
        self._verbose = display.verbosity > 0
        # the terminal's watch asks the journal, too
        self._lock = threading.RLock()
        self._journal = Journal(math.inf)
        if not self._verbose:
            self._terminal = Terminal(display, lambda: self._tell(()))
            # what the default callback prints goes to the log file, if there is one
            self._display = LogOnly(display)
        self._unremarkable: frozenset[str] = frozenset()
        self._free = False
        # whether results were told by their tasks, and whether others were not
        self._told = self._untold = False
        self._began = self._task_began = time.monotonic()

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        patience = float(self.get_option("patience"))
        self._unremarkable = frozenset(self.get_option("unremarkable"))
        self._journal = Journal(patience or math.inf, check=bool(context.CLIARGS.get("check")))
        if patience and not self._verbose:
            self._terminal.watch(self._tick)
        super().v2_playbook_on_start(playbook)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self._free = play.strategy in _FREE
        with self._lock:
            self._print(self._journal.begin_play(play.get_name().strip(), time.monotonic()))
        super().v2_playbook_on_play_start(play)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._tell([Line(f"{INDENT}no host is meant", "yellow")])
        super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._begin(phase_step(task))
        super().v2_playbook_on_task_start(task, is_conditional)

    def v2_playbook_on_handler_task_start(self, task: t.Any) -> None:
        self._begin(phase_step(task, "handler: "))
        super().v2_playbook_on_handler_task_start(task)

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        # what asks for something to be typed is not written over
        if not self._free and action_name(task) != "pause":
            with self._lock:
                self._journal.wait_for(host.get_name())
        super().v2_runner_on_start(host, task)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        action = action_name(result._task)
        if "requests" in _sample_of(result):
            self._sample(result)
        elif action == "debug":
            self._message(result)
        changed = bool(result._result.get("changed"))
        remarkable = action not in self._unremarkable and not isinstance(result._task, TaskInclude)
        self._record(result, Outcome.CHANGED if changed else Outcome.OK, remarkable=remarkable)
        super().v2_runner_on_ok(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        if "judgement" in _sample_of(result):
            self._sample(result)
        elif not result._result.get("told"):
            self._failure(result, reason(result._result), ignored=ignore_errors)
        self._record(result, Outcome.IGNORED if ignore_errors else Outcome.FAILED)
        super().v2_runner_on_failed(result, ignore_errors)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        ignored = bool(result._task.ignore_unreachable)
        first, *rest = reason(result._result)
        self._failure(result, [f"cannot be reached: {first}", *rest], ignored=ignored)
        self._record(result, Outcome.IGNORED if ignored else Outcome.FAILED)
        super().v2_runner_on_unreachable(result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._record(result, Outcome.SKIPPED)
        super().v2_runner_on_skipped(result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        if action_name(result._task) == "debug":
            self._message(result)
        super().v2_runner_item_on_ok(result)

    def v2_runner_retry(self, result: t.Any) -> None:
        attempt, retries = result._result.get("attempts", 0), result._result.get("retries", 0)
        with self._lock:
            self._journal.retry(result._host.get_name(), attempt, retries)
        super().v2_runner_retry(result)

    def v2_on_file_diff(self, result: t.Any) -> None:
        given = result._result
        items = given["results"] if result._task.loop and "results" in given else [given]
        shown = [
            self._get_diff(item["diff"])
            for item in items
            if isinstance(item, dict) and item.get("diff") and item.get("changed")
        ]
        if text := "".join(shown).rstrip("\n"):
            title = f"{result._host.get_name()}: {phase_step(result._task).title}"
            self._tell([Line(f"{INDENT[2:]}± {title}")])
            self._tell([Line(text)], wrap=False)
        super().v2_on_file_diff(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        now = time.monotonic()
        counts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        check = bool(context.CLIARGS.get("check"))
        with self._lock:
            lines = self._journal.close(now)
            # a single task that told its result has the last word
            if self._untold or not self._told:
                lines += totals(counts, now - self._began, check=check)
            self._print(lines)
        if stats.custom and self.get_option("show_custom_stats"):
            self._tell(_text_lines("", readable(stats.custom)), wrap=False)
        if not self._verbose:
            self._terminal.close()
        super().v2_playbook_on_stats(stats)

    def _begin(self, step: Step) -> None:
        self._task_began = time.monotonic()
        if not self._free:
            with self._lock:
                self._print(self._journal.begin_step(step, self._task_began))

    def _record(self, result: t.Any, outcome: Outcome, *, remarkable: bool = True) -> None:
        host = result._host.get_name()
        with self._lock:
            if result._result.get("told"):
                self._told = True
                self._print(self._journal.leave_to_task(host))
                return
            self._untold = True
            if not self._free:
                self._journal.record(host, outcome, remarkable=remarkable)
            elif remarkable and outcome in (Outcome.OK, Outcome.CHANGED):
                self._print(self._journal.single(host, phase_step(result._task).title, outcome))

    def _sample(self, result: t.Any) -> None:
        sample = _sample_of(result)
        given = sample.get("invocation", {}).get("module_args", {})
        name = given.get("name") or phase_step(result._task).title
        took = time.monotonic() - self._task_began
        self._tell(sample_lines(name, sample, took), instead=True)

    def _message(self, result: t.Any) -> None:
        if result._task.loop and "results" in result._result:
            return
        given = {
            name: value
            for name, value in result._result.items()
            if not name.startswith("_ansible_") and name not in self._hide_in_debug
        }
        if given:
            text = readable(given.get("msg", given))
            self._tell(_text_lines(f"{result._host.get_name()}: ", text), wrap="\n" not in text)

    def _failure(self, result: t.Any, lines: t.Sequence[str], *, ignored: bool) -> None:
        title = ", ".join([phase_step(result._task).title, *included_items(result._task)])
        host = self.host_label(result)
        path = result._task.get_path() or ""
        with self._lock:
            told = self._journal.fail(host, lines, title, path, ignored=ignored)
        self._print(told, stderr=bool(self.get_option("display_failed_stderr")))

    def _tell(self, lines: t.Sequence[Line], *, instead: bool = False, wrap: bool = True) -> None:
        with self._lock:
            self._print(self._journal.tell(lines, instead=instead), wrap=wrap)

    def _print(self, lines: t.Iterable[Line], *, wrap: bool = True, stderr: bool = False) -> None:
        if not self._verbose:
            self._terminal.print(lines, wrap=wrap, stderr=stderr)

    def _tick(self) -> None:
        now = time.monotonic()
        with self._lock:
            if self._terminal.screen.cursor:
                self._terminal.show(self._journal.status(now))
            else:
                self._print(self._journal.mention(now))


def _sample_of(result: t.Any) -> t.Mapping[str, t.Any]:
    """Return the result of traffic_sample that a task has; empty for others."""
    action = action_name(result._task)
    if action == _STEP:
        outcome = result._result.get("outcome") or {}
        return dict(outcome.get("sample") or {})
    return dict(result._result) if action == _SAMPLE else {}


def _text_lines(start: str, text: str) -> list[Line]:
    first, *rest = text.rstrip("\n").split("\n")
    return [Line(f"{INDENT[2:]}· {start}{first}"), *(Line(f"{INDENT}{line}") for line in rest)]
