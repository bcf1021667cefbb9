"""OpenAI Agents SDK, with its scripted model below its real runner."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from agents import (
    Agent,
    ApplyPatchTool,
    ComputerTool,
    CustomTool,
    FunctionTool,
    Handoff,
    LocalShellTool,
    ModelBehaviorError,
    RunConfig,
    RunHooks,
    Runner,
    RunState,
    ShellTool,
    UserError,
    WebSearchTool,
    function_tool,
    handoff,
    set_tracing_disabled,
)
from agents.mcp import MCPServer
from agents.run_config import ToolExecutionConfig
from agents.sandbox import SandboxAgent, SandboxRunConfig
from agents.sandbox.capabilities import Filesystem
from agents.sandbox.capabilities import Shell as ShellCapability
from agents.sandbox.types import ExecResult
from agents.testing import (
    ScriptedModel,
    assistant_message,
    function_call,
    scripted_sandbox_session,
)
from agents.tool_context import ToolContext
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from mcp.types import Tool as RemoteTool
from openai.types.responses import (
    ResponseApplyPatchToolCall,
    ResponseCustomToolCall,
    ResponseFunctionShellToolCall,
)
from openai.types.responses.response_output_item import LocalShellCall

import checkrein
from checkrein.openai_agents import guard_agent, guard_tool, questions

set_tracing_disabled(True)

MODES = ("run", "run_sync", "run_streamed")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run(agent: Agent[Any], given: Any = "go", mode: str = "run", **options: Any) -> Any:
    if mode == "run_sync":
        return Runner.run_sync(agent, given, **options)

    async def streamed() -> Any:
        result = Runner.run_streamed(agent, given, **options)
        async for _ in result.stream_events():
            pass
        return result

    return asyncio.run(
        streamed() if mode == "run_streamed" else Runner.run(agent, given, **options)
    )


def script(*turns: Sequence[Any]) -> ScriptedModel:
    """A model that makes the calls, turn by turn, then says that it is done.

    A text is a command for `bash`, a pair another tool and its arguments, all else a call as is.
    """
    steps, number = [], 0
    for turn in turns:
        calls: list[Any] = []
        for item in turn:
            number += 1
            if isinstance(item, str):
                item = ("bash", {"command": item})
            if isinstance(item, tuple):
                item = function_call(*item, call_id=f"call-{number}")
            calls.append(item)
        steps.append(calls)
    return ScriptedModel([*steps, [assistant_message("done")]])


def heard(model: ScriptedModel) -> list[str]:
    """What the model was told about its calls, as far as the last time it was asked."""
    call = model.last_call
    assert call is not None
    items = call.input if isinstance(call.input, list) else []
    return [str(item["output"]) for item in items if "output" in item]


def bash(shell: Shell, **options: Any) -> FunctionTool:
    @function_tool(name_override="bash", **options)
    def tool(command: str) -> str:
        """Run a shell command.

        Args:
            command: The command.
        """
        return shell.run(command)

    return tool


def protect(target: Agent[Any], guard: checkrein.Guard, **options: Any) -> Agent[Any]:
    return guard_agent(target, guard, **{"workspace": WORKSPACE, "env": {}, **options})


def builder(
    guard: checkrein.Guard, shell: Shell, model: ScriptedModel, **options: Any
) -> Agent[Any]:
    options = {"tools": [bash(shell)], **options}
    return protect(Agent("builder", model=model, **options), guard)


def answer(result: Any, yes: bool) -> RunState[Any]:
    state: RunState[Any] = result.to_state()
    for interruption in result.interruptions:
        state.approve(interruption) if yes else state.reject(interruption)
    return state


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


DELEGATE = ("delegate", {"input": "tidy up"})


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


class Edit(RunHooks[Any]):
    """Puts another command into a call, after the SDK has looked at it for the last time."""

    def __init__(self, command: str) -> None:
        self.command = command

    async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
        context.tool_call.arguments = json.dumps({"command": self.command})


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


def test_tools_added_while_it_waits(guard: checkrein.Guard, shell: Shell) -> None:
    model = script([ASK], [DENY])
    agent = builder(guard, shell, model)
    state = answer(run(agent), True)
    agent.tools[0] = bash(shell)
    run(agent, state)
    assert shell.ran == [ASK]


def test_handoff_added_while_it_waits(guard: checkrein.Guard, shell: Shell) -> None:
    model = script([ASK, ("transfer_to_helper", {})], [DENY])
    helper = Agent("helper", model=model, tools=[bash(shell)])
    agent = builder(guard, shell, model, handoffs=[helper])
    state = answer(run(agent), True)
    agent.handoffs = [helper]
    run(agent, state)
    assert shell.ran == [ASK]


def test_clone_under_another_name(shell: Shell) -> None:
    policy = """
        @id("only_builder") @reason("for the builder")
        forbid(principal, action, resource) unless { principal == Agent::"builder" };
    """
    guard = checkrein.Guard(policies=policy, inventory="", packs=["baseline"], workspace="/")
    agent = builder(guard, shell, script([ALLOW]))
    run(agent)
    assert shell.ran == [ALLOW]
    model = script([ALLOW])
    run(agent.clone(name="other", model=model))
    assert shell.ran == [ALLOW]
    assert "for the builder" in heard(model)[0]
    model = script([ALLOW])
    run(protect(Agent("other", model=model, tools=[bash(shell)]), guard, agent="builder"))
    assert shell.ran == [ALLOW, ALLOW]


def test_subclass_that_brings_its_own_tools(guard: checkrein.Guard, shell: Shell) -> None:
    class Eager(Agent[Any]):
        async def get_all_tools(self, run_context: Any) -> list[Any]:
            return [*await super().get_all_tools(run_context), bash(shell)]

    agent = protect(Eager("builder", model=script([DENY, ALLOW])), guard)
    assert isinstance(agent, Eager)
    run(agent)
    assert shell.ran == [ALLOW]


def test_guarded_already(guard: checkrein.Guard, shell: Shell) -> None:
    """A second guard would be ignored; what a tree holds already guarded keeps its own."""
    inner = protect(Agent("helper"), checkrein.Guard(inventory="", workspace="/"))
    tool = guard_tool(bash(shell), guard, agent="builder", workspace=WORKSPACE, env={})
    agent = builder(guard, shell, script([ASK]), tools=[tool], handoffs=[inner])
    with pytest.raises(checkrein.ConfigurationError, match="guarded already"):
        protect(agent, guard)
    with pytest.raises(checkrein.ConfigurationError, match="guarded already"):
        guard_tool(tool, guard)
    assert agent.handoffs == [inner] and agent.tools == [tool]
    run(agent, answer(run(agent), True))
    assert shell.ran == [ASK]


def test_schema_is_unchanged(guard: checkrein.Guard, shell: Shell) -> None:
    model, bare = script([ALLOW]), script([ALLOW])
    run(builder(guard, shell, model))
    run(Agent("builder", model=bare, tools=[bash(shell)]))
    assert model.first_call is not None and bare.first_call is not None
    mine, theirs = model.first_call.tools[0], bare.first_call.tools[0]
    assert isinstance(mine, FunctionTool) and isinstance(theirs, FunctionTool)
    names = ("name", "description", "params_json_schema", "strict_json_schema")
    assert [getattr(mine, name) for name in names] == [getattr(theirs, name) for name in names]


# Single tools, and tools of other kinds.


def test_single_tool(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script([ALLOW, DENY], [ASK])
    tool = guard_tool(bash(shell), guard, agent="builder", workspace=WORKSPACE, env={})
    agent = Agent("builder", model=model, tools=[tool])
    result = run(agent, mode=mode)
    assert shell.ran == [ALLOW]
    assert "/repo/src" in questions(result.interruptions[0])[0]["message"]
    run(agent, answer(result, True), mode)
    assert shell.ran == [ALLOW, ASK]


def test_single_agent_as_tool(guard: checkrein.Guard, shell: Shell) -> None:
    inner = Agent("helper", model=script([DENY, ALLOW]), tools=[bash(shell)])
    tool = guard_tool(inner.as_tool("delegate", "Helps."), guard, workspace=WORKSPACE, env={})
    run(Agent("builder", model=script([DELEGATE]), tools=[tool]))
    assert shell.ran == [ALLOW]


def test_direct_call(guard: checkrein.Guard, shell: Shell) -> None:
    tool = guard_tool(bash(shell), guard, agent="builder", workspace=WORKSPACE, env={})

    def call(command: str) -> Any:
        arguments = json.dumps({"command": command})
        context = ToolContext(None, tool_name="bash", tool_call_id="1", tool_arguments=arguments)
        return asyncio.run(tool.on_invoke_tool(context, arguments))

    assert call(ALLOW) == f"ran {ALLOW}"
    assert "railway:volumeDelete" in call(DENY)
    assert "not asked for" in call(ASK)
    assert shell.ran == [ALLOW]
    with pytest.raises(AttributeError):
        tool.__wrapped__(command=DENY)


@pytest.mark.parametrize("arguments", ["", "rm -rf /", "[1]", '"rm -rf /"', '{"command": NaN}'])
def test_arguments_that_are_no_object(guard: checkrein.Guard, arguments: str) -> None:
    """A tool that reads its text by itself might take anything for a command."""
    ran: list[str] = []

    async def invoke(_: Any, text: str) -> str:
        ran.append(text)
        return "ran"

    tool = FunctionTool("bash", "Runs.", {}, invoke, strict_json_schema=False)
    agent = protect(Agent("builder", model=script([("bash", arguments)]), tools=[tool]), guard)
    result = run(agent)
    if result.interruptions:
        run(agent, answer(result, True))
    assert ran == []


def test_tool_error_passes_through(guard: checkrein.Guard) -> None:
    error = RuntimeError("the disk is full")

    @function_tool(name_override="bash", failure_error_function=None)
    def tool(command: str) -> str:
        raise error

    model = script([ALLOW])
    with pytest.raises(UserError) as caught:
        run(protect(Agent("builder", model=model, tools=[tool]), guard))
    assert caught.value.__cause__ is error


def test_tool_error_is_told_as_without_guard(guard: checkrein.Guard) -> None:
    @function_tool(name_override="bash", failure_error_function=lambda _, error: f"sorry: {error}")
    def tool(command: str) -> str:
        raise RuntimeError("the disk is full")

    model = script([ALLOW])
    run(protect(Agent("builder", model=model, tools=[tool]), guard))
    assert heard(model) == ["sorry: the disk is full"]


def test_time_limit(guard: checkrein.Guard) -> None:
    @function_tool(name_override="bash", timeout=0.05)
    async def tool(command: str) -> str:
        await asyncio.sleep(5)
        return "late"

    model = script([ALLOW])
    run(protect(Agent("builder", model=model, tools=[tool]), guard))
    assert heard(model) == ["Tool 'bash' timed out after 0.05 seconds."]


def test_tool_with_context(guard: checkrein.Guard, shell: Shell) -> None:
    @function_tool(name_override="bash")
    def tool(context: ToolContext[Any], command: str) -> str:
        return shell.run(f"{command} {context.tool_call_id} {context.context}")

    run(protect(Agent("builder", model=script([ALLOW]), tools=[tool]), guard), context="me")
    assert shell.ran == [f"{ALLOW} call-1 me"]


class Server(MCPServer):
    """An MCP server in this process."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell

    @property
    def name(self) -> str:
        return "filesystem"

    async def connect(self) -> None: ...

    async def cleanup(self) -> None: ...

    async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[RemoteTool]:
        schema = {"type": "object", "properties": {"path": {"type": "string"}}}
        return [RemoteTool(name="delete_file", input_schema=schema)]

    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: Any = None
    ) -> CallToolResult:
        text = self.shell.run((arguments or {})["path"])
        return CallToolResult(content=[TextContent(type="text", text=text)])

    async def list_prompts(self) -> Any: ...

    async def get_prompt(self, name: str, arguments: Any = None) -> Any: ...


