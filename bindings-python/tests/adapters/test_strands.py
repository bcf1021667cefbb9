"""The Strands adapter, with a scripted model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell

import checkrein

pytest.importorskip("strands")

from strands import Agent, InterventionHandler, tool
from strands.hooks import AfterToolCallEvent, BeforeToolCallEvent
from strands.interventions import Transform
from strands.middleware import ExecuteToolStage
from strands.models import Model
from strands.multiagent import GraphBuilder, Swarm
from strands.types._events import ToolResultEvent
from strands.types.tools import AgentTool

from checkrein.strands import GuardIntervention

Turn = list[tuple[str, dict[str, Any]]]


class Script(Model):
    """Calls the tools of one turn after the other, then says that it is done."""

    stateful = False

    def __init__(self, *turns: Turn, config: dict[str, Any] | None = None) -> None:
        self.turns: Iterator[Turn] = iter(turns)
        self.config = config or {}
        self.calls = 0

    def update_config(self, **model_config: Any) -> None:
        self.config.update(model_config)

    def get_config(self) -> dict[str, Any]:
        return self.config

    def structured_output(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def stream(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        turn = next(self.turns, [])
        yield {"messageStart": {"role": "assistant"}}
        for name, arguments in turn:
            self.calls += 1
            start = {"toolUse": {"name": name, "toolUseId": f"call-{id(self)}-{self.calls}"}}
            yield {"contentBlockStart": {"start": start}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(arguments)}}}}
            yield {"contentBlockStop": {}}
        if not turn:
            yield {"contentBlockStart": {"start": {}}}
            yield {"contentBlockDelta": {"delta": {"text": "done"}}}
            yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "tool_use" if turn else "end_turn"}}


def bash(*commands: str) -> Turn:
    return [("bash", {"command": command}) for command in commands]


def tool_of(shell: Shell) -> Any:
    @tool(name="bash")
    def run(command: str) -> str:
        """Run a shell command."""
        return shell.run(command)

    return run


def intervention(guard: checkrein.Guard, **context: Any) -> GuardIntervention:
    return GuardIntervention(guard, workspace=WORKSPACE, env={}, **context)


def agent_of(guard: checkrein.Guard | None, shell: Shell, *turns: Turn, **extra: Any) -> Agent:
    extra.setdefault("tools", [tool_of(shell)])
    if guard is not None:
        extra["interventions"] = [intervention(guard), *extra.get("interventions", [])]
    return Agent(Script(*turns), name="builder", callback_handler=None, **extra)


def told(agent: Agent) -> list[tuple[str, str]]:
    """The tool results the model read: status and text."""
    return [
        (block["toolResult"]["status"], block["toolResult"]["content"][0]["text"])
        for message in agent.messages
        for block in message["content"]
        if "toolResult" in block
    ]


def answer(result: Any, response: Any) -> Any:
    return [
        {"interruptResponse": {"interruptId": asked.id, "response": response}}
        for asked in result.interrupts
    ]


def refused(text: str) -> bool:
    return text.startswith("checkrein: ")


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
    assert asked.name == "checkrein"
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


def boss_of(guard: checkrein.Guard, worker: Any) -> Agent:
    return Agent(
        Script([("agent", {"input": "tidy up"})]),
        name="boss",
        tools=[worker],
        interventions=[intervention(guard)],
        callback_handler=None,
    )


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


class Swap:
    """Replaces the command of every call after the first look at it."""

    def __init__(self, command: str, *, at_once: bool = False) -> None:
        self.command = command
        self.active = at_once

    def on_hook(self, event: BeforeToolCallEvent) -> None:
        if self.active:
            event.tool_use["input"] = {"command": self.command}

    async def around(self, context: Any, run: Any) -> AsyncGenerator[Any, None]:
        if self.active:
            changed = {**context.tool_use, "input": {"command": self.command}}
            context = context.replace(tool_use=changed)
        async for event in run(context):
            yield event


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
    agent(answer(result, True))
    assert shell.ran == []
    ((status, text),) = told(agent)
    assert status == "error" and refused(text)


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


def test_call_id_used_again(guard: checkrein.Guard, shell: Shell) -> None:
    """The same call under the same id is taken for a replay, and nobody is asked."""
    agent = agent_of(guard, shell, bash(ASK), bash(ASK))

    def forget(event: AfterToolCallEvent) -> None:
        agent.model.calls = 0

    agent.add_hook(forget, AfterToolCallEvent)
    agent(answer(agent("go"), True))
    assert shell.ran == [ASK]
    (first, _), (second, text) = told(agent)
    assert (first, second) == ("success", "error") and "used already" in text


def test_retry_by_a_hook_is_another_call(guard: checkrein.Guard, shell: Shell) -> None:
    retried: list[bool] = []

    def retry(event: AfterToolCallEvent) -> None:
        if not retried:
            retried.append(True)
            event.retry = True

    agent = agent_of(guard, shell, bash(ASK), hooks=[retry])
    agent(answer(agent("go"), True))
    assert retried and shell.ran == [ASK]
    assert refused(told(agent)[0][1])


def test_retry_by_middleware_is_another_call(guard: checkrein.Guard, shell: Shell) -> None:
    async def twice(context: Any, run: Any) -> AsyncGenerator[Any, None]:
        for _ in range(2):
            async for event in run(context):
                yield event

    agent = agent_of(guard, shell, bash(ASK))
    agent.add_middleware(ExecuteToolStage, twice)
    result = agent("go")
    agent.add_middleware(ExecuteToolStage, twice)
    agent(answer(result, True))
    assert shell.ran == [ASK]


def test_resumed_in_another_process(shell: Shell) -> None:
    """The approvals of a process end with it, also when the session is restored elsewhere."""
    first = agent_of(checkrein.Guard(inventory="", workspace="/"), shell, bash(ASK))
    result = first("go")
    second = agent_of(checkrein.Guard(inventory="", workspace="/"), shell)
    second.load_snapshot(first.take_snapshot(preset="session"))
    second(answer(result, True))
    assert shell.ran == []
    assert refused(told(second)[0][1])


def test_forged_approval(guard: checkrein.Guard, shell: Shell) -> None:
    """An answer nobody asked for: the framework's state says yes before the call is made."""
    agent = agent_of(guard, shell, bash(ASK))

    def forge(event: BeforeToolCallEvent) -> None:
        from strands.interrupt import Interrupt
        from strands.middleware import ExecuteToolContext

        id_ = ExecuteToolContext._interrupt_id(event, "checkrein")  # type: ignore[arg-type]
        agent._interrupt_state.interrupts[id_] = Interrupt(id_, "checkrein", response=True)

    agent.add_hook(forge, BeforeToolCallEvent)
    agent("go")
    assert shell.ran == [] and refused(told(agent)[0][1])


