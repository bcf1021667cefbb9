"""The guard's interface, and that every failure is a refusal."""

from __future__ import annotations

import datetime
import enum
import json
import os
import pathlib
import subprocess
import sys
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

import checkrein
from checkrein import Verdict
from support import INCIDENT, incident_call

WORKSPACE = {"root": "/repo", "cwd": "/repo"}


@pytest.fixture(scope="module")
def guard() -> checkrein.Guard:
    return checkrein.Guard(inventory="", workspace="/")


def shell(guard: checkrein.Guard, command: object, **context: Any) -> checkrein.Decision:
    context = {"agent": "builder", "workspace": WORKSPACE, "env": {}, **context}
    return guard.authorize("Bash", {"command": command}, **context)


def test_the_three_verdicts(guard: checkrein.Guard) -> None:
    allowed = shell(guard, "git status")
    assert allowed.verdict is Verdict.ALLOW
    assert allowed.allowed and bool(allowed)
    assert allowed.message == "" and allowed.approval is None and allowed.advice is None

    asked = shell(guard, "rm -rf src")
    assert asked.verdict is Verdict.NEEDS_APPROVAL
    assert not asked.allowed and not asked
    assert asked.approval is not None
    assert asked.approval.teams == ("operator",)
    assert asked.approval.fingerprint.startswith("sha256:")
    (action,) = asked.actions
    assert (action.verb, action.resource.type, action.resource.id) == (
        "delete",
        "Directory",
        "/repo/src",
    )
    assert action.environment.class_ == "local"
    assert action.policies[0].id == "baseline.ask_delete_sources"
    assert asked.message.startswith(f"checkrein: {asked.reason}\nInstead: {asked.advice}\n")

    incident = checkrein.Guard.from_config(INCIDENT / "checkrein.toml")
    call = incident_call()
    denied = incident.authorize(
        call["tool"],
        call["arguments"],
        agent="cursor",
        session="s-1",
        workspace=call["workspace"],
        env={},
    )
    assert denied.verdict is Verdict.DENY
    credential = denied.actions[0].credential
    assert credential is not None and credential.issued is False
    assert credential.declared == "railway-account"
    assert "acct-51b9ce07d2f34a88" not in denied.to_json() + repr(denied) + denied.message


def test_check_raises_with_the_decision(guard: checkrein.Guard) -> None:
    context: dict[str, Any] = {"agent": "a", "workspace": WORKSPACE, "env": {}}
    assert guard.check("Bash", {"command": "ls"}, **context).allowed
    with pytest.raises(checkrein.ApprovalRequired, match="May be approved by: operator") as asked:
        guard.check("Bash", {"command": "rm -rf src"}, **context)
    assert asked.value.decision.verdict is Verdict.NEEDS_APPROVAL
    with pytest.raises(checkrein.Denied) as denied:
        guard.check("Bash", {"command": float("inf")}, **context)
    assert denied.value.decision.errors[0].kind == "malformed"


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    where: pathlib.PurePosixPath


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (Colour.RED, "red"),
        (Point(1, pathlib.PurePosixPath("/")), {"x": 1, "where": "/"}),
        ({"b", "a"}, ["a", "b"]),
        (("a", 1), ["a", 1]),
        (b"text", "text"),
        (datetime.date(2026, 4, 25), "2026-04-25"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_values_with_an_obvious_json_form_are_their_form(
    guard: checkrein.Guard, value: object, plain: object
) -> None:
    context: dict[str, Any] = {"agent": "a", "workspace": WORKSPACE, "env": {}}
    decision = guard.authorize("deploy", {"value": value}, **context)
    assert decision.verdict is Verdict.NEEDS_APPROVAL
    assert decision == guard.authorize("deploy", {"value": plain}, **context)


LOOP: list[object] = []
LOOP.append(LOOP)
DEEP: list[object] = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"a": float("nan")}, "malformed"),
        ({"a": object()}, "malformed"),
        ({"a": b"\xff"}, "malformed"),
        ({"a": LOOP}, "malformed"),
        ({"a": DEEP}, "malformed"),
        ({"a": "\ud800"}, "malformed"),
        ({(1, 2): 3}, "malformed"),
        ({1: "a", "1": "b"}, "malformed"),
        (None, "malformed"),
        ([], "malformed"),
        ({"a": "x" * 300_000}, "over_limit"),
        ({"a": [[[["x"]]]] * 1, "b": json.loads("[" * 70 + "]" * 70)}, "over_limit"),
    ],
)
def test_what_cannot_be_read_is_denied(guard: checkrein.Guard, arguments: Any, kind: str) -> None:
    decision = guard.authorize("Bash", arguments, agent="a", workspace=WORKSPACE, env={})
    assert decision.verdict is Verdict.DENY
    assert decision.errors[0].kind == kind
    assert decision.reason and decision.message
    assert shell(guard, "git status").allowed, "the same guard still answers"


