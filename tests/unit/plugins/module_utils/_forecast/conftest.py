# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two meshes as in the sample inventory, as manifests."""

from __future__ import annotations

import pytest

HOST = "helloworld.sample.svc.cluster.local"
GATEWAY = "192.0.2.200"


def node(name, region, zone):
    labels = {"topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": zone}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def deployment(name, namespace, app, zone, replicas=1, **labels):
    template = {
        "metadata": {"labels": {"app": app, "version": name, **labels}},
        "spec": {
            "nodeSelector": {"topology.kubernetes.io/zone": zone},
            "containers": [{"name": app, "ports": [{"containerPort": 5000}]}],
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": app, "version": name}},
            "template": template,
        },
    }


def service(port=5000, name="helloworld", namespace="sample", port_name="http"):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"name": port_name, "port": port}]},
    }


def entry(locality="west/zone3", address=GATEWAY, weight=1):
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "WorkloadEntry",
        "metadata": {"name": "helloworld-west", "namespace": "sample"},
        "spec": {
            "address": address,
            "ports": {"http": 15443},
            "locality": locality,
            "weight": weight,
            "labels": {"app": "helloworld", "security.istio.io/tlsMode": "istio"},
        },
    }


def rule(policy, name="helloworld", host=HOST, **spec):
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": name, "namespace": "sample"},
        "spec": {"host": host, "trafficPolicy": policy, **spec},
    }


def gateway(hosts=(HOST,), mode="AUTO_PASSTHROUGH"):
    workload = deployment("eastwest", "istio-system", "eastwest", "zone3", istio="eastwest")
    annotations = {"inject.istio.io/templates": "gateway"}
    workload["spec"]["template"]["metadata"]["annotations"] = annotations
    return [
        workload,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "eastwest",
                "namespace": "istio-system",
                "labels": {"topology.istio.io/network": "west-network"},
            },
            "spec": {
                "type": "LoadBalancer",
                "selector": {"istio": "eastwest"},
                "ports": [{"name": "tls", "port": 15443}],
            },
            "status": {"loadBalancer": {"ingress": [{"ip": GATEWAY}]}},
        },
        {
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "eastwest", "namespace": "istio-system"},
            "spec": {
                "selector": {"istio": "eastwest"},
                "servers": [
                    {
                        "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
                        "tls": {"mode": mode},
                        "hosts": list(hosts),
                    }
                ],
            },
        },
    ]


def network(name):
    labels = {"topology.istio.io/network": name, "istio-injection": "enabled"}
    meta = {"name": "istio-system", "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}


def east(*more, zone1=1, zone2=1, imported=True):
    objects = [
        network("east-network"),
        node("east-1", "east", "zone1"),
        node("east-2", "east", "zone2"),
        deployment("sleep", "sleep", "sleep", "zone1"),
        deployment("zone1", "sample", "helloworld", "zone1", zone1),
        deployment("zone2", "sample", "helloworld", "zone2", zone2),
        service(),
    ]
    return [*objects, *([entry()] if imported else []), *more]


def west(*more, zone3=1, exposed=(HOST,), mode="AUTO_PASSTHROUGH"):
    return [
        network("west-network"),
        node("west-1", "west", "zone3"),
        node("west-2", "west", "zone5"),
        deployment("zone3", "sample", "helloworld", "zone3", zone3),
        service(),
        *gateway(exposed, mode),
        *more,
    ]


@pytest.fixture
def asked():
    """The options that ask from sleep in east for helloworld."""

    def make(objects=None, peers=None, **options):
        return {
            "cluster": "east",
            "manifests": east() if objects is None else objects,
            "peers": [{"cluster": "west", "manifests": west() if peers is None else peers}],
            "clients": [{"namespace": "sleep", "workload": "sleep"}],
            "services": [{"host": "helloworld.sample", "port": "5000"}],
            **options,
        }

    return make
