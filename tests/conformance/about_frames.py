"""Bytes that are no messages, and good messages around them: refused, and nothing else happens."""
import random

import msgpack

from conversation import (DISTRICT, LAMP, LEADER, MICRO, RESIDENT, STREET, Order, check, conversation, equal, new_id, pack,
                          schema)

PING = schema.kinds["ping"].type


def refusal_of(c, frame, request=0):
    """Send a frame that must be refused; returns the refusal's name and detail."""
    c.send_frame(frame)
    answer = c.next(lambda m: m.request == request, f"the answer to {bytes(frame[:40]).hex()} ({len(frame)} bytes)")
    equal(answer.what, "refused", f"the answer to {bytes(frame[:40]).hex()} ({answer!r})")
    return answer.name, answer.detail


def must_be(c, refusal, frame, about, request=0):
    name, detail = refusal_of(c, frame, request)
    equal(name, refusal, f"{about}: {detail}")
    check(detail != "" or name == "unknown_type", f"{about}: the refusal should have a detail")
    c.fence()
    check(not c.inbox, f"{about}: got one answer and {list(c.inbox)!r} more")


@conversation
def a_frame_cut_anywhere_is_malformed(broker):
    c, other = broker.connect(), broker.connect(RESIDENT)
    before = other.digest()
    cuts = 0
    for kind in schema.client_kinds():
        for length in range(len(kind.example)):
            c.send_frame(kind.example[:length])
            cuts += 1
        c.fence()
        equal(len(c.inbox), len(kind.example), f"answers to the cut frames of {kind.name}")
        for answer in c.inbox:
            equal((answer.what, answer.request, answer.fields.get("name")), ("refused", 0, "malformed"), f"the answer to a cut {kind.name}")
        c.inbox.clear()
        other.fence()
    check(cuts > 500, f"only {cuts} cuts were made")
    equal(other.digest(), before, "the state")


def nested(depth):
    return b"\x91" * (depth - 1) + b"\x90"


@conversation
def frames_that_are_no_messages_are_malformed(broker):
    c, other = broker.connect(), broker.connect(RESIDENT)
    before = other.digest()
    ping = lambda *more: bytes([0x92 + len(more), PING, 9]) + b"".join(more)
    huge = b"\xff\xff\xff\xff"
    lost = {"an empty frame": b"", "the reserved byte": b"\xc1", "the reserved byte as a field": ping(b"\xc1"),
            "an array of 4 G elements": b"\xdd" + huge, "an array of 4 G elements as a field": ping(b"\xdd" + huge),
            "a map of 4 G pairs": b"\xdf" + huge, "a map of 4 G pairs as a field": ping(b"\xdf" + huge),
            "text of 4 GiB": ping(b"\xdb" + huge), "bytes of 4 GiB": ping(b"\xc6" + huge), "an array of 64 Ki": b"\xdc\xff\xff" + b"\x01" * 500,
            "text that is longer than the frame": ping(b"\xd9\x05abcd"),
            "depth 9": ping(nested(8)), "depth 1,000": ping(nested(1000)), "depth 60,000": nested(60000), "maps of depth 9": ping(b"\x81\x01" * 8 + b"\x01"),
            "1,025 values": b"\xdc\x04\x00" + bytes([PING, 9]) + b"\x01" * 1022,
            "60,000 values": b"\xdd\x00\x00\xea\x60" + bytes([PING, 9]) + b"\x01" * 59998,
            "many maps": ping(b"\xde\x02\x00" + b"\x01" * 1024)}
    for size, head in enumerate((b"\xd4", b"\xd5", b"\xd6", b"\xd7", b"\xd8")):
        lost[f"ext of {2 ** size} bytes"] = ping(head + b"\x01" + b"x" * 2 ** size)
    for head in (b"\xc7\x03", b"\xc8\x00\x03", b"\xc9\x00\x00\x00\x03"):
        lost[f"ext {head.hex()}"] = ping(head + b"\x01abc")
    lost["a timestamp"] = ping(b"\xd6\xff\x00\x00\x00\x01")
    for what, frame in lost.items():
        must_be(c, "malformed", frame, what)
        if frame and "than the frame" not in what:
            must_be(c, "malformed", frame + ping(), what + ", and a ping behind it")
    known = {"no array": (b"\x01", b"\xc0", b"\xc3", b"\xa3abc", b"\xc4\x01x", b"\x81\x01\x02", b"\xca\x00\x00\x00\x00", b"\xe0"),
             "too short an array": (b"\x90", b"\x91" + bytes([PING])),
             "no type": (b"\x92\xff\x01", b"\x92\xc0\x01", b"\x92\xa1x\x01", b"\x92\xcb\x40\x00\x00\x00\x00\x00\x00\x00\x01", b"\x92\x90\x01"),
             "no request id": tuple(bytes([0x92, PING]) + v for v in (b"\xff", b"\xc0", b"\xa1x", b"\xca\x3f\x80\x00\x00", b"\x91\x01", b"\xc4\x01x"))}
    for what, frames in known.items():
        for frame in frames:
            request = 1 if what == "no type" else 0
            must_be(c, "malformed", frame, what, request)
            c.send_frame(frame + ping())  # where the next one begins is known here
            equal(c.answer(9).what, "pong", f"the answer to a ping behind {what} ({frame.hex()})")
            c.answer(request)
    equal(other.digest(), before, "the state")


