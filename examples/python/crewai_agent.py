"""CrewAI with a guard.

`python examples/python/crewai_agent.py [--approve]`
"""

# ruff: noqa: E402
import os
import sys
import warnings
from typing import Any

# CrewAI reads what switches its telemetry off when it is imported.
for name in ("CREWAI_DISABLE_TELEMETRY", "OTEL_SDK_DISABLED", "CREWAI_TESTING"):
    os.environ[name] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"
warnings.simplefilter("ignore")

import logging

from crewai import Agent, Crew, Task
from crewai.llms.base_llm import BaseLLM
from crewai.tools import tool

import checkrein
import incident
from checkrein.crewai import install

logging.getLogger("crewai").setLevel(logging.ERROR)
approve = "--approve" in sys.argv
ran: list[str] = []


@tool("shell")
def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


class Script(BaseLLM):
    """Plays the agent: one command per turn."""

    commands: list[str] = [incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN]

    def supports_function_calling(self) -> bool:
        return True

    def call(self, messages: Any, *_: Any, **__: Any) -> Any:
        last = messages[-1]
        if last["role"] == "tool" and last["content"] != "done":
            print("  TOLD    ", last["content"].replace("\n", "\n           "))
        if not self.commands:
            return "I am done."
        command = self.commands.pop(0)
        print("CALL      ", command)
        return [{"id": "call", "name": "shell", "arguments": {"command": command}}]


def ask(ruling: checkrein.Ruling) -> bool:
    """CrewAI cannot pause, so the human is asked right here. Without this, it is refused."""
    print("  QUESTION", ruling.message.replace("\n", "\n           "))
    print("  HUMAN    ", "yes" if approve else "no")
    return approve


agent = Agent(
    role="builder", goal="Tidy up.", backstory="", llm=Script(model="script"), tools=[shell]
)
task = Task(description="Tidy up staging.", expected_output="A report.", agent=agent)
with install(incident.guard(), workspace=incident.WORKSPACE, env=incident.ENV, ask=ask):
    result = Crew(agents=[agent], tasks=[task]).kickoff()
print("AGENT     ", result.raw)
assert ran == [incident.LOOK, incident.STAGING, *([incident.CLEAN] if approve else [])]
