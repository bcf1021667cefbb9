"""The Google ADK adapter, with a scripted model."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell

import checkrein

pytest.importorskip("google.adk")

from google.adk.agents import LlmAgent
from google.adk.agents.live_request_queue import LiveRequestQueue
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.apps import App
from google.adk.code_executors.built_in_code_executor import BuiltInCodeExecutor
from google.adk.code_executors.unsafe_local_code_executor import UnsafeLocalCodeExecutor
from google.adk.models.base_llm import BaseLlm
from google.adk.models.base_llm_connection import BaseLlmConnection
from google.adk.models.llm_response import LlmResponse
from google.adk.plugins.base_plugin import BasePlugin
from google.adk.runners import InMemoryRunner
from google.adk.tools import AgentTool, FunctionTool, LongRunningFunctionTool, google_search
from google.adk.tools.base_tool import BaseTool
from google.adk.workflow import START, Workflow
from google.genai import types
from pydantic import PrivateAttr

from checkrein.google_adk import GuardPlugin

Turn = list[tuple[str, dict[str, Any]]]


class Script(BaseLlm):
    """Calls the tools of one turn after the other, then says that it is done."""

    model: str = "script"
    _turns: list[Turn] = PrivateAttr(default_factory=list)
    _requests: list[Any] = PrivateAttr(default_factory=list)
    _id: str | None = PrivateAttr(default=None)

    def __init__(self, *turns: Turn) -> None:
        super().__init__(model="script")
        self._turns = list(turns)

    async def generate_content_async(
        self, llm_request: Any, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        self._requests.append(llm_request)
        turn = self._turns.pop(0) if self._turns else []
        calls = [types.FunctionCall(name=name, args=args, id=self._id) for name, args in turn]
        parts = [types.Part(function_call=call) for call in calls]
        yield LlmResponse(
            content=types.Content(role="model", parts=parts or [types.Part(text="done")])
        )


def bash(*commands: str) -> Turn:
    return [("bash", {"command": command}) for command in commands]


def tool_of(shell: Shell) -> Any:
    def bash(command: str) -> str:
        """Run a shell command."""
        return shell.run(command)

    return bash


def agent_of(shell: Shell, *turns: Turn, **extra: Any) -> LlmAgent:
    extra.setdefault("tools", [tool_of(shell)])
    extra.setdefault("name", "builder")
    return LlmAgent(model=Script(*turns), **extra)


class Run:
    """A runner with one session, and what it told."""

    def __init__(
        self, guard: checkrein.Guard | None, agent: Any, *others: BasePlugin, **context: Any
    ) -> None:
        plugins = list(others)
        if guard is not None:
            plugins.insert(0, GuardPlugin(guard, workspace=WORKSPACE, env={}, **context))
        self.runner = InMemoryRunner(app=App(name="ops", root_agent=agent, plugins=plugins))
        self.events: list[Any] = []
        self.session: str | None = None

    def say(self, *parts: types.Part, config: RunConfig | None = None) -> Run:
        async def run() -> None:
            if self.session is None:
                sessions = self.runner.session_service
                self.session = (await sessions.create_session(app_name="ops", user_id="u")).id
            async for event in self.runner.run_async(
                user_id="u",
                session_id=self.session,
                new_message=types.Content(
                    role="user", parts=list(parts) or [types.Part(text="go")]
                ),
                run_config=config,
            ):
                self.events.append(event)

        asyncio.run(run())
        return self

    def questions(self) -> list[Any]:
        calls = [call for event in self.events for call in event.get_function_calls()]
        return [call for call in calls if call.name == "adk_request_confirmation"]

    def answer(self, response: Any, *questions: Any) -> Run:
        return self.say(
            *(
                types.Part(
                    function_response=types.FunctionResponse(
                        id=question.id, name=question.name, response=response
                    )
                )
                for question in questions or self.questions()
            )
        )

    def told(self, tool: str = "bash") -> list[Any]:
        """The results of the tool the model gets."""
        results = [result for event in self.events for result in event.get_function_responses()]
        return [result.response for result in results if result.name == tool]


def refused(response: Any) -> bool:
    return set(response) == {"error"} and response["error"].startswith("checkrein: ")


def test_allow(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ALLOW))).say()
    assert shell.ran == [ALLOW]
    assert run.told() == [{"result": f"ran {ALLOW}"}]


def test_allow_streamed(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ALLOW), bash(DENY)))
    run.say(config=RunConfig(streaming_mode=StreamingMode.SSE))
    assert shell.ran == [ALLOW]
    assert refused(run.told()[1])


def test_synchronous_run(guard: checkrein.Guard, shell: Shell) -> None:
    plugin = GuardPlugin(guard, workspace=WORKSPACE, env={})
    runner = InMemoryRunner(
        app=App(name="ops", root_agent=agent_of(shell, bash(DENY), bash(ALLOW)), plugins=[plugin])
    )
    session = asyncio.run(runner.session_service.create_session(app_name="ops", user_id="u"))
    message = types.Content(role="user", parts=[types.Part(text="go")])
    for _ in runner.run(user_id="u", session_id=session.id, new_message=message):
        pass
    assert shell.ran == [ALLOW]


def test_deny(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(DENY), bash(ALLOW))).say()
    assert shell.ran == [ALLOW]
    first, second = run.told()
    assert refused(first) and "volume" in first["error"].lower()
    assert second == {"result": f"ran {ALLOW}"}


def test_ask_approve(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ASK))).say()
    assert shell.ran == []
    (question,) = run.questions()
    asked = question.args["toolConfirmation"]
    assert json.loads(json.dumps(asked)) == asked
    assert asked["hint"].startswith("checkrein: ") and asked["payload"]["tool"] == "bash"
    assert asked["payload"]["fingerprint"] and asked["payload"]["teams"] == ["operator"]
    assert question.args["originalFunctionCall"]["args"] == {"command": ASK}
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]
    assert run.told()[-1] == {"result": f"ran {ASK}"}


def test_the_model_is_not_called_while_a_human_is_asked(
    guard: checkrein.Guard, shell: Shell
) -> None:
    agent = agent_of(shell, bash(ASK), bash(ALLOW))
    Run(guard, agent).say()
    assert shell.ran == [] and len(agent.model._requests) == 1


@pytest.mark.parametrize("no", [{"confirmed": False}, {}, {"response": '{"confirmed": false}'}])
def test_ask_reject(guard: checkrein.Guard, shell: Shell, no: Any) -> None:
    run = Run(guard, agent_of(shell, bash(ASK))).say().answer(no)
    assert shell.ran == []
    assert refused(run.told()[-1]) and run.told()[-1]["error"].endswith("The human said no.")
    run.answer({"confirmed": True})
    assert shell.ran == []


def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ALLOW, ASK, DENY))).say()
    assert shell.ran == [ALLOW]
    first, asked, denied = run.told()
    assert first == {"result": f"ran {ALLOW}"} and refused(asked) and refused(denied)
    run.answer({"confirmed": True})
    assert shell.ran == [ALLOW, ASK]
    assert run.told()[-1] == {"result": f"ran {ASK}"}


def test_two_questions_and_two_answers(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ASK, ASK_ELSE))).say()
    first, second = run.questions()
    assert first.args["originalFunctionCall"]["args"] == {"command": ASK}
    run.answer({"confirmed": True}, second)
    assert shell.ran == [ASK_ELSE]


def test_engine_crash(guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]) -> None:
    """A broken engine is a refusal; a broken adapter ends the run."""
    run = Run(guard, agent_of(shell, bash(ALLOW)))
    crash()
    try:
        run.say()
    except RuntimeError as error:
        assert "broken on purpose" in str(error)
    else:
        assert refused(run.told()[0])
    assert shell.ran == []


def test_engine_crash_after_the_yes(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    run = Run(guard, agent_of(shell, bash(ASK))).say()
    crash()
    try:
        run.answer({"confirmed": True})
    except RuntimeError as error:
        assert "broken on purpose" in str(error)
    assert shell.ran == []


def test_engine_crash_is_not_answered_by_a_later_plugin(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    class Forgiving(BasePlugin):
        async def on_tool_error_callback(self, **_: Any) -> dict[str, Any]:
            return {"result": "never mind"}

    run = Run(guard, agent_of(shell, bash(ALLOW)), Forgiving("forgiving"))
    crash()
    try:
        run.say()
    except RuntimeError as error:
        assert "broken on purpose" in str(error)
    assert shell.ran == []


def test_nested_agent(guard: checkrein.Guard, shell: Shell) -> None:
    """The agent used as a tool has its own runner, which the framework gives the same plugins."""
    worker = agent_of(shell, bash(DENY), bash(ALLOW), name="agent")
    boss = agent_of(shell, [("agent", {"request": "tidy"})], name="boss", tools=[AgentTool(worker)])
    run = Run(guard, boss).say()
    assert shell.ran == [ALLOW]
    assert run.told("agent") == [{"result": "done"}]
    results = [
        part.function_response.response
        for content in worker.model._requests[-1].contents
        for part in content.parts
        if part.function_response
    ]
    assert refused(results[0]) and results[1] == {"result": f"ran {ALLOW}"}


def test_nested_agent_cannot_ask(guard: checkrein.Guard, shell: Shell) -> None:
    """The framework cannot resume an agent in an ``AgentTool``; it says so to the caller."""
    worker = agent_of(shell, bash(ASK), name="agent")
    boss = agent_of(shell, [("agent", {"request": "tidy"})], name="boss", tools=[AgentTool(worker)])
    run = Run(guard, boss).say()
    assert shell.ran == [] and "cannot resume" in str(run.told("agent")[0])


def test_nested_agent_without_plugins(guard: checkrein.Guard, shell: Shell) -> None:
    worker = agent_of(shell, bash(ALLOW), name="agent")
    tool = AgentTool(worker, include_plugins=False)

    def boss() -> LlmAgent:
        return agent_of(shell, [("agent", {"request": "tidy"})], name="boss", tools=[tool])

    with pytest.raises(RuntimeError, match="include_plugins=False") as caught:
        Run(guard, boss()).say()
    assert isinstance(caught.value.__cause__, checkrein.ConfigurationError)
    assert shell.ran == []
    Run(guard, boss(), allow_hosted=True).say()
    assert shell.ran == [ALLOW]


def test_sub_agent(guard: checkrein.Guard, shell: Shell) -> None:
    """A sub-agent the control is transferred to; its question is resumed by it."""
    worker = agent_of(shell, bash(DENY), bash(ASK), name="worker")
    boss = agent_of(
        shell, [("transfer_to_agent", {"agent_name": "worker"})], name="boss", sub_agents=[worker]
    )
    run = Run(guard, boss).say()
    assert shell.ran == [] and len(run.questions()) == 1
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]
    assert [refused(result) for result in run.told()] == [True, True, False]


def test_single_turn_sub_agent(guard: checkrein.Guard, shell: Shell) -> None:
    worker = agent_of(shell, bash(DENY), bash(ALLOW), name="agent", mode="single_turn")
    boss = agent_of(shell, [("agent", {"request": "x"})], name="boss", sub_agents=[worker])
    Run(guard, boss).say()
    assert shell.ran == [ALLOW]


class Swap:
    """Replaces the command of every call once it is active."""

    def __init__(self, command: str, *, active: bool = False) -> None:
        self.command = command
        self.active = active

    def __call__(self, tool: Any, args: dict[str, Any], tool_context: Any) -> None:
        if self.active:
            args["command"] = self.command


class SwapPlugin(BasePlugin):
    def __init__(self, swap: Swap) -> None:
        super().__init__("swap")
        self.swap = swap

    async def before_tool_callback(
        self, *, tool: Any, tool_args: dict[str, Any], tool_context: Any
    ) -> None:
        self.swap(tool, tool_args, tool_context)


@pytest.mark.parametrize("where", ["agent", "plugin"])
@pytest.mark.parametrize("command", [ASK_ELSE, DENY])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, where: str, command: str
) -> None:
    swap = Swap(command)
    extra = {"before_tool_callback": swap} if where == "agent" else {}
    others = [SwapPlugin(swap)] if where == "plugin" else []
    run = Run(guard, agent_of(shell, bash(ASK), **extra), *others).say()
    swap.active = True
    run.answer({"confirmed": True})
    assert shell.ran == []
    assert refused(run.told()[-1])


@pytest.mark.parametrize("where", ["agent", "plugin"])
@pytest.mark.parametrize("command", [ASK_ELSE, DENY])
def test_arguments_edited_of_an_allowed_call(
    guard: checkrein.Guard, shell: Shell, where: str, command: str
) -> None:
    """What another callback makes of the call is what is decided, and can be asked about."""
    swap = Swap(command, active=True)
    extra = {"before_tool_callback": swap} if where == "agent" else {}
    others = [SwapPlugin(swap)] if where == "plugin" else []
    run = Run(guard, agent_of(shell, bash(ALLOW), **extra), *others).say()
    assert shell.ran == [] and refused(run.told()[0])
    assert len(run.questions()) == (command == ASK_ELSE)
    if run.questions():
        run.answer({"confirmed": True})
        assert shell.ran == [ASK_ELSE]


def test_harmless_edit_runs(guard: checkrein.Guard, shell: Shell) -> None:
    swap = Swap("git log", active=True)
    Run(guard, agent_of(shell, bash(ALLOW), before_tool_callback=swap)).say()
    assert shell.ran == ["git log"]


def test_replayed_approval(guard: checkrein.Guard, shell: Shell) -> None:
    run = Run(guard, agent_of(shell, bash(ASK))).say().answer({"confirmed": True})
    assert shell.ran == [ASK]
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]


def test_call_id_used_again(guard: checkrein.Guard, shell: Shell) -> None:
    """The same call under the same id is taken for a replay, and nobody is asked."""
    agent = agent_of(shell, bash(ASK), bash(ASK))
    agent.model._id = "call-1"
    run = Run(guard, agent).say().answer({"confirmed": True})
    assert shell.ran == [ASK] and len(run.questions()) == 1
    assert "used already" in run.told()[-1]["error"]


def test_replayed_session(guard: checkrein.Guard, shell: Shell) -> None:
    """The session as it was before the answer is stored again, and the answer given again."""
    run = Run(guard, agent_of(shell, bash(ASK))).say()
    service = run.runner.session_service

    def stored() -> Any:
        return service.sessions["ops"]["u"][run.session].events

    before = list(stored())
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]
    stored()[:] = before
    run.answer({"confirmed": True})
    assert shell.ran == [ASK]
    assert refused(run.told()[-1])


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


def flow_of(command: str, tool: Any) -> Workflow:
    def start() -> dict[str, str]:
        return {"command": command}

    return Workflow(name="flow", edges=[(START, start, tool)])


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
