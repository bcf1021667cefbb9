"""What the tests of `strands` share."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from conftest import WORKSPACE, Shell
from strands import Agent, tool
from strands.hooks import BeforeToolCallEvent
from strands.models import Model

import checkrein
from checkrein.strands import GuardIntervention

Turn = list[tuple[str, dict[str, Any]]]


class Script(Model):
    """Calls the tools of one turn after the other, then says that it is done."""

    stateful = False
    same_id = False

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
            number = 0 if self.same_id else self.calls
            start = {"toolUse": {"name": name, "toolUseId": f"call-{id(self)}-{number}"}}
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


def boss_of(guard: checkrein.Guard, worker: Any) -> Agent:
    return Agent(
        Script([("agent", {"input": "tidy up"})]),
        name="boss",
        tools=[worker],
        interventions=[intervention(guard)],
        callback_handler=None,
    )


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
