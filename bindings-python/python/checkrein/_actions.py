"""What a decision is made of. Imported when somebody looks at the parts of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._decision import Verdict


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


def read_action(data: Mapping[str, Any]) -> Action:
    """An action from its JSON."""
    environment = data["environment"]
    credential = data.get("credential")
    if credential is not None:
        credential = Credential(**{**credential, "environments": tuple(credential["environments"])})
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


def _resource(data: Mapping[str, Any]) -> Resource:
    parents = tuple(Resource(parent["type"], parent["id"]) for parent in data["parents"])
    return Resource(data["type"], data["id"], parents)
