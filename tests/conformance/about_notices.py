"""Notices, roll-calls and visits: who is told, what counts, who is missing, and what is left when it is over."""
import time

from conversation import (BENCH, CENTRE, COMMUNITY, DISTRICT, GRID, GRID_LEADER, HOME, HOME_B, LAMP, LEADER, LEADER_B, LEADER_TOO, MERCHANT, MICRO,
                          MICRO_B, NEIGHBOUR, RESIDENT, RESIDENT_2, RESIDENT_B, RESIDENT_NEXT, STAFF, STAFF_DISTRICT, STALLS, STREET, Order, check,
                          conversation, equal, new_id, schema, unpack_one, wait_until)

DAY_MS = 86400000


def word(name):
    return schema.word("answer_kind", name)


def notify(connection, area=COMMUNITY, kind="notice", want="confirmation", sort="household", until_ms=None, **fields):
    """Send one; returns its id."""
    notice = new_id()
    category = {} if kind == "notice" else {"category": BENCH}
    connection.ok("notify", notice=notice, area=area, kind=schema.word("notice_kind", kind), want=schema.word("want", want),
                  sort=schema.word("member_sort", sort), text="明日停水", until_ms=until_ms or int(time.time() * 1000) + DAY_MS,
                  **{**category, **fields})
    return notice


def listener(broker, person):
    c = broker.connect(person, hello=False)
    c.hello(listen=True)
    return c


def told(connection):
    """What was pushed so far, as (notice, reminder)."""
    pushes = connection.pushes()
    check(all(p.what == "notice_push" for p in pushes), f"only notices are pushed here: {pushes!r}")
    return [(unpack_one(p.notified).notice, p.reminder) for p in pushes]


def progress(connection, notice, area=0):
    rows, _ = connection.rows("get_progress", notice=notice, area=area)
    return {row.area: row for row in rows}


def missing(connection, notice, **fields):
    rows, _, _ = connection.pages("list_missing", "cursor", notice=notice, limit=2, **fields)
    return [row.household if row.what == "household" else row.person for row in rows]


@conversation
def a_notice_reaches_its_subtree_and_nobody_else(broker):
    staff = broker.connect(STAFF)
    inside, beside, deaf = listener(broker, RESIDENT), listener(broker, RESIDENT_2), broker.connect(RESIDENT_NEXT)
    before = staff.events()[1].seq
    notice = notify(staff)
    equal(told(inside), [(notice, 0)], "what a resident of the community was told")
    equal(told(beside), [], "what a resident elsewhere was told")
    equal(told(deaf), [], "what a connection was told that does not listen")
    events, _ = staff.events(before)
    equal([e.what for e in events], ["notified"], "events of a notice to a community")
    equal(told(listener(broker, RESIDENT_B)), [(notice, 0)], "what somebody was told who came later")
    equal(told(listener(broker, MERCHANT)), [], "what somebody without a household was told of a notice to households")


@conversation
def what_is_confirmed_is_not_told_again(broker):
    staff, resident = broker.connect(STAFF), listener(broker, RESIDENT)
    notice = notify(staff)
    equal(told(resident), [(notice, 0)], "the push")
    resident.ok("answer", notice=notice, answer=word("delivered"))
    equal(told(listener(broker, RESIDENT)), [(notice, 0)], "delivered is not confirmed: it comes again")
    resident.ok("answer", notice=notice, answer=word("confirmed"))
    equal(told(listener(broker, RESIDENT)), [], "what is confirmed")
    other = listener(broker, RESIDENT_B)
    told(other)
    first = staff.ok("remind_missing", notice=notice, nth=1)
    equal(told(other), [(notice, 1)], "the reminder")
    equal(told(resident), [], "who has confirmed is not reminded")
    equal(staff.ok("remind_missing", notice=notice, nth=1).seq, first.seq, "a repeated reminder")
    equal(told(other), [], "a repeated reminder tells nobody")
    staff.refused("not_next", "remind_missing", notice=notice, nth=3)


