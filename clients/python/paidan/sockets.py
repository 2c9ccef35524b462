"""The engine's effects on ZeroMQ's sockets, inside an asyncio loop.

ZeroMQ's descriptors are edge-triggered, and a send takes note of what has come, too: so after every send, and whenever a
descriptor is readable, a socket is received from until nothing is there.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import zmq

from . import engine as _engine
from .engine import Engine

FRAMES_A_TURN = 256  # read from one socket before others get their turn
FRAME_BYTES_MAX = 16  # times the protocol's limit; what is larger is not from a broker
BYE_LINGER_MS = 1000
_numbers = itertools.count()


class Sockets:
    """The sockets of one client: for commands (DEALER) with its monitor, and for events (SUB)."""

    def __init__(self, engine: Engine, connect: str, subscribe: str, changed: Callable[[], None]) -> None:
        self._engine, self._connect_to, self._subscribe_to, self._changed = engine, connect, subscribe, changed
        self._context = zmq.Context()
        self._loop = asyncio.get_running_loop()
        self._dealer: zmq.Socket[bytes] | None = None
        self._monitor: zmq.Socket[bytes] | None = None
        self._sub: zmq.Socket[bytes] | None = None
        self._watched: dict[zmq.Socket[bytes], int] = {}
        self._again = False  # a turn is to come

    def perform(self) -> None:
        """Do what the engine asks."""
        effects = self._engine.effects
        while effects:
            effect, argument = effects.popleft()
            if effect == _engine.SEND:
                self._send(argument)
            elif effect == _engine.CONNECT:
                self._disconnect()
                self._connect()
            elif effect == _engine.DISCONNECT:
                self._disconnect()
            elif effect == _engine.OPEN_SUB:
                self._open_sub(argument)
            elif self._sub is not None:
                self._sub.setsockopt(zmq.SUBSCRIBE if effect == _engine.SUBSCRIBE else zmq.UNSUBSCRIBE, argument)
                self._soon()

    def close(self) -> None:
        """Close all; a bye that was sent gets a moment to go out."""
        if self._dealer is not None:
            self._dealer.setsockopt(zmq.LINGER, BYE_LINGER_MS)
        self._disconnect()
        self._drop(self._sub)
        self._sub = None
        self._context.term()

    # ---- sockets ----

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, FRAME_BYTES_MAX * self._engine.schema.frame_bytes_max)
        return socket

    def _watch(self, socket: zmq.Socket[bytes]) -> None:
        self._watched[socket] = int(socket.getsockopt(zmq.FD))
        self._loop.add_reader(self._watched[socket], self._turn)
        self._soon()  # what came before is not told

    def _drop(self, socket: zmq.Socket[bytes] | None) -> None:
        if socket is None:
            return
        descriptor = self._watched.pop(socket, None)
        if descriptor is not None and not self._loop.is_closed():
            self._loop.remove_reader(descriptor)
        socket.close()

    def _connect(self) -> None:
        dealer = self._socket(zmq.DEALER)
        for option, value in ((zmq.SNDHWM, 0), (zmq.RCVHWM, 0), (zmq.RECONNECT_IVL, -1),
                              (zmq.CONNECT_TIMEOUT, int(_engine.GREETING_S * 1000))):
            dealer.setsockopt(option, value)
        # Where the socket tells that its connection is gone: its own queues would not.
        address = f"inproc://paidan-link-{next(_numbers)}"
        dealer.monitor(address, zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
                       | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH)
        self._dealer, self._monitor = dealer, self._socket(zmq.PAIR)
        self._monitor.connect(address)
        dealer.connect(self._connect_to)
        self._watch(dealer)
        self._watch(self._monitor)

    def _disconnect(self) -> None:
        self._drop(self._monitor)
        if self._dealer is not None:
            self._dealer.disable_monitor()
        self._drop(self._dealer)
        self._dealer = self._monitor = None

    def _open_sub(self, topics: list[bytes]) -> None:
        self._drop(self._sub)
        self._sub = self._socket(zmq.SUB)
        for option, value in ((zmq.RCVHWM, 100_000), (zmq.RECONNECT_IVL, 100), (zmq.RECONNECT_IVL_MAX, 5000),
                              (zmq.HEARTBEAT_IVL, 10_000), (zmq.HEARTBEAT_TIMEOUT, 30_000)):
            self._sub.setsockopt(option, value)
        for topic in topics:
            self._sub.setsockopt(zmq.SUBSCRIBE, topic)
        self._sub.connect(self._subscribe_to)
        self._watch(self._sub)

    # ---- in and out ----

    def _send(self, frame: bytes) -> None:
        if self._dealer is None:
            return
        try:
            self._dealer.send(frame, zmq.DONTWAIT, copy=True)
        except zmq.Again:  # its queue has no bound: its connection is gone, and the calls hold what is lost
            self._engine.lost()
        self._soon()

    def _soon(self) -> None:
        if not self._again:
            self._again = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Take in all that has come, the last words of a connection before the news of its end."""
        self._again = False
        if self._context.closed:
            return
        try:
            busy = self._receive_dealer()
            busy = self._receive_sub() or busy
            if busy:
                self._soon()
            elif self._connection_is_gone():
                self._engine.lost()
        finally:
            self._changed()

    def _receive_dealer(self) -> bool:
        """Whether there may be more."""
        dealer = self._dealer
        for _ in range(FRAMES_A_TURN):
            if dealer is None or dealer is not self._dealer:
                return False
            try:
                frame = dealer.recv(zmq.DONTWAIT)
            except zmq.Again:
                return False
            self._engine.received(frame)
            self.perform()
        return True

    def _receive_sub(self) -> bool:
        sub = self._sub
        for _ in range(FRAMES_A_TURN):
            if sub is None or sub is not self._sub:
                return False
            try:
                frames = sub.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return False
            for frame in frames[1:]:
                self._engine.published(frames[0], frame)
            self.perform()
        return True

    def _connection_is_gone(self) -> bool:
        """All that the monitor was asked to tell is the end of the connection."""
        if self._monitor is None:
            return False
        try:
            self._monitor.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True
