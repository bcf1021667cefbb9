"""What gets around a careless guard: the further tests of `google_adk`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import ALLOW, ASK, DENY, Shell
from google.adk.agents import LlmAgent
from google.adk.agents.live_request_queue import LiveRequestQueue
from google.adk.code_executors.built_in_code_executor import BuiltInCodeExecutor
from google.adk.code_executors.unsafe_local_code_executor import UnsafeLocalCodeExecutor
from google.adk.models.base_llm_connection import BaseLlmConnection
from google.adk.models.llm_response import LlmResponse
from google.adk.tools import FunctionTool, LongRunningFunctionTool, google_search
from google.adk.tools.base_tool import BaseTool
from google.adk.workflow import Workflow
from google.genai import types
from google_adk_scenario import Run, Script, Swap, agent_of, bash, flow_of, refused, tool_of

import checkrein


def test_resumed_in_another_process(shell: Shell) -> None:
    """The approvals of a process end with it, also when the session is stored elsewhere."""

    def fresh() -> Run:
        return Run(checkrein.Guard(inventory="", workspace="/"), agent_of(shell, bash(ASK)))

    first, second = fresh().say(), fresh()
    second.runner.session_service = first.runner.session_service
    second.session = first.session
    second.answer({"confirmed": True}, *first.questions())
    assert shell.ran == []
    assert refused(second.told()[-1])


def test_forged_approval(guard: checkrein.Guard, shell: Shell) -> None:
    """A yes to a question of the tool's own, where checkrein never asked."""
    tool = FunctionTool(tool_of(shell), require_confirmation=True)
    run = Run(None, agent_of(shell, bash(ASK), tools=[tool])).say()
    guarded = Run(guard, agent_of(shell, tools=[tool]))
    guarded.runner.session_service = run.runner.session_service
    guarded.session = run.session
    guarded.answer({"confirmed": True}, *run.questions())
    assert shell.ran == [] and refused(guarded.told()[-1])


def test_tool_with_its_own_question(guard: checkrein.Guard, shell: Shell) -> None:
    """One yes answers both; the framework's question does not hide a deny."""
    tool = FunctionTool(tool_of(shell), require_confirmation=True)
    run = Run(guard, agent_of(shell, bash(DENY), bash(ASK), tools=[tool])).say()
    assert refused(run.told()[0]) and len(run.questions()) == 1
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]


def test_tool_error_passes_through(guard: checkrein.Guard, shell: Shell) -> None:
    def broken(command: str) -> str:
        """Run a shell command."""
        raise ValueError("disk full")

    broken.__name__ = "bash"
    with pytest.raises(ValueError, match="disk full"):
        Run(guard, agent_of(shell, bash(ALLOW), tools=[broken])).say()


def test_long_running_tool(guard: checkrein.Guard, shell: Shell) -> None:
    tool = LongRunningFunctionTool(tool_of(shell))
    run = Run(guard, agent_of(shell, bash(DENY), bash(ASK), tools=[tool])).say()
    assert shell.ran == [] and refused(run.told()[0])
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]


def test_unknown_tool_is_not_asked_about(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, [("nonsense", {})])).say()
    assert run.questions() == [] and "no tool with that name" in str(run.told("nonsense")[0])


def test_tool_node(guard: checkrein.Guard, shell: Shell) -> None:
    """A tool that is a node of a workflow, without any agent."""

    def flow(command: str) -> Workflow:
        return flow_of(command, FunctionTool(tool_of(shell)))

    Run(guard, flow(DENY)).say()
    assert shell.ran == []
    Run(guard, flow(ALLOW)).say()
    assert shell.ran == [ALLOW]
    for yes in (False, True):
        shell.ran.clear()
        run = Run(guard, flow(ASK)).say()
        assert shell.ran == []
        (question,) = (call for event in run.events for call in event.get_function_calls())
        assert question.args["payload"]["confirmation_payload"]["tool"] == "bash"
        run.answer({"confirmed": yes}, question)
        assert shell.ran == ([ASK] if yes else [])


def test_tool_with_a_replaced_method(guard: checkrein.Guard, shell: Shell) -> None:
    """A tool object whose ``run_async`` was set by hand is looked at again like any other."""

    async def run_async(*, args: dict[str, Any], tool_context: Any) -> str:
        return shell.run(args["command"])

    def tool() -> Any:
        made: Any = FunctionTool(tool_of(shell))
        made.run_async = run_async
        return made

    swap = Swap(DENY, active=True)
    Run(guard, agent_of(shell, bash(ALLOW), tools=[tool()], before_tool_callback=swap)).say()
    Run(guard, flow_of(DENY, tool())).say()
    assert shell.ran == []
    Run(guard, agent_of(shell, bash(ALLOW), tools=[tool()])).say()
    assert shell.ran == [ALLOW]