@conversation
def delivered_read_and_confirmed_are_counted_apart_by_area(broker):
    staff = broker.connect(STAFF_DISTRICT)
    notice = notify(staff, area=DISTRICT)
    broker.connect(RESIDENT).ok("answer", notice=notice, answer=word("delivered"))
    broker.connect(RESIDENT_NEXT).ok("answer", notice=notice, answer=word("read"))
    broker.connect(RESIDENT_B).ok("answer", notice=notice, answer=word("confirmed"))
    counts = {area: (r.members, r.delivered, r.read, r.confirmed, r.missing) for area, r in progress(staff, notice, GRID).items()}
    equal(counts, {GRID: (5, 3, 2, 1, 4), MICRO: (3, 2, 1, 0, 3), MICRO_B: (2, 1, 1, 1, 1)}, "progress of the grid")
    equal(progress(staff, notice)[DISTRICT].members, 7, "members of the district")
    equal(missing(staff, notice, area=GRID), [500001, HOME, NEIGHBOUR, 500011], "the missing of the grid, over pages")
    rows, _ = staff.rows("list_answers", notice=notice, after_seq=2**64 - 1)
    equal([(r.member, r.reached) for r in rows], [(HOME, 1), (NEIGHBOUR, 2), (HOME_B, 3)], "the answers")


@conversation
def a_repeat_is_answered_as_at_first_and_nothing_goes_back(broker):
    staff, resident = broker.connect(STAFF), broker.connect(RESIDENT)
    notice, fields = new_id(), {"area": COMMUNITY, "kind": 1, "want": 3, "sort": 1, "text": "停水", "until_ms": int(time.time() * 1000) + DAY_MS}
    first = staff.ok("notify", notice=notice, **fields)
    equal(staff.ok("notify", notice=notice, **fields).seq, first.seq, "notify, repeated")
    staff.refused("notice_exists", "notify", notice=notice, **{**fields, "text": "别的"})
    delivered = resident.ok("answer", notice=notice, answer=word("delivered"))
    confirmed = resident.ok("answer", notice=notice, answer=word("confirmed"))
    equal(resident.ok("answer", notice=notice, answer=word("delivered")).seq, delivered.seq, "delivered, said late")
    equal(resident.ok("answer", notice=notice, answer=word("read")).seq, confirmed.seq, "read, after confirmed")
    equal(progress(staff, notice)[COMMUNITY].confirmed, 1, "confirmed")


@conversation
def bad_notices_are_refused_and_change_nothing(broker):
    staff, now = broker.connect(STAFF), int(time.time() * 1000)
    good = {"area": COMMUNITY, "kind": 1, "want": 3, "sort": 1, "text": "停水", "until_ms": now + DAY_MS}
    before = staff.digest()
    for refusal, change in [("bad_end", {"until_ms": now - 1}), ("bad_end", {"until_ms": now + 401 * DAY_MS}), ("unknown_area", {"area": 4711}),
                            ("bad_notice", {"kind": 2}), ("bad_notice", {"kind": 2, "want": 4}), ("bad_notice", {"category": LAMP}),
                            ("bad_notice", {"kind": 3, "want": 4, "sort": 2, "category": LAMP}), ("unknown_category", {"kind": 2, "want": 4, "category": 77}),
                            ("bad_field", {"notice": bytes(16)}), ("bad_field", {"text": ""}), ("not_allowed", {"area": DISTRICT})]:
        staff.refused(refusal, "notify", **{"notice": new_id(), **good, **change})
    broker.connect(RESIDENT).refused("not_allowed", "notify", notice=new_id(), **good)
    broker.connect(LEADER).refused("not_allowed", "notify", notice=new_id(), **good)
    staff.refused("unknown_notice", "answer", notice=new_id(), member=HOME, answer=1)
    staff.refused("unknown_notice", "end_notice", notice=new_id())
    for query in ("get_progress", "list_missing"):
        staff.refused("unknown_notice", query, notice=new_id())
    staff.refused("bad_field", "list_answers")
    equal(staff.digest(), before, "the state")


