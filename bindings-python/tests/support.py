"""The cases that every surface answers byte for byte the same, as the Rust tests read them."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"
FACETS = ROOT / "target" / "facet-cases"
SHOWN = 5
STABLE = "sha256:…"
INCIDENT = CASES / "incidents" / "pocketos"


@dataclass(frozen=True)
class Case:
    """One case and the inventory it is decided under."""

    name: str
    content: dict[str, Any]
    inventory: pathlib.Path | None


@dataclass(frozen=True)
class Answer:
    """What a surface answers to a case, and what it has to answer."""

    name: str
    expected: str
    answered: str


def cases() -> list[Case]:
    """The conformance cases, in path order."""
    return [
        Case(str(path.relative_to(CASES)), json.loads(path.read_text()), inventory_beside(path))
        for path in sorted(CASES.rglob("*.json"))
    ]


def facets() -> list[Case]:
    """The facet cases with what Rust answers, in the same form."""
    assert FACETS.exists(), (
        "no facet cases: cargo run --release -p checkrein-tests --bin facet_cases"
    )
    found = []
    for path in sorted(FACETS.rglob("*.jsonl")):
        inventory = inventory_beside(path)
        for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
            content = json.loads(line)
            found.append(Case(content["name"], content, inventory))
    return found


def every_case() -> list[Case]:
    """All of them; it is an error when some are lost."""
    own, understood = cases(), facets()
    assert len(own) >= 229
    assert len(understood) >= 2_600
    return own + understood


def inventory_beside(path: pathlib.Path) -> pathlib.Path | None:
    inventory = path.with_name("checkrein.toml")
    return inventory if inventory.exists() else None


def agree(answers: list[Answer]) -> None:
    """Asserts that every answer is as expected, and shows the first that are not."""
    wrong = [answer for answer in answers if answer.expected != answer.answered]
    shown = "\n".join(
        f"{answer.name}\n  expected {answer.expected}\n  answered {answer.answered}"
        for answer in wrong[:SHOWN]
    )
    if wrong:
        pytest.fail(f"{len(wrong)} of {len(answers)} cases are answered otherwise:\n{shown}")


def canonical(value: Any) -> str:
    """JSON with sorted keys and no white space."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def stable(text: str) -> str:
    """A decision with the digests that depend on the bundle replaced, as in the cases."""
    decision = json.loads(text)
    decision["bundle"] = STABLE
    if "approval" in decision:
        decision["approval"]["fingerprint"] = STABLE
    return canonical(decision)


def incident_call() -> dict[str, Any]:
    """The call of the incident, as on the wire."""
    case: dict[str, Any] = json.loads((INCIDENT / "03-curl-found-token.json").read_text())
    call: dict[str, Any] = case["call"]
    return call
