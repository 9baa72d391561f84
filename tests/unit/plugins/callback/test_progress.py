# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook of a user's own through the callback, on terminals of all widths and without one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("ansible-playbook")
PLAYBOOK = """
- name: Set the servers up
  hosts: all
  gather_facts: false
  tasks:
    - name: Write the configuration of every one of the servers
      ansible.builtin.copy: {content: "port: 80\\n", dest: "{{ directory }}/{{ inventory_hostname }}"}
      notify: Start again
    - name: Wait for a while
      ansible.builtin.command: sleep 1.5
      changed_when: false
      when: inventory_hostname == 'web1'
    - name: Look for what is missing
      ansible.builtin.command: ls {{ directory }}/missing
      ignore_errors: true
      when: inventory_hostname == 'web1'
    - name: Say something
      ansible.builtin.debug: {msg: "it is {{ inventory_hostname }}"}
    - name: Skip this
      ansible.builtin.command: "false"
      when: false
    - name: Fail and go on
      when: inventory_hostname == 'web1'
      block:
        - name: Require the impossible
          ansible.builtin.assert: {that: "1 == 2", fail_msg: "one is not two"}
      rescue:
        - name: Go on
          ansible.builtin.set_fact: {gone_on: true}
  handlers:
    - name: Start again
      ansible.builtin.command: "true"
- name: Break
  hosts: web2
  gather_facts: false
  tasks:
    - name: Fetch the secret
      ansible.builtin.command: echo hunter2
      no_log: true
    - name: Fail for good
      ansible.builtin.command: sh -c 'echo the disk is full >&2; exit 3'
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    inventory = tmp_path / "hosts.ini"
    options = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    inventory.write_text(f"[all]\nweb1 {options}\nweb2 {options}\n", encoding="utf-8")
    playbook = tmp_path / "site.yml"
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\nstdout_callback = eastwest.mesh.progress\nlog_path = {tmp_path}/log\n"
        "[callback_progress]\npatience = 0.7\n",
        encoding="utf-8",
    )
    return [str(PROGRAM), "-i", str(inventory), str(playbook), "-e", f"directory={tmp_path}"]


def environment(directory: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    home = {
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
    }
    return {**kept, **home, "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}


def in_log(command: list[str], directory: Path, **more: str) -> str:
    done = subprocess.run(
        command,
        env=environment(directory, **more),
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2, done.stdout
    return done.stdout


def on_terminal(command: list[str], directory: Path, columns: int, **more: str) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    pipes = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    run = subprocess.Popen(command, env=environment(directory, **more), cwd=directory, **pipes)
    os.close(theirs)
    read = b""
    try:
        while block := os.read(ours, 65536):
            read += block
    except OSError:
        # the other end is closed
        pass
    finally:
        os.close(ours)
    assert run.wait() == 2, read.decode()
    return read.decode().replace("\r\n", "\n")


def seen(text: str) -> list[str]:
    """Return the lines as they are seen in the end: without colours, written over."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    return [re.split(r"\r\x1b\[K", line)[-1] for line in plain.split("\n")]


def without_times(lines: list[str]) -> list[str]:
    return [re.sub(r"^ +[\d.]+ s ", "     TIME ", line) for line in lines]


EXPECTED = """
Set the servers up
     TIME  ✔ Write the configuration of every one of the servers: changed HOSTS
     TIME  ✔ Wait for a while
          ! web1: non-zero return code
            ls: cannot access 'DIR/missing': No such file or directory
            task: Look for what is missing, ignored
            file: DIR/site.yml:N
     TIME  ! Look for what is missing: failure ignored on web1
          · webN: it is webN
          · webN: it is webN
          ✘ web1: one is not two
            assertion: 1 == 2
            task: Require the impossible
            file: DIR/site.yml:N
     TIME  ✘ Require the impossible: failed on web1
     TIME  ✔ handler: Start again: changed HOSTS
Break
     TIME  ✔ Fetch the secret: changed web2
          ✘ web2: non-zero return code
            the disk is full
            task: Fail for good
            file: DIR/site.yml:N
     TIME  ✘ Fail for good: failed on web2
     TIME  tasks: 10 ok, 6 changed, 5 skipped, 1 failed and rescued, 1 failed and ignored
          ✘ failed on web2; -v prints every result
""".strip().splitlines()


def normalised(lines: list[str], directory: Path) -> list[str]:
    # a busy machine takes so long that it says what it waits for
    finished = [line for line in without_times(lines) if not line.startswith("     TIME  … ")]
    text = "\n".join(finished).replace(str(directory), "DIR")
    text = re.sub(r"site\.yml:\d+", "site.yml:N", text)
    text = re.sub(r"changed web\d, web\d", "changed HOSTS", text)
    return re.sub(r"· web\d: it is web\d", "· webN: it is webN", text).splitlines()


def joined(lines: list[str]) -> str:
    """Join the words that were wrapped again."""
    return " ".join(" ".join(lines).split())


def test_a_log(command: list[str], tmp_path: Path) -> None:
    told = in_log(command, tmp_path, COLUMNS="300")
    assert normalised(told.splitlines(), tmp_path) == EXPECTED
    log = (tmp_path / "log").read_text(encoding="utf-8")
    # all of it, as the default callback says it
    for part in ("TASK [Skip this]", "skipping: [web1]", "PLAY RECAP", "the disk is full"):
        assert part in log
    assert "hunter2" not in told + log


@pytest.mark.parametrize("columns", [60, 80])
def test_a_terminal(command: list[str], tmp_path: Path, columns: int) -> None:
    told = on_terminal(command, tmp_path, columns)
    lines = seen(told)
    paths = [line for line in lines if str(tmp_path) in line]
    assert all(len(line) <= columns for line in lines if line not in paths)
    assert normalised([joined(without_times(lines))], tmp_path) == [joined(EXPECTED)]
    shown = re.findall(r"\r\x1b\[K( +\d+ s  … [^\r]+)", told)
    assert shown and all(len(line) < columns for line in shown)
    assert any("Wait for a while: web1" in line for line in shown)
    assert "\x1b[0;31m" in told


def test_no_colour(command: list[str], tmp_path: Path) -> None:
    told = on_terminal(command, tmp_path, 200, NO_COLOR="1")
    assert set(re.findall(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", told)) == {"\x1b[K"}


def test_a_dumb_terminal_is_not_written_over(command: list[str], tmp_path: Path) -> None:
    told = on_terminal(command, tmp_path, 200, TERM="dumb")
    assert "\x1b" not in told and "\r" not in told
    assert normalised(told.splitlines(), tmp_path) == EXPECTED


def test_verbose_is_the_default_callback(command: list[str], tmp_path: Path) -> None:
    told = in_log([*command, "-v"], tmp_path)
    assert "TASK [Skip this]" in told and "PLAY RECAP" in told and "✔" not in told


def test_it_can_be_switched_off(command: list[str], tmp_path: Path) -> None:
    told = in_log(command, tmp_path, ANSIBLE_STDOUT_CALLBACK="default")
    assert "PLAY RECAP" in told and "✔" not in told


def test_check_mode_shows_diffs_and_what_would_change(command: list[str], tmp_path: Path) -> None:
    # nothing fails where no command runs, but the assertion is rescued
    run = [*command, "--check", "--diff", "--limit", "web1"]
    done = subprocess.run(
        run, env=environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    assert "+port: 80" in told and "          ± web1: Write the configuration" in told
    assert "servers: would change web1" in told and "(check mode changes nothing)" in told


LOOPS = """
- name: Loop
  hosts: web1
  gather_facts: false
  vars: {_mine: seven, ansible_mine: {port: 80}}
  tasks:
    - ansible.builtin.debug: {var: _mine}
    - ansible.builtin.debug: {var: ansible_mine}
    - ansible.builtin.debug: {var: _mine}
      loop: [1, 2]
    - name: Require b
      ansible.builtin.fail: {msg: "that is no b"}
      loop: [a, b]
      when: item != 'b'
      ignore_errors: true
    - name: Include others
      ansible.builtin.include_tasks: inner.yml
      loop: [{name: first, secret: hunter2}]
      loop_control: {loop_var: outer, label: "{{ outer.name }}"}
"""


def test_variables_of_any_name_are_shown_and_failures_name_their_items(
    command: list[str], tmp_path: Path
) -> None:
    (tmp_path / "site.yml").write_text(LOOPS, encoding="utf-8")
    inner = "- name: Break inside\n  ansible.builtin.fail: {msg: broken}\n"
    (tmp_path / "inner.yml").write_text(inner, encoding="utf-8")
    told = in_log(command, tmp_path, COLUMNS="300")
    assert "· web1: _mine: seven\n" in told
    assert "· web1: ansible_mine:\n              port: 80\n" in told
    assert "· web1: _mine: seven\n            item: 2\n" in told
    assert "! web1: item a: that is no b\n" in told
    assert "✘ web1: broken\n            task: Break inside, item first\n" in told
    assert "_ansible_" not in told and "hunter2" not in told


def test_a_free_strategy_has_a_line_for_each_host(command: list[str], tmp_path: Path) -> None:
    told = in_log(command, tmp_path, ANSIBLE_STRATEGY="free", COLUMNS="300")
    for host in ("web1", "web2"):
        assert (
            f"          ✔ {host}: Write the configuration of every one of the servers, changed"
            in told
        )
    assert "the disk is full" in told


def test_a_reader_that_leaves_does_not_stop_the_run(command: list[str], tmp_path: Path) -> None:
    """As in `… | head -1`: the run goes on to its end, and does not wait for ever."""
    with subprocess.Popen(
        command,
        env=environment(tmp_path),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=240) == 2
    assert "PLAY RECAP" in (tmp_path / "log").read_text(encoding="utf-8")
