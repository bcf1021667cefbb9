"""From Python values to the JSON of a call."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from typing import Any

from . import _native


class NotConvertible(ValueError):
    """A value has no JSON form. The text names types, never values."""


def encode(call: Mapping[str, Any]) -> str:
    """The call as JSON text.

    Raises:
        NotConvertible: Something in it has no JSON form.
    """
    return _native.encode(call, plain, NotConvertible)


def plain(value: Any) -> Any:
    """The obvious JSON form of a value that is not JSON."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, enum.Enum):
        return value.value
    # Who has such a value has imported its module; who has none should not pay for it.
    kind = type(value)
    match kind.__module__, kind.__qualname__:
        case "datetime", "datetime" | "date" | "time":
            return value.isoformat()
        case ("uuid", "UUID") | ("decimal", "Decimal"):
            return str(value)
    if isinstance(value, (bytes, bytearray)):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise NotConvertible("bytes that are not UTF-8 have no JSON form") from None
    if hasattr(kind, "__dataclass_fields__"):
        import dataclasses

        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(kind, "model_dump", None)
    if callable(dump):
        return dump(value, mode="json")
    raise NotConvertible(
        f"a `{kind.__module__}.{kind.__qualname__}` has no JSON form; pass plain values"
    )
