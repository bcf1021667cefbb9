"""The conformance cases, as the Rust tests read them."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"
STABLE = "sha256:…"
INCIDENT = CASES / "incidents" / "pocketos"


@dataclass(frozen=True)
class Case:
    """One case and the inventory it is decided under."""

    path: pathlib.Path
    content: dict[str, Any]
    inventory: pathlib.Path | None

    @property
    def name(self) -> str:
        return str(self.path.relative_to(CASES))


def cases() -> list[Case]:
    """Every case, in path order."""
    found = []
    for path in sorted(CASES.rglob("*.json")):
        inventory = path.with_name("checkrein.toml")
        content = json.loads(path.read_text())
        found.append(Case(path, content, inventory if inventory.exists() else None))
    return found


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
