"""Every message that a client may send, with every field missing, of another kind, and beyond its limits: from schema.json."""
import struct
import time

import msgpack

from conversation import (CENTRE, COMMUNITY, HOME, LAMP, LEADER, MICRO, RESIDENT, RESIDENT_NEXT, STREET, Order, check, conversation, equal, frames_of,
                          new_id, schema, unpack_one)

SAMPLES = {"nil": None, "true": True, "false": False, "a float": 1.0, "a negative": -1, "one": 1, "text": "x", "an empty text": "",
           "bytes": b"x", "16 bytes": bytes(16), "an array": [1], "an empty array": [], "an array of text": ["x"], "a map": {1: 1}}
RIGHT = {"bool": {"true", "false"}, "text": {"text", "an empty text"}, "id": {"16 bytes"}, "bin": {"bytes", "16 bytes"},
         "u64s": {"an array", "an empty array"}, "i32": {"one", "a negative"}}


def wrong_values(field):
    """(what is wrong, value) for all that field must not be."""
    for name, value in SAMPLES.items():
        if name not in RIGHT.get(field.kind, {"one"}):
            yield name, value
    if field.kind == "id":
        yield from ((f"{n} bytes", bytes(n)) for n in (0, 15, 17))
        yield "16 characters", "x" * 16
    elif field.kind == "text":
        if field.min > 0:
            yield "too short", "x" * (field.min - 1)
        for character in ("x", "é", "派", "😀"):
            yield f"too many {character}", character * (field.max + 1)
    elif field.kind == "bin":
        if field.min > 0:
            yield "too few bytes", bytes(field.min - 1)
        yield "too many bytes", bytes(field.max + 1)
    elif field.kind != "bool":
        yield "below min", field.min - 1
        if field.max < 2**64 - 1:
            yield "above max", field.max + 1
            yield "far above max", 2**64 - 1
        if field.kind == "i32":
            yield "far below min", -2**63


def packed(kind, request, values):
    return msgpack.packb([kind.type, request, *values], use_bin_type=True)


def bad_fields(first_request):
    """(message, request, kind, field, what is wrong) for every field of every message of a client."""
    request = first_request
    for kind in schema.client_kinds():
        values = kind.example_values()
        for i, field in enumerate(kind.fields):
            if field.required:
                request += 1
                yield packed(kind, request, values[:i]), request, kind, field, "missing"
            full = values + [f.default() for f in kind.fields[len(values):]]
            for what, value in wrong_values(field):
                request += 1
                yield packed(kind, request, full[:i] + [value] + full[i + 1:]), request, kind, field, what


@conversation
def every_bad_field_is_refused_by_name_and_changes_nothing(broker):
    c, other = broker.connect(), broker.connect(RESIDENT)
    Order(other)
    before = other.digest()
    cases = list(bad_fields(10))
    check(len(cases) > 1000, f"schema.json gave {len(cases)} cases only")
    for frame in frames_of(case[0] for case in cases):
        c.send_frame(frame)
        other.fence()
    answers = c.answers([case[1] for case in cases])
    for (_, _, kind, field, what), answer in zip(cases, answers):
        equal((answer.what, answer.fields.get("name")), ("refused", "bad_field"), f"the answer to {kind.name} with {field.name} {what}")
        check(answer.detail.startswith(field.name + ":"),
              f"{kind.name} with {field.name} {what}: the detail must name the field and is {answer.detail!r}")
    equal(other.digest(), before, "the state after all that was refused")
    equal(c.welcome.instance, c.ask("ping").instance, "the broker's instance")


