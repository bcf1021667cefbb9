"""What gets around a careless guard: the further tests of `openai_agents`."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from agents import (
    Agent,
    ApplyPatchTool,
    CustomTool,
    FunctionTool,
    Handoff,
    LocalShellTool,
    RunConfig,
    Runner,
    RunState,
    UserError,
    WebSearchTool,
    function_tool,
)
from agents.sandbox import SandboxAgent, SandboxRunConfig
from agents.sandbox.capabilities import Filesystem
from agents.sandbox.capabilities import Shell as ShellCapability
from agents.sandbox.types import ExecResult
from agents.testing import (
    assistant_message,
    scripted_sandbox_session,
)
from agents.tool_context import ToolContext
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from mcp.types import Tool as RemoteTool
from mcp.types import ToolAnnotations
from openai_agents_scenario import (
    DELEGATE,
    UNSEEN,
    Editor,
    Server,
    answer,
    bash,
    builder,
    custom_call,
    heard,
    local_shell_call,
    patch,
    patch_call,
    protect,
    run,
    script,
    shell_call,
    shell_tool,
)

import checkrein
from checkrein.openai_agents import guard_agent, guard_tool, questions

pytest_plugins = ["openai_agents_scenario"]


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