@pytest.mark.parametrize("prefixed", [False, True])
def test_mcp(guard: checkrein.Guard, shell: Shell, mode: str, prefixed: bool) -> None:
    """The guard knows the tools of this server, under whatever name the model is told."""
    name = "mcp_filesystem__delete_file" if prefixed else "delete_file"
    model = script([(name, {"path": path}) for path in ("src/a.py", "/etc/passwd")])
    config: Any = {"include_server_in_tool_names": prefixed}
    agent = builder(guard, shell, model, tools=[], mcp_servers=[Server(shell)], mcp_config=config)
    result = run(agent, mode=mode)
    assert shell.ran == ["src/a.py"]
    assert "/etc/passwd" in questions(result.interruptions[0])[0]["message"]
    run(agent, answer(result, True), mode)
    assert shell.ran == ["src/a.py", "/etc/passwd"]


@pytest.mark.parametrize("how", ["append", "assign", "clone"])
def test_mcp_server_added_later(guard: checkrein.Guard, shell: Shell, how: str) -> None:
    calls = [("delete_file", {"path": path}) for path in ("/etc/passwd", "src/a.py")]
    agent = builder(guard, shell, script(calls), tools=[])
    match how:
        case "append":
            agent.mcp_servers.append(Server(shell))
        case "assign":
            agent.mcp_servers = [Server(shell)]
        case "clone":
            agent = agent.clone(mcp_servers=[Server(shell)])
    run(agent, answer(run(agent), False))
    assert shell.ran == ["src/a.py"]