@conversation
def a_roll_call_goes_to_the_micro_grids_as_orders(broker):
    staff, leader = broker.connect(STAFF), broker.connect(LEADER)
    leader.ok("work", area=MICRO, credit=8)
    notice = notify(staff, kind="roll_call", want="answer", labels="人数")
    push = leader.pushed()
    submitted = unpack_one(push.submitted)
    equal((submitted.notice, submitted.requester, submitted.text), (notice, STAFF, "明日停水"), "the leader's order")
    wait_until(lambda: staff.rows("list_notices", notice=notice)[0][0].orders == 3, "an order for each micro-grid of the community")
    rows, _ = staff.rows("list_orders", area=COMMUNITY, state=1, after_seq=2**64 - 1)
    equal(sorted(r.holder for r in rows), sorted([MICRO, MICRO_B, STALLS]), "who holds an order")
    check(all(r.notice == notice for r in rows), "each order names the roll-call")
    first = leader.ok("answer", notice=notice, member=HOME, answer=word("done"), numbers=[3])
    equal(leader.ok("answer", notice=notice, member=HOME, answer=word("done"), numbers=[3]).seq, first.seq, "the same answer")
    other = {"notice": notice, "member": HOME, "answer": word("done"), "numbers": [4], "text": "数错了"}
    leader.refused("answered_otherwise", "answer", **other)
    second = leader.ok("answer", corrects=first.seq, **other)
    equal(leader.ok("answer", corrects=first.seq, **other).seq, second.seq, "a correction, repeated")
    equal(leader.ok("answer", notice=notice, member=HOME, answer=word("done"), numbers=[3]).seq, first.seq, "the first answer, said once more")
    broker.connect(LEADER_B).refused("not_allowed", "answer", notice=notice, member=HOME, answer=word("away"))
    broker.connect(RESIDENT).refused("not_allowed", "answer", notice=notice, answer=word("done"))
    leader.refused("not_wanted", "answer", notice=notice, member=NEIGHBOUR, answer=word("visited"))
    leader.refused("bad_field", "answer", notice=notice, member=NEIGHBOUR, answer=word("done"), numbers=[10**9 + 1])
    leader.refused("not_member", "answer", notice=notice, member=4711, answer=word("done"))
    row = progress(staff, notice, MICRO)[MICRO]
    equal((row.answered, list(row.answers), list(row.sums)), (1, [1, 0, 0, 0, 0], [4, 0, 0, 0]), "what counts")
    done = leader.ok("accept", order=push.order, version=1)
    leader.ok("complete", order=push.order, version=done.version, result="一户已核对")  # the missing stay listed
    equal(missing(leader, notice, area=MICRO), [500001, NEIGHBOUR], "the missing after the leader completed")


@conversation
def visits_begin_with_those_who_come_first(broker):
    administrator, leader = broker.connect(9001), broker.connect(GRID_LEADER)
    administrator.ok("put_household", household=NEIGHBOUR, area=MICRO, centre=500001, address="税务街500003号", lon_e7=1178580000,
                     lat_e7=364970000, priority=schema.word("household_priority", "alone"))
    notice = notify(leader, area=GRID, kind="visits", want="answer")
    equal(missing(leader, notice), [NEIGHBOUR, 500001, HOME, 500011, HOME_B], "who is due")
    leader.ok("answer", notice=notice, member=NEIGHBOUR, answer=word("visited"), text="灯不亮")
    leader.refused("not_wanted", "answer", notice=notice, member=HOME, answer=word("done"))
    equal(missing(leader, notice), [500001, HOME, 500011, HOME_B], "who is still due")
    second = notify(leader, area=GRID, kind="visits", want="answer")
    leader.ok("answer", notice=second, member=NEIGHBOUR, answer=word("away"))
    rows, _ = leader.rows("list_answers", member=NEIGHBOUR, after_seq=2**64 - 1)
    equal([(r.notice, r.answer, r.text) for r in rows], [(notice, word("visited"), "灯不亮"), (second, word("away"), "")], "the household's log")
    equal(broker.connect(RESIDENT).rows("list_answers", member=NEIGHBOUR, after_seq=2**64 - 1)[0], [], "a neighbour's log, to a resident")


