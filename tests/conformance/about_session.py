"""Who is there: hello, welcome, heartbeats, identities, and connections that come and go."""
import os
import socket
import struct

import msgpack
import zmq

from conversation import (DISTRICT, GONE, LAMP, LEADER, MICRO, RESIDENT, BOUND_S, Order, check, context, conversation, equal, new_id, pack,
                          schema, wait_until)


@conversation
def hello_is_answered_by_welcome(broker):
    c = broker.connect(RESIDENT)
    w = c.welcome
    equal(w.protocol, schema.document["protocol"], "protocol of the welcome")
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "VERSION"), encoding="ascii") as version:
        equal(w.broker, f"paidand {version.read().strip()}", "broker of the welcome")
    equal(w.heartbeat_ms, 720000, "heartbeat_ms of a resident's welcome, twelve times what is configured")
    equal(broker.connect(LEADER).welcome.heartbeat_ms, 60000, "heartbeat_ms of the welcome, as configured")
    equal(c.ask("ping").instance, w.instance, "instance of the pong")
    order = Order(c)
    equal(broker.connect(0).welcome.seq, order.seq, "seq of a later welcome: the last event on disk")
    broker.restart()
    check(broker.connect(RESIDENT).welcome.instance != w.instance, "another instance was expected after a restart")


@conversation
def all_but_hello_needs_a_hello_first(broker):
    c = broker.connect(hello=False)
    for kind in schema.client_kinds():
        if kind.name == "hello":
            continue
        c.send_frame(kind.example)
        answer = c.answer(7)
        equal((answer.what, answer.fields.get("name")), ("refused", "no_hello"), f"the answer to {kind.name} before hello")
    c.person = RESIDENT
    c.hello()
    equal(c.ask("ping").what, "pong", "the answer to ping after hello")
    c.ok("bye")
    c.refused("no_hello", "ping")


@conversation
def messages_may_follow_the_hello_in_its_frame(broker):
    c = broker.connect(hello=False)
    c.send_frame(pack("hello", 1, person=LEADER, client="x", protocol=1) + pack("work", 2, area=MICRO, credit=4) + pack("ping", 3))
    equal([c.answer(r).what for r in (1, 2, 3)], ["welcome", "ok", "pong"], "the answers")


@conversation
def hello_of_nobody_is_refused(broker):
    c = broker.connect(hello=False)
    for person, refusal in ((424242, "unknown_person"), (GONE, "retired")):
        c.refused(refusal, "hello", person=person, client="x", protocol=1)
        c.refused("no_hello", "ping")
    c.refused("protocol", "hello", person=RESIDENT, client="x", protocol=2)
    c.refused("protocol", "hello", person=RESIDENT, client="x", protocol=65535)
    c.refused("bad_field", "hello", person=RESIDENT, client="x", protocol=0)
    c.refused("no_hello", "ping")
    c.ask("hello", person=RESIDENT, client="x" * 64, protocol=1)
    equal(c.ask("ping").what, "pong", "the answer to ping")


@conversation
def details_come_in_the_language_of_the_hello(broker):
    """Decided now, looked up in the journal, read from disk, and of a malformed field: all in the session's language."""
    order = Order(broker.connect(RESIDENT))
    said = {}
    for language in (0, 1, 2):
        c = broker.connect(hello=False)
        c.person = LEADER
        c.hello(language=language)
        details = [c.refused("stale", "accept", order=order.id, version=9).detail,
                   c.refused("not_allowed", "cancel", order=order.id, version=1).detail,
                   c.refused("bad_field", "accept", order=b"short", version=1).detail]
        said[language] = details
    equal(said[0], said[1], "without a language, and in English")
    equal(said[1][0], "it is at version 1 and waiting, you named version 9", "in English")
    equal(said[2], ["现为第 1 版、待接单，您指定的是第 9 版", f"只有请求人（人员 {RESIDENT}）才能取消", "order：应为 16 字节 (bin)"], "in Chinese")
    c = broker.connect(LEADER)
    c.hello(language=2)
    other = broker.connect(LEADER)
    order.move(other, "accept")
    order.move(other, "note", text="x")
    equal(c.refused("stale", "decline", order=order.id, version=1, reason="x").detail, "现为第 3 版、办理中，您指定的是第 1 版",
          "of a command that the journal was asked about")
    c.hello(language=1)
    equal(c.refused("stale", "decline", order=order.id, version=1, reason="x").detail,
          "it is at version 3 and accepted, you named version 1", "after another hello")
    c.refused("bad_field", "hello", person=LEADER, client="x", protocol=1, language=3)


@conversation
def a_second_hello_changes_the_person(broker):
    c = broker.connect(LEADER)
    c.ok("work", area=MICRO, credit=4)
    c.person = RESIDENT
    c.hello()
    order = Order(broker.connect(RESIDENT))
    c.no_pushes("its second hello ended the work of the first")
    order.refused("not_allowed", c, "accept")


