# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options CLUSTER_ARGUMENTS of plugins/module_utils/_clusters/argument_specs.py
    DOCUMENTATION = r"""
options:
  provider:
    description:
      - The provider of the cluster.
      - V(loopback) is a lab of Envoy processes on addresses in 127.0.0.0/8,
        V(kind) a kind cluster that this collection made, V(existing) any other cluster with a kubeconfig.
    type: str
    choices: [loopback, kind, existing]
    default: loopback
  lab_directory:
    description:
      - The directory that holds the lab's state.
      - Required with O(provider=loopback).
    type: path
  cluster:
    description:
      - The cluster's name in the lab.
      - Required with O(provider=loopback).
    type: str
  kubeconfig:
    description:
      - The kubeconfig file of the cluster.
      - Not used with O(provider=loopback).
    type: path
  context:
    description:
      - The context in O(kubeconfig); without it the current one.
      - Not used with O(provider=loopback).
    type: str
"""
