"""A LangChain agent with a guard before its tools.

pip install 'checkrein[langchain]'
python examples/python/langchain_agent.py [--approve]
"""

import os
import sys
from typing import Any

import incident

os.environ["LANGSMITH_TRACING"] = "false"

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from checkrein.langchain import GuardMiddleware

PLAN = [incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN]
ran: list[str] = []


class ScriptedModel(GenericFakeChatModel):
    """Plays the agent: one command of the plan after the other."""

    def bind_tools(self, tools: Any, **_: Any) -> "ScriptedModel":
        return self


@tool
def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


def main(approve: bool) -> None:
    turns = [
        AIMessage("", tool_calls=[{"name": "shell", "args": {"command": text}, "id": str(number)}])
        for number, text in enumerate(PLAN)
    ]
    agent = create_agent(
        ScriptedModel(messages=iter([*turns, AIMessage("Staging is tidy.")])),
        [shell],
        middleware=[
            GuardMiddleware(
                incident.guard(),
                agent="builder",
                workspace=incident.WORKSPACE,
                env=incident.ENV,
            )
        ],
        checkpointer=InMemorySaver(),
    )
    thread: Any = {"configurable": {"thread_id": "tidy-up"}}

    print("The agent tidies up:")
    result = agent.invoke({"messages": [("user", "Free some space in staging.")]}, thread)
    for pause in result["__interrupt__"]:
        print("  ASKED    " + pause.value["message"].replace("\n", "\n           "))
    print(f"  HUMAN    {'yes' if approve else 'no'}")
    result = agent.invoke(Command(resume=approve), thread)

    print("What the model was told where a call did not run:")
    for message in result["messages"]:
        if isinstance(message, ToolMessage) and message.status == "error":
            print(f"  {str(message.content).splitlines()[0]}")
    assert ran == [incident.LOOK, incident.STAGING, *([incident.CLEAN] if approve else [])]


if __name__ == "__main__":
    main("--approve" in sys.argv[1:])
