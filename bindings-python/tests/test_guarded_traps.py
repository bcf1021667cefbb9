"""What gets around a careless guard: the further tests of `guarded`."""

from __future__ import annotations

import asyncio
import collections
import datetime
import functools
import inspect
import pathlib
import typing
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest

import checkrein
from checkrein import ApprovalRequired, ConfigurationError, Denied
from guarded_scenario import (
    ALLOW,
    ASK,
    CONTEXT,
    DENY,
    METHODS,
    Mode,
    Place,
    Shell,
    cls_of_a_module,
    each_kind,
    lies,
    make,
    tools,
)

pytest_plugins = ["guarded_scenario"]


# What a framework sees of the function.


@each_kind
def test_metadata_stays(guard: checkrein.Guard, kind: str) -> None:
    function = make(kind, str)
    wrapped = checkrein.guarded(guard, **CONTEXT)(function)
    assert wrapped is not function
    for name in ("__name__", "__qualname__", "__doc__", "__module__", "__annotations__"):
        assert getattr(wrapped, name) == getattr(function, name)
    assert inspect.signature(wrapped) == inspect.signature(function)
    assert typing.get_type_hints(wrapped) == typing.get_type_hints(function)
    assert inspect.iscoroutinefunction(wrapped) == (kind == "coroutine")
    assert asyncio.iscoroutinefunction(wrapped) == (kind == "coroutine")


def test_what_a_call_returns_is_of_the_same_kind(guard: checkrein.Guard) -> None:
    generator = Shell("generator", guard).start(ALLOW)
    assert inspect.isgenerator(generator)
    stream = Shell("async_generator", guard).start(ALLOW)
    assert inspect.isasyncgen(stream)


# The arguments that are decided on.


def test_arguments_by_name(seen: Any) -> None:
    @checkrein.guarded(seen, agent="builder", workspace="/", env={})
    def read_file(path: str, limit: int = 10, *, raw: bool = False) -> str:
        return f"{path} {limit} {raw}"

    assert read_file("a") == "a 10 False"
    assert seen.calls == [("read_file", {"path": "a", "limit": 10, "raw": False})]
    assert read_file(limit=3, path="b", raw=True) == "b 3 True"
    assert seen.arguments == {"path": "b", "limit": 3, "raw": True}


def test_arguments_of_variadic_functions(seen: Any) -> None:
    @checkrein.guarded(seen, agent="builder", workspace="/", env={})
    def read_file(path: str, /, *more: str, **options: Any) -> tuple[Any, ...]:
        return path, more, options

    assert read_file("a") == ("a", (), {})
    assert seen.arguments == {"path": "a"}
    read_file("a", "b", "c", options={"x": 1}, limit=2)
    assert seen.arguments == {
        "path": "a",
        "more": ("b", "c"),
        "options": {"x": 1},
        "limit": 2,
    }


def test_a_keyword_does_not_hide_a_positional_argument(guard: checkrein.Guard) -> None:
    ran: list[str] = []

    @checkrein.guarded(guard, **CONTEXT)
    def shell(command: str, /, **_: Any) -> None:
        ran.append(command)

    with pytest.raises(TypeError, match="command: given by position and by name"):
        shell(ASK, command=ALLOW)
    assert ran == []


def test_arguments_the_function_does_not_take(seen: Any) -> None:
    shell = Shell("sync", seen)
    with pytest.raises(TypeError, match="missing a required argument"):
        shell.start()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword"):
        shell.start(command=ALLOW, other=1)  # type: ignore[call-arg]
    assert (seen.calls, shell.ran) == ([], [])


@each_kind
def test_arguments_without_a_json_form(guard: checkrein.Guard, kind: str) -> None:
    shell = Shell(kind, guard)
    for value in (
        object(),
        (part for part in [ALLOW]),
        map(str, [ALLOW]),
        float("nan"),
        {(1, 2): 3},
    ):
        with pytest.raises(Denied, match="the call cannot be read"):
            shell.call(value)
    assert shell.ran == []


def test_arguments_with_an_obvious_json_form(guard: checkrein.Guard) -> None:
    ran: list[Any] = []

    @checkrein.guarded(guard, agent="builder", workspace="/", env={})
    def read_file(path: str, **options: Any) -> None:
        ran.append(options)

    given = {
        "a": Place("x"),
        "b": Mode.RAW,
        "c": collections.OrderedDict(d=[pathlib.Path("y")]),
        "e": (1, {"f"}, None, 1.5, True),
        "g": datetime.date(2026, 1, 1),
    }
    read_file("a", **given)
    assert ran == [given]


@each_kind
def test_values_that_say_two_things(guard: checkrein.Guard, kind: str) -> None:
    for lie in lies():
        for value in (lie, [lie], {"a": (lie,)}):
            shell = Shell(kind, guard, tool="read_file", ask=lambda _: True)
            with pytest.raises(Denied, match="may be other than it says"):
                shell.call(value)
            assert shell.ran == []
    shell = Shell(kind, guard)
    with pytest.raises(Denied, match="may be other than it says"):
        shell.call(lies()[0])
    assert shell.ran == []


def test_a_value_that_contains_itself(guard: checkrein.Guard) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(Denied, match="contains itself"):
        Shell("sync", guard).call(loop)