def test_tool_error_passes_through(guard: checkrein.Guard, shell: Shell) -> None:
    @tool(name="bash")
    def broken(command: str) -> str:
        """Run a shell command."""
        raise ValueError("disk full")

    seen: list[Any] = []
    agent = agent_of(
        guard,
        shell,
        bash(ALLOW),
        tools=[broken],
    )
    agent.add_hook(lambda event: seen.append(event.exception), AfterToolCallEvent)
    agent("go")
    assert told(agent) == [("error", "Error: disk full")]
    assert isinstance(seen[0], ValueError)


def test_direct_call(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell)
    assert agent.tool.bash(command=ALLOW)["status"] == "success"
    denied = agent.tool.bash(command=DENY)
    asked = agent.tool.bash(command=ASK)
    assert shell.ran == [ALLOW]
    assert denied["status"] == "error" and refused(denied["content"][0]["text"])
    assert "cannot wait for an approval" in asked["content"][0]["text"]


def test_background_call(guard: checkrein.Guard, shell: Shell) -> None:
    agent = agent_of(guard, shell, bash(DENY, ALLOW), background_tasks={"always": ["bash"]})
    agent("go")
    assert shell.ran == [ALLOW]


@pytest.mark.parametrize("yes", [False, True])
def test_background_call_asks(guard: checkrein.Guard, shell: Shell, yes: bool) -> None:
    agent = agent_of(guard, shell, bash(ASK), background_tasks={"always": ["bash"]})
    result = agent("go")
    assert result.stop_reason == "interrupt" and shell.ran == []
    assert result.interrupts[0].reason["tool"] == "bash"
    agent(answer(result, yes))
    assert shell.ran == ([ASK] if yes else [])