@conversation
def limits_are_reached_and_not_passed(broker):
    c = broker.connect()
    depth, values = schema.limits["depth_max"], schema.limits["values_max"]
    for about, frame in ((f"depth {depth}", bytes([0x93, PING, 9]) + nested(depth - 1)),
                         (f"{values} values", b"\xdc" + (values - 1).to_bytes(2, "big") + bytes([PING, 9]) + b"\x01" * (values - 3))):
        c.send_frame(frame)
        equal(c.answer(9).what, "pong", f"the answer to a ping of {about}")


@conversation
def text_must_be_utf8(broker):
    c, other = broker.connect(RESIDENT), broker.connect(RESIDENT)
    before = other.digest()
    bad = ["80", "bf", "c0 80", "c1 bf", "c2", "c2 41", "e0 80 80", "e0 9f bf", "e4 bd", "e4 bd 41", "ed a0 80", "ed bf bf", "f0 80 80 80",
           "f0 8f bf bf", "f4 90 80 80", "f5 80 80 80", "f8 88 80 80 80", "fe", "ff", "f0 9f 98", "00", "e6 b4 be 00", "61 62 63 64 65 66 67 00"]
    around = [(b"", b""), (b"abc", b"def"), ("楼道".encode(), "灯不亮".encode()), (b"12345678", b"12345678"), (b"x" * 300, b"y" * 9)]
    for hexadecimal in bad:
        for before_it, behind_it in around:
            text = before_it + bytes.fromhex(hexadecimal) + behind_it
            frame = bytes([0x95, 10, 9]) + b"\xc4\x10" + new_id() + b"\x01" + b"\xda" + len(text).to_bytes(2, "big") + text
            equal(refusal_of(c, frame)[0], "malformed", f"a submit with the text {text[:40].hex()}")
    equal(other.digest(), before, "the state")
    for text in ("\x01", "\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufeff", "\ufffe", "\uffff", "\U00010000", "\U0010ffff",
                 "派\u200d单", "e\u0301", "\u202e", "x\ny\tz"):
        order = Order(c, text=text)
        equal(order.now(c).text, text, "a text that is odd, but well-formed")


@conversation
def a_text_of_a_whole_frame_is_a_bad_field(broker):
    c, other = broker.connect(RESIDENT), broker.connect(RESIDENT)
    before = other.digest()
    for text in ("x" * 65000, "派" * 21600, "\x01" * 65000):
        c.refused("bad_field", "submit", order=new_id(), category=LAMP, text=text)
    equal(other.digest(), before, "the state")


