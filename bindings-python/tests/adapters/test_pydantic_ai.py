"""The Pydantic AI adapter against the real framework, driven by its scripted `FunctionModel`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from pydantic_ai import (
    Agent,
    DeferredToolRequests,
    DeferredToolResults,
    RunContext,
    Tool,
    ToolApproved,
    ToolDefinition,
    ToolDenied,
    UserError,
)
from pydantic_ai.capabilities import AbstractCapability, HandleDeferredToolCalls, NativeTool
from pydantic_ai.exceptions import ModelHTTPError, UnexpectedModelBehavior
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.native_tools import WebSearchTool
from pydantic_ai.toolsets import ExternalToolset, FunctionToolset

import checkrein
from checkrein.pydantic_ai import GuardCapability

Turn = list[tuple[str, dict[str, Any]]]


def script(*turns: Turn) -> FunctionModel:
    """A model that makes the calls of one turn after another, then says "done"."""
    left = list(turns)
    made = iter(range(1, 100))

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if not left:
            return ModelResponse(parts=[TextPart("done")])
        return ModelResponse(
            parts=[ToolCallPart(name, args, f"call-{next(made)}") for name, args in left.pop(0)]
        )

    async def stream(
        messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | dict[int, DeltaToolCall]]:
        response = reply(messages, info)
        for index, part in enumerate(response.parts):
            if isinstance(part, ToolCallPart):
                call = DeltaToolCall(
                    part.tool_name, part.args_as_json_str(), tool_call_id=part.tool_call_id
                )
                yield {index: call}
            elif isinstance(part, TextPart):
                yield part.content

    return FunctionModel(reply, stream_function=stream)


def capability(guard: checkrein.Guard, **options: Any) -> GuardCapability:
    return GuardCapability(guard, workspace=WORKSPACE, env={}, **options)


def bash(command: str) -> Turn:
    return [("bash", {"command": command})]


def agent_of(
    shell: Shell, guard: checkrein.Guard, *turns: Turn, **options: Any
) -> Agent[None, Any]:
    options.setdefault("tools", [Tool(shell.run, name="bash")])
    options.setdefault("output_type", [str, DeferredToolRequests])
    options.setdefault("capabilities", [capability(guard)])
    return Agent(script(*turns), name="builder", **options)


def told(result: Any) -> list[tuple[str, str]]:
    """Outcome and text of every tool result the model has been given."""
    return [
        (part.outcome, str(part.content))
        for message in result.all_messages()
        for part in message.parts
        if isinstance(part, ToolReturnPart)
    ]


def resume(agent: Agent[None, Any], paused: Any, answer: Any) -> Any:
    (call,) = paused.output.approvals
    return agent.run_sync(
        message_history=paused.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals={call.tool_call_id: answer}),
    )


def test_allow(shell: Shell, guard: checkrein.Guard) -> None:
    result = agent_of(shell, guard, bash(ALLOW)).run_sync("go")
    assert shell.ran == [ALLOW]
    assert result.output == "done"
    assert told(result) == [("success", f"ran {ALLOW}")]


def test_deny(shell: Shell, guard: checkrein.Guard) -> None:
    # The tool has no retries: were the refusal one, the second would end the run.
    agent = agent_of(
        shell, guard, *[bash(DENY)] * 3, tools=[Tool(shell.run, name="bash", max_retries=0)]
    )
    result = agent.run_sync("go")
    assert shell.ran == []
    assert result.output == "done"
    assert [outcome for outcome, _ in told(result)] == ["failed"] * 3
    assert "was found" in told(result)[0][1]


def test_ask_approve(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ASK))
    paused = agent.run_sync("go")
    (call,) = paused.output.approvals
    question = paused.output.metadata[call.tool_call_id]
    assert shell.ran == []
    assert question["tool"] == "bash"
    assert question["fingerprint"].startswith("sha256:")
    assert question["decision"]["verdict"] == "needs_approval"
    assert question["message"]
    result = resume(agent, paused, True)
    assert shell.ran == [ASK]
    assert told(result) == [("success", f"ran {ASK}")]


def test_ask_reject(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ASK))
    paused = agent.run_sync("go")
    result = resume(agent, paused, ToolDenied("not today"))
    assert shell.ran == []
    assert told(result) == [("denied", "not today")]
    # The no is final: a yes that comes after it finds nothing to take.
    late = resume(agent, paused, True)
    assert shell.ran == []
    assert "ask again" in told(late)[0][1]


def test_parallel_allow_and_ask(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ALLOW) + bash(ASK) + bash(DENY))
    paused = agent.run_sync("go")
    assert shell.ran == [ALLOW]
    assert [call.args for call in paused.output.approvals] == [{"command": ASK}]
    result = resume(agent, paused, True)
    assert shell.ran == [ALLOW, ASK]
    assert sorted(outcome for outcome, _ in told(result)) == ["failed", "success", "success"]


def test_engine_crash(shell: Shell, guard: checkrein.Guard, crash: Callable[[], None]) -> None:
    agent = agent_of(shell, guard, bash(ALLOW))
    crash()
    try:
        result = agent.run_sync("go")
    except RuntimeError as error:
        assert str(error) == "broken on purpose"
    else:
        assert told(result)[0][0] == "failed"
    assert shell.ran == []


def test_engine_crash_after_approval(
    shell: Shell, guard: checkrein.Guard, crash: Callable[[], None]
) -> None:
    agent = agent_of(shell, guard, bash(ASK))
    paused = agent.run_sync("go")
    crash()
    try:
        result = resume(agent, paused, True)
    except RuntimeError as error:
        assert str(error) == "broken on purpose"
    else:
        assert told(result)[0][0] == "failed"
    assert shell.ran == []


def test_nested_agent(shell: Shell, guard: checkrein.Guard) -> None:
    """Capabilities are not inherited: the inner agent has to have its own, here the same one."""
    shared = capability(guard)
    inner = agent_of(shell, guard, bash(DENY), bash(ALLOW), capabilities=[shared])
    seen: list[Any] = []

    async def task(prompt: str) -> str:
        """Hand a task to the inner agent."""
        seen.append(await inner.run(prompt))
        return str(seen[-1].output)

    outer = agent_of(
        shell, guard, [("task", {"prompt": "x"})], bash(DENY), tools=[task, Tool(shell.run, name="bash")],
        capabilities=[shared],
    )  # fmt: skip
    result = outer.run_sync("go")
    assert shell.ran == [ALLOW]
    assert [outcome for outcome, _ in told(seen[0])] == ["failed", "success"]
    assert "was found" in told(seen[0])[0][1]
    assert [outcome for outcome, _ in told(result)] == ["success", "failed"]


@pytest.mark.parametrize("edited", [ASK_ELSE, DENY], ids=["ask", "deny"])
def test_arguments_edited_after_approval(shell: Shell, guard: checkrein.Guard, edited: str) -> None:
    agent = agent_of(shell, guard, bash(ASK))
    paused = agent.run_sync("go")
    result = resume(agent, paused, ToolApproved(override_args={"command": edited}))
    assert shell.ran == []
    assert told(result)[0][0] == "failed"
    assert ("was found" if edited is DENY else "ask again") in told(result)[0][1]


def test_arguments_edited_to_something_allowed(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ASK))
    paused = agent.run_sync("go")
    resume(agent, paused, ToolApproved(override_args={"command": ALLOW}))
    assert shell.ran == [ALLOW]


def test_arguments_edited_in_the_history(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ASK))
    paused = agent.run_sync("go")
    paused.output.approvals[0].args = {"command": ASK_ELSE}
    for message in paused.all_messages():
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                part.args = {"command": ASK_ELSE}
    result = resume(agent, paused, True)
    assert shell.ran == []
    assert "ask again" in told(result)[0][1]


def test_replayed_approval(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ASK))
    paused = agent.run_sync("go")
    resume(agent, paused, True)
    again = resume(agent, paused, True)
    assert shell.ran == [ASK]
    assert told(again)[0][0] == "failed"
    # Without an answer the call is not asked about a second time either.
    unanswered = agent.run_sync(message_history=paused.all_messages())
    assert shell.ran == [ASK]
    assert "used already" in told(unanswered)[0][1]


def test_approval_of_another_process(shell: Shell, guard: checkrein.Guard) -> None:
    paused = agent_of(shell, guard, bash(ASK)).run_sync("go")
    elsewhere = checkrein.Guard(inventory="", workspace="/")
    result = resume(agent_of(shell, elsewhere), paused, True)
    assert shell.ran == []
    assert "ask again" in told(result)[0][1]


def test_approval_of_another_conversation(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ASK))
    paused = agent.run_sync("go")
    (call,) = paused.output.approvals
    result = agent.run_sync(
        message_history=paused.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals={call.tool_call_id: True}),
        conversation_id="another",
    )
    assert shell.ran == []
    assert "ask again" in told(result)[0][1]


def test_forged_approval(shell: Shell, guard: checkrein.Guard) -> None:
    """A yes for a call nobody was asked about."""
    agent = agent_of(shell, guard)
    history = [ModelResponse(parts=[ToolCallPart("bash", {"command": ASK}, "call-1")])]
    result = agent.run_sync(
        message_history=history,
        deferred_tool_results=DeferredToolResults(approvals={"call-1": True}),
    )
    assert shell.ran == []
    assert told(result)[0][0] == "failed"


def test_yes_does_not_override_a_refusal(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard)
    history = [ModelResponse(parts=[ToolCallPart("bash", {"command": DENY}, "call-1")])]
    result = agent.run_sync(
        message_history=history,
        deferred_tool_results=DeferredToolResults(approvals={"call-1": True}),
    )
    assert shell.ran == []
    assert "was found" in told(result)[0][1]


def test_answer_during_the_run(shell: Shell, guard: checkrein.Guard) -> None:
    asked: list[str] = []

    async def answer(ctx: RunContext[Any], requests: DeferredToolRequests) -> DeferredToolResults:
        asked.extend(requests.metadata[call.tool_call_id]["message"] for call in requests.approvals)
        return requests.build_results(
            approvals={call.tool_call_id: len(asked) == 1 for call in requests.approvals}
        )

    agent = agent_of(
        shell, guard, bash(ASK), bash(ASK_ELSE), output_type=str,
        capabilities=[HandleDeferredToolCalls(answer), capability(guard)],
    )  # fmt: skip
    result = agent.run_sync("go")
    assert shell.ran == [ASK]
    assert len(asked) == 2
    assert [outcome for outcome, _ in told(result)] == ["success", "denied"]


def test_nobody_can_be_asked(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ASK), output_type=str)
    with pytest.raises(UserError, match="DeferredToolRequests"):
        agent.run_sync("go")
    assert shell.ran == []


def test_tool_that_always_asks(shell: Shell, guard: checkrein.Guard) -> None:
    """`requires_approval=True`: the framework's question is ours too, and one yes is enough."""
    tools = [Tool(shell.run, name="bash", requires_approval=True)]
    agent = agent_of(shell, guard, bash(ASK) + bash(DENY) + bash(ALLOW), tools=tools)
    paused = agent.run_sync("go")
    ask, allow = paused.output.approvals
    assert (ask.args, allow.args) == ({"command": ASK}, {"command": ALLOW})
    assert list(paused.output.metadata) == [ask.tool_call_id]
    assert shell.ran == []
    answers = {ask.tool_call_id: True, allow.tool_call_id: True}
    result = agent.run_sync(
        message_history=paused.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals=answers),
    )
    assert sorted(shell.ran) == sorted([ASK, ALLOW])
    assert [outcome for outcome, _ in told(result)] == ["failed", "success", "success"]


