"""The events of an area without loss: publications for what is live, read_events for what is not.

    WAITING ──► STARTING ──► LOCATING ──► FILLING ──► LIVE
    for the     from now on  its path     pages of    publications, as long as
    link        by get_stats by           read_events their counts rise by one
                   ▲         list_areas       ▲         │
                   │            │ not there   └─────────┤ a gap, a restart, a new welcome
                   └── ABSENT ◄─┴───────────────────────┘ long silence: locate again

Each publication carries how many the followed area has had. One more than the last (or of everything, the next seq):
nothing is missing. Otherwise the events after the last seq are read from the journal, and the answer says with which
count it goes on. What is published meanwhile is held back, up to a bound; what does not fit shows as a gap afterwards.
What another run of the broker publishes than the one that welcomed us is not taken (`Engine.published`): it counts anew, and
its second publication may look like the next one of the run before.

Who takes events too slowly makes `on_event` return False: then nothing is taken (PAUSED) until `resume`, which fills.

A refusal of a query may pass (PASSING): that there is no such area yet, or that the broker cannot answer at the moment. Then
it is asked again every second (ABSENT). Any other ends the following (OVER), and `on_refused` gets it.

Invariants: (1) on_event gets rising seqs, each once, and `seen` is the last; (2) one query is under way at most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .schema import Record

if TYPE_CHECKING:
    from .engine import Call, Engine

PAGE_EVENTS = 500
RETRY_S = 1.0  # after a refusal
HELD_BYTES_MAX = 4 * 1024 * 1024
PASSING = frozenset(("unknown_area", "busy", "read_failed"))
NEVER = float("inf")

WAITING, LOCATING, STARTING, FILLING, LIVE, ABSENT, PAUSED, OVER = (
    "waiting", "locating", "starting", "filling", "live", "absent", "paused", "over")


class Follow:
    """One area that is followed (0: everything), from after_seq on (None: from now on)."""

    def __init__(self, engine: Engine, area: int, after_seq: int | None, on_event: Callable[[Record], bool]) -> None:
        engine.schema.message("read_events").encode(1, {"after_seq": after_seq or 0, "area": area})
        self.state = WAITING
        self.topic = b""  # subscribed to; empty: not subscribed
        self.seen = after_seq or 0  # seq of the last event given on
        self.on_stats: Callable[[Record], None] = lambda stats: None
        self.on_refused: Callable[[Record], None] = lambda refused: None
        self._engine, self._area, self._on_event = engine, area, on_event
        self._from_now = after_seq is None
        self._count = 0  # the area's publications, up to seen
        self._depth = 0  # the place of the area's count among a publication's counts
        self._call: Call | None = None
        self._again = False  # what is under way began before the last welcome: fill once more after it
        self._held: list[tuple[int, Record, int]] = []
        self._held_bytes = 0
        self._room = True  # on_event takes more
        self._quiet = 0.0  # when something was last published or filled
        self._retry = NEVER  # ABSENT: when to locate again

    # ---- what the engine tells ----

    def link_up(self, restarted: bool, seq: int) -> None:
        """There is a connection (again), with the broker's last seq."""
        self._held, self._held_bytes = [], 0  # filling will bring it, and it may count as another run of the broker did
        if self._from_now or (restarted and seq < self.seen):
            # The second: a broker with another journal. What was seen there says nothing here.
            self._from_now, self.seen = False, seq
        if self._call:
            self._again = True  # it is sent again by itself
        elif self.state not in (PAUSED, OVER):
            self.locate()

    def published(self, counts: list[int], record: Record, size: int) -> None:
        """A publication of this area, or of one below it."""
        self._quiet = self._engine.clock()
        count = counts[self._depth] if self._depth < len(counts) else 0
        if record.what == "stats":
            self.on_stats(record)  # of the moment, and waits for nothing; but it counts
        if self.state == LIVE:
            self._take(count, record)
        elif self.state not in (PAUSED, OVER) and self._held_bytes + size <= HELD_BYTES_MAX:
            self._held.append((count, record, size))
            self._held_bytes += size

    def tick(self) -> None:
        """So long a silence may also be a socket that has lost its broker, or an area that was moved: look."""
        if self.deadline() <= self._engine.clock():
            self.locate()

    def deadline(self) -> float:
        if self._engine.state != "live":
            return NEVER
        if self.state == ABSENT:
            return self._retry
        return self._quiet + 3 * self._engine.heartbeat_s if self.state == LIVE else NEVER

    def resume(self) -> None:
        """on_event takes more again."""
        self._room = True
        if self.state == PAUSED and self._engine.state == "live":
            self.locate()
        elif self.state == PAUSED:
            self.state = WAITING

    def end(self) -> None:
        """Nothing more is followed."""
        self.state = OVER
        if self._call:
            self._engine.drop(self._call)
        self._subscribe(b"")

    # ---- asking ----

    def _ask(self, state: str, what: str, fields: dict[str, Any], done: Callable[[list[Record], Record], None]) -> None:
        self.state, self._retry = state, NEVER

        def answered(rows: list[Record], last: Record) -> None:
            self._call = None
            if last.what != "refused":
                done(rows, last)
            elif last.name in PASSING:
                self._put_off()
            else:
                self.end()
                self.on_refused(last)

        self._call = self._engine.call(what, fields, answered)

    def _put_off(self) -> None:
        """The query came to nothing: try again in a while."""
        self.state, self._retry = ABSENT, self._engine.clock() + RETRY_S

    def locate(self) -> None:
        """Ask after which seq, when it is from now on: first of all, so that what the program sends after this is after it.
        Then for the area's path: the first in the order of ids after the id before it is the area itself, or not there."""
        if self._from_now:
            self._ask(STARTING, "get_stats", {"orders_only": True}, self._started)
        elif self._area == 0:
            self._subscribe(b"*")  # everything, gathered
            self._fill()
        else:
            self._ask(LOCATING, "list_areas", {"area": self._area, "limit": 1, "after": self._area - 1}, self._located)

    def _located(self, rows: list[Record], _last: Record) -> None:
        paths = [row.path for row in rows if row.what == "area" and row.area == self._area]
        if paths:
            self._subscribe(paths[0].encode())
            self._fill()
        else:
            self._put_off()

    def _subscribe(self, topic: bytes) -> None:
        if topic == self.topic:
            return
        if self.topic:
            self._engine.effects.append(("unsubscribe", self.topic))
        if topic:
            self._engine.effects.append(("subscribe", topic))
        self.topic = topic
        self._depth = max(topic.count(b"/") - 2, 0)  # "/1/2/": two ids, and the area's count is the second

    def _started(self, _rows: list[Record], last: Record) -> None:
        if self._from_now:
            self._from_now = False
            self.seen = last.seq
        self.locate()

    def _fill(self) -> None:
        self._ask(FILLING, "read_events", {"after_seq": self.seen, "limit": PAGE_EVENTS, "area": self._area}, self._page)

    def _page(self, rows: list[Record], end: Record) -> None:
        for row in rows:
            for _, event in self._engine.schema.read(row.event):
                self._give(event)
        onwards = end.seq > self.seen or end.count > 0
        self.seen = max(self.seen, end.seq)  # there is nothing of this area in between
        if not self._room:
            self._pause()
        elif not end.more:
            self._settle(end.publications)
        elif onwards:
            self._fill()
        else:
            self._put_off()

    def _settle(self, count: int) -> None:
        self.state, self._count, self._quiet = LIVE, count, self._engine.clock()
        if self._again:
            self._again = False
            self._fill()
            return
        held, self._held, self._held_bytes = self._held, [], 0
        for i, (its_count, record, size) in enumerate(held):
            if self.state != LIVE:  # another gap
                if self.state != PAUSED:
                    self._held = held[i:]
                    self._held_bytes = sum(h[2] for h in self._held)
                return
            self._take(its_count, record)

    # ---- giving on ----

    def _give(self, event: Record) -> None:
        if event["seq"] > self.seen:
            self.seen = event["seq"]
            self._room = self._on_event(event) and self._room

    def _pause(self) -> None:
        self.state = PAUSED
        self._held, self._held_bytes = [], 0

    def _follows_on(self, count: int, record: Record) -> bool:
        """Whether a publication goes on from what is known: the next one, or one whose event was given already."""
        is_event = record.what != "stats"
        if self._area == 0:
            # Who follows everything sees it by the seqs, all of them; what belongs to no area has no counts.
            return record["seq"] <= self.seen + is_event
        return count == self._count + 1 or (count <= self._count and record["seq"] <= self.seen)

    def _take(self, count: int, record: Record) -> None:
        """Take a publication in LIVE, and what is missing before it first: then the journal has it, too."""
        if not self._follows_on(count, record):
            self._fill()
            return
        self._count = max(self._count, count)
        if record.what == "unknown":
            self.seen = max(self.seen, record["seq"])  # an event of a newer broker: it counts, and goes to nobody
        elif record.what != "stats":
            self._give(record)
            if not self._room:
                self._pause()
