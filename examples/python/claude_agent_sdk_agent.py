"""The real Claude Code, run by the Claude Agent SDK, with a guard before every tool.

    python examples/python/claude_agent_sdk_agent.py [--approve]

A scripted model on loopback plays the agent; there is no network and no key.
"""

import asyncio
import sys
import tempfile

from claude_agent_sdk import ClaudeAgentOptions, create_sdk_mcp_server, query, tool

import incident
from checkrein.claude_agent_sdk import guard_options
from claude_mock import Model

APPROVE = "--approve" in sys.argv[1:]
STORY = {
    "look around": incident.LOOK,
    "free space in staging": incident.STAGING,
    "free space, with a token it found": incident.PRODUCTION,
    "throw away the sources": incident.CLEAN,
}
ran = []


@tool("shell", "Run a shell command.", {"command": str})
async def shell(arguments):
    ran.append(arguments["command"])
    text = incident.shell(arguments["command"])
    return {"content": [{"type": "text", "text": text}]}


def ask(ruling):
    """A human at a terminal would read this and answer."""
    print(f"  ASKED    {ruling.message}")
    print(f"  HUMAN    {'yes' if APPROVE else 'no'}")
    return APPROVE


async def main():
    model = Model((what, "mcp__tools__shell", {"command": c}) for what, c in STORY.items())
    with tempfile.TemporaryDirectory() as home:
        options = ClaudeAgentOptions(
            cwd=home,
            env=model.env(home),
            mcp_servers={"tools": create_sdk_mcp_server("tools", tools=[shell])},
            # The guard decides alone; Claude Code's own prompts stay without this.
            permission_mode="bypassPermissions",
            setting_sources=[],
        )
        options = guard_options(
            options,
            incident.guard(),
            agent="builder",
            workspace=incident.WORKSPACE,
            env=incident.ENV,
            ask=ask,
        )
        async for _ in query(prompt="Tidy up staging.", options=options):
            pass
    for what, told in model.told.items():
        print(f"{what}: the model was told\n  {told.splitlines()[0]}")


asyncio.run(main())
expected = [incident.LOOK, incident.STAGING] + ([incident.CLEAN] if APPROVE else [])
assert ran == expected, ran
