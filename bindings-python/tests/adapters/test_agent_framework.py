"""Microsoft Agent Framework, with a scripted chat client below its real layers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest
from agent_framework import (
    Agent,
    AgentSession,
    BaseChatClient,
    ChatMiddlewareLayer,
    ChatResponse,
    ChatResponseUpdate,
    Content,
    FunctionInvocationContext,
    FunctionInvocationLayer,
    FunctionMiddleware,
    FunctionTool,
    Message,
    MiddlewareFailure,
    ResponseStream,
    WorkflowBuilder,
    function_middleware,
    tool,
)
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell

import checkrein
from checkrein.agent_framework import GuardMiddleware


class Scripted(FunctionInvocationLayer, ChatMiddlewareLayer, BaseChatClient):
    """Asks for the scripted calls, turn by turn, then says that it is done."""

    def __init__(self, *turns: Sequence[str | Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.turns = list(turns)
        self.heard: list[str] = []
        self.schemas: list[Any] = []
        self.calls = 0

    def _inner_get_response(
        self,
        *,
        messages: Sequence[Message],
        stream: bool,
        options: Mapping[str, Any],
        **kwargs: Any,
    ) -> Any:
        self.schemas = [item.to_json_schema_spec() for item in options.get("tools") or []]
        self.heard = [
            str(content.result)
            for message in messages
            for content in message.contents
            if content.type == "function_result"
        ]
        contents = [self._content(item) for item in (self.turns.pop(0) if self.turns else ())]
        contents = contents or [Content.from_text("done")]
        if stream:
            return ResponseStream(_one(contents), finalizer=ChatResponse.from_updates)
        return _response(contents)

    def _content(self, item: str | Mapping[str, Any]) -> Content:
        self.calls += 1
        call = {"name": "bash", "arguments": {"command": item}} if isinstance(item, str) else item
        return Content.from_function_call(call_id=f"call-{self.calls}", **call)


async def _one(contents: list[Content]) -> AsyncIterable[ChatResponseUpdate]:
    yield ChatResponseUpdate(contents=contents, role="assistant")


async def _response(contents: list[Content]) -> ChatResponse:
    return ChatResponse(messages=[Message("assistant", contents)])


def bash(shell: Shell, **options: Any) -> FunctionTool:
    @tool(name="bash", **options)
    def run(command: str) -> str:
        """Run a shell command."""
        return shell.run(command)

    return run


def protect(guard: checkrein.Guard, **options: Any) -> GuardMiddleware:
    return GuardMiddleware(
        guard, **{"agent": "builder", "workspace": WORKSPACE, "env": {}, **options}
    )


class Setup:
    """An agent with the tool, a session, and a human."""

    def __init__(
        self,
        guard: checkrein.Guard,
        shell: Shell,
        *turns: Sequence[Any],
        before: Sequence[Any] = (),
        after: Sequence[Any] = (),
        stream: bool = False,
        config: dict[str, Any] | None = None,
        tools: Sequence[Any] | None = None,
    ) -> None:
        self.client = Scripted(*turns, function_invocation_configuration=config)
        self.session = AgentSession()
        self.stream = stream
        self.agent = Agent(
            self.client,
            name="builder",
            tools=[bash(shell)] if tools is None else list(tools),
            middleware=[*before, protect(guard), *after],
        )

    def run(self, message: Any = "tidy up", session: AgentSession | None = None) -> Any:
        return asyncio.run(self._run(message, session or self.session))

    async def _run(self, message: Any, session: AgentSession) -> Any:
        if not self.stream:
            return await self.agent.run(message, session=session)
        stream = self.agent.run(message, session=session, stream=True)
        async for _ in stream:
            pass
        return await stream.get_final_response()

    def answer(self, result: Any, approved: bool, session: AgentSession | None = None) -> Any:
        answers = [ask.to_function_approval_response(approved) for ask in questions(result)]
        return self.run(Message("user", answers), session)


def questions(result: Any) -> list[Content]:
    return [item for item in result.user_input_requests if item.type.endswith("approval_request")]


@pytest.fixture(params=[False, True], ids=["run", "stream"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_allow(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    setup = Setup(guard, shell, [ALLOW], stream=stream)
    result = setup.run()
    assert shell.ran == [ALLOW]
    assert setup.client.heard == [f"ran {ALLOW}"]
    assert result.text == "done"


def test_deny(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    setup = Setup(guard, shell, [DENY], [ALLOW], stream=stream)
    result = setup.run()
    assert shell.ran == [ALLOW]
    assert setup.client.heard[0].startswith("checkrein: ")
    assert "railway:volumeDelete" in setup.client.heard[0]
    assert not questions(result) and result.text == "done"


def test_ask_approve(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    setup = Setup(guard, shell, [ASK], stream=stream)
    paused = setup.run()
    assert shell.ran == []
    [ask] = questions(paused)
    question = ask.additional_properties["checkrein"]
    assert question["tool"] == "bash" and "fs:remove_recursive" in question["message"]
    assert question["fingerprint"] and question["decision"]["verdict"] == "needs_approval"
    assert ask.function_call.parse_arguments() == {"command": ASK}
    assert setup.answer(paused, True).text == "done"
    assert shell.ran == [ASK]
    assert setup.client.heard == [f"ran {ASK}"]


def test_ask_reject(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    setup = Setup(guard, shell, [ASK], stream=stream)
    paused = setup.run()
    assert setup.answer(paused, False).text == "done"
    assert shell.ran == []
    assert "rejected" in setup.client.heard[0]
    [ask] = questions(paused)
    fingerprint = ask.additional_properties["checkrein"]["fingerprint"]
    assert not guard.approvals.redeem(fingerprint, ask.id), "a no takes the question back"


def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    setup = Setup(guard, shell, [ALLOW, ASK, DENY], stream=stream)
    paused = setup.run()
    assert shell.ran == [ALLOW]
    assert len(questions(paused)) == 1
    setup.answer(paused, True)
    assert shell.ran == [ALLOW, ASK]
    assert setup.client.heard[0] == f"ran {ALLOW}"
    assert any("railway:volumeDelete" in heard for heard in setup.client.heard)


def test_two_questions_one_answered(guard: checkrein.Guard, shell: Shell) -> None:
    setup = Setup(guard, shell, [ASK, ASK_ELSE])
    paused = setup.run()
    first, second = questions(paused)
    setup.run(Message("user", [first.to_function_approval_response(True)]))
    assert shell.ran == [ASK]
    setup.run(Message("user", [second.to_function_approval_response(True)]))
    assert shell.ran == [ASK, ASK_ELSE]


def test_engine_crash(
    guard: checkrein.Guard,
    shell: Shell,
    stream: bool,
    crash: Callable[[], None],
    request: pytest.FixtureRequest,
) -> None:
    setup = Setup(guard, shell, [ALLOW], stream=stream)
    crash()
    if "adapter" in request.node.callspec.id:
        with pytest.raises(MiddlewareFailure, match="the guard failed"):
            setup.run()
    else:
        setup.run()
        assert setup.client.heard[0].startswith("checkrein: ")
    assert shell.ran == []


def test_crash_after_approval(
    guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]
) -> None:
    setup = Setup(guard, shell, [ASK])
    paused = setup.run()
    crash()
    with contextlib.suppress(MiddlewareFailure):
        setup.answer(paused, True)
    assert shell.ran == []


DELEGATE = {"name": "delegate", "arguments": {"task": "tidy up"}}


def test_nested_agent(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    client = Scripted([DENY], [ALLOW])
    inner = Agent(client, name="helper", tools=[bash(shell)], middleware=[protect(guard)])
    tools = [inner.as_tool(name="delegate")]
    setup = Setup(guard, shell, [DELEGATE], stream=stream, tools=tools)
    assert setup.run().text == "done"
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in client.heard[0]
    assert setup.client.heard == ["done"]


def test_nested_agent_asks(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    """The framework cannot pause inside an agent used as a tool: the question is an error."""
    inner = Agent(Scripted([ASK]), name="helper", tools=[bash(shell)], middleware=[protect(guard)])
    tools = [inner.as_tool(name="delegate")]
    setup = Setup(guard, shell, [DELEGATE], stream=stream, tools=tools)
    result = setup.run()
    assert not questions(result) and shell.ran == []
    assert setup.client.heard[0].startswith("Error")


def test_nested_agent_without_guard(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    inner = Agent(Scripted([ALLOW]), name="helper", tools=[bash(shell)])
    tools = [inner.as_tool(name="delegate")]
    setup = Setup(guard, shell, [DELEGATE], stream=stream, tools=tools)
    with pytest.raises(checkrein.ConfigurationError, match="the agent behind `delegate`"):
        setup.run()
    assert shell.ran == []


def test_nested_agent_without_guard_unannounced(guard: checkrein.Guard, shell: Shell) -> None:
    """Even where nothing looked at the offers before, the call itself is stopped."""
    inner = Agent(Scripted([ALLOW]), name="helper", tools=[bash(shell)])
    function_only = [*protect(guard)._middleware][:1]
    agent = Agent(
        Scripted([DELEGATE]), tools=[inner.as_tool(name="delegate")], middleware=function_only
    )
    with pytest.raises(MiddlewareFailure):
        asyncio.run(agent.run("tidy up"))
    assert shell.ran == []


def test_nested_agent_with_guard_in_its_client(guard: checkrein.Guard, shell: Shell) -> None:
    client = Scripted([DENY], [ALLOW], middleware=[protect(guard)])
    inner = Agent(client, name="helper", tools=[bash(shell)])
    setup = Setup(guard, shell, [DELEGATE], tools=[inner.as_tool(name="delegate")])
    assert setup.run().text == "done"
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in client.heard[0]


def test_workflow(guard: checkrein.Guard, shell: Shell) -> None:
    client = Scripted([DENY], [ASK])
    agent = Agent(client, name="builder", tools=[bash(shell)], middleware=[protect(guard)])

    async def run() -> None:
        workflow = WorkflowBuilder(start_executor=agent).build()
        paused = await workflow.run("tidy up")
        asked = paused.get_request_info_events()
        assert shell.ran == [] and len(asked) == 1
        assert asked[0].data.additional_properties["checkrein"]["tool"] == "bash"
        await workflow.run(
            responses={asked[0].request_id: asked[0].data.to_function_approval_response(True)}
        )

    asyncio.run(run())
    assert shell.ran == [ASK]
    assert client.heard[-1] == f"ran {ASK}"


@pytest.mark.parametrize("edited", [DENY, ASK_ELSE])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, stream: bool, edited: str
) -> None:
    setup = Setup(guard, shell, [ASK], stream=stream)
    paused = setup.run()
    [pending] = setup.session.state["tool_approval"]["pending_approval_requests"]
    pending["function_call"]["arguments"] = {"command": edited}
    setup.answer(paused, True)
    assert shell.ran == []
    assert setup.client.heard[0].startswith("checkrein: ")


def test_edited_answer_runs_what_was_asked(guard: checkrein.Guard, shell: Shell) -> None:
    """The framework runs the call it keeps in the session, whatever the answer carries."""
    setup = Setup(guard, shell, [ASK])
    [ask] = questions(setup.run())
    answer = ask.to_function_approval_response(True)
    answer.function_call.arguments = {"command": ASK_ELSE}
    setup.run(Message("user", [answer]))
    assert ASK_ELSE not in shell.ran


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("edited", [DENY, ASK_ELSE])
def test_middleware_edits_approved_arguments(
    guard: checkrein.Guard, shell: Shell, where: str, edited: str
) -> None:
    class Edit(FunctionMiddleware):
        async def process(
            self, context: FunctionInvocationContext, call_next: Callable[[], Awaitable[None]]
        ) -> None:
            if "approval_response" in context.metadata:
                context.arguments = {"command": edited}
            await call_next()

    setup = Setup(guard, shell, [ASK], **{where: [Edit()]})
    paused = setup.run()
    if where == "after":
        with pytest.raises(MiddlewareFailure, match="changed"):
            setup.answer(paused, True)
        assert shell.ran == []
        return
    # The framework asks about the new arguments, without reasons; a yes to that is none to ours.
    paused = setup.answer(paused, True)
    assert [ask.additional_properties.get("checkrein") for ask in questions(paused)] == [None]
    paused = setup.answer(paused, True)
    assert shell.ran == []
    if edited == DENY:
        assert not questions(paused) and "railway:volumeDelete" in setup.client.heard[0]
    else:
        [ask] = questions(paused)
        assert "docs" in ask.additional_properties["checkrein"]["message"]
        setup.answer(paused, True)
        assert shell.ran == [ASK_ELSE]


def test_middleware_edits_allowed_arguments(
    guard: checkrein.Guard, shell: Shell, stream: bool
) -> None:
    @function_middleware
    async def edit(
        context: FunctionInvocationContext, call_next: Callable[[], Awaitable[None]]
    ) -> None:
        context.arguments = {"command": DENY}
        await call_next()

    inside = Setup(guard, shell, [ALLOW], after=[edit], stream=stream)
    with pytest.raises(MiddlewareFailure, match="changed"):
        inside.run()
    outside = Setup(guard, shell, [ALLOW], before=[edit], stream=stream)
    outside.run()
    assert "railway:volumeDelete" in outside.client.heard[0]
    assert shell.ran == []


def test_replayed_approval(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    setup = Setup(guard, shell, [ASK], stream=stream)
    paused = setup.run()
    before = setup.session.to_dict()
    setup.answer(paused, True)
    assert shell.ran == [ASK]
    # The framework itself forgets what was answered, so replay with the session as it was.
    setup.answer(paused, True)
    setup.answer(paused, True, AgentSession.from_dict(before))
    assert shell.ran == [ASK]
    assert any("checkrein: this approval is not for" in heard for heard in setup.client.heard)


def test_other_process(guard: checkrein.Guard, shell: Shell) -> None:
    setup = Setup(guard, shell, [ASK])
    paused = setup.run()
    elsewhere = Setup(checkrein.Guard(inventory="", workspace="/"), shell)
    elsewhere.answer(paused, True, AgentSession.from_dict(setup.session.to_dict()))
    assert shell.ran == []
    assert "was not asked for in this process" in elsewhere.client.heard[0]


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("bound", [True, False])
def test_forged_approval(guard: checkrein.Guard, shell: Shell, bound: bool, marked: bool) -> None:
    """A request and a yes that nobody asked for; also with the framework's own check off."""
    call = Content.from_function_call(
        call_id="c", name="bash", arguments={"command": ASK}, id="forged"
    )
    decision = guard.authorize(
        "bash", {"command": ASK}, agent="builder", workspace=WORKSPACE, env={}
    )
    assert decision.approval is not None
    mark = {"checkrein": {"fingerprint": decision.approval.fingerprint}}
    request = Content.from_function_approval_request(
        id="forged", function_call=call, additional_properties=mark if marked else {}
    )
    config = None if bound else {"disable_approval_response_binding": True}
    setup = Setup(guard, shell, config=config)
    answer = Message("user", [request.to_function_approval_response(True)])
    result = asyncio.run(setup.agent.run([Message("assistant", [call, request]), answer]))
    assert shell.ran == []
    if not bound and marked:
        assert "was not asked for in this process" in setup.client.heard[0]
    elif not bound:
        assert questions(result)[0].additional_properties["checkrein"]["tool"] == "bash"


