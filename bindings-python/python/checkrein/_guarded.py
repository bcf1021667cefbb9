"""A decorator for functions that are tools."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from ._errors import ApprovalRequired, Denied
from ._gate import Gate, Outcome, Ruling, unreachable
from ._guard import Guard

_F = TypeVar("_F", bound=Callable[..., Any])


def guarded(
    guard: Guard | None = None,
    *,
    agent: str,
    tool: str | None = None,
    server: str | None = None,
    session: str | None = None,
    on_behalf_of: str | None = None,
    workspace: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    arguments: Callable[..., Mapping[str, Any]] | None = None,
    ask: Callable[[Ruling], Any] | None = None,
) -> Callable[[_F], _F]:
    """Puts a guard before a function: it runs only when the call may run.

        >>> @checkrein.guarded(agent="builder", tool="Bash")
        ... def shell(command: str) -> str: ...

    Works on functions, methods, coroutine functions and generators; the call is decided when the
    function is called (of a coroutine function, when it is awaited).

    Args:
        guard: The guard; ``Guard()``, made at the first call, when absent.
        agent: Id of the agent.
        tool: Name of the tool; the function's name when absent.
        server: The MCP server that offers the tool.
        session: Session the calls belong to.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`.
        env: As in :meth:`Guard.authorize`.
        arguments: Makes the arguments to decide on from the function's own, when they are not
            plain values; by default the function's parameters by name.
        ask: Asks a human about what needs approval: gets the ruling and answers ``True`` for yes,
            all else is no. May be a coroutine function for a coroutine function. Without it,
            what needs approval raises.

    Raises (from the decorated function):
        Denied: The call must not run.
        ApprovalRequired: The call must not run before a human approves it.
    """

    def decorate(function: _F) -> _F:
        signature = inspect.signature(function)
        lazy: list[Gate] = []

        def rule(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ruling:
            if not lazy:
                lazy.append(
                    Gate(
                        guard,
                        agent=agent,
                        session=session,
                        on_behalf_of=on_behalf_of,
                        workspace=workspace,
                        env=env,
                    )
                )
            if arguments is None:
                values = _by_name(signature, args, kwargs)
            else:
                values = dict(arguments(*args, **kwargs))
            return lazy[0].rule(tool or function.__name__, values, server=server)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def guarded_coroutine(*args: Any, **kwargs: Any) -> Any:
                ruling = rule(args, kwargs)
                if _asks(ruling, ask):
                    answer = ask(ruling) if ask else None
                    _take(ruling, await answer if inspect.isawaitable(answer) else answer)
                return await function(*args, **kwargs)

            return cast(_F, guarded_coroutine)

        @functools.wraps(function)
        def guarded_function(*args: Any, **kwargs: Any) -> Any:
            ruling = rule(args, kwargs)
            if _asks(ruling, ask):
                _take(ruling, ask(ruling) if ask else None)
            return function(*args, **kwargs)

        return cast(_F, guarded_function)

    return decorate


def _by_name(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The call's arguments by the names of the function's parameters, defaults included."""
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    values = dict(bound.arguments)
    for position, (name, parameter) in enumerate(signature.parameters.items()):
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            values.update(values.pop(name))
        elif position == 0 and name in ("self", "cls"):
            del values[name]
    return values


def _asks(ruling: Ruling, ask: Callable[[Ruling], Any] | None) -> bool:
    """Whether a human has to be asked; raises when the call must not run."""
    match ruling.outcome:
        case Outcome.RUN:
            return False
        case Outcome.REFUSE:
            raise Denied(ruling.message, ruling.decision)
        case Outcome.ASK:
            if ask is None:
                raise ApprovalRequired(ruling.message, ruling.decision)
            if not ruling.show():
                raise Denied(ruling.message, ruling.decision)
            return True
        case never:
            unreachable(never)


def _take(ruling: Ruling, answer: Any) -> None:
    """Takes the human's answer; only ``True`` itself is a yes."""
    if answer is not True:
        ruling.withdraw()
        raise ApprovalRequired(f"{ruling.message}\nThe human said no.", ruling.decision)
    if not ruling.redeem():
        raise Denied(ruling.message, ruling.decision)
