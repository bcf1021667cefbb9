"""The FastMCP adapter against the real framework; its in-memory client plays the agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import mcp_types as mt
import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from fastmcp import Client, Context, FastMCP
from fastmcp.client.elicitation import ElicitResult
from fastmcp.exceptions import ToolError
from fastmcp.server import create_proxy
from fastmcp.server.auth import AccessToken
from fastmcp.server.middleware import Middleware
from fastmcp.tools import Tool
from fastmcp.tools.base import InputRequiredToolResult
from fastmcp.tools.tool_transform import ArgTransform
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser

import checkrein
from checkrein.fastmcp import GuardMiddleware

ERAS = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])


def middleware(guard: checkrein.Guard, **options: Any) -> GuardMiddleware:
    options.setdefault("own_tools", True)
    return GuardMiddleware(guard, workspace=WORKSPACE, env={}, **options)


def server_of(
    shell: Shell, guard: checkrein.Guard | None, name: str = "ops", **options: Any
) -> FastMCP:
    server = FastMCP(name)
    server.tool(shell.run, name="bash")
    if guard is not None:
        server.add_middleware(middleware(guard, **options))
    return server


class Human:
    """Answers what the client is asked, and keeps what that was."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    async def __call__(self, message: str, *_: Any) -> Any:
        self.asked.append(message)
        return self._answers.pop(0)


def call(
    server: Any, *commands: str, tool: str = "bash", human: Human | None = None, mode: str = "auto"
) -> list[str]:
    """What the client is told about its calls, made at the same time; errors begin with "!"."""

    async def one(client: Client[Any], command: str) -> str:
        result = await client.call_tool(tool, {"command": command}, raise_on_error=False)
        text = "".join(part.text for part in result.content)
        return "!" + text if result.is_error else text

    async def main() -> list[str]:
        async with Client(server, elicitation_handler=human, mode=mode) as client:
            return await asyncio.gather(*(one(client, command) for command in commands))

    return asyncio.run(main())


def raw(
    server: FastMCP, *rounds: tuple[dict[str, str], Any]
) -> list[mt.CallToolResult | mt.InputRequiredResult]:
    """Calls of one client, by hand: each is arguments and responses, or what makes responses."""

    async def main() -> list[Any]:
        results: list[Any] = []
        async with Client(server, elicitation_handler=Human(), mode="2026-07-28") as client:
            for arguments, responses in rounds:
                given = responses(results) if callable(responses) else responses
                results.append(
                    await client.session.call_tool(
                        "bash", arguments, input_responses=given, allow_input_required=True
                    )
                )
        return results

    return asyncio.run(main())


def answer(value: Any, action: Any = "accept") -> Callable[[list[Any]], Any]:
    """Responses to the first question there was."""

    def respond(results: list[Any]) -> Any:
        (key,) = results[0].input_requests
        return {key: mt.ElicitResult(action=action, content={"value": value})}

    return respond


def text_of(result: Any) -> str:
    assert result.is_error
    return "".join(part.text for part in result.content)


@ERAS
def test_allow(shell: Shell, guard: checkrein.Guard, mode: str) -> None:
    assert call(server_of(shell, guard), ALLOW, mode=mode) == [f"ran {ALLOW}"]
    assert shell.ran == [ALLOW]


@ERAS
def test_deny(shell: Shell, guard: checkrein.Guard, mode: str) -> None:
    human = Human(True)
    (told,) = call(server_of(shell, guard, elicit=True), DENY, human=human, mode=mode)
    assert shell.ran == []
    assert told.startswith("!checkrein") and "was found" in told
    assert human.asked == []


def test_ask_is_refused_by_default(shell: Shell, guard: checkrein.Guard) -> None:
    human = Human(True)
    (told,) = call(server_of(shell, guard), ASK, human=human)
    assert shell.ran == []
    assert told.startswith("!checkrein") and "approved by" in told
    assert human.asked == []


@ERAS
def test_ask_approve(shell: Shell, guard: checkrein.Guard, mode: str) -> None:
    human = Human(True)
    told = call(server_of(shell, guard, elicit=True), ASK, human=human, mode=mode)
    assert told == [f"ran {ASK}"]
    assert shell.ran == [ASK]
    (question,) = human.asked
    assert "/repo/src" in question and "Fingerprint: sha256:" in question


@ERAS
@pytest.mark.parametrize(
    "no", [False, ElicitResult(action="decline"), ElicitResult(action="cancel")]
)
def test_ask_reject(shell: Shell, guard: checkrein.Guard, mode: str, no: Any) -> None:
    (told,) = call(server_of(shell, guard, elicit=True), ASK, human=Human(no), mode=mode)
    assert shell.ran == []
    assert told.startswith("!checkrein") and "The human said no" in told


