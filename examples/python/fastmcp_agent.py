"""The incident with a FastMCP server: python fastmcp_agent.py [--approve]

The client plays the agent, and asks its human when the server wants one asked.
"""

import asyncio
import sys
from typing import Any

from fastmcp import Client, FastMCP
from fastmcp.client.elicitation import ElicitResult

import incident
from checkrein.fastmcp import GuardMiddleware

APPROVE = "--approve" in sys.argv
ran: list[str] = []
server = FastMCP("ops")


@server.tool
def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


server.add_middleware(
    GuardMiddleware(
        incident.guard(),
        agent="builder",
        workspace=incident.WORKSPACE,
        env=incident.ENV,
        own_tools=True,
        elicit=True,
    )
)


async def human(message: str, *_: Any) -> Any:
    print(f"  ASKED    {message}\n           the human says {'yes' if APPROVE else 'no'}")
    return True if APPROVE else ElicitResult(action="decline")


async def agent() -> None:
    async with Client(server, elicitation_handler=human) as client:
        for command in (incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN):
            print(f"agent calls: {command}")
            result = await client.call_tool("shell", {"command": command}, raise_on_error=False)
            if result.is_error:
                print(f"  REFUSED  {result.content[0].text}\n")


asyncio.run(agent())
assert ran == [incident.LOOK, incident.STAGING, *[incident.CLEAN] * APPROVE], ran
