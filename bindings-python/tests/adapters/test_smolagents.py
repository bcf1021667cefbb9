"""`checkrein.guarded` under smolagents: functions that are handed to ``@tool``.

smolagents has no hook before a tool and no pause, so there is no adapter: the function itself is
guarded, and what it raises is the tool's error, which the model reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ALLOW, ASK, ASK_ELSE, DENY, WORKSPACE, Shell
from smolagents import CodeAgent, LogLevel, Model, MultiStepAgent, Tool, ToolCallingAgent, tool
from smolagents.models import (
    ChatMessage,
    ChatMessageToolCall,
    ChatMessageToolCallFunction,
    MessageRole,
)
from smolagents.tools import get_tools_definition_code

import checkrein
from checkrein import Ruling

# True, and said by the last test here.
pytestmark = pytest.mark.filterwarnings("ignore:Function 'bash' has decorators other than @tool")

NEEDS_APPROVAL = "May be approved by: operator"
FOUND = "this uses a credential that was found"
CONTEXT: dict[str, Any] = {"agent": "builder", "workspace": WORKSPACE, "env": {}}


def bash_tool(shell: Shell, guard: checkrein.Guard, **more: Any) -> Tool:
    @tool
    @checkrein.guarded(guard, **CONTEXT, **more)
    def bash(command: str) -> str:
        """Run a shell command.

        Args:
            command: The command.
        """
        return shell.run(command)

    return bash


class Script(Model):
    """A model that makes the same calls in turn, whatever it is told, and notes what that is.

    A turn is a list of calls of one kind of agent, or the Python text of the other.
    """

    def __init__(self, kind: str, *turns: Any) -> None:
        super().__init__()
        self.told: list[str] = []
        self._kind = kind
        self._turns = list(turns)

    def generate(self, messages: list[ChatMessage], **_: Any) -> ChatMessage:
        self.told.append(json.dumps([message.content for message in messages[-2:]]))
        commands = self._turns.pop(0) if self._turns else None
        if self._kind == "code":
            return self._code(commands)
        calls = [("final_answer", {"answer": "finished"})]
        if commands is not None:
            calls = [
                (call if isinstance(call, tuple) else ("bash", {"command": call}))
                for call in commands
            ]
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content="",
            tool_calls=[
                ChatMessageToolCall(
                    id=f"call-{len(self.told)}-{number}",
                    type="function",
                    function=ChatMessageToolCallFunction(name=name, arguments=arguments),
                )
                for number, (name, arguments) in enumerate(calls)
            ],
        )

    def _code(self, commands: Any) -> ChatMessage:
        if commands is None:
            lines = ['final_answer("finished")']
        elif isinstance(commands, str):
            lines = [commands]
        else:
            lines = [
                f"print({call[0]}(**{call[1]!r}))"
                if isinstance(call, tuple)
                else f"print(bash({call!r}))"
                for call in commands
            ]
        text = "\n".join(lines)
        return ChatMessage(role=MessageRole.ASSISTANT, content=f"<code>\n{text}\n</code>")


def agent(script: Script, *tools: Tool, **more: Any) -> MultiStepAgent:
    """The kind of agent the script is for."""
    made = CodeAgent if script._kind == "code" else ToolCallingAgent
    return made(tools=list(tools), model=script, verbosity_level=LogLevel.OFF, **more)


def run(script: Script, *tools: Tool, stream: bool = False) -> None:
    """Runs an agent with the tools to its end."""
    made = agent(script, *tools)
    if stream:
        *_, last = made.run("go", stream=True)
        assert last.output == "finished"  # type: ignore[union-attr]
    else:
        assert made.run("go") == "finished"


each_kind = pytest.mark.parametrize("kind", ["calls", "code"])


@each_kind
@pytest.mark.parametrize("stream", [False, True])
def test_allow(guard: checkrein.Guard, shell: Shell, kind: str, stream: bool) -> None:
    script = Script(kind, [ALLOW])
    run(script, bash_tool(shell, guard), stream=stream)
    assert shell.ran == [ALLOW]
    assert f"ran {ALLOW}" in script.told[1]


@each_kind
@pytest.mark.parametrize("stream", [False, True])
def test_deny(guard: checkrein.Guard, shell: Shell, kind: str, stream: bool) -> None:
    script = Script(kind, [DENY], [ALLOW])
    run(script, bash_tool(shell, guard), stream=stream)
    assert shell.ran == [ALLOW], "the run goes on after a refusal"
    assert FOUND in script.told[1]
    assert "Instead: use a credential the operator issued to you" in script.told[1]


@each_kind
def test_ask_without_anybody_to_ask(guard: checkrein.Guard, shell: Shell, kind: str) -> None:
    script = Script(kind, [ASK])
    run(script, bash_tool(shell, guard))
    assert shell.ran == []
    assert "ApprovalRequired" in script.told[1] and NEEDS_APPROVAL in script.told[1]


@each_kind
def test_ask_approve(guard: checkrein.Guard, shell: Shell, kind: str) -> None:
    asked: list[dict[str, Any]] = []

    def ask(ruling: Ruling) -> bool:
        asked.append(ruling.question())
        return True

    script = Script(kind, [ASK])
    run(script, bash_tool(shell, guard, ask=ask))
    assert shell.ran == [ASK]
    assert f"ran {ASK}" in script.told[1]
    assert [(question["tool"], question["teams"]) for question in asked] == [("bash", ["operator"])]
    assert NEEDS_APPROVAL in asked[0]["message"]


@each_kind
def test_ask_reject(guard: checkrein.Guard, shell: Shell, kind: str) -> None:
    script = Script(kind, [ASK], [ALLOW])
    run(script, bash_tool(shell, guard, ask=lambda _: False))
    assert shell.ran == [ALLOW]
    assert "The human said no" in script.told[1]


@each_kind
def test_parallel_allow_and_ask(guard: checkrein.Guard, shell: Shell, kind: str) -> None:
    """Of the calls of one step that are refused, smolagents tells the model one."""
    script = Script(kind, [ALLOW, ASK, DENY])
    run(script, bash_tool(shell, guard))
    assert shell.ran == [ALLOW]
    assert NEEDS_APPROVAL in script.told[1] or FOUND in script.told[1]


@each_kind
def test_engine_crash(
    guard: checkrein.Guard, shell: Shell, kind: str, crash: Callable[[], None]
) -> None:
    script = Script(kind, [ALLOW])
    bash = bash_tool(shell, guard)
    crash()
    run(script, bash)
    assert shell.ran == []
    assert "failed" in script.told[1] or "broken on purpose" in script.told[1]


@each_kind
@pytest.mark.parametrize("inner_kind", ["calls", "code"])
def test_nested_agent(guard: checkrein.Guard, shell: Shell, kind: str, inner_kind: str) -> None:
    inner = Script(inner_kind, [ALLOW], [DENY])
    helper = agent(inner, bash_tool(shell, guard), name="helper", description="Helps.")
    outer = Script(kind, [("helper", {"task": "tidy up"})])
    made = agent(outer, managed_agents=[helper])
    assert made.run("go") == "finished"
    assert shell.ran == [ALLOW]
    assert FOUND in inner.told[2]
    assert "finished" in outer.told[1]


@pytest.mark.parametrize("command", [ASK_ELSE, DENY])
def test_arguments_edited_after_approval(
    guard: checkrein.Guard, shell: Shell, command: str
) -> None:
    """smolagents cannot edit a call; a tool whose argument can change is the nearest real thing."""
    held: list[list[str]] = []

    def ask(_: Ruling) -> bool:
        held[0][0] = command
        return True

    def arguments(command: list[str]) -> dict[str, str]:
        held.append(command)
        return {"command": command[0]}

    @checkrein.guarded(guard, **CONTEXT, ask=ask, arguments=arguments)
    def bash(command: list[str]) -> str:
        """Run a shell command.

        Args:
            command: The command.
        """
        return shell.run(command[0])

    script = Script("calls", [("bash", {"command": [ASK]})])
    run(script, tool(bash))
    assert shell.ran == []
    assert ("ask again" if command == ASK_ELSE else FOUND) in script.told[1]


def test_arguments_that_name_a_variable(guard: checkrein.Guard, shell: Shell) -> None:
    """smolagents puts the value of a variable where a call says its name: the value is decided."""
    script = Script("calls", ["harmless"], ["harmful"])
    variables = {"harmless": ALLOW, "harmful": DENY}
    agent(script, bash_tool(shell, guard)).run("go", additional_args=variables)
    assert shell.ran == [ALLOW]
    assert FOUND in script.told[2]


@each_kind
def test_replayed_approval(guard: checkrein.Guard, shell: Shell, kind: str) -> None:
    """The same call again is asked about again, and what was shown before is used up."""
    shown: list[Ruling] = []

    def ask(ruling: Ruling) -> bool:
        shown.append(ruling)
        return len(shown) == 1

    script = Script(kind, [ASK], [ASK])
    run(script, bash_tool(shell, guard, ask=ask))
    assert shell.ran == [ASK]
    assert len(shown) == 2
    assert not shown[0].redeem() and not shown[1].redeem()
    assert "The human said no" in script.told[2]


def test_direct_calls(guard: checkrein.Guard, shell: Shell) -> None:
    bash = bash_tool(shell, guard)
    for call in (bash, bash.forward):
        call(ALLOW)
        call(command=ALLOW)
        with pytest.raises(checkrein.Denied):
            call(DENY)
        with pytest.raises(checkrein.ApprovalRequired):
            call(command=ASK)
    with pytest.raises(checkrein.Denied):
        bash({"command": DENY}, sanitize_inputs_outputs=True)
    assert shell.ran == [ALLOW] * 4


def test_the_schema_stays(guard: checkrein.Guard, shell: Shell) -> None:
    def bash(command: str, timeout: int = 10) -> str:
        """Run a shell command.

        Args:
            command: The command.
            timeout: Seconds.
        """
        return shell.run(command)

    plain, wrapped = tool(bash), tool(checkrein.guarded(guard, **CONTEXT)(bash))
    assert wrapped.name == plain.name
    assert wrapped.description == plain.description
    assert wrapped.inputs == plain.inputs
    assert wrapped.output_type == plain.output_type
    assert wrapped.to_code_prompt() == plain.to_code_prompt()


def test_tool_error_passes_through(guard: checkrein.Guard) -> None:
    @checkrein.guarded(guard, **CONTEXT)
    def bash(command: str) -> str:
        """Run a shell command.

        Args:
            command: The command.
        """
        raise FileNotFoundError("no shell here")

    script = Script("calls", [ALLOW])
    run(script, tool(bash))
    assert "FileNotFoundError: no shell here" in script.told[1]


LIES = {
    "text": f"class Lie(str):\n    def __format__(self, _): return {ASK!r}\nbash(Lie({ALLOW!r}))",
    "path": (
        f"class Lie:\n    def __fspath__(self): return {ALLOW!r}\n"
        f"    def __str__(self): return {ASK!r}\nbash(Lie())"
    ),
    "model": (
        f"class Lie:\n    def model_dump(self, mode): return {ALLOW!r}\n"
        f"    def __str__(self): return {ASK!r}\nbash(Lie())"
    ),
    "posing": (
        f"class Lie(str):\n    __module__ = 'builtins'\n    __qualname__ = 'str'\n"
        f"    def __format__(self, _): return {ASK!r}\nbash(Lie({ALLOW!r}))"
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_code_that_makes_a_lying_argument(guard: checkrein.Guard, shell: Shell, lie: str) -> None:
    """An agent that writes Python hands over what says one thing and is another."""

    @checkrein.guarded(guard, **CONTEXT)
    def bash(command: str) -> str:
        """Run a shell command.

        Args:
            command: The command.
        """
        return shell.run(f"{command}")

    script = Script("code", LIES[lie])
    run(script, tool(bash))
    assert shell.ran == []
    assert "may be other than it says" in script.told[1]


@pytest.mark.parametrize(
    "code",
    [
        f"bash.__wrapped__({ASK!r})",
        f"bash.forward.__wrapped__({ASK!r})",
        f"getattr(bash, '__wrapped__')({ASK!r})",
        f"try:\n    bash({ASK!r})\nexcept Exception as error:\n    error.decision._outcome = 'run'\n"
        f"    bash({ASK!r})",
    ],
)
def test_code_that_goes_around(guard: checkrein.Guard, shell: Shell, code: str) -> None:
    script = Script("code", code)
    run(script, bash_tool(shell, guard))
    assert shell.ran == []


def test_code_that_catches_a_refusal(guard: checkrein.Guard, shell: Shell) -> None:
    code = f"try:\n    bash({DENY!r})\nexcept Exception:\n    bash({ALLOW!r})"
    run(Script("code", code), bash_tool(shell, guard))
    assert shell.ran == [ALLOW]


class ReadyMade(Tool):
    """A tool from elsewhere, such as one of an MCP server."""

    name = "bash"
    description = "Run a shell command."
    inputs = {"command": {"type": "string", "description": "The command."}}
    output_type = "string"

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell

    def forward(self, command: str) -> str:
        return self.shell.run(command)


@each_kind
def test_a_ready_made_tool(guard: checkrein.Guard, shell: Shell, kind: str) -> None:
    """Its ``forward`` is guarded."""
    bash = ReadyMade(shell)
    bash.forward = checkrein.guarded(guard, **CONTEXT, tool=bash.name)(bash.forward)
    script = Script(kind, [ALLOW], [DENY], [ASK])
    run(script, bash)
    assert shell.ran == [ALLOW]
    assert FOUND in script.told[2] and NEEDS_APPROVAL in script.told[3]


def test_what_a_remote_executor_gets(guard: checkrein.Guard, shell: Shell) -> None:
    """An executor elsewhere gets a tool's source, and none that a decorator stands in.

    A function that was guarded without the syntax of decorators would run there without its guard,
    as the documentation of ``guarded`` says.
    """
    bash = bash_tool(shell, guard)
    with pytest.raises((SyntaxError, NameError)):
        exec(get_tools_definition_code({"bash": bash}), {})
    assert shell.ran == []
