"""The blocking client.

    with paidan.Client(person=500001) as client:
        done = client.submit(1, "三号楼二单元楼道灯不亮")
        order = client.show(done.order, story=True)

It is the asyncio client in a thread of its own: heartbeats go on while the program does something else, and a client may
be used by several threads.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import inspect
import threading
import uuid
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from . import aio
from . import calls as _calls
from .errors import Closed, Refused
from .schema import Record

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")
S = TypeVar("S", bound="Stream")
CLOSE_S = 5.0  # at most for saying bye


class _Loop:
    """An event loop in a thread of its own. Whatever is run there ends: with its result, or with Closed when the loop does."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()  # around what follows: nothing is begun once the end was told
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="paidan", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run it there and wait for what it returns. What interrupts the waiting (Ctrl-C) ends the coroutine, too."""
        future = None
        try:
            if self.is_current():
                raise RuntimeError("a blocking client cannot be used inside its own callbacks")
            with self._lock:
                if self._ended:
                    raise Closed("the client was closed")
                future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
            return future.result(timeout_s)
        except concurrent.futures.CancelledError:
            raise Closed("the client was closed") from None
        except BaseException:
            if future:
                future.cancel()
            elif inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                coroutine.close()  # or Python says that nobody waited for it
            raise

    def is_current(self) -> bool:
        """Whether this is its thread."""
        return threading.current_thread() is self._thread

    def end(self, last: Coroutine[Any, Any, None], timeout_s: float) -> None:
        """Run this as the last thing, and end; in its own thread, where nothing can be waited for, by and by."""
        if self.is_current():
            with self._lock:
                self._ended = True
            self._loop.create_task(last).add_done_callback(lambda task: self._loop.stop())
            return
        try:
            self.run(last, timeout_s)
        finally:
            with self._lock:
                self._ended = True
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()


def _shut(loop: _Loop, client: aio.Client) -> None:
    """Close a client and its thread; at the latest when the program ends."""
    loop.end(client.close(), CLOSE_S)


class Stream:
    """What comes by and by: an iterator, which ends when it or its client is closed. Also `with`."""

    def __init__(self, loop: _Loop, stream: aio.Stream) -> None:
        self._loop, self._stream = loop, stream
        self._taken: deque[Record] = deque()

    def batch(self) -> list[Record]:
        """All that waits, at least one."""
        items = list(self._taken) or self._loop.run(self._stream.batch())
        self._taken.clear()
        return items

    def next(self, timeout_s: float | None = None) -> Record:
        """The next one. TimeoutError: none came within timeout_s. Closed: none will come."""
        if not self._taken:
            self._taken.append(self._loop.run(self._stream.next(timeout_s)))
        return self._taken.popleft()

    def close(self) -> None:
        with contextlib.suppress(Closed):
            self._loop.run(self._stream.close())

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        if not self._taken:
            try:
                self._taken.extend(self._loop.run(self._stream.batch()))
            except Closed:
                raise StopIteration from None
        return self._taken.popleft()

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Events(Stream):
    """The events of an area and all below it, in the order of their seqs, each once."""

    _stream: aio.Events

    @property
    def seq(self) -> int:
        """Up to which seq all events have come here: where to go on another time, once all that came is dealt with."""
        return self._stream.seq


class Told(Stream):
    """What a client is told: `moved` records, whose `event` is a move of an order that the person asked for or follows."""


class Pushes(Stream):
    """The orders that are pushed for an area, and withdrawals of them: `push` and `withdraw` records; and `warned` ones
    of orders that the area holds and that must not be forgotten.

    A push has the order's first event as `submitted`. It promises nothing: accept the order, or leave it. Leave alone
    what you do not know: a later broker may push more.
    """

    _stream: aio.Pushes

    def credit(self, credit: int) -> None:
        """Change how many pushed orders may be outstanding."""
        self._loop.run(self._stream.credit(credit))


class Job:
    """A pushed order, as a worker's handler gets it."""

    def __init__(self, loop: _Loop, job: aio.Job) -> None:
        self._loop, self._job = loop, job

    push = property(lambda self: self._job.push, doc="the latest push of it")
    order = property(lambda self: self._job.order, doc="the order's id")
    submitted = property(lambda self: self._job.submitted, doc="the order's first event: category, text, place, …")
    version = property(lambda self: self._job.version, doc="the order's version as far as it is known here")
    accepted = property(lambda self: self._job.accepted, doc="by this worker")
    withdrawn = property(lambda self: self._job.withdrawn, doc="left the queue by another's doing, before it was accepted")
    warned = property(lambda self: self._job.warned, doc="the last warning of it: half of its time has passed, it is urged, …")

    def move(self, what: str, **fields: Any) -> Record:
        """Make a move of the order by its name, with the version that is known."""
        return self._loop.run(self._job.move(what, **fields))

    def accept(self) -> Record:
        """Take the order on. Refused "taken" or "stale": it is somebody else's, or gone."""
        return self._loop.run(self._job.accept())

    def complete(self, result: str) -> Record:
        """Report it as done; accepts it first, if that was not done."""
        return self._loop.run(self._job.complete(result))

    def decline(self, reason: str) -> Record:
        """It goes to the level above."""
        return self._loop.run(self._job.decline(reason))

    def transfer(self, holder: int, reason: str) -> Record:
        """It goes to another holder."""
        return self._loop.run(self._job.transfer(holder, reason))

    def release(self, reason: str) -> Record:
        """Give it back: it waits again where it was."""
        return self._loop.run(self._job.release(reason))

    def suspend(self, until_ms: int, reason: str) -> Record:
        """Put it off until then; what is left of the time to complete it is kept."""
        return self._loop.run(self._job.suspend(until_ms, reason))

    def resume(self, reason: str = "") -> Record:
        """Go on with it before."""
        return self._loop.run(self._job.resume(reason))

    def note(self, text: str) -> Record:
        """Add a remark."""
        return self._loop.run(self._job.note(text))


