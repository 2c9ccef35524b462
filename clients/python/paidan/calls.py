"""The calls that both clients have, made from the tables: one method for each command, with the fields as its parameters.

`submit(category, text, *, household, urgency, ...)`: required fields may be given by position, optional ones by name.
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from .errors import SchemaError
from .schema import Field, Message, Schema

#: commands that belong to an import, which is a conversation of its own (`paidan import` holds it)
IMPORT = ("import_begin", "import_commit")

_ANNOTATIONS = {"bool": "bool", "id": "UUID | str | bytes", "text": "str", "bin": "bytes", "u64s": "list[int]"}


def annotation(field: Field) -> str:
    """What a field's value may be, as Python writes types."""
    return "str | int" if field.enum else _ANNOTATIONS.get(field.kind, "int")


def commands(schema: Schema) -> list[Message]:
    """The messages that get a method of their own."""
    return [m for m in schema.messages.values() if m.role == "command" and m.name not in IMPORT]


def made_by_client(message: Message, field: Field) -> bool:
    """Whether the client makes this required field, when it is left out: the id of a new order."""
    return message.name == "submit" and field.kind == "id"


def parameters(message: Message) -> list[inspect.Parameter]:
    """The parameters of the method for a message: required ones first, the others by name."""
    found = []
    for field in message.fields:
        if field.required and not made_by_client(message, field):
            found.append(inspect.Parameter(field.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation(field)))
    for field in message.fields:
        if not field.required or made_by_client(message, field):
            found.append(inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=None,
                                           annotation=annotation(field) + " | None"))
    return found


def documentation(message: Message) -> str:
    """The method's docstring."""
    lines = [textwrap.fill(message.doc, 110), ""]
    for field in message.fields:
        limits = ""
        if field.enum:
            limits = "one of " + ", ".join(field.enum.words)
        elif field.max is not None and field.kind not in ("bool", "id"):
            unit = {"text": " characters", "bin": " bytes"}.get(field.kind, "")
            limits = f"{field.min or 0} to {field.max}{unit}"
        lines.append(f"{field.name}: {field.doc}" + (f" [{limits}]" if limits else ""))
    lines += ["", "Returns `seq` and `version`, and of an order its id as `order`. Raises Refused, InvalidValue, NoAnswer."]
    return "\n".join(lines)


def add_commands(cls: type, schema: Schema, wrap: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda f: f) -> None:
    """Give cls a method for each command, which calls self.call(name, timeout_s=..., **fields)."""
    for message in commands(schema):
        setattr(cls, message.name, wrap(_method(cls, message)))


def _method(cls: type, message: Message) -> Callable[..., Any]:
    fields = parameters(message)
    positional = [p.name for p in fields if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]

    def method(self: Any, *args: Any, timeout_s: float | None = None, **kwargs: Any) -> Any:
        if len(args) > len(positional):
            raise TypeError(f"{message.name}() takes {len(positional)} values by position ({', '.join(positional)}); "
                            f"{len(args)} were given: name the others")
        for name, value in zip(positional, args):
            if name in kwargs:
                raise TypeError(f"{message.name}() got {name} twice")
            kwargs[name] = value
        return self.call(message.name, timeout_s=timeout_s, **kwargs)

    method.__name__, method.__qualname__ = message.name, f"{cls.__name__}.{message.name}"
    method.__module__ = cls.__module__
    method.__doc__ = documentation(message)
    method.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *fields,
        inspect.Parameter("timeout_s", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="float | None")])
    return method


@functools.lru_cache(maxsize=None)
def own_schema() -> Schema:
    """The schema that the package came with, read once."""
    return Schema.load()


def schema_of(given: Any) -> Schema:
    """The schema that a client was given: None, a Schema, what a schema.json contains, or its path."""
    if given is None:
        return own_schema()
    if isinstance(given, Schema):
        return given
    if isinstance(given, dict):
        return Schema(given, "the schema that was given")
    try:
        return Schema.load(given)
    except TypeError:
        raise SchemaError(f"a schema is a path, a dict or a Schema, not {given!r:.100}") from None