@conversation
def a_chosen_identity_is_refused(broker):
    before = broker.connect().digest()
    for identity in (b"chosen", b"\x01abcd", b"x" * 255, b"\xff"):
        c = broker.connect(hello=False, IDENTITY=identity)
        c.send_frame(pack("hello", 5, person=0, client="x", protocol=1) + pack("submit", 6, order=new_id(), category=LAMP, text="x"))
        answer = c.next(lambda m: True, "an answer to a chosen identity")
        equal((answer.what, answer.fields.get("name")), ("refused", "bad_identity"), f"the answer to identity {identity[:8]!r}")
    equal(broker.connect().digest(), before, "the state")


@conversation
def an_identity_cannot_be_taken_over(broker):
    """Two peers of one chosen identity, and one that guesses the form of ZeroMQ's own."""
    worker = broker.connect(LEADER)
    worker.ok("work", area=MICRO, credit=4)
    first, second = (broker.connect(hello=False, IDENTITY=b"same") for _ in range(2))
    for c in (first, second):
        c.send("ping")
    answer = first.next(lambda m: True, "an answer to one of two peers of the same identity")
    equal(answer.name, "bad_identity", "the refusal")
    order = Order(broker.connect(RESIDENT))
    equal(worker.pushed().order, order.id, "the worker still gets its push")


@conversation(heartbeat_ms=100)
def a_silent_connection_is_forgotten_and_told_so(broker):
    silent, other = broker.connect(LEADER), broker.connect(LEADER)
    silent.ok("work", area=MICRO, credit=4)

    def workers():
        other.hello()  # also a sign of life
        return other.ask("get_stats", area=MICRO).workers

    wait_until(lambda: workers() == 0, "the silent worker is not counted any more")
    silent.refused("no_hello", "ping")
    silent.hello()
    equal(silent.ask("ping").what, "pong", "the answer after a new hello")


@conversation(heartbeat_ms=100)
def who_pings_is_not_forgotten(broker):
    """For twenty heartbeats, of which three in silence would be too many."""
    pinging, worker = broker.connect(RESIDENT), broker.connect(LEADER)
    worker.ok("work", area=MICRO, credit=1)
    again = 0
    wait_until(lambda: worker.ask("get_stats").time_ms, "the figures")
    begun = worker.ask("get_stats").time_ms
    while worker.ask("get_stats").time_ms < begun + 2000:
        pinging.take(0.02)
        answer = pinging.ask("ping")
        if answer.what == "refused":  # the machine stood still for 300 ms; the broker is right
            again += 1
            pinging.hello()
    check(again < 5, f"a connection that pinged every 20 ms was forgotten {again} times")


@conversation(heartbeat_ms=100)
def three_hundred_connections_come_and_vanish(broker):
    operator = broker.connect()
    before_rss, before_files = broker.rss_kib(), broker.descriptors()
    for _ in range(3):
        many = [broker.connect(LEADER, hello=False) for _ in range(100)]
        for c in many:
            c.send_frame(pack("hello", 1, person=LEADER, client="x", protocol=1) + pack("work", 2, area=MICRO, credit=4))
        for c in many:
            equal([c.answer(1).what, c.answer(2).what], ["welcome", "ok"], "the answers to one of a hundred connections")
        Order(operator, area=MICRO)
        for c in many:
            c.close()
            broker.connections.remove(c)

    def gone():
        operator.hello()
        return operator.ask("get_stats").workers == 0 and broker.descriptors() <= before_files + 10

    wait_until(gone, f"no workers, and no more than {before_files + 10} descriptors", lambda: operator.take(0.05))
    check(broker.rss_kib() < before_rss + 64 * 1024 * (8 if os.environ.get("SANITIZER") else 1),
          f"VmRSS grew from {before_rss} to {broker.rss_kib()} KiB over 300 connections that vanished")
    equal(operator.ask("get_stats").waiting, 3, "orders that wait, as they did when their workers vanished")


@conversation
def connections_that_vanish_in_the_middle_leave_nothing(broker):
    """They leave while their commands are under way: the commands are done or not, and the broker goes on."""
    operator = broker.connect()
    ids = []
    for _ in range(40):
        c = broker.connect(RESIDENT)
        for _ in range(5):
            ids.append(new_id())
            c.send("submit", order=ids[-1], category=LAMP, text="x")
        c.close()
        broker.connections.remove(c)
    operator.fence()
    events, _ = operator.events()
    submitted = [e.order for e in events if e.what == "submitted"]
    equal(len(submitted), len(set(submitted)), "orders, each submitted once")
    check(set(submitted) <= set(ids), "there are orders that nobody submitted")


def raw(broker):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(BOUND_S)
    s.connect(broker.listen[len("ipc://"):])
    return s


