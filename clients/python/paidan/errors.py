"""What can go wrong: a refusal by the broker, a value that breaks a limit, no answer, a schema of another version."""

from __future__ import annotations

import uuid


class PaidanError(Exception):
    """The root of all errors of this package."""


class Refused(PaidanError):
    """The broker refused a command or a query: nothing was changed.

    A refusal is a normal answer. Programs go by `code` or `name`, people read `sentence`, `detail` and `advice`.
    """

    code: int  #: stable number of the refusal
    name: str  #: stable word of the refusal, e.g. "taken"
    sentence: str  #: what it means
    detail: str  #: what exactly was wrong; may be empty
    advice: str  #: what the sender should do; empty for a refusal that schema.json does not know
    version: int  #: the order's present version, where the refusal is about one; else 0
    person: int  #: who was first, where somebody was; else 0

    def __init__(self, code: int, name: str, sentence: str, detail: str = "", advice: str = "", version: int = 0,
                 person: int = 0) -> None:
        super().__init__(code, name, sentence, detail, advice, version, person)
        self.code, self.name, self.sentence, self.detail = code, name, sentence, detail
        self.advice, self.version, self.person = advice, version, person

    def __str__(self) -> str:
        text = f"{self.name}: {self.sentence}"
        if self.detail:
            text += f" ({self.detail})"
        if self.advice:
            text += f" {self.advice}"
        return text


class InvalidValue(PaidanError, ValueError):
    """A value breaks a limit of schema.json, or a field or message is not there. Nothing was sent."""


class NoAnswer(PaidanError, TimeoutError):
    """No answer came in time. The command may have been done or not, and may still be done.

    To make sure, make the same call again with the same contents: it is done once. For a submit, `order` is the id to
    give again.
    """

    def __init__(self, message: str, order: uuid.UUID | None = None) -> None:
        super().__init__(message)
        self.order = order


class SchemaError(PaidanError):
    """A schema.json that cannot be used: of another version of the protocol, or damaged."""


class Closed(PaidanError):
    """The client was closed."""
