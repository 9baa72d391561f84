# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Feed modules with damaged input: every answer is a result or a message, within seconds.

    python tests/tools/bad_input.py --count 10000 [--seed 1] [--only forecast]

Each input is a good one with one to three damages. A traceback, an answer that takes too long, and a value of
a wrong type that is taken without a word count as faults; each is printed once, with the input's number.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import copy
import datetime
import importlib
import math
import random
import signal
import sys
import traceback
import typing as t

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.eastwest.mesh.plugins.module_utils._analysis.explanation import explain
from ansible_collections.eastwest.mesh.plugins.module_utils._certificates.options import (
    read_options,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import (
    InvalidInput,
    MeshError,
    NotFound,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory import role_specs
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.lab_variables import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._inventory.preflight import (
    inventory_variable_problems,
    lab_problems,
    scenario,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.manifests import (
    load_manifests,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.objects import (
    group_of,
    violations,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.schema import (
    List,
    Map,
    Mapping,
    Value,
)
from ansible_collections.eastwest.mesh.plugins.module_utils._istio.validation.shapes import SHAPES
from ansible_collections.eastwest.mesh.plugins.module_utils._kind.spec import parse_spec
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import supported
from ansible_collections.eastwest.mesh.plugins.module_utils._path_check.run import gather
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.options import parse_options
from ansible_collections.eastwest.mesh.plugins.modules.locality_info import (
    check_connection,
)

Path: t.TypeAlias = tuple[t.Any, ...]

SECONDS = 10
MODULES = "ansible_collections.eastwest.mesh.plugins.modules"

OBJECTS = list(
    yaml.safe_load_all(
        """
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {topology.kubernetes.io/region: east,
  topology.kubernetes.io/zone: zone1}}, spec: {taints: []}}
---
{apiVersion: v1, kind: Node, metadata: {name: n2, labels: {topology.kubernetes.io/region: west,
  topology.kubernetes.io/zone: zone3}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: v1}, annotations: {eastwest.mesh/app: helloworld}}
    spec:
      serviceAccountName: web
      nodeSelector: {topology.kubernetes.io/region: east}
      containers: [{name: app, image: "web:1", ports: [{name: http, containerPort: 5000}], env: [{name: A, value: b}]}]
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web},
  ports: [{name: http, port: 80, targetPort: 5000}], trafficDistribution: PreferClose}}
---
{apiVersion: v1, kind: Pod, metadata: {name: lone, namespace: shop, labels: {app: web}}, spec: {nodeName: n2,
  containers: [{name: app}]}, status: {podIP: 10.0.0.9, phase: Running, conditions: [{type: Ready, status: "True"}]}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: web-west, namespace: shop}
spec: {address: 192.0.2.7, ports: {http: 15443}, labels: {app: web, security.istio.io/tlsMode: istio},
  locality: west/zone3, network: west, weight: 2, serviceAccount: web}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: bank, namespace: shop}
spec:
  hosts: [bank.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  exportTo: ["*"]
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]
  endpoints: [{address: 192.0.2.1, locality: east/zone1, ports: {http: 81}}, {address: 192.0.2.2, locality: west/zone3}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web.shop.svc.cluster.local
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 1m, maxEjectionPercent: 100}
    connectionPool: {http: {maxRequestsPerConnection: 1, idleTimeout: 1s}, tcp: {maxConnections: 9, connectTimeout: 1s}}
    loadBalancer:
      simple: ROUND_ROBIN
      localityLbSetting: {enabled: true, failover: [{from: east, to: west}], failoverPriority: [app=web]}
    portLevelSettings: [{port: {number: 80}, tls: {mode: ISTIO_MUTUAL}}]
  subsets: [{name: v1, labels: {version: v1}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: bank, namespace: shop}
spec:
  host: bank.example.com
  trafficPolicy:
    loadBalancer: {localityLbSetting: {distribute: [{from: east/*, to: {east/zone1: 80, west/*: 20}}]}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gateway, namespace: istio-system}
spec:
  selector: {istio: eastwestgateway}
  servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["*.local"]}]
---
{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: default, namespace: istio-system},
  spec: {mtls: {mode: STRICT}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: "trustDomain: east.local\\ntrustDomainAliases: [west.local]\\nlocalityLbSetting: {enabled: true}"
  meshNetworks: "networks: {west: {gateways: [{address: 192.0.2.9, port: 15443}], endpoints: [{fromRegistry: west}]}}"
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web]
  gateways: [mesh]
  exportTo: ["*"]
  http:
    - name: new
      match: [{uri: {prefix: /new}, headers: {x: {exact: y}}, sourceLabels: {app: web}, port: 80}]
      route: [{destination: {host: web, subset: v1, port: {number: 80}}, weight: 70}, {destination: {host: web}, weight: 30}]
      timeout: 2s
      retries: {attempts: 2, perTryTimeout: 1s, retryOn: 5xx}
      fault: {abort: {httpStatus: 500, percentage: {value: 1}}, delay: {fixedDelay: 1s, percentage: {value: 1}}}
      rewrite: {uri: /}
    - route: [{destination: {host: web}}]
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: shop}
spec:
  workloadSelector: {labels: {app: web}}
  egress: [{hosts: ["./*", "istio-system/*", "*/*"]}]
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: web, port: 80}, {name: entry, namespace: edge, sectionName: http}]
  hostnames: [web.example.com]
  rules:
    - matches: [{path: {type: PathPrefix, value: /new}, headers: [{name: x, value: y}], queryParams: [{name: q, value: z}],
        method: GET}]
      filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}},
        {type: RequestMirror, requestMirror: {backendRef: {name: web, port: 80}, fraction: {numerator: 1, denominator: 2}}},
        {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}]
      backendRefs: [{name: web, port: 80, weight: 9}, {name: far, namespace: other, port: 80}]
      timeouts: {request: 1s, backendRequest: 500ms}
      retry: {attempts: 2, codes: [503], backoff: 1s}
    - filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: web}]
  rules: [{matches: [{method: {service: shop.Web, method: Get}, headers: [{name: x, value: y, type: Exact}]}],
    backendRefs: [{name: web, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: entry, namespace: edge}
spec:
  gatewayClassName: istio
  addresses: [{type: Hostname, value: entry}]
  listeners: [{name: http, port: 80, protocol: HTTP, hostname: "*.example.com", allowedRoutes: {namespaces:
    {from: Selector, selector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}, kinds: [{kind: HTTPRoute}]}}]
---
{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: istio},
  spec: {controllerName: istio.io/gateway-controller}}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: web, namespace: other}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}], to: [{group: "", kind: Service}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: entry, namespace: edge}
spec:
  selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: entry}}
  template:
    metadata: {labels: {gateway.networking.k8s.io/gateway-name: entry}, annotations: {sidecar.istio.io/inject: "false"}}
    spec: {containers: [{name: istio-proxy, args: [proxy, router]}]}
"""
    )
)
POLICY = OBJECTS[8]["spec"]["trafficPolicy"]
PLAIN = {
    "endpoints": [
        {"locality": "east/zone1", "count": 2, "healthy": 1, "weight": 3, "labels": {"app": "web"}},
        {
            "locality": "west/zone3",
            "network": "west",
            "cluster": "west",
            "name": "far",
            "address": "192.0.2.3",
        },
    ],
    "rules": [POLICY, OBJECTS[9]],
    "mesh": {"localityLbSetting": {"enabled": True}, "defaultConfig": {"meshId": "east"}},
    "gateways": [{"network": "west", "address": "192.0.2.9", "port": 15443}],
    "services": [{"host": "web.shop.svc.cluster.local", "port": "80"}],
    "clients": [{"locality": "east/zone1", "labels": {"app": "client"}}],
}
KIND = {
    "name": "east",
    "kubeconfig": "/nonexistent/kubeconfig",
    "nodes": [
        {"role": "control-plane"},
        {"role": "worker", "region": "east", "zone": "zone1", "labels": {"a": "b"}},
    ],
    "pod_subnet": "10.10.0.0/16",
    "service_subnet": "10.255.10.0/24",
}
CERTIFICATES = {
    "directory": "/nonexistent/certs",
    "root": {"common_name": "root", "days": 100},
    "intermediates": [{"name": "east", "common_name": "east"}],
}
VARIABLES = {
    "mesh_id": "east-mesh",
    "mesh_network": "east-network",
    "cluster_nodes": [{"region": "east", "zone": "zone1"}],
    "cluster_pod_subnet": "10.10.0.0/16",
    "gateway_exposed_hosts": ["*.local"],
    "workload_list": [
        {
            "name": "web",
            "namespace": "shop",
            "app": "helloworld",
            "service": {"name": "web", "port": 80},
        }
    ],
    "locality_rules": [
        {
            "name": "web",
            "namespace": "shop",
            "host": "web",
            "failover": [{"from": "east", "to": "west"}],
        }
    ],
}


CONNECTION = {"provider": "loopback", "lab_directory": "/nonexistent/lab", "cluster": "east"}
# defaults of the roles that are templates
TEMPLATED = {
    "mesh_lab": "lab",
    "mesh_lab_directory": "/nonexistent/lab",
    "mesh_connection": CONNECTION,
    "remote_secret_clusters": [],
}
SCENARIO = {
    **VARIABLES,
    "mesh_lab_directory": "/nonexistent/lab",
    "mesh_connection": CONNECTION,
    "remote_secret_clusters": [],
    "cluster_nodes": [
        {"region": "east", "zone": "zone1"},
        {"region": "east", "zone": "zone2"},
        {"region": "west", "zone": "zone3"},
    ],
    "workload_list": [
        {"name": "sleep", "namespace": "shop", "app": "sleep", "zone": "zone1"},
        *(
            {
                "name": f"web-{zone}",
                "namespace": "shop",
                "app": "helloworld",
                "zone": zone,
                "version": zone,
                "service": {"name": "web", "port": 5000},
            }
            for zone in ("zone1", "zone2", "zone3")
        ),
    ],
    "proof_namespace": "shop",
    "proof_client": {"namespace": "shop", "workload": "sleep"},
    "proof_url": "http://web.shop:5000/hello",
    "failover_rules": [
        {
            "name": "web",
            "namespace": "shop",
            "host": "web.shop.svc.cluster.local",
            "failover": [{"from": "east", "to": "west"}],
            "outlier_detection": {"consecutive5xxErrors": 1, "interval": "1s"},
        }
    ],
    "failover_steps": [
        {"name": "before", "rule": "absent", "model": "random", "expect": {"zone1": 1}},
        {"name": "gone", "rule": "present", "drain": ["web-zone1"], "expect": {"zone2": 1}},
        {"name": "back", "restore": ["web-zone1"], "expect": {"zone1": 1}, "settle_ms": 100},
        {"name": "slow", "rate": 8, "requests": 80, "from_forecast": False, "expect": {"zone1": 1}},
    ],
}
_REQUESTS = {
    **CONNECTION,
    "namespace": "shop",
    "workload": "sleep",
    "url": "http://web.shop:5000/hello",
    "headers": {"x": "y"},
    "timeout": 5,
    "peers": [{**CONNECTION, "cluster": "west"}],
}
SAMPLE = {
    **_REQUESTS,
    "requests": 100,
    "concurrency": 2,
    "identify": {"pattern": "version: (?P<version>[^,]+)"},
    "events": [
        {
            "action": "drain",
            "namespace": "shop",
            "workloads": ["web"],
            "name": "gone",
            "at": 20,
            "after_ms": 10,
        }
    ],
    "expect": {"shares": {"zone1": 1, "zone2": 1}, "by": "version", "model": "random"},
}
PATH = {**_REQUESTS, "requests": 3}


def junk(source: random.Random) -> t.Any:
    """Return something that hardly any field takes."""
    nested: t.Any = "x"
    for _unused in range(source.choice((3, 70, 400))):
        nested = {"a": nested} if source.random() < 0.5 else [nested]
    cycle: dict[str, t.Any] = {}
    cycle["a"] = [cycle]
    plain = (None, True, False, 0, -1, 2**31, 2**64, 10**400, 1.5, math.nan, math.inf, b"x")
    texts = (
        "",
        " ",
        "x",
        "*",
        "a/b/c/d",
        "-",
        "::1",
        "1.2.3.4",
        "east",
        "round_robin",
        "\x00",
        "0",
    )
    more = ("ü" * 300, "x" * 70_000, "{{ x }}", "[", "a: b", "1s", datetime.date(2026, 1, 2))
    lists: tuple[t.Any, ...] = ([], [None], ["x"], [[]], ["x"] * 5_000)
    mappings: tuple[t.Any, ...] = ({}, {"x": 1}, {"": ""}, {1: 2}, {None: 1}, {"name": ["x"]})
    return source.choice((*plain, *texts, *more, *lists, *mappings, nested, cycle))


def places(value: t.Any, path: Path = ()) -> list[Path]:
    found = [path] if path else []
    if isinstance(value, dict):
        items: t.Iterable[tuple[t.Any, t.Any]] = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return found
    return found + [each for key, item in items for each in places(item, (*path, key))]


class Damage(t.NamedTuple):
    """One change: the path, and the value that is there now; nothing where a field was removed."""

    path: Path
    value: t.Any


def damaged(good: t.Any, source: random.Random) -> tuple[t.Any, list[Damage]]:
    """Return a copy with one to three damages."""
    bad, done = copy.deepcopy(good), []
    for path in source.sample(places(good), source.choice((1, 1, 1, 2, 3))):
        parent = bad
        # an earlier damage may have taken the place away
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for key in path[:-1]:
                parent = parent[key]
            how = source.random()
            if how < 0.7:
                parent[path[-1]] = value = junk(source)
                done.append(Damage(path, value))
            elif how < 0.8:
                del parent[path[-1]]
                done.append(Damage(path, None))
            elif isinstance(parent, list):
                parent.append(copy.copy(parent[path[-1]]))
            else:
                parent[source.choice(("Name", "spec", "host", "x"))] = junk(source)
                done.append(Damage(path, None))
    return bad, done


def must_be_refused(objects: t.Sequence[t.Any], damages: t.Sequence[Damage]) -> bool:
    """Tell whether the only damage is a value of a wrong type in a field that is published."""
    if len(damages) != 1 or len(damages[0].path) < 2:
        return False
    (number, *path), value = damages[0]
    obj = OBJECTS[number]
    schema: t.Any = SHAPES.get((group_of(obj), obj["kind"]))
    for key in path:
        if isinstance(schema, Mapping):
            schema = schema.fields.get(key)
        elif isinstance(schema, Map):
            schema = schema.values
        elif isinstance(schema, List):
            schema = schema.items
        if schema is None:
            return False
    if value is None or not isinstance(schema, Value | Map | Mapping | List):
        return False
    if isinstance(schema, Value):
        return not isinstance(value, (*schema.types, int, float))
    return not isinstance(value, list if isinstance(schema, List) else dict)


def arguments(module: str, bad: t.Any) -> dict[str, t.Any]:
    """Check options as Ansible does before a module sees them."""
    spec = importlib.import_module(f"{MODULES}.{module}")
    known = getattr(spec, "ARGUMENTS", None) or spec.ARGUMENT_SPEC
    known = {**getattr(spec, "CLUSTER_ARGUMENTS", {}), **known}
    try:
        checked = ArgumentSpecValidator(known).validate(bad)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInput("Ansible's own check fails") from error
    if checked.error_messages:
        raise InvalidInput(f"Ansible's own check refuses it: {checked.error_messages}")
    return dict(checked.validated_parameters)


def forecast(bad: t.Any) -> None:
    found = explain({"manifests": bad, "show": True})
    found.as_dict()
    found.lines()


def plain_forecast(bad: t.Any) -> None:
    options = arguments("locality_info", bad)
    check_connection(options)
    found = explain(options)
    found.as_dict()
    found.lines()


def loopback(bad: t.Any) -> None:
    for obj in load_manifests(bad):
        supported.check(obj)


def is_supported(obj: t.Mapping[str, t.Any]) -> bool:
    """Whether labs take the object: no pod of its own, and nothing of the Gateway API."""
    of_gateway_api = "gateway.networking.k8s.io" in str(obj)
    return obj["kind"] != "Pod" and not of_gateway_api


def webhook(bad: t.Any) -> None:
    for obj in load_manifests(bad):
        list(violations(obj))


def kind(bad: t.Any) -> None:
    parse_spec(arguments("kind_cluster", bad))


def certificates(bad: t.Any) -> None:
    read_options(arguments("mesh_certs", bad))


def inventory(bad: t.Any) -> None:
    inventory_variable_problems(Lab({"h": bad}, ["h"]), None)


def scenario_of_playbook(bad: t.Any) -> None:
    host = {**role_specs.defaults(), **TEMPLATED, **bad} if isinstance(bad, dict) else bad
    problems = lab_problems(Lab({"h": host}, ["h"]), scenario("failover"))
    if problems:
        raise InvalidInput("\n".join(problems))


def sample(bad: t.Any) -> None:
    parse_options(arguments("traffic_sample", bad))


def path(bad: t.Any) -> None:
    """A lab that does not exist is the last thing that a path of good options comes to."""
    with contextlib.suppress(NotFound):
        gather(arguments("mesh_path_info", bad))


TARGETS: t.Final[t.Mapping[str, tuple[t.Callable[[t.Any], None], t.Any]]] = {
    "forecast": (forecast, OBJECTS),
    "plain-forecast": (plain_forecast, PLAIN),
    "loopback": (loopback, [obj for obj in OBJECTS if is_supported(obj)]),
    "webhook": (webhook, OBJECTS),
    "kind": (kind, KIND),
    "certificates": (certificates, CERTIFICATES),
    "inventory": (inventory, VARIABLES),
    "scenario": (scenario_of_playbook, SCENARIO),
    "sample": (sample, SAMPLE),
    "path": (path, PATH),
}


class TooSlowError(BaseException):
    """An answer takes longer than anybody waits. No Exception, so that nothing catches it."""


@contextlib.contextmanager
def limited(seconds: float) -> t.Iterator[None]:
    def stop(*_unused: t.Any) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fault(name: str, number: int, seconds: float = SECONDS) -> str:
    """Run one target with one damaged input; return what is wrong with its answer, or nothing."""
    run, good = TARGETS[name]
    bad, damages = damaged(good, random.Random(f"{name} {number}"))
    try:
        with limited(seconds):
            run(bad)
    except MeshError as error:
        text = str(error)
        return "" if text.strip() else "an empty message"
    except TooSlowError:
        return f"no answer within {seconds} s"
    except Exception as error:  # noqa: BLE001 (each of them is a fault to report)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        file = frame.filename.partition("plugins/")[2] or frame.filename
        return f"{type(error).__name__} at {file}:{frame.lineno}: {str(error)[:80]}"
    if name in ("forecast", "webhook") and must_be_refused(bad, damages):
        return f"a wrong type is taken without a word at {'.'.join(map(str, damages[0].path))}"
    return ""


def check_good_inputs() -> None:
    """Make sure that what is damaged was good before, so that no refusal is due to anything else."""
    for run, good in TARGETS.values():
        run(copy.deepcopy(good))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000, help="inputs over all targets")
    parser.add_argument("--seed", type=int, default=1, help="number of the first input")
    parser.add_argument("--only", choices=TARGETS, help="one target alone")
    options = parser.parse_args()
    check_good_inputs()
    names = [options.only] if options.only else list(TARGETS)
    found: collections.Counter[tuple[str, str]] = collections.Counter()
    for number in range(options.seed, options.seed + options.count):
        name = names[number % len(names)]
        wrong = fault(name, number)
        if wrong:
            if not found[name, wrong]:
                print(f"{name} {number}: {wrong}", flush=True)
            found[name, wrong] += 1
    print(f"{options.count} inputs, {found.total()} faults of {len(found)} kinds")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
