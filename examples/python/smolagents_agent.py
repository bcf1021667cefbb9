"""smolagents: the function behind a `@tool` is guarded, also for an agent that writes Python.

pip install checkrein smolagents
python smolagents_agent.py [--approve]
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

from smolagents import ActionStep, CodeAgent, LogLevel, Model, tool
from smolagents.models import ChatMessage, MessageRole

import checkrein
import incident

# An executor on another machine would get the tool's source, and the guard cannot go along. That is
# what this warning is about; such executors refuse a tool that is decorated like this.
warnings.filterwarnings("ignore", message="Function 'shell' has decorators other than @tool")

APPROVE = "--approve" in sys.argv[1:]
ran: list[str] = []


def ask(ruling: checkrein.Ruling) -> bool:
    """Asks a human. Here it is a flag; elsewhere a terminal, a chat, a page."""
    print("  ASKED    " + in_short(ruling.message))
    print(f"  HUMAN    says {'yes' if APPROVE else 'no'}")
    return APPROVE


@tool
@checkrein.guarded(
    incident.guard(), agent="builder", workspace=incident.WORKSPACE, env=incident.ENV, ask=ask
)
def shell(command: str) -> str:
    """Run a shell command.

    Args:
        command: The command.
    """
    ran.append(command)
    return incident.shell(command)


def in_short(message: str) -> str:
    """What the model, or the human, is told, without the names of the policies."""
    lines = [line for line in message.splitlines() if not line.startswith("Policies:")]
    return "\n           ".join(lines)


class Scripted(Model):
    """A model that runs the commands, one in each turn."""

    def __init__(self, commands: list[str]) -> None:
        super().__init__()
        self.code = [f"shell({command!r})" for command in commands] + ['final_answer("done")']

    def generate(self, messages: list[ChatMessage], **_: Any) -> ChatMessage:
        text = f"<code>\n{self.code.pop(0)}\n</code>"
        return ChatMessage(role=MessageRole.ASSISTANT, content=text)


def report(step: ActionStep, agent: CodeAgent) -> None:
    """Prints what the model is told about a refusal."""
    if step.error is not None:
        message = str(step.error)
        print("  REFUSED  " + in_short(message[message.index("checkrein: ") :]))


if __name__ == "__main__":
    model = Scripted([incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN])
    agent = CodeAgent([shell], model, step_callbacks=[report], verbosity_level=LogLevel.OFF)
    agent.run("Free some space in staging.")

    expected = [incident.LOOK, incident.STAGING] + [incident.CLEAN] * APPROVE
    assert ran == expected, ran