class Client:
    # the docstring is that of aio.Client

    def __init__(self, person: int = 0, **options: Any) -> None:
        self._client = aio.Client(person, **options)
        self._loop = _Loop()
        self._shut = weakref.finalize(self, _shut, self._loop, self._client)

    # ---- opening and closing ----

    def open(self) -> Client:
        """Connect, and wait for the broker's welcome. Refused: it does not want this client. NoAnswer: nobody is there."""
        try:
            self._loop.run(self._client.open())
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Say bye and close. What was pushed here and not accepted goes to others; unanswered calls end with Closed."""
        self._shut()

    def __enter__(self) -> Client:
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        return self._client.closed

    @property
    def welcome(self) -> Record | None:
        """The broker's latest welcome: its name, its version of the protocol, the seq of the last event then."""
        return self._client.welcome

    # ---- commands ----

    def call(self, what: str, *, timeout_s: float | None = None, **fields: Any) -> Record:
        return self._loop.run(self._client.call(what, timeout_s=timeout_s, **fields))

    def send(self, what: str, **fields: Any) -> concurrent.futures.Future[Record]:
        """Send a command without waiting: returns a future of what `call` returns. It is sent until it is answered."""
        result: concurrent.futures.Future[Record] = concurrent.futures.Future()

        def answered(done: asyncio.Future[Record]) -> None:
            if done.cancelled():
                result.cancel()
            elif done.exception():
                result.set_exception(done.exception())
            else:
                result.set_result(done.result())

        async def post() -> None:
            (await self._client.send(what, **fields)).add_done_callback(answered)

        self._loop.run(post())
        return result

    def new_id(self) -> uuid.UUID:
        return self._client.new_id()

    # ---- reading ----

    def show(self, order: aio.Id, *, story: bool = False, timeout_s: float | None = None) -> Record:
        return self._loop.run(self._client.show(order, story=story, timeout_s=timeout_s))

    def orders(self, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.orders(**fields))

    def areas(self, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.areas(**fields))

    def people(self, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.people(**fields))

    def households(self, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.households(**fields))

    def notices(self, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.notices(**fields))

    def progress(self, notice: bytes | str, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.progress(notice, **fields))

    def missing(self, notice: bytes | str, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.missing(notice, **fields))

    def answers(self, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.answers(**fields))

    def categories(self, **fields: Any) -> Iterator[Record]:
        return self._rows(self._client.categories(**fields))

    def stats(self, area: int = 0, *, counts: bool = False, timeout_s: float | None = None) -> Record:
        return self._loop.run(self._client.stats(area, counts=counts, timeout_s=timeout_s))

    # ---- following and working ----

    def events(self, area: int = 0, *, after_seq: int | None = None, stats: bool = False) -> Events:
        async def begin() -> aio.Events:
            return self._client.events(area, after_seq=after_seq, stats=stats)

        return Events(self._loop, self._loop.run(begin()))

    def told(self) -> Told:
        async def begin() -> aio.Told:
            return self._client.told()

        return Told(self._loop, self._loop.run(begin()))

    def work(self, area: int, credit: int = 1) -> Pushes:
        return Pushes(self._loop, self._loop.run(self._client.work(area, credit)))

    def worker(self, area: int, handler: Callable[[Job], Any], credit: int = 1) -> None:
        """Work for an area until the client is closed, or Ctrl-C: handler(job) is run for each pushed order, in this
        thread, one after the other. credit of them may wait here for it.

        The handler accepts and completes, declines or transfers; an order that it leaves goes on waiting. A refusal
        because somebody else was faster is no error; any other exception of the handler ends the worker.
        """
        jobs = aio.Jobs(self._client)

        async def take(waiting: deque[aio.Job], pushes: aio.Pushes) -> None:
            for record in await pushes.batch():
                job = jobs.take(record)
                if job:
                    waiting.append(job)

        waiting: deque[aio.Job] = deque()
        with self.work(area, credit) as pushes:
            while True:
                try:
                    if not waiting or pushes._stream._queue:
                        self._loop.run(take(waiting, pushes._stream))
                except Closed:
                    return
                if waiting:
                    self._handle(jobs, waiting.popleft(), handler)

    # ---- inside ----

    def _handle(self, jobs: aio.Jobs, job: aio.Job, handler: Callable[[Job], Any]) -> None:
        try:
            if not job.withdrawn:
                handler(Job(self._loop, job))
        except Refused as refused:
            if job.accepted or refused.name not in aio.TOO_LATE:
                raise
        finally:
            jobs.done(job)

    def _rows(self, rows: AsyncIterator[Record]) -> Iterator[Record]:
        async def page() -> list[Record]:
            # What stands in a page comes without waiting; it is given on together.
            found = []
            async for row in rows:
                found.append(row)
                if len(found) == 500:
                    break
            return found

        while True:
            found = self._loop.run(page())
            yield from found
            if len(found) < 500:
                return


def connect(person: int = 0, **options: Any) -> Client:
    """Open a client, with the options of Client. Close it with `client.close()`, or use it in a `with`."""
    return Client(person, **options).open()


def _borrow_documentation() -> None:
    """What is the same in both clients is told once."""
    Client.__doc__ = (aio.Client.__doc__ or "").replace(
        "is called with", "is called, in the client's own thread, with")
    Client.__init__.__signature__ = inspect.signature(aio.Client.__init__)  # type: ignore[attr-defined]
    for name, function in vars(Client).items():
        if callable(function) and not name.startswith("_") and not function.__doc__:
            function.__doc__ = getattr(aio.Client, name).__doc__


_borrow_documentation()
_calls.add_commands(Client, _calls.own_schema())