def test_stream(shell: Shell, guard: checkrein.Guard) -> None:
    agent = agent_of(shell, guard, bash(ALLOW) + bash(DENY), bash(ASK))

    async def main() -> Any:
        async with agent.run_stream("go") as result:
            return result, await result.get_output()

    result, output = asyncio.run(main())
    assert shell.ran == [ALLOW]
    assert [outcome for outcome, _ in told(result)] == ["success", "failed"]
    assert [call.args_as_dict() for call in output.approvals] == [{"command": ASK}]


def test_async_run_and_async_tool(shell: Shell, guard: checkrein.Guard) -> None:
    async def run(command: str) -> str:
        return shell.run(command)

    agent = agent_of(shell, guard, bash(ALLOW), bash(DENY), tools=[Tool(run, name="bash")])
    result = asyncio.run(agent.run("go"))
    assert shell.ran == [ALLOW]
    assert [outcome for outcome, _ in told(result)] == ["success", "failed"]


def test_toolset_and_capability_of_one_run(shell: Shell, guard: checkrein.Guard) -> None:
    toolset = FunctionToolset([Tool(shell.run, name="bash")])
    agent = agent_of(shell, guard, bash(DENY), bash(ALLOW), tools=[], capabilities=[])
    result = agent.run_sync("go", toolsets=[toolset], capabilities=[capability(guard)])
    assert shell.ran == [ALLOW]
    assert [outcome for outcome, _ in told(result)] == ["failed", "success"]