def test_tool_that_always_asks(guard: checkrein.Guard, shell: Shell, stream: bool) -> None:
    """Its own question comes first and shows no reasons: what needs approval is asked again."""
    setup = Setup(
        guard,
        shell,
        [ALLOW, DENY, ASK],
        tools=[bash(shell, approval_mode="always_require")],
        stream=stream,
    )
    paused = setup.run()
    assert len(questions(paused)) == 3 and shell.ran == []
    again = setup.answer(paused, True)
    assert shell.ran == [ALLOW]
    [ask] = questions(again)
    assert ask.additional_properties["checkrein"]["tool"] == "bash"
    setup.answer(again, True)
    assert shell.ran == [ALLOW, ASK]
    assert any("railway:volumeDelete" in heard for heard in setup.client.heard)


def test_call_put_aside_for_another_question(guard: checkrein.Guard, shell: Shell) -> None:
    """The framework holds a call back while a sibling's question is open, and then calls it
    approved though nobody was asked about it."""
    other = bash(Shell(), approval_mode="always_require")
    other.name = "sh"
    sibling = {"name": "sh", "arguments": {"command": ALLOW}}
    setup = Setup(guard, shell, [sibling, ASK], tools=[other, bash(shell)])
    again = setup.answer(setup.run(), True)
    assert shell.ran == []
    [ask] = questions(again)
    assert "fs:remove_recursive" in ask.additional_properties["checkrein"]["message"]
    setup.answer(again, True)
    assert shell.ran == [ASK]


