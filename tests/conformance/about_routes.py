"""Where orders come from and who holds them: polygons, addresses, rules, organisations, and a registry that changes under open orders."""
import struct

from conversation import (COMMUNITY, DISTRICT, GRID, HOME, LAMP, LEADER, MERCHANT, MICRO, MICRO_2, MICRO_B, RESIDENT, STAFF, STREET, Order,
                          check, conversation, equal, new_id, schema, unpack_one, wait_until)

WORKS, PROPERTY = 1951, 1961
STEP = {w: schema.word("route_step", w) for w in ("household", "area", "coordinate", "nearest", "address", "category", "requester", "desk", "rule", "holder")}
WHY = {schema.word("route_why", w): w for w in ("decided", "border", "not_needed", "not_said", "nowhere", "unmatched", "other_category", "outside_area",
                                                "other_post", "outside_hours", "keyword_missing", "holder_retired", "by_level")}
WEST, SOUTH = 1190000000, 360000000


def rings(*polygons):
    """Each a list of rings, each a list of (x, y) in units of 10^-4 degrees east and north of a corner of the map."""
    out, first = b"", True
    for polygon in polygons:
        for hole, ring in enumerate(polygon):
            out += b"" if first else struct.pack("<ii", -2**31, 1 if hole else 0)
            first = False
            out += b"".join(struct.pack("<ii", WEST + x * 1000, SOUTH + y * 1000) for x, y in ring)
    return out


def square(x, y, size):
    return [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]


def at(x, y):
    return {"lon_e7": WEST + round(x * 1000), "lat_e7": SOUTH + round(y * 1000)}


def rule(number, **fields):
    return {"rule": number, "name": f"规则{number}", "category": 0, "area": 0, "post": 0, "weekdays": 127, "from_min": 0, "to_min": 1440, "keyword": "",
            "holder": 0, "level": 0, **fields}


def organisations(c):
    c.ok("put_area", area=WORKS, parent=DISTRICT, level=2, kind=schema.word("area_kind", "agency"), name="自来水公司")
    c.ok("put_area", area=PROPERTY, parent=COMMUNITY, level=4, kind=schema.word("area_kind", "property"), name="物业公司")


def ground(c):
    """MICRO has a hole, MICRO_2 lies east of it, GRID around both."""
    c.ok("put_shape", area=MICRO, rings=rings([square(0, 0, 100), square(40, 40, 20)]))
    c.ok("put_shape", area=MICRO_2, rings=rings([square(100, 0, 100)], [square(300, 0, 50)]))


def first_event(c, **fields):
    """Of a new order that says this."""
    order = new_id()
    c.ok("submit", order=order, **{"category": LAMP, "text": "灯坏了", **fields})
    rows, _ = c.rows("get_order", order=order, story=True)
    return unpack_one(next(r for r in rows if r.what == "past").event)


def explained(c, **fields):
    rows, _ = c.rows("explain_route", **{"category": LAMP, **fields})
    return {(r.step, r.rule if r.step == STEP["rule"] else 0): r for r in rows}


@conversation
def every_order_finds_a_holder(broker):
    operator, resident = broker.connect(), broker.connect(RESIDENT)
    ground(operator)
    for about, who, fields, step, area in (
            ("by household", operator, {"household": HOME, **at(150, 50)}, "household", MICRO),
            ("by area", operator, {"area": MICRO_B, **at(150, 50)}, "area", MICRO_B),
            ("inside", operator, at(10, 10), "coordinate", MICRO), ("on the border of two", operator, at(100, 50), "coordinate", min(MICRO, MICRO_2)),
            ("in the second polygon", operator, at(310, 10), "coordinate", MICRO_2), ("near", operator, at(210, 50), "nearest", MICRO_2),
            ("in the hole", operator, at(50, 50), "nearest", MICRO), ("nowhere, with a requester", resident, at(900, 900), "requester", MICRO),
            ("nothing but a text", operator, {}, "desk", DISTRICT)):
        event = first_event(who, **fields)
        equal((event.area, event.route, event.rule), (area, STEP[step], 0), f"area, step and rule of an order {about}")
    operator.ok("put_category", category=77, name="定点", level=3, urgency=3, accept_within_s=60, complete_within_s=60, area=MICRO_B)
    event = first_event(operator, category=77)
    equal((event.area, event.route), (MICRO_B, STEP["category"]), "area and step by the category")
    home = next(r for r in operator.rows("list_households", area=MICRO_B)[0])
    event = first_event(operator, place=home.address + "门口")
    equal((event.area, event.route), (MICRO_B, STEP["address"]), f"area and step of {home.address}")


