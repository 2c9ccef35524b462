"""The protocol's tables, read from schema.json: messages, fields, limits, words and refusals. Nothing of them stands here.

Encoding and decoding go over these tables. A Schema never changes once it is made, and may be shared by threads.
"""

from __future__ import annotations

import difflib
import json
import operator
import os
import uuid
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import msgpack

from .errors import InvalidValue, Refused, SchemaError

UNDERSTOOD = (1,)  #: versions of the protocol that this package was written for


class Word(str):
    """A word of an enum, e.g. "waiting". It is its name; `code` is its number on the wire, `zh` its Chinese."""

    code: int
    zh: str
    doc: str

    def __new__(cls, name: str, code: int, zh: str = "", doc: str = "") -> Word:
        word = super().__new__(cls, name)
        word.code, word.zh, word.doc = code, zh, doc
        return word

    def __getnewargs__(self) -> tuple[str, int, str, str]:  # type: ignore[override]
        return str(self), self.code, self.zh, self.doc


class Enum:
    """A set of words. 0, which is none, is the empty word; another number without a word, of a newer broker, is its digits."""

    def __init__(self, name: str, row: Mapping[str, Any]) -> None:
        self.name = name
        self.words = [Word(w["name"], w["code"], w["zh"], w["doc"]) for w in row["words"]]
        self._by_code = {word.code: word for word in self.words}
        self._by_name = {name: word for word in self.words for name in (str(word), word.zh)}

    def word(self, code: int) -> Word:
        return self._by_code.get(code) or Word(str(code) if code else "", code)

    def code(self, value: Any, what: str) -> int:
        """The number for a word, in English or Chinese, or for a number."""
        if isinstance(value, Word):
            return value.code
        if isinstance(value, str):
            if value not in self._by_name:
                raise InvalidValue(f'{what}: "{value}" is no {self.name}; there are {", ".join(self.words)}')
            return self._by_name[value].code
        return value


_DEFAULTS: dict[str, Any] = {"bool": False, "id": bytes(16), "text": "", "bin": b"", "u64s": []}
_TYPES: dict[str, type] = {"bool": bool, "id": bytes, "text": str, "bin": bytes, "u64s": list}
_UNITS = {"text": "characters", "bin": "bytes", "u64s": "elements"}


class Field:
    """A field of a message: its kind, its limits, and its values on both sides."""

    def __init__(self, message: str, row: Mapping[str, Any], kinds: Mapping[str, Any], enums: Mapping[str, Enum]) -> None:
        self.name: str = row["name"]
        self.kind: str = row["kind"]
        self.required: bool = row["required"]
        self.doc: str = row["doc"]
        self.example: Any = row["example"]
        self.unit: str = row.get("unit", "")
        self.enum: Enum | None = enums.get(row.get("enum", ""))
        self.default: Any = _DEFAULTS.get(self.kind, 0)
        self._type: Any = _TYPES.get(self.kind, int)
        self._what = f"{message}.{self.name}"
        limits = (row.get(k, kinds[self.kind].get(k)) for k in ("min", "max"))
        self.min, self.max = (None if limit is None else int(limit) for limit in limits)

    # to the wire

    def encode(self, value: Any) -> Any:
        """The value as msgpack is to have it; InvalidValue says what would be right."""
        if self.enum:
            value = self.enum.code(value, self._what)
        if self._type is int:
            return self._within(self._integer(value), "")
        if self.kind == "id":
            return self._id(value)
        if self.kind == "u64s" and isinstance(value, (list, tuple)):
            self._within(len(value), " elements")
            return [self._integer(v) for v in value]
        if self.kind == "bin" and isinstance(value, (bytearray, memoryview)):
            value = bytes(value)
        if not isinstance(value, self._type):
            raise InvalidValue(f"{self._what} must be {self._wanted()}, and is {value!r:.100}")
        if self.kind == "text":
            self._characters(value)
        if self.kind in _UNITS:
            self._within(len(value), f" {_UNITS[self.kind]}")
        return value

    def _wanted(self) -> str:
        return {"bool": "True or False", "text": "text (str)", "bin": "bytes", "u64s": "a list of numbers"}[self.kind]

    def _integer(self, value: Any) -> int:
        try:
            if not isinstance(value, bool):
                return operator.index(value)
        except TypeError:
            pass
        raise InvalidValue(f"{self._what} must be a whole number, and is {value!r:.100}")

    def _within(self, number: int, unit: str) -> int:
        if (self.min is None or number >= self.min) and (self.max is None or number <= self.max):
            return number
        has = "has" if unit else "is"
        raise InvalidValue(f"{self._what} must {'have' if unit else 'be'} {self.min or 0} to {self.max}{unit}, and {has} {number}")

    def _id(self, value: Any) -> bytes:
        try:
            if isinstance(value, uuid.UUID):
                return value.bytes
            if isinstance(value, str):
                return uuid.UUID(value).bytes
        except ValueError:
            pass
        if isinstance(value, bytes) and len(value) == 16:
            return value
        raise InvalidValue(f"{self._what} must be a UUID like 019ab0a2-0700-7000-8000-00000000002a, and is {value!r:.100}")

    def _characters(self, value: str) -> None:
        if "\0" in value:
            raise InvalidValue(f"{self._what} must not contain the zero character")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidValue(f"{self._what} contains half of a surrogate pair, which is no character") from None

    # from the wire

    def decode(self, value: Any) -> Any:
        """The value as programs get it. ValueError: it is of another kind. Limits are the broker's affair."""
        if type(value) is not self._type or (self.kind == "id" and len(value) != 16):
            raise ValueError(f"{self._what} is not a {self.kind}")
        if self.enum:
            return self.enum.word(value)
        return uuid.UUID(bytes=value) if self.kind == "id" else value

    def absent(self) -> Any:
        """The value of a field that was left out."""
        if self.kind == "u64s":
            return []
        return self.decode(self.default)


