"""The Strands adapter, with a scripted model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, Shell
from strands import Agent, InterventionHandler, tool
from strands.hooks import BeforeToolCallEvent
from strands.interventions import Transform
from strands.middleware import ExecuteToolStage
from strands.multiagent import GraphBuilder, Swarm
from strands_scenario import (
    Script,
    Swap,
    agent_of,
    answer,
    bash,
    boss_of,
    intervention,
    refused,
    told,
    tool_of,
)

import checkrein


def test_allow(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell, bash(ALLOW))
    assert agent("go").stop_reason == "end_turn"
    assert shell.ran == [ALLOW]
    assert told(agent) == [("success", f"ran {ALLOW}")]


def test_allow_streamed(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell, bash(ALLOW), bash(DENY))

    async def run() -> None:
        async for _ in agent.stream_async("go"):
            pass

    asyncio.run(run())
    assert shell.ran == [ALLOW]
    assert [status for status, _ in told(agent)] == ["success", "error"]


def test_deny(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell, bash(DENY), bash(ALLOW))
    assert agent("go").stop_reason == "end_turn"
    assert shell.ran == [ALLOW]
    (status, text), last = told(agent)
    assert status == "error" and refused(text) and "volume" in text.lower()
    assert last == ("success", f"ran {ALLOW}")


@pytest.mark.parametrize("yes", [True, "y", "Yes"])
def test_ask_approve(guard: checkrein.Guard, shell: Shell, yes: Any) -> None:
    agent = agent_of(guard, shell, bash(ASK))
    result = agent("go")
    assert result.stop_reason == "interrupt" and shell.ran == []
    (asked,) = result.interrupts
    assert asked.name == f"checkrein:{asked.reason['fingerprint']}"
    assert json.loads(json.dumps(asked.reason)) == asked.reason
    assert refused(asked.reason["message"]) and asked.reason["tool"] == "bash"
    assert asked.reason["fingerprint"] and asked.reason["teams"] == ["operator"]
    assert agent(answer(result, yes)).stop_reason == "end_turn"
    assert shell.ran == [ASK]
    assert told(agent) == [("success", f"ran {ASK}")]


@pytest.mark.parametrize("no", [False, "no", "", {"approved": True}, 1, ["y"]])
def test_ask_reject(guard: checkrein.Guard, shell: Shell, no: Any) -> None:
    agent = agent_of(guard, shell, bash(ASK))
    result = agent("go")
    assert agent(answer(result, no)).stop_reason == "end_turn"
    assert shell.ran == []
    ((status, text),) = told(agent)
    assert status == "error" and refused(text) and text.endswith("The human said no.")


def test_a_no_is_final(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell, bash(ASK))
    result = agent("go")
    state = agent._interrupt_state.to_dict()
    agent(answer(result, False))
    agent._interrupt_state = type(agent._interrupt_state).from_dict(state)
    agent(answer(result, True))
    assert shell.ran == []


def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell, bash(ALLOW, ASK, DENY))
    result = agent("go")
    assert result.stop_reason == "interrupt"
    assert shell.ran == [ALLOW]
    agent(answer(result, True))
    assert shell.ran == [ALLOW, ASK]
    assert sorted(text[:11] for _, text in told(agent)) == [
        "checkrein: ",
        "ran git sta",
        "ran rm -rf ",
    ]


def test_two_questions_and_two_answers(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell, bash(ASK, ASK_ELSE))
    result = agent("go")
    first, second = result.interrupts
    assert first.reason["fingerprint"] != second.reason["fingerprint"] and shell.ran == []
    responses = answer(result, True)
    responses[0]["interruptResponse"]["response"] = False
    agent(responses)
    assert shell.ran == [ASK_ELSE if "src" in first.reason["message"] else ASK]


def test_engine_crash(guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]) -> None:
    agent = agent_of(guard, shell, bash(ALLOW))
    crash()
    agent("go")
    assert shell.ran == []
    ((status, text),) = told(agent)
    assert status == "error" and text


def test_engine_crash_after_the_yes(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    agent = agent_of(guard, shell, bash(ASK))
    result = agent("go")
    crash()
    agent(answer(result, True))
    assert shell.ran == []
    assert told(agent)[0][0] == "error"


def test_broken_adapter_aborts_the_run(
    guard: checkrein.Guard, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("checkrein.strands._adopt", fail)
    agent = agent_of(guard, shell, bash(ALLOW))
    with pytest.raises(RuntimeError, match="broken on purpose"):
        agent("go")
    with pytest.raises(RuntimeError, match="broken on purpose"):
        agent.tool.bash(command=ALLOW)
    assert shell.ran == []


@pytest.mark.parametrize("delegate", [False, True])
def test_nested_agent(guard: checkrein.Guard, shell: Shell, delegate: bool) -> None:
    """The agent used as a tool has no guard of its own."""
    worker = agent_of(None, shell, bash(DENY), bash(ALLOW))
    boss = boss_of(guard, worker.as_tool(name="agent", preserve_context=True, delegate=delegate))
    assert boss("go").stop_reason == "end_turn"
    assert shell.ran == [ALLOW]
    (status, text), last = told(worker)
    assert status == "error" and refused(text)
    assert last == ("success", f"ran {ALLOW}")
    assert told(boss) == [("success", "done" if delegate else "done\n")]


@pytest.mark.parametrize("preserve", [False, True])
@pytest.mark.parametrize("yes", [False, True])
def test_nested_ask(guard: checkrein.Guard, shell: Shell, yes: bool, preserve: bool) -> None:
    worker = agent_of(None, shell, bash(ASK))
    boss = boss_of(guard, worker.as_tool(name="agent", preserve_context=preserve))
    result = boss("go")
    assert result.stop_reason == "interrupt" and shell.ran == []
    assert result.interrupts[0].reason["tool"] == "bash"
    assert boss(answer(result, yes)).stop_reason == "end_turn"
    assert shell.ran == ([ASK] if yes else [])


def test_nested_agents_own_guard_goes_first(shell: Shell) -> None:
    """Only the worker's own guard forbids what both would otherwise let run."""
    lax = checkrein.Guard(inventory="", workspace="/")
    strict = checkrein.Guard(
        policies='@id("no") @reason("nothing runs") forbid(principal, action, resource);',
        inventory="",
        workspace="/",
    )
    worker = agent_of(strict, shell, bash(ALLOW))
    boss = boss_of(lax, worker.as_tool(name="agent", preserve_context=True))
    boss("go")
    assert shell.ran == [] and told(worker)[0][0] == "error"