def test_live_run(guard: checkrein.Guard, shell: Shell) -> None:
    """Batch and streaming tools of a live run, where what needs approval is refused."""

    async def watch(command: str) -> AsyncGenerator[str, None]:
        """Run a shell command and report."""
        yield shell.run(command)

    watch.__name__ = "shell"

    class Connection(BaseLlmConnection):
        async def send_history(self, history: Any) -> None: ...
        async def send_content(self, content: Any, **_: Any) -> None: ...
        async def send_realtime(self, blob: Any) -> None: ...
        async def close(self) -> None: ...
        async def receive(self) -> AsyncGenerator[LlmResponse, None]:
            calls = [*bash(ALLOW, DENY, ASK), ("shell", {"command": DENY})]
            for number, (name, args) in enumerate([*calls, ("shell", {"command": "git log"})]):
                call = types.FunctionCall(id=f"call-{number}", name=name, args=args)
                part = types.Part(function_call=call)
                yield LlmResponse(content=types.Content(role="model", parts=[part]))
                await asyncio.sleep(0.05)
            done.set()
            await asyncio.sleep(60)

    class Live(Script):
        @contextlib.asynccontextmanager
        async def connect(self, llm_request: Any) -> AsyncGenerator[Connection, None]:
            yield Connection()

    agent = LlmAgent(name="builder", model=Live(), tools=[tool_of(shell), watch])
    run = Run(guard, agent)
    done = asyncio.Event()

    async def live() -> None:
        session = await run.runner.session_service.create_session(app_name="ops", user_id="u")

        async def read() -> None:
            async for event in run.runner.run_live(
                user_id="u", session_id=session.id, live_request_queue=LiveRequestQueue()
            ):
                run.events.append(event)

        reader = asyncio.create_task(read())
        await asyncio.wait_for(done.wait(), 10)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)

    asyncio.run(live())
    assert shell.ran == [ALLOW, "git log"]
    assert [refused(result) for result in run.told()] == [False, True, True]
    assert refused(run.told("shell")[0])


def test_tools_of_two_runners(shell: Shell) -> None:
    """A tool object that is used in two runners is guarded by each runner's own plugin."""
    tool = FunctionTool(tool_of(shell))
    strict = checkrein.Guard(
        policies='@id("no") @reason("nothing runs") forbid(principal, action, resource);',
        inventory="",
        workspace="/",
    )
    lax = checkrein.Guard(inventory="", workspace="/")
    for guard in (strict, lax, None, strict):
        Run(guard, agent_of(shell, bash(ALLOW), tools=[tool])).say()
    assert shell.ran == [ALLOW, ALLOW]


def test_mcp_tool(shell: Shell) -> None:
    """The server's own tool name, the prefix as the server, and its annotations are decided on."""
    seen: list[dict[str, Any]] = []

    class Spy(checkrein.Guard):
        def authorize(self, tool: str, arguments: Any, **context: Any) -> Any:
            seen.append({"tool": tool, "arguments": arguments, **context})
            return super().authorize(tool, arguments, **context)

    class Remote(BaseTool):
        def __init__(self, name: str) -> None:
            super().__init__(name=name, description="x")
            annotations = SimpleNamespace(model_dump=lambda **_: {"destructiveHint": True})
            self.raw_mcp_tool = SimpleNamespace(name="execute_sql", annotations=annotations)

        def _get_declaration(self) -> types.FunctionDeclaration:
            return types.FunctionDeclaration(name=self.name, description="x")

        async def run_async(self, *, args: dict[str, Any], tool_context: Any) -> Any:
            return shell.run(args["query"])

    for name, server in (("db_execute_sql", "db"), ("execute_sql", "mcp"), ("other", "mcp")):
        seen.clear()
        turn = [(name, {"query": "drop table users"})]
        run = Run(Spy(inventory="", workspace="/"), agent_of(shell, turn, tools=[Remote(name)]))
        run.say()
        assert shell.ran == []
        (call,) = seen
        assert (call["tool"], call["server"]) == ("execute_sql", server)
        assert call["annotations"] == {"destructiveHint": True}
        assert (call["agent"], call["session"]) == ("builder", run.session)


def test_structured_output_is_not_a_call(guard: checkrein.Guard, shell: Shell) -> None:
    from pydantic import BaseModel

    class Report(BaseModel):
        text: str

    agent = agent_of(shell, [("set_model_response", {"text": "tidy"})], output_schema=Report)
    run = Run(guard, agent).say()
    assert run.questions() == [] and run.events[-1].content.parts[0].text == '{"text": "tidy"}'


@pytest.mark.parametrize(
    "extra",
    [
        {"tools": [google_search]},
        {"code_executor": UnsafeLocalCodeExecutor()},
        {"code_executor": BuiltInCodeExecutor()},
    ],
)
def test_hosted_tools(guard: checkrein.Guard, shell: Shell, extra: dict[str, Any]) -> None:
    def agent() -> LlmAgent:
        made = agent_of(shell, **extra)
        made.model.model = "gemini-flash-latest"
        return made

    with pytest.raises(RuntimeError, match="allow_hosted") as caught:
        Run(guard, agent()).say()
    assert isinstance(caught.value.__cause__, checkrein.ConfigurationError)
    assert Run(guard, agent(), allow_hosted=True).say().events[-1].content.parts[0].text == "done"


def test_schema_is_unchanged(guard: checkrein.Guard, shell: Shell) -> None:
    def declared(guard: checkrein.Guard | None) -> Any:
        agent = agent_of(shell, bash(ALLOW))
        Run(guard, agent).say()
        return [request.config.tools for request in agent.model._requests]

    assert declared(guard) == declared(None)
