# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare how long events disturb requests with the forecast, in random cases on a loopback lab.

    python tests/campaigns/event_times.py [--cases 100] [--seed 1] [--only 17] [--result FILE]

Each case has a rule, a load and one or two events: sidecars that are drained, killed, hung, restarted or replaced by
black holes, and servers that answer with errors. Observed and forecast agree within 300 ms, or a fifth of the longer
one. Prints a line for each event, and exits with 1 where fewer than nine of ten agree. A case takes about ten seconds.
A network namespace of its own keeps the lab apart from others: ``ip netns exec NAME python …``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from _command import base_objects, checkout, make_deployment, make_object

checkout.make_importable()

from ansible_collections.eastwest.mesh.plugins.module_utils._common.errors import MeshError
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback import lifecycle, manifests
from ansible_collections.eastwest.mesh.plugins.module_utils._loopback.lab import Lab
from ansible_collections.eastwest.mesh.plugins.module_utils._traffic.run import (
    prepare_sample,
    run_sample,
)

Case = dict[str, t.Any]
_CLUSTER, _NAMESPACE = "east", "sample"
_ZONES = ("zone1", "zone2", "zone3")
_HOST = "hello.sample.svc.cluster.local"
_LEAST_MS, _LEAST_PART = 300.0, 0.2
_ENOUGH = 0.9
# with requests slower than this before anything happened, a case is tried again
_BUSY_MS = 30.0
_TRIALS = 4
# a sample goes on for as long as this after its events
_JUDGED_S = 2.5
_OPTIONS: Case = {
    "provider": "loopback",
    "cluster": _CLUSTER,
    "namespace": _NAMESPACE,
    "workload": "sleep",
    "url": "http://hello:5000/hello",
    "method": "GET",
    "headers": None,
    "requests": None,
    "duration": _JUDGED_S,
    "clients": 1,
    "keepalive": True,
    "timeout": 5.0,
    "identify": None,
    "servers": None,
    "settle_ms": None,
    "timeline_ms": None,
    "peers": [],
    "unchanged": None,
}


def make_case(source: random.Random) -> Case:
    """Return the rule, the routes, the load and the events of a case."""
    single = source.random() < 0.6
    outlier = {
        "interval": source.choice(("500ms", "1s", "2s")),
        "baseEjectionTime": source.choice(("2s", "3s", "30s")),
        "maxEjectionPercent": source.choice((100, 100, 100, 50, 34)),
    }
    errors = source.choice((1, 2, 3, 5, 7))
    kind = source.random()
    if kind < 0.75:
        outlier["consecutive5xxErrors"] = errors
    elif kind < 0.9:
        outlier |= {"consecutiveGatewayErrors": errors, "consecutive5xxErrors": 0}
    else:
        outlier |= {
            "splitExternalLocalOriginErrors": True,
            "consecutiveLocalOriginFailures": errors,
            "consecutive5xxErrors": errors,
        }
    return {
        "replicas": source.choice((1, 1, 2)),
        "outlier": outlier,
        "connect_timeout": source.choice(("100ms", "300ms", "700ms")),
        "single": single,
        "balancer": source.choice(("ROUND_ROBIN", "ROUND_ROBIN", "LEAST_REQUEST", "RANDOM")),
        "locality": source.choice(("failover", "failover", "off", "distribute")),
        "retries": source.choice(
            (None, None, None, {"attempts": 0}, {"attempts": 1}, {"attempts": 3})
        ),
        "load": {
            "rate": source.choice((30.0, 60.0, 120.0, 200.0)),
            "concurrency": source.choice((1, 1, 2, 4)),
        },
        "events": _events(source, single=single),
    }


def _events(source: random.Random, *, single: bool) -> list[Case]:
    # what is drained serves on, on connections that there are
    actions = [
        "kill",
        "hang",
        "blackhole",
        "fail",
        "kill",
        "restart",
        *(["drain"] if single else []),
    ]
    found: list[Case] = []
    zones = source.sample(_ZONES, 2)
    if source.random() < 0.7:
        zones[0] = _ZONES[0]
        zones[1] = source.choice(_ZONES[1:])
    for number in range(source.choice((1, 1, 2))):
        event = {
            "action": source.choice(actions),
            "namespace": _NAMESPACE,
            "workloads": [f"hello-{zones[number]}"],
            "at": 40,
            "kept": False,
        }
        if number:
            event["together"] = source.random() < 0.5
        if event["action"] == "fail":
            event["status"] = source.choice((500, 503))
        found.append(event)
    lasting = len(found) == 1 and found[0]["action"] in ("kill", "hang", "blackhole")
    if lasting and source.random() < 0.4:
        found[0]["for_ms"] = source.choice((800, 1500, 3000))
    return found


def set_up(lab: Lab) -> None:
    """Make the lab."""
    nodes = [{"region": _CLUSTER, "zone": zone} for zone in _ZONES]
    lifecycle.create(lab, lifecycle.ClusterSpec(_CLUSTER, nodes, "10.255.77.0/24"), None)
    manifests.change(lab, _CLUSTER, base_objects(lab, _CLUSTER))
    ports = [{"name": "http", "port": 5000}]
    service = make_object("Service", "hello", spec={"selector": {"app": "hello"}, "ports": ports})
    client = make_deployment("sleep", "sleep", _CLUSTER, _ZONES[0], 1)
    manifests.change(lab, _CLUSTER, [service, client])


