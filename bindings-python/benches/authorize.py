"""Measures the binding next to the same calls in Rust, and next to cedarpy.

Run by `cargo xtask bench`. All figures of one table come from one run in which the sides take turns,
because the speed of shared machines drifts.
"""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import cedarpy

import checkrein

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCIDENT = ROOT / "tests/cases/incidents/pocketos"
CALL = json.loads((INCIDENT / "03-curl-found-token.json").read_text())["call"]
INVENTORY = (INCIDENT / "checkrein.toml").read_text()
ROUNDS = 5
CALLS = 4_000


def main() -> None:
    against_rust()
    against_cedarpy()
    threads()
    imports()


def against_rust() -> None:
    print("\nThe incident call, JSON or Python values in, decision out; microseconds")
    print(f"{'policies':>10} {'':<34} {'p50':>8} {'p99':>8}")
    for policies in (0, 1_000):
        guard = guard_with(policies)
        text = json.dumps(CALL)
        sides: dict[str, Callable[[], tuple[float, float]]] = {
            "Rust": lambda policies=policies: rust(policies),  # type: ignore[misc]
            "authorize_json": lambda guard=guard, text=text: timed(  # type: ignore[misc]
                lambda: guard.authorize_json(text)
            ),
            "authorize": lambda guard=guard: timed(lambda: authorize(guard)),  # type: ignore[misc]
            "authorize, then look at .verdict": lambda guard=guard: timed(  # type: ignore[misc]
                lambda: authorize(guard).verdict
            ),
        }
        figures = taking_turns(sides)
        for name, (median, tail) in figures.items():
            print(f"{48 + policies:>10} {name:<34} {median:>8.1f} {tail:>8.1f}")
        overhead = figures["authorize"][0] - figures["Rust"][0]
        print(f"{'':>10} {'overhead of authorize over Rust':<34} {overhead:>8.1f}")


def against_cedarpy() -> None:
    """Both get the same operator policies. cedarpy gets the finished request, so it does not
    interpret, ground or look for approvers; we do all of that and decide by the baseline too."""
    print("\nNext to cedarpy; microseconds")
    print(f"{'policies':>10} {'':<34} {'p50':>8} {'p99':>8}")
    request, entities = cedar_request()
    for policies in (10, 100, 1_000):
        text = policies_of(policies)
        guard = guard_with(policies)
        parsed = cedarpy.PolicySet.from_str(text)
        known = cedarpy.Entities.from_json_str(json.dumps(entities))
        calls = CALLS if policies < 1_000 else 400
        sides: dict[str, Callable[[], tuple[float, float]]] = {
            "checkrein, from the shell line": lambda guard=guard: timed(  # type: ignore[misc]
                lambda: authorize(guard)
            ),
            "cedarpy, parsed handles": lambda parsed=parsed, known=known, calls=calls: timed(  # type: ignore[misc]
                lambda: cedarpy.is_authorized(request, parsed, known), calls
            ),
            "cedarpy, from text": lambda text=text, calls=calls: timed(  # type: ignore[misc]
                lambda: cedarpy.is_authorized(request, text, entities), calls // 10
            ),
        }
        for name, (median, tail) in taking_turns(sides).items():
            print(f"{policies:>10} {name:<34} {median:>8.1f} {tail:>8.1f}")


def threads() -> None:
    print("\nOne guard, many threads; decisions a second")
    guard = guard_with(0)
    for count in (1, 2, 4, 8):
        figures = [decisions_a_second(guard, count) for _ in range(ROUNDS)]
        print(f"{count:>10} {statistics.median(figures):>10.0f}")


def imports() -> None:
    """What `import checkrein` adds to an interpreter that has started."""
    script = (
        "import time; t = time.perf_counter(); import checkrein; print(time.perf_counter() - t)"
    )
    runs = [
        float(
            subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
        )
        for _ in range(15)
    ]
    print(f"\nimport checkrein: {statistics.median(runs) * 1e3:.1f} ms (median of {len(runs)})")


def authorize(guard: checkrein.Guard) -> checkrein.Decision:
    return guard.authorize(
        CALL["tool"],
        CALL["arguments"],
        agent="cursor",
        session="s-1",
        workspace=CALL["workspace"],
        env={},
    )


def timed(call: Callable[[], object], calls: int = CALLS) -> tuple[float, float]:
    """Median and 99th percentile of a call, in microseconds."""
    clock = time.perf_counter_ns
    for _ in range(calls // 10):
        call()
    times = []
    for _ in range(calls):
        start = clock()
        call()
        times.append(clock() - start)
    times.sort()
    return times[calls // 2] / 1e3, times[calls * 99 // 100] / 1e3


def rust(policies: int) -> tuple[float, float]:
    out = measure("time", str(policies), str(CALLS))
    median, tail = out.split()
    return float(median), float(tail)


def taking_turns(
    sides: dict[str, Callable[[], tuple[float, float]]],
) -> dict[str, tuple[float, float]]:
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            rounds[name].append(side())
    return {
        name: (
            statistics.median(median for median, _ in figures),
            statistics.median(tail for _, tail in figures),
        )
        for name, figures in rounds.items()
    }


def decisions_a_second(guard: checkrein.Guard, count: int) -> float:
    each = CALLS // 2
    ready = threading.Barrier(count + 1)

    def work() -> None:
        ready.wait()
        for _ in range(each):
            authorize(guard)

    workers = [threading.Thread(target=work) for _ in range(count)]
    for worker in workers:
        worker.start()
    ready.wait()
    start = time.perf_counter()
    for worker in workers:
        worker.join()
    return count * each / (time.perf_counter() - start)


def guard_with(policies: int) -> checkrein.Guard:
    own = policies_of(policies) if policies else {}
    return checkrein.Guard(policies=own, inventory=INVENTORY)


def policies_of(count: int) -> str:
    return measure("policies", str(count))


def measure(*arguments: str) -> str:
    program = ROOT / "target/release/measure"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


def cedar_request() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The incident's action as a request that our policies can be evaluated on."""

    def entity(kind: str, name: str) -> dict[str, Any]:
        return {"__entity": {"type": kind, "id": name}}

    production = {"type": "Environment", "id": "production"}
    entities = [
        {
            "uid": {"type": "Volume", "id": "vol_prod_db"},
            "attrs": {},
            "parents": [production],
        },
        {
            "uid": production,
            "attrs": {},
            "parents": [{"type": "EnvironmentClass", "id": "production"}],
        },
        {"uid": {"type": "Agent", "id": "cursor"}, "attrs": {}, "parents": []},
    ]
    request = {
        "principal": 'Agent::"cursor"',
        "action": 'Action::"delete"',
        "resource": 'Volume::"vol_prod_db"',
        "context": {
            "operation": "railway:volumeDelete",
            "reversibility": entity("Reversibility", "irreversible"),
            "completeness": entity("Completeness", "exact"),
            "effects": [entity("Effect", "destroys_recovery"), entity("Effect", "egress")],
            "scope": {"count": 1, "unbounded": False},
        },
    }
    return request, entities


if __name__ == "__main__":
    main()
