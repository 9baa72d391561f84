# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell script around curl that runs in the client's container.

It needs a POSIX shell and curl, nothing else: no other program, no directory to write to.

Each connection is one curl process that fetches the same URL again and again: a range in the URL's
fragment, which is never sent, tells it how often. curl writes an answer's body and then, after a
line break, a line that begins with the mark, which no body can hold. ``collect`` puts the
connection's number before every line, and writes what belongs together in one piece, so that the
lines of several connections do not mix. curl's settings come over standard input, where no
process list and no audit log shows them. The script answers them, and two line breaks more, with
``ready``, for the caller to see how long the way takes; then the requests begin. After that a line
break ends one connection; the end of the input, which comes when the caller is gone, ends them all.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile

# What curl reports of a request, after the mark
FIELDS = "%{http_code} %{exitcode} %{num_connects} %{time_total} %{time_starttransfer} %{errormsg}"
# the variables above, and with --rate
OLDEST_CURL = (7, 75)
OLDEST_CURL_WITH_RATE = (7, 84)
# as good as endless; the caller ends it
_ENDLESS = 100_000_000
_DAY_MS = 86_400_000

# how often the script says that it is ready
HANDSHAKES = 3

# $1: the mark, $2: how much of a body to pass on, then for each connection its number of requests.
# A piece that is written at once must not be longer than a pipe takes at once: 4096 bytes.
SCRIPT = r"""
LC_ALL=C; export LC_ALL
mark=$1 limit=$2; shift 2
nl='
'
command -v curl >/dev/null 2>&1 || { echo "$mark no curl"; exit 127; }
version=$(curl -q -V 2>&1)
echo "$mark version ${version%%"$nl"*}"
config=
while IFS= read -r line; [ "$line" != "$mark" ]; do
  [ "$line" ] || exit 1
  config=$config$line$nl
done
for trip in 1 2; do
  echo "$mark ready"
  IFS= read -r line || exit 1
done
echo "$mark ready"
exec 3<&0
load() {
  printf '%s%s]"\n' "${config%"$nl"}" "$1" | curl -q -K - &
  curl=$!
  { read -r line; kill "$curl"; } <&3 >/dev/null 2>&1 &
  wait "$curl"
  kill "$!" 2>/dev/null
}
collect() {
  out= left=$limit
  while IFS= read -r line || [ "$line" ]; do
    case $line in
      "$mark "*)
        printf '%s' "$out$1 ${line#"$mark "}$nl"
        out= left=$limit
        continue;;
    esac
    [ "$left" -gt 0 ] || continue
    [ ${#line} -le "$left" ] || line=$(printf "%.${left}s" "$line")
    left=$((left - ${#line} - 1))
    while [ ${#line} -gt 1500 ]; do
      part=$(printf %.1500s "$line")
      printf '%s' "$out$1+$part$nl"
      out= line=${line#"$part"}
    done
    out=$out$1-$line$nl
    [ ${#out} -lt 2000 ] || { printf '%s' "$out"; out=; }
  done
  printf '%s' "$out$1 end$nl"
}
number=0
for count; do
  number=$((number + 1))
  load "$count" 2>&1 | collect "$number" &
done
wait
"""


def counts(profile: LoadProfile) -> list[int]:
    """Return the number of requests of each connection."""
    if profile.requests is None:
        return [_ENDLESS] * profile.concurrency
    share, rest = divmod(profile.requests, profile.concurrency)
    split = [share + (number < rest) for number in range(profile.concurrency)]
    return [count for count in split if count]


def command(profile: LoadProfile, mark: str) -> list[str]:
    numbers = [str(number) for number in (profile.body_limit, *counts(profile))]
    return ["sh", "-c", SCRIPT, "sample", mark, *numbers]


def settings(profile: LoadProfile, mark: str) -> str:
    """Return the script's input before the start: curl's settings, one per line, then the mark."""
    lines = ["silent", "no-buffer", *_options(profile, mark)]
    # the script completes the range
    url = profile.url.partition("#")[0]
    lines.append(f'url = "{_escaped(_literal(url))}#[1-')
    return "\n".join((*lines, mark)) + "\n"


def pause_ms(profile: LoadProfile) -> int:
    """Return the time between two requests of a connection; the rate is never exceeded."""
    if profile.rate is None:
        return 0
    return math.ceil(1000 * len(counts(profile)) / profile.rate)


def _options(profile: LoadProfile, mark: str) -> t.Iterator[str]:
    yield _option("max-time", f"{profile.timeout_s:.3f}")
    yield _option("noproxy", "*")
    yield _option("user-agent", "eastwest.mesh")
    # to standard error, because curl would keep back what it writes to a pipe
    yield _option("write-out", f"%{{stderr}}\\n{mark} {FIELDS}\\n")
    method = profile.method.upper()
    if method == "HEAD":
        # without a request for the head only, curl waits for a body that never comes
        yield "head"
        yield _option("output", "/dev/null")
    elif method != "GET":
        yield _option("request", method)
    if not profile.keepalive:
        yield _option("header", "Connection: close")
    for name, value in profile.headers.items():
        yield _option("header", f"{name}: {value}" if value else f"{name};")
    pause = pause_ms(profile)
    if pause:
        # curl takes requests in a unit of time and keeps whole milliseconds
        yield _option("rate", f"{max(1, _DAY_MS // pause)}/d")


def _option(name: str, value: str) -> str:
    return f'{name} = "{_escaped(value)}"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")


def _literal(url: str) -> str:
    """Return the URL with curl's ranges and lists escaped."""
    for character in "[]{}":
        url = url.replace(character, "\\" + character)
    return url
