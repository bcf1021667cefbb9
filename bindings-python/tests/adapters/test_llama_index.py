"""`checkrein.guarded` under LlamaIndex: functions that are handed to ``FunctionTool``.

LlamaIndex has no hook before a tool and no pause that a tool cannot bypass, so there is no adapter:
the function itself is guarded, and what it raises is the tool's error, which the model reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole, ToolCallBlock
from llama_index.core.llms import LLM
from llama_index.core.llms.mock import MockFunctionCallingLLM, MockLLM
from llama_index.core.tools import BaseTool, FunctionTool, ToolMetadata
from llama_index.core.tools.calling import acall_tool, call_tool
from llama_index.core.workflow import Context

import checkrein
from checkrein import Ruling

# LlamaIndex itself uses what its dependencies call deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NEEDS_APPROVAL = "May be approved by: operator"
FOUND = "this uses a credential that was found"
CONTEXT: dict[str, Any] = {"agent": "builder", "workspace": WORKSPACE, "env": {}}


def bash_tool(shell: Shell, guard: checkrein.Guard, **more: Any) -> FunctionTool:
    @checkrein.guarded(guard, **CONTEXT, **more)
    def bash(command: str) -> str:
        """Run a shell command."""
        return shell.run(command)

    return FunctionTool.from_defaults(bash)


def async_bash_tool(shell: Shell, guard: checkrein.Guard, **more: Any) -> FunctionTool:
    @checkrein.guarded(guard, **CONTEXT, **more)
    async def bash(command: str) -> str:
        """Run a shell command."""
        await asyncio.sleep(0)
        return shell.run(command)

    return FunctionTool.from_defaults(bash)


each_tool = pytest.mark.parametrize("make", [bash_tool, async_bash_tool])


Call = tuple[str, dict[str, Any]]


class Script:
    """A model that makes the same calls in turn, whatever it is told, and notes what that is.

    A call that is only a text is one of the shell.
    """

    def __init__(self, *turns: Sequence[str | Call]) -> None:
        self.told: list[str] = []
        self._turns = list(turns)
        self._calls = 0

    @property
    def llm(self) -> LLM:
        return MockFunctionCallingLLM(response_generator=self._answer, is_chat_model=True)

    def _answer(self, messages: Sequence[ChatMessage], **_: Any) -> ChatMessage:
        results = [message for message in messages if message.role == MessageRole.TOOL]
        self.told = [str(message.content) for message in results]
        if not self._turns:
            return ChatMessage(role="assistant", content="finished")
        return ChatMessage(role="assistant", blocks=[self._block(c) for c in self._turns.pop(0)])

    def _block(self, call: str | Call) -> ToolCallBlock:
        self._calls += 1
        tool, arguments = ("bash", {"command": call}) if isinstance(call, str) else call
        call_id = f"call-{self._calls}"
        return ToolCallBlock(tool_call_id=call_id, tool_name=tool, tool_kwargs=arguments)


def run(script: Script, *tools: BaseTool, streaming: bool = True) -> list[ToolCallResult]:
    """Runs an agent with the tools to its end; the results of its calls."""
    agent = FunctionAgent(tools=list(tools), llm=script.llm, streaming=streaming)
    return asyncio.run(follow(agent))


async def follow(agent: FunctionAgent | ReActAgent | AgentWorkflow) -> list[ToolCallResult]:
    handler = agent.run("go", max_iterations=10)
    results = [
        event async for event in handler.stream_events() if isinstance(event, ToolCallResult)
    ]
    assert "finished" in str(await handler)
    return results


@each_tool
@pytest.mark.parametrize("streaming", [True, False])
def test_allow(
    guard: checkrein.Guard, shell: Shell, make: Callable[..., FunctionTool], streaming: bool
) -> None:
    script = Script([ALLOW])
    (result,) = run(script, make(shell, guard), streaming=streaming)
    assert shell.ran == [ALLOW]
    assert not result.tool_output.is_error
    assert script.told == [f"ran {ALLOW}"]


@each_tool
@pytest.mark.parametrize("streaming", [True, False])
def test_deny(
    guard: checkrein.Guard, shell: Shell, make: Callable[..., FunctionTool], streaming: bool
) -> None:
    script = Script([DENY], [ALLOW])
    denied, allowed = run(script, make(shell, guard), streaming=streaming)
    assert shell.ran == [ALLOW], "the run goes on after a refusal"
    assert denied.tool_output.is_error and not allowed.tool_output.is_error
    assert isinstance(denied.tool_output.exception, checkrein.Denied)
    assert FOUND in script.told[0]
    assert "Instead: use a credential the operator issued to you" in script.told[0]


@each_tool
def test_ask_without_anybody_to_ask(
    guard: checkrein.Guard, shell: Shell, make: Callable[..., FunctionTool]
) -> None:
    script = Script([ASK])
    (result,) = run(script, make(shell, guard))
    assert shell.ran == []
    assert isinstance(result.tool_output.exception, checkrein.ApprovalRequired)
    assert NEEDS_APPROVAL in script.told[0]


@each_tool
def test_ask_approve(
    guard: checkrein.Guard, shell: Shell, make: Callable[..., FunctionTool]
) -> None:
    asked: list[dict[str, Any]] = []

    def ask(ruling: Ruling) -> bool:
        asked.append(ruling.question())
        return True

    script = Script([ASK])
    run(script, make(shell, guard, ask=ask))
    assert shell.ran == [ASK]
    assert script.told == [f"ran {ASK}"]
    assert [(question["tool"], question["teams"]) for question in asked] == [("bash", ["operator"])]
    assert NEEDS_APPROVAL in asked[0]["message"]


def test_ask_approve_awaited(guard: checkrein.Guard, shell: Shell) -> None:
    asked: list[str] = []

    async def ask(ruling: Ruling) -> bool:
        await asyncio.sleep(0)
        asked.append(ruling.message)
        return True

    script = Script([ASK])
    run(script, async_bash_tool(shell, guard, ask=ask))
    assert shell.ran == [ASK]
    assert len(asked) == 1 and NEEDS_APPROVAL in asked[0]


@each_tool
def test_ask_reject(
    guard: checkrein.Guard, shell: Shell, make: Callable[..., FunctionTool]
) -> None:
    script = Script([ASK], [ALLOW])
    refused, _ = run(script, make(shell, guard, ask=lambda _: False))
    assert shell.ran == [ALLOW]
    assert refused.tool_output.is_error
    assert "The human said no" in script.told[0]


@each_tool
def test_parallel_allow_and_ask(
    guard: checkrein.Guard, shell: Shell, make: Callable[..., FunctionTool]
) -> None:
    script = Script([ALLOW, ASK, DENY])
    run(script, make(shell, guard))
    assert shell.ran == [ALLOW]
    told = " | ".join(script.told)
    assert len(script.told) == 3
    assert f"ran {ALLOW}" in told and NEEDS_APPROVAL in told and FOUND in told


@each_tool
def test_engine_crash(
    guard: checkrein.Guard,
    shell: Shell,
    make: Callable[..., FunctionTool],
    crash: Callable[[], None],
) -> None:
    script = Script([ALLOW])
    tool = make(shell, guard)
    crash()
    (result,) = run(script, tool)
    assert shell.ran == []
    assert result.tool_output.is_error
    assert "failed" in script.told[0] or "broken on purpose" in script.told[0]


@each_tool
def test_nested_agent(
    guard: checkrein.Guard, shell: Shell, make: Callable[..., FunctionTool]
) -> None:
    """An agent behind a tool of another one, itself guarded by name."""
    inner = Script([ALLOW, DENY])

    async def helper(task: str) -> str:
        """Ask a helper."""
        agent = FunctionAgent(tools=[make(shell, guard)], llm=inner.llm)
        await follow(agent)
        return "helped"

    outer = Script([("helper", {"task": "tidy up"})])
    (result,) = run(outer, FunctionTool.from_defaults(helper))
    assert shell.ran == [ALLOW]
    assert not result.tool_output.is_error
    assert any(FOUND in told for told in inner.told)


def test_handoff(guard: checkrein.Guard, shell: Shell) -> None:
    """Another agent of the same workflow, with the same tool."""
    script = Script([("handoff", {"to_agent": "second", "reason": "it can"})], [ALLOW, DENY])
    llm = script.llm
    first = FunctionAgent(name="first", description="starts", llm=llm, can_handoff_to=["second"])
    second = FunctionAgent(
        name="second", description="works", llm=llm, tools=[bash_tool(shell, guard)]
    )
    workflow = AgentWorkflow(agents=[first, second], root_agent="first")
    asyncio.run(follow(workflow))
    assert shell.ran == [ALLOW]
    assert any(FOUND in told for told in script.told)


@pytest.mark.parametrize("command", [ASK_ELSE, DENY])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, command: str
) -> None:
    """LlamaIndex cannot edit a call; a tool whose argument can change is the nearest real thing."""
    held: list[list[str]] = []

    def ask(_: Ruling) -> bool:
        held[0][0] = command
        return True

    def arguments(command: list[str]) -> dict[str, str]:
        held.append(command)
        return {"command": command[0]}

    @checkrein.guarded(guard, **CONTEXT, ask=ask, arguments=arguments)
    def bash(command: list[str]) -> str:
        """Run a shell command."""
        return shell.run(command[0])

    script = Script([("bash", {"command": [ASK]})])
    (result,) = run(script, FunctionTool.from_defaults(bash))
    assert shell.ran == []
    assert isinstance(result.tool_output.exception, checkrein.Denied)
    assert ("ask again" if command == ASK_ELSE else FOUND) in script.told[0]


def test_replayed_approval(guard: checkrein.Guard, shell: Shell) -> None:
    """The same call again is asked about again, and what was shown before is used up."""
    shown: list[Ruling] = []

    def ask(ruling: Ruling) -> bool:
        shown.append(ruling)
        return len(shown) == 1

    script = Script([ASK], [ASK])
    run(script, bash_tool(shell, guard, ask=ask))
    assert shell.ran == [ASK]
    assert len(shown) == 2
    assert not shown[0].redeem() and not shown[1].redeem()
    assert "The human said no" in script.told[1]


def test_react_agent(guard: checkrein.Guard, shell: Shell) -> None:
    """An agent whose model writes its calls as text."""
    told: list[str] = []

    class Texts(MockLLM):
        async def astream_chat(self, messages: Any, **_: Any) -> Any:
            told.append(str(messages[-1].content))
            turns = [
                f'Thought: t\nAction: bash\nAction Input: {{"command": "{ALLOW}"}}',
                f'Thought: t\nAction: bash\nAction Input: {{"command": "{ASK}"}}',
                "Thought: t\nAnswer: finished",
            ]
            text = turns[len(told) - 1]

            async def stream() -> Any:
                yield ChatResponse(message=ChatMessage(role="assistant", content=text), delta=text)

            return stream()

    asyncio.run(
        follow(
            ReActAgent(
                tools=[bash_tool(shell, guard)], llm=Texts(max_tokens=None, is_chat_model=True)
            )
        )
    )
    assert shell.ran == [ALLOW]
    assert NEEDS_APPROVAL in told[2]


@each_tool
def test_direct_calls(
    guard: checkrein.Guard, shell: Shell, make: Callable[..., FunctionTool]
) -> None:
    """Everything by which LlamaIndex, or a user, can call a tool."""
    tool = make(shell, guard)
    assert tool.call(command=ALLOW).content == f"ran {ALLOW}"
    assert asyncio.run(tool.acall(ALLOW)).content == f"ran {ALLOW}"
    assert shell.ran == [ALLOW, ALLOW]
    for call in (tool, tool.call, tool.fn):
        with pytest.raises(checkrein.Denied):
            call(DENY)
        with pytest.raises(checkrein.ApprovalRequired):
            call(command=ASK)
    acalls: list[Callable[..., Any]] = [tool.acall, tool.async_fn]
    for acall in acalls:
        with pytest.raises(checkrein.Denied):
            asyncio.run(acall(DENY))
    assert FOUND in call_tool(tool, {"command": DENY}).content
    assert FOUND in asyncio.run(acall_tool(tool, {"command": DENY})).content
    assert shell.ran == [ALLOW, ALLOW]


def test_the_schema_stays(guard: checkrein.Guard, shell: Shell) -> None:
    def bash(command: str, timeout: int = 10) -> str:
        """Run a shell command.

        Args:
            command (str): the command
        """
        return shell.run(command)

    plain = FunctionTool.from_defaults(bash).metadata
    wrapped = FunctionTool.from_defaults(checkrein.guarded(guard, **CONTEXT)(bash)).metadata
    assert wrapped.to_openai_tool() == plain.to_openai_tool()


def test_a_tool_that_takes_the_context(guard: checkrein.Guard, shell: Shell) -> None:
    """The context has no JSON form: without ``arguments`` the call is refused, with them decided."""

    async def bash(ctx: Context, command: str) -> str:
        """Run a shell command."""
        assert isinstance(ctx, Context)
        return shell.run(command)

    # LlamaIndex looks for the class itself, not for its name.
    bash.__annotations__["ctx"] = Context
    refusing = checkrein.guarded(guard, **CONTEXT)(bash)
    script = Script([ALLOW])
    run(script, FunctionTool.from_defaults(refusing))
    assert shell.ran == []
    assert "has no JSON form" in script.told[0]

    deciding = checkrein.guarded(
        guard, **CONTEXT, arguments=lambda ctx, command: {"command": command}
    )(bash)
    script = Script([ALLOW], [DENY])
    run(script, FunctionTool.from_defaults(deciding))
    assert shell.ran == [ALLOW]
    assert FOUND in script.told[1]


def test_a_ready_made_tool(guard: checkrein.Guard, shell: Shell) -> None:
    """A tool from elsewhere, such as one of an MCP server: its functions are guarded."""

    async def remote(**arguments: Any) -> str:
        return shell.run(arguments["command"])

    schema = bash_tool(shell, guard).metadata.fn_schema
    metadata = ToolMetadata(name="bash", description="Run a shell command.", fn_schema=schema)
    ready = FunctionTool.from_defaults(async_fn=remote, tool_metadata=metadata)

    wrap = checkrein.guarded(guard, **CONTEXT, tool=ready.metadata.name)
    tool = FunctionTool.from_defaults(
        fn=wrap(ready.fn), async_fn=wrap(ready.async_fn), tool_metadata=ready.metadata
    )
    script = Script([ALLOW], [DENY], [ASK])
    run(script, tool)
    assert FOUND in script.told[1] and NEEDS_APPROVAL in script.told[2]
    assert shell.ran == [ALLOW]
    with pytest.raises(checkrein.Denied):
        tool.call(command=DENY)
    assert shell.ran == [ALLOW]


def test_tool_error_passes_through(guard: checkrein.Guard) -> None:
    @checkrein.guarded(guard, **CONTEXT)
    def bash(command: str) -> str:
        """Run a shell command."""
        raise FileNotFoundError("no shell here")

    script = Script([ALLOW])
    (result,) = run(script, FunctionTool.from_defaults(bash))
    assert isinstance(result.tool_output.exception, FileNotFoundError)
    assert script.told == ["no shell here"]
