"""Times that move orders: giving back, putting off, climbing, reminders and warnings; calendars and ladders."""
import time

from about_rights import People, each_refused
from conversation import (ADMINISTRATOR, COMMUNITY, DISTRICT, GRID, GRID_LEADER, GRID_LEADER_2, LAMP, LEADER, LEADER_2, LEADER_B, LEADER_TOO, MICRO,
                          RESIDENT, STAFF, STAFF_STREET, STREET, SUPERVISOR, Order, check, conversation, district_rows, equal, import_rows, schema,
                          unpack_one, wait_until)

WAITING, ACCEPTED, SUSPENDED = (schema.word("state", w) for w in ("waiting", "accepted", "suspended"))
ALWAYS, WORKING, DAYS, WORKDAYS = (schema.word("clock", w) for w in ("always", "working", "days", "workdays"))
NOT_ACCEPTED, NOT_COMPLETED, IDLE = (schema.word("escalation", w) for w in ("not_accepted", "not_completed", "idle"))
HALF, _, WARNED_IDLE, _ = (schema.word("warning", w) for w in ("half", "soon", "idle", "urged"))
CALENDAR, LADDER = (schema.kinds[k].type for k in ("calendar_set", "ladder_set"))
DAY_MS = 86400 * 1000
QUICK = 80  # a category of micro-grids whose times a test sets


def now_ms():
    return time.time_ns() // 1000000


def quick(broker, **fields):
    broker.connect().ok("put_category", **{"category": QUICK, "name": "快", "level": 5, "urgency": 3, "accept_within_s": 3600, "complete_within_s": 3600,
                                           **fields})


def worker(broker, person, area):
    c = broker.connect(person)
    c.ok("work", area=area, credit=10)
    return c


def pushed(c, what):
    return c.next(lambda m: m.request == 0 and m.what == what, f"a {what} to person {c.person}")


def story(order, who):
    return order.now(who, story=True)[1]


def setup(c, kind, **fields):
    return [unpack_one(row.event) for row in c.pages("list_setup", "after", type=kind, **fields)[0]]


@conversation
def it_is_given_back_put_off_and_gone_on_with(broker):
    who = People(broker)
    order = Order(who[RESIDENT])
    for what, fields in (("release", {"reason": "x"}), ("suspend", {"until_ms": now_ms() + DAY_MS, "reason": "x"}), ("resume", {})):
        order.refused("wrong_state", who[LEADER], what, **fields)
    order.move(who[LEADER], "accept")
    begun = order.now(who[0])
    until = now_ms() + 3 * DAY_MS
    order.move(who[LEADER], "suspend", until_ms=until, reason="等配件到货")
    now = order.now(who[0])
    equal((now.state, now.acceptor, now.due_ms), (SUSPENDED, LEADER, until), "state, acceptor and due_ms of one that was put off")
    check(86400 - 60 < now.left_s <= 86400, f"left_s of one that was put off at once: {now.left_s}")
    order.refused("wrong_state", who[LEADER], "complete", result="x")
    order.refused("wrong_state", who[LEADER], "suspend", until_ms=until, reason="x")
    equal([r.order for r in who[0].rows("list_orders", state=SUSPENDED, after_seq=order.seq)[0]], [order.id], "the orders that are put off")
    order.move(who[LEADER], "note", text="还在等")
    order.move(who[LEADER], "resume", reason="配件已到")
    now = order.now(who[0])
    equal((now.state, now.acceptor, now.left_s), (ACCEPTED, LEADER, 0), "state, acceptor and left_s of one that goes on")
    check(begun.due_ms - 1000 <= now.due_ms <= now_ms() + DAY_MS, f"due_ms of one that goes on: {now.due_ms}, before {begun.due_ms}")
    order.move(who[LEADER], "release", reason="今天临时外出")
    now = order.now(who[0])
    equal((now.state, now.acceptor, now.holder, now.attempt), (WAITING, 0, MICRO, 1), "state, acceptor, holder and attempt of one that was given back")
    check(now_ms() < now.due_ms <= now_ms() + 1800 * 1000, f"due_ms of one that was given back: {now.due_ms}")
    events = story(order, who[0])
    equal([e.what for e in events], ["submitted", "accepted", "suspended", "noted", "resumed", "released"], "the story")
    equal([events[i].reason for i in (2, 4, 5)], ["等配件到货", "配件已到", "今天临时外出"], "the reasons")


