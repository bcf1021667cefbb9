"""The incident with Pydantic AI: python pydantic_ai_agent.py [--approve]"""

import sys

from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, ToolDenied
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

import incident
from checkrein.pydantic_ai import GuardCapability

COMMANDS = [incident.LOOK, incident.STAGING, incident.PRODUCTION, incident.CLEAN]
ran: list[str] = []


def shell(command: str) -> str:
    """Run a shell command."""
    ran.append(command)
    return incident.shell(command)


def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The model: reads the last result, makes the next call."""
    done = [
        part for message in messages for part in message.parts if isinstance(part, ToolReturnPart)
    ]
    if done and done[-1].outcome != "success":
        print(f"  REFUSED  {done[-1].content}\n")
    if len(done) == len(COMMANDS):
        return ModelResponse(parts=[TextPart("Staging is tidy.")])
    print(f"agent calls: {COMMANDS[len(done)]}")
    return ModelResponse(parts=[ToolCallPart("shell", {"command": COMMANDS[len(done)]})])


agent = Agent(
    FunctionModel(play),
    name="builder",
    tools=[shell],
    output_type=[str, DeferredToolRequests],
    capabilities=[
        GuardCapability(incident.guard(), workspace=incident.WORKSPACE, env=incident.ENV)
    ],
)

result = agent.run_sync("Tidy up staging.")
while isinstance(result.output, DeferredToolRequests):
    approve = "--approve" in sys.argv
    answers = {}
    for call in result.output.approvals:
        question = result.output.metadata[call.tool_call_id]
        print(f"  ASKED    {question['message']}")
        print(
            f"           for {question['fingerprint'][:23]}, human says {'yes' if approve else 'no'}"
        )
        answers[call.tool_call_id] = approve or ToolDenied("A human said no.")
    result = agent.run_sync(
        message_history=result.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals=answers),
    )

print(f"agent says: {result.output}")
assert ran == [incident.LOOK, incident.STAGING, *[incident.CLEAN] * ("--approve" in sys.argv)], ran
