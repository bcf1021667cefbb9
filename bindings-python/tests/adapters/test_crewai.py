"""CrewAI, with a scripted model: native tool calls and the text protocol, in every kind of run."""

# CrewAI reads what switches its telemetry off when it is imported.
# ruff: noqa: E402

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

for name in ("CREWAI_DISABLE_TELEMETRY", "OTEL_SDK_DISABLED", "CREWAI_TESTING"):
    os.environ[name] = "true"
os.environ |= {
    "CREWAI_DISABLE_VERSION_CHECK": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "XDG_DATA_HOME": tempfile.mkdtemp(),
}

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from crewai import Agent, Crew, Process, Task
from crewai.agents.agent_adapters.base_agent_adapter import BaseAgentAdapter
from crewai.flow.flow import Flow, start
from crewai.hooks import HookAborted, InterceptionPoint, clear_all_hooks, get_hooks, on
from crewai.hooks import register_hook as register
from crewai.hooks.dispatch import register_scoped, scoped_hooks
from crewai.lite_agent import LiteAgent
from crewai.llms.base_llm import BaseLLM
from crewai.tools import BaseTool, tool
from crewai.tools.mcp_native_tool import MCPNativeTool
from crewai.utilities.agent_utils import (
    convert_tools_to_openai_schema,
    execute_single_native_tool_call,
)
from pydantic import BaseModel

import checkrein
from checkrein.crewai import Refused, install

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

Call = str | tuple[str, dict[str, Any]]


class Scripted(BaseLLM):
    """Asks for the scripted calls, turn by turn, then says that it is done."""

    native: bool = True
    turns: list[list[Any]] = []
    heard: list[str] = []
    builtin_tools: list[str] | None = None

    def supports_function_calling(self) -> bool:
        return self.native

    def call(self, messages: Any, tools: Any = None, **_: Any) -> Any:
        said = messages if isinstance(messages, str) else [str(m["content"]) for m in messages]
        self.heard = [said] if isinstance(said, str) else said
        if not self.turns:
            return "done" if self.native else "Thought: I am done.\nFinal Answer: done"
        calls = [
            ("bash", {"command": call}) if isinstance(call, str) else call
            for call in self.turns.pop(0)
        ]
        if not self.native:
            [(name, arguments)] = calls
            text = json.dumps(arguments)
            return f"Thought: I need a tool.\nAction: {name}\nAction Input: {text}\n"
        return [
            {"id": f"call-{i}", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for i, (name, arguments) in enumerate(calls)
        ]

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs)

    @property
    def told(self) -> str:
        """All that was said in the last call."""
        return "\n".join(self.heard)


def script(*turns: Sequence[Call], native: bool = True, **fields: Any) -> Scripted:
    return Scripted(model="scripted", native=native, turns=[list(t) for t in turns], **fields)


def bash(shell: Shell) -> BaseTool:
    @tool("bash")
    def run(command: str) -> str:
        """Run a shell command."""
        return shell.run(command)

    return run


def builder(
    llm: Scripted, tools: Sequence[BaseTool], role: str = "builder\n", **fields: Any
) -> Agent:
    return Agent(role=role, goal="g", backstory="b", llm=llm, tools=list(tools), **fields)


def crew(*agents: Agent, **fields: Any) -> Crew:
    task = Task(description="Tidy up.", expected_output="done", agent=agents[0])
    return Crew(agents=list(agents), tasks=[task], **fields)


