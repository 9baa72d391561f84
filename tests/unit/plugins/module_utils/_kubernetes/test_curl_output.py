# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._kubernetes.curl_output import (
    CurlOutput,
)

MARK = "0123456789abcdef"


def read(*pieces: bytes, limit: int = 4096) -> CurlOutput:
    transcript = CurlOutput(MARK, limit)
    for number, piece in enumerate(pieces):
        transcript.feed(piece, float(number))
    return transcript


def bodies(transcript: CurlOutput, connection: int = 1) -> list[str]:
    return [answer.body for answer in transcript.connections[connection].responses]


END = b"1 200 0 1 0.0015 0.001 \n"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (b"1-hello\n1-\n", "hello\n"),
        (b"1-hello\n", "hello"),
        (b"1-\n", ""),
        (b"1-a\n1-\n1-b\n", "a\n\nb"),
        (b"1+aa\n1+bb\n1-cc\n1-dd\n", "aabbcc\ndd"),
        (b"1-1 200 0 1 0.1 0.1 \n", "1 200 0 1 0.1 0.1 "),
        ("1-é\n".encode(), "é"),
        (b"1-\xff\n", "�"),
    ],
)
def test_a_body_is_put_together(lines, body):
    assert bodies(read(lines + END)) == [body]


def test_no_more_of_a_body_is_kept_than_asked_for():
    assert bodies(read(b"1-abc\n1-def\n" + END, limit=5)) == ["abc\nd"]


def test_output_may_be_cut_anywhere():
    text = b"1-hello\n1-\n" + END + b"1 end\n"
    transcript = read(*(text[at : at + 1] for at in range(len(text))))
    assert bodies(transcript) == ["hello\n"]
    assert transcript.connections[1].ended


def test_an_answer_arrives_when_its_last_line_is_complete():
    transcript = read(b"1-hello\n1 200 0 1 0.0015", b" 0.001 \n")
    (answer,) = transcript.connections[1].responses
    assert (answer.status, answer.latency_ms, answer.arrived) == (200, 1.5, 1.0)


def test_connections_are_kept_apart():
    transcript = read(b"1-one\n2-two\n2 200 0 1 0.1 0.1 \n1 503 0 0 0.1 0.1 \n")
    assert bodies(transcript, 1) == ["one"]
    assert bodies(transcript, 2) == ["two"]
    assert [transcript.connections[n].responses[0].connected for n in (1, 2)] == [False, True]
    assert transcript.count == 2


@pytest.mark.parametrize(
    ("line", "status", "error", "timed_out"),
    [
        (b"1 503 0 0 0.1 0.1 \n", 503, "", False),
        (b"1 000 7 0 0.1 0.0 Failed to connect\n", 0, "Failed to connect", False),
        # the head had arrived, the body had not
        (b"1 200 18 0 0.1 0.1 transfer closed\n", 0, "transfer closed", False),
        (b"1 000 28 1 5.0 0.0 Operation timed out\n", 0, "Operation timed out", True),
        (b"1 000 56 1 0.1 0.0 \n", 0, "curl ended with 56", False),
    ],
)
def test_what_curl_calls_a_failure_is_no_answer(line, status, error, timed_out):
    (answer,) = read(line).connections[1].responses
    assert (answer.status, answer.error, answer.timed_out) == (status, error, timed_out)


def test_what_the_script_says_first_is_no_answer():
    transcript = read(f"{MARK} version curl 8.1.0 (x)\n{MARK} ready\n{MARK} ready\n".encode())
    assert transcript.version == "curl 8.1.0 (x)"
    assert transcript.handshakes == 2
    assert not transcript.without_curl
    assert transcript.connections == {}


def test_last_words_are_kept():
    transcript = read(b"1-curl: option --rate: is unknown\n1-try help\n1 end\nsh: oops\n")
    assert transcript.connections[1].remark == "curl: option --rate: is unknown try help"
    assert transcript.foreign_lines == ["sh: oops"]


@pytest.mark.parametrize("cut", [b"1 200\n", b"1 200 0 1 0.00\n", b"1 200 0 1 0.0015 0.0\n"])
def test_what_curl_was_writing_when_it_was_ended_is_no_answer(cut):
    transcript = read(b"1-hello\n" + END + b"1-hel\n" + cut + b"1 end\n")
    assert bodies(transcript) == ["hello"]
    assert transcript.connections[1].ended
