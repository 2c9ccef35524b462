"""The asyncio client.

    async with paidan.aio.Client(person=500001) as client:
        done = await client.submit(1, "三号楼二单元楼道灯不亮")
        order = await client.show(done.order, story=True)

A client belongs to the event loop in which it was opened. It reconnects by itself, says hello and its areas of work again,
and sends again what was not answered; a gap in the stream of events is filled from the broker's journal.
"""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Union

from . import calls as _calls
from . import endpoints as _endpoints
from .engine import CALLS_MAX, Call, Engine
from .errors import Closed, InvalidValue, NoAnswer, PaidanError, Refused
from .follow import Follow
from .ids import new_id
from .schema import Record, Schema
from .sockets import Sockets
from .version import __version__

if TYPE_CHECKING:
    from types import TracebackType

Id = Union[uuid.UUID, str, bytes]
T = TypeVar("T")
S = TypeVar("S", bound="Stream")

EVENTS_MAX = 5000  # that wait to be taken; then they wait in the broker's journal
_log = logging.getLogger("paidan")


class Queue(Generic[T]):
    """What came and was not taken yet. Ends when its client is closed, or with an error."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._news = asyncio.Event()
        self._end: BaseException | None = None

    def put(self, item: T) -> None:
        self._items.append(item)
        self._news.set()

    def end(self, error: BaseException) -> None:
        if self._end is None:
            self._end = error
        self._news.set()

    def remove(self, unwanted: Callable[[T], bool]) -> None:
        self._items = deque(item for item in self._items if not unwanted(item))

    def __len__(self) -> int:
        return len(self._items)

    async def take(self) -> list[T]:
        """All that waits, at least one."""
        while not self._items:
            if self._end is not None:
                raise self._end
            self._news.clear()
            await self._news.wait()
        items = list(self._items)
        self._items.clear()
        return items


class Stream:
    """What comes by and by: an asynchronous iterator, which ends when it or its client is closed. Also `async with`."""

    def __init__(self) -> None:
        self._queue: Queue[Record] = Queue()
        self._taken: deque[Record] = deque()

    async def batch(self) -> list[Record]:
        """All that waits, at least one."""
        if not self._taken:
            self._taken.extend(await self._queue.take())
            self._drained()
        items = list(self._taken)
        self._taken.clear()
        return items

    async def next(self, timeout_s: float | None = None) -> Record:
        """The next one. TimeoutError: none came within timeout_s. Closed: none will come."""
        if not self._taken:
            try:
                self._taken.extend(await asyncio.wait_for(self._queue.take(), timeout_s))
            except asyncio.TimeoutError:
                raise TimeoutError(f"nothing came within {timeout_s} s") from None
            self._drained()
        return self._taken.popleft()

    def _drained(self) -> None:
        pass

    async def close(self) -> None:
        self._queue.end(Closed("it was closed"))

    def __aiter__(self: S) -> S:
        return self

    async def __anext__(self) -> Record:
        try:
            return await self.next()
        except Closed:
            raise StopAsyncIteration from None

    async def __aenter__(self: S) -> S:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Told(Stream):
    """What a client is told: `moved` records, whose `event` is a move of an order that the person asked for or follows.

    What happens while the connection is lost is not told afterwards.
    """

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client
        client._told.append(self)
        client._streams.append(self)

    async def close(self) -> None:
        if self in self._client._told:
            self._client._told.remove(self)
        self._client._forget(self)
        await super().close()


class Events(Stream):
    """The events of an area and all below it, in the order of their seqs, each once."""

    def __init__(self, client: Client, area: int, after_seq: int | None, stats: bool) -> None:
        super().__init__()
        self._client = client
        self._follow: Follow = client._engine.follow(area, after_seq, self._came)
        self._follow.on_refused = self._refused
        if stats:
            self._follow.on_stats = self._queue.put
        client._streams.append(self)
        client._perform()

    def _came(self, event: Record) -> bool:
        self._queue.put(event)
        return len(self._queue) < EVENTS_MAX

    def _refused(self, refused: Record) -> None:
        self._client._engine.unfollow(self._follow)
        self._queue.end(self._client._schema.refused(refused))

    def _drained(self) -> None:
        self._follow.resume()
        self._client._perform()

    @property
    def seq(self) -> int:
        """Up to which seq all events have come here: where to go on another time, once all that came is dealt with."""
        return self._follow.seen

    async def close(self) -> None:
        await super().close()
        self._client._forget(self)
        self._client._engine.unfollow(self._follow)
        self._client._perform()


class Pushes(Stream):
    """The orders that are pushed for an area, and withdrawals of them: `push` and `withdraw` records; and `warned` ones
    of orders that the area holds and that must not be forgotten.

    A push has the order's first event as `submitted`. It promises nothing: accept the order, or leave it. Leave alone
    what you do not know: a later broker may push more.
    """

    def __init__(self, client: Client, area: int) -> None:
        super().__init__()
        self._client, self.area = client, area
        client._streams.append(self)

    def _came(self, push: Record) -> None:
        self._queue.put(push)

    async def credit(self, credit: int) -> None:
        """Change how many pushed orders may be outstanding."""
        await self._client._work(self.area, credit, self)

    async def close(self) -> None:
        """Stop working for the area: what was pushed and not accepted goes to others."""
        await super().close()
        self._client._forget(self)
        if self._client._pushes.pop(self.area, None) is self and not self._client.closed:
            self._client._engine.work(self.area, 0, lambda answer: None)
            self._client._perform()


class Job:
    """A pushed order, as a worker's handler gets it."""

    def __init__(self, client: Client, push: Record) -> None:
        self._client = client
        self.push = push  #: the latest push of it
        self.version: int = push.version  #: the order's version as far as it is known here
        self.accepted = False  #: by this worker
        self.withdrawn = False  #: it left the queue by another's doing before this worker accepted it
        self.warned: Record | None = None  #: the last warning of it: half of its time has passed, it is urged, ...

    @property
    def order(self) -> uuid.UUID:
        """The order's id."""
        return self.push.order

    @property
    def submitted(self) -> Record:
        """The order's first event: category, text, household, place, …"""
        return self.push.submitted

    async def move(self, what: str, **fields: Any) -> Record:
        """Make a move of the order by its name, with the version that is known."""
        done = await self._client.call(what, order=self.order, version=self.version, **fields)
        self.version = done.version
        return done

    async def accept(self) -> Record:
        """Take the order on. Refused "taken" or "stale": it is somebody else's, or gone."""
        done = await self.move("accept")
        self.accepted = True
        return done

    async def complete(self, result: str) -> Record:
        """Report it as done; accepts it first, if that was not done."""
        if not self.accepted:
            await self.accept()
        return await self.move("complete", result=result)

    async def decline(self, reason: str) -> Record:
        """It goes to the level above."""
        return await self.move("decline", reason=reason)

    async def transfer(self, holder: int, reason: str) -> Record:
        """It goes to another holder."""
        return await self.move("transfer", holder=holder, reason=reason)

    async def release(self, reason: str) -> Record:
        """Give it back: it waits again where it was."""
        return await self.move("release", reason=reason)

    async def suspend(self, until_ms: int, reason: str) -> Record:
        """Put it off until then; what is left of the time to complete it is kept."""
        return await self.move("suspend", until_ms=until_ms, reason=reason)

    async def resume(self, reason: str = "") -> Record:
        """Go on with it before."""
        return await self.move("resume", reason=reason)

    async def note(self, text: str) -> Record:
        """Add a remark."""
        return await self.move("note", text=text)