@pytest.mark.parametrize("hints", [{"destructiveHint": True}, None])
def test_mcp_annotations(
    guard: checkrein.Guard,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    hints: dict[str, Any] | None,
) -> None:
    seen: list[tuple[Any, Any, Any]] = []
    decide = checkrein.Guard.authorize

    def spy(self: Any, tool: str, *args: Any, **kwargs: Any) -> Any:
        seen.append((tool, kwargs["server"], kwargs["annotations"]))
        return decide(self, tool, *args, **kwargs)

    class Annotated(Server):
        async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[RemoteTool]:
            [tool] = await super().list_tools()
            tool.annotations = ToolAnnotations.model_validate(hints) if hints else None
            return [tool]

    monkeypatch.setattr(checkrein.Guard, "authorize", spy)
    model = script([("delete_file", {"path": "src/a.py"})])
    run(builder(guard, shell, model, tools=[], mcp_servers=[Annotated(shell)]))
    assert set(map(repr, seen)) == {repr(("delete_file", "filesystem", hints))}


def shell_call(*commands: str) -> Any:
    return ResponseFunctionShellToolCall.model_validate(
        {
            "id": "s",
            "call_id": f"shell {commands}",
            "type": "shell_call",
            "status": "completed",
            "action": {"commands": list(commands), "timeout_ms": None, "max_output_length": None},
            "environment": None,
        }
    )


