"""OpenAI Agents SDK, with its scripted model below its real runner."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from agents import (
    Agent,
    Handoff,
    ModelBehaviorError,
    RunConfig,
    RunState,
    UserError,
    function_tool,
    handoff,
)
from agents.run_config import ToolExecutionConfig
from agents.testing import (
    assistant_message,
)
from conftest import ALLOW, ASK, ASK_ELSE, DENY, Shell
from openai_agents_scenario import (
    DELEGATE,
    Edit,
    answer,
    bash,
    builder,
    heard,
    protect,
    run,
    script,
)

import checkrein
from checkrein.openai_agents import questions

pytest_plugins = ["openai_agents_scenario"]


# The cases every adapter has.


def test_allow(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script([ALLOW])
    assert run(builder(guard, shell, model), mode=mode).final_output == "done"
    assert shell.ran == [ALLOW]
    assert heard(model) == [f"ran {ALLOW}"]


def test_deny(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script([DENY])
    result = run(builder(guard, shell, model), mode=mode)
    assert result.final_output == "done"
    assert result.interruptions == []
    assert shell.ran == []
    assert "railway:volumeDelete" in heard(model)[0]
    assert result.tool_input_guardrail_results[0].output.output_info["verdict"] == "deny"


@pytest.mark.parametrize("saved", [False, True])
def test_ask_approve(guard: checkrein.Guard, shell: Shell, mode: str, saved: bool) -> None:
    model = script([ASK])
    agent = builder(guard, shell, model)
    result = run(agent, mode=mode)
    assert shell.ran == []
    [interruption] = result.interruptions
    [question] = questions(interruption)
    assert "/repo/src" in question["message"]
    assert question["fingerprint"].startswith("sha256:")
    assert question["decision"]["verdict"] == "needs_approval"
    assert json.loads(json.dumps(question)) == question
    state = answer(result, True)
    if saved:
        state = asyncio.run(RunState.from_string(agent, state.to_string()))
    assert run(agent, state, mode).final_output == "done"
    assert shell.ran == [ASK]
    assert heard(model) == [f"ran {ASK}"]
    assert questions(interruption) == []


def test_ask_reject(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script([ASK])
    agent = builder(guard, shell, model)
    result = run(agent, mode=mode)
    saved = result.to_state().to_string()
    state = result.to_state()
    state.reject(result.interruptions[0], rejection_message="not today")
    assert run(agent, state, mode).final_output == "done"
    assert shell.ran == []
    assert heard(model) == ["not today"]
    # A yes after the no is none: the question was withdrawn.
    model.enqueue([assistant_message("done")])
    again = asyncio.run(RunState.from_string(agent, saved))
    again.approve(again.get_interruptions()[0])
    run(agent, again, mode)
    assert shell.ran == []
    assert "not asked for in this process" in heard(model)[0]


def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script([ALLOW, ASK, DENY])
    agent = builder(guard, shell, model)
    result = run(agent, mode=mode)
    assert shell.ran == [ALLOW]
    assert [json.loads(item.arguments)["command"] for item in result.interruptions] == [ASK]
    run(agent, answer(result, True), mode)
    assert shell.ran == [ALLOW, ASK]
    told = " ".join(heard(model))
    assert f"ran {ALLOW}" in told
    assert f"ran {ASK}" in told
    assert "railway:volumeDelete" in told


def test_engine_crash(
    guard: checkrein.Guard, shell: Shell, mode: str, crash: Callable[[], None]
) -> None:
    """A crash of the engine is a refusal; one of the shared part aborts the run."""
    model = script([ALLOW])
    agent = builder(guard, shell, model)
    crash()
    try:
        run(agent, mode=mode)
    except Exception:
        pass
    else:
        assert "checkrein" in heard(model)[0]
    assert shell.ran == []


def test_engine_crash_after_approval(
    guard: checkrein.Guard, shell: Shell, mode: str, crash: Callable[[], None]
) -> None:
    model = script([ASK])
    agent = builder(guard, shell, model)
    state = answer(run(agent, mode=mode), True)
    crash()
    try:
        run(agent, state, mode)
    except Exception:
        pass
    else:
        assert "checkrein" in heard(model)[0]
    assert shell.ran == []


@pytest.mark.parametrize("guarded_first", [False, True])
@pytest.mark.parametrize("stream", [False, True])
def test_nested_agent(
    guard: checkrein.Guard, shell: Shell, mode: str, guarded_first: bool, stream: bool
) -> None:
    """The call of an agent used as a tool is a call of its own; as `delegate` it is allowed."""
    inner_model = script([DENY], [ALLOW])
    inner: Agent[Any] = Agent("helper", model=inner_model, tools=[bash(shell)])
    if guarded_first:
        inner = protect(inner, guard)
    on_stream = (lambda _: None) if stream else None
    helper = inner.as_tool("delegate", "Helps.", on_stream=on_stream)
    model = script([DELEGATE])
    assert run(builder(guard, shell, model, tools=[helper]), mode=mode).final_output == "done"
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in heard(inner_model)[0]
    assert heard(model) == ["done"]


def test_arguments_edited_after_approval(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    """The SDK itself refuses a state whose approved call was changed."""
    for changed in (ASK_ELSE, DENY):
        model = script([ASK])
        agent = builder(guard, shell, model)
        result = run(agent, mode=mode)
        state = answer(result, True)
        for response in state._model_responses:
            for item in response.output:
                item.arguments = json.dumps({"command": changed})
        result.interruptions[0].raw_item.arguments = json.dumps({"command": changed})
        with pytest.raises((ModelBehaviorError, UserError)):
            run(agent, state, mode)
        assert shell.ran == []


@pytest.mark.parametrize("changed", [ASK_ELSE, DENY])
def test_arguments_edited_by_a_hook(
    guard: checkrein.Guard, shell: Shell, mode: str, changed: str
) -> None:
    model = script([ASK])
    agent = builder(guard, shell, model)
    state = answer(run(agent, mode=mode), True)
    run(agent, state, mode, hooks=Edit(changed))
    assert shell.ran == []
    told = heard(model)[0]
    assert ("railway:volumeDelete" if changed is DENY else "not for this exact call") in told


def test_allowed_arguments_edited_by_a_hook(guard: checkrein.Guard, shell: Shell) -> None:
    for changed, told in ((ASK, "not asked for"), (DENY, "railway:volumeDelete")):
        model = script([ALLOW])
        run(builder(guard, shell, model), hooks=Edit(changed))
        assert shell.ran == []
        assert told in heard(model)[0]


def test_replayed_approval(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script([ASK])
    agent = builder(guard, shell, model)
    saved = answer(run(agent, mode=mode), True).to_string()
    for _ in range(3):
        model.enqueue([assistant_message("done")])
        state = asyncio.run(RunState.from_string(agent, saved))
        assert run(agent, state, mode).final_output == "done"
    assert shell.ran == [ASK]
    assert "not asked for in this process" in heard(model)[0]


# Approvals.


def test_approval_from_another_process(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    """Another guard knows as little as another process of what this one has shown."""
    model = script([ASK])
    saved = answer(run(builder(guard, shell, model), mode=mode), True).to_string()
    other = builder(checkrein.Guard(inventory="", workspace="/"), shell, model)
    state = asyncio.run(RunState.from_string(other, saved))
    assert run(other, state, mode).final_output == "done"
    assert shell.ran == []
    assert "not asked for in this process" in heard(model)[0]


def test_pending_state_from_another_process(guard: checkrein.Guard, shell: Shell) -> None:
    """A human who is asked there may say yes there, but must have been shown this guard's question."""
    model = script([ASK])
    saved = run(builder(guard, shell, model)).to_state().to_string()
    other = builder(checkrein.Guard(inventory="", workspace="/"), shell, model)
    state = asyncio.run(RunState.from_string(other, saved))
    [interruption] = state.get_interruptions()
    assert questions(interruption) == []
    state.approve(interruption)
    run(other, state)
    assert shell.ran == []