def test_arguments_made_by_the_caller(seen: Any) -> None:
    ran: list[str] = []

    @checkrein.guarded(
        seen, **CONTEXT, arguments=lambda context, command: {"command": command.strip()}
    )
    def run(context: object, command: str) -> None:
        ran.append(command)

    run(object(), f" {ALLOW} ")
    assert seen.calls == [("bash", {"command": ALLOW})]
    with pytest.raises(ApprovalRequired):
        run(object(), command=ASK)
    assert ran == [f" {ALLOW} "]


@pytest.mark.parametrize("answer", [None, 1, "text", ZeroDivisionError()])
def test_arguments_that_cannot_be_made(guard: checkrein.Guard, answer: object) -> None:
    def arguments(command: str) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    shell = Shell("sync", guard, arguments=arguments)
    with pytest.raises((TypeError, ValueError, ZeroDivisionError)):
        shell.call(ALLOW)
    assert shell.ran == []


@pytest.mark.parametrize("name", [*METHODS, "coroutine"])
def test_methods(seen: Any, name: str) -> None:
    shells = tools(seen)

    def call(command: str) -> Any:
        answer = getattr(shells(), name)(command)
        return asyncio.run(answer) if name == "coroutine" else answer

    assert call(ALLOW) == ALLOW
    assert seen.calls == [("bash", {"command": ALLOW})]
    for command, error in ((DENY, Denied), (ASK, ApprovalRequired)):
        with pytest.raises(error):
            call(command)
    assert shells.ran == [shells]


def test_a_bound_method(seen: Any) -> None:
    class Plain:
        def run(self, cls: str) -> str:
            return cls

    run = checkrein.guarded(seen, **CONTEXT)(Plain().run)
    with pytest.raises(ApprovalRequired):
        run(ALLOW)
    assert seen.arguments == {"cls": ALLOW}, "only what a method is bound to is left out"


def test_a_parameter_named_like_that_of_a_method(seen: Any) -> None:
    """A model can fill it, so it is decided on."""

    def self_of_a_function(self: str) -> str:
        return self

    for function, name in ((cls_of_a_module, "cls"), (self_of_a_function, "self")):
        with pytest.raises(ApprovalRequired):
            checkrein.guarded(seen, **CONTEXT)(function)("x")
        assert seen.arguments == {name: "x"}


def test_callables_without_a_name(seen: Any) -> None:
    def run(prefix: str, command: str) -> str:
        return prefix + command

    partial = functools.partial(run, "ran ")
    with pytest.raises(ConfigurationError, match="has no name; say `tool=`"):
        checkrein.guarded(seen, agent="builder")(partial)
    wrapped = checkrein.guarded(seen, **CONTEXT)(partial)
    assert wrapped(ALLOW) == f"ran {ALLOW}"
    with pytest.raises(ApprovalRequired):
        wrapped(command=ASK)


def test_the_decorator_needs_its_parentheses() -> None:
    with pytest.raises(TypeError, match="agent"):
        checkrein.guarded(str)  # type: ignore[call-arg, arg-type]


def test_one_guard_for_all_who_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from checkrein import _guarded

    made: list[checkrein.Guard] = []

    def make_guard() -> checkrein.Guard:
        made.append(checkrein.Guard(inventory="", workspace="/"))
        return made[-1]

    _guarded._default.cache_clear()
    monkeypatch.setattr(_guarded, "Guard", make_guard)
    try:
        first, second = Shell("sync", None), Shell("sync", None)
        assert made == [], "nothing is read when a module is imported"
        first.call(ALLOW)
        second.call(ALLOW)
        first.call(ALLOW)
        assert len(made) == 1
        assert (first.ran, second.ran) == ([ALLOW, ALLOW], [ALLOW])
    finally:
        _guarded._default.cache_clear()


def test_a_configuration_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from checkrein import _guarded

    broken = tmp_path / "checkrein.toml"
    broken.write_text("[[nonsense")
    monkeypatch.setenv("CHECKREIN_CONFIG", str(broken))
    _guarded._default.cache_clear()
    shell = Shell("sync", None)
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            shell.call(ALLOW)
    assert shell.ran == []


# Generators stay generators.


def test_a_generator_is_driven_as_without_a_guard(guard: checkrein.Guard) -> None:
    @checkrein.guarded(guard, **CONTEXT)
    def run(command: str) -> Generator[str, str, str]:
        got = yield command
        try:
            yield got
        except ValueError as error:
            yield f"caught {error}"
        return "result"

    steps = run(ALLOW)
    assert next(steps) == ALLOW
    assert steps.send("sent") == "sent"
    assert steps.throw(ValueError("x")) == "caught x"
    with pytest.raises(StopIteration) as stop:
        next(steps)
    assert stop.value.value == "result"


def test_an_asynchronous_generator_is_driven_as_without_a_guard(guard: checkrein.Guard) -> None:
    closed: list[str] = []

    @checkrein.guarded(guard, **CONTEXT)
    async def run(command: str) -> AsyncGenerator[str, str]:
        try:
            got = yield command
            try:
                yield got
            except ValueError as error:
                yield f"caught {error}"
            yield "last"
        finally:
            closed.append(command)

    async def drive() -> None:
        steps = run(ALLOW)
        assert await steps.__anext__() == ALLOW
        assert await steps.asend("sent") == "sent"
        assert await steps.athrow(ValueError("x")) == "caught x"
        assert closed == []
        assert [item async for item in steps] == ["last"]
        assert closed == [ALLOW]

        unfinished = run(ALLOW)
        await unfinished.__anext__()
        await unfinished.aclose()
        assert closed == [ALLOW, ALLOW]

    asyncio.run(drive())