def shell_tool(shell: Shell, **options: Any) -> ShellTool:
    return ShellTool(
        lambda request: shell.run(" && ".join(request.data.action.commands)), **options
    )


def test_shell_tool(guard: checkrein.Guard, shell: Shell) -> None:
    model = script([shell_call(ALLOW)], [shell_call(DENY)], [shell_call(ALLOW, ASK)])
    agent = builder(guard, shell, model, tools=[shell_tool(shell)])
    result = run(agent)
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in heard(model)[1]
    [first, second] = questions(result.interruptions[0])
    assert "/repo/src" in first["message"] and "/repo/src" in second["message"]
    run(agent, answer(result, True))
    assert shell.ran == [ALLOW, f"{ALLOW} && {ASK}"]


@pytest.mark.parametrize(
    "commands",
    [
        ('echo "', f'{ASK} #"'),  # quoted when it is one script
        ("echo \\", ASK),  # one line when it is one script
        ("cd /etc", "rm passwd"),  # harmless when each runs by itself
        (ALLOW, DENY),
    ],
)
def test_shell_tool_with_several_commands(
    guard: checkrein.Guard, shell: Shell, commands: tuple[str, ...]
) -> None:
    result = run(builder(guard, shell, script([shell_call(*commands)]), tools=[shell_tool(shell)]))
    assert shell.ran == []
    assert bool(result.interruptions) == (DENY not in commands)