@conversation
def the_acceptor_puts_off_and_those_above_take_part(broker):
    who = People(broker)
    order = Order(who[RESIDENT])
    order.move(who[LEADER], "accept")
    others = [RESIDENT, LEADER_TOO, LEADER_B, LEADER_2, GRID_LEADER_2]
    each_refused(broker, order, "not_allowed", "release", others, who, reason="x")
    each_refused(broker, order, "not_allowed", "suspend", [*others, GRID_LEADER, STAFF, SUPERVISOR, ADMINISTRATOR, 0], who, until_ms=now_ms() + DAY_MS, reason="x")
    order.move(who[LEADER], "suspend", until_ms=now_ms() + DAY_MS, reason="x")
    each_refused(broker, order, "not_allowed", "resume", others, who)
    for person in (GRID_LEADER, STAFF, STAFF_STREET, SUPERVISOR, 0):
        order.move(who[person], "resume")
        order.move(who[LEADER], "suspend", until_ms=now_ms() + DAY_MS, reason="x")
    for person in (GRID_LEADER, STAFF, STAFF_STREET, SUPERVISOR, 0):
        order.move(who[person], "release", reason="x")
        order.move(who[LEADER], "accept")


@conversation
def the_day_until_which_is_a_day_within_a_year(broker):
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    order.move(leader, "accept")
    before = leader.digest()
    for until in (1, now_ms() - 1000, now_ms() + 367 * DAY_MS, 2**64 - 1):
        order.refused("bad_until", leader, "suspend", until_ms=until, reason="x")
    equal(leader.digest(), before, "the state")
    order.move(leader, "suspend", until_ms=now_ms() + 364 * DAY_MS, reason="x")


@conversation
def on_its_day_it_goes_on_by_itself(broker):
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    order.move(leader, "accept")
    order.move(leader, "suspend", until_ms=now_ms() + 300, reason="x")
    wait_until(lambda: order.now(leader).state == ACCEPTED, "it goes on")
    last = story(order, leader)[-1]
    equal((last.what, last.actor, last.holder, last.version, last.reason), ("resumed", 0, MICRO, 4, ""), "what the broker did")
    order.version, order.seq = last.version, last.request
    order.move(leader, "complete", result="好了")


@conversation
def what_nobody_accepts_climbs_to_the_district(broker):
    quick(broker, accept_within_s=1)
    leader = worker(broker, LEADER, MICRO)
    above = [worker(broker, p, a) for p, a in ((GRID_LEADER, GRID), (STAFF, COMMUNITY), (STAFF_STREET, STREET), (SUPERVISOR, DISTRICT))]
    order = Order(broker.connect(RESIDENT), category=QUICK)
    equal(pushed(leader, "push").order, order.id, "the order pushed first")
    withdrawn = pushed(leader, "withdraw")
    equal((withdrawn.order, withdrawn.person), (order.id, 0), "what is taken from the one who did not answer")
    for step, c in enumerate(above, 1):
        push = pushed(c, "push")
        equal((push.order, push.version), (order.id, step + 1), f"the push {step} levels further up")
    wait_until(lambda: order.now(leader).stuck, "it is marked")
    now = order.now(leader)
    equal((now.state, now.holder, now.due_ms, now.step, now.version), (WAITING, DISTRICT, 0, 4, 6), "the order that goes no further")
    events = story(order, leader)[1:]
    equal([(e.what, e.actor, e["from"], e.holder, e.why) for e in events],
          [("escalated", 0, f, h, NOT_ACCEPTED) for f, h in ((MICRO, GRID), (GRID, COMMUNITY), (COMMUNITY, STREET), (STREET, DISTRICT), (DISTRICT, DISTRICT))],
          "the story")
    leader.refused("stale", "accept", order=order.id, version=1)
    order.version, order.seq = now.version, now.last_seq
    order.move(above[-1], "accept")
    order.move(above[-1], "complete", result="好了")