@conversation
def the_outermost_good_values_are_good(broker):
    """At min and at max: whatever else is said, the field is not at fault."""
    c = broker.connect()
    cases = []
    for kind in schema.client_kinds():
        if kind.name in ("hello", "bye", "import_begin"):
            continue
        values = kind.example_values()
        full = values + [f.default() for f in kind.fields[len(values):]]
        for i, field in enumerate(kind.fields):
            if field.kind == "bool" or field.kind == "id":
                continue
            ends = {"text": ["x" * field.min] + [ch * field.max for ch in ("x", "派", "😀")] if field.counted else [],
                    "bin": [bytes(field.min or 0), bytes([255]) * (field.max or 0)] if field.counted else [],
                    "u64s": [[0] * field.min, [0] * field.max] if field.counted else []}
            for value in ends.get(field.kind, [field.min, field.max]):
                cases.append((10 + len(cases), kind, field, value, full[:i] + [value] + full[i + 1:]))
    for frame in frames_of(packed(kind, request, values) for request, kind, _, _, values in cases):
        c.send_frame(frame)
    lasts = {}
    wanted = {request for request, *_ in cases}
    while len(lasts) < len(wanted):
        last = c.next(lambda m: m.request in wanted and m.what not in ("past", "area", "person", "household", "category", "order", "listing", "claim_row", "listing_counts", "effect"),
                      f"{len(wanted) - len(lasts)} further answers")
        lasts[last.request] = last
    for request, kind, field, value, _ in cases:
        answer = lasts[request]
        at_fault = answer.what == "refused" and answer.name in ("bad_field", "malformed", "read_failed") \
            and not any(other in answer.detail for other in ("name one of them", "a past order is", "is not the event of a kind of setup", "is not one that the page before gave"))
        check(not at_fault, f"{kind.name} with {field.name} = {str(value)[:20]!r} ({field.min} to {field.max}): got {answer!r}")


