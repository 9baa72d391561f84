# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shutil
import stat
import subprocess
import threading

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes import sampling_script
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile

URL = "http://helloworld.sample:5000/hello"
MARK = "0123456789abcdef"
SHELLS = [
    pytest.param(
        command,
        id=command[0],
        marks=pytest.mark.skipif(not shutil.which(command[0]), reason="absent"),
    )
    for command in (["sh"], ["dash"], ["bash"], ["busybox", "sh"])
]

# Writes what CURL_BODY says as often as the range says, as curl does: the body to standard output,
# the rest to standard error. With CURL_WAIT it then goes on until it is killed.
CURL = """#!/bin/sh
[ "$2" = -V ] && { echo "curl 8.0.0 (fake)"; echo "Protocols: http"; exit 0; }
settings=$(cat)
range=${settings##*#\\[1-}
count=${range%%]*}
number=0
while [ "$number" -lt "$count" ] && [ "$number" -lt 3 ]; do
  number=$((number + 1))
  printf "$CURL_BODY"
  printf '\\n%s 200 0 1 0.001 0.001 \\n' "$CURL_MARK" >&2
done
[ -z "$CURL_WAIT" ] || exec sleep 60
"""


def profile(**options) -> LoadProfile:
    return LoadProfile(**{"url": URL, "requests": 10, **options})


def lines_of(settings: str) -> list[str]:
    lines = settings.splitlines()
    assert lines[-1] == MARK
    return lines[:-1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"requests": 10, "concurrency": 4}, [3, 3, 2, 2]),
        ({"requests": 2, "concurrency": 4}, [1, 1]),
        ({"requests": None, "duration_s": 1, "concurrency": 2}, [100_000_000] * 2),
    ],
)
def test_the_connections_share_the_requests(options, expected):
    assert sampling_script.counts(profile(**options)) == expected


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, 'max-time = "5.000"'),
        ({"timeout_s": 0.25}, 'max-time = "0.250"'),
        ({"method": "post"}, 'request = "POST"'),
        ({"method": "head"}, "head"),
        ({"keepalive": False}, 'header = "Connection: close"'),
        ({"headers": {"X-A": 'say "hi" \\ there'}}, r'header = "X-A: say \"hi\" \\ there"'),
        ({"headers": {"X-Empty": ""}}, 'header = "X-Empty;"'),
        ({"rate": 8}, 'rate = "691200/d"'),
        # never faster than asked: 1000 / 150 is 6.7 ms
        ({"rate": 150}, f'rate = "{86_400_000 // 7}/d"'),
        ({"rate": 40, "concurrency": 4}, 'rate = "864000/d"'),
        # three connections share what four were to send
        ({"rate": 30, "concurrency": 4, "requests": 3}, 'rate = "864000/d"'),
        ({"url": URL + "?a=1#part"}, f'url = "{URL}?a=1#[1-'),
        ({"url": "http://[::1]:80/{x}"}, r'url = "http://\\[::1\\]:80/\\{x\\}#[1-'),
    ],
)
def test_settings_say_what_the_plan_says(options, line):
    assert line in lines_of(sampling_script.settings(profile(**options), MARK))


@pytest.mark.parametrize("word", ["request =", "rate =", "Connection", "head"])
def test_a_plain_plan_has_no_more_settings_than_it_needs(word):
    assert not any(
        line.startswith(word) for line in lines_of(sampling_script.settings(profile(), MARK))
    )


def test_headers_do_not_show_in_the_command():
    secret = profile(headers={"Authorization": "Bearer secret"})
    assert not any("secret" in part for part in sampling_script.command(secret, MARK))
    assert any("Bearer secret" in line for line in lines_of(sampling_script.settings(secret, MARK)))


def test_settings_have_no_empty_line_which_would_end_the_script():
    assert "" not in lines_of(sampling_script.settings(profile(headers={"A": ""}), MARK))


