"""A decorator for functions that are tools."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from typing import Any, TypeVar, cast

from . import _native
from ._decision import Decision
from ._errors import ApprovalRequired, ConfigurationError, Denied
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

    Works on functions, methods, coroutine functions and both kinds of generator functions. The
    call is decided when the function is called, of a coroutine function when it is awaited. A
    generator's call is decided once more when its body starts, at the first step: what runs is
    what was decided, whatever happened to the arguments in between. So it is after a human's yes.

    The name, the signature and the documentation stay, so that a framework derives the same schema.
    So does ``__wrapped__``, which is the function without a guard: a framework that sends a tool's
    source to another machine runs it there without a guard.

    Args:
        guard: The guard; when absent one ``Guard()`` for all functions without their own, made at
            the first call of one of them.
        agent: Id of the agent.
        tool: Name of the tool; the function's name when absent.
        server: The MCP server that offers the tool.
        session: Session the calls belong to.
        on_behalf_of: The human the agent acts for.
        workspace: As in :meth:`Guard.authorize`.
        env: As in :meth:`Guard.authorize`.
        arguments: Makes the arguments to decide on from the function's own, when they are not
            plain values; by default the function's parameters by name. Gets what the function gets
            and must leave it as it is; may be called more than once for a call. Without it, a
            value whose class is not found in its module is refused: an agent that writes Python
            can make a text that says one thing to the guard and another to the function.
        ask: Asks a human about what needs approval: gets the ruling and answers ``True`` for yes,
            all else is no. May be a coroutine function when the function is asynchronous. Without
            it, what needs approval raises.

    Raises (from the decorated function):
        Denied: The call must not run.
        ApprovalRequired: The call must not run before a human approves it.

    Raises (when decorating):
        ConfigurationError: The function has no name and ``tool`` is absent, or ``ask`` is a
            coroutine function and the function is not asynchronous.
    """

    def decorate(function: _F) -> _F:
        if isinstance(function, (classmethod, staticmethod)):
            return cast(_F, type(function)(decorate(function.__func__)))
        name = tool or getattr(function, "__name__", "")
        if not name:
            raise ConfigurationError(f"{function!r} has no name; say `tool=`")
        signature = inspect.signature(function)
        skip_first = _takes_self(function, signature)
        gates: list[Gate] = []

        def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
            call_id = uuid.uuid4().hex

            def rule() -> Ruling:
                if not gates:
                    gates.append(
                        Gate(
                            _default() if guard is None else guard,
                            agent=agent,
                            session=session,
                            on_behalf_of=on_behalf_of,
                            workspace=workspace,
                            env=env,
                        )
                    )
                if arguments is None:
                    values = _by_name(signature, skip_first, args, kwargs)
                else:
                    values = dict(arguments(*args, **kwargs))
                ruling = gates[0].rule(name, values, call_id=call_id, server=server)
                if arguments is None and ruling.outcome is not Outcome.REFUSE:
                    for value in values.values():
                        _refuse_made_up(value)
                return ruling

            return _Call(rule, ask)

        return cast(_F, functools.wraps(function)(_guarded(function, begin, ask)))

    return decorate


class _Call:
    """One call of a guarded function."""

    __slots__ = ("_ask", "_rule")

    def __init__(self, rule: Callable[[], Ruling], ask: Callable[[Ruling], Any] | None) -> None:
        self._rule = rule
        self._ask = ask

    def check(self) -> Ruling | None:
        """Raises when the call must not run. A ruling: a human has to be asked about it."""
        ruling = self._rule()
        match ruling.outcome:
            case Outcome.RUN:
                return None
            case Outcome.REFUSE:
                raise Denied(ruling.message, ruling.decision)
            case Outcome.ASK:
                if self._ask is None:
                    raise ApprovalRequired(ruling.message, ruling.decision)
                return ruling
            case never:
                unreachable(never)

    def settle(self) -> None:
        """Returns when the call may run now, else raises."""
        ruling = self.check()
        if ruling is not None:
            try:
                answer = self._put(ruling)
            except BaseException:
                ruling.withdraw()
                raise
            self._take(ruling, answer)

    async def settle_async(self) -> None:
        """As :meth:`settle`, for an ``ask`` that may be a coroutine function."""
        ruling = self.check()
        if ruling is not None:
            try:
                answer = self._put(ruling)
                if inspect.isawaitable(answer):
                    answer = await answer
            except BaseException:
                ruling.withdraw()
                raise
            self._take(ruling, answer)

    def _put(self, ruling: Ruling) -> Any:
        """Puts the question to a human."""
        if self._ask is None or not ruling.show():
            raise Denied(ruling.message, ruling.decision)
        return self._ask(ruling)

    def _take(self, shown: Ruling, answer: Any) -> None:
        """Takes the human's answer; only ``True`` itself is a yes, and only to what was shown."""
        if answer is not True:
            shown.withdraw()
            raise ApprovalRequired(f"{shown.message}\nThe human said no.", shown.decision)
        # A human takes minutes, in which arguments and variables can change: what would run now?
        ruling = self._rule()
        match ruling.outcome:
            case Outcome.RUN:
                shown.withdraw()
            case Outcome.REFUSE:
                shown.withdraw()
                raise Denied(ruling.message, ruling.decision)
            case Outcome.ASK:
                if not ruling.redeem():
                    shown.withdraw()
                    raise Denied(ruling.message, ruling.decision)
            case never:
                unreachable(never)