def test_shell_tool_replayed(guard: checkrein.Guard, shell: Shell) -> None:
    model = script([shell_call(ASK)])
    agent = builder(guard, shell, model, tools=[shell_tool(shell)])
    saved = answer(run(agent), True).to_string()
    for _ in range(2):
        model.enqueue([assistant_message("done")])
        run(agent, asyncio.run(RunState.from_string(agent, saved)))
    assert shell.ran == [ASK]


def test_shell_tool_with_approval_callback(guard: checkrein.Guard, shell: Shell) -> None:
    async def approve(_: Any, item: Any) -> Any:
        return {"approve": "/repo/src" in questions(item)[0]["message"]}

    model = script([shell_call(ASK)], [shell_call(ASK_ELSE)], [shell_call(DENY)])
    agent = builder(guard, shell, model, tools=[shell_tool(shell, on_approval=approve)])
    assert run(agent).final_output == "done"
    assert shell.ran == [ASK]
    assert "railway:volumeDelete" in heard(model)[2]


def local_shell_call(*command: str) -> Any:
    return LocalShellCall.model_validate(
        {
            "id": "l",
            "call_id": f"local {command}",
            "type": "local_shell_call",
            "status": "completed",
            "action": {"command": list(command), "env": {}, "type": "exec"},
        }
    )


def test_local_shell_tool(guard: checkrein.Guard, shell: Shell) -> None:
    """It cannot pause, so what needs approval is refused."""
    model = script(
        [local_shell_call("git", "status")],
        [local_shell_call("bash", "-c", DENY)],
        [local_shell_call("rm", "-rf", "src")],
    )
    tool = LocalShellTool(lambda request: shell.run(" ".join(request.data.action.command)))
    run(builder(guard, shell, model, tools=[tool]))
    assert shell.ran == ["git status"]
    assert "railway:volumeDelete" in heard(model)[1]
    assert "not asked for" in heard(model)[2]


def custom_call(text: str) -> Any:
    return ResponseCustomToolCall(
        id="c", call_id=f"custom {text}", type="custom_tool_call", name="apply_patch", input=text
    )


def patch(*lines: str) -> str:
    return "\n".join(["*** Begin Patch", *lines, "*** End Patch"])


def test_custom_tool(guard: checkrein.Guard, shell: Shell) -> None:
    small, large = patch("*** Delete File: src/a.py"), patch("*** Delete File: /etc/passwd")
    model = script([custom_call(small)], [custom_call(large)])
    tool = CustomTool("apply_patch", "Edits.", lambda _, text: shell.run(text))
    agent = builder(guard, shell, model, tools=[tool])
    result = run(agent)
    assert shell.ran == [small]
    assert "/etc/passwd" in questions(result.interruptions[0])[0]["message"]
    run(agent, answer(result, True))
    assert shell.ran == [small, large]


