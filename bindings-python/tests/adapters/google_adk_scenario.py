"""What the tests of `google_adk` share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from conftest import WORKSPACE, Shell
from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig
from google.adk.apps import App
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.plugins.base_plugin import BasePlugin
from google.adk.runners import InMemoryRunner
from google.adk.workflow import START, Workflow
from google.genai import types
from pydantic import PrivateAttr

import checkrein
from checkrein.google_adk import GuardPlugin

Turn = list[tuple[str, dict[str, Any]]]


class Script(BaseLlm):
    """Calls the tools of one turn after the other, then says that it is done."""

    model: str = "script"
    _turns: list[Turn] = PrivateAttr(default_factory=list)
    _requests: list[Any] = PrivateAttr(default_factory=list)
    _id: str | None = PrivateAttr(default=None)

    def __init__(self, *turns: Turn) -> None:
        super().__init__(model="script")
        self._turns = list(turns)

    async def generate_content_async(
        self, llm_request: Any, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        self._requests.append(llm_request)
        turn = self._turns.pop(0) if self._turns else []
        calls = [types.FunctionCall(name=name, args=args, id=self._id) for name, args in turn]
        parts = [types.Part(function_call=call) for call in calls]
        yield LlmResponse(
            content=types.Content(role="model", parts=parts or [types.Part(text="done")])
        )


def bash(*commands: str) -> Turn:
    return [("bash", {"command": command}) for command in commands]


def tool_of(shell: Shell) -> Any:
    def bash(command: str) -> str:
        """Run a shell command."""
        return shell.run(command)

    return bash


def agent_of(shell: Shell, *turns: Turn, **extra: Any) -> LlmAgent:
    extra.setdefault("tools", [tool_of(shell)])
    extra.setdefault("name", "builder")
    return LlmAgent(model=Script(*turns), **extra)


class Run:
    """A runner with one session, and what it told."""

    def __init__(
        self, guard: checkrein.Guard | None, agent: Any, *others: BasePlugin, **context: Any
    ) -> None:
        plugins = list(others)
        if guard is not None:
            plugins.insert(0, GuardPlugin(guard, workspace=WORKSPACE, env={}, **context))
        self.runner = InMemoryRunner(app=App(name="ops", root_agent=agent, plugins=plugins))
        self.events: list[Any] = []
        self.session: str | None = None

    def say(self, *parts: types.Part, config: RunConfig | None = None) -> Run:
        async def run() -> None:
            if self.session is None:
                sessions = self.runner.session_service
                self.session = (await sessions.create_session(app_name="ops", user_id="u")).id
            async for event in self.runner.run_async(
                user_id="u",
                session_id=self.session,
                new_message=types.Content(
                    role="user", parts=list(parts) or [types.Part(text="go")]
                ),
                run_config=config,
            ):
                self.events.append(event)

        asyncio.run(run())
        return self

    def questions(self) -> list[Any]:
        calls = [call for event in self.events for call in event.get_function_calls()]
        return [call for call in calls if call.name == "adk_request_confirmation"]

    def answer(self, response: Any, *questions: Any) -> Run:
        return self.say(
            *(
                types.Part(
                    function_response=types.FunctionResponse(
                        id=question.id, name=question.name, response=response
                    )
                )
                for question in questions or self.questions()
            )
        )

    def told(self, tool: str = "bash") -> list[Any]:
        """The results of the tool the model gets."""
        results = [result for event in self.events for result in event.get_function_responses()]
        return [result.response for result in results if result.name == tool]


def refused(response: Any) -> bool:
    return set(response) == {"error"} and response["error"].startswith("checkrein: ")


class Swap:
    """Replaces the command of every call once it is active."""

    def __init__(self, command: str, *, active: bool = False) -> None:
        self.command = command
        self.active = active

    def __call__(self, tool: Any, args: dict[str, Any], tool_context: Any) -> None:
        if self.active:
            args["command"] = self.command


class SwapPlugin(BasePlugin):
    def __init__(self, swap: Swap) -> None:
        super().__init__("swap")
        self.swap = swap

    async def before_tool_callback(
        self, *, tool: Any, tool_args: dict[str, Any], tool_context: Any
    ) -> None:
        self.swap(tool, tool_args, tool_context)


def flow_of(command: str, tool: Any) -> Workflow:
    def start() -> dict[str, str]:
        return {"command": command}

    return Workflow(name="flow", edges=[(START, start, tool)])
