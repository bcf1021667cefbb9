"""Every conformance and facet case through the binding: byte for byte what the Rust command answers."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import checkrein
from checkrein.__main__ import command
from support import Answer, Case, agree, canonical, every_case, stable

ALL = every_case()


def by_inventory() -> dict[Path | None, list[Case]]:
    groups: dict[Path | None, list[Case]] = defaultdict(list)
    for case in ALL:
        groups[case.inventory].append(case)
    return groups


def guard_for(inventory: Path | None) -> checkrein.Guard:
    return checkrein.Guard(inventory=inventory.read_text() if inventory else "")


def arguments(call: dict[str, Any]) -> dict[str, Any]:
    """The wire's call as the arguments of `Guard.authorize`."""
    agent = call["agent"]
    return {
        "tool": call["tool"],
        "arguments": call["arguments"],
        "agent": agent["id"],
        "session": agent.get("session"),
        "on_behalf_of": agent.get("on_behalf_of"),
        "workspace": call.get("workspace", {}),
        "env": call.get("env", {}),
        "server": call.get("server"),
        "annotations": call.get("annotations"),
    }


def test_every_case_is_decided_as_written() -> None:
    answers, verdicts = [], []
    for inventory, group in by_inventory().items():
        guard = guard_for(inventory)
        for case in group:
            decision = guard.authorize(**arguments(case.content["call"]))
            expected = canonical(case.content["decision"])
            answers.append(Answer(case.name, expected, stable(decision.to_json())))
            verdicts.append(Answer(case.name, case.content["must"], decision.verdict.value))
    agree(answers)
    agree(verdicts)


def test_the_binding_answers_the_same_bytes_as_the_command(tmp_path: Path) -> None:
    empty = tmp_path / "checkrein.toml"
    empty.touch()
    answers = []
    for inventory, group in by_inventory().items():
        calls = [canonical(case.content["call"]) for case in group]
        answered = subprocess.run(
            [command(), "authorize", "--config", inventory or empty],
            input="\n".join(calls),
            capture_output=True,
            text=True,
            check=True,
        )
        guard = checkrein.Guard.from_config(inventory or empty)
        for case, call, line in zip(group, calls, answered.stdout.splitlines(), strict=True):
            answers.append(Answer(case.name, line, guard.authorize_json(call)))
            decision = guard.authorize(**arguments(case.content["call"]))
            answers.append(Answer(case.name, line, decision.to_json()))
    agree(answers)


def test_every_decision_can_be_read_and_shown() -> None:
    for inventory, group in by_inventory().items():
        guard = guard_for(inventory)
        for case in group:
            decision = guard.authorize(**arguments(case.content["call"]))
            assert len(decision.actions) == len(case.content["decision"]["actions"])
            assert decision.verdict.value in repr(decision)
            assert decision.reason in repr(decision)
            assert "<" in decision._repr_html_()