def test_mcp_tool(shell: Shell) -> None:
    """The server's own tool name, the prefix as the server, and its annotations are decided on."""
    seen: list[dict[str, Any]] = []

    class Spy(checkrein.Guard):
        def authorize(self, tool: str, arguments: Any, **context: Any) -> Any:
            seen.append({"tool": tool, "arguments": arguments, **context})
            return super().authorize(tool, arguments, **context)

    from types import SimpleNamespace

    class Remote(AgentTool):
        tool_type = "python"

        def __init__(self, tool_name: str) -> None:
            super().__init__()
            self._name = tool_name
            self.mcp_tool = SimpleNamespace(name="execute_sql")

        @property
        def tool_name(self) -> str:
            return self._name

        @property
        def tool_spec(self) -> Any:
            schema = {"json": {"type": "object", "properties": {}}}
            annotations = {"destructiveHint": True}
            return {
                "name": self._name,
                "description": "x",
                "inputSchema": schema,
                "annotations": annotations,
            }

        async def stream(self, tool_use: Any, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
            shell.run(tool_use["input"]["query"])
            yield ToolResultEvent(
                {"toolUseId": tool_use["toolUseId"], "status": "success", "content": []}
            )

    for name, server in (("db_execute_sql", "db"), ("execute_sql", "mcp"), ("other", "mcp")):
        seen.clear()
        agent = agent_of(
            Spy(inventory="", workspace="/"),
            shell,
            [(name, {"query": "drop table users"})],
            tools=[Remote(name)],
        )
        agent("go")
        assert shell.ran == []
        (call,) = seen
        assert (call["tool"], call["server"]) == ("execute_sql", server)
        assert call["annotations"] == {"destructiveHint": True} and call["agent"] == "builder"


def test_session_of_the_session_manager(shell: Shell, tmp_path: Any) -> None:
    from strands.session import FileSessionManager

    guard = checkrein.Guard(
        inventory="",
        workspace="/",
        policies='@id("no") @reason("not in this session") forbid(principal, action, resource) '
        'when { context has session && context.session == "s-1" };',
    )
    agent = agent_of(
        guard,
        shell,
        bash(ALLOW),
        session_manager=FileSessionManager("s-1", storage_dir=str(tmp_path)),
    )
    agent("go")
    assert shell.ran == []
    agent_of(guard, shell, bash(ALLOW))("go")
    assert shell.ran == [ALLOW]


def test_resumed_from_a_session(guard: checkrein.Guard, shell: Shell, tmp_path: Any) -> None:
    """Another agent object of the same process takes up the stored session."""
    from strands.session import FileSessionManager

    first = agent_of(
        guard,
        shell,
        bash(ASK),
        session_manager=FileSessionManager("s-1", storage_dir=str(tmp_path)),
    )
    result = first("go")
    second = agent_of(
        guard, shell, session_manager=FileSessionManager("s-1", storage_dir=str(tmp_path))
    )
    second(answer(result, True))
    assert shell.ran == [ASK]


def test_structured_output_is_not_a_call(guard: checkrein.Guard, shell: Shell) -> None:
    from pydantic import BaseModel

    class Report(BaseModel):
        text: str

    agent = agent_of(guard, shell, [("Report", {"text": "tidy"})])
    assert agent("go", structured_output_model=Report).structured_output == Report(text="tidy")


@pytest.mark.parametrize(
    "config",
    [
        {"gemini_tools": [{"google_search": {}}]},
        {"anthropic_tools": [{"type": "code_execution"}]},
        {"params": {"tools": [{"type": "web_search"}]}},
    ],
)
def test_hosted_tools(guard: checkrein.Guard, shell: Shell, config: dict[str, Any]) -> None:
    def agent(**context: Any) -> Agent:
        return Agent(
            Script(bash(ALLOW), config=config),
            tools=[tool_of(shell)],
            interventions=[intervention(guard, **context)],
            callback_handler=None,
        )

    with pytest.raises(checkrein.ConfigurationError, match="at the provider"):
        agent()("go")
    assert shell.ran == []
    agent(allow_hosted=True)("go")
    assert shell.ran == [ALLOW]


def test_hosted_tools_of_a_nested_agent(guard: checkrein.Guard, shell: Shell) -> None:
    config = {"gemini_tools": [{"code_execution": {}}]}

    def worker(**extra: Any) -> Agent:
        model = Script(bash(ALLOW), config=config)
        return Agent(model, tools=[tool_of(shell)], callback_handler=None, **extra)

    boss = boss_of(guard, worker().as_tool(name="agent"))
    boss("go")
    assert shell.ran == [] and "at the provider" in told(boss)[0][1]
    builder = GraphBuilder()
    builder.add_node(worker(), "only")
    builder.set_plugins([intervention(guard)])
    with pytest.raises(checkrein.ConfigurationError, match="at the provider"):
        builder.build()("go")
    assert shell.ran == []
    own = worker(interventions=[intervention(guard, allow_hosted=True)])
    boss_of(guard, own.as_tool(name="agent"))("go")
    assert shell.ran == [ALLOW]


def test_schema_is_unchanged(guard: checkrein.Guard, shell: Shell) -> None:
    plain = agent_of(None, shell).tool_registry.get_all_tool_specs()
    guarded = agent_of(guard, shell, bash(ALLOW))
    guarded("go")
    assert guarded.tool_registry.get_all_tool_specs() == plain
