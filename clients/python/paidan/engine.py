"""The client's side of the protocol, without sockets: what has come goes in, what is to be done comes out.

               start                 hello sent              welcome
    RESTING ─────────────► GREETING ────────────► GREETING ──────────► LIVE
       ▲    when it is time                           │     ▲ no_hello  │
       └─────── lost: refused, silent, broken ────────┴─────┴───────────┘

Each connection is a new socket that does not reconnect by itself: what ZeroMQ would keep and send on a second connection
stood there before the hello. How long to rest grows to 5 s, with full jitter, so that the clients of a restarted broker
do not come all at once. What was not answered is sent again under the same request id: after a welcome at once, else after
resend_s, doubling up to 16 times it. Every command is idempotent, so nothing is done twice.

Invariants: (1) commands go out in LIVE alone; (2) a call ends exactly once: by its last answer, by drop, or by close; (3)
`on_link` hears of each end of LIVE, and of each refused hello.

Time is in seconds of the clock that is given, which must not run backwards. Not for several threads.
"""

from __future__ import annotations

import logging
import random as _random
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from .errors import PaidanError
from .follow import Follow
from .schema import Record, Schema

_log = logging.getLogger("paidan")
NEVER = float("inf")
BACKOFF_S_MIN, BACKOFF_S_MAX = 0.1, 5.0
BUSY_S_MIN, BUSY_S_MAX = 0.1, 5.0  # before work is said again to a broker that was too busy, doubling
GREETING_S = 5.0  # for connecting and the welcome together
RESEND_DOUBLINGS = 4  # a broker that is slow is not to be asked ever more often
FRAME_BYTES = 60 * 1024  # messages are gathered up to this
CALLS_MAX = 65536

RESTING, GREETING, LIVE, CLOSED = "resting", "greeting", "live", "closed"

#: What the engine asks of whoever holds the sockets, as (effect, argument).
CONNECT = "connect"  # open a new socket for commands, and tell lost() when its connection breaks
DISCONNECT = "disconnect"  # close it, if there is one
SEND = "send"  # send the frame on it
OPEN_SUB = "open_sub"  # open a new socket for events, in place of one that there is, with all topics of the list
SUBSCRIBE = "subscribe"  # to a topic more
UNSUBSCRIBE = "unsubscribe"


class Call:
    """A command or query on its way. `done` gets its rows and its last answer."""

    __slots__ = ("request", "what", "data", "done", "rows", "tries", "resend_at")

    def __init__(self, request: int, what: str, data: bytes, done: Callable[[list[Record], Record], None]) -> None:
        self.request, self.what, self.data, self.done = request, what, data, done
        self.rows: list[Record] = []
        self.tries = 0
        self.resend_at = NEVER


class Work:
    """What is wanted of an area. `again`: the broker was too busy for it, and it is to be said again."""

    __slots__ = ("area", "credit", "answered", "again")

    def __init__(self, area: int, credit: int, answered: Callable[[Record], None]) -> None:
        self.area, self.credit, self.answered = area, credit, answered
        self.again = False

    def moot(self) -> None:
        """Something else is wanted by now, or the connection that it was said on is gone."""
        self.again = False
        self.answered(Record("ok", {"seq": 0, "version": 0}))


