"""A Google ADK agent that only wants to tidy up staging, and a guard before its tool.

python examples/python/google_adk_agent.py            # the human says no
python examples/python/google_adk_agent.py --approve  # the human says yes
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.apps import App
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types

import incident
from checkrein.google_adk import GuardPlugin

# The framework warns that a scripted model counts no tokens.
logging.getLogger("google_adk").setLevel(logging.ERROR)
ran: list[str] = []


def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


class Script(BaseLlm):
    """Plays the agent: one command after the other, whatever the answers are."""

    commands: list[str]

    async def generate_content_async(
        self, llm_request: Any, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        for part in llm_request.contents[-1].parts:
            if part.function_response and "error" in part.function_response.response:
                print(f"  REFUSED  {part.function_response.response['error'].splitlines()[0]}")
        part = types.Part(text="done")
        if self.commands:
            command = self.commands.pop(0)
            print(f"\nagent: {command}")
            part = types.Part.from_function_call(name="shell", args={"command": command})
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


async def main(approve: bool) -> None:
    script = [incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN]
    agent = LlmAgent(name="builder", model=Script(model="script", commands=script), tools=[shell])
    guard = GuardPlugin(incident.guard(), workspace=incident.WORKSPACE, env=incident.ENV)
    runner = InMemoryRunner(app=App(name="ops", root_agent=agent, plugins=[guard]))
    session = await runner.session_service.create_session(app_name="ops", user_id="u")
    said = [types.Part(text="Staging is out of space. Tidy up.")]
    while said:
        message, said = types.Content(role="user", parts=said), []
        async for event in runner.run_async(
            user_id="u", session_id=session.id, new_message=message
        ):
            for call in event.get_function_calls():
                if call.name == "adk_request_confirmation":
                    hint = (call.args or {})["toolConfirmation"]["hint"]
                    print("  ASKED    " + hint.replace("\n", "\n           "))
                    print(f"  human: {'yes' if approve else 'no'}")
                    answer = types.FunctionResponse(
                        id=call.id, name=call.name, response={"confirmed": approve}
                    )
                    said.append(types.Part(function_response=answer))
    assert ran == [incident.LOOK, incident.STAGING] + [incident.CLEAN] * approve


asyncio.run(main("--approve" in sys.argv))
