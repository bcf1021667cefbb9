"""OpenAI Agents SDK with a guard.

`python examples/python/openai_agents_agent.py [--approve]`
"""

import asyncio
import sys
from typing import Any

from agents import Agent, Runner, function_tool, set_tracing_disabled
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call

import incident
from checkrein.openai_agents import guard_agent, questions

set_tracing_disabled(True)
ran: list[str] = []


@function_tool
def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


def turn(number: int, command: str | None) -> ModelStep:
    """Plays the agent: reads what the last call gave, then makes the next one."""

    def respond(call: Any) -> list[Any]:
        told = call.input[-1].get("output", "done")
        if told != "done":
            print("  TOLD    ", told.replace("\n", "\n           "))
        if command is None:
            return [assistant_message("I am done.")]
        print("CALL      ", command)
        return [function_call("shell", {"command": command}, call_id=f"call-{number}")]

    return ModelStep.respond(respond)


async def main(approve: bool) -> None:
    commands = [incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN, None]
    model = ScriptedModel([turn(number, command) for number, command in enumerate(commands)])
    agent = guard_agent(
        Agent("builder", model=model, tools=[shell]),
        incident.guard(),
        workspace=incident.WORKSPACE,
        env=incident.ENV,
    )
    result = await Runner.run(agent, "Tidy up staging.")
    while result.interruptions:
        state = result.to_state()
        for interruption in result.interruptions:
            for question in questions(interruption):
                print("  QUESTION", question["message"].replace("\n", "\n           "))
            print("  HUMAN    ", "yes" if approve else "no")
            if approve:
                state.approve(interruption)
            else:
                state.reject(interruption)
        result = await Runner.run(agent, state)
    print("AGENT     ", result.final_output)
    assert ran == [incident.LOOK, incident.STAGING, *([incident.CLEAN] if approve else [])]


asyncio.run(main("--approve" in sys.argv))
