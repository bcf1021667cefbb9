"""What the tests of `crewai` share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from conftest import DENY, WORKSPACE, Shell
from crewai import Agent, Crew, Task
from crewai.agents.agent_adapters.base_agent_adapter import BaseAgentAdapter
from crewai.flow.flow import Flow, start
from crewai.hooks import clear_all_hooks
from crewai.lite_agent import LiteAgent
from crewai.llms.base_llm import BaseLLM
from crewai.tools import BaseTool, tool

import checkrein
from checkrein.crewai import install

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