class Run:
    """The script in a shell of this machine, with a stand-in for curl."""

    def __init__(self, shell, directory, body="hello\\n", wait=False, curl=True, **options):
        self.profile = profile(**options)
        if curl:
            program = directory / "curl"
            program.write_text(CURL, encoding="utf-8")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        # only what POSIX promises, and only what the stand-in needs
        for name in ("cat", "sleep"):
            (directory / name).symlink_to(shutil.which(name))
        (directory / "sh").symlink_to(shutil.which("sh"))
        environment = {
            "PATH": str(directory),
            "CURL_BODY": body,
            "CURL_MARK": MARK,
            "CURL_WAIT": "1" if wait else "",
            "LANG": os.environ.get("LANG", "C"),
        }
        program = shutil.which(shell[0])
        command = [program, *shell[1:], *sampling_script.command(self.profile, MARK)[1:]]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def begin(self) -> None:
        self.write(
            sampling_script.settings(self.profile, MARK).encode()
            + b"\n" * (sampling_script.HANDSHAKES - 1)
        )

    def write(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def hang_up(self) -> None:
        self.process.stdin.close()

    def rest(self) -> list[bytes]:
        # a script that does not end must not keep the tests
        guard = threading.Timer(30, self.process.kill)
        guard.start()
        with self.process.stdout as stdout:
            lines = stdout.readlines()
        self.process.stdin.close()
        self.process.wait()
        guard.cancel()
        return lines


def sent(lines: list[bytes]) -> list[bytes]:
    """The lines after the last greeting."""
    return lines[lines.index(f"{MARK} ready\n".encode()) + sampling_script.HANDSHAKES :]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_greets_then_passes_every_answer_on(shell, tmp_path):
    run = Run(shell, tmp_path, requests=2)
    run.begin()
    lines = run.rest()
    assert lines[0] == f"{MARK} version curl 8.0.0 (fake)\n".encode()
    assert lines[1:4] == [f"{MARK} ready\n".encode()] * 3
    answer = [b"1-hello\n", b"1-\n", b"1 200 0 1 0.001 0.001 \n"]
    assert lines[4:] == [*answer, *answer, b"1 end\n"]
    assert run.process.returncode == 0


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", [b"1-\n"]),
        ("no line break", [b"1-no line break\n"]),
        ("a\\n\\n  b \\\\ c\\n", [b"1-a\n", b"1-\n", b"1-  b \\ c\n", b"1-\n"]),
        ("1 200 0 1 0.001 0.001 \\n", [b"1-1 200 0 1 0.001 0.001 \n", b"1-\n"]),
        ("\\303\\251", ["1-é\n".encode()]),
    ],
)
def test_a_body_arrives_as_it_is(shell, body, expected, tmp_path):
    run = Run(shell, tmp_path, body=body, requests=1)
    run.begin()
    assert sent(run.rest()) == [*expected, b"1 200 0 1 0.001 0.001 \n", b"1 end\n"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_long_body_is_cut_and_comes_in_pieces_that_a_pipe_takes_at_once(shell, tmp_path):
    run = Run(shell, tmp_path, body="x" * 9000 + "\\nend", requests=1, body_limit=4000)
    run.begin()
    *pieces, record, end = sent(run.rest())
    assert [piece[:2] for piece in pieces] == [b"1+", b"1+", b"1-"]
    assert b"".join(piece[2:].rstrip(b"\n") for piece in pieces) == b"x" * 4000
    assert (record, end) == (b"1 200 0 1 0.001 0.001 \n", b"1 end\n")


@pytest.mark.parametrize("shell", SHELLS)
def test_connections_do_not_mix(shell, tmp_path):
    run = Run(shell, tmp_path, body="y" * 1400 + "\\n" + "z" * 1400, requests=9, concurrency=3)
    run.begin()
    lines = sent(run.rest())
    assert all(line[:1] in b"123" and line[1:2] in b"- " for line in lines)
    for number in (b"1", b"2", b"3"):
        own = [line[1:] for line in lines if line.startswith(number)]
        body = [b"-" + b"y" * 1400 + b"\n", b"-" + b"z" * 1400 + b"\n"]
        assert own == [*body, b" 200 0 1 0.001 0.001 \n"] * 3 + [b" end\n"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("ending", ["a line for each", "the end of the input"])
def test_the_caller_ends_what_would_go_on(shell, ending, tmp_path):
    run = Run(shell, tmp_path, wait=True, requests=None, duration_s=1, concurrency=2)
    run.begin()
    if ending == "a line for each":
        run.write(b"\n\n")
    else:
        run.hang_up()
    lines = sent(run.rest())
    assert lines.count(b"1 end\n") == 1
    assert lines.count(b"2 end\n") == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_one_line_ends_one_connection(shell, tmp_path):
    run = Run(shell, tmp_path, wait=True, requests=None, duration_s=1, concurrency=2)
    run.begin()
    run.write(b"\n")
    ended = []
    while not ended:
        line = run.process.stdout.readline()
        ended += [line] if line.endswith(b" end\n") else []
    assert run.process.poll() is None
    run.hang_up()
    others = run.rest()
    assert sum(line.endswith(b" end\n") for line in others) == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_a_caller_that_goes_before_the_settings_are_complete_leaves_nothing(shell, tmp_path):
    run = Run(shell, tmp_path)
    run.write(b"silent\n")
    run.hang_up()
    assert len(run.rest()) == 1
    assert run.process.returncode == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_a_container_without_curl_says_so(shell, tmp_path):
    run = Run(shell, tmp_path, curl=False)
    assert run.rest() == [f"{MARK} no curl\n".encode()]
    assert run.process.returncode == 127
