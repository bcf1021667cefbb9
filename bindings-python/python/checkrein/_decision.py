"""Decisions: the answer to a tool call, read from its JSON when somebody looks."""

from __future__ import annotations

import enum
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._actions import Action, ApprovalRequest, Failure


class Verdict(enum.Enum):
    """What a decision says."""

    ALLOW = "allow"
    """The call may run."""
    NEEDS_APPROVAL = "needs_approval"
    """The call may run once a member of one of the teams approves exactly it."""
    DENY = "deny"
    """The call must not run."""


class Decision:
    """The answer to one tool call.

    True in a boolean context only when the verdict is ``allow``.
    """

    __slots__ = ("_data", "_json", "_message", "_outcome")

    def __init__(self, json_text: str, outcome: str, message: str) -> None:
        self._json = json_text
        self._outcome = outcome
        self._message = message
        self._data: dict[str, Any] | None = None

    @property
    def verdict(self) -> Verdict:
        """The strictest verdict of the actions."""
        return Verdict(self._read()["verdict"])

    @property
    def allowed(self) -> bool:
        """Whether the verdict is ``allow``."""
        return self.verdict is Verdict.ALLOW

    @property
    def reason(self) -> str:
        """Why, in one line."""
        return str(self._read()["reason"])

    @property
    def advice(self) -> str | None:
        """What to do instead, when a policy says so."""
        return self._read().get("advice")

    @property
    def message(self) -> str:
        """For the model or a person: why, what to do instead, who may approve, which policies.

        Empty when the call may run."""
        return self._message

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the guard understood, each part with its own verdict."""
        from ._actions import read_action

        return tuple(read_action(action) for action in self._read()["actions"])

    @property
    def approval(self) -> ApprovalRequest | None:
        """What approval would suffice, when the verdict is ``needs_approval``."""
        from ._actions import ApprovalRequest

        approval = self._read().get("approval")
        if approval is None:
            return None
        return ApprovalRequest(approval["fingerprint"], tuple(approval["teams"]))

    @property
    def errors(self) -> tuple[Failure, ...]:
        """Failures; with any of them the verdict is ``deny``."""
        from ._actions import Failure

        return tuple(Failure(error["kind"], error["message"]) for error in self._read()["errors"])

    @property
    def bundle(self) -> str:
        """``sha256:`` digest of the policies and inventory that decided."""
        return str(self._read()["bundle"])

    def to_json(self) -> str:
        """The decision as canonical JSON, byte for byte as every surface of checkrein writes it."""
        return self._json

    def to_dict(self) -> dict[str, Any]:
        """The decision as plain data, a new copy at every call."""
        data: dict[str, Any] = json.loads(self._json)
        return data

    def _read(self) -> dict[str, Any]:
        if self._data is None:
            self._data = json.loads(self._json)
        return self._data

    def __bool__(self) -> bool:
        return self.allowed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decision) and self._json == other._json

    def __hash__(self) -> int:
        return hash(self._json)

    def __repr__(self) -> str:
        return f"<Decision {self.verdict.value}: {self.reason}>"

    def _repr_html_(self) -> str:
        from ._html import render

        return render(self)
