# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command on a small loopback lab, as a process that a campaign can interrupt.

    python tests/campaigns/_command.py up|sample|down LAB_DIRECTORY ZONE REPLICAS

Prints its result as JSON. An error that has been foreseen ends it with status 3 and one line; everything else is a
traceback, which the campaign reports.
"""

from __future__ import annotations

import datetime
import json
import sys
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import checkout

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils._clusters.loopback import (
    LoopbackCluster,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._load.load_profile import LoadProfile
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import lifecycle, manifests
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Object = dict[str, t.Any]
ZONES = {"east": ("zone1", "zone2"), "west": ("zone3",)}
FORESEEN = 3
_REQUESTS = 40
_CA_FILE = "ca.pem"


def up(lab: Lab, zone: str, replicas: int) -> Object:
    """Create or repair both clusters and send all requests to one zone of east."""
    changed = False
    for cluster, zones in ZONES.items():
        nodes = [{"region": cluster, "zone": name} for name in zones]
        spec = lifecycle.ClusterSpec(cluster, nodes, f"10.255.{len(cluster + zones[0])}.0/24")
        changed |= lifecycle.create(lab, spec, None)["changed"]
        for definitions in (base_objects(lab, cluster), _workloads(cluster, zone, replicas)):
            changed |= manifests.change(lab, cluster, definitions)["changed"]
    return {"changed": changed}


def sample(lab: Lab, _zone: str, _replicas: int) -> Object:
    """Send requests from the client in east; the versions that responded, and the errors."""
    cluster = LoopbackCluster(str(lab.directory), "east")
    (client,) = cluster.pods("sample", "sleep")
    profile = LoadProfile(
        "http://hello:5000/hello", requests=_REQUESTS, concurrency=8, timeout_s=5.0
    )
    records = cluster.sample(client, profile, lambda _count: None)
    return {
        "versions": sorted(
            {record.body.split(",")[0] for record in records if record.status == 200}
        ),
        "errors": sorted(
            {record.error or str(record.status) for record in records if record.status != 200}
        ),
    }


def down(lab: Lab, _zone: str, _replicas: int) -> Object:
    return {cluster: lifecycle.remove(lab, cluster) for cluster in ZONES}


def make_object(kind: str, name: str, version: str = "v1", **parts: t.Any) -> Object:
    metadata = {"name": name, "namespace": parts.pop("namespace", "sample")}
    metadata |= {"labels": parts.pop("labels")} if "labels" in parts else {}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}


def base_objects(lab: Lab, cluster: str) -> list[Object]:
    certificate, key = _authority(lab.directory.parent / _CA_FILE)
    files = dict.fromkeys(("ca-cert.pem", "cert-chain.pem", "root-cert.pem"), certificate)
    return [
        make_object("Namespace", "istio-system"),
        make_object("Namespace", "sample", labels={"istio-injection": "enabled"}),
        make_object(
            "Secret", "cacerts", namespace="istio-system", stringData={**files, "ca-key.pem": key}
        ),
    ]


def _authority(path: Path) -> tuple[str, str]:
    """Return a CA's certificate and key, which all labs of a campaign share."""
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "campaign")])
        now = datetime.datetime.now(datetime.UTC)
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_cert_sign=True,
                    crl_sign=True,
                    encipher_only=False,
                    decipher_only=False,
                    **usage,
                ),
                critical=True,
            )
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        key_pem = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(certificate.public_bytes(pem) + b"\0" + key_pem)
    certificate_pem, key_pem = path.read_bytes().split(b"\0")
    return certificate_pem.decode(), key_pem.decode()


def _workloads(cluster: str, zone: str, replicas: int) -> list[Object]:
    distribution = [{"from": "*", "to": {f"{cluster}/{zone}/*": 100}}]
    policy = {"loadBalancer": {"localityLbSetting": {"enabled": True, "distribute": distribution}}}
    policy["outlierDetection"] = {"consecutive5xxErrors": 5}
    host = "hello.sample.svc.cluster.local"
    return [
        make_object(
            "Service",
            "hello",
            spec={"selector": {"app": "hello"}, "ports": [{"name": "http", "port": 5000}]},
        ),
        *(
            make_deployment("hello", "helloworld", cluster, each, replicas)
            for each in ZONES[cluster]
        ),
        *([make_deployment("sleep", "sleep", cluster, "zone1", 1)] if cluster == "east" else []),
        make_object(
            "DestinationRule",
            "hello",
            "networking.istio.io/v1",
            spec={"host": host, "trafficPolicy": policy},
        ),
    ]


def make_deployment(name: str, app: str, cluster: str, zone: str, replicas: int) -> Object:
    labels = {"app": name, "version": zone}
    container = {"name": name, "env": [{"name": "SERVICE_VERSION", "value": zone}]}
    if app == "helloworld":
        container["ports"] = [{"containerPort": 5000}]
    template = {
        "metadata": {"labels": labels, "annotations": {"eastwest.mesh/app": app}},
        "spec": {
            "nodeSelector": {"topology.kubernetes.io/zone": zone},
            "containers": [container],
        },
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return make_object(
        "Deployment", name if app == "sleep" else f"{name}-{zone}", "apps/v1", spec=spec
    )


if __name__ == "__main__":
    command, directory, zone, replicas = sys.argv[1:]
    try:
        result = {"up": up, "sample": sample, "down": down}[command](
            Lab(directory), zone, int(replicas)
        )
    except MeshError as exc:
        print(json.dumps({"error": str(exc)}))
        sys.exit(FORESEEN)
    print(json.dumps(result))