class Record(Mapping[str, Any]):
    """A decoded message: its fields as attributes, or by [name]. `what` is the message's name.

    An event has its `seq` among the fields. A field whose name is a word of Python has a low line behind it
    (`event.from_`).
    """

    __slots__ = ("what", "_fields")

    def __init__(self, what: str, fields: dict[str, Any]) -> None:
        self.what = what
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in Record.__slots__:
            raise AttributeError(name)
        try:
            return self._fields[name[:-1] if name.endswith("_") else name]
        except KeyError:
            raise AttributeError(f"{self.what} has no field {name}; it has {', '.join(self._fields)}") from None

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and (self.what, self._fields) == (other.what, other._fields)

    def __hash__(self) -> int:
        return hash((self.what, *(str(v) for v in self._fields.values())))

    def __getstate__(self) -> Any:
        return self.what, self._fields

    def __setstate__(self, state: Any) -> None:
        self.what, self._fields = state

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields]

    def __repr__(self) -> str:
        return f"{self.what}({', '.join(f'{k}={_short(v)}' for k, v in self._fields.items())})"


def _short(value: Any) -> str:
    return str(value) if isinstance(value, (Word, uuid.UUID)) else repr(value)


class Message:
    """A row of the table of messages."""

    def __init__(self, row: Mapping[str, Any], kinds: Mapping[str, Any], enums: Mapping[str, Enum]) -> None:
        self.name: str = row["name"]
        self.type: int = row["type"]
        self.role: str = row["role"]
        self.doc: str = row["doc"]
        self.example: Mapping[str, Any] = row["example"]
        self.last: frozenset[str] = frozenset(row.get("last", ()))  #: the messages that may be its last answer
        self.fields = [Field(self.name, field, kinds, enums) for field in row["fields"]]
        self.by_name = {field.name: field for field in self.fields}

    def encode(self, request: int, values: Mapping[str, Any]) -> bytes:
        """The bytes of a message with these values; what is optional and at the end, and zero or empty, is left out."""
        for name in values:
            if name not in self.by_name:
                raise InvalidValue(self._no_field(name))
        out = [self.type, request]
        needed = 0
        for field in self.fields:
            value = values.get(field.name)
            if value is None:
                if field.required:
                    raise InvalidValue(f"{self.name} needs {field.name}: {field.doc}")
                value = field.default
            else:
                value = field.encode(value)
            out.append(value)
            if field.required or value != field.default:
                needed = len(out)
        return msgpack.packb(out[:max(needed, 2)], use_bin_type=True)

    def _no_field(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.by_name, 1)
        hint = f" ({near[0]} is meant?)" if near else ""
        return f"{self.name} has no field {name}{hint}; its fields are: {', '.join(self.by_name) or 'none'}"

    def decode(self, array: list[Any]) -> Record:
        """A record from a decoded array. ValueError: it does not fit. Further elements are of a newer broker."""
        fields: dict[str, Any] = {"seq": array[1]} if self.role == "event" else {}
        for field, value in zip(self.fields, array[2:]):
            fields[field.name] = field.decode(value)
        for field in self.fields[len(array) - 2:]:
            if field.required:
                raise ValueError(f"{self.name} came without {field.name}")
            fields[field.name] = field.absent()
        return Record(self.name, fields)