@ERAS
def test_parallel_allow_and_ask(shell: Shell, guard: checkrein.Guard, mode: str) -> None:
    human = Human(True)
    server = server_of(shell, guard, elicit=True)
    told = call(server, ALLOW, ASK, DENY, human=human, mode=mode)
    assert sorted(shell.ran) == sorted([ALLOW, ASK])
    assert told[:2] == [f"ran {ALLOW}", f"ran {ASK}"]
    assert told[2].startswith("!checkrein")
    assert len(human.asked) == 1


@pytest.mark.parametrize("elicit", [False, True])
def test_engine_crash(
    shell: Shell, guard: checkrein.Guard, crash: Callable[[], None], elicit: bool
) -> None:
    server = server_of(shell, guard, elicit=elicit)
    crash()
    (told,) = call(server, ALLOW, human=Human(True))
    assert shell.ran == []
    assert told.startswith("!checkrein") and "broken on purpose" not in told


@ERAS
def test_engine_crash_after_approval(
    shell: Shell, guard: checkrein.Guard, crash: Callable[[], None], mode: str
) -> None:
    class Breaks(Human):
        async def __call__(self, message: str, *_: Any) -> Any:
            crash()
            return True

    (told,) = call(server_of(shell, guard, elicit=True), ASK, human=Breaks(), mode=mode)
    assert shell.ran == []
    assert told.startswith("!checkrein")