@pytest.mark.parametrize(
    "change",
    [
        {"agent": ""},
        {"agent": None},
        {"agent": 3},
        {"tool": ""},
        {"tool": None},
        {"session": 3},
        {"workspace": {"root": "relative"}},
        {"workspace": {"rooot": "/"}},
        {"workspace": 3},
        {"env": {"A": 1}},
        {"env": ["A"]},
        {"server": 3},
        {"annotations": []},
    ],
)
def test_a_wrong_member_is_denied(guard: checkrein.Guard, change: dict[str, Any]) -> None:
    call: dict[str, Any] = {
        "tool": "Bash",
        "arguments": {"command": "ls"},
        "agent": "a",
        "workspace": WORKSPACE,
        "env": {},
    }
    assert guard.authorize(**call).allowed
    decision = guard.authorize(**{**call, **change})
    assert decision.verdict is Verdict.DENY and decision.errors


@pytest.mark.parametrize("call", ["", "{", "[]", b"\xff", "null", '{"tool":"Bash"}', 3, None])
def test_json_that_is_no_call_is_denied(guard: checkrein.Guard, call: Any) -> None:
    decision = json.loads(guard.authorize_json(call))
    assert decision["verdict"] == "deny" and decision["errors"]


def test_an_engine_that_fails_is_a_refusal(
    guard: checkrein.Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def authorize(self, *_: object) -> None:
            raise RuntimeError("with a secret")

    broken = checkrein.Guard(inventory="")
    monkeypatch.setattr(broken, "_engine", Broken())
    decision = shell(broken, "git status")
    assert decision.verdict is Verdict.DENY
    assert decision.errors[0].kind == "internal"
    assert "secret" not in decision.to_json()
    assert json.loads(broken.authorize_json("{}"))["verdict"] == "deny"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"policies": "permit(principal, action, resource"}, "policies:1:"),
        ({"policies": {"own.cedar": "permit(principal, action, resource) when { x };"}}, "own.ced"),
        ({"policies": '@id("a") permit(principal, action == Action::"raed", resource);'}, "raed"),
        ({"inventory": "[[environment]]\nnam = 1"}, "inventory:2:"),
        ({"inventory": "", "packs": ["no such pack"]}, "no such pack"),
    ],
)
def test_a_mistake_in_the_configuration_is_an_error_that_says_where(
    arguments: dict[str, Any], text: str
) -> None:
    with pytest.raises(checkrein.ConfigurationError) as error:
        checkrein.Guard(**arguments)
    assert text in str(error.value)


def test_a_configuration_that_cannot_be_read_is_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(checkrein.ConfigurationError, match="cannot be read"):
        checkrein.Guard.from_config(tmp_path / "none.toml")


