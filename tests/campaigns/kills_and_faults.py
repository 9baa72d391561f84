# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break a loopback lab at random and check that the next run repairs it or says what to do.

    python tests/campaigns/kills_and_faults.py [--rounds 300] [--seed 1] [--fault NAME]

Each round applies one fault: a command that a signal interrupts, Envoys that are killed or stopped, files and
directories that are damaged, removed or replaced by links, a full disk, a taken port, an interface that is down, two
commands at a time. A sample taken meanwhile must be right or say why there is none. The next ``up`` must succeed, or
end with one line that names what to do; after that, requests go where the rule sends them. ``down`` leaves nothing
and touches nothing outside the lab.

Runs in namespaces of its own (``unshare``), so it disturbs no other lab. Exits with 1 after a violation.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "extensions" / "molecule"))

from envoys import envoys

_COMMAND = [sys.executable, str(HERE / "_command.py")]
_FORESEEN = 3
_COMMAND_SECONDS = 240
_DISK_BYTES = 48 << 20
_INSIDE = "EASTWEST_CAMPAIGN_INSIDE"
# an up of a lab that does not exist takes about this long on an idle machine
_RUN_SECONDS = 4.0
# pods: a client, and a server in each of three zones for each replica
_CLIENTS, _SERVERS = 1, 3


class Violation(Exception):
    """The lab said or did what is not so."""


@dataclass(frozen=True)
class Outcome:
    status: int
    result: dict[str, t.Any]
    error: str


