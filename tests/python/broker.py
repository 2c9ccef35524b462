"""broker.py - what an engine talks to in a test: it reads frames, and answers what the test says; and a clock."""
from paidan.engine import Engine
from paidan.schema import Schema

SCHEMA = Schema.load()


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Talk:
    """An engine, and the other side of its sockets."""

    def __init__(self, random=lambda: 1.0, **options):
        self.clock = Clock()
        self.engine = Engine(SCHEMA, 7001, "test", clock=self.clock, random=random, **options)
        self.links, self.pushes = [], []
        self.engine.on_link = lambda word, message: self.links.append(word)
        self.engine.on_push = self.pushes.append
        self.connections = 0
        self.topics = None  # of the socket for events; None: there is none
        self.instance = 1

    def effects(self):
        """What the engine asked for since: the messages that it sent, as (name, request, values)."""
        self.engine.flush()
        sent = []
        while self.engine.effects:
            effect, argument = self.engine.effects.popleft()
            if effect == "send":
                sent += [(record.what, request, record) for request, record in SCHEMA.read(argument)]
            elif effect == "connect":
                self.connections += 1
            elif effect == "open_sub":
                self.topics = list(argument)
            elif effect == "subscribe":
                self.topics.append(argument)
            elif effect == "unsubscribe":
                self.topics.remove(argument)
        return sent

    def sent(self):
        """The same without requests and values."""
        return [what for what, _, _ in self.effects()]

    def say(self, what, request, **values):
        """The broker says something."""
        self.engine.received(SCHEMA.message(what).encode(request, values))

    def refuse(self, request, name):
        self.say("refused", request, code=SCHEMA.refusal_code(name), name=name, sentence="x")

    def welcome(self, seq=100, heartbeat_ms=5000):
        """Answer the hello that is under way; returns what was sent then."""
        hello = [request for what, request, _ in self.effects() if what == "hello"][-1]
        self.say("welcome", hello, protocol=1, broker="test", instance=self.instance, seq=seq, heartbeat_ms=heartbeat_ms)
        return self.effects()

    def open(self, **welcome):
        self.engine.start()
        self.welcome(**welcome)
        return self

    def later(self, seconds):
        self.clock.now += seconds
        self.engine.tick()
        return self.effects()

    def call(self, what, **fields):
        """Make a call; what comes of it is appended to the list that is returned."""
        found = []
        self.engine.call(what, fields, lambda rows, last: found.append((rows, last)))
        return found