@conversation
def every_message_once_well(broker):
    operator, resident = broker.connect(), broker.connect(RESIDENT)
    leader, staff = broker.connect(LEADER), broker.connect(4001)
    used = set()

    def say(who, what, **fields):
        used.add(what)
        return who.ask(what, **fields)

    def ok(who, what, **fields):
        used.add(what)
        return who.ok(what, **fields)

    def listed(who, what, **fields):
        used.add(what)
        return who.rows(what, **fields)

    def move(order, who, what, **fields):
        used.add(what)
        return order.move(who, what, **fields)

    equal(say(leader, "hello", person=LEADER, client="x", protocol=1).what, "welcome", "the answer to hello")
    equal(say(leader, "ping").what, "pong", "the answer to ping")
    ok(leader, "work", area=MICRO, credit=1)
    used.add("submit")
    order = Order(resident, urgency=2, place="三号楼", lon_e7=1178580001, lat_e7=364970001)
    move(order, leader, "accept")
    move(order, leader, "note", text="配件明天到")
    move(order, leader, "complete", result="好了")
    move(order, resident, "reopen", reason="又坏了")
    grid_leader = broker.connect(3001)
    move(order, grid_leader, "decline", reason="要工程队")
    move(order, staff, "transfer", holder=MICRO, reason="再试")
    move(order, leader, "accept")
    move(order, leader, "complete", result="好了")
    move(order, resident, "confirm", rating=5, text="谢谢")
    move(Order(resident), resident, "cancel", reason="自己修好了")
    lamp, same, neighbour = Order(resident, picture="https://example.com/1.jpg"), Order(resident), broker.connect(RESIDENT_NEXT)
    move(lamp, neighbour, "follow")
    move(lamp, neighbour, "urge", text="快点")
    move(lamp, neighbour, "unfollow")
    move(same, leader, "merge", into=lamp.id, reason="同一盏灯")
    move(lamp, neighbour, "follow")
    lamp.move(leader, "accept")
    lamp.move(leader, "complete", result="好了")
    move(lamp, neighbour, "endorse", rating=4, text="好了")
    used.update(("list_similar", "list_away", "count_orders"))
    check(operator.rows("list_similar", category=LAMP, household=HOME)[1].count == 0, "list_similar gave something that is over")
    equal(operator.rows("list_away", area=MICRO)[1].count, 0, "orders of list_away")
    equal(resident.ask("count_orders", requester=0, after_seq=lamp.seq).orders, 4, "orders of count_orders")
    later = Order(resident)
    move(later, leader, "accept")
    move(later, leader, "suspend", until_ms=int(time.time() * 1000) + 86400000, reason="等配件")
    move(later, leader, "resume")
    move(later, leader, "release", reason="外出")
    ok(operator, "record", order=new_id(1704067200000), category=LAMP, text="路灯不亮", submitted_ms=1704067200000, state=4, source="city-311", key="1",
       ended_ms=1704240000000, area=MICRO)
    notice = new_id()
    ok(staff, "notify", notice=notice, area=MICRO, kind=1, want=3, sort=1, text="停水", until_ms=int(time.time() * 1000) + 86400000)
    ok(resident, "answer", notice=notice, answer=3)
    ok(staff, "remind_missing", notice=notice, nth=1)
    equal(listed(staff, "list_notices", area=MICRO)[1].count, 1, "open notices")
    equal(listed(staff, "get_progress", notice=notice)[0][0].confirmed, 1, "confirmed")
    equal(listed(staff, "list_missing", notice=notice)[1].count, 2, "the missing")
    equal(listed(staff, "list_answers", notice=notice, after_seq=2**64 - 1)[1].count, 1, "answers")
    ok(staff, "end_notice", notice=notice, reason="已恢复")
    ok(leader, "bye")

    fields = {"area": 1199, "parent": COMMUNITY, "level": 4, "kind": 1, "name": "新网格"}
    ok(operator, "put_area", **fields)
    ok(operator, "put_household", household=500099, area=MICRO, centre=500001, address="新家", lon_e7=-1, lat_e7=1)
    ok(operator, "put_person", person=7099, post=1, area=MICRO, household=500099, name="新人", phone="0533-1")
    ok(operator, "put_category", category=99, name="新类别", level=5, urgency=2, accept_within_s=60, complete_within_s=60)
    ok(operator, "put_rule", rule=10, name="转社区", category=99, area=STREET, post=0, weekdays=127, from_min=0, to_min=1440, keyword="灯|电", holder=0,
       level=3)
    ok(operator, "put_shape", area=MICRO, rings=struct.pack("<6i", 1178570000, 364960000, 1178590000, 364960000, 1178590000, 364980000))
    ok(operator, "put_calendar", calendar=2026, holidays=[20260101], workdays=[20260104], names="元旦\n元旦调休", hours=[510, 720])
    ok(operator, "put_ladder", ladder=1, name="民生类", steps=[5, 1800, 1, 3600])
    import_id = new_id()
    ok(operator, "import_begin", **{"import": import_id})
    imported = say(operator, "import_commit", **{"import": import_id, "rows": 0})
    equal((imported.what, imported.seq, imported.areas), ("imported", 0, [0] * 5), "the answer to an empty import")

    ok(operator, "put_duty", duty=1, name="消防通道", category=LAMP, area=COMMUNITY, each=True, text="检查消防通道", weekdays=1, month_day=0, minute=510)
    ok(operator, "put_plan", plan=1, name="防汛应急", area=STREET, accept_percent=50, complete_percent=50, running=1, lasts_s=3600)
    equal([r.what for r in listed(staff, "preview_mode", plan=1, area=COMMUNITY)[0]], ["effect"] * 4, "the answers to preview_mode")
    ok(staff, "switch_on", plan=1, area=COMMUNITY)
    ok(staff, "switch_off", plan=1, reason="汛情解除")
    offer, claim = new_id(), new_id()
    ok(staff, "put_listing", listing=offer, side=1, kind=1, area=COMMUNITY, text="周末可上门理发", quantity=6)
    ok(staff, "claim", listing=offer, claim=claim, quantity=2, by=COMMUNITY, other=bytes(16))
    ok(staff, "fulfil", listing=offer, claim=claim, quantity=2, result="已理发")
    last = ok(staff, "withdraw_listing", listing=offer, reason="外出").seq

    rows, _ = listed(operator, "get_order", order=order.id, story=True)
    equal([r.what for r in rows], ["order"] + ["past"] * 10, "the answers to get_order with its story")
    check(listed(operator, "list_orders", limit=10, after_seq=order.seq)[0], "list_orders gave nothing")
    for what in ("list_areas", "list_people", "list_households", "list_categories"):
        check(listed(operator, what)[0], f"{what} gave nothing")
    equal([r.what for r in listed(staff, "list_listings", area=STREET, after_seq=last)[0]], ["listing"], "the answers to list_listings")
    equal([r.what for r in listed(staff, "list_matches", listing=offer)[0]], ["listing", "claim_row"], "the answers to list_matches")
    check(listed(operator, "explain_route", category=LAMP, household=500001)[0], "explain_route gave nothing")
    equal(say(operator, "get_stats", area=STREET).submitted, 6, "submitted orders of the street")
    check(listed(operator, "list_setup", type=schema.kinds["ladder_set"].type)[0], "list_setup gave nothing")
    check(listed(operator, "read_events", after_seq=0)[0], "read_events gave nothing")
    equal(say(operator, "get_digest").what, "digest", "the answer to get_digest")
    equal({k.name for k in schema.client_kinds()} - used, set(), "messages of schema.json that this conversation does not use")