class Engine:
    """One client: its connection, its unanswered calls, the areas it works for, what it follows."""

    def __init__(self, schema: Schema, person: int, name: str, resend_s: float = 5.0,
                 clock: Callable[[], float] = time.monotonic, random: Callable[[], float] = _random.SystemRandom().random,
                 language: int | str = 0, listen: bool = False) -> None:
        self.schema = schema
        self.effects: deque[tuple[str, Any]] = deque()
        self.on_push: Callable[[Record], None] = lambda push: None
        self.on_link: Callable[[str, Record | None], None] = lambda word, message: None
        self.state = RESTING
        self.welcome: Record | None = None  # the latest
        self.heartbeat_s = GREETING_S
        self.calls: dict[int, Call] = {}  # unanswered, in the order in which they were made
        self._hello_fields: dict[str, Any] = {"person": person, "client": name, "protocol": schema.protocol, "language": language}
        if listen:
            self._hello_fields["listen"] = True
        schema.message("hello").encode(1, self._hello_fields)  # a bad name or person shows now
        self.clock, self._resend_s, self._random = clock, resend_s, random
        self._resend_at = NEVER  # when the first of the calls is to be sent again, or earlier
        self._next_request = 1
        self._hello_request = 0
        self._out = bytearray()
        self._works: dict[int, Work] = {}  # with credit 0 only those that are to be said again
        self._again_at = NEVER  # when to say again all work that is to be
        self._busy = 0  # how often since the broker last took work on
        self._failures = 0
        self._due = NEVER  # RESTING: when to connect; GREETING: until when to wait for the welcome
        self._sent = self._received = 0.0
        self._asked: float | None = None  # the first ping after what came last
        self._follows: list[Follow] = []

    # ---- in ----

    def start(self) -> None:
        """Connect for the first time."""
        self._connect()

    def received(self, frame: bytes) -> None:
        """A frame came on the socket for commands."""
        self._received, self._asked = self.clock(), None
        for request, record in self.schema.read(frame):
            if self.state in (RESTING, CLOSED):
                return
            self._dispatch(request, record)

    def published(self, topic: bytes, frame: bytes) -> None:
        """A publication came on the socket for events."""
        followers = [f for f in self._follows if f.topic and topic.startswith(f.topic)]
        if not followers:
            return
        counts: list[int] = []
        records = [record for _, record in self.schema.read(frame, unknown=True)]
        for record in records:
            if record.what == "published":
                if record["instance"] not in (0, self.welcome.instance if self.welcome else 0):
                    return  # of another run, whose counts begin anew: after its welcome, filling brings it
                counts = record["counts"]
                continue
            for follow in followers:
                follow.published(counts, record, len(frame) // (len(records) - 1))

    def lost(self) -> None:
        """The connection for commands is broken."""
        if self.state in (GREETING, LIVE):
            self._rest()

    def tick(self) -> None:
        """Do what is due."""
        now = self.clock()
        if self.state == RESTING and now >= self._due:
            self._connect()
        elif self.state == GREETING and now >= self._due:
            self._rest()
        elif self.state == LIVE:
            self._tick_live()
        for follow in self._follows:
            follow.tick()

    def deadline(self) -> float:
        """When tick() is to be called next."""
        if self.state != LIVE:
            return self._due
        deadlines = [self._sent + self.heartbeat_s,
                     self._received + self.heartbeat_s if self._asked is None else self._asked + 2 * self.heartbeat_s]
        deadlines += [self._resend_at, self._again_at]
        deadlines += [follow.deadline() for follow in self._follows]
        return min(deadlines)

    # ---- for programs ----

    def call(self, what: str, fields: dict[str, Any], done: Callable[[list[Record], Record], None]) -> Call:
        """Send a command or query until it is answered."""
        if len(self.calls) >= CALLS_MAX:
            raise PaidanError(f"{CALLS_MAX} commands are unanswered; wait for some answers")
        request = self._spend_request()
        call = Call(request, what, self.schema.message(what).encode(request, fields), done)
        self.calls[request] = call
        if self.state == LIVE:
            self._put(call)
        return call

    def drop(self, call: Call) -> None:
        """Nobody waits for it any more."""
        self.calls.pop(call.request, None)

    def work(self, area: int, credit: int, answered: Callable[[Record], None]) -> None:
        """Work for an area from now on, across connections; credit 0 stops. answered gets ok or refused, each time; but not
        that the broker was too busy: then it is said again after a while, or is ok when something else is wanted by then."""
        self.schema.message("work").encode(1, {"area": area, "credit": credit})
        before, work = self._works.get(area), Work(area, credit, answered)
        if credit:
            self._works[area] = work
        else:
            self._works.pop(area, None)
        if self.state == LIVE:
            self._say_work(work)
        if before and before.again:
            before.moot()

    def follow(self, area: int, after_seq: int | None, on_event: Callable[[Record], bool]) -> Follow:
        """Follow the events of an area and all below it; see follow.py."""
        follow = Follow(self, area, after_seq, on_event)
        if not self._follows:
            self.effects.append((OPEN_SUB, []))
        self._follows.append(follow)
        if self.state == LIVE:
            follow.locate()
        return follow

    def unfollow(self, follow: Follow) -> None:
        if follow in self._follows:
            self._follows.remove(follow)
            follow.end()

    def close(self) -> None:
        """Say bye, if there is anyone to hear it. The socket is to be closed when what was sent is out."""
        if self.state == LIVE:
            self._write(self.schema.message("bye").encode(self._spend_request(), {}))
            self.flush()
        self.state, self._due = CLOSED, NEVER
        self.calls.clear()
        self._follows.clear()

    def flush(self) -> None:
        """Put what was gathered into a frame."""
        if self._out:
            self.effects.append((SEND, bytes(self._out)))
            self._out.clear()

    # ---- the connection ----

    def _spend_request(self) -> int:
        self._next_request += 1
        return self._next_request - 1

    def _connect(self) -> None:
        _log.debug("connecting, after %d failures", self._failures)
        self.effects.append((CONNECT, None))
        self._say_hello()

    def _say_hello(self) -> None:
        self._hello_request = self._spend_request()
        self.state, self._due = GREETING, self.clock() + GREETING_S
        self._out.clear()  # what was gathered for the connection as it was stands in calls
        self._write(self.schema.message("hello").encode(self._hello_request, self._hello_fields))
        self.flush()

    def _rest(self) -> None:
        """Drop the connection and wait before the next one."""
        was_live = self.state == LIVE
        bound = min(BACKOFF_S_MIN * 2 ** min(self._failures, 10), BACKOFF_S_MAX)
        self._failures += 1
        self._out.clear()
        self.state, self._due = RESTING, self.clock() + bound * self._random()
        self.effects.append((DISCONNECT, None))
        _log.debug("no connection; the next one in %.3f s", self._due - self.clock())
        if was_live:
            self.on_link("down", None)

    def _write(self, data: bytes) -> None:
        if len(self._out) + len(data) > FRAME_BYTES:
            self.flush()
        self._out += data
        self._sent = self.clock()

    def _put(self, call: Call) -> None:
        call.resend_at = self.clock() + self._resend_s * 2 ** min(call.tries, RESEND_DOUBLINGS)
        self._resend_at = min(self._resend_at, call.resend_at)
        self._write(call.data)

    def _tick_live(self) -> None:
        now = self.clock()
        # Silence counts from a ping that was not answered: a program that slept finds the answers in its queue.
        if self._asked is not None and now - self._asked >= 2 * self.heartbeat_s:
            self._rest()
            return
        if now - self._sent >= self.heartbeat_s or (self._asked is None and now - self._received >= self.heartbeat_s):
            self._write(self.schema.message("ping").encode(self._spend_request(), {}))
            if self._asked is None:
                self._asked = now
        if now >= self._resend_at:
            self._resend(now)
        if now >= self._again_at:
            self._say_busy_again()

    def _resend(self, now: float) -> None:
        self._resend_at = NEVER
        for call in self.calls.values():
            if now >= call.resend_at:
                call.tries += 1
                self._put(call)
            self._resend_at = min(self._resend_at, call.resend_at)

    # ---- what has come ----

    def _dispatch(self, request: int, record: Record) -> None:
        if record.what == "welcome":
            self._welcomed(request, record)
        elif record.what == "pong":
            if self.welcome and record.instance != self.welcome.instance:
                self._greet_again()
        elif record.what == "refused":
            self._refused(request, record)
        elif self.schema.messages[record.what].role == "push":
            self.on_push(record)
        elif self.schema.messages[record.what].role == "reply":
            self._answered(request, record)

    def _welcomed(self, request: int, record: Record) -> None:
        if self.state != GREETING or request != self._hello_request:
            return
        restarted = self.welcome is not None and self.welcome.instance != record.instance
        self.state, self.welcome, self._failures = LIVE, record, 0
        self.heartbeat_s = record.heartbeat_ms / 1000
        waiting = list(self.calls.values())
        self._say_all_work()
        for call in waiting:
            call.rows = []  # of an answer that broke off: all of it will come again
            call.tries = 0
            if call.what == "work":
                self.drop(call)  # just said
            else:
                self._put(call)
        if self._follows:
            self.effects.append((OPEN_SUB, [follow.topic for follow in self._follows if follow.topic]))
        for follow in list(self._follows):
            follow.link_up(restarted, record.seq)
        _log.debug("welcomed by %s, at seq %d", record.broker, record.seq)
        self.on_link("restarted" if restarted else "up", record)

    def _greet_again(self) -> None:
        """The broker does not know this connection (any more)."""
        if self.state == LIVE:
            self._say_hello()
            self.on_link("down", None)

    def _refused(self, request: int, record: Record) -> None:
        if record.name == "no_hello":
            self._greet_again()
        elif self.state == GREETING and request == self._hello_request:
            self._rest()
            self.on_link("down", record)
        else:
            self._answered(request, record)

    def _answered(self, request: int, record: Record) -> None:
        call = self.calls.get(request)
        if call is None:
            return  # answered before: this answers a repetition
        if record.what in self.schema.messages[call.what].last:
            del self.calls[request]
            call.done(call.rows, record)
        else:
            call.rows.append(record)

    # ---- work ----

    def _say_work(self, work: Work) -> None:
        work.again = False
        self.call("work", {"area": work.area, "credit": work.credit}, lambda rows, last: self._work_answered(work, last))

    def _work_answered(self, work: Work, last: Record) -> None:
        if last.what != "refused" or last.name != "busy":
            self._busy = 0
            work.answered(last)
            return
        if not work.credit:
            self._works.setdefault(work.area, work)
        if self._works.get(work.area) is work:
            self._put_off(work)
        else:
            work.moot()

    def _put_off(self, work: Work) -> None:
        work.again = True
        if self._again_at == NEVER:  # else with the others
            bound = min(BUSY_S_MIN * 2 ** min(self._busy, 10), BUSY_S_MAX)
            self._again_at = self.clock() + bound * (1 + self._random()) / 2

    def _say_busy_again(self) -> None:
        self._again_at = NEVER
        self._busy += 1
        for work in [work for work in self._works.values() if work.again]:
            if not work.credit:
                del self._works[work.area]
            self._say_work(work)

    def _say_all_work(self) -> None:
        self._again_at = NEVER
        for work in list(self._works.values()):
            if work.credit:
                self._say_work(work)
            else:  # a new connection has none
                del self._works[work.area]
                work.moot()