@conversation
def what_is_not_completed_is_lost_and_late(broker):
    quick(broker, complete_within_s=1)
    leader, grid_leader = worker(broker, LEADER, MICRO), worker(broker, GRID_LEADER, GRID)
    order = Order(broker.connect(RESIDENT), category=QUICK)
    order.move(leader, "accept")
    equal(pushed(grid_leader, "push").version, 3, "the version pushed to the level above")
    refusal = order.refused("stale", leader, "complete", result="x")
    equal(refusal.version, 3, "the version in the refusal of the one who had it")
    leader.refused("wrong_state", "complete", order=order.id, version=3, result="x")
    equal(story(order, leader)[-1].why, NOT_COMPLETED, "why it climbed")
    equal(broker.connect().ask("get_stats", area=DISTRICT).late, 1, "late orders of the district")


@conversation
def silence_is_reminded_of_first(broker):
    quick(broker, idle_within_s=1)
    leader, grid_leader = worker(broker, LEADER, MICRO), worker(broker, GRID_LEADER, GRID)
    order = Order(broker.connect(RESIDENT), category=QUICK)
    order.move(leader, "accept")
    warned = leader.next(lambda m: m.what == "warned", "a warning")
    equal((warned.order, warned.version, warned.holder, warned.acceptor, warned.why), (order.id, 3, MICRO, LEADER, WARNED_IDLE), "the reminder")
    equal(pushed(grid_leader, "push").version, 4, "the version pushed to the level above")
    equal([e.what for e in story(order, leader)], ["submitted", "accepted", "reminded", "escalated"], "the story")
    equal(story(order, leader)[-1].why, IDLE, "why it climbed")
    equal(broker.connect().ask("get_stats", area=DISTRICT).late, 0, "late orders: its time to complete had not passed")


@conversation
def holders_are_told_at_half_time(broker):
    quick(broker, accept_within_s=4, complete_within_s=4)
    leaders, other = [worker(broker, p, MICRO) for p in (LEADER, LEADER_TOO)], worker(broker, GRID_LEADER, GRID)
    order = Order(broker.connect(RESIDENT), category=QUICK)
    due = order.now(leaders[0]).due_ms
    for c in leaders:
        warned = pushed(c, "warned")
        equal((warned.order, warned.version, warned.holder, warned.acceptor, warned.why, warned.due_ms), (order.id, 1, MICRO, 0, HALF, due), "the warning")
    before = other.digest()
    order.move(leaders[0], "accept")
    due = order.now(leaders[0]).due_ms
    warned = pushed(leaders[1], "warned")
    equal((warned.version, warned.acceptor, warned.why, warned.due_ms), (2, LEADER, HALF, due), "the warning of one that was accepted")
    equal(other.digest()[0], before[0] + 1, "a warning is no event")
    equal([m for m in other.pushes() if m.what == "warned"], [], "warnings to who works for another area")


@conversation
def a_ladder_says_where_orders_climb(broker):
    operator, leader = broker.connect(), broker.connect(LEADER)
    operator.ok("put_ladder", ladder=1, name="直达", steps=[5, 600, 2, 1200, 1, 2400])
    quick(broker, ladder=1)
    order = Order(broker.connect(RESIDENT), category=QUICK)
    due = lambda: (order.now(leader).due_ms - order.now(leader).waiting_ms) // 1000
    equal(due(), 600, "seconds to accept on the first step")
    order.move(leader, "decline", reason="x")
    now = order.now(leader)
    equal((now.holder, due()), (STREET, 1200), "holder and seconds to accept on the second step")
    order.move(broker.connect(STAFF_STREET), "decline", reason="x")
    equal((order.now(leader).holder, due()), (DISTRICT, 2400), "holder and seconds to accept on the last step")


@conversation
def the_more_urgent_the_sooner(broker):
    resident = broker.connect(RESIDENT)
    quick(broker, accept_within_s=1000)
    for urgency, seconds in ((1, 250), (2, 500), (3, 1000), (4, 2000)):
        now = Order(resident, category=QUICK, urgency=urgency).now(resident)
        equal(now.due_ms - now.submitted_ms, seconds * 1000, f"ms to accept with the urgency {urgency}")