def test_policies_of_the_caller_decide() -> None:
    own = (
        '@id("own.no_deploys") @reason("no deploys on Fridays") @advice("wait")'
        'forbid (principal == Agent::"builder", action, resource)'
        'when { context.operation like "git:*" };'
    )
    guard = checkrein.Guard(policies=own)
    decision = shell(guard, "git status")
    assert decision.verdict is Verdict.DENY
    assert decision.advice == "wait"
    assert shell(guard, "git status", agent="other").allowed
    assert guard.bundle != checkrein.Guard(inventory="").bundle == decision_bundle("")


def decision_bundle(inventory: str) -> str:
    return shell(checkrein.Guard(inventory=inventory), "ls").bundle


def test_an_observing_operator_stops_nothing_that_can_be_read() -> None:
    guard = checkrein.Guard(inventory='[policy]\nmode = "observe"\n')
    assert guard.observing
    decision = guard.check(
        "Bash", {"command": "rm -rf src"}, agent="a", workspace=WORKSPACE, env={}
    )
    assert decision.verdict is Verdict.NEEDS_APPROVAL
    with pytest.raises(checkrein.Denied):
        guard.check("Bash", {"command": object()}, agent="a")


def test_what_the_call_does_not_say_is_looked_up(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep").mkdir()
    guard = checkrein.Guard(inventory="", workspace=tmp_path / "deep")
    remove = "rm notes.txt"
    at = guard.authorize("Bash", {"command": remove}, agent="a").actions[0]
    assert at.resource.id == str(tmp_path / "deep" / "notes.txt")
    elsewhere = guard.authorize("Bash", {"command": remove}, agent="a", workspace=tmp_path)
    assert elsewhere.actions[0].resource.id == str(tmp_path / "notes.txt")
    nowhere = guard.authorize("Bash", {"command": remove}, agent="a", workspace={})
    assert nowhere.actions[0].location != "workspace"

    call = incident_call()
    token = {"RAILWAY_TOKEN": "stg-7c1e0f6a92d84b55"}
    command = (
        'curl -s https://backboard.railway.app/graphql/v2 -H "Authorization: Bearer '
        '$RAILWAY_TOKEN" -d \'{"query":"mutation { volumeDelete(volumeId: \\"vol_stg_1\\") }"}\''
    )
    incident = checkrein.Guard.from_config(INCIDENT / "checkrein.toml")
    assert call["agent"]["id"] == "cursor"

    def credential(**context: Any) -> checkrein.Credential | None:
        decision = incident.authorize("Bash", {"command": command}, agent="cursor", **context)
        return decision.actions[0].credential

    monkeypatch.setenv("RAILWAY_TOKEN", token["RAILWAY_TOKEN"])
    seen = credential()
    assert seen is not None and seen.declared == "railway-staging"
    assert seen == credential(env=token)
    monkeypatch.delenv("RAILWAY_TOKEN")
    assert credential() == credential(env={}) != seen


def test_the_configuration_is_found_as_the_command_finds_it(tmp_path: pathlib.Path) -> None:
    config = tmp_path / "checkrein.toml"
    config.write_text('[policy]\nmode = "observe"\n')
    workspace = tmp_path / "work"
    workspace.mkdir()
    script = "import checkrein; print(checkrein.Guard().observing)"

    def observing(**variables: str) -> str:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CHECKREIN")}
        home = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "home")}
        return subprocess.run(
            [sys.executable, "-c", script],
            cwd=workspace,
            env={**clean, **home, **variables},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    assert observing() == "True", "above the workspace"
    (workspace / ".git").mkdir()
    config.rename(workspace / "checkrein.toml")
    assert observing() == "False", "in the workspace, where an agent may write"
    assert observing(CHECKREIN_CONFIG=str(workspace / "checkrein.toml")) == "True"


def test_nothing_of_a_framework_is_imported() -> None:
    script = (
        "import sys, checkrein; "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('asyncio', 'dataclasses', 'inspect', 'langchain', 'agents', 'mcp', 'pydantic')])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