@pytest.mark.parametrize("command", [DENY, ASK])
def test_forged_approval(guard: checkrein.Guard, shell: Shell, mode: str, command: str) -> None:
    """A state made elsewhere says that a human approved a call this guard never showed."""
    model = script([command])
    asking = Agent("builder", model=model, tools=[bash(shell, needs_approval=True)])
    saved = answer(run(asking, mode=mode), True).to_string()
    agent = builder(guard, shell, model)
    run(agent, asyncio.run(RunState.from_string(agent, saved)), mode)
    assert shell.ran == []
    told = "railway:volumeDelete" if command is DENY else "not asked for in this process"
    assert told in heard(model)[0]


def test_always_approve(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script([ASK], [ASK], [ASK_ELSE])
    agent = builder(guard, shell, model)
    result = run(agent, mode=mode)
    state = result.to_state()
    state.approve(result.interruptions[0], always_approve=True)
    assert run(agent, state, mode).final_output == "done"
    assert shell.ran == [ASK]
    assert [text.startswith("checkrein:") for text in heard(model)] == [False, True, True]


def test_always_reject_is_about_one_run(guard: checkrein.Guard, shell: Shell) -> None:
    first, second = script([ASK]), script([(("bash"), {"command": ASK_ELSE})])
    agent = builder(guard, shell, first)
    mine = run(agent)
    theirs = run(agent, run_config=RunConfig(model=second))
    state = mine.to_state()
    state.reject(mine.interruptions[0], always_reject=True)
    run(agent, state)
    # Both calls have the same id, so neither is explained to a human; the answers stay apart.
    run(agent, answer(theirs, True), run_config=RunConfig(model=second))
    assert shell.ran == [ASK_ELSE]


def test_question_of_another_call_is_never_shown(guard: checkrein.Guard, shell: Shell) -> None:
    agent = builder(guard, shell, script([ASK]))
    mine = run(agent)
    assert "/repo/src" in questions(mine.interruptions[0])[0]["message"]
    theirs = run(agent, run_config=RunConfig(model=script([ASK_ELSE])))
    assert questions(mine.interruptions[0]) == questions(theirs.interruptions[0]) == []


def test_two_asks_answered_one_by_one(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script([ASK, ASK_ELSE])
    agent = builder(guard, shell, model)
    result = run(agent, mode=mode)
    state = result.to_state()
    state.approve(result.interruptions[0])
    result = run(agent, state, mode)
    assert shell.ran == [ASK]
    [interruption] = result.interruptions
    assert "/repo/docs" in questions(interruption)[0]["message"]
    run(agent, answer(result, True), mode)
    assert shell.ran == [ASK, ASK_ELSE]


def test_own_approval_of_a_tool(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    """It is asked about as without the guard, but never about what the guard refuses."""
    model = script([ALLOW], [DENY])
    agent = builder(guard, shell, model, tools=[bash(shell, needs_approval=True)])
    result = run(agent, mode=mode)
    assert shell.ran == []
    assert questions(result.interruptions[0]) == []
    result = run(agent, answer(result, True), mode)
    assert result.interruptions == []
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in heard(model)[1]


def test_own_approval_policy_of_a_tool(guard: checkrein.Guard, shell: Shell) -> None:
    asked: list[Any] = []

    async def policy(_: Any, arguments: dict[str, Any], call_id: str) -> bool:
        asked.append((arguments, call_id))
        return len(asked) == 2

    model = script([ALLOW], ["git diff"])
    agent = builder(guard, shell, model, tools=[bash(shell, needs_approval=policy)])
    result = run(agent)
    assert asked == [({"command": ALLOW}, "call-1"), ({"command": "git diff"}, "call-2")]
    assert len(result.interruptions) == 1
    run(agent, answer(result, True))
    assert shell.ran == [ALLOW, "git diff"]


def test_default_values_do_not_make_a_tool_ask(guard: checkrein.Guard, shell: Shell) -> None:
    @function_tool(name_override="bash", strict_mode=False)
    def tool(command: str, timeout: int = 10) -> str:
        return shell.run(f"{command} {timeout}")

    result = run(builder(guard, shell, script([ALLOW]), tools=[tool]))
    assert result.interruptions == []
    assert shell.ran == [f"{ALLOW} 10"]


def test_guardrails_before_approval(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    config = RunConfig(tool_execution=ToolExecutionConfig(pre_approval_tool_input_guardrails=True))
    model = script([ASK])
    agent = builder(guard, shell, model)
    result = run(agent, mode=mode, run_config=config)
    run(agent, answer(result, True), mode, run_config=config)
    assert shell.ran == [ASK]


def test_approval_expires(shell: Shell) -> None:
    guard = checkrein.Guard(inventory="", workspace="/", approvals_valid_for=0.0)
    model = script([ASK])
    agent = builder(guard, shell, model)
    run(agent, answer(run(agent), True))
    assert shell.ran == []


# Agents that reach other agents.


@pytest.mark.parametrize("made", ["agent", "handoff", "unreferenced"])
def test_handoff(guard: checkrein.Guard, shell: Shell, mode: str, made: str) -> None:
    model = script([("transfer_to_helper", {})], [DENY, ALLOW], [ASK])
    inner: Any = Agent("helper", model=model, tools=[bash(shell)])
    target: Any = {"agent": lambda: inner, "handoff": lambda: handoff(inner)}.get(made)
    if target is None:
        target = handoff(inner)
        target._agent_ref = None
    else:
        target = target()
    agent = builder(guard, shell, model, handoffs=[target])
    result = run(agent, mode=mode)
    assert shell.ran == [ALLOW]
    assert result.last_agent.name == "helper"
    assert "railway:volumeDelete" in " ".join(heard(model))
    [question] = questions(result.interruptions[0])
    assert question["tool"] == "bash"
    run(agent, answer(result, True), mode)
    assert shell.ran == [ALLOW, ASK]


def test_handoff_in_a_saved_state(guard: checkrein.Guard, shell: Shell) -> None:
    model = script([("transfer_to_helper", {})], [ASK], [DENY])
    inner = Agent("helper", model=model, tools=[bash(shell)])
    agent = builder(guard, shell, model, handoffs=[handoff(inner)])
    saved = answer(run(agent), True).to_string()
    run(agent, asyncio.run(RunState.from_string(agent, saved)))
    assert shell.ran == [ASK]
    assert "railway:volumeDelete" in heard(model)[-1]


def test_handoff_cycle_and_identity(guard: checkrein.Guard, shell: Shell) -> None:
    model = script([("transfer_to_helper", {})], [("transfer_to_builder", {})], [DENY])
    inner: Agent[Any] = Agent("helper", model=model)
    outer: Agent[Any] = Agent("builder", model=model, tools=[bash(shell)], handoffs=[inner])
    inner.handoffs.append(outer)
    agent = protect(outer, guard)
    assert agent.handoffs[0].handoffs[0] is agent
    assert run(agent).last_agent is agent
    assert shell.ran == []
    assert outer.handoffs == [inner] and type(inner) is Agent


def test_handoff_made_at_run_time(guard: checkrein.Guard, shell: Shell) -> None:
    model = script([("escalate", {})], [DENY, ALLOW])

    async def invoke(*_: Any) -> Agent[Any]:
        return Agent("helper", model=model, tools=[bash(shell)])

    dynamic: Handoff[Any, Any] = Handoff("escalate", "Escalates.", {}, invoke, "helper")
    run(builder(guard, shell, model, handoffs=[dynamic]))
    assert shell.ran == [ALLOW]


def test_nested_agent_asks(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    inner_model = script([ASK])
    inner = Agent("helper", model=inner_model, tools=[bash(shell)])
    model = script([DELEGATE])
    agent = builder(guard, shell, model, tools=[inner.as_tool("delegate", "Helps.")])
    result = run(agent, mode=mode)
    [interruption] = result.interruptions
    assert "/repo/src" in questions(interruption)[0]["message"]
    run(agent, answer(result, True), mode)
    assert shell.ran == [ASK]
    assert heard(inner_model) == [f"ran {ASK}"]
    assert heard(model) == ["done"]


@pytest.mark.parametrize("saved", [False, True])
def test_approved_agent_asks_inside(
    guard: checkrein.Guard, shell: Shell, mode: str, saved: bool
) -> None:
    """Both the call of the agent and one inside need approval; the first is not used up twice."""
    inner_model = script([ASK], [ASK_ELSE])
    inner = Agent("helper", model=inner_model, tools=[bash(shell)])
    model = script([("helper", {"input": "tidy up"})])
    agent = builder(guard, shell, model, tools=[inner.as_tool("helper", "Helps.")])
    result = run(agent, mode=mode)
    for tool in ("helper", "bash", "bash"):
        [interruption] = result.interruptions
        assert [question["tool"] for question in questions(interruption)] == [tool]
        state = answer(result, True)
        if saved:
            state = asyncio.run(RunState.from_string(agent, state.to_string()))
        result = run(agent, state, mode)
    assert result.final_output == "done"
    assert shell.ran == [ASK, ASK_ELSE]
    from checkrein import openai_agents

    assert openai_agents._entered == set()


def test_approved_agent_is_not_entered_in_another_process(
    guard: checkrein.Guard, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = Agent("helper", model=script([ASK]), tools=[bash(shell)])
    model = script([("helper", {"input": "tidy up"})])
    agent = builder(guard, shell, model, tools=[inner.as_tool("helper", "Helps.")])
    result = run(agent, answer(run(agent), True))
    saved = answer(result, True).to_string()
    monkeypatch.setattr("checkrein.openai_agents._entered", set())
    run(agent, asyncio.run(RunState.from_string(agent, saved)))
    assert shell.ran == []
    assert "not asked for in this process" in heard(model)[0]


def test_agent_as_tool_out_of_reach(guard: checkrein.Guard, shell: Shell) -> None:
    tool = Agent("helper", tools=[bash(shell)]).as_tool("helper", "Helps.")
    original = tool.on_invoke_tool

    async def wrapped(context: Any, arguments: str) -> Any:
        return await original(context, arguments)

    tool.on_invoke_tool = wrapped
    with pytest.raises(checkrein.ConfigurationError, match="cannot reach the agent behind"):
        builder(guard, shell, script(), tools=[tool])


def test_original_agents_stay_as_they_are(guard: checkrein.Guard, shell: Shell) -> None:
    own = bash(shell)
    inner = Agent("helper", model=script([DENY]), tools=[own])
    helper = inner.as_tool("helper", "Helps.")
    outer = Agent("builder", model=script([("helper", {"input": "x"})]), tools=[helper])
    protect(outer, guard)
    assert outer.tools == [helper] and inner.tools == [own]
    assert type(outer) is type(inner) is Agent
    run(outer)
    assert shell.ran == [DENY]


# What is added or exchanged after guarding.


@pytest.mark.parametrize("how", ["append", "assign", "clone", "replace", "copy", "extend"])
def test_tools_added_later(guard: checkrein.Guard, shell: Shell, mode: str, how: str) -> None:
    model = script([DENY, ALLOW])
    agent = protect(Agent("builder", model=model), guard)
    mine: list[Any] = [bash(shell)]
    match how:
        case "append":
            agent.tools.append(mine[0])
        case "extend":
            agent.tools += mine
        case "assign":
            agent.tools = mine
        case "clone":
            agent = agent.clone(tools=mine)
        case "replace":
            agent = dataclasses.replace(agent, tools=mine)
        case "copy":
            agent = copy.copy(agent)
            agent.tools = mine
    run(agent, mode=mode)
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in heard(model)[0]
    assert not hasattr(mine[0].on_invoke_tool, "desk")