@conversation
def unknown_types_and_the_brokers_own_are_refused(broker):
    c, other = broker.connect(), broker.connect(RESIDENT)
    before = other.digest()
    known = {kind.type for kind in schema.kinds.values()}
    unknown = [t for t in range(0, 300) if t not in known] + [65535, 65536, 2**32 - 1, 2**32, 2**32 + 10, 2**63, 2**64 - 1]
    for number in unknown:
        c.send_frame(msgpack.packb([number, 7, b"x", None, [1]], use_bin_type=True))
        answer = c.answer(7)
        equal((answer.what, answer.fields.get("name")), ("refused", "unknown_type"), f"the answer to type {number}")
    for kind in schema.kinds.values():
        if not kind.from_client:
            c.send_frame(kind.example)
            request = msgpack.unpackb(kind.example, raw=False)[1]
            answer = c.answer(request)
            equal((answer.what, answer.fields.get("name")), ("refused", "not_a_command"), f"the answer to {kind.name}")
    equal(other.digest(), before, "the state")


@conversation
def several_commands_in_a_frame_with_a_bad_one_in_the_middle(broker):
    c = broker.connect(RESIDENT)
    ids = [new_id() for _ in range(6)]
    submit = lambda i, **fields: pack("submit", 10 + i, order=ids[i], category=LAMP, text="x", **fields)
    bad = [(pack("submit", 90, order=ids[5], category=LAMP, text="x" * 4001), 90, "bad_field"),
           (pack("submit", 90, order=bytes(16), category=LAMP, text="x"), 90, "bad_id"), (msgpack.packb([77, 90]), 90, "unknown_type"),
           (msgpack.packb(["x", 90]), 90, "malformed"), (b"\x05", 0, "malformed"), (pack("accept", 90, order=ids[5], version=1), 90, "unknown_order")]
    for message, request, refusal in bad:
        ids[:5] = [new_id() for _ in range(5)]
        c.send_frame(submit(0) + submit(1) + message + submit(2) + submit(3))
        equal([c.answer(10 + i).what for i in range(4)], ["ok"] * 4, f"the answers around {refusal}")
        equal(c.answer(request).name, refusal, "the refusal of the one in the middle")
    seq, _ = c.digest()
    c.send_frame(submit(4) + b"\xc1" + pack("submit", 91, order=ids[5], category=LAMP, text="x"))
    equal(c.answer(0).name, "malformed", "the refusal of a byte that is no message")
    equal(c.answer(14).what, "ok", "the answer to the one before it")
    c.fence()
    check(not c.inbox, f"what stands behind it must not be read, and was: {list(c.inbox)!r}")
    equal(c.digest()[0], seq + 1, "seq: one order was submitted")
    rows, _ = c.rows("list_orders", limit=500, after_seq=seq + 1)
    check(ids[5] not in [r.order for r in rows], "an order that was never well sent is there")


@conversation
def a_frame_full_of_commands(broker):
    """As many commands as a frame holds; all in order, each answered."""
    c = broker.connect(RESIDENT)
    ids = [new_id() for _ in range(2500)]
    frame = b"".join(pack("submit", 1000 + i, order=order, category=LAMP, text="x") for i, order in enumerate(ids))
    check(50000 < len(frame) <= schema.limits["frame_bytes_max"], f"the frame has {len(frame)} bytes")
    c.send_frame(frame)
    answers = c.answers(range(1000, 1000 + len(ids)))
    seqs = [a.seq for a in answers]
    equal(seqs, list(range(seqs[0], seqs[0] + len(ids))), "seqs, in the order of the commands")