class Editor:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def create_file(self, operation: Any) -> Any:
        self.shell.run(f"create {operation.path}")

    async def update_file(self, operation: Any) -> Any:
        self.shell.run(f"update {operation.path} {operation.move_to}")

    def delete_file(self, operation: Any) -> Any:
        self.shell.run(f"delete {operation.path}")


def patch_call(type: str, path: str, call_id: str = "", **more: Any) -> Any:
    operation = {"type": type, "path": path, **more}
    return ResponseApplyPatchToolCall.model_construct(
        id="p",
        call_id=call_id or f"patch {operation}",
        type="apply_patch_call",
        status="completed",
        operation=operation,
    )


def test_apply_patch_tool(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    model = script(
        [patch_call("create_file", "src/a.py", diff="+x")],
        [patch_call("update_file", "src/a.py", diff="@@\n-x\n+y")],
        [patch_call("delete_file", "/etc/passwd")],
        [patch_call("delete_file", "/etc/passwd", "again")],
    )
    agent = builder(guard, shell, model, tools=[ApplyPatchTool(Editor(shell))])
    result = run(agent, mode=mode)
    assert shell.ran == ["create src/a.py", "update src/a.py None"]
    assert "/etc/passwd" in questions(result.interruptions[0])[0]["message"]
    result = run(agent, answer(result, True), mode)
    assert shell.ran[2:] == ["delete /etc/passwd"]
    assert len(result.interruptions) == 1
    run(agent, answer(result, False), mode)
    assert shell.ran[3:] == []


@pytest.mark.parametrize(
    "call",
    [
        patch_call("update_file", "src/a.py", diff="@@\n-x\n+y", move_to="/etc/cron.d/x"),
        patch_call("delete_file", "src/a.py\n*** Delete File: src/b.py"),
        patch_call("delete_file", " src/a.py"),
        patch_call("create_file", "src/a.py", diff="+x", move_to="/etc/cron.d/x"),
    ],
)
def test_apply_patch_tool_that_hides_a_path(
    guard: checkrein.Guard, shell: Shell, call: Any
) -> None:
    agent = builder(guard, shell, script([call]), tools=[ApplyPatchTool(Editor(shell))])
    assert len(run(agent).interruptions) == 1
    assert shell.ran == []


def test_apply_patch_tool_refused(shell: Shell) -> None:
    policy = """
        @id("frozen") @reason("frozen")
        forbid(principal, action, resource) when { context.operation == "fs:remove" };
    """
    guard = checkrein.Guard(policies=policy, inventory="", packs=["baseline"], workspace="/")
    model = script([patch_call("delete_file", "src/a.py")])
    tool = ApplyPatchTool(Editor(shell), needs_approval=True)
    result = run(builder(guard, shell, model, tools=[tool]))
    assert result.interruptions == []
    assert shell.ran == []
    assert "frozen" in heard(model)[0]


@pytest.mark.parametrize("command", ["shell", "local_shell", "custom", "editor"])
def test_engine_crash_in_other_tools(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None], command: str
) -> None:
    call, tool = {
        "shell": (shell_call(ALLOW), shell_tool(shell)),
        "local_shell": (local_shell_call("git"), LocalShellTool(lambda _: shell.run("git"))),
        "custom": (custom_call("x"), CustomTool("apply_patch", "", lambda _, x: shell.run(x))),
        "editor": (patch_call("delete_file", "src/a.py"), ApplyPatchTool(Editor(shell))),
    }[command]
    model = script([call])
    agent = builder(guard, shell, model, tools=[tool])
    crash()
    try:
        run(agent)
    except Exception:
        pass
    else:
        assert "checkrein" in heard(model)[0]
    assert shell.ran == []