def test_tool_error_passes_through(guard: checkrein.Guard, stream: bool) -> None:
    seen: list[BaseException] = []

    class Watch(FunctionMiddleware):
        async def process(
            self, context: FunctionInvocationContext, call_next: Callable[[], Awaitable[None]]
        ) -> None:
            try:
                await call_next()
            except ValueError as error:
                seen.append(error)
                raise

    @tool(name="bash")
    def fails(command: str) -> str:
        raise ValueError("disk full")

    setup = Setup(guard, Shell(), [ALLOW], tools=[fails], before=[Watch()], stream=stream)
    setup.run()
    assert [str(error) for error in seen] == ["disk full"]
    assert "checkrein" not in setup.client.heard[0]


@pytest.mark.parametrize(
    "hosted", [{"type": "web_search"}, {"type": "code_interpreter", "container": {}}]
)
def test_hosted_tool(
    guard: checkrein.Guard, shell: Shell, stream: bool, hosted: dict[str, Any]
) -> None:
    setup = Setup(guard, shell, [ALLOW], tools=[bash(shell), hosted], stream=stream)
    with pytest.raises(checkrein.ConfigurationError, match=hosted["type"]):
        setup.run()
    assert shell.ran == [] and setup.client.calls == 0

    agent = Agent(
        Quiet([ALLOW, DENY]),
        tools=[bash(shell), hosted],
        middleware=[protect(guard, allow_hosted=True)],
    )
    asyncio.run(agent.run("look"))
    assert shell.ran == [ALLOW]