def _guarded(
    function: Callable[..., Any],
    begin: Callable[[tuple[Any, ...], dict[str, Any]], _Call],
    ask: Callable[[Ruling], Any] | None,
) -> Callable[..., Any]:
    """The function behind its guard, of a kind that is called as the function is."""
    if inspect.isasyncgenfunction(function):

        def guarded_async_generator(*args: Any, **kwargs: Any) -> Any:
            call = begin(args, kwargs)
            call.check()
            return _steps_async(call.settle_async, lambda: function(*args, **kwargs))

        return guarded_async_generator

    if inspect.iscoroutinefunction(function):

        async def guarded_coroutine(*args: Any, **kwargs: Any) -> Any:
            await begin(args, kwargs).settle_async()
            return await function(*args, **kwargs)

        return guarded_coroutine

    if inspect.iscoroutinefunction(ask):
        raise ConfigurationError(
            f"`ask` is a coroutine function and {function!r} is not; give an `ask` that returns "
            "its answer"
        )

    if inspect.isgeneratorfunction(function):

        def guarded_generator(*args: Any, **kwargs: Any) -> Any:
            call = begin(args, kwargs)
            call.check()
            return _steps(call.settle, lambda: function(*args, **kwargs))

        return guarded_generator

    def guarded_function(*args: Any, **kwargs: Any) -> Any:
        begin(args, kwargs).settle()
        return function(*args, **kwargs)

    return guarded_function


def _steps(
    settle: Callable[[], None], start: Callable[[], Generator[Any, Any, Any]]
) -> Generator[Any, Any, Any]:
    settle()
    return (yield from start())


async def _steps_async(
    settle: Callable[[], Awaitable[None]], start: Callable[[], AsyncGenerator[Any, Any]]
) -> AsyncGenerator[Any, Any]:
    """What ``yield from`` would do, had asynchronous generators one."""
    await settle()
    stream = start()
    try:
        item = await stream.__anext__()
        while True:
            try:
                sent = yield item
            except GeneratorExit:
                await stream.aclose()
                raise
            except BaseException as error:
                item = await stream.athrow(error)
            else:
                item = await stream.asend(sent)
    except StopAsyncIteration:
        return


@functools.cache
def _default() -> Guard:
    return Guard()


def _takes_self(function: Callable[..., Any], signature: inspect.Signature) -> bool:
    """Whether the first argument is what a method is bound to, and no argument of the call.

    Its name alone does not say so: a model could fill the parameter of a plain function.
    """
    in_class = getattr(function, "__qualname__", "").rpartition(".")[0]
    return (
        next(iter(signature.parameters), "") in ("self", "cls")
        and in_class != ""
        and not in_class.endswith("<locals>")
        and not inspect.ismethod(function)
    )


def _by_name(
    signature: inspect.Signature, skip_first: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The call's arguments by the names of the function's parameters, defaults included."""
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    values: dict[str, Any] = {}
    for name, parameter in list(signature.parameters.items())[skip_first:]:
        value = bound.arguments[name]
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            # A keyword may bear the name of a positional-only parameter, and must not hide it.
            twice = sorted(values.keys() & value.keys())
            if twice:
                raise TypeError(f"{', '.join(twice)}: given by position and by name")
            values.update(value)
        elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL or value:
            values[name] = value
    return values


def _refuse_made_up(value: Any) -> None:
    """Raises when a value is of a class that nobody could import."""
    kind = type(value)
    if kind in _PLAIN:
        return
    found: Any = sys.modules.get(kind.__module__)
    for part in kind.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is not kind:
        name = f"{kind.__module__}.{kind.__qualname__}"
        text = f"a `{name}` may be other than it says, its module does not have it; "
        refused = Decision(*_native.refuse("malformed", text + "pass plain values"))
        raise Denied(refused.message, refused)
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_made_up(key)
            _refuse_made_up(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            _refuse_made_up(item)


_PLAIN = frozenset((str, int, float, bool, type(None)))
