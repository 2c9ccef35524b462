"""conversation.py - talk to a live paidand as its clients do: the library of the conformance and crash tests.

Names, places, kinds and limits of fields come from proto/schema.json and stand nowhere here. Whatever the broker sends is
checked against it, too. Nothing sleeps: all waiting is for an event, with a bound that only a hung broker reaches.
"""
import ctypes
import json
import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque

try:
    import msgpack
    import zmq
except ImportError:  # Debian's python3-zmq belongs to Debian's Python, which need not be the first in PATH
    if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3") or not os.path.exists("/usr/bin/python3"):
        sys.exit("python3-zmq and python3-msgpack are missing: make deps-test")
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLOW = 6 if os.environ.get("SANITIZER") else 1
BOUND_S = 60 * SLOW  # for one answer: far more than a loaded machine needs

# ---- expectations ----

checks = 0  # how many were made


class Failure(Exception):
    """What was expected, and what came instead."""


class Skip(Exception):
    """Why a conversation cannot be held on this machine."""


def check(true, message):
    global checks
    checks += 1
    if not true:
        raise Failure(message)


def equal(got, expected, about):
    check(got == expected, f"{about}: expected {expected!r}, got {got!r}")


# ---- messages, as schema.json has them ----


class Field:
    def __init__(self, row, kinds):
        self.name, self.kind, self.required = row["name"], row["kind"], row["required"]
        self.example = row["example"]
        self.enum = row.get("enum")
        kind = kinds[self.kind]
        self.min, self.max = (int(v) if v is not None else None
                              for v in (row.get(k, kind.get(k)) for k in ("min", "max")))
        self.counted = self.kind in ("text", "bin", "u64s")

    def default(self):
        return {"bool": False, "text": "", "bin": b"", "id": bytes(16), "u64s": []}.get(self.kind, 0)

    def fault(self, value):
        """What is wrong with a value that came from the broker; None: nothing."""
        wanted = {"bool": bool, "text": str, "bin": bytes, "id": bytes, "u64s": list}.get(self.kind, int)
        if type(value) is not wanted:
            return f"{self.name} must be {self.kind} and is {value!r}"
        if self.kind == "id" and len(value) != 16:
            return f"{self.name} must have 16 bytes and has {len(value)}"
        number = len(value) if self.counted else value
        if self.kind in ("bool", "id"):
            return None
        if (self.min is not None and number < self.min) or (self.max is not None and number > self.max):
            return f"{self.name} must be {self.min} to {self.max} and is {number}"
        return None


class Kind:
    """One row of the table of messages."""

    def __init__(self, row, kinds):
        self.name, self.type, self.role = row["name"], row["type"], row["role"]
        self.fields = [Field(f, kinds) for f in row["fields"]]
        self.example = bytes.fromhex(row["example"]["hex"])
        self.from_client = self.role in ("session", "command", "query")
        self.is_move = False

    def example_values(self):
        return msgpack.unpackb(self.example, raw=False)[2:]

    def place(self, name):
        return next(i for i, f in enumerate(self.fields) if f.name == name)


class Schema:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)
        kinds = self.document["kinds"]
        self.kinds = {row["name"]: Kind(row, kinds) for row in self.document["messages"]}
        self.by_type = {kind.type: kind for kind in self.kinds.values()}
        self.limits = self.document["limits"]
        self.refusals = {row["name"]: row["code"] for row in self.document["errors"]}
        for move in self.document["moves"]:
            if move["command"] in self.kinds:
                self.kinds[move["command"]].is_move = True

    def word(self, enum, name):
        return next(w["code"] for w in self.document["enums"][enum]["words"] if w["name"] == name)

    def client_kinds(self):
        return [kind for kind in self.kinds.values() if kind.from_client]


schema = Schema(os.path.join(ROOT, "proto", "schema.json"))