def apply(lab: Lab, case: Case) -> None:
    """Bring the lab to the case's rule, routes and number of pods."""
    api = "networking.istio.io/v1"
    route: Case = {"route": [{"destination": {"host": _HOST}}], "retries": case["retries"]}
    virtual = make_object("VirtualService", "hello", api, spec={"hosts": [_HOST], "http": [route]})
    pods = [
        make_deployment("hello", "helloworld", _CLUSTER, zone, case["replicas"]) for zone in _ZONES
    ]
    rule = make_object("DestinationRule", "hello", api, spec=_rule(case))
    manifests.change(lab, _CLUSTER, [virtual], absent=True)
    manifests.change(lab, _CLUSTER, [*pods, rule, *([virtual] if case["retries"] else [])])


def _rule(case: Case) -> Case:
    localities: dict[str, Case] = {
        "failover": {"enabled": True, "failover": [{"from": "east", "to": "west"}]},
        "off": {"enabled": False},
        "distribute": {
            "enabled": True,
            "distribute": [
                {"from": "*", "to": {"east/zone1/*": 60, "east/zone2/*": 30, "east/zone3/*": 10}}
            ],
        },
    }
    pool: Case = {"tcp": {"connectTimeout": case["connect_timeout"]}}
    if case["single"]:
        pool["http"] = {"maxRequestsPerConnection": 1}
    balancer = {"simple": case["balancer"], "localityLbSetting": localities[case["locality"]]}
    policy = {
        "loadBalancer": balancer,
        "outlierDetection": case["outlier"],
        "connectionPool": pool,
    }
    return {"host": _HOST, "trafficPolicy": policy}


def run_case(lab: Lab, case: Case) -> list[Case]:
    """Return what was observed and forecast of each event; nothing where the machine was too busy."""
    apply(lab, case)
    # what was ejected before is gone with its pods, what is new needs a moment
    time.sleep(1.2)
    shares = {"shares": dict.fromkeys(_ZONES, 1), "method": "tolerance", "tolerance": 0.3}
    options = {
        **_OPTIONS,
        "lab_directory": str(lab.directory),
        "expect": {**shares, "from_forecast": True, "max_errors": 100_000},
        "events": case["events"],
        **case["load"],
    }
    result = run_sample(*prepare_sample(options))
    before = sorted(each.record.latency_ms for each in result.phases.before)
    after = sorted(each.record.latency_ms for each in result.phases.judged)
    busy = not before or before[int(len(before) * 0.95)] > _BUSY_MS
    # hosts that stay in slow down the part of requests that is sent to them, and no others
    busy = busy or not after or after[len(after) // 3] > 3 * before[len(before) // 2] + _BUSY_MS / 3
    return [] if busy else result.as_dict()["events"]


def agree(observed: float | None, forecast: float | None) -> bool:
    """Whether two times are about the same, or neither comes to an end."""
    if observed is None or forecast is None:
        return observed is forecast
    return abs(observed - forecast) <= max(_LEAST_MS, _LEAST_PART * max(observed, forecast))


def moved(event: Case, time_ms: float | None) -> float | None:
    """Return a time of an event; what does not come to an end does so when the event is taken back."""
    if event.get("undone_ms") is None:
        return time_ms
    return min(event["undone_ms"] - event["at_ms"], float("inf") if time_ms is None else time_ms)


def verdict(event: Case) -> str:
    """Return ``agree``, ``in range`` of the forecast's courses, ``differ``, or why there is no forecast."""
    forecast = event.get("forecast") or {"problem": "there is no model"}
    if forecast.get("problem"):
        return str(forecast["problem"])
    found = moved(event, event["moved_ms"])
    if agree(found, moved(event, forecast["moved_ms"])):
        return "agree"
    least, most = (float("inf") if each is None else each for each in forecast["range_ms"])
    observed = float("inf") if found is None else found
    return "in range" if least - _LEAST_MS <= observed <= most + _LEAST_MS else "differ"


def returned(event: Case) -> str:
    """Return the same of the way back."""
    if event.get("returned_ms") is None:
        return ""
    undone, expected = event["undone_ms"], event["forecast"].get("returned_ms")
    if expected is None:
        return "differ"
    return "agree" if agree(event["returned_ms"] - undone, expected - undone) else "differ"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, action="append", help="the number of a case to repeat")
    parser.add_argument("--result", type=Path, help="where to write one line of JSON an event")
    options = parser.parse_args()
    # so that the lab is removed
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(1))
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        lab = Lab(Path(directory) / "lab")
        set_up(lab)
        stack.callback(lifecycle.remove, lab, _CLUSTER)
        output = stack.enter_context(options.result.open("a")) if options.result else None
        for number in options.only or range(options.cases):
            case = make_case(random.Random(options.seed * 100_000 + number))
            try:
                events = next(filter(None, (run_case(lab, case) for _unused in range(_TRIALS))), [])
            except MeshError as exc:
                print(f"{number}: {exc}; {json.dumps(case)}")
                counts["not run"] = counts.get("not run", 0) + 1
                continue
            if not events:
                print(f"{number}: the machine is too busy", flush=True)
                counts["busy"] = counts.get("busy", 0) + 1
            for event in events:
                found, back = verdict(event), returned(event)
                for each in (found, *([f"return: {back}"] if back else [])):
                    counts[each] = counts.get(each, 0) + 1
                forecast = event.get("forecast") or {}
                print(
                    f"{number}: {event['name']}: {event['moved_ms']} ms, forecast"
                    f" {forecast.get('moved_ms')} {forecast.get('range_ms')}; failed {event['failed']},"
                    f" forecast {forecast.get('failed')}: {found} {back}",
                    flush=True,
                )
                if output:
                    line = {"case": number, **case, "event": event, "verdict": found}
                    print(json.dumps(line), file=output, flush=True)
    print(counts)
    judged = sum(counts.get(each, 0) for each in ("agree", "in range", "differ"))
    return 0 if judged and counts.get("agree", 0) >= _ENOUGH * judged else 1


if __name__ == "__main__":
    sys.exit(main())