@conversation
def garbage_is_survived(broker):
    """Random frames, and good frames with random faults: always answered, never obeyed by accident in more than they say."""
    seed = 20240607
    rng = random.Random(seed)
    c, other = broker.connect(), broker.connect(RESIDENT)
    examples = [k.example for k in schema.client_kinds() if k.name not in ("hello", "bye", "import_begin")]
    for round_number in range(40):
        for _ in range(25):
            if rng.random() < 0.4:
                frame = rng.randbytes(rng.choice((1, 2, 5, 30, 300, 3000)))
            else:
                frame = bytearray(rng.choice(examples))
                for _ in range(rng.choice((1, 1, 2, 4))):
                    what, at = rng.random(), rng.randrange(len(frame))
                    if what < 0.5:
                        frame[at] = rng.randrange(256)
                    elif what < 0.75:
                        frame[at:at] = rng.randbytes(rng.choice((1, 2, 4)))
                    elif len(frame) > 1:
                        del frame[at]
            c.send_frame(bytes(frame))
        check(other.ask("ping").what == "pong", f"seed {seed}, round {round_number}: another connection was not served")
    broker.must_run()
    fresh = broker.connect()
    before = fresh.digest()
    broker.hang_up()
    broker.restart()
    equal(broker.connect().digest(), before, "the state after a restart")


@conversation
def cursors_of_ones_own_making(broker):
    """A cursor is the broker's; another's must not lead astray."""
    c = broker.connect()
    for _ in range(3):
        order = Order(c, area=MICRO)
    rng = random.Random(4)
    requests = []
    for fields in ({}, {"area": DISTRICT}, {"area": STREET, "state": 1}, {"requester": RESIDENT}, {"area": MICRO, "state": 5}):
        for length in range(1, 65):
            for cursor in (bytes(length), b"\xff" * length, rng.randbytes(length), MICRO.to_bytes(4, "big") + rng.randbytes(60)):
                requests.append(c.send("list_orders", cursor=cursor[:length], **fields))
    for request in requests:
        answer = c.next(lambda m: m.request == request and m.what in ("end", "refused"), f"the end of request {request}")
        check(answer.what == "end" or answer.name == "bad_field", f"a made-up cursor was answered by {answer!r}")
    check(order.now(c).version == 1, "an order was changed by reading")


@conversation
def numbers_without_end(broker):
    """The greatest numbers where seqs, ids and limits stand."""
    c = broker.connect()
    for seq in (0, 1, 2**32, 2**63, 2**64 - 2, 2**64 - 1):
        equal(c.rows("read_events", after_seq=seq, limit=5)[1].what, "end", f"the end of read_events after {seq}")
        equal(c.rows("list_orders", after_seq=seq)[1].what, "end", f"the end of list_orders after seq {seq}")
    for number in (2**31 - 1, 2**31, 2**32 - 1):
        for what, field in (("list_areas", "after"), ("list_people", "after"), ("list_households", "after"), ("list_people", "person")):
            rows, end = c.rows(what, **{field: number})
            check(not rows and not end.more, f"{what} with {field} {number}: expected nothing, got {rows!r}")
        for what in ("list_areas", "list_people", "list_households", "list_orders", "get_stats"):
            c.refused("unknown_area", what, area=number)
        c.refused("unknown_area", "read_events", after_seq=0, area=number)
        c.refused("unknown_area", "work", area=number, credit=1)
    check(not c.rows("list_orders", requester=2**32 - 1)[0], "orders of a requester that is not there")
    operator_order = Order(c, area=MICRO)
    c.refused("stale", "accept", order=operator_order.id, version=2**32 - 1, actor=LEADER)
    c.refused("unknown_order", "get_order", order=b"\xff" * 16)
    c.refused("unknown_order", "accept", order=b"\xff" * 16, version=1)
    for bad in (bytes(16), b"\xff" * 16, new_id()[:6] + b"\x40" + new_id()[7:], new_id()[:8] + b"\x00" + new_id()[9:]):
        c.refused("bad_id", "submit", order=bad, category=LAMP, text="x")
    far = b"\xff" * 6 + new_id()[6:]
    Order(c, order=far, area=MICRO)
    near = b"\x00" * 6 + new_id()[6:]
    Order(c, order=near, area=MICRO)
    equal([r.order for r in c.rows("list_orders", after_seq=c.digest()[0])[0]], [far, operator_order.id, near], "orders, newest id first")