RUNS: dict[str, Callable[[Scripted, Sequence[BaseTool]], Any]] = {
    "crew": lambda llm, tools: crew(builder(llm, tools)).kickoff().raw,
    "crew-async": lambda llm, tools: asyncio.run(crew(builder(llm, tools)).akickoff()).raw,
    "crew-thread": lambda llm, tools: asyncio.run(crew(builder(llm, tools)).kickoff_async()).raw,
    "agent": lambda llm, tools: builder(llm, tools).kickoff("Tidy up.").raw,
    "agent-async": lambda llm, tools: (
        asyncio.run(builder(llm, tools).kickoff_async("Tidy up.")).raw
    ),
    "flow": lambda llm, tools: in_flow(llm, tools),
    "lite": lambda llm, tools: (
        LiteAgent(role="builder", goal="g", backstory="b", llm=llm, tools=list(tools))
        .kickoff("Tidy up.")
        .raw
    ),
}


def in_flow(llm: Scripted, tools: Sequence[BaseTool]) -> Any:
    class Work(Flow[Any]):
        @start()
        async def work(self) -> Any:
            output = await builder(llm, tools).kickoff_async("Tidy up.")
            return output.raw

    return Work().kickoff()


# A LiteAgent speaks the text protocol only.
PATHS = [
    (name, native) for name in RUNS for native in (True, False) if name != "lite" or not native
]


@pytest.fixture(params=PATHS, ids=[f"{name}-{'native' if n else 'text'}" for name, n in PATHS])
def path(request: pytest.FixtureRequest) -> tuple[Callable[..., Any], bool]:
    name, native = request.param
    return RUNS[name], native