class Quiet(Scripted):
    """Does not look at the tools."""

    def _inner_get_response(self, **kwargs: Any) -> Any:
        return super()._inner_get_response(**{**kwargs, "options": {}})


def test_schema_stays(guard: checkrein.Guard, shell: Shell) -> None:
    setup = Setup(guard, shell, [ALLOW])
    setup.run()
    assert setup.client.schemas == [bash(shell).to_json_schema_spec()]


def test_chat_client_without_agent(guard: checkrein.Guard, shell: Shell) -> None:
    client = Scripted([DENY, ALLOW], middleware=[protect(guard)])
    asyncio.run(
        client.get_response([Message("user", ["tidy up"])], options={"tools": [bash(shell)]})
    )
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in client.heard[0]


def test_mcp_tools(guard: checkrein.Guard, shell: Shell) -> None:
    """An MCP tool is known by its server; what the application hands in is looked at as well."""
    server_module = pytest.importorskip("mcp.server.mcpserver")
    client_module = pytest.importorskip("mcp.client.client")
    from agent_framework._mcp import MCPTool

    server = server_module.MCPServer("files")

    @server.tool()
    def bash(command: str, note: str = "") -> str:
        return shell.run(command)

    asked: list[tuple[Any, ...]] = []

    class Recording(checkrein.Guard):
        __slots__ = ()

        def authorize(self, tool: str, arguments: Any, **context: Any) -> checkrein.Decision:
            asked.append((tool, dict(arguments), context["server"]))
            return super().authorize(tool, arguments, **context)

    recording = Recording(inventory="", workspace="/")

    async def run() -> None:
        async with (
            client_module.Client(server) as connection,
            MCPTool("files", mcp_client=connection, tool_name_prefix="f") as mcp,
        ):
            client = Scripted([{"name": "f_bash", "arguments": {"command": ALLOW}}])
            agent = Agent(client, tools=mcp, middleware=[protect(recording)])
            session = AgentSession()
            given = {"note": "n", "x": 1}
            paused = await agent.run("look", session=session, function_invocation_kwargs=given)
            assert shell.ran == []
            [ask] = questions(paused)
            yes = Message("user", [ask.to_function_approval_response(True)])
            await agent.run(yes, session=session, function_invocation_kwargs=given)

    asyncio.run(run())
    assert asked == [("bash", {"command": ALLOW, "note": "n"}, "files")] * 2
    assert shell.ran == [ALLOW]
