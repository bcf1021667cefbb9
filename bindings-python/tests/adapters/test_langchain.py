"""The guard in LangChain agents and LangGraph graphs, with the framework's scripted model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, Shell
from langchain.agents import create_agent
from langchain.agents.middleware import (
    HumanInTheLoopMiddleware,
)
from langchain_core.tools import StructuredTool, tool
from langchain_scenario import (
    APPROVE,
    TASK,
    Editor,
    Runner,
    bash,
    call,
    helper_tool,
    middleware,
    model,
    ways,
)
from langgraph.types import Command

import checkrein

pytest_plugins = ["langchain_scenario"]


@ways
def test_allow(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [ALLOW], way=way)
    assert run.start() == []
    assert shell.ran == [ALLOW]
    assert run.told() == [f"ran {ALLOW}"]
    assert run.results()[0].status == "success"


def test_the_models_view_of_the_tool_does_not_change(guard: checkrein.Guard, shell: Shell) -> None:
    run = Runner(guard, shell, [ALLOW])
    run.start()
    (offered,) = run.model.offered
    assert type(offered) is StructuredTool
    assert offered.tool_call_schema.model_json_schema() == (
        bash(shell).tool_call_schema.model_json_schema()
    )


@ways
def test_deny(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [DENY], [ALLOW], way=way)
    assert run.start() == []
    assert shell.ran == [ALLOW], "the model goes on after a refusal"
    refused, ran = run.results()
    assert refused.status == "error" and refused.name == "bash"
    assert refused.tool_call_id == "call_1"
    assert refused.content.startswith("checkrein: railway:volumeDelete")
    assert ran.content == f"ran {ALLOW}"


@pytest.mark.parametrize("answer", [True, APPROVE, {"decisions": [APPROVE]}])
@ways
def test_ask_approve(guard: checkrein.Guard, shell: Shell, way: str, answer: Any) -> None:
    run = Runner(guard, shell, [ASK], way=way)
    (question,) = run.start()
    assert shell.ran == []
    assert question.value["tool"] == "bash"
    assert question.value["fingerprint"] and question.value["teams"] == ["operator"]
    assert "fs:remove_recursive" in question.value["message"]
    json.dumps(question.value)
    assert run.resume(answer) == []
    assert shell.ran == [ASK]
    assert run.told() == [f"ran {ASK}"]


@pytest.mark.parametrize(
    "answer",
    [
        False,
        1,
        "true",
        "approve",
        [],
        [True],
        {"approved": True},
        {"type": "Approve"},
        {"type": "approve", "edited_action": {"name": "bash", "args": {"command": ASK_ELSE}}},
        {"type": "edit", "edited_action": {"name": "bash", "args": {"command": ALLOW}}},
        {"type": "respond", "message": "yes"},
        {"type": "reject", "message": "not today"},
        {"decisions": []},
        {"decisions": [APPROVE, APPROVE]},
        {"decisions": [{"type": "reject", "message": "not today"}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_ask_reject(guard: checkrein.Guard, shell: Shell, way: str, answer: Any) -> None:
    run = Runner(guard, shell, [ASK], [ALLOW], way=way)
    assert len(run.start()) == 1
    assert run.resume(answer) == []
    assert shell.ran == [ALLOW]
    refused = run.results()[0]
    assert refused.status == "error"
    assert "fs:remove_recursive" in refused.content and "The human said no" in refused.content
    assert ("not today" in refused.content) == ("not today" in str(answer))


def test_a_no_is_not_a_yes_later(guard: checkrein.Guard, shell: Shell) -> None:
    run = Runner(guard, shell, [ASK])
    run.start()
    asked = run.agent.get_state(run.config).config
    run.resume(False)
    run.go(Command(resume=True), asked)
    assert shell.ran == []
    assert run.told()[-1].startswith("checkrein: fs:remove_recursive")
    # The same call on the same thread, without its history, and nobody was asked again.
    forged = Runner(guard, shell, [ASK])
    forged.forge()
    assert shell.ran == []
    assert "ask again" in forged.told()[-1]


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [ALLOW, ASK, DENY], way=way)
    assert len(run.start()) == 1
    assert shell.ran == [ALLOW], "only the call that needs approval waits"
    run.resume(True)
    assert shell.ran == [ALLOW, ASK], "what ran before the pause does not run again"
    told = run.told()
    assert told[:2] == [f"ran {ALLOW}", f"ran {ASK}"]
    assert told[2].startswith("checkrein: railway:volumeDelete")


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_two_questions_need_two_answers(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    run = Runner(guard, shell, [ASK, ASK_ELSE], way=way)
    first, second = sorted(run.start(), key=lambda asked: str(asked.value["message"]), reverse=True)
    with pytest.raises(RuntimeError, match="multiple pending interrupts"):
        run.resume(True)
    assert shell.ran == []
    assert "src" in first.value["message"] and "docs" in second.value["message"]
    run.resume({second.id: True, first.id: False})
    assert shell.ran == [ASK_ELSE]
    assert "The human said no" in run.told()[0] and run.told()[1] == f"ran {ASK_ELSE}"


@ways
def test_engine_crash(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None], way: str
) -> None:
    run = Runner(guard, shell, [ALLOW], way=way)
    crash()
    run.start()
    assert shell.ran == []
    (refused,) = run.results()
    assert refused.status == "error" and refused.content.startswith("checkrein: ")
    assert "RuntimeError" in refused.content


def test_engine_crash_after_approval(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    run = Runner(guard, shell, [ASK])
    assert len(run.start()) == 1
    crash()
    run.resume(True)
    assert shell.ran == []
    assert "RuntimeError" in run.told()[0]


def test_engine_crash_in_a_sub_agent(
    guard: checkrein.Guard, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outer call was decided already; what starts inside it is refused all the same."""

    @tool
    def task(description: str) -> str:
        """Hand a task to a helper."""

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("broken on purpose")

        monkeypatch.setattr(checkrein.Gate, "rule", fail)
        helper = create_agent(model([ALLOW]), [bash(shell)])
        return str(helper.invoke({"messages": [("user", description)]})["messages"][-1].content)

    run = Runner(guard, shell, [call("task", description="look")], tools=[task])
    with pytest.raises(RuntimeError, match="broken on purpose"):
        run.start()
    assert shell.ran == []


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_nested_agent(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    """A sub-agent with a middleware of its own: it reads the refusal and goes on."""
    own = middleware(guard)
    helper = helper_tool(shell, [DENY], [ALLOW], guard=own, asynchronous=way == "ainvoke")
    run = Runner(guard, shell, TASK, tools=[helper], way=way)
    run.start()
    assert shell.ran == [ALLOW]
    (told,) = run.told()
    assert "checkrein: railway:volumeDelete" in told and f"ran {ALLOW}" in told


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_nested_agent_without_a_middleware(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    """The outer guard decides its calls, and a refusal ends the sub-agent."""
    helper = helper_tool(shell, [ALLOW], [DENY], [ALLOW], guard=None, asynchronous=way == "ainvoke")
    run = Runner(guard, shell, TASK, [ALLOW], tools=[helper], way=way)
    run.start()
    assert shell.ran == [ALLOW, ALLOW], "one of the helper, one of the agent after it"
    assert run.results()[0].status == "error"
    assert run.told()[0].startswith("checkrein: railway:volumeDelete")


def test_nested_agent_without_a_middleware_cannot_ask(guard: checkrein.Guard, shell: Shell) -> None:
    helper = helper_tool(shell, [ASK], guard=None, asynchronous=False)
    run = Runner(guard, shell, TASK, tools=[helper])
    assert run.start() == []
    assert shell.ran == []
    assert "fs:remove_recursive" in run.told()[0] and "inside another" in run.told()[0]


def test_nested_agent_with_the_same_call_ids(guard: checkrein.Guard, shell: Shell) -> None:
    """A pass is for one start of a tool, not for a name or an id the model can repeat."""

    @tool("bash")
    def outer(command: str) -> str:
        """Run a shell command."""
        inner = bash(shell)
        inner.invoke(
            {"name": "bash", "args": {"command": DENY}, "id": "call_1", "type": "tool_call"}
        )
        return "unreachable"

    agent = create_agent(model([ALLOW]), [outer], middleware=[middleware(guard)])
    result = agent.invoke({"messages": [("user", "go")]})
    assert shell.ran == []
    assert result["messages"][-2].content.startswith("checkrein: railway:volumeDelete")


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_nested_agent_asks(guard: checkrein.Guard, shell: Shell, way: str) -> None:
    helper = helper_tool(shell, [ASK], guard=middleware(guard), asynchronous=way == "ainvoke")
    run = Runner(guard, shell, TASK, tools=[helper], way=way)
    assert len(run.start()) == 1
    assert shell.ran == []
    run.resume(True)
    assert shell.ran == [ASK]
    assert run.told() == [f"ran {ASK}"]


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_nested_agent_asks_in_an_approved_call(
    guard: checkrein.Guard, shell: Shell, way: str, yes: bool
) -> None:
    """The outer call runs again from the top after each answer; its own yes still stands."""
    helper = helper_tool(
        shell, [ASK], [ASK_ELSE], guard=middleware(guard), asynchronous=way == "ainvoke"
    )
    helper.name = "researcher"
    run = Runner(guard, shell, [call("researcher", description="x")], tools=[helper], way=way)
    (question,) = run.start()
    assert question.value["tool"] == "researcher"
    (question,) = run.resume(True)
    assert question.value["tool"] == "bash" and "src" in question.value["message"]
    asked = run.agent.get_state(run.config).config
    (question,) = run.resume(yes)
    assert "docs" in question.value["message"]
    assert run.resume(True) == []
    assert shell.ran == [*([ASK] if yes else []), ASK_ELSE]
    before = list(shell.ran)
    run.go(Command(resume=True), asked)
    assert shell.ran == before, "the pause does not make the approvals good for a replay"


def test_a_tool_that_calls_another_tool(guard: checkrein.Guard, shell: Shell) -> None:
    inner = bash(shell)

    @tool
    def task(description: str) -> str:
        """Do what is described."""
        inner.invoke(ALLOW)
        inner.invoke({"command": ALLOW}, {"callbacks": []})
        return str(inner.invoke({"command": DENY}, {"callbacks": []}))

    run = Runner(guard, shell, [call("task", description="x")], tools=[task])
    run.start()
    assert shell.ran == [ALLOW, ALLOW]
    assert run.told()[0].startswith("checkrein: railway:volumeDelete")


@pytest.mark.parametrize("other", [ASK_ELSE, DENY])
@pytest.mark.parametrize("place", ["outside", "inside"])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, other: str, place: Any
) -> None:
    """What was approved is not what would run on the way back from the pause."""
    editor = Editor()
    run = Runner(guard, shell, [ASK], **{place: [editor]})
    assert len(run.start()) == 1
    editor.to = other
    assert run.resume(True) == []
    assert shell.ran == []
    assert run.results()[0].status == "error" and run.told()[0].startswith("checkrein: ")


@pytest.mark.parametrize("mode", ["batched", "per_call"])
@pytest.mark.parametrize("other", [ASK_ELSE, DENY, ALLOW])
def test_arguments_edited_by_the_human(
    guard: checkrein.Guard, shell: Shell, other: str, mode: Any
) -> None:
    """A human's edit in `HumanInTheLoopMiddleware` is decided like a call of the model."""
    options: Any = {"interrupt_mode": mode} if mode != "batched" else {}
    human = HumanInTheLoopMiddleware({"bash": True}, **options)
    run = Runner(guard, shell, [ASK], outside=[human])
    assert len(run.start()) == 1
    edit = {"type": "edit", "edited_action": {"name": "bash", "args": {"command": other}}}
    pending = run.resume(edit if mode == "per_call" else {"decisions": [edit]})
    if other == ASK_ELSE:
        assert shell.ran == [] and "docs" in pending[0].value["message"]
        run.resume(True)
        assert shell.ran == [ASK_ELSE]
    else:
        assert pending == [] and shell.ran == ([ALLOW] if other == ALLOW else [])
        expected = "ran git status" if other == ALLOW else "checkrein: railway:volumeDelete"
        assert expected in run.told()[0]


def test_the_humans_approval_in_another_middleware_is_not_ours(
    guard: checkrein.Guard, shell: Shell
) -> None:
    run = Runner(guard, shell, [DENY], outside=[HumanInTheLoopMiddleware({"bash": True})])
    run.start()
    run.resume({"decisions": [APPROVE]})
    assert shell.ran == []
    assert run.told()[0].startswith("checkrein: railway:volumeDelete")


def test_a_human_who_switches_the_tool_inside_the_guard(
    guard: checkrein.Guard, shell: Shell
) -> None:
    """With the guard in the wrong place, a tool the request did not have is still decided."""

    @tool
    def task(description: str) -> str:
        """Do nothing."""
        return description

    human = HumanInTheLoopMiddleware({"task": True})
    run = Runner(guard, shell, [call("task", description="x")], tools=[task], inside=[human])
    run.start()
    edited = {"name": "bash", "args": {"command": DENY}}
    run.resume({"decisions": [{"type": "edit", "edited_action": edited}]})
    assert shell.ran == []
    assert "checkrein: railway:volumeDelete" in run.told()[0]


@pytest.mark.parametrize("command", [ALLOW, DENY, ASK])
def test_a_middleware_inside_that_brings_the_tool(
    guard: checkrein.Guard, shell: Shell, command: str
) -> None:
    """Tools that exist only in a middleware, which is how the framework adds them at run time."""
    swap = Editor(swap=bash(shell))
    agent = create_agent(
        model([call("bash", command=command)]), [], middleware=[middleware(guard), swap]
    )
    result = agent.invoke({"messages": [("user", "go")]})
    assert shell.ran == ([ALLOW] if command == ALLOW else [])
    assert ("checkrein: " in result["messages"][-2].content) == (command != ALLOW)
