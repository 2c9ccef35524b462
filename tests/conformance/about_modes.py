"""Plans for emergencies and duties: switched, previewed, redated, over a restart; what is wrong with them is said."""
from conversation import (BRIDGE, COMMUNITY, GRID, LAMP, LEADER, MICRO, RESIDENT, RESIDENT_2, STAFF, STAFF_STREET, STREET, STREET_2, Order, check,
                          conversation, equal, new_id, schema, unpack_one, wait_until)

KEEP, SHORTEN, RESTART = (schema.word("running", w) for w in ("keep", "shorten", "restart"))


def put_plan(c, plan=1, area=STREET, running=SHORTEN, **more):
    fields = {"plan": plan, "name": "防汛应急", "area": area, "accept_percent": 50, "complete_percent": 25, "running": running, "lasts_s": 3600, **more}
    return c.ok("put_plan", **fields)


def due(order, who):
    return order.now(who).due_ms


def switched(c):
    """What list_setup tells of modes: plan and what happened last."""
    rows, _ = c.rows("list_setup", type=schema.kinds["mode_begun"].type)
    return [(e.plan, e.what) for e in (unpack_one(r.event) for r in rows)]


@conversation
def an_emergency_is_switched_on_and_off(broker):
    operator, staff, resident = broker.connect(), broker.connect(STAFF), broker.connect(RESIDENT)
    put_plan(operator)
    first, elsewhere = Order(resident), Order(broker.connect(RESIDENT_2))
    whole_ms = due(first, resident) - first.now(resident).submitted_ms
    rows, _ = staff.rows("preview_mode", plan=1, area=COMMUNITY)
    equal([(r.area, r.open, r.changed, r.earlier, r.overdue) for r in rows[:2]], [(COMMUNITY, 1, 1, 1, 0), (GRID, 1, 1, 1, 0)], "the preview")
    equal(switched(operator), [], "what was ever on")
    begun = staff.ok("switch_on", plan=1, area=COMMUNITY)
    equal(staff.ok("switch_on", plan=1, area=COMMUNITY).seq, begun.seq, "seq of the repeat")
    equal(staff.ask("get_stats", area=MICRO).plan, 1, "the plan in the figures of a micro-grid")
    equal(staff.ask("get_stats", area=STREET).plans_below, 1, "plans below the street")
    wait_until(lambda: first.now(resident).version == 2, "the order is redated")
    equal(due(first, resident), first.now(resident).submitted_ms + whole_ms // 2, "it is due in half of the time")
    equal(elsewhere.now(operator).version, 1, "the version of an order elsewhere")
    second = Order(resident)
    equal(due(second, resident) - second.now(resident).submitted_ms, whole_ms // 2, "the time of a new order")
    broker.restart()
    operator, staff, resident = broker.connect(), broker.connect(STAFF), broker.connect(RESIDENT)
    equal(switched(operator), [(1, "mode_begun")], "what is on after a restart")
    staff.refused("mode_on", "switch_on", plan=1, area=GRID)
    ended = staff.ok("switch_off", plan=1, reason="汛情解除")
    equal(staff.ok("switch_off", plan=1, reason="汛情解除").seq, ended.seq, "seq of the repeat")
    wait_until(lambda: second.now(resident).version == 2, "the order is redated again")
    for order in (first, second):
        row = order.now(resident)
        equal(row.due_ms - row.submitted_ms, whole_ms, "the time that it would have had")
    events = [e for e in operator.events(0)[0] if e.what == "redated"]
    equal([(e.plan, e.ended) for e in events], [(1, False), (1, True), (1, True)], "the redated events")


@conversation
def what_a_plan_sent_ends_with_it(broker):
    operator, staff = broker.connect(), broker.connect(STAFF)
    put_plan(operator, notice="暴雨将至，请勿外出", roll_call="清点在家人员", roll_category=LAMP, call_out=1 << schema.word("post", "leader"))
    staff.ok("switch_on", plan=1, area=COMMUNITY)
    wait_until(lambda: sorted(r.orders for r in staff.rows("list_notices")[0]) == [0, 0, 3], "two notices and a roll-call")
    sent = {r.notice for r in staff.rows("list_notices")[0]}
    off = staff.ok("switch_off", plan=1, reason="汛情解除")
    broker.kill()  # in whatever has come of it by now
    broker.start()
    staff = broker.connect(STAFF)
    wait_until(lambda: not staff.rows("list_notices")[0], "what the plan sent ends")
    wait_until(lambda: staff.ask("get_stats", area=COMMUNITY).cancelled == 3, "the orders of its roll-call lapse")
    events = staff.events(off.seq)[0]
    equal({(e.notice, e.plan, e.actor) for e in events if e.what == "notice_ended"}, {(notice, 1, 0) for notice in sent}, "what has ended, and why")
    equal(sorted(e.what for e in events), ["lapsed"] * 3 + ["notice_ended"] * 3, "what comes of it, once each")


@conversation
def what_is_wrong_with_plans_is_said(broker):
    operator, staff = broker.connect(), broker.connect(STAFF)
    put_plan(operator)
    put_plan(operator, 2, STREET_2)
    before = operator.digest()
    staff.refused("unknown_plan", "switch_on", plan=9)
    staff.refused("unknown_plan", "preview_mode", plan=9)
    staff.refused("mode_off", "switch_off", plan=1, reason="")
    staff.refused("not_allowed", "switch_on", plan=1)
    staff.refused("not_allowed", "switch_on", plan=2, area=COMMUNITY)
    broker.connect(LEADER).refused("not_allowed", "switch_on", plan=1, area=MICRO)
    broker.connect(RESIDENT).refused("not_allowed", "preview_mode", plan=1)
    staff.refused("bad_period", "switch_on", plan=1, area=COMMUNITY, until_ms=1)
    operator.refused("unknown_area", "put_plan", plan=3, name="x", area=77, accept_percent=1, complete_percent=1, running=1, lasts_s=60)
    operator.refused("unknown_category", "put_plan", plan=3, name="x", area=STREET, accept_percent=1, complete_percent=1, running=1, lasts_s=60, ladder=0,
                     categories=[77])
    equal(operator.digest(), before, "the state")
    broker.connect(STAFF_STREET).ok("switch_on", plan=1)
    operator.refused("mode_on", "put_plan", plan=1, name="x", area=STREET, accept_percent=1, complete_percent=1, running=1, lasts_s=60)
    put_plan(operator, 3, COMMUNITY)
    check("plan 1" in staff.refused("mode_on", "switch_on", plan=3).detail, "the refusal should name the plan that is on")


@conversation
def a_category_for_emergencies_is_taken_in_one(broker):
    operator, resident = broker.connect(), broker.connect(RESIDENT)
    row = next(r for r in operator.rows("list_categories")[0] if r.category == BRIDGE)
    fields = {f.name: row[f.name] for f in schema.kinds["put_category"].fields if f.name not in ("actor", "emergency_only")}
    operator.ok("put_category", **{**fields, "actor": 0, "emergency_only": True})
    put_plan(operator, categories=[BRIDGE], ladder=0)
    resident.refused("mode_off", "submit", order=new_id(), category=BRIDGE, text="x")
    broker.connect(STAFF_STREET).ok("switch_on", plan=1)
    Order(resident, category=BRIDGE)


@conversation
def a_duty_is_set_and_read_back(broker):
    operator = broker.connect()
    fields = {"duty": 1, "name": "消防通道", "category": LAMP, "area": COMMUNITY, "each": True, "text": "检查消防通道", "weekdays": 1, "month_day": 0, "minute": 510}
    check(operator.ok("put_duty", **fields).seq > 0, "a new duty is recorded")
    equal(operator.ok("put_duty", **fields).seq, 0, "seq of the same duty again: nothing was recorded")
    rows, _ = operator.rows("list_setup", type=schema.kinds["duty_set"].type)
    event = unpack_one(rows[0].event)
    equal({k: event[k] for k in fields}, fields, "the duty as list_setup has it")
    operator.refused("bad_period", "put_duty", **{**fields, "month_day": 1})
    operator.refused("bad_period", "put_duty", **{**fields, "from_day": 20260230})
    operator.refused("unknown_area", "put_duty", **{**fields, "area": 77})
    operator.refused("unknown_category", "put_duty", **{**fields, "category": 77})
    broker.connect(STAFF).refused("not_allowed", "put_duty", **fields)