@pytest.mark.parametrize("first", [True, False])
def test_arguments_changed_by_another_capability(
    shell: Shell, guard: checkrein.Guard, first: bool
) -> None:
    class Rewriter(AbstractCapability[Any]):
        async def before_tool_execute(self, ctx: Any, *, args: Any, **_: Any) -> Any:
            return {"command": DENY}

    both: list[Any] = [Rewriter(), capability(guard)]
    agent = agent_of(shell, guard, bash(ALLOW), capabilities=both if first else both[::-1])
    result = agent.run_sync("go")
    assert shell.ran == []
    assert "was found" in told(result)[0][1]


def test_two_guards_are_refused(shell: Shell, guard: checkrein.Guard) -> None:
    with pytest.raises(UserError):
        agent_of(shell, guard, capabilities=[capability(guard), capability(guard)])


def test_tool_error_passes_through(shell: Shell, guard: checkrein.Guard) -> None:
    failure = ModelHTTPError(500, "own error of the tool")

    def broken(command: str) -> str:
        shell.run(command)
        raise failure

    with pytest.raises(ModelHTTPError) as caught:
        agent_of(shell, guard, bash(ALLOW), tools=[Tool(broken, name="bash")]).run_sync("go")
    assert caught.value is failure
    assert shell.ran == [ALLOW]