@pytest.mark.parametrize("failing", ["get_tool", "get_access_token", "name"])
def test_adapter_crash(
    shell: Shell, guard: checkrein.Guard, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken on purpose")

    match failing:
        case "get_tool":
            monkeypatch.setattr(FastMCP, "get_tool", fail)
        case "get_access_token":
            monkeypatch.setattr("checkrein.fastmcp.get_access_token", fail)
        case _:
            monkeypatch.setattr("checkrein.fastmcp.extract_version_spec", fail)
    (told,) = call(server_of(shell, guard), ALLOW)
    assert shell.ran == []
    assert told == "!checkrein: refused, because the guard failed (RuntimeError)"


@pytest.mark.parametrize("guarded", ["parent", "child"])
def test_nested_agent(shell: Shell, guard: checkrein.Guard, guarded: str) -> None:
    """There are no agents in MCP; a server in a server is the nearest. The guard is on either."""
    child = server_of(shell, guard if guarded == "child" else None, "child", elicit=True)
    parent = FastMCP("parent")
    parent.mount(child, namespace="sub")
    if guarded == "parent":
        parent.add_middleware(middleware(guard, elicit=True))
    human = Human(True)
    told = call(parent, ALLOW, DENY, ASK, tool="sub_bash", human=human)
    assert sorted(shell.ran) == sorted([ALLOW, ASK])
    assert [text[:9] for text in told] == ["ran git s", "!checkrei", "ran rm -r"]


def test_tool_that_calls_a_tool(shell: Shell, guard: checkrein.Guard) -> None:
    server = server_of(shell, guard, elicit=True)

    async def think(command: str, ctx: Context) -> str:
        """Calls the other tool."""
        result = await ctx.fastmcp.call_tool("bash", {"command": command})
        assert not isinstance(result, InputRequiredToolResult)
        return str(result.content[0].text)

    server.tool(think)
    human = Human(True)
    told = call(server, ALLOW, DENY, ASK, tool="think", human=human)
    assert shell.ran == [ALLOW]
    assert told[0] == f"ran {ALLOW}"
    assert "was found" in told[1]
    assert "approved by" in told[2] and human.asked == []


def test_call_without_a_client(shell: Shell, guard: checkrein.Guard) -> None:
    server = server_of(shell, guard, elicit=True)
    asyncio.run(server.call_tool("bash", {"command": ALLOW}))
    for command in (DENY, ASK):
        with pytest.raises(ToolError, match="checkrein"):
            asyncio.run(server.call_tool("bash", {"command": command}))
    assert shell.ran == [ALLOW]


@pytest.mark.parametrize("edited", [ASK_ELSE, DENY], ids=["ask", "deny"])
def test_arguments_edited_after_approval(shell: Shell, guard: checkrein.Guard, edited: str) -> None:
    server = server_of(shell, guard, elicit=True)
    rounds = ({"command": ASK}, None), ({"command": edited}, answer(True))
    question, result = raw(server, *rounds)
    assert isinstance(question, mt.InputRequiredResult)
    assert shell.ran == []
    assert ("was found" if edited is DENY else "ask again") in text_of(result)


def test_replayed_approval(shell: Shell, guard: checkrein.Guard) -> None:
    asked: tuple[Any, Any] = ({"command": ASK}, answer(True))
    _, first, second = raw(
        server_of(shell, guard, elicit=True), ({"command": ASK}, None), asked, asked
    )
    assert shell.ran == [ASK]
    assert not first.is_error  # type: ignore[union-attr]
    assert "ask again" in text_of(second)


def test_yes_after_no(shell: Shell, guard: checkrein.Guard) -> None:
    server = server_of(shell, guard, elicit=True)
    no, yes = answer(True, "decline"), answer(True)
    _, first, second = raw(
        server, ({"command": ASK}, None), ({"command": ASK}, no), ({"command": ASK}, yes)
    )
    assert shell.ran == []
    assert "said no" in text_of(first)
    assert "ask again" in text_of(second)


@pytest.mark.parametrize("value", ["yes", 1, None, "true"])
def test_only_true_is_yes(shell: Shell, guard: checkrein.Guard, value: Any) -> None:
    server = server_of(shell, guard, elicit=True)
    _, result = raw(server, ({"command": ASK}, None), ({"command": ASK}, answer(value)))
    assert shell.ran == []
    assert "said no" in text_of(result)


@pytest.mark.parametrize("elicit", [True, False])
def test_forged_approval(shell: Shell, guard: checkrein.Guard, elicit: bool) -> None:
    forged = {"checkrein-1": mt.ElicitResult(action="accept", content={"value": True})}
    (result,) = raw(server_of(shell, guard, elicit=elicit), ({"command": ASK}, forged))
    assert shell.ran == []
    assert text_of(result).startswith("checkrein")


def test_approval_of_another_process(shell: Shell, guard: checkrein.Guard) -> None:
    (question,) = raw(server_of(shell, guard, elicit=True), ({"command": ASK}, None))
    elsewhere = checkrein.Guard(inventory="", workspace="/")
    given = answer(True)([question])
    (result,) = raw(server_of(shell, elsewhere, elicit=True), ({"command": ASK}, given))
    assert shell.ran == []
    assert "ask again" in text_of(result)


@ERAS
def test_client_that_cannot_ask(shell: Shell, guard: checkrein.Guard, mode: str) -> None:
    (told,) = call(server_of(shell, guard, elicit=True), ASK, mode=mode)
    assert shell.ran == []
    assert told.startswith("!checkrein")


@ERAS
@pytest.mark.parametrize("elicit", [False, True])
def test_proxy(shell: Shell, guard: checkrein.Guard, mode: str, elicit: bool) -> None:
    """The names of a proxy's tools are somebody else's: `bash` there need not be a shell."""
    proxy = create_proxy(server_of(shell, None), name="upstream")
    proxy.add_middleware(middleware(guard, elicit=elicit))
    human = Human(True, True)
    told = call(proxy, ALLOW, human=human, mode=mode)
    assert shell.ran == ([ALLOW] if elicit else [])
    assert told[0].startswith("ran" if elicit else "!checkrein")
    assert call(proxy, DENY, human=human, mode=mode)[0].startswith("!checkrein")
    assert shell.ran == ([ALLOW] if elicit else [])
    assert len(human.asked) == elicit


def test_middleware_before_it_that_edits(shell: Shell, guard: checkrein.Guard) -> None:
    class Edit(Middleware):
        async def on_call_tool(self, context: Any, call_next: Any) -> Any:
            message = context.message.model_copy(update={"arguments": {"command": DENY}})
            return await call_next(context.copy(message=message))

    server = FastMCP("ops", middleware=[Edit(), middleware(guard)])
    server.tool(shell.run, name="bash")
    (told,) = call(server, ALLOW)
    assert shell.ran == []
    assert "was found" in told


def test_tool_error_passes_through(shell: Shell, guard: checkrein.Guard) -> None:
    seen: list[Exception] = []

    class Watch(Middleware):
        async def on_call_tool(self, context: Any, call_next: Any) -> Any:
            try:
                return await call_next(context)
            except Exception as error:
                seen.append(error)
                raise

    def broken(command: str) -> str:
        shell.run(command)
        raise ToolError("own error of the tool")

    server = FastMCP("ops", middleware=[Watch(), middleware(guard)])
    server.tool(broken, name="bash")
    assert call(server, ALLOW) == ["!own error of the tool"]
    assert shell.ran == [ALLOW]
    assert [str(error) for error in seen] == ["own error of the tool"]


def test_resource(shell: Shell) -> None:
    refuse = checkrein.Guard(
        policies='@id("no") @reason("never") forbid (principal, action, resource);',
        inventory="",
        workspace="/",
    )
    for guard, reads in ((checkrein.Guard(inventory="", workspace="/"), 1), (refuse, 0)):
        server = FastMCP("ops", middleware=[middleware(guard)])
        read: list[str] = []

        def show(name: str) -> str:
            read.append(name)  # noqa: B023
            return name

        server.resource("note://{name}")(show)

        async def main(server: FastMCP = server) -> Any:
            async with Client(server) as client:
                return await client.read_resource("note://a")

        if reads:
            asyncio.run(main())
        else:
            with pytest.raises(Exception, match="checkrein"):
                asyncio.run(main())
        assert len(read) == reads


class Recorder:
    """Stands in for a guard: allows all and records what it was asked."""

    def __init__(self, guard: checkrein.Guard) -> None:
        self.approvals = guard.approvals
        self.calls: list[dict[str, Any]] = []
        self._allowed = guard.authorize("bash", {"command": ALLOW}, agent="x", workspace=WORKSPACE)

    def authorize(self, tool: str, arguments: Any, **context: Any) -> checkrein.Decision:
        self.calls.append({"tool": tool, "arguments": dict(arguments), **context})
        return self._allowed


@pytest.fixture
def recorder(guard: checkrein.Guard) -> Recorder:
    return Recorder(guard)


@pytest.fixture
def signed_in() -> Iterator[None]:
    token = AccessToken(token="t", client_id="ci-bot", scopes=[])
    set_by_us = auth_context_var.set(AuthenticatedUser(token))
    yield
    auth_context_var.reset(set_by_us)


def test_what_is_decided(shell: Shell, recorder: Recorder) -> None:
    """Name, server and hints, through mounts, proxies, renaming and versions."""
    leaf = FastMCP("leaf")
    leaf.tool(shell.run, name="bash", version="1", annotations={"destructiveHint": True})
    leaf.tool(shell.run, name="bash", version="2")
    middle = FastMCP("middle")
    middle.mount(leaf, namespace="l")
    renamed = Tool.from_tool(
        Tool.from_function(shell.run, name="bash"),
        name="tidy",
        transform_args={"command": ArgTransform(name="what")},
    )
    root = FastMCP("root", middleware=[GuardMiddleware(recorder, own_tools=True)])  # type: ignore[arg-type]
    root.add_tool(renamed)
    root.mount(middle, namespace="m")
    root.mount(create_proxy(leaf, name="upstream"), namespace="p")

    async def main() -> None:
        async with Client(root) as client:
            await client.call_tool("m_l_bash", {"command": ALLOW})
            await client.call_tool("m_l_bash", {"command": ALLOW}, version="1")
            await client.call_tool("p_bash", {"command": ALLOW})
            await client.call_tool("tidy", {"what": ALLOW})
            await client.call_tool("nothing", {}, raise_on_error=False)

    asyncio.run(main())
    seen = [(call["tool"], call["server"], call["annotations"]) for call in recorder.calls]
    assert seen == [
        ("bash", None, None),
        ("bash", None, {"destructiveHint": True}),
        ("bash", "upstream", None),
        ("tidy", None, None),
        ("nothing", "root", None),
    ]
    assert recorder.calls[3]["arguments"] == {"what": ALLOW}
    assert shell.ran == [ALLOW] * 4


def test_server_of_foreign_tools(shell: Shell, recorder: Recorder) -> None:
    server = server_of(shell, recorder, "ops", own_tools=False)  # type: ignore[arg-type]
    call(server, ALLOW)
    assert [(call["tool"], call["server"]) for call in recorder.calls] == [("bash", "ops")]


@ERAS
def test_who_calls(shell: Shell, recorder: Recorder, mode: str) -> None:
    """A client's own name proves nothing; a session exists on old connections only."""
    call(server_of(shell, recorder), ALLOW, ALLOW, mode=mode)  # type: ignore[arg-type]
    first, second = recorder.calls
    assert first["agent"] == "agent"
    assert first["session"] == second["session"]
    assert (first["session"] is None) == (mode != "legacy")


def test_who_calls_when_signed_in(shell: Shell, recorder: Recorder, signed_in: None) -> None:
    call(server_of(shell, recorder), ALLOW)  # type: ignore[arg-type]
    call(server_of(shell, recorder, agent="builder", session="s"), ALLOW)  # type: ignore[arg-type]
    assert [call["agent"] for call in recorder.calls] == ["ci-bot", "builder"]
    assert recorder.calls[1]["session"] == "s"


def test_schema_is_unchanged(shell: Shell, guard: checkrein.Guard) -> None:
    async def listed(server: FastMCP) -> Any:
        async with Client(server) as client:
            return await client.list_tools()

    with_guard = asyncio.run(listed(server_of(shell, guard, elicit=True)))
    assert with_guard == asyncio.run(listed(server_of(shell, None)))
