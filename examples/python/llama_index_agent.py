"""LlamaIndex: the function behind a `FunctionTool` is guarded, whatever agent calls it.

pip install checkrein llama-index-core
python llama_index_agent.py [--approve]
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.tools import FunctionTool

import checkrein
import incident

APPROVE = "--approve" in sys.argv[1:]
ran: list[str] = []


async def ask(ruling: checkrein.Ruling) -> bool:
    """Asks a human. Here it is a flag; elsewhere a terminal, a chat, a page."""
    print("  ASKED    " + in_short(ruling.message))
    print(f"  HUMAN    says {'yes' if APPROVE else 'no'}")
    return APPROVE


@checkrein.guarded(
    incident.guard(),
    agent="builder",
    workspace=incident.WORKSPACE,
    env=incident.ENV,
    ask=ask,
)
async def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


def in_short(message: str) -> str:
    """What the model, or the human, is told, without the names of the policies."""
    lines = [line for line in message.splitlines() if not line.startswith("Policies:")]
    return "\n           ".join(lines)


def scripted(commands: list[str]) -> MockFunctionCallingLLM:
    """A model that runs the commands, one in each turn."""
    calls = [
        ToolCallBlock(tool_call_id=str(turn), tool_name="shell", tool_kwargs={"command": command})
        for turn, command in enumerate(commands)
    ]

    def answer(messages: Sequence[ChatMessage], **_: Any) -> ChatMessage:
        if not calls:
            return ChatMessage(role="assistant", content="done")
        return ChatMessage(role="assistant", blocks=[calls.pop(0)])

    return MockFunctionCallingLLM(response_generator=answer, is_chat_model=True)


async def main() -> None:
    commands = [incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN]
    agent = FunctionAgent(tools=[FunctionTool.from_defaults(shell)], llm=scripted(commands))
    handler = agent.run("Free some space in staging.")
    async for event in handler.stream_events():
        if isinstance(event, ToolCallResult) and event.tool_output.is_error:
            print("  REFUSED  " + in_short(event.tool_output.content))
    await handler

    expected = [incident.LOOK, incident.STAGING] + [incident.CLEAN] * APPROVE
    assert ran == expected, ran


if __name__ == "__main__":
    asyncio.run(main())