class Schema:
    """All tables. Made from a schema.json that was read; SchemaError: it is of another version, or damaged."""

    def __init__(self, document: Any, where: str = "schema.json") -> None:
        _check_version(document, where)
        try:
            self.protocol: int = document["protocol"]
            self.frame_bytes_max: int = document["limits"]["frame_bytes_max"]
            self.enums = {name: Enum(name, row) for name, row in document["enums"].items()}
            rows = [Message(row, document["kinds"], self.enums) for row in document["messages"]]
            self.moves: list[str] = [move["command"] for move in document["moves"] if move["command"]]
            self._advice: dict[int, str] = {row["code"]: row["advice"] for row in document["errors"]}
            self._codes: dict[str, int] = {row["name"]: row["code"] for row in document["errors"]}
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise SchemaError(f"{where} is damaged: {type(error).__name__}: {error}") from error
        self.messages = {row.name: row for row in rows}
        self._by_type = {row.type: row for row in rows}

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> Schema:
        """From a file; without path, the one that this package came with."""
        where = str(path) if path else "paidan's own schema.json"
        try:
            if path:
                with open(path, encoding="utf-8") as file:
                    document = json.load(file)
            else:
                text = resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
                document = json.loads(text)
        except (OSError, ValueError) as error:
            raise SchemaError(f"{where} cannot be read: {error}") from error
        return cls(document, where)

    def message(self, name: str) -> Message:
        try:
            return self.messages[name]
        except KeyError:
            near = difflib.get_close_matches(name, self.messages, 1)
            raise InvalidValue(f"there is no message {name}" + (f" ({near[0]} is meant?)" if near else "")) from None

    def refusal_code(self, name: str) -> int:
        return self._codes[name]

    def refused(self, record: Record) -> Refused:
        """The exception for a refused answer."""
        code = getattr(record.code, "code", record.code)
        return Refused(code, record.name, record.sentence, record.detail, self._advice.get(code, ""), record.version,
                       record.person)

    def read(self, frame: bytes, unknown: bool = False) -> Iterator[tuple[int, Record]]:
        """The messages of a frame, each with its request id or seq. What cannot be read is left out: a newer broker may
        say more than this client knows. With unknown it comes as a record of that name, with its seq."""
        unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, max_buffer_size=max(len(frame), 1))
        unpacker.feed(frame)
        while True:
            try:
                array = unpacker.unpack()
            except msgpack.OutOfData:
                return
            except Exception:  # pylint: disable=broad-except
                return  # where the next message begins is not known
            record = self._record(array)
            if record is not None and (unknown or record.what != "unknown"):
                yield array[1], record

    def _record(self, array: Any) -> Record | None:
        if not isinstance(array, list) or len(array) < 2 or type(array[0]) is not int or type(array[1]) is not int:
            return None
        try:
            return self._by_type[array[0]].decode(array)
        except (KeyError, ValueError):
            return Record("unknown", {"seq": array[1]})


def _check_version(document: Any, where: str) -> None:
    if not isinstance(document, dict) or "protocol" not in document:
        raise SchemaError(f'{where} is not a schema of paidan: it has no "protocol"')
    if document["protocol"] not in UNDERSTOOD or isinstance(document["protocol"], bool):
        versions = " and ".join(map(str, UNDERSTOOD))
        raise SchemaError(f"{where} is of version {document['protocol']} of the protocol; this client understands version "
                          f"{versions}. Use the schema.json that it came with, or a client of that version")