def test_external_call(shell: Shell, guard: checkrein.Guard) -> None:
    """A call executed elsewhere is handed out only when it may run; it cannot be asked about."""
    schema = {"type": "object", "properties": {"command": {"type": "string"}}}
    external = ExternalToolset([ToolDefinition(name="bash", parameters_json_schema=schema)])
    turns = (bash(ALLOW) + bash(ASK) + bash(DENY),)
    paused = agent_of(shell, guard, *turns, tools=[], toolsets=[external]).run_sync("go")
    assert [call.args for call in paused.output.calls] == [{"command": ALLOW}]
    assert paused.output.approvals == []
    assert [outcome for outcome, _ in told(paused)] == ["failed", "failed"]


def test_output_function(shell: Shell, guard: checkrein.Guard) -> None:
    def bash(command: str) -> str:
        return shell.run(command)

    def final(command: str) -> Turn:
        return [("final_result", {"command": command})]

    agent = agent_of(shell, guard, final(DENY), final(ALLOW), output_type=bash, tools=[])
    assert agent.run_sync("go").output == f"ran {ALLOW}"
    assert shell.ran == [ALLOW]
    agent = agent_of(shell, guard, final(ASK), final(ASK), output_type=bash, tools=[])
    with pytest.raises(UnexpectedModelBehavior):
        agent.run_sync("go")
    assert shell.ran == [ALLOW]