@conversation
def what_has_ended_keeps_its_figures_over_a_restart(broker):
    staff, resident = broker.connect(STAFF), broker.connect(RESIDENT)
    notice = notify(staff, want="read")
    read = resident.ok("answer", notice=notice, answer=word("read"))
    open_one = notify(staff, want="read")
    resident.ok("answer", notice=open_one, answer=word("read"))
    ended = staff.ok("end_notice", notice=notice, reason="已恢复")
    before = staff.digest()

    def look(connection):
        equal(connection.digest(), before, "the state")
        row = connection.rows("list_notices", ended=True, after_seq=2**64 - 1)[0][0]
        equal((row.notice, row.members, row.answered), (notice, 5, 1), "the list of those that have ended")
        counts = {area: (r.members, r.read, r.missing) for area, r in progress(connection, notice, GRID).items()}
        equal(counts, {GRID: (5, 1, 4), MICRO: (3, 1, 2), MICRO_B: (2, 0, 2)}, "its progress")
        equal(missing(connection, notice, area=GRID), [500001, NEIGHBOUR, 500011, HOME_B], "its missing")
        equal(connection.ok("end_notice", notice=notice, reason="已恢复").seq, ended.seq, "end_notice, repeated")
        equal([r.notice for r in connection.rows("list_notices")[0]], [open_one], "the open ones")
        equal(progress(connection, open_one)[COMMUNITY].read, 1, "progress of the open one")

    look(staff)
    broker.restart()
    staff, resident = broker.connect(STAFF), broker.connect(RESIDENT)
    look(staff)
    equal(resident.ok("answer", notice=notice, answer=word("read")).seq, read.seq, "an answer from before the end, repeated")
    resident.refused("notice_over", "answer", notice=notice, answer=word("confirmed"))
    broker.connect(RESIDENT_NEXT).refused("notice_over", "answer", notice=notice, answer=word("read"))
    staff.refused("notice_over", "remind_missing", notice=notice, nth=1)
    look(staff)


@conversation
def a_notice_ends_by_itself(broker):
    staff = broker.connect(STAFF)
    notice = notify(staff, until_ms=int(time.time() * 1000) + 1500)
    wait_until(lambda: staff.rows("list_notices", notice=notice)[0][0].ended_ms, "the notice to end")
    equal(staff.rows("list_notices")[0], [], "the open ones")
    equal(told(listener(broker, RESIDENT)), [], "what is over is not told")


@conversation
def residents_read_of_their_own_alone(broker):
    staff, resident = broker.connect(STAFF_DISTRICT), broker.connect(RESIDENT)
    here, there = notify(staff, area=MICRO), notify(staff, area=MICRO_B)
    equal([r.notice for r in resident.rows("list_notices")[0]], [here], "a resident's notices")
    equal({r.notice for r in staff.rows("list_notices")[0]}, {here, there}, "everybody's")
    resident.refused("not_allowed", "list_notices", person=RESIDENT_B)
    resident.refused("not_allowed", "list_missing", notice=here)
    broker.connect(CENTRE).ok("answer", notice=here, member=HOME, answer=word("read"))
    broker.connect(RESIDENT_B).ok("answer", notice=there, answer=word("read"))
    equal([r.member for r in resident.rows("list_answers", notice=here, after_seq=2**64 - 1)[0]], [HOME], "what a resident reads of answers")
    equal(resident.rows("list_answers", notice=there, after_seq=2**64 - 1)[0], [], "and of those of others")
    equal([r.notice for r in staff.rows("list_notices", area=STREET)[0]], [there, here], "of a street, newest first")


@conversation
def handing_out_goes_on_after_a_crash(broker):
    staff = broker.connect(STAFF_DISTRICT)
    notice = notify(staff, area=DISTRICT, kind="roll_call", want="answer")
    broker.kill()
    broker.start()
    staff = broker.connect(STAFF_DISTRICT)
    wait_until(lambda: staff.rows("list_notices", notice=notice)[0][0].orders == 4, "an order for each micro-grid of the district")
    rows, _ = staff.rows("list_orders", area=DISTRICT, after_seq=2**64 - 1)
    equal(len({r.holder for r in rows}), len(rows), "holders, each with one order")
    equal(len(rows), 4, "orders")


def lapsed(connection, after_seq=0):
    return [e for e in connection.events(after_seq)[0] if e.what == "lapsed"]