@conversation
def rules_choose_holders(broker):
    c, resident, merchant = broker.connect(), broker.connect(RESIDENT), broker.connect(MERCHANT)
    organisations(c)
    c.ok("put_person", person=9951, post=schema.word("post", "staff"), area=WORKS, household=0, name="林涛")
    c.ok("put_rule", **rule(10, holder=WORKS, keyword="停水|漏水"))
    c.ok("put_rule", **rule(20, holder=PROPERTY, post=schema.word("post", "merchant")))
    c.ok("put_rule", **rule(30, level=3, category=LAMP, area=GRID))
    equal(c.ok("put_rule", **rule(30, level=3, category=LAMP, area=GRID)).seq, 0, "seq of the same rule again")
    for who, text, holder, number in ((merchant, "家里漏水", WORKS, 10), (merchant, "门坏了", PROPERTY, 20), (resident, "门坏了", COMMUNITY, 30)):
        event = first_event(who, text=text, household=HOME)
        equal((event.holder, event.rule), (holder, number), f"holder and rule of {text}")
    equal(first_event(resident, text="门坏了", area=STREET).rule, 0, "the rule of an order from elsewhere")
    worker = broker.connect(9951)
    order = Order(resident, text="楼上漏水")
    order.move(worker, "accept")
    order.move(worker, "complete", result="修好了")
    c.refused("not_allowed", "put_rule", **rule(40, holder=WORKS), actor=STAFF)
    steps = explained(c, requester=RESIDENT, text="门坏了", household=HOME)
    equal([WHY[steps[(STEP["rule"], n)].why] for n in (10, 20, 30)], ["keyword_missing", "other_post", "decided"], "why the rules did or did not")
    equal(steps[(STEP["holder"], 0)].area, COMMUNITY, "who would hold it")
    c.ok("put_rule", **rule(30, level=3, category=LAMP, area=GRID, retired=True))
    equal(first_event(resident, text="门坏了").rule, 0, "the rule of an order when it is retired")


@conversation
def rules_that_do_not_fit_are_refused(broker):
    c = broker.connect()
    organisations(c)
    c.ok("put_rule", **rule(10, holder=WORKS, keyword="水", area=STREET))
    before = c.digest()
    for refusal, fields in (("bad_target", {}), ("bad_target", {"holder": WORKS, "level": 3}), ("unknown_area", {"holder": 77777}),
                            ("unknown_area", {"holder": WORKS, "area": 77777}), ("unknown_category", {"holder": WORKS, "category": 777}),
                            ("never_matches", {"holder": WORKS, "area": PROPERTY}), ("never_matches", {"holder": WORKS, "from_min": 60, "to_min": 60}),
                            ("never_matches", {"holder": WORKS, "keyword": "水||电"}), ("never_matches", {"holder": PROPERTY, "keyword": "停水", "area": MICRO}),
                            ("bad_field", {"holder": WORKS, "weekdays": 0}), ("bad_field", {"holder": WORKS, "weekdays": 128}),
                            ("bad_field", {"holder": WORKS, "to_min": 1441})):
        c.refused(refusal, "put_rule", **rule(50, **fields))
    c.refused("never_matches", "put_rule", **rule(5, holder=PROPERTY))
    c.refused("bad_parent", "put_area", area=1777, parent=WORKS, level=5, kind=1, name="x")
    c.refused("bad_level", "put_household", household=777, area=WORKS, centre=777, address="x", lon_e7=0, lat_e7=0)
    equal(c.digest(), before, "the state after refusals")