@pytest.fixture(params=[True, False], ids=["native", "text"])
def native(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(autouse=True)
def no_hooks() -> Iterator[None]:
    clear_all_hooks()
    yield
    clear_all_hooks()


def put(guard: checkrein.Guard, **options: Any) -> Any:
    return install(guard, **{"workspace": WORKSPACE, "env": {}, **options})


def test_allow(guard: checkrein.Guard, shell: Shell, path: Any) -> None:
    run, native = path
    put(guard)
    llm = script([ALLOW], native=native)
    assert run(llm, [bash(shell)]) == "done"
    assert shell.ran == [ALLOW]
    assert f"ran {ALLOW}" in llm.told


def test_deny(guard: checkrein.Guard, shell: Shell, path: Any) -> None:
    run, native = path
    put(guard)
    llm = script([DENY], [ALLOW], native=native)
    assert run(llm, [bash(shell)]) == "done"
    assert shell.ran == [ALLOW]
    assert "checkrein: railway:volumeDelete" in llm.told
    assert "blocked by hook" not in llm.told


def test_ask_without_anybody_to_ask(guard: checkrein.Guard, shell: Shell, path: Any) -> None:
    run, native = path
    put(guard)
    llm = script([ASK], native=native)
    run(llm, [bash(shell)])
    assert shell.ran == []
    assert "checkrein: fs:remove_recursive" in llm.told and "approved by" in llm.told


def test_ask_approve(guard: checkrein.Guard, shell: Shell, path: Any) -> None:
    run, native = path
    asked: list[dict[str, Any]] = []

    def ask(ruling: checkrein.Ruling) -> bool:
        assert shell.ran == []
        asked.append(ruling.question())
        return True

    put(guard, ask=ask)
    llm = script([ASK], native=native)
    run(llm, [bash(shell)])
    assert shell.ran == [ASK]
    [question] = asked
    assert question["tool"] == "bash" and "fs:remove_recursive" in question["message"]
    assert question["fingerprint"] and question["teams"] == ["operator"]
    assert f"ran {ASK}" in llm.told


@pytest.mark.parametrize("answer", [False, None, "yes", 1, "raises"])
def test_ask_reject(guard: checkrein.Guard, shell: Shell, native: bool, answer: Any) -> None:
    shown: list[checkrein.Ruling] = []

    def ask(ruling: checkrein.Ruling) -> Any:
        shown.append(ruling)
        if answer == "raises":
            raise RuntimeError("no terminal")
        return answer

    put(guard, ask=ask)
    llm = script([ASK], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    if answer == "raises":
        assert "the guard failed (RuntimeError)" in llm.told
    else:
        assert "The human said no." in llm.told
        assert not shown[0].redeem(), "a no takes the question back"


def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell) -> None:
    """CrewAI runs the native calls of one turn in threads."""
    put(guard, ask=lambda ruling: "src" in ruling.message)
    llm = script([ALLOW, ASK, DENY, ASK_ELSE, "git log"])
    RUNS["crew"](llm, [bash(shell)])
    assert sorted(shell.ran) == sorted([ALLOW, ASK, "git log"])
    assert "railway:volumeDelete" in llm.told and "The human said no." in llm.told
    assert f"ran {ALLOW}" in llm.told and f"ran {ASK}" in llm.told


def test_engine_crash(
    guard: checkrein.Guard, shell: Shell, path: Any, crash: Callable[[], None]
) -> None:
    run, native = path
    put(guard)
    llm = script([ALLOW], native=native)
    crash()
    assert run(llm, [bash(shell)]) == "done"
    assert shell.ran == []
    assert "checkrein: " in llm.told


@pytest.mark.parametrize("error", [BaseException("panic"), MemoryError(), RecursionError()])
def test_crash_that_is_no_exception(
    guard: checkrein.Guard,
    shell: Shell,
    native: bool,
    error: BaseException,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    put(guard)
    monkeypatch.setattr(checkrein.Gate, "rule", fail)
    llm = script([ALLOW], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert f"the guard failed ({type(error).__name__})" in llm.told


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupted_question_stops_the_run(
    guard: checkrein.Guard, shell: Shell, native: bool, error: type[BaseException]
) -> None:
    def ask(_: checkrein.Ruling) -> bool:
        raise error

    put(guard, ask=ask)
    with pytest.raises(error):
        RUNS["crew"](script([ASK], native=native), [bash(shell)])
    assert shell.ran == []


def test_nested_agent(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """The delegation is a call of its own, which the human here always allows."""
    put(guard, ask=lambda ruling: ruling.tool == "delegate_work_to_coworker")
    helper_llm = script([DENY], [ASK], [ALLOW], native=native)
    task = {"task": "tidy up", "context": "none", "coworker": "helper"}
    boss_llm = script([("delegate_work_to_coworker", task)], native=native)
    boss = builder(boss_llm, [], "boss", allow_delegation=True)
    helper = builder(helper_llm, [bash(shell)], "helper")
    assert crew(boss, helper).kickoff().raw == "done"
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in helper_llm.told


def test_nested_crew(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    inner_llm = script([DENY], [ALLOW], native=native)

    @tool("delegate")
    def delegate(task: str) -> str:
        """Hand a task to another crew."""
        return str(crew(builder(inner_llm, [bash(shell)])).kickoff().raw)

    put(guard)
    llm = script([("delegate", {"task": "tidy up"})], native=native)
    RUNS["crew"](llm, [delegate])
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in inner_llm.told


def test_hierarchical_crew(guard: checkrein.Guard, shell: Shell) -> None:
    put(guard, ask=lambda ruling: ruling.tool == "delegate_work_to_coworker")
    helper_llm = script([DENY], [ALLOW])
    task = {"task": "tidy up", "context": "none", "coworker": "helper"}
    manager = builder(script([("delegate_work_to_coworker", task)]), [], "m", allow_delegation=True)
    helper = builder(helper_llm, [bash(shell)], "helper")
    work = Task(description="Tidy up.", expected_output="done")
    Crew(
        agents=[helper], tasks=[work], process=Process.hierarchical, manager_agent=manager
    ).kickoff()
    assert shell.ran == [ALLOW]
    assert "railway:volumeDelete" in helper_llm.told


@pytest.mark.parametrize("edited", [DENY, ASK_ELSE])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, native: bool, edited: str
) -> None:
    """The arguments change while the human is asked, as another thread could do it."""
    seen: list[Any] = []

    def ask(_: checkrein.Ruling) -> bool:
        seen[0].tool_input["command"] = edited
        return True

    register(InterceptionPoint.PRE_TOOL_CALL, lambda context: seen.append(context))
    put(guard, ask=ask)
    llm = script([ASK], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "checkrein: " in llm.told


def test_replayed_approval(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """A yes is for one call: the same call again is asked about again."""
    answers = [True, False]
    rulings: list[checkrein.Ruling] = []

    def ask(ruling: checkrein.Ruling) -> bool:
        rulings.append(ruling)
        return answers.pop(0)

    put(guard, ask=ask)
    llm = script([ASK], [ALLOW], [ASK], native=native)
    crew(builder(llm, [bash(shell)])).kickoff()
    assert shell.ran == [ASK, ALLOW]
    assert len(rulings) == 2 and "The human said no." in llm.told
    assert not rulings[0].redeem(), "it was used"


def test_hook_edits_before(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """The guard decides on what a hook before it made of the arguments."""

    @on(InterceptionPoint.PRE_TOOL_CALL)
    def edit(context: Any) -> None:
        context.tool_input["command"] = DENY

    put(guard)
    llm = script([ALLOW], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "railway:volumeDelete" in llm.told


def test_hook_registered_later(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """The guard comes last all the same."""
    put(guard)

    @on(InterceptionPoint.PRE_TOOL_CALL)
    def edit(context: Any) -> None:
        context.tool_input["command"] = DENY

    llm = script([ALLOW], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "railway:volumeDelete" in llm.told


def test_hook_registered_in_the_middle(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """Between the model's call and the tool: refused once, since the hook could change the call."""
    put(guard)

    def edit(context: Any) -> None:
        context.tool_input["command"] = DENY

    class Late(Scripted):
        def call(self, *args: Any, **kwargs: Any) -> Any:
            if len(self.turns) == 2:
                register(InterceptionPoint.PRE_TOOL_CALL, edit)
            return super().call(*args, **kwargs)

    llm = Late(model="scripted", native=native, turns=[[ALLOW], [ALLOW]])
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "now the guard comes last again" in llm.told
    assert "railway:volumeDelete" in llm.told


def test_hook_replaces_the_mapping(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """CrewAI runs the tool with the mapping it handed out, so that one is decided on."""

    @on(InterceptionPoint.PRE_TOOL_CALL)
    def replace(context: Any) -> None:
        context.tool_name, context.tool_input = "bash", {"command": ALLOW}

    put(guard)
    llm = script([DENY], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "railway:volumeDelete" in llm.told


def test_scoped_hook(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """Hooks of an execution run after the guard, whatever it does: refused."""

    def edit(context: Any) -> None:
        context.tool_input["command"] = DENY

    put(guard)
    llm = script([ALLOW], native=native)
    with scoped_hooks():
        register_scoped(InterceptionPoint.PRE_TOOL_CALL, edit)
        RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []
    assert "hooks of this execution" in llm.told


def test_hooks_cleared(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """Whoever clears the tool hooks does not take the guard away for more than that moment."""
    from crewai.hooks import clear_before_tool_call_hooks

    put(guard)
    clear_before_tool_call_hooks()
    llm = script([DENY], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == []


def test_two_guards(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    other = checkrein.Guard(
        policies='@id("none") @reason("nothing runs here") forbid(principal, action, resource);',
        inventory="",
        packs=["baseline"],
    )
    first = put(guard)
    with put(other):
        llm = script([ALLOW], native=native)
        RUNS["crew"](llm, [bash(shell)])
        assert shell.ran == [] and "nothing runs here" in llm.told
    llm = script([DENY], [ALLOW], native=native)
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == [ALLOW]
    first.uninstall()
    assert not any(get_hooks(point) for point in InterceptionPoint)
    RUNS["crew"](script([DENY], native=native), [bash(shell)])
    assert shell.ran == [ALLOW, DENY]


def test_who_and_where(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    asked: list[dict[str, Any]] = []

    class Recording(checkrein.Guard):
        __slots__ = ()

        def authorize(self, tool: str, arguments: Any, **context: Any) -> checkrein.Decision:
            asked.append({"tool": tool, "arguments": dict(arguments), **context})
            return super().authorize(tool, arguments, **context)

    put(Recording(inventory="", workspace="/"))
    team = crew(builder(script([ALLOW], native=native), [bash(shell)]))
    team.kickoff()
    assert len(asked) == 1
    assert asked[0]["agent"] == "builder" and asked[0]["session"] == str(team.id)
    assert asked[0]["tool"] == "bash" and asked[0]["arguments"] == {"command": ALLOW}

    class Input(BaseModel):
        command: str

    schema = {"description": "d", "args_schema": Input}
    remote = MCPNativeTool(lambda: shell, "bash", schema, "files", original_tool_name="Bash")
    llm = script([("files_bash", {"command": ALLOW})], native=native)
    RUNS["crew"](llm, [remote])
    assert (asked[1]["tool"], asked[1]["server"]) == ("Bash", "files")
    assert shell.ran == [ALLOW] and "checkrein: " in llm.told


def test_plan_step(guard: checkrein.Guard, shell: Shell) -> None:
    """What an agent with a plan runs its native calls with."""
    put(guard)
    command = bash(shell)
    for name, expected in ((ALLOW, f"ran {ALLOW}"), (DENY, "checkrein: railway:volumeDelete")):
        call = {"id": "c", "function": {"name": "bash", "arguments": json.dumps({"command": name})}}
        result = execute_single_native_tool_call(
            call,
            available_functions={"bash": command.run},
            original_tools=[command],
            structured_tools=[command.to_structured_tool()],
            tools_handler=None,
            agent=None,
            task=None,
            crew=None,
            event_source=object(),
        )
        assert result.result.startswith(expected)
    assert shell.ran == [ALLOW]


def test_cached_result(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    """A result from CrewAI's cache is no execution, but no way around the guard either."""
    answers = [True, False]
    put(guard, ask=lambda _: answers.pop(0))
    llm = script([ALLOW], [ASK], [ALLOW], [ASK], native=native)
    crew(builder(llm, [bash(shell)], cache=True), cache=True).kickoff()
    assert shell.ran == [ALLOW, ASK]
    assert llm.told.count(f"ran {ALLOW}") == 2
    assert "The human said no." in llm.told


def test_tool_error_passes_through(guard: checkrein.Guard, native: bool) -> None:
    runs: list[str] = []

    @tool("bash")
    def fails(command: str) -> str:
        """Run a shell command."""
        runs.append(command)
        raise ValueError("disk full")

    put(guard)
    llm = script([ALLOW], native=native)
    RUNS["crew"](llm, [fails])
    assert "disk full" in llm.told and "checkrein" not in llm.told
    # The text protocol tries a tool that raises again, and no hook is asked.
    assert runs == [ALLOW] * (1 if native else 6)


class Adapted(BaseAgentAdapter):
    """An agent of another framework, which would run its tools by itself."""

    function_calling_llm: Any = None
    step_callback: Any = None
    last_messages: list[Any] = []

    def configure_tools(self, tools: Any = None) -> None: ...
    def configure_structured_output(self, task: Any) -> None: ...
    def create_agent_executor(self, *_: Any, **__: Any) -> None: ...
    def get_delegation_tools(self, agents: Any) -> Any: ...
    def get_mcp_tools(self, mcps: Any) -> Any: ...
    def get_platform_tools(self, apps: Any) -> Any: ...
    async def aexecute_task(self, *_: Any, **__: Any) -> str:
        return "done"

    def execute_task(self, task: Any, context: Any = None, tools: Any = None) -> str:
        for item in self.tools or []:
            item._run(command=DENY)
        return "done"


def test_agents_out_of_sight(guard: checkrein.Guard, shell: Shell, native: bool) -> None:
    put(guard)
    for run in (RUNS["crew"], RUNS["agent"], RUNS["flow"]):
        llm = script([ALLOW], native=native, builtin_tools=["web_search"])
        with pytest.raises(checkrein.ConfigurationError, match="web_search"):
            run(llm, [bash(shell)])
    adapted = Adapted(role="other", goal="g", backstory="b", tools=[bash(shell)])
    with pytest.raises(Refused, match="adapted agent `other`"):
        crew(adapted).kickoff()
    assert shell.ran == []


def test_agents_out_of_sight_accepted(guard: checkrein.Guard, shell: Shell) -> None:
    put(guard, allow_hosted=True)
    llm = script([ALLOW], builtin_tools=["web_search"])
    RUNS["crew"](llm, [bash(shell)])
    assert shell.ran == [ALLOW]
    crew(Adapted(role="other", goal="g", backstory="b", tools=[bash(shell)])).kickoff()
    assert shell.ran == [ALLOW, DENY], "which is why it has to be accepted"


def test_guard_tool(guard: checkrein.Guard, shell: Shell, crash: Callable[[], None]) -> None:
    with put(guard, allow_hosted=True) as handle:
        inside = handle.guard_tool(bash(shell), agent="builder")
        crew(Adapted(role="other", goal="g", backstory="b", tools=[inside])).kickoff()
    assert shell.ran == []
    assert inside.run(command=DENY).startswith("checkrein: railway:volumeDelete")
    assert inside.run(DENY).startswith("checkrein: railway:volumeDelete")
    assert inside.run(command=ALLOW) == f"ran {ALLOW}"
    assert inside.to_structured_tool().invoke({"command": ASK}).startswith("checkrein: fs:remove")
    assert shell.ran == [ALLOW]
    crash()
    assert "checkrein" in inside.run(command=ALLOW)
    assert "checkrein" in inside.run(ALLOW, ALLOW)
    assert shell.ran == [ALLOW]


def test_guard_tool_async(guard: checkrein.Guard, shell: Shell) -> None:
    @tool("bash")
    async def run(command: str) -> str:
        """Run a shell command."""
        return shell.run(command)

    inside = put(guard).guard_tool(run)
    assert asyncio.run(inside.arun(command=DENY)).startswith("checkrein: ")
    assert asyncio.run(inside.arun(command=ALLOW)) == f"ran {ALLOW}"
    assert inside.run(command=ALLOW) == f"ran {ALLOW}"
    assert shell.ran == [ALLOW, ALLOW]


def test_guard_tool_passes_errors_and_caches_no_refusal(guard: checkrein.Guard) -> None:
    @tool("bash")
    def fails(command: str) -> str:
        """Run a shell command."""
        raise ValueError("disk full")

    inside = put(guard).guard_tool(fails)
    with pytest.raises(ValueError, match="disk full"):
        inside.run(command=ALLOW)
    assert not inside.cache_function({}, inside.run(command=DENY))
    assert inside.cache_function({}, "ran")


def test_schema_stays(guard: checkrein.Guard, shell: Shell) -> None:
    plain = bash(shell)
    before = convert_tools_to_openai_schema([plain])[0]
    inside = put(guard).guard_tool(plain)
    assert convert_tools_to_openai_schema([plain])[0] == before
    assert convert_tools_to_openai_schema([inside])[0] == before
    assert inside.to_structured_tool().args == plain.to_structured_tool().args


def test_only_the_abort_stops(shell: Shell) -> None:
    """Why the guard turns everything into it: CrewAI runs the tool after any other exception."""

    @on(InterceptionPoint.PRE_TOOL_CALL)
    def raises(_: Any) -> None:
        raise RuntimeError("broken")

    RUNS["crew"](script([ALLOW]), [bash(shell)])
    assert shell.ran == [ALLOW]
    assert issubclass(Refused, HookAborted)
