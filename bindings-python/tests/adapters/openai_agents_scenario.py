"""What the tests of `openai_agents` share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from agents import (
    Agent,
    ComputerTool,
    FunctionTool,
    RunHooks,
    Runner,
    RunState,
    ShellTool,
    WebSearchTool,
    function_tool,
    handoff,
    set_tracing_disabled,
)
from agents.mcp import MCPServer
from agents.testing import (
    ScriptedModel,
    assistant_message,
    function_call,
)
from conftest import WORKSPACE, Shell
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as RemoteTool
from openai.types.responses import (
    ResponseApplyPatchToolCall,
    ResponseCustomToolCall,
    ResponseFunctionShellToolCall,
)
from openai.types.responses.response_output_item import LocalShellCall

import checkrein
from checkrein.openai_agents import guard_agent

set_tracing_disabled(True)

MODES = ("run", "run_sync", "run_streamed")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run(agent: Agent[Any], given: Any = "go", mode: str = "run", **options: Any) -> Any:
    if mode == "run_sync":
        return Runner.run_sync(agent, given, **options)

    async def streamed() -> Any:
        result = Runner.run_streamed(agent, given, **options)
        async for _ in result.stream_events():
            pass
        return result

    return asyncio.run(
        streamed() if mode == "run_streamed" else Runner.run(agent, given, **options)
    )


def script(*turns: Sequence[Any]) -> ScriptedModel:
    """A model that makes the calls, turn by turn, then says that it is done.

    A text is a command for `bash`, a pair another tool and its arguments, all else a call as is.
    """
    steps, number = [], 0
    for turn in turns:
        calls: list[Any] = []
        for item in turn:
            number += 1
            if isinstance(item, str):
                item = ("bash", {"command": item})
            if isinstance(item, tuple):
                item = function_call(*item, call_id=f"call-{number}")
            calls.append(item)
        steps.append(calls)
    return ScriptedModel([*steps, [assistant_message("done")]])


def heard(model: ScriptedModel) -> list[str]:
    """What the model was told about its calls, as far as the last time it was asked."""
    call = model.last_call
    assert call is not None
    items = call.input if isinstance(call.input, list) else []
    return [str(item["output"]) for item in items if "output" in item]


def bash(shell: Shell, **options: Any) -> FunctionTool:
    @function_tool(name_override="bash", **options)
    def tool(command: str) -> str:
        """Run a shell command.

        Args:
            command: The command.
        """
        return shell.run(command)

    return tool


def protect(target: Agent[Any], guard: checkrein.Guard, **options: Any) -> Agent[Any]:
    return guard_agent(target, guard, **{"workspace": WORKSPACE, "env": {}, **options})


def builder(
    guard: checkrein.Guard, shell: Shell, model: ScriptedModel, **options: Any
) -> Agent[Any]:
    options = {"tools": [bash(shell)], **options}
    return protect(Agent("builder", model=model, **options), guard)


def answer(result: Any, yes: bool) -> RunState[Any]:
    state: RunState[Any] = result.to_state()
    for interruption in result.interruptions:
        state.approve(interruption) if yes else state.reject(interruption)
    return state


DELEGATE = ("delegate", {"input": "tidy up"})


class Edit(RunHooks[Any]):
    """Puts another command into a call, after the SDK has looked at it for the last time."""

    def __init__(self, command: str) -> None:
        self.command = command

    async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
        context.tool_call.arguments = json.dumps({"command": self.command})


class Server(MCPServer):
    """An MCP server in this process."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell

    @property
    def name(self) -> str:
        return "filesystem"

    async def connect(self) -> None: ...

    async def cleanup(self) -> None: ...

    async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[RemoteTool]:
        schema = {"type": "object", "properties": {"path": {"type": "string"}}}
        return [RemoteTool(name="delete_file", input_schema=schema)]

    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: Any = None
    ) -> CallToolResult:
        text = self.shell.run((arguments or {})["path"])
        return CallToolResult(content=[TextContent(type="text", text=text)])

    async def list_prompts(self) -> Any: ...

    async def get_prompt(self, name: str, arguments: Any = None) -> Any: ...


def shell_call(*commands: str) -> Any:
    return ResponseFunctionShellToolCall.model_validate(
        {
            "id": "s",
            "call_id": f"shell {commands}",
            "type": "shell_call",
            "status": "completed",
            "action": {"commands": list(commands), "timeout_ms": None, "max_output_length": None},
            "environment": None,
        }
    )


def shell_tool(shell: Shell, **options: Any) -> ShellTool:
    return ShellTool(
        lambda request: shell.run(" && ".join(request.data.action.commands)), **options
    )


def local_shell_call(*command: str) -> Any:
    return LocalShellCall.model_validate(
        {
            "id": "l",
            "call_id": f"local {command}",
            "type": "local_shell_call",
            "status": "completed",
            "action": {"command": list(command), "env": {}, "type": "exec"},
        }
    )


def custom_call(text: str) -> Any:
    return ResponseCustomToolCall(
        id="c", call_id=f"custom {text}", type="custom_tool_call", name="apply_patch", input=text
    )


def patch(*lines: str) -> str:
    return "\n".join(["*** Begin Patch", *lines, "*** End Patch"])


class Editor:
    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def create_file(self, operation: Any) -> Any:
        self.shell.run(f"create {operation.path}")

    async def update_file(self, operation: Any) -> Any:
        self.shell.run(f"update {operation.path} {operation.move_to}")

    def delete_file(self, operation: Any) -> Any:
        self.shell.run(f"delete {operation.path}")


def patch_call(type: str, path: str, call_id: str = "", **more: Any) -> Any:
    operation = {"type": type, "path": path, **more}
    return ResponseApplyPatchToolCall.model_construct(
        id="p",
        call_id=call_id or f"patch {operation}",
        type="apply_patch_call",
        status="completed",
        operation=operation,
    )


# What cannot be guarded.


UNSEEN: list[Callable[[], dict[str, Any]]] = [
    lambda: {"tools": [WebSearchTool()]},
    lambda: {"tools": [ShellTool(environment={"type": "container_auto"})]},
    lambda: {"tools": [ComputerTool(SimpleNamespace())]},
    lambda: {"prompt": {"id": "pmpt_1"}},
    lambda: {"handoffs": [Agent("helper", tools=[WebSearchTool()])]},
    lambda: {"handoffs": [handoff(Agent("helper", tools=[WebSearchTool()]))]},
    lambda: {"tools": [Agent("helper", tools=[WebSearchTool()]).as_tool("helper", "Helps.")]},
]
