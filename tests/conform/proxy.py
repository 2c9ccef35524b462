"""proxy.py - the way from clients to the broker, which can be broken: unix sockets that pass bytes on."""
import os
import selectors
import socket
import threading


class Proxy:
    """A unix socket at `front`, each connection of which goes to the one at `back`. Its work is done in a thread.

    A connection that the broker does not take is closed, as if nobody were there.
    """

    def __init__(self, front, back):
        self.back = back
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(front)
        self.listener.listen(4096)
        self.lock = threading.RLock()  # around what follows
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.pairs = {}  # client's socket -> broker's
        self.taking, self.muted, self.ended = True, False, False
        self.waker, self.woken = socket.socketpair()
        self.selector.register(self.woken, selectors.EVENT_READ, self.wake)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    # from outside

    def cut(self):
        """Break all connections and take no new ones."""
        with self.lock:
            self.taking, self.muted = False, False
            for client in list(self.pairs):
                self.drop(client)

    def mute(self):
        """What the broker says is lost."""
        with self.lock:
            self.muted = True

    def mend(self):
        with self.lock:
            self.taking = True

    def close(self):
        self.cut()
        self.ended = True
        self.waker.send(b"x")
        self.thread.join()
        for each in (self.listener, self.waker, self.woken):
            each.close()

    # inside

    def run(self):
        while not self.ended:
            for key, _ in self.selector.select():
                with self.lock:
                    if key.fileobj.fileno() >= 0:  # it may have been dropped by what came before it
                        key.data(key.fileobj)

    def wake(self, woken):
        woken.recv(16)

    def accept(self, listener):
        client, _ = listener.accept()
        if not self.taking:
            client.close()
            return
        broker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            broker.connect(self.back)
        except OSError:
            client.close()
            broker.close()
            return
        self.pairs[client] = broker
        self.selector.register(client, selectors.EVENT_READ, lambda _: self.pass_on(client, client, broker))
        self.selector.register(broker, selectors.EVENT_READ, lambda _: self.pass_on(client, broker, client))

    def pass_on(self, client, source, sink):
        try:
            data = source.recv(1 << 16)
            if data and not (self.muted and sink is client):
                sink.sendall(data)
        except OSError:
            data = b""
        if not data:
            self.drop(client)

    def drop(self, client):
        broker = self.pairs.pop(client, None)
        for each in (client, broker):
            if each:
                self.selector.unregister(each)
                each.close()


class Way:
    """Both proxies in a folder: paidan.sock for commands, events.sock for events, as the broker's own are called."""

    def __init__(self, folder, listen, publish):
        os.mkdir(folder)
        self.connect, self.subscribe = f"ipc://{folder}/paidan.sock", f"ipc://{folder}/events.sock"
        self.commands = Proxy(self.connect[6:], listen[6:])
        self.events = Proxy(self.subscribe[6:], publish[6:])

    def close(self):
        self.commands.close()
        self.events.close()