@conversation
def polygons_that_do_not_fit_are_refused(broker):
    c = broker.connect()
    ground(c)
    before = c.digest()
    bow = [(0, 200), (100, 300), (100, 200), (0, 300)]
    swapped = b"".join(struct.pack("<ii", SOUTH + y * 1000, WEST + x * 1000) for x, y in square(0, 200, 100))
    for refusal, area, data in (("bad_shape", MICRO_B, b""), ("bad_shape", MICRO_B, rings([square(0, 200, 100)])[:-1]),
                                ("bad_shape", MICRO_B, rings([[(0, 200), (1, 200)]])), ("bad_shape", MICRO_B, rings([bow])),
                                ("bad_shape", MICRO_B, rings([square(0, 200, 100), square(500, 500, 10)])), ("bad_shape", MICRO_B, swapped),
                                ("shape_overlaps", MICRO_B, rings([square(50, 0, 100)])), ("unknown_area", 77777, rings([square(0, 200, 100)]))):
        c.refused(refusal, "put_shape", area=area, rings=data)
    detail = c.refused("shape_overlaps", "put_shape", area=MICRO_B, rings=rings([square(50, 0, 100)])).detail
    check(str(MICRO) in detail and str(MICRO_B) in detail, f"both areas in the detail: {detail}")
    detail = c.refused("bad_shape", "put_shape", area=MICRO_B, rings=rings([bow])).detail
    check(f"{(WEST + 50000) / 1e7:g}" in detail, f"where it crosses itself, in the detail: {detail}")
    equal(c.digest(), before, "the state after refusals")
    c.ok("put_shape", area=MICRO_B, rings=rings([square(40, 40, 20)]))
    c.ok("put_shape", area=GRID, rings=rings([square(0, 0, 350)]))


@conversation
def routes_are_explained(broker):
    c, resident = broker.connect(), broker.connect(RESIDENT)
    ground(c)
    c.ok("put_shape", area=COMMUNITY, rings=rings([square(-500, -500, 1500)]))
    for about, place, why, area in (("on a border", at(100, 50), "border", min(MICRO, MICRO_2)), ("in a hole", at(50, 50), "decided", COMMUNITY),
                                    ("outside all", at(1001, 0), "nowhere", 0)):
        row = explained(c, **place)[(STEP["coordinate"], 0)]
        equal(WHY[row.why], why, f"the coordinate {about}")
        if area:
            equal(row.area, area, f"the area of a point {about}")
    near = explained(c, **at(1001, 0))[(STEP["nearest"], 0)]
    equal((WHY[near.why], near.area), ("decided", COMMUNITY), "a point a little outside")
    check(5 < near.metres < 15, f"metres of a point a little outside: {near.metres}")
    far = explained(c, **at(5000, 0))
    equal([WHY[far[(STEP[s], 0)].why] for s in ("household", "coordinate", "nearest", "address", "category", "requester", "desk", "holder")],
          ["not_said", "nowhere", "nowhere", "not_said", "not_said", "not_said", "decided", "by_level"], "the steps of a point far away")
    equal(WHY[explained(resident)[(STEP["requester"], 0)].why], "decided", "a resident asks for themselves")
    resident.refused("not_allowed", "explain_route", category=LAMP, requester=MERCHANT)
    c.refused("unknown_household", "explain_route", category=LAMP, household=1)
    c.refused("unknown_category", "explain_route", category=777)


@conversation
def open_orders_follow_the_registry(broker):
    c, resident = broker.connect(), broker.connect(RESIDENT)
    waits, held, ended = Order(resident), Order(resident), Order(resident)
    held.move(broker.connect(LEADER), "accept")
    ended.move(broker.connect(LEADER), "accept")
    ended.move(broker.connect(LEADER), "complete", result="好了")
    home = next(r for r in c.rows("list_households", area=MICRO)[0] if r.household == HOME).fields
    c.ok("put_household", **{**home, "area": MICRO_2, "centre": HOME})
    wait_until(lambda: waits.now(c).area == MICRO_2 and held.now(c).area == MICRO_2, "the orders have followed their household")
    now, story = held.now(c, story=True)
    equal((now.state, now.holder, now.acceptor, story[-1].what, story[-1].actor), (schema.word("state", "waiting"), MICRO_2, 0, "rerouted", 0),
          "an order whose acceptor stayed behind")
    equal((ended.now(c).area, ended.now(c).holder), (MICRO, MICRO), "an order that was completed")
    broker.restart()
    equal(waits.now(broker.connect()).holder, MICRO_2, "the holder after a restart")
