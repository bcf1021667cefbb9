"""A user's file, for the type checkers: what is written here must be accepted as it is."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import checkrein

guard = checkrein.Guard(policies={"own.cedar": ""}, packs=["baseline"], workspace=Path("/"))
decision = guard.authorize("Bash", {"command": "ls"}, agent="builder", env={"A": "b"})
assert_type(decision.verdict, checkrein.Verdict)
assert_type(decision.allowed, bool)
assert_type(decision.advice, "str | None")
assert_type(decision.to_json(), str)

for action in decision.actions:
    assert_type(action.environment.evidence, tuple[str, ...])
    if action.credential is not None:
        assert_type(action.credential.issued, bool)
    if action.effects:
        # A property cannot be set.
        action.verb = "read"  # type: ignore[misc]

match decision.verdict:
    case checkrein.Verdict.ALLOW | checkrein.Verdict.NEEDS_APPROVAL:
        pass
    case checkrein.Verdict.DENY:
        pass


@checkrein.guarded(guard, agent="builder")
def double(number: int) -> int:
    return number * 2


@checkrein.guarded(guard, agent="builder", ask=lambda ruling: ruling.fingerprint == "")
async def later(number: int) -> int:
    return number * 2


assert_type(double(1), int)
double("one")  # type: ignore[arg-type]

try:
    guard.check("Bash", {"command": "ls"}, agent="builder")
except (checkrein.Denied, checkrein.ApprovalRequired) as error:
    assert_type(error.decision, checkrein.Decision)