class Message:
    """A decoded message: `what` it is, its `request` id or seq, and its fields as attributes (or by [name])."""

    def __init__(self, kind, request, values):
        self.what, self.request, self.fields = kind.name, request, {}
        for field, value in zip(kind.fields, values):
            self.fields[field.name] = value
        for field in kind.fields[len(values):]:
            self.fields[field.name] = field.default()

    def __getattr__(self, name):
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(f"{self.what} has no field {name}") from None

    def __getitem__(self, name):
        return self.fields[name]

    def __eq__(self, other):
        return isinstance(other, Message) and (self.what, self.request, self.fields) == (other.what, other.request, other.fields)

    def __repr__(self):
        fields = " ".join(f"{k}={v.hex() if isinstance(v, bytes) else v!r}"[:90] for k, v in self.fields.items())
        return f"{self.what}({self.request}) {fields}"


def pack(what, request, **fields):
    """A message as bytes; what is not given is left out from the end on, and else its default."""
    kind = schema.kinds[what]
    names = [f.name for f in kind.fields]
    unknown = set(fields) - set(names)
    if unknown:
        raise KeyError(f"{what} has no field {unknown}")
    last = max((names.index(n) for n in fields), default=-1)
    values = [fields.get(f.name, f.default()) for f in kind.fields[:last + 1]]
    return msgpack.packb([kind.type, request, *values], use_bin_type=True)


def unpack(frame):
    """All messages of a frame that the broker sent, each checked against the schema."""
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)
    unpacker.feed(frame)
    messages = []
    try:
        for array in unpacker:
            kind = schema.by_type.get(array[0]) if isinstance(array, list) and array else None
            check(kind is not None and not kind.from_client, f"the broker sent what is no message of its own: {array!r}"[:300])
            values = array[2:]
            check(len(values) <= len(kind.fields), f"{kind.name} came with {len(values)} fields")
            check(all(not f.required for f in kind.fields[len(values):]), f"{kind.name} came without all required fields")
            for field, value in zip(kind.fields, values):
                fault = field.fault(value)
                check(fault is None, f"{kind.name}.{fault}")
            messages.append(Message(kind, array[1], values))
    except (ValueError, msgpack.UnpackException) as error:
        raise Failure(f"the broker sent what cannot be decoded: {error}: {bytes(frame[:200]).hex()}") from None
    equal(unpacker.tell(), len(frame), "bytes of the frame that are whole messages")
    return messages


def unpack_one(data):
    messages = unpack(data)
    equal(len(messages), 1, "messages inside the bin")
    return messages[0]


def frames_of(messages):
    """Pack encoded messages into as few frames as the limit allows."""
    frame = []
    size = 0
    for message in messages:
        if frame and size + len(message) > schema.limits["frame_bytes_max"]:
            yield b"".join(frame)
            frame, size = [], 0
        frame.append(message)
        size += len(message)
    if frame:
        yield b"".join(frame)


last_id = bytes(16)


