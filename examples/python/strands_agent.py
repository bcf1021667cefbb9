"""A Strands agent that only wants to tidy up staging, and a guard before its tool.

python examples/python/strands_agent.py            # the human says no
python examples/python/strands_agent.py --approve  # the human says yes
"""

import json
import sys
from collections.abc import AsyncGenerator
from typing import Any

from strands import Agent, tool
from strands.models import Model

import incident
from checkrein.strands import GuardIntervention

ran: list[str] = []


@tool
def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


class Script(Model):
    """Plays the agent: one command after the other, whatever the answers are."""

    stateful = False

    def __init__(self, *commands: str) -> None:
        self.commands = list(commands)

    def update_config(self, **model_config: Any) -> None:
        pass

    def get_config(self) -> dict[str, Any]:
        return {}

    def structured_output(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def stream(self, messages: Any, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        for block in messages[-1]["content"]:
            result = block.get("toolResult", {})
            if result.get("status") == "error":
                print(f"  REFUSED  {result['content'][0]['text'].splitlines()[0]}")
        yield {"messageStart": {"role": "assistant"}}
        if self.commands:
            command = self.commands.pop(0)
            print(f"\nagent: {command}")
            use = {"name": "shell", "toolUseId": f"call-{len(self.commands)}"}
            yield {"contentBlockStart": {"start": {"toolUse": use}}}
            arguments = json.dumps({"command": command})
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": arguments}}}}
            yield {"contentBlockStop": {}}
            yield {"messageStop": {"stopReason": "tool_use"}}
        else:
            yield {"messageStop": {"stopReason": "end_turn"}}


approve = "--approve" in sys.argv
guard = GuardIntervention(incident.guard(), workspace=incident.WORKSPACE, env=incident.ENV)
model = Script(incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN)
agent = Agent(model, name="builder", tools=[shell], interventions=[guard], callback_handler=None)

result = agent("Staging is out of space. Tidy up.")
while result.stop_reason == "interrupt":
    answers: list[Any] = []
    for asked in result.interrupts or []:
        print("  ASKED    " + asked.reason["message"].replace("\n", "\n           "))
        print(f"  human: {'yes' if approve else 'no'}")
        answers.append({"interruptResponse": {"interruptId": asked.id, "response": approve}})
    result = agent(answers)

assert ran == [incident.LOOK, incident.STAGING] + [incident.CLEAN] * approve