def test_nested_agent_three_deep(guard: checkrein.Guard, shell: Shell) -> None:
    worker = agent_of(None, shell, bash(DENY))
    middle = Agent(
        Script([("agent", {"input": "go on"})]),
        name="middle",
        tools=[worker.as_tool(name="agent", preserve_context=True)],
        callback_handler=None,
    )
    boss_of(guard, middle.as_tool(name="agent"))("go")
    assert shell.ran == [] and refused(told(worker)[0][1])


def test_vended_subagent(guard: checkrein.Guard, shell: Shell) -> None:
    """The framework makes this agent during the call; it hands on the interventions."""
    from strands.vended_tools.subagent import subagent

    boss = agent_of(
        guard,
        shell,
        [("subagent", {"task": "tidy up"})],
        bash(DENY, ALLOW),
        tools=[subagent, tool_of(shell)],
    )
    boss("go")
    assert shell.ran == [ALLOW]


def test_graph(guard: checkrein.Guard, shell: Shell) -> None:
    inner = GraphBuilder()
    deep = agent_of(None, shell, bash(DENY))
    inner.add_node(deep, "deep")
    outer = GraphBuilder()
    first = agent_of(None, shell, bash(DENY), bash(ALLOW))
    outer.add_node(first, "first")
    outer.add_node(inner.build(), "inner")
    outer.add_edge("first", "inner")
    outer.set_plugins([intervention(guard)])
    outer.build()("go")
    assert shell.ran == [ALLOW]
    assert refused(told(first)[0][1]) and refused(told(deep)[0][1])


