"""Decisions: the answer to a tool call, read from its JSON when somebody looks."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Verdict(enum.Enum):
    """What a decision says."""

    ALLOW = "allow"
    """The call may run."""
    NEEDS_APPROVAL = "needs_approval"
    """The call may run once a member of one of the teams approves exactly it."""
    DENY = "deny"
    """The call must not run."""


@dataclass(frozen=True)
class Resource:
    """What an action acts on."""

    type: str
    """``File``, ``Database``, ``Volume``, ``Secret`` …: an entity type of the Cedar schema."""
    id: str
    """Canonical id."""
    parents: tuple[Resource, ...] = ()
    """What it lies in, nearest first."""


@dataclass(frozen=True)
class Environment:
    """Where an action takes effect."""

    name: str
    """Name in the inventory, or ``unknown``."""
    class_: str
    """``production``, ``staging``, ``development``, ``local`` or ``unknown``."""
    evidence: tuple[str, ...]
    """What that rests on."""


@dataclass(frozen=True)
class Scope:
    """How much an action touches."""

    count: int | None
    """How many resources, when known."""
    unbounded: bool
    """Whether nothing bounds it: no WHERE, a wildcard, recursive from a root."""


@dataclass(frozen=True)
class Credential:
    """The credential an action would use. The text itself is never shown."""

    source: str
    """Where it comes from: a variable, a profile, a file, a literal in the call."""
    issued: bool
    """Whether the operator issued it to this agent."""
    environments: tuple[str, ...]
    """Environments it reaches."""
    name: str | None = None
    """Name of the variable or profile."""
    fingerprint: str | None = None
    """``sha256:`` digest of its text."""
    declared: str | None = None
    """Its name in the inventory."""


@dataclass(frozen=True)
class Span:
    """The part of the call an action was read from."""

    argument: str
    """Name of the argument."""
    start: int
    """First byte of its UTF-8 text."""
    end: int
    """The byte after the last."""


@dataclass(frozen=True)
class DeterminingPolicy:
    """A policy that determined a verdict."""

    id: str
    """Its ``@id``."""
    effect: str
    """``permit`` or ``forbid``."""
    reason: str
    """Its ``@reason``."""


@dataclass(frozen=True)
class Action:
    """One thing the call would do, as understood, with its own verdict."""

    operation: str
    """Exact, namespaced name: ``railway:volumeDelete``, ``git:push_force``, ``fs:remove``."""
    verb: str
    """``read``, ``list``, ``create``, ``update``, ``delete``, ``execute``, ``deploy`` …"""
    resource: Resource
    """What it acts on."""
    location: str
    """Where it lies: ``workspace``, ``system``, ``remote`` …"""
    environment: Environment
    """Where it takes effect."""
    reversibility: str
    """``none`` < ``reversible`` < ``recoverable`` < ``effortful`` < ``irreversible``."""
    scope: Scope
    """How much."""
    effects: tuple[str, ...]
    """``destroys_recovery``, ``egress``, ``secret_read``, ``exfiltration``, ``remote_code`` …"""
    credential: Credential | None
    """Whose authority it would use."""
    completeness: str
    """``exact``, ``partial`` or ``opaque``."""
    span: Span
    """Where in the call it stands."""
    evidence: tuple[str, ...]
    """What the conclusions rest on."""
    verdict: Verdict
    """The verdict on this action alone."""
    policies: tuple[DeterminingPolicy, ...]
    """The policies that determined it."""


@dataclass(frozen=True)
class ApprovalRequest:
    """What approval would suffice."""

    fingerprint: str
    """Digest of the exact call, what it was understood to mean, and the bundle."""
    teams: tuple[str, ...]
    """Any member of any of these may approve."""


@dataclass(frozen=True)
class Failure:
    """Why a call is refused without, or in spite of, what the policies say."""

    kind: str
    """``malformed``, ``over_limit``, ``bundle``, ``policy_error`` or ``internal``."""
    message: str
    """What happened; quotes nothing secret."""


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
        return tuple(_action(action) for action in self._read()["actions"])

    @property
    def approval(self) -> ApprovalRequest | None:
        """What approval would suffice, when the verdict is ``needs_approval``."""
        approval = self._read().get("approval")
        if approval is None:
            return None
        return ApprovalRequest(approval["fingerprint"], tuple(approval["teams"]))

    @property
    def errors(self) -> tuple[Failure, ...]:
        """Failures; with any of them the verdict is ``deny``."""
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


def _resource(data: Mapping[str, Any]) -> Resource:
    parents = tuple(Resource(parent["type"], parent["id"]) for parent in data["parents"])
    return Resource(data["type"], data["id"], parents)


def _action(data: Mapping[str, Any]) -> Action:
    environment = data["environment"]
    credential = data.get("credential")
    if credential is not None:
        credential = Credential(
            **{**credential, "environments": tuple(credential["environments"])}
        )
    return Action(
        operation=data["operation"],
        verb=data["verb"],
        resource=_resource(data["resource"]),
        location=data["location"],
        environment=Environment(
            environment["name"], environment["class"], tuple(environment["evidence"])
        ),
        reversibility=data["reversibility"],
        scope=Scope(data["scope"].get("count"), data["scope"]["unbounded"]),
        effects=tuple(data["effects"]),
        credential=credential,
        completeness=data["completeness"],
        span=Span(**data["span"]),
        evidence=tuple(data["evidence"]),
        verdict=Verdict(data["verdict"]),
        policies=tuple(DeterminingPolicy(**policy) for policy in data["policies"]),
    )