@conversation
def calendars_are_put_and_read(broker):
    c, resident = broker.connect(), broker.connect(RESIDENT)
    put = {"calendar": 2026, "holidays": [20260101, 20260102, 20260103], "workdays": [20260104], "names": "元旦\n元旦\n元旦\n元旦调休",
           "hours": [540, 720]}
    equal(setup(c, CALENDAR), [], "the calendars of a fresh broker")
    check(c.ok("put_calendar", **put).seq > 0, "seq of a new calendar")
    equal(c.ok("put_calendar", **put).seq, 0, "seq of the same again: nothing was recorded")
    c.ok("put_calendar", calendar=2025, holidays=[], workdays=[])
    (before, event) = setup(resident, CALENDAR)
    equal((before.what, before.calendar, before.holidays, before.hours), ("calendar_set", 2025, [], []), "the year that was put last")
    equal({k: event[k] for k in put}, put, "the year as it is read")
    equal([e.calendar for e in setup(c, CALENDAR, limit=1)], [2025, 2026], "the years, a page each")
    good = c.digest()
    for day in ({"holidays": [20260230]}, {"holidays": [20250101]}, {"holidays": [20260101, 20260101]}, {"holidays": [2026]},
                {"workdays": [20260105]}, {"holidays": [20260104], "workdays": [20260104]},
                {"hours": [540]}, {"hours": [720, 540]}, {"hours": [540, 1441]}, {"hours": [540, 540]}):
        c.refused("bad_calendar", "put_calendar", **{"calendar": 2026, "holidays": [], "workdays": [], **day})
    resident.refused("not_allowed", "put_calendar", **put)
    c.refused("bad_field", "list_setup", type=schema.kinds["area_set"].type)
    c.refused("bad_field", "list_setup", type=255)
    equal(c.digest(), good, "the state after what was refused")
    c.ok("put_calendar", **{**put, "retired": True})
    equal(setup(c, CALENDAR)[1].retired, True, "retired of one that counts no longer")


