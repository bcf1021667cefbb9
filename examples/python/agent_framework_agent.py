"""Microsoft Agent Framework with a guard.

`python examples/python/agent_framework_agent.py [--approve]`
"""

import asyncio
import sys
from typing import Any

from agent_framework import (
    Agent,
    AgentSession,
    BaseChatClient,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    Message,
    tool,
)

import incident
from checkrein.agent_framework import GuardMiddleware

ran: list[str] = []


@tool
def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


class Script(FunctionInvocationLayer, BaseChatClient):
    """Plays the agent: one command per turn."""

    commands = [incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN]

    async def _inner_get_response(self, *, messages: Any, **_: Any) -> ChatResponse:
        for content in messages[-1].contents:
            if content.type == "function_result" and content.result != "done":
                print("  TOLD    ", str(content.result).replace("\n", "\n           "))
        if not self.commands:
            return ChatResponse(messages=[Message("assistant", ["I am done."])])
        command = self.commands.pop(0)
        print("CALL      ", command)
        call = Content.from_function_call(
            f"call-{len(self.commands)}", "shell", arguments={"command": command}
        )
        return ChatResponse(messages=[Message("assistant", [call])])


async def main(approve: bool) -> None:
    middleware = GuardMiddleware(
        incident.guard(), agent="builder", workspace=incident.WORKSPACE, env=incident.ENV
    )
    agent = Agent(Script(), name="builder", tools=[shell], middleware=[middleware])
    session = AgentSession()
    result = await agent.run("Tidy up staging.", session=session)
    while asks := result.user_input_requests:
        for ask in asks:
            question = ask.additional_properties["checkrein"]
            print("  QUESTION", question["message"].replace("\n", "\n           "))
            print("  HUMAN    ", "yes" if approve else "no")
        answers = [ask.to_function_approval_response(approve) for ask in asks]
        result = await agent.run(Message("user", answers), session=session)
    print("AGENT     ", result.text)
    assert ran == [incident.LOOK, incident.STAGING, *([incident.CLEAN] if approve else [])]


asyncio.run(main("--approve" in sys.argv))
