"""From Python values to the JSON of a call."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import os
import uuid
from collections.abc import Mapping
from typing import Any


class NotConvertible(ValueError):
    """A value has no JSON form. The text names types, never values."""


def encode(call: Mapping[str, Any]) -> str:
    """The call as JSON text.

    Raises:
        NotConvertible: Something in it has no JSON form.
    """
    try:
        return _encoder.encode(call)
    except NotConvertible:
        raise
    except TypeError:
        raise NotConvertible("a key of an object is not text; use text keys") from None
    except RecursionError:
        raise NotConvertible("it nests too deep; flatten the arguments") from None
    except ValueError:
        text = "a number is not finite, or a value contains itself; neither has a JSON form"
        raise NotConvertible(text) from None


def _plain(value: Any) -> Any:
    """The obvious JSON form of a value that is not JSON."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise NotConvertible("bytes that are not UTF-8 have no JSON form") from None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json")
    kind = type(value)
    raise NotConvertible(
        f"a `{kind.__module__}.{kind.__qualname__}` has no JSON form; pass plain values"
    )


_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
)