class Campaign:
    """A lab, its faults, and the checks."""

    def __init__(self, directory: Path) -> None:
        self.random = random.Random()
        self.lab = directory / "lab"
        self.outside = directory / "outside"
        self.zones = {"zone1"}
        self.replicas = 1

    # commands

    def start(self, command: str) -> subprocess.Popen[bytes]:
        zone = self.random.choice(("zone1", "zone2"))
        if command == "up":
            self.zones = {*self.zones, zone}
        return self._start(command, zone, self.random.choice((1, 2)))

    def _start(self, command: str, zone: str, replicas: int) -> subprocess.Popen[bytes]:
        arguments = [*_COMMAND, command, str(self.lab), zone, str(replicas)]
        return subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )

    def run(self, command: str, zone: str = "zone1", replicas: int = 1) -> Outcome:
        return self.finish(self._start(command, zone, replicas), command)

    def finish(self, process: subprocess.Popen[bytes], command: str) -> Outcome:
        try:
            output, errors = process.communicate(timeout=_COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Violation(f"{command} hangs") from None
        if process.returncode not in (0, _FORESEEN):
            raise Violation(f"{command} ended with {process.returncode}: {errors.decode()[-1500:]}")
        result = json.loads(output)
        return Outcome(process.returncode, result, result.get("error", ""))

    # checks

    def check_sample(self) -> str:
        """A sample during a fault has a reason against it, or only versions that a rule named."""
        outcome = self.run("sample")
        if outcome.status == 0 and not {*outcome.result["versions"]} <= {
            f"Hello version: {zone}" for zone in self.zones
        }:
            raise Violation(f"a sample says {outcome.result}, but the rule names {self.zones}")
        return "no sample" if outcome.status else "sample"

    def repair(self, lift: t.Callable[[], None]) -> str:
        """The next run repairs the lab, or names what to do, which then helps."""
        zone, self.replicas = self.random.choice(("zone1", "zone2")), self.random.choice((1, 2))
        outcome = self.run("up", zone, self.replicas)
        how = "repaired"
        if outcome.status:
            how = f"named: {outcome.error}"
            self.check_message(outcome.error)
            lift()
            if "eastwest.mesh.down" in outcome.error:
                self.check_down()
            outcome = self.run("up", zone, self.replicas)
            if outcome.status:
                raise Violation(f"the remedy of '{how}' does not help: {outcome.error}")
        else:
            lift()
        self.zones = {zone}
        self.check_up(zone)
        return how

    def check_message(self, message: str) -> None:
        remedies = ("eastwest.mesh.down", "free space", "end it", "remove it", "ip link set")
        if "\n" in message or not any(remedy in message for remedy in remedies):
            raise Violation(f"an error without a remedy: {message}")

    def check_up(self, zone: str) -> None:
        pods = [envoy["pod"] for envoy in envoys(f"{self.lab}/")]
        if len(pods) != _CLIENTS + _SERVERS * self.replicas or len({*pods}) < len(pods):
            raise Violation(f"{len(pods)} Envoys run for {self.replicas} replicas: {pods}")
        outcome = self.run("sample")
        if outcome.result != {"versions": [f"Hello version: {zone}"], "errors": []}:
            raise Violation(f"after a successful run for {zone}, a sample says {outcome.result}")

    def check_down(self) -> None:
        outcome = self.run("down")
        if outcome.status:
            raise Violation(f"down fails: {outcome.error}")
        left = [str(path) for path in self.lab.rglob("*")] if self.lab.exists() else []
        if left or self.lab.exists() or envoys(f"{self.lab}/"):
            raise Violation(f"down leaves {left} and {envoys(f'{self.lab}/')}")

    def check_outside(self) -> None:
        found = {path.name: path.read_text() for path in self.outside.iterdir()}
        if found != {"file": "mine", "lab.json": "mine", "objects.json": "mine"}:
            raise Violation(f"files outside the lab were touched: {found}")

    # faults: each returns what ends it

    def interrupted(self, command: str) -> t.Callable[[], None]:
        process = self.start(command)
        time.sleep(self.random.uniform(0.3, 1.5 * _RUN_SECONDS))
        number = self.random.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        os.killpg(process.pid, number)
        process.communicate(timeout=_COMMAND_SECONDS)
        return _nothing

    def interrupted_up(self) -> t.Callable[[], None]:
        return self.interrupted("up")

    def interrupted_down(self) -> t.Callable[[], None]:
        return self.interrupted("down")

    def signalled(self, number: signal.Signals) -> t.Callable[[], None]:
        found = envoys(f"{self.lab}/")
        for envoy in self.random.sample(found, self.random.randint(1, len(found))):
            os.kill(t.cast("int", envoy["process"]), number)
        return _nothing

    def killed_envoys(self) -> t.Callable[[], None]:
        return self.signalled(signal.SIGKILL)

    def stopped_envoys(self) -> t.Callable[[], None]:
        return self.signalled(signal.SIGSTOP)

    def damaged_file(self) -> t.Callable[[], None]:
        files = sorted(path for path in self.lab.rglob("*") if path.is_file())
        # the lab's own files, which are few, as often as those of Envoys
        own = [path for path in files if path.parent.parent.name in ("", "lab", "clusters")]
        own += [path for path in files if path.parent == self.lab]
        path = self.random.choice(self.random.choice((files, own)))
        content = path.read_bytes()
        how = self.random.choice(("truncate", "garbage", "remove", "directory", "link"))
        self.note(f"{how} {path.relative_to(self.lab)}")
        if how == "truncate":
            path.write_bytes(content[: self.random.randrange(len(content) + 1)])
        elif how == "garbage":
            path.write_bytes(self.random.randbytes(self.random.randint(1, 300)))
        else:
            path.unlink()
        if how == "directory":
            path.mkdir()
        elif how == "link":
            path.symlink_to(self.outside / "file")
        return lambda: _remove_link(path)

    def damaged_directory(self) -> t.Callable[[], None]:
        path = self.random.choice(sorted(p for p in self.lab.rglob("*") if p.is_dir()))
        how = self.random.choice(("remove", "file", "link"))
        self.note(f"{how} {path.relative_to(self.lab)}")
        shutil.rmtree(path)
        if how == "file":
            path.write_text("not a directory")
        elif how == "link":
            path.symlink_to(self.outside)
        return lambda: _remove_link(path)

    def full_disk(self) -> t.Callable[[], None]:
        filler = self.lab.parent / "filler"
        with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
            while stream.write(bytes(4096)):
                pass
        keep = self.random.choice((0, 8, 64)) << 10
        os.truncate(filler, max(0, filler.stat().st_size - keep))
        return filler.unlink

    def taken_port(self) -> t.Callable[[], None]:
        envoy = self.random.choice([e for e in envoys(f"{self.lab}/") if e["addresses"]])
        os.kill(t.cast("int", envoy["process"]), signal.SIGKILL)
        address, port = self.random.choice(t.cast("list[str]", envoy["addresses"])).split(":")
        deadline = time.monotonic() + 10
        while True:
            holder = socket.socket()
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                holder.bind((address, int(port)))
                holder.listen()
                return holder.close
            except OSError:
                holder.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def interface_down(self) -> t.Callable[[], None]:
        _link("down")
        return lambda: _link("up")

    def concurrent_commands(self) -> t.Callable[[], None]:
        commands = self.random.choice((("up", "up"), ("up", "down"), ("up", "sample")))
        self.note(" and ".join(commands))
        zone, replicas = self.random.choice(("zone1", "zone2")), self.random.choice((1, 2))
        self.zones.add(zone)
        processes = [self._start(command, zone, replicas) for command in commands]
        outcomes = [self.finish(*each) for each in zip(processes, commands, strict=True)]
        if commands == ("up", "up") and any(outcome.status for outcome in outcomes):
            raise Violation(f"two runs at a time fail: {[o.error for o in outcomes]}")
        return _nothing

    # rounds

    def note(self, text: str) -> None:
        self.notes.append(text)

    def round(self, name: str) -> str:
        self.notes: list[str] = []
        if not self.lab.exists():
            self.run("up", "zone1", self.replicas)
            self.zones = {"zone1"}
        lift = getattr(self, name)()
        try:
            if self.random.random() < 0.5:
                self.note(self.check_sample())
            self.note(self.repair(lift))
        finally:
            # it may have been lifted
            with contextlib.suppress(OSError):
                lift()
        if self.random.random() < 0.3:
            self.check_down()
            self.note("down")
        self.check_outside()
        return "; ".join(self.notes)

    def reset(self) -> None:
        """After a violation: end and remove everything by force."""
        for envoy in envoys(f"{self.lab}/"):
            os.kill(t.cast("int", envoy["process"]), signal.SIGKILL)
        if self.lab.is_symlink():
            self.lab.unlink()
        shutil.rmtree(self.lab, ignore_errors=True)
        shutil.rmtree(self.outside, ignore_errors=True)
        self.outside.mkdir()
        for name in ("file", "lab.json", "objects.json"):
            (self.outside / name).write_text("mine")


FAULTS = (
    "interrupted_up",
    "interrupted_down",
    "killed_envoys",
    "stopped_envoys",
    "damaged_file",
    "damaged_directory",
    "full_disk",
    "taken_port",
    "interface_down",
    "concurrent_commands",
)


def _nothing() -> None:
    pass


def _remove_link(path: Path) -> None:
    if path.is_symlink():
        path.unlink()


def _link(state: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def _enter_namespaces() -> None:
    """Run this program again with a network and mounts of its own."""
    flags = ["--mount", "--net"] if os.geteuid() == 0 else ["--map-root-user", "--mount", "--net"]
    os.execvpe(
        "unshare",
        ["unshare", *flags, sys.executable, *sys.argv],
        {**os.environ, _INSIDE: "1"},
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=FAULTS, action="append")
    options = parser.parse_args()
    if _INSIDE not in os.environ:
        _enter_namespaces()
    # so that the last lab is removed
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(1))
    _link("up")
    counts: collections.Counter[str] = collections.Counter()
    violations = 0
    with tempfile.TemporaryDirectory() as mount:
        size = f"size={_DISK_BYTES}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "campaign", mount], check=True)
        campaign = Campaign(Path(mount))
        campaign.reset()
        try:
            for number in range(options.seed, options.seed + options.rounds):
                # a round may leave its lab to the next one
                campaign.random.seed(number)
                name = campaign.random.choice(options.fault or FAULTS)
                began = time.monotonic()
                try:
                    text = campaign.round(name)
                except Violation as exc:
                    violations += 1
                    text = f"VIOLATION ({'; '.join(campaign.notes)}): {exc}"
                    campaign.reset()
                counts[name] += 1
                print(f"{number} {name} {time.monotonic() - began:.0f} s: {text}", flush=True)
        finally:
            campaign.reset()
            subprocess.run(["umount", "-l", mount], check=True)
    print(f"{sum(counts.values())} rounds {dict(counts)}, {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