def test_sandbox_agent(guard: checkrein.Guard, shell: Shell) -> None:
    """Its capabilities bring tools only when a run starts."""

    def execute(call: Any) -> ExecResult:
        shell.run(call.args[0])
        return ExecResult(stdout=b"ran", stderr=b"", exit_code=0)

    commands = (ALLOW, DENY, ASK)
    model = script(
        *([("exec_command", {"cmd": command})] for command in commands),
        [custom_call(patch("*** Delete File: /etc/passwd"))],
    )
    session = scripted_sandbox_session([{"method": "exec", "responder": execute}] * 2)
    config = RunConfig(sandbox=SandboxRunConfig(session=session))
    agent = protect(
        SandboxAgent("builder", model=model, capabilities=[ShellCapability(), Filesystem()]), guard
    )
    result = run(agent, run_config=config)
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in heard(model)[1]
    assert "/repo/src" in questions(result.interruptions[0])[0]["message"]
    result = run(agent, answer(result, True), run_config=config)
    assert shell.ran == [ALLOW, ASK]
    assert "/etc/passwd" in questions(result.interruptions[0])[0]["message"]


# What cannot be guarded.


UNSEEN: list[Callable[[], dict[str, Any]]] = [
    lambda: {"tools": [WebSearchTool()]},
    lambda: {"tools": [ShellTool(environment={"type": "container_auto"})]},
    lambda: {"tools": [ComputerTool(SimpleNamespace())]},
    lambda: {"prompt": {"id": "pmpt_1"}},
    lambda: {"handoffs": [Agent("helper", tools=[WebSearchTool()])]},
    lambda: {"handoffs": [handoff(Agent("helper", tools=[WebSearchTool()]))]},
    lambda: {"tools": [Agent("helper", tools=[WebSearchTool()]).as_tool("helper", "Helps.")]},
]


@pytest.mark.parametrize("options", UNSEEN)
def test_hosted_tools(guard: checkrein.Guard, options: Callable[[], dict[str, Any]]) -> None:
    given = options()
    keep = [item for item in given.get("handoffs", []) if isinstance(item, Handoff)]
    with pytest.raises(checkrein.ConfigurationError, match="allow_hosted=True"):
        protect(Agent("builder", **given), guard)
    assert isinstance(protect(Agent("builder", **given), guard, allow_hosted=True), Agent)
    del keep


def test_hosted_tool_added_later(guard: checkrein.Guard, shell: Shell, mode: str) -> None:
    agent = builder(guard, shell, script([ALLOW]))
    agent.tools.append(WebSearchTool())
    with pytest.raises(checkrein.ConfigurationError):
        run(agent, mode=mode)
    agent = builder(guard, shell, script([ALLOW]))
    agent.prompt = {"id": "pmpt_1"}
    with pytest.raises(checkrein.ConfigurationError):
        run(agent, mode=mode)
    assert shell.ran == []


def test_single_hosted_tool(guard: checkrein.Guard) -> None:
    with pytest.raises(checkrein.ConfigurationError):
        guard_tool(WebSearchTool(), guard)


def test_not_an_agent(guard: checkrein.Guard) -> None:
    wrong: Any = SimpleNamespace(name="builder")
    with pytest.raises(checkrein.ConfigurationError, match="guards an Agent"):
        guard_agent(wrong, guard)


# Several runs at a time.


def test_runs_side_by_side(guard: checkrein.Guard, shell: Shell) -> None:
    agent = builder(guard, shell, script())

    async def both() -> list[Any]:
        configs = [RunConfig(model=script([DENY, ALLOW])) for _ in range(8)]
        return await asyncio.gather(*(Runner.run(agent, "go", run_config=c) for c in configs))

    assert [result.final_output for result in asyncio.run(both())] == ["done"] * 8
    assert shell.ran == [ALLOW] * 8


def test_threads(guard: checkrein.Guard, shell: Shell) -> None:
    agent = builder(guard, shell, script())
    ends: list[Any] = []

    def work() -> None:
        ends.append(run(agent, run_config=RunConfig(model=script([DENY, ALLOW]))).final_output)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == ["done"] * 4
    assert shell.ran == [ALLOW] * 4