@conversation
def what_is_open_of_a_roll_call_lapses_with_it(broker):
    staff, leader, other = broker.connect(STAFF), broker.connect(LEADER), listener(broker, LEADER_B)
    leader.ok("work", area=MICRO, credit=8)
    other.ok("work", area=MICRO_B, credit=8)
    mine = Order(broker.connect(RESIDENT_B))
    equal(other.pushed().order, mine.id, "a resident's order")
    notice = notify(staff, kind="roll_call", want="answer")
    waiting, taken = leader.pushed().order, other.pushed().order
    other.ok("accept", order=taken, version=1)
    other.pushes()
    wait_until(lambda: staff.rows("list_notices", notice=notice)[0][0].orders == 3, "an order for each micro-grid of the community")
    ended = staff.ok("end_notice", notice=notice, reason="名单有误")
    withdrawn = leader.pushed("withdraw")
    equal((withdrawn.order, withdrawn.person), (waiting, 0), "what is withdrawn from a leader, and who moved it")
    wait_until(lambda: len(lapsed(staff, ended.seq)) == 3, "three orders that lapse")
    told_of = [unpack_one(p.event) for p in other.pushes()]
    equal([(e.what, e.order, e.actor, e.notice) for e in told_of], [("lapsed", taken, 0, notice)], "what the acceptor is told")
    events = lapsed(staff, ended.seq)
    equal({e.order for e in events} >= {waiting, taken}, True, "what has lapsed")
    check(all(e.notice == notice and e.due_ms == 0 for e in events), f"each names the roll-call: {events!r}")
    figures = staff.ask("get_stats", area=COMMUNITY)
    equal((figures.submitted, figures.cancelled, figures.waiting, figures.working), (4, 3, 1, 0), "the figures")
    rows, _ = staff.rows("list_orders", area=COMMUNITY, state=schema.word("state", "cancelled"), after_seq=2**64 - 1)
    equal(len(rows), 3, "orders that are cancelled")
    leader.refused("wrong_state", "accept", order=waiting, version=2)
    other.refused("stale", "complete", order=taken, version=2, result="都在家")
    equal(mine.now(staff).version, 1, "the version of an order that no roll-call handed out")


@conversation
def what_is_completed_outlasts_the_roll_call_and_is_not_reopened(broker):
    staff, leader = broker.connect(STAFF), broker.connect(LEADER)
    leader.ok("work", area=MICRO, credit=8)
    notice = notify(staff, kind="roll_call", want="answer")
    order = leader.pushed().order
    leader.ok("accept", order=order, version=1)
    leader.ok("complete", order=order, version=2, result="都在家")
    staff.ok("reopen", order=order, version=3, reason="少一户")  # while it is open
    grid = broker.connect(GRID_LEADER)
    grid.ok("accept", order=order, version=4)
    grid.ok("complete", order=order, version=5, result="找到了")
    staff.ok("end_notice", notice=notice)
    wait_until(lambda: len(lapsed(staff)) == 2, "the two others")
    check("has ended" in staff.refused("notice_over", "reopen", order=order, version=6, reason="还少一户").detail, "why it is not reopened")
    broker.restart()
    staff = broker.connect(STAFF)
    staff.refused("notice_over", "reopen", order=order, version=6, reason="还少一户")
    staff.ok("confirm", order=order, version=6, rating=5)


@conversation
def lapsing_goes_on_after_a_crash(broker):
    staff = broker.connect(STAFF_DISTRICT)
    notice, other = (notify(staff, area=DISTRICT, kind=kind, want="answer") for kind in ("roll_call", "visits"))
    wait_until(lambda: sum(r.orders for r in staff.rows("list_notices")[0]) == 8, "an order of each for each micro-grid of the district")
    ended = staff.ok("end_notice", notice=notice)
    broker.kill()
    broker.start()
    staff = broker.connect(STAFF_DISTRICT)
    wait_until(lambda: len(lapsed(staff, ended.seq)) == 4, "four orders that lapse")
    equal(len({e.order for e in lapsed(staff)}), 4, "each once")
    broker.restart()
    staff = broker.connect(STAFF_DISTRICT)
    equal(len(lapsed(staff)), 4, "none more, after one more start")
    rows, _ = staff.rows("list_orders", area=DISTRICT, state=schema.word("state", "waiting"), after_seq=2**64 - 1)
    equal([r.notice for r in rows], [other] * 4, "the visits go on")
