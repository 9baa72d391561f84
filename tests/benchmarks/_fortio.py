# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fortio in a pod of its own with a sidecar, beside the client that traffic_sample has."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t

_MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: fortio, namespace: NAMESPACE}
spec:
  selector: {matchLabels: {app: fortio}}
  template:
    metadata: {labels: {app: fortio}}
    spec:
      nodeSelector: {topology.kubernetes.io/zone: zone1}
      containers:
        - {name: fortio, image: "IMAGE", imagePullPolicy: IfNotPresent}
"""


class Fortio:
    """Begins with its pod; ``kubectl`` is the command with what leads to the cluster."""

    def __init__(self, kubectl: t.Sequence[str], namespace: str, image: str) -> None:
        self._kubectl = [*kubectl, "--namespace", namespace]
        manifest = _MANIFEST.replace("NAMESPACE", namespace).replace("IMAGE", image)
        self._run("apply", "-f", "-", text=manifest)
        self._run("rollout", "status", "deployment/fortio", "--timeout=300s")

    def load(self, *options: str) -> str:
        """What it says after a load of which no request failed."""
        said = self._run("exec", "deploy/fortio", "-c", "fortio", "--", "fortio", "load", *options)
        if not re.search(r"Code 200 : \d+ \(100", said):
            sys.exit(f"fortio said:\n{said}")
        return said

    def delete(self) -> None:
        self._run("delete", "deployment/fortio")

    def _run(self, *arguments: str, text: str = "") -> str:
        done = subprocess.run(
            [*self._kubectl, *arguments], input=text, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        if done.returncode:
            sys.exit(f"kubectl {' '.join(arguments)} failed:\n{said[-3000:]}")
        return said