@conversation
def bytes_that_are_no_zeromq_hurt_nobody(broker):
    c = broker.connect(RESIDENT)
    greeting = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL" + bytes(48)
    ready = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
    starts = [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 500, b"\xff" * 500, greeting, greeting[:11], greeting + b"\x00" * 9,
              greeting + ready, greeting + ready + struct.pack(">BQ", 2, 1 << 62), greeting + b"\x04\xff" + b"x" * 300,
              greeting + ready.replace(b"DEALER", b"ROUTEX"), os.urandom(4096)]
    sockets = []
    for start in starts:
        s = raw(broker)
        try:
            s.sendall(start)
        except OSError:
            pass  # it hung up on us: well done
        sockets.append(s)
        c.fence()
    for s in sockets:
        s.close()
    c.fence()
    broker.must_run()


@conversation
def a_subscriber_that_talks_silences_nobody(broker):
    """An XSUB may send what is neither subscription nor cancellation; others go on getting their events."""
    operator = broker.connect()
    listener = broker.subscribe("/")
    listener.ready(operator, MICRO)
    talker = context.socket(zmq.XSUB)
    talker.setsockopt(zmq.LINGER, 0)
    talker.connect(broker.publish)
    try:
        talker.send(b"\x01/")
        talker.poll(0)
        for _ in range(20):
            talker.send(b"\x07nonsense")
            talker.send(b"")
            talker.send_multipart([b"\x09", b"\x00/", b"\x01"])
        talker.send(b"\x01/1/")
        row = operator.rows("list_areas", area=DISTRICT)[0][0]
        tries = 0

        def heard():  # by the talker: then all it said before has been taken in
            nonlocal tries
            tries += 1
            operator.ok("put_area", name=f"博山 {tries}", **{k: row[k] for k in ("area", "parent", "level", "kind", "retired")})
            return talker.poll(20)

        wait_until(heard, "the talker hears of the district")
        order = Order(broker.connect(RESIDENT))
        while True:
            _, event = listener.event()
            if event.what == "submitted":
                equal(event.order, order.id, "the order that was published")
                break
    finally:
        talker.close()


@conversation
def a_frame_beyond_the_limit_ends_its_connection_alone(broker):
    limit = schema.limits["frame_bytes_max"]
    c, other = broker.connect(RESIDENT), broker.connect(RESIDENT)
    before = other.digest()

    head = msgpack.packb([2, 77, b"x" * 60000], use_bin_type=True)
    exact = msgpack.packb([2, 77, b"x" * (60000 + limit - len(head))], use_bin_type=True)
    equal(len(exact), limit, "bytes of the frame made here")
    c.send_frame(exact)
    equal(c.answer(77).what, "pong", "the answer to a frame of just the limit")
    c.send_frame(msgpack.packb([2, 78, b"x" * (60001 + limit - len(head))], use_bin_type=True))
    tries = []

    def told():
        tries.append(c.send("ping"))
        c.take(0.05)
        return any(m.what == "refused" for m in c.inbox)

    wait_until(told, "ZeroMQ has connected anew, and the broker does not know the connection")
    check(all(m.request != 78 for m in c.inbox), "a frame beyond the limit was answered")
    equal({m.fields.get("name", m.what) for m in c.inbox} - {"pong"}, {"no_hello"}, "the refusals")
    equal(other.digest(), before, "the state")


@conversation
def a_delimiter_as_req_sends_it_is_refused_and_the_rest_is_read(broker):
    c = broker.connect(hello=False)
    c.socket.send_multipart([b"", pack("hello", 1, person=RESIDENT, client="req", protocol=1)])
    answer = c.next(lambda m: m.request == 0, "the refusal of the delimiter")
    equal((answer.what, answer.name), ("refused", "malformed"), "the answer to the delimiter")
    check("DEALER" in answer.detail, f"the detail should say what to use instead, and is {answer.detail!r}")
    equal(c.answer(1).what, "welcome", "the answer to what came behind the delimiter")
    req = context.socket(zmq.REQ)
    req.setsockopt(zmq.LINGER, 0)
    req.connect(broker.listen)
    try:
        req.send(pack("hello", 1, person=RESIDENT, client="req", protocol=1))
        broker.connect(RESIDENT).fence()
    finally:
        req.close()


@conversation
def several_frames_in_one_zeromq_message_are_all_read(broker):
    c = broker.connect(RESIDENT)
    c.socket.send_multipart([pack("ping", 100 + i) for i in range(500)])
    equal({m.what for m in c.answers(range(100, 600))}, {"pong"}, "the answers")


@conversation
def request_ids_of_all_sizes_come_back(broker):
    c = broker.connect(RESIDENT)
    for request in (0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1):
        c.send_frame(pack("ping", request))
        answer = c.next(lambda m: True, f"the answer to request {request}")
        equal((answer.what, answer.request), ("pong", request), "the answer")
