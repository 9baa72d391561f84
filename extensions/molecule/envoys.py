# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print, as JSON, the Envoys that run below a directory and the addresses on which each listens.

Asks /proc without any code of the collection, which is what is tested.
"""

from __future__ import annotations

import json
import pathlib
import sys


def listening() -> dict[str, str]:
    """Socket inode → address and port."""
    found = {}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A":
            address, port = fields[1].split(":")
            octets = ".".join(str(octet) for octet in bytes.fromhex(address)[::-1])
            found[fields[9]] = f"{octets}:{int(port, 16)}"
    return found


def envoys(below: str) -> list[dict[str, object]]:
    sockets = listening()
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            place = str((process / "cwd").readlink())
            if not place.startswith(below) or "envoy" not in (process / "comm").read_text():
                continue
            links = [str(entry.readlink()) for entry in (process / "fd").iterdir()]
        except OSError:
            continue
        inodes = [link[8:-1] for link in links if link.startswith("socket:[")]
        addresses = sorted(sockets[inode] for inode in inodes if inode in sockets)
        found.append({"process": int(process.name), "pod": place, "addresses": addresses})
    return sorted(found, key=lambda envoy: str(envoy["pod"]))


if __name__ == "__main__":
    print(json.dumps(envoys(sys.argv[1])))