@conversation
def integers_may_be_written_in_any_format(broker):
    c = broker.connect(RESIDENT)
    forms = [lambda v: bytes([v]), lambda v: b"\xcc" + v.to_bytes(1, "big"), lambda v: b"\xcd" + v.to_bytes(2, "big"),
             lambda v: b"\xce" + v.to_bytes(4, "big"), lambda v: b"\xcf" + v.to_bytes(8, "big"), lambda v: b"\xd0" + v.to_bytes(1, "big"),
             lambda v: b"\xd1" + v.to_bytes(2, "big"), lambda v: b"\xd2" + v.to_bytes(4, "big"), lambda v: b"\xd3" + v.to_bytes(8, "big")]
    arrays = [lambda n: bytes([0x90 | n]), lambda n: b"\xdc" + n.to_bytes(2, "big"), lambda n: b"\xdd" + n.to_bytes(4, "big")]
    for form in forms:
        for array in arrays:
            order = new_id()
            c.send_frame(array(5) + form(schema.kinds["submit"].type) + form(99) + b"\xc4\x10" + order + form(LAMP) + b"\xd9\x01x")
            equal(c.answer(99).what, "ok", "the answer to a submit")
            equal(c.rows("get_order", order=order)[0][0].category, LAMP, "the category")
    for lon, form in ((-1, b"\xff"), (-100, b"\xd0\x9c"), (-30000, b"\xd1\x8a\xd0"), (-1000000000, b"\xd2\xc4\x65\x36\x00"),
                      (-1800000000, b"\xd3\xff\xff\xff\xff\x94\xb6\x2e\x00"), (1800000000, b"\xcf\x00\x00\x00\x00\x6b\x49\xd2\x00")):
        household = 600000 + abs(lon) % 1000
        operator = broker.connect()
        operator.send_frame(b"\x98" + b"\x1f\x63" + b"\xce" + household.to_bytes(4, "big") + b"\xcd" + MICRO.to_bytes(2, "big") +
                            b"\xce" + (500001).to_bytes(4, "big") + b"\xa1x" + form + b"\x00")
        equal(operator.answer(99).what, "ok", f"the answer to put_household with lon_e7 {lon}")
        row = operator.rows("list_households", after=household - 1, limit=1)[0][0]
        equal((row.household, row.lon_e7, row.lat_e7), (household, lon, 0), "the household")


@conversation
def further_fields_are_ignored_and_missing_optional_ones_are_zero(broker):
    c = broker.connect(RESIDENT)
    kind, order = schema.kinds["submit"], new_id()
    values = [order, LAMP, "x"]
    c.send_frame(packed(kind, 50, values))
    first = c.answer(50)
    equal(first.what, "ok", "the answer without optional fields")
    c.send_frame(packed(kind, 51, values + [f.default() for f in kind.fields[3:]]))
    equal(c.answer(51).seq, first.seq, "seq of the same with all optional fields as zeros")
    further = [None, 1.5, "later", {"a": [1, {}]}, b"x", -1, True]
    c.send_frame(packed(kind, 52, values + [f.default() for f in kind.fields[3:]] + further))
    equal(c.answer(52).seq, first.seq, "seq of the same with fields of a later version")
    c.send_frame(packed(schema.kinds["ping"], 53, further))
    equal(c.answer(53).what, "pong", "the answer to a ping with further fields")


@conversation
def texts_of_four_thousand_characters(broker):
    c = broker.connect(RESIDENT)
    leader = broker.connect(LEADER)
    longest = schema.kinds["submit"].fields[schema.kinds["submit"].place("text")].max
    equal(longest, 4000, "the longest text")
    leader.ok("work", area=MICRO, credit=9)
    for character in ("派", "x", "é", "😀"):
        order = Order(c, text=character * longest)
        equal(order.now(c).text, character * longest, "the text of get_order")
        equal(unpack_one(leader.pushed().submitted).text, character * longest, "the text that was pushed")
        c.refused("bad_field", "submit", order=new_id(), category=LAMP, text=character * (longest + 1))
        order.move(leader, "accept")
        order.refused("bad_field", leader, "complete", result=character * (longest + 1))
        order.move(leader, "complete", result=character * longest)
        order.refused("bad_field", c, "reopen", reason=character * 501)
        order.move(c, "reopen", reason=character * 500)
        _, story = order.now(c, story=True)
        equal(story[2].result, character * longest, "the result in the story")
    mixed = "a派é😀" * 1000
    equal(Order(c, text=mixed).now(c).text, mixed, "a mixed text")
    equal(broker.connect(CENTRE).ask("ping").what, "pong", "the answer to another")