@conversation
def days_are_counted_by_the_calendar(broker):
    """Next year, whose every day is a holiday but the last two days of June: two working days from any time before then."""
    year = time.gmtime().tm_year + 1
    c, resident, leader = broker.connect(), broker.connect(RESIDENT), broker.connect(LEADER)
    days = [time.gmtime(d * 86400) for d in range(int(time.time()) // 86400, int(time.time()) // 86400 + 366)]
    for y in (year - 1, year):
        off = [d.tm_year * 10000 + d.tm_mon * 100 + d.tm_mday for d in days if d.tm_year == y and not (y == year and (d.tm_mon, d.tm_mday) in ((6, 29), (6, 30)))]
        on = [day for day in (year * 10000 + 629, year * 10000 + 630) if y == year and time.strptime(str(day), "%Y%m%d").tm_wday > 4]
        c.ok("put_calendar", calendar=y, holidays=off, workdays=on, hours=[540, 1020])
    quick(broker, complete_within_s=2 * 86400, complete_clock=WORKDAYS)
    order = Order(resident, category=QUICK)
    order.move(leader, "accept")
    local = time.gmtime(order.now(leader).due_ms / 1000 + 8 * 3600)
    equal(tuple(local)[:5], (year, 6, 30, 17, 0), "when work ends on the second working day, by China's time")


@conversation
def ladders_and_clocks_hold_together(broker):
    c, resident = broker.connect(), broker.connect(RESIDENT)
    ladder = {"ladder": 1, "name": "民生类", "steps": [5, 1800, 3, 3600, 1, 14400]}
    check(c.ok("put_ladder", **ladder).seq > 0, "seq of a new ladder")
    equal(c.ok("put_ladder", **ladder).seq, 0, "seq of the same again: nothing was recorded")
    quick(broker, ladder=1, accept_clock=WORKING, complete_clock=DAYS, complete_within_s=3 * 86400, idle_within_s=7200)
    row = next(r for r in c.rows("list_categories")[0] if r.category == QUICK)
    equal((row.ladder, row.accept_clock, row.complete_clock, row.idle_within_s), (1, WORKING, DAYS, 7200), "the category as it is read")
    good = c.digest()
    for steps in ([5, 1800, 3], [5, 1800], [3, 60, 5, 60, 1, 60], [5, 60, 5, 60, 1, 60], [6, 60, 1, 60], [0, 60, 1, 60], [5, 59, 1, 60],
                  [5, 31536001, 1, 60]):
        c.refused("bad_ladder", "put_ladder", ladder=1, name="x", steps=steps)
    c.refused("in_use", "put_ladder", **{**ladder, "retired": True})
    resident.refused("not_allowed", "put_ladder", **ladder)
    category = {"category": QUICK, "name": "快", "level": 5, "urgency": 3, "accept_within_s": 3600, "complete_within_s": 3600}
    c.refused("unknown_ladder", "put_category", **category, ladder=2)
    c.refused("bad_clock", "put_category", **category, complete_clock=WORKDAYS)
    c.refused("bad_clock", "put_category", **category, accept_clock=DAYS)
    c.refused("bad_field", "put_category", **category, accept_clock=5)
    equal(c.digest(), good, "the state after what was refused")
    c.ok("put_category", **category)
    c.ok("put_ladder", **{**ladder, "retired": True})
    c.refused("unknown_ladder", "put_category", **category, ladder=1)
    equal([(e.what, e.ladder, e.retired, e.steps) for e in setup(c, LADDER)], [("ladder_set", 1, True, ladder["steps"])], "the ladders")


@conversation
def an_import_counts_what_is_set_up(broker):
    c = broker.connect()
    year = ("put_calendar", {"calendar": 2026, "holidays": [20260101], "workdays": []})
    ladders = [("put_ladder", {"ladder": i, "name": f"阶梯{i}", "steps": [1, 3600]}) for i in (1, 2)]
    equal(import_rows(c, [*district_rows(), year, *ladders], complete=True).setup, [3, 0, 0, 0, 0], "what was added")
    equal(import_rows(c, district_rows(), complete=True).setup, [0, 0, 0, 0, 0], "what an import does that says nothing of it")
    equal(import_rows(c, [*district_rows(), ladders[0]], complete=True).setup, [0, 0, 0, 1, 1], "one ladder is left out; calendars are not spoken of")


@conversation
def a_missing_calendar_is_said_once(broker):
    c, year = broker.connect(), time.gmtime(time.time() + 8 * 3600).tm_year
    line = f"what=no_calendar year={year}"
    wait_until(lambda: line in broker.log(), "the log says that there is no calendar", lambda: c.take(0.05))
    c.ok("put_calendar", calendar=year, holidays=[], workdays=[])
    broker.stop()
    equal(broker.log().count(line), 1, "how often the log says so")
    said = broker.log()
    broker.start()
    c, before = broker.connect(), time.monotonic()
    wait_until(lambda: time.monotonic() > before + 1.5, "a second has passed", lambda: c.take(0.1))
    equal(broker.log()[len(said):].count("no_calendar"), 0, "what it says when there is one")


@conversation
def times_are_the_same_after_a_restart(broker):
    quick(broker, accept_within_s=2)
    who = broker.connect(RESIDENT)
    order = Order(who, category=QUICK)
    other = Order(who)
    other.move(broker.connect(LEADER), "accept")
    other.move(broker.connect(LEADER), "suspend", until_ms=now_ms() + DAY_MS, reason="x")
    broker.kill()
    broker.start()
    c = broker.connect()
    wait_until(lambda: order.now(c).stuck, "it has climbed to the top")
    equal([e.holder for e in story(order, c)], [MICRO, GRID, COMMUNITY, STREET, DISTRICT, DISTRICT], "the way that it took")
    now = other.now(c)
    equal((now.state, now.acceptor), (SUSPENDED, LEADER), "the one that was put off")
    check(now.left_s > 86000, f"left_s after the restart: {now.left_s}")