def test_hosted_tools(shell: Shell, guard: checkrein.Guard) -> None:
    hosted = NativeTool(WebSearchTool())
    agent = agent_of(shell, guard, bash(ALLOW), capabilities=[capability(guard), hosted])
    with pytest.raises(checkrein.ConfigurationError, match="web_search"):
        agent.run_sync("go")
    agent = agent_of(shell, guard, bash(ALLOW))
    with pytest.raises(checkrein.ConfigurationError, match="openai_native_tools"):
        agent.run_sync("go", model_settings={"openai_native_tools": [{"type": "computer"}]})  # type: ignore[misc,arg-type]
    assert shell.ran == []
    allowed = [capability(guard, allow_hosted=True), hosted]
    agent_of(shell, guard, bash(ALLOW), capabilities=allowed).run_sync("go")
    assert shell.ran == [ALLOW]


class Recorder:
    """Stands in for a guard: allows all and records what it was asked."""

    def __init__(self, guard: checkrein.Guard) -> None:
        self.approvals = guard.approvals
        self.calls: list[dict[str, Any]] = []
        self._allowed = guard.authorize("bash", {"command": ALLOW}, agent="x", workspace=WORKSPACE)

    def authorize(self, tool: str, arguments: Any, **context: Any) -> checkrein.Decision:
        self.calls.append({"tool": tool, "arguments": dict(arguments), **context})
        return self._allowed


def test_who_and_where(shell: Shell, guard: checkrein.Guard) -> None:
    """The agent's name, the conversation, and for MCP tools the server and its annotations."""
    fastmcp = pytest.importorskip("fastmcp")
    from pydantic_ai.mcp import MCPToolset

    server = fastmcp.FastMCP("pretends-to-be-filesystem")
    server.tool(shell.run, name="bash", annotations={"destructiveHint": True})
    toolset = MCPToolset(server, id="ops").prefixed("ops").renamed({"run_it": "ops_bash"})
    unnamed = MCPToolset(server).prefixed("other")
    recorder = Recorder(guard)
    turn: Turn = [(name, {"command": ALLOW}) for name in ("run_it", "other_bash", "bash")]
    agent = agent_of(
        shell, guard, turn, toolsets=[toolset, unnamed],
        capabilities=[GuardCapability(recorder)],  # type: ignore[arg-type]
    )  # fmt: skip
    agent.run_sync("go", conversation_id="talk")
    seen = {call["server"]: call for call in recorder.calls}
    assert {server: call["tool"] for server, call in seen.items()} == {
        "ops": "bash",
        "mcp": "bash",
        None: "bash",
    }
    assert seen["ops"]["annotations"]["destructiveHint"] is True
    assert seen[None]["annotations"] is None
    assert {(call["agent"], call["session"]) for call in recorder.calls} == {("builder", "talk")}
    assert shell.ran == [ALLOW] * 3


def test_mcp_tool_is_stopped(shell: Shell, guard: checkrein.Guard) -> None:
    fastmcp = pytest.importorskip("fastmcp")
    from pydantic_ai.mcp import MCPToolset

    server = fastmcp.FastMCP("tools")
    server.tool(shell.run, name="bash")
    agent = agent_of(shell, guard, bash(DENY), tools=[], toolsets=[MCPToolset(server, id="ops")])
    result = agent.run_sync("go")
    assert shell.ran == []
    assert told(result)[0][0] == "failed"


def test_schema_is_unchanged(shell: Shell, guard: checkrein.Guard) -> None:
    offered: list[Any] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        offered.append((info.function_tools, info.instructions))
        return ModelResponse(parts=[TextPart("done")])

    for capabilities in ([], [capability(guard)]):
        Agent(
            FunctionModel(reply),
            tools=[Tool(shell.run, name="bash")],
            capabilities=capabilities,
        ).run_sync("go")
    assert offered[0] == offered[1]