Handler = Callable[[Job], Awaitable[Any]]
TOO_LATE = frozenset(("taken", "stale", "wrong_state", "unknown_order"))  # refusals of an accept that came too late


class Jobs:
    """The pushed orders that a worker has, while they are not done with: a repeated push is no second job."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._jobs: dict[uuid.UUID, Job] = {}

    def take(self, record: Record) -> Job | None:
        """A new job of a push; None when it is about one that is there already."""
        job = self._jobs.get(record.order)
        if record.what == "withdraw":
            if job and not job.accepted:
                job.withdrawn = True
            return None
        if record.what == "warned" and job:
            job.warned = record
        if record.what != "push":
            return None
        if job:
            if not job.accepted:
                job.push, job.version, job.withdrawn = record, record.version, False
            return None
        self._jobs[record.order] = Job(self._client, record)
        return self._jobs[record.order]

    def done(self, job: Job) -> None:
        self._jobs.pop(job.order, None)


class Client:
    """One client: a connection for commands and, once something is followed, one for events.

    person: for whom it speaks; 0 is the operator.
    language: in which the details of refusals are to be, "english" or "chinese"; English unless it is given.
    connect, subscribe: endpoints of commands and events; left out: $PAIDAN_CONNECT and $PAIDAN_SUBSCRIBE, else
        tcp://127.0.0.1:7750, and for events the port after it, or events.sock beside an ipc socket.
    name: the program's name and version, for the broker's log.
    timeout_s: how long a call waits for its answer, if it does not say so itself; None: for ever.
    resend_s: when to send again what is unanswered; then doubling, up to 16 times it.
    schema: another schema.json, as a path or a dict; left out: the one that the package came with.
    on_link: is called with "up", "down" or "restarted" (up, and another run of the broker than before), and the broker's
        welcome or refusal, if there is one.
    listen: have the broker tell what concerns the person, see `told`.
    on_notice: is called with each notice to the person or their household, when it is sent, when the connection is made
        and it is not answered yet, and when it is told again: the `notified` event, and which reminder it is, 0 for none.
        That it was delivered is answered by the client itself.
    """

    def __init__(self, person: int = 0, *, language: int | str = 0, connect: str | None = None, subscribe: str | None = None,
                 name: str = f"python paidan {__version__}", timeout_s: float | None = 30.0, resend_s: float = 5.0,
                 schema: Schema | dict[str, Any] | str | os.PathLike[str] | None = None,
                 on_link: Callable[[str, Record | None], None] | None = None, listen: bool = False,
                 on_notice: Callable[[Record, int], None] | None = None) -> None:
        self._connect_to, self._subscribe_to = _endpoints.resolve(connect, subscribe)
        self._schema = _calls.schema_of(schema)
        self._timeout_s = timeout_s
        self._engine = Engine(self._schema, person, name, resend_s, language=language,
                              listen=listen or on_notice is not None)
        self._engine.on_push, self._engine.on_link = self._pushed, self._link_changed
        self._on_link, self._on_notice = on_link, on_notice
        self._sockets: Sockets | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        self._flushing = False
        self._greeted: asyncio.Future[None] | None = None
        self._streams: list[Stream] = []
        self._pushes: dict[int, Pushes] = {}
        self._told: list[Told] = []
        self._waiting: dict[Call, asyncio.Future[Any]] = {}
        self.closed = False

    # ---- opening and closing ----

    async def open(self) -> Client:
        """Connect, and wait for the broker's welcome. Refused: it does not want this client. NoAnswer: nobody is there."""
        if self.closed:
            raise Closed("the client was closed")
        if self._sockets is None:
            self._sockets = Sockets(self._engine, self._connect_to, self._subscribe_to, self._perform)
            self._greeted = asyncio.get_running_loop().create_future()
            self._engine.start()
            self._perform()
        assert self._greeted is not None
        try:
            await asyncio.wait_for(asyncio.shield(self._greeted), self._timeout_s)
        except asyncio.TimeoutError:
            await self.close()
            raise NoAnswer(f"no paidand answers at {self._connect_to} within {self._timeout_s} s: is it running?") from None
        except BaseException:
            await self.close()
            raise
        return self

    async def close(self) -> None:
        """Say bye and close. What was pushed here and not accepted goes to others; unanswered calls end with Closed."""
        if self.closed:
            return
        self.closed = True
        error = Closed("the client was closed")
        for future in [*self._waiting.values(), self._greeted]:
            if future is not None and not future.done():
                future.set_exception(error)
                future.exception()  # somebody may have stopped waiting
        for stream in list(self._streams):
            stream._queue.end(error)
        self._engine.close()
        if self._timer:
            self._timer.cancel()
        if self._sockets:
            self._sockets.perform()
            self._sockets.close()

    async def __aenter__(self) -> Client:
        return await self.open()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.close()

    @property
    def welcome(self) -> Record | None:
        """The broker's latest welcome: its name, its version of the protocol, the seq of the last event then."""
        return self._engine.welcome

    # ---- commands ----

    async def call(self, what: str, *, timeout_s: float | None = None, **fields: Any) -> Record:
        """Send a command or query by its name, and wait for its last answer.

        Each command has a method of its own, too. Raises Refused, InvalidValue, NoAnswer, Closed.
        """
        _, last = await self._ask(what, fields, timeout_s)
        return self._result(last, fields)

    async def send(self, what: str, **fields: Any) -> asyncio.Future[Record]:
        """Send a command without waiting: returns a future of what `call` returns. It is sent until it is answered."""
        call, future = self._post(what, fields)
        result: asyncio.Future[Record] = asyncio.get_running_loop().create_future()

        def answered(done: asyncio.Future[Any]) -> None:
            if result.done():
                return
            if done.cancelled():
                result.cancel()
            elif done.exception():
                result.set_exception(done.exception())  # type: ignore[arg-type]
            else:
                result.set_result(self._result(done.result()[1], fields))

        def given_up(done: asyncio.Future[Record]) -> None:
            if done.cancelled():
                self._drop(call)

        future.add_done_callback(answered)
        result.add_done_callback(given_up)
        self._flush()
        return result

    def new_id(self) -> uuid.UUID:
        """A new order id of this moment. submit makes one by itself; with one made before, it can be repeated later."""
        return new_id()

    # ---- reading ----

    async def show(self, order: Id, *, story: bool = False, timeout_s: float | None = None) -> Record:
        """An order as it stands. With story it has all its events, oldest first, as `story`."""
        rows, _ = await self._ask("get_order", {"order": order, "story": story}, timeout_s)
        fields = dict(rows[0])
        if story:
            fields["story"] = [self._inner(row.event) for row in rows[1:]]
        return Record("order", fields)

    def orders(self, **fields: Any) -> AsyncIterator[Record]:
        """Orders, page by page: of an area (by state, urgency, age), of a requester or of all (newest first).

        area, requester, state: which. limit: rows a page. after_seq: wait until what happened up to this seq is listed.
        """
        return self._list("list_orders", fields)

    def areas(self, **fields: Any) -> AsyncIterator[Record]:
        """Areas, in the order of their ids. area: this and those below it."""
        return self._list("list_areas", fields)

    def people(self, **fields: Any) -> AsyncIterator[Record]:
        """People, in the order of their ids. area, post, person: which."""
        return self._list("list_people", fields)

    def households(self, **fields: Any) -> AsyncIterator[Record]:
        """Households, in the order of their ids. area: of this and those below it."""
        return self._list("list_households", fields)

    def notices(self, **fields: Any) -> AsyncIterator[Record]:
        """Notices, roll-calls and visits, newest first. area, person, kind; ended: those that have ended."""
        return self._list("list_notices", fields)

    def progress(self, notice: bytes | str, **fields: Any) -> AsyncIterator[Record]:
        """How far a notice is: in an area (without one: all of it), and in each area directly below."""
        return self._list("get_progress", {"notice": notice, **fields})

    def missing(self, notice: bytes | str, **fields: Any) -> AsyncIterator[Record]:
        """Households or people who have not given what a notice wants; of visits those who come first stand first."""
        return self._list("list_missing", {"notice": notice, **fields})

    def answers(self, **fields: Any) -> AsyncIterator[Record]:
        """What was answered: to one notice, or by one member over all rounds."""
        return self._list("list_answers", fields)

    def categories(self, **fields: Any) -> AsyncIterator[Record]:
        """All categories."""
        return self._list("list_categories", fields)

    async def stats(self, area: int = 0, *, counts: bool = False, timeout_s: float | None = None) -> Record:
        """Figures of an area and all below it; with counts the histograms of durations, too."""
        return await self.call("get_stats", area=area, counts=counts, timeout_s=timeout_s)

    # ---- following and working ----

    def events(self, area: int = 0, *, after_seq: int | None = None, stats: bool = False) -> Events:
        """Follow the events of an area and all below it (0: everything), from after_seq on, or from now on.

        Nothing is lost or doubled, across lost connections and restarts of the broker. An area that is not there yet is
        waited for; any other refusal, as of a person who may not read events, is raised as Refused. With stats, the figures that are published once a second come, too, as `stats` records.
        """
        self._must_be_open()
        return Events(self, area, after_seq, stats)

    def told(self) -> Told:
        """What the broker tells this connection of its own accord. Most of it concerns the client's person, and needs listen."""
        self._must_be_open()
        return Told(self)

    async def work(self, area: int, credit: int = 1) -> Pushes:
        """Ask for the waiting orders of an area, at most credit of them outstanding. See Pushes, and worker."""
        if area in self._pushes:
            raise PaidanError(f"this client works for area {area} already: change its credit, or close it first")
        pushes = Pushes(self, area)
        try:
            await self._work(area, credit, pushes)
        except BaseException:
            await pushes.close()
            raise
        return pushes

    async def worker(self, area: int, handler: Handler, credit: int = 1) -> None:
        """Work for an area until the client is closed, or this is cancelled: handler(job) is run for each pushed order,
        credit of them at a time.

        The handler accepts and completes, declines or transfers; an order that it leaves goes on waiting. A refusal
        because somebody else was faster is no error; any other exception of the handler ends the worker.
        """
        pushes = await self.work(area, credit)
        jobs, room = Jobs(self), asyncio.Semaphore(max(credit, 1))
        tasks: set[asyncio.Future[Any]] = set()
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def finished(task: asyncio.Future[Any]) -> None:
            tasks.discard(task)
            if not task.cancelled() and task.exception() and not ended.done():
                ended.set_exception(task.exception())  # type: ignore[arg-type]

        async def take() -> None:
            async for record in pushes:
                job = jobs.take(record)
                if job:
                    task = asyncio.ensure_future(_run_job(jobs, job, handler, room))
                    tasks.add(task)
                    task.add_done_callback(finished)

        taking = asyncio.ensure_future(take())
        try:
            await asyncio.wait([taking, ended], return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                ended.result()
            taking.result()
        finally:
            for task in [taking, *tasks]:
                task.cancel()
            await asyncio.gather(taking, *tasks, return_exceptions=True)
            ended.cancel()
            await pushes.close()

    # ---- inside ----

    def _must_be_open(self) -> None:
        if self.closed:
            raise Closed("the client was closed")
        if self._sockets is None:
            raise PaidanError("the client is not open yet: use it in a `with`, call open(), or make it by connect()")

    def _perform(self) -> None:
        """What the engine asks for, and its next deadline."""
        if self._sockets is None or self.closed:
            return
        if not self._flushing:
            self._engine.flush()
        self._sockets.perform()
        at = self._engine.deadline()
        if at != self._timer_at:
            if self._timer:
                self._timer.cancel()
            self._timer, self._timer_at = None, at
            if at != float("inf"):
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(max(at - self._engine.clock(), 0), self._tick)

    def _tick(self) -> None:
        self._timer, self._timer_at = None, float("inf")
        self._engine.tick()
        self._perform()

    def _flush(self) -> None:
        self._flushing = False
        self._perform()

    def _post(self, what: str, fields: dict[str, Any]) -> tuple[Call, asyncio.Future[Any]]:
        """Send until answered. What is sent in one turn of the loop goes in one frame."""
        self._must_be_open()
        message = self._schema.message(what)
        if message.role not in ("command", "query") or what in _calls.IMPORT:
            raise InvalidValue(f"{what} is not a command or query that is sent by itself")
        if what == "submit" and fields.get("order") is None:
            fields["order"] = new_id()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def done(rows: list[Record], last: Record) -> None:
            self._waiting.pop(call, None)
            if future.done():
                return
            if last.what == "refused":
                future.set_exception(self._schema.refused(last))
            else:
                future.set_result((rows, last))

        call = self._engine.call(what, fields, done)
        self._waiting[call] = future
        if not self._flushing:
            self._flushing = True
            loop.call_soon(self._flush)
        return call, future

    def _drop(self, call: Call) -> None:
        self._engine.drop(call)
        self._waiting.pop(call, None)

    async def _ask(self, what: str, fields: dict[str, Any], timeout_s: float | None) -> tuple[list[Record], Record]:
        if timeout_s is None:
            timeout_s = self._timeout_s
        call, future = self._post(what, fields)
        try:
            return await asyncio.wait_for(future, timeout_s)
        except asyncio.TimeoutError:
            how = "the broker did not answer" if self._engine.state == "live" else "no broker answers"
            raise NoAnswer(f"{how} at {self._connect_to} within {timeout_s} s; {what} may still be done or not",
                           fields.get("order")) from None
        finally:
            self._drop(call)

    def _result(self, last: Record, fields: dict[str, Any]) -> Record:
        if last.what != "ok" or "order" not in fields:
            return last
        order = fields["order"]
        if not isinstance(order, uuid.UUID):
            order = uuid.UUID(bytes=order) if isinstance(order, bytes) else uuid.UUID(order)
        return Record("ok", {"order": order, **last})

    async def _list(self, what: str, fields: dict[str, Any]) -> AsyncIterator[Record]:
        timeout_s = fields.pop("timeout_s", None)
        names = self._schema.message(what).by_name
        onwards = next((name for name in ("cursor", "after") if name in names), None)
        while True:
            rows, end = await self._ask(what, fields, timeout_s)
            for row in rows:
                yield row
            if not end.more or not onwards:
                return
            fields = {**fields, onwards: end[onwards]}

    def _inner(self, data: bytes) -> Record:
        """The event inside a past or a push."""
        for _, event in self._schema.read(data):
            return event
        return Record("unknown", {})

    async def _work(self, area: int, credit: int, pushes: Pushes) -> None:
        self._must_be_open()
        answer: asyncio.Future[Record] = asyncio.get_running_loop().create_future()

        def answered(last: Record) -> None:
            if last.what == "refused":
                refused = self._schema.refused(last)
                if answer.done():
                    pushes._queue.end(refused)  # said again on a later connection
                else:
                    answer.set_exception(refused)
            elif not answer.done():
                answer.set_result(last)

        self._pushes[area] = pushes
        self._engine.work(area, credit, answered)
        self._perform()
        try:
            await asyncio.wait_for(asyncio.shield(answer), self._timeout_s)
        except asyncio.TimeoutError:
            raise NoAnswer(f"no broker answers at {self._connect_to} within {self._timeout_s} s") from None

    def _pushed(self, record: Record) -> None:
        if record.what == "notice_push":
            self._notified(record)
        if record.what not in ("push", "withdraw", "warned"):
            inner = {f.name: self._inner(record[f.name]) for f in self._schema.messages[record.what].fields
                     if f.kind == "bin" and f.unit == "a message"}
            for told in self._told:
                told._queue.put(Record(record.what, {**record, **inner}))
            return
        pushes = self._pushes.get(record.holder)
        if pushes is None:
            return
        if record.what == "push":
            record = Record("push", {**record, "submitted": self._inner(record["submitted"])})
        pushes._came(record)

    def _notified(self, push: Record) -> None:
        notified = self._inner(push["notified"])
        if notified.what != "notified":
            return
        # If it is lost, the notice comes again with the next connection, and is answered then.
        if len(self._engine.calls) < CALLS_MAX:
            fields = {"notice": notified.notice, "member": 0, "answer": "delivered"}
            self._engine.call("answer", fields, lambda rows, last: None)
        if self._on_notice:
            try:
                self._on_notice(notified, push.reminder)
            except Exception:  # pylint: disable=broad-except
                _log.exception("on_notice failed")  # the connection goes on

    def _forget(self, stream: Stream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)

    def _link_changed(self, word: str, message: Record | None) -> None:
        if self._greeted is not None and not self._greeted.done():
            if word != "down":
                self._greeted.set_result(None)
            elif message is not None:
                self._greeted.set_exception(self._schema.refused(message))
        if self._on_link:
            try:
                self._on_link(word, message)
            except Exception:  # pylint: disable=broad-except
                _log.exception("on_link failed")  # the connection goes on


async def _run_job(jobs: Jobs, job: Job, handler: Handler, room: asyncio.Semaphore) -> None:
    """Run a handler when there is room for it. That somebody else was faster is no error."""
    try:
        async with room:
            if not job.withdrawn:
                await handler(job)
    except Refused as refused:
        if job.accepted or refused.name not in TOO_LATE:
            raise
        _log.debug("order %s: %s", job.order, refused)
    finally:
        jobs.done(job)


async def connect(person: int = 0, **options: Any) -> Client:
    """Open a client, with the options of Client. Close it with `await client.close()`."""
    return await Client(person, **options).open()


_calls.add_commands(Client, _calls.own_schema())