def test_graph_asks(guard: checkrein.Guard, shell: Shell) -> None:
    builder = GraphBuilder()
    builder.add_node(agent_of(None, shell, bash(ASK)), "only")
    builder.set_plugins([intervention(guard)])
    graph = builder.build()
    result = graph("go")
    assert result.status.value == "interrupted" and shell.ran == []
    graph(answer(result, True))
    assert shell.ran == [ASK]


def test_swarm(guard: checkrein.Guard, shell: Shell) -> None:
    worker = agent_of(None, shell, bash(DENY), bash(ALLOW))
    Swarm([worker], plugins=[intervention(guard)])("go")
    assert shell.ran == [ALLOW]
    assert refused(told(worker)[0][1])


@pytest.mark.parametrize("where", ["hook", "intervention", "middleware", "late middleware"])
@pytest.mark.parametrize("command", [ASK_ELSE, DENY])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, where: str, command: str
) -> None:
    swap = Swap(command)
    extra: dict[str, Any] = {}
    if where == "hook":
        extra["hooks"] = [swap.on_hook]
    elif where == "intervention":

        class Editor(InterventionHandler):
            name = "editor"

            def before_tool_call(self, event: BeforeToolCallEvent, **_: Any) -> Transform:
                return Transform(apply=swap.on_hook)

        extra["interventions"] = [Editor()]
    agent = agent_of(guard, shell, bash(ASK), **extra)
    if where == "middleware":
        agent.add_middleware(ExecuteToolStage, swap.around)
    result = agent("go")
    if where == "late middleware":
        agent.add_middleware(ExecuteToolStage, swap.around)
    swap.active = True
    again = agent(answer(result, True))
    assert shell.ran == []
    if command == DENY:
        ((status, text),) = told(agent)
        assert status == "error" and refused(text)
    else:
        (asked,) = (each for each in again.interrupts if each.response is None)
        assert command in asked.reason["message"] or asked.name != result.interrupts[0].name


def test_two_calls_with_one_id(guard: checkrein.Guard, shell: Shell) -> None:
    """The model chooses the ids; an answer is for the act that was shown with it."""
    agent = agent_of(guard, shell, bash(ASK, ASK_ELSE))
    agent.model.same_id = True  # type: ignore[attr-defined]
    result = agent("go")
    (first, _) = result.interrupts
    assert shell.ran == []
    agent([{"interruptResponse": {"interruptId": first.id, "response": True}}])
    assert shell.ran == [ASK if "src" in first.reason["message"] else ASK_ELSE]


def test_arguments_edited_before_the_question(guard: checkrein.Guard, shell: Shell) -> None:
    """A hook that always edits is judged by what it makes of the call."""
    swap = Swap(ASK, at_once=True)
    agent = agent_of(guard, shell, bash(ALLOW), hooks=[swap.on_hook])
    result = agent("go")
    assert result.stop_reason == "interrupt"
    agent(answer(result, True))
    assert shell.ran == [ASK]


def test_tool_replaced_by_a_hook(guard: checkrein.Guard, shell: Shell) -> None:
    """The tool that runs counts, not the name the model called."""

    @tool(name="Read")
    def read(file_path: str = "", command: str = "") -> str:
        """Read a file."""
        return "text"

    def replace(event: BeforeToolCallEvent) -> None:
        event.selected_tool = tool_of(shell)
        event.tool_use["input"] = {"command": DENY}

    agent = agent_of(guard, shell, [("Read", {"file_path": "a"})], tools=[read], hooks=[replace])
    agent("go")
    assert shell.ran == [] and refused(told(agent)[0][1])


def test_replayed_approval(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell, bash(ASK))
    result = agent("go")
    state = agent._interrupt_state.to_dict()
    agent(answer(result, True))
    assert shell.ran == [ASK]
    agent._interrupt_state = type(agent._interrupt_state).from_dict(state)
    agent(answer(result, True))
    assert shell.ran == [ASK]
    assert refused(told(agent)[-1][1])