def new_id(unix_ms=None):
    """A UUIDv7 (RFC 9562, section 5.7); of now, it is greater than all before, also within a millisecond."""
    global last_id
    random = bytearray(secrets.token_bytes(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    id = (unix_ms or time.time_ns() // 1000000).to_bytes(6, "big") + bytes(random)
    if unix_ms:
        return id
    last_id = max(id, (int.from_bytes(last_id, "big") + 1).to_bytes(16, "big"))
    return last_id


# ---- connections ----

context = zmq.Context()


def new_socket(kind, endpoint, **options):
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, 20)
    for option in (zmq.SNDHWM, zmq.RCVHWM):
        socket.setsockopt(option, 0)
    for name, value in options.items():
        socket.setsockopt(getattr(zmq, name), value)
    socket.connect(endpoint)
    return socket


def wait_until(true, about, poll=lambda: None):
    """Ask true() again and again; poll() waits a little for something in between."""
    end = time.monotonic() + BOUND_S
    while not true():
        check(time.monotonic() < end, f"waited {BOUND_S} s, and it is still not so: {about}")
        poll()


class Connection:
    """A DEALER that speaks for a person."""

    def __init__(self, broker, person=0, hello=True, **options):
        self.broker, self.person = broker, person
        self.socket = new_socket(zmq.DEALER, broker.listen, **options)
        self.next_request = 1
        self.inbox = deque()  # what came while something else was waited for
        self.received = 0     # messages so far
        if hello:
            self.welcome = self.hello()

    def hello(self, **fields):
        answer = self.ask("hello", **{"person": self.person, "client": "conformance", "protocol": 1, **fields})
        equal(answer.what, "welcome", f"the answer to hello of person {self.person}")
        return answer

    def close(self):
        self.socket.close()

    # sending

    def new_request(self):
        self.next_request += 1
        return self.next_request - 1

    def send_frame(self, frame):
        self.socket.send(frame)

    def send(self, what, **fields):
        request = self.new_request()
        self.send_frame(pack(what, request, **fields))
        return request

    def send_many(self, commands):
        """Send (what, fields) pairs, several to a frame; returns their request ids."""
        requests, messages = [], []
        for what, fields in commands:
            requests.append(self.new_request())
            messages.append(pack(what, requests[-1], **fields))
        for frame in frames_of(messages):
            self.send_frame(frame)
        return requests

    # receiving

    def take(self, timeout_s):
        """Take in one frame; False: none came in time."""
        if not self.socket.poll(int(timeout_s * 1000)):
            return False
        frame = self.socket.recv_multipart()
        equal(len(frame), 1, "parts of the broker's message")
        check(0 < len(frame[0]) <= schema.limits["frame_bytes_max"],
              f"a frame of {len(frame[0])} bytes; the broker's frames keep to the limit of {schema.limits['frame_bytes_max']}, too")
        messages = unpack(frame[0])
        self.received += len(messages)
        self.inbox.extend(messages)
        return True

    def next(self, wanted, about):
        """The first message that wanted() likes; the others stay for later."""
        end = time.monotonic() + BOUND_S
        seen = 0
        while True:
            for i in range(seen, len(self.inbox)):
                if wanted(self.inbox[i]):
                    message = self.inbox[i]
                    del self.inbox[i]
                    return message
            seen = len(self.inbox)
            if not self.take(max(0.0, min(end - time.monotonic(), 1.0))):
                self.broker.must_run()
                check(time.monotonic() < end, f"waited {BOUND_S} s for {about}; here is {list(self.inbox)[:5]!r}")

    def answer(self, request):
        return self.next(lambda m: m.request == request, f"the answer to request {request}")

    def answers(self, requests):
        """One answer to each request; much faster than one by one when there are many."""
        wanted, found = set(requests), {}
        end = time.monotonic() + BOUND_S
        while True:
            rest = deque()
            for message in self.inbox:
                if message.request in wanted and message.request:
                    check(message.request not in found, f"request {message.request} was answered twice: {message!r}")
                    found[message.request] = message
                else:
                    rest.append(message)
            self.inbox = rest
            if len(found) == len(wanted):
                return [found[r] for r in requests]
            if not self.take(max(0.0, min(end - time.monotonic(), 1.0))):
                self.broker.must_run()
                check(time.monotonic() < end, f"waited {BOUND_S} s; {len(found)} of {len(wanted)} requests were answered")

    def last_answers(self, requests, lasts=("end", "refused")):
        """The last answer to each request; what came before it, and whatever else came, is dropped."""
        wanted, found = set(requests), {}
        end = time.monotonic() + BOUND_S
        while True:
            for message in self.inbox:
                if message.request in wanted and message.what in lasts:
                    check(message.request not in found, f"request {message.request} was ended twice: {message!r}")
                    found[message.request] = message
            self.inbox.clear()
            if len(found) == len(wanted):
                return [found[r] for r in requests]
            if not self.take(max(0.0, min(end - time.monotonic(), 1.0))):
                self.broker.must_run()
                check(time.monotonic() < end, f"waited {BOUND_S} s; {len(found)} of {len(wanted)} requests were ended")

    def ask(self, what, **fields):
        return self.answer(self.send(what, **fields))

    def ok(self, what, **fields):
        answer = self.ask(what, **fields)
        check(answer.what == "ok", f"{what} {short(fields)} of person {self.person}: expected ok, got {answer!r}")
        return answer

    def refused(self, refusal, what, **fields):
        answer = self.ask(what, **fields)
        check(answer.what == "refused" and answer.name == refusal and answer.code == schema.refusals[refusal],
              f"{what} {short(fields)} of person {self.person}: expected refused {refusal}, got {answer!r}")
        return answer

    def rows(self, what, **fields):
        """All answers to a query before its end, and the end."""
        request = self.send(what, **fields)
        rows = []
        while True:
            answer = self.answer(request)
            if answer.what == "end":
                equal(answer.count, len(rows), f"count of end after {what}")
                return rows, answer
            check(answer.what != "refused", f"{what} {short(fields)} of person {self.person}: expected answers, got {answer!r}")
            rows.append(answer)

    def pages(self, what, by, **fields):
        """All rows over all pages; by is the field that leads on (cursor, after or after_seq)."""
        rows, pages = [], 0
        while True:
            page, end = self.rows(what, **fields)
            rows += page
            pages += 1
            if not end.more:
                return rows, end, pages
            check(page or by == "after_seq", "a page that is empty, though there is more")
            fields[by] = end.seq if by == "after_seq" else end[by]
            check(pages < 10000, f"{what} {short(fields)} goes on for ever")

    def digest(self):
        answer = self.ask("get_digest")
        equal(answer.what, "digest", "the answer to get_digest")
        return answer.seq, answer.hash

    def events(self, after_seq=0, **fields):
        """The journal as read_events tells it, decoded."""
        rows, end, _ = self.pages("read_events", "after_seq", after_seq=after_seq, limit=500, **fields)
        return [unpack_one(row.event) for row in rows], end

    # pushes

    def pushed(self, what="push"):
        """The next push or withdraw; it must be the one that is named."""
        message = self.next(lambda m: m.request == 0 and m.what in ("push", "withdraw"), f"a {what} to person {self.person}")
        equal(message.what, what, f"what was pushed to person {self.person} ({message!r})")
        return message

    def fence(self):
        """All that the broker decided before now has come: it answers in order."""
        equal(self.ask("ping").what, "pong", "the answer to ping")

    def pushes(self):
        """All pushes and withdraws up to now."""
        self.fence()
        found = [m for m in self.inbox if m.request == 0]
        self.inbox = deque(m for m in self.inbox if m.request != 0)
        return found

    def no_pushes(self, why):
        found = self.pushes()
        check(not found, f"person {self.person} should have got no push ({why}), and got {found!r}")


def short(fields):
    return " ".join(f"{k}={v.hex() if isinstance(v, bytes) else v!r}"[:60] for k, v in fields.items())


class Order:
    """An order as its client follows it: its id and the last version it knows."""

    def __init__(self, resident, **fields):
        self.id = fields.pop("order", None) or new_id()
        self.submit = {"order": self.id, "category": LAMP, "text": "楼道灯不亮", **fields}
        self.first = resident.ok("submit", **self.submit)
        equal(self.first.version, 1, "the version after submit")
        self.version, self.seq = 1, self.first.seq

    def move(self, who, what, **fields):
        answer = who.ok(what, order=self.id, version=self.version, **fields)
        equal(answer.version, self.version + 1, f"the version after {what}")
        check(answer.seq > self.seq, f"{what}: expected a seq above {self.seq}, got {answer.seq}")
        self.version, self.seq = answer.version, answer.seq
        return answer

    def refused(self, refusal, who, what, **fields):
        return who.refused(refusal, what, order=self.id, version=self.version, **fields)

    def now(self, who, **fields):
        rows, end = who.rows("get_order", order=self.id, **fields)
        equal(rows[0].what, "order", "the first answer to get_order")
        return rows[0] if not fields else (rows[0], [unpack_one(r.event) for r in rows[1:]])


class Subscription:
    """A SUB on some topics."""

    def __init__(self, broker, *topics):
        self.broker = broker
        self.socket = new_socket(zmq.SUB, broker.publish)
        for topic in topics:
            self.socket.setsockopt(zmq.SUBSCRIBE, topic.encode())

    def take(self, timeout_s=None):
        """The next (topic, counts, event or stats); None: nothing came in the time given. Without one it must come."""
        if not self.socket.poll(int((BOUND_S if timeout_s is None else timeout_s) * 1000)):
            check(timeout_s is not None, f"waited {BOUND_S} s for a publication")
            return None
        frames = self.socket.recv_multipart()
        equal(len(frames), 2, "frames of a publication")
        messages = unpack(frames[1])
        equal([messages[0].what, len(messages)], ["published", 2], "the second frame: published, and one event")
        equal(messages[0].request, messages[1].request, "the second elements of published and the event")
        topic = frames[0].decode()
        equal(len(messages[0].counts), topic.count("/") - 1, f"numbers in published, one for each id in {topic}")
        return topic, messages[0].counts, messages[1]

    def event(self):
        """The next publication that is no stats."""
        while True:
            topic, _, event = self.take()
            if event.what != "stats":
                return topic, event

    def ready(self, operator, area):
        """Return when what is published of area comes here, and all that was published by this is taken."""
        row = operator.rows("list_areas", area=area)[0][0]
        fields = {k: row[k] for k in ("area", "parent", "level", "kind", "retired")}
        tries, last = 0, None

        def came():
            nonlocal last
            publication = self.take(0.02)
            if publication and publication[2].what == "area_set":
                last = publication[2].name
            return last is not None

        def poke():
            nonlocal tries
            tries += 1
            operator.ok("put_area", name=f"{row.name} {tries}", **fields)

        poke()
        wait_until(came, f"something of area {area} is published", poke)
        while last != f"{row.name} {tries}":
            publication = self.take()
            if publication[2].what == "area_set":
                last = publication[2].name

    def close(self):
        self.socket.close()


# ---- a district to talk about ----

DISTRICT, STREET, STREET_2, COMMUNITY, COMMUNITY_2, GRID, MARKET, GRID_2 = 1, 10, 20, 11, 21, 111, 112, 211
MICRO, MICRO_B, STALLS, MICRO_2 = 1111, 1112, 1121, 2111
HOME, NEIGHBOUR, HOME_B, HOME_2 = 500002, 500003, 500012, 500022
LAMP, FIRE, ROAD, BENCH, BRIDGE = 1, 2, 3, 4, 5  # micro-grid; emergency; its grid's; low; the district's
RESIDENT, RESIDENT_NEXT, RESIDENT_B, RESIDENT_2 = 7001, 7002, 7003, 7004
CENTRE, LEADER, LEADER_TOO, LEADER_B, LEADER_2 = 6001, 2001, 2002, 2003, 2004
GRID_LEADER, GRID_LEADER_2, STAFF, STAFF_STREET, STAFF_DISTRICT = 3001, 3002, 4001, 4002, 4003
SUPERVISOR, COURIER, MERCHANT, ADMINISTRATOR, GONE = 5001, 8001, 9101, 9001, 9999
PATHS = {DISTRICT: "/1/", STREET: "/1/10/", COMMUNITY: "/1/10/11/", GRID: "/1/10/11/111/", MARKET: "/1/10/11/112/",
         MICRO: "/1/10/11/111/1111/", MICRO_B: "/1/10/11/111/1112/", STALLS: "/1/10/11/112/1121/", STREET_2: "/1/20/",
         COMMUNITY_2: "/1/20/21/", GRID_2: "/1/20/21/211/", MICRO_2: "/1/20/21/211/2111/"}


def district_rows():
    """put_ messages for a small district: (what, fields)."""
    level = lambda name: schema.word("level", name)
    post = lambda name: schema.word("post", name)
    areas = [(DISTRICT, 0, "district", 1, "博山区"), (STREET, 1, "street", 1, "城东街道"), (STREET_2, 1, "street", 1, "池上镇"),
             (COMMUNITY, 10, "community", 2, "税务街社区"), (COMMUNITY_2, 20, "community", 3, "中郝峪村"),
             (GRID, 11, "grid", 1, "第一网格"), (MARKET, 11, "grid", 4, "西冶街市场"), (GRID_2, 21, "grid", 1, "第二网格"),
             (MICRO, 111, "microgrid", 1, "第一微网格"), (MICRO_B, 111, "microgrid", 1, "第二微网格"),
             (STALLS, 112, "microgrid", 1, "东排"), (MICRO_2, 211, "microgrid", 1, "山脚")]
    for area, parent, name, kind, words in areas:
        yield "put_area", {"area": area, "parent": parent, "level": level(name), "kind": kind, "name": words}
    homes = [(500001, MICRO, 500001), (HOME, MICRO, 500001), (NEIGHBOUR, MICRO, 500001), (500011, MICRO_B, 500011),
             (HOME_B, MICRO_B, 500011), (500021, MICRO_2, 500021), (HOME_2, MICRO_2, 500021)]
    for household, area, centre in homes:
        yield "put_household", {"household": household, "area": area, "centre": centre, "address": f"税务街{household}号",
                                "lon_e7": 1178580000, "lat_e7": 364970000}
    people = [(RESIDENT, "resident", MICRO, HOME), (RESIDENT_NEXT, "resident", MICRO, NEIGHBOUR),
              (RESIDENT_B, "resident", MICRO_B, HOME_B), (RESIDENT_2, "resident", MICRO_2, HOME_2),
              (CENTRE, "centre", MICRO, 500001), (LEADER, "leader", MICRO, 0), (LEADER_TOO, "leader", MICRO, 0),
              (LEADER_B, "leader", MICRO_B, 0), (LEADER_2, "leader", MICRO_2, 0), (GRID_LEADER, "grid_leader", GRID, 0),
              (GRID_LEADER_2, "grid_leader", GRID_2, 0), (STAFF, "staff", COMMUNITY, 0), (STAFF_STREET, "staff", STREET, 0),
              (STAFF_DISTRICT, "staff", DISTRICT, 0), (SUPERVISOR, "supervisor", DISTRICT, 0),
              (COURIER, "courier", COMMUNITY, 0), (MERCHANT, "merchant", STALLS, 0), (ADMINISTRATOR, "administrator", DISTRICT, 0)]
    for person, name, area, household in people:
        yield "put_person", {"person": person, "post": post(name), "area": area, "household": household, "name": f"王{person}"}
    yield "put_person", {"person": GONE, "post": post("leader"), "area": MICRO, "household": 0, "name": "离职", "retired": True}
    categories = [(LAMP, "microgrid", 3), (FIRE, "microgrid", 1), (ROAD, "grid", 2), (BENCH, "microgrid", 4), (BRIDGE, "district", 3)]
    for category, name, urgency in categories:
        yield "put_category", {"category": category, "name": f"类别{category}", "level": level(name), "urgency": urgency,
                               "accept_within_s": 1800, "complete_within_s": 86400}


def import_rows(connection, rows, **commit):
    """A whole import; returns the answer to import_commit."""
    rows, import_id = list(rows), new_id()
    begun = connection.send("import_begin", **{"import": import_id})
    connection.send_many(rows)
    answer = connection.ask("import_commit", **{"import": import_id, "rows": len(rows), **commit})
    equal(connection.answer(begun).what, "ok", "the answer to import_begin")
    return answer


# ---- the daemon ----

libc, PR_SET_PDEATHSIG = ctypes.CDLL(None), 1  # whatever ends the tests ends their daemons


def leave_tidily():
    """SIGTERM, too, runs what is in finally."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


CALM = {"segment_mib": 1, "reserve_mib": 0, "heartbeat_ms": 60000, "keep_ms": 20}  # settings under which only the test acts


class Broker:
    """A paidand on a folder of its own, with ipc endpoints inside it."""

    def __init__(self, build, settings=None, start=True, program="paidand"):
        self.program = os.path.abspath(os.path.join(build, program))
        self.folder = tempfile.mkdtemp(prefix="paidan.", dir="/tmp")
        self.data = os.path.join(self.folder, "data")
        self.config = os.path.join(self.folder, "config")
        self.listen = f"ipc://{self.folder}/l"
        self.publish = f"ipc://{self.folder}/p"
        self.process, self.connections, self.crashed = None, [], None
        self.descriptors_max = None  # it may have so many; None: as many as this process
        self.configure(settings or {})
        if start:
            self.start()

    def configure(self, settings):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("[paidand]\n" + "".join(f"{k}={v}\n" for k, v in {**CALM, **settings}.items()))

    def command(self, *more):
        return [self.program, "--data", self.data, "--listen", self.listen, "--publish", self.publish, "--config", self.config, *more]

    def launch(self):
        """Start it without waiting for an answer."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            preexec_fn=self.before)

    def before(self):
        """In the child, before it is paidand."""
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if self.descriptors_max:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors_max, self.descriptors_max))

    def start(self):
        self.launch()
        self.connect().close()  # a hello that is answered

    def run(self, *args):
        """Run the program, which must end by itself: (exit code, all it said)."""
        try:
            done = subprocess.run([self.program, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=5 * SLOW, check=False)
        except subprocess.TimeoutExpired as running:
            raise Failure(f"paidand {' '.join(args)} should have ended at once, and runs: {(running.stdout or b'').decode()[-300:]}") from None
        return done.returncode, done.stdout.decode(errors="replace")

    def log(self):
        try:
            with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def must_run(self):
        code = self.process.poll()
        check(code is None, f"paidand has ended with {code}; its last words: {self.log()[-600:]}")

    def connect(self, person=0, **options):
        connection = Connection(self, person, **options)
        self.connections.append(connection)
        return connection

    def subscribe(self, *topics):
        subscription = Subscription(self, *topics)
        self.connections.append(subscription)
        return subscription

    def hang_up(self):
        for connection in self.connections:
            connection.close()
        self.connections = []

    def kill(self):
        """kill -9, and forget the connections."""
        self.process.kill()
        self.process.wait()
        self.hang_up()

    def ended(self):
        """Wait until it has ended by itself; returns the exit code."""
        try:
            return self.process.wait(BOUND_S)
        except subprocess.TimeoutExpired:
            raise Failure(f"paidand should have ended, and has not in {BOUND_S} s; its last words: {self.log()[-600:]}") from None

    def stop(self):
        """SIGTERM: it must answer, end with 0, and have nothing to complain about."""
        self.hang_up()
        self.must_run()
        self.process.send_signal(signal.SIGTERM)
        code = self.ended()
        equal(code, 0, f"the exit code after SIGTERM (its last words: {self.log()[-300:]})")
        for word in ("Assertion", "runtime error", "Sanitizer"):
            check(word not in self.log(), f"its log has \"{word}\": {self.log()[-2000:]}")

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        """Whatever happened: no process and no folder stay behind."""
        self.hang_up()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def peak_kib(self):
        """The greatest VmRSS there has been."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def signal(self, number):
        self.process.send_signal(number)


# ---- conversations ----

conversations = {}


def conversation(function=None, *, district=True, start=True, **settings):
    """Register a conversation: a function of a fresh broker, which has the small district unless district=False."""

    def register(f):
        f.settings, f.district, f.start = settings, district, start
        conversations[f.__name__] = f
        return f

    return register(function) if function else register


def hold(function, build):
    """Hold a conversation with a broker of its own. Raises Failure or Skip."""
    broker = Broker(build, function.settings, start=function.start)
    try:
        if function.start and function.district:
            operator = broker.connect()
            equal(import_rows(operator, district_rows()).what, "imported", "the answer to import_commit")
            operator.close()
        function(broker)
        if broker.process and broker.process.returncode is None:
            broker.stop()
    except Exception:
        broker.last_words = broker.log()[-800:]
        raise
    finally:
        broker.close()
