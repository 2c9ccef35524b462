"""Past orders of another system: record, what they count as, and how they are listed whole."""
import os
import shutil
import time

from conversation import (ADMINISTRATOR, COURIER, DISTRICT, LAMP, LEADER, MICRO, MICRO_2, RESIDENT, ROAD, STAFF, Order, check,
                          conversation, equal, new_id, unpack_one)

DAY = 86400000


def now_ms():
    return time.time_ns() // 1000000


def past(days, **fields):
    """A closed order of so many days ago, which was late by a day."""
    begin = now_ms() - days * DAY
    return {"order": new_id(begin), "category": LAMP, "text": "路灯不亮", "submitted_ms": begin, "state": 4, "source": "city-311", "key": f"k{days}",
            "ended_ms": begin + 2 * DAY, "target_ms": begin + DAY, "area": MICRO, "result": "已修复", **fields}


def still_open(days, **fields):
    return past(days, **{"state": 1, "ended_ms": 0, "target_ms": 0, "result": "", **fields})


def figures(connection, area=0):
    stats = connection.ask("get_stats", area=area)
    return {name: getattr(stats, name) for name in ("submitted", "due", "closed", "late", "duplicate", "cancelled", "waiting")}


@conversation
def a_past_order_is_recorded_once_and_for_all(broker):
    """Again at once, by an administrator, with other contents, after it left memory, after a restart, and after the book was deleted."""
    operator, administrator = broker.connect(), broker.connect(ADMINISTRATOR)
    orders = [past(400 - i, duplicate=i % 5 == 0, key=str(i)) for i in range(300)]
    firsts = [operator.ok("record", **order) for order in orders]
    wanted = {"submitted": 300, "due": 300, "closed": 300, "late": 300, "duplicate": 60, "cancelled": 0, "waiting": 0}
    equal(figures(operator), wanted, "the figures")
    equal(figures(operator, MICRO), wanted, "the figures of the micro-grid")
    digest = operator.digest()
    for connection in (operator, administrator):
        for first, order in zip(firsts, orders):
            answer = connection.ok("record", **order)
            equal((answer.seq, answer.version), (first.seq, 1), "the answer to a repeat")
    for name, value in (("text", "路灯亮"), ("ended_ms", now_ms()), ("state", 5), ("target_ms", 0), ("key", "x"), ("area", MICRO_2), ("result", "")):
        operator.refused("order_exists", "record", **{**orders[0], name: value})
    equal(operator.digest(), digest, "the state after repeats and refusals")
    broker.restart()
    operator = broker.connect()
    equal(operator.ok("record", **orders[7]).seq, firsts[7].seq, "the answer to a repeat after a restart")
    equal(figures(operator), wanted, "the figures after a restart")
    broker.stop()
    shutil.rmtree(os.path.join(broker.data, "book"))
    broker.start()
    operator = broker.connect()
    equal(operator.digest(), digest, "the state after a replay of the journal")
    for first, order in zip(firsts, orders):
        equal(operator.ok("record", **order).seq, first.seq, "the answer to a repeat after a replay")
    equal(figures(operator), wanted, "the figures after a replay and repeats")
    row = operator.rows("get_order", order=orders[3]["order"])[0][0]
    equal((row.state, row.submitted_ms, row.completed_ms, row.ended_ms, row.late, row.duplicate, row.source, row.key),
          (4, orders[3]["submitted_ms"], orders[3]["ended_ms"], orders[3]["ended_ms"], True, False, "city-311", "3"), "the order")


@conversation
def an_open_one_is_dispatched_and_worked_on(broker):
    operator, leader, resident = broker.connect(), broker.connect(LEADER), broker.connect(RESIDENT)
    leader.ok("work", area=MICRO, credit=4)
    order = still_open(30, requester=RESIDENT, place="税务街12号", lon_e7=1178580001)
    operator.ok("record", **order)
    push = leader.pushed()
    first = unpack_one(push.submitted)
    equal((push.order, push.version, push.holder), (order["order"], 1, MICRO), "the push")
    equal((first.what, first.order, first.text, first.place, first.lon_e7, first.category, first.requester, first.time_ms),
          ("submitted", order["order"], "路灯不亮", "税务街12号", 1178580001, LAMP, RESIDENT, order["submitted_ms"]), "what was pushed")
    leader.ok("accept", order=order["order"], version=1)
    leader.ok("complete", order=order["order"], version=2, result="修好了")
    resident.ok("confirm", order=order["order"], version=3, rating=5)
    rows, _ = operator.rows("get_order", order=order["order"], story=True)
    equal([unpack_one(r.event).what for r in rows[1:]], ["recorded", "accepted", "completed", "confirmed"], "its story")
    equal(figures(operator), {"submitted": 1, "due": 0, "closed": 1, "late": 0, "duplicate": 0, "cancelled": 0, "waiting": 0}, "the figures")
    equal(operator.ok("record", **order).version, 1, "the version that a repeat is answered with")
    due = still_open(20, target_ms=now_ms() + 5 * DAY)
    operator.ok("record", **due)
    equal(leader.pushed().due_ms, due["target_ms"], "by when it is to be accepted")
    over, before = still_open(20, target_ms=now_ms() - 5 * DAY), now_ms()
    operator.ok("record", **over)
    check(before + 1800 * 1000 <= leader.pushed().due_ms <= now_ms() + 1800 * 1000, "a time that is over begins anew here")


@conversation
def only_the_operator_and_administrators_record(broker):
    for person in (RESIDENT, LEADER, STAFF, COURIER):
        who = broker.connect(person)
        who.refused("not_allowed", "record", **past(9))
        who.refused("not_entitled", "record", **past(9, actor=ADMINISTRATOR))
    broker.connect(ADMINISTRATOR).ok("record", **past(9))
    broker.connect().ok("record", **past(9, actor=ADMINISTRATOR))
    broker.connect().refused("not_allowed", "record", **past(9, actor=STAFF))


@conversation
def what_does_not_fit_is_refused(broker):
    operator = broker.connect()
    before = operator.digest()
    for refusal, fields in (("bad_times", {"submitted_ms": now_ms() + DAY}), ("bad_times", {"ended_ms": 0}), ("bad_times", {"state": 1}),
                            ("bad_times", {"ended_ms": 1}), ("bad_field", {"state": 2}), ("bad_field", {"state": 6}), ("bad_field", {"text": ""}),
                            ("bad_field", {"source": ""}), ("bad_field", {"key": "x" * 129}), ("bad_id", {"order": bytes(16)}),
                            ("unknown_area", {"area": 77777}), ("unknown_category", {"category": 77}), ("unknown_person", {"requester": 77777}),
                            ("unknown_household", {"household": 1})):
        operator.refused(refusal, "record", **past(9, **fields))
    equal(operator.digest(), before, "the state after refusals")


@conversation
def lists_of_the_whole_go_by_id_and_know_the_outcome(broker):
    operator, leader, resident = broker.connect(), broker.connect(LEADER), broker.connect(RESIDENT)
    recorded = [past(100 - i, key=str(i), area=MICRO if i % 2 else MICRO_2, category=LAMP if i % 3 else ROAD) for i in range(60)]
    for order in reversed(recorded):
        operator.ok("record", **order)
    done = Order(resident)
    accepted = done.move(leader, "accept")
    complete_by = done.now(operator).due_ms
    done.move(leader, "complete", result="换了灯泡")
    done.move(resident, "confirm", rating=4)
    dropped = Order(resident)
    accept_by = dropped.now(operator).due_ms
    dropped.move(resident, "cancel", reason="自己修好了")
    last = dropped.seq
    whole, _, pages = operator.pages("list_orders", "cursor", whole=True, limit=7, after_seq=last)
    check(pages > 5, f"62 orders at 7 a page came in {pages} pages")
    ids = [o["order"] for o in recorded] + [done.id, dropped.id]
    equal([row.order for row in whole], ids, "all orders, by id")
    equal({(row.result, row.target_ms - row.submitted_ms) for row in whole[:60]}, {("已修复", DAY)}, "results and targets of the recorded ones")
    equal((whole[60].result, whole[60].target_ms, whole[60].late), ("换了灯泡", complete_by, False), "the completed one")
    equal((whole[61].result, whole[61].target_ms), ("自己修好了", accept_by), "the cancelled one")
    check(accepted.seq < last, "the order of things")

    def filtered(**fields):
        return [row.order for row in operator.pages("list_orders", "cursor", whole=True, limit=500, after_seq=last, **fields)[0]]

    since, until = recorded[10]["submitted_ms"], recorded[20]["submitted_ms"]
    equal(filtered(since_ms=since, until_ms=until), ids[10:20], "those of ten days")
    equal(filtered(area=MICRO_2), [o["order"] for i, o in enumerate(recorded) if i % 2 == 0 and i % 3], "those held in a micro-grid")
    equal(filtered(area=DISTRICT, category=ROAD), [o["order"] for i, o in enumerate(recorded) if i % 3 == 0], "those of a category in the district")
    equal(filtered(state=5), [dropped.id], "the cancelled ones")
    equal(filtered(area=DISTRICT), ids, "those of the district")
    listed = operator.pages("list_orders", "cursor", limit=500, after_seq=last, category=ROAD, since_ms=since)[0]
    equal([row.order for row in listed], [o["order"] for i, o in reversed(list(enumerate(recorded))) if i % 3 == 0 and i >= 10], "newest first, filtered")
    operator.refused("bad_field", "list_orders", whole=True, requester=RESIDENT)
    resident.refused("not_allowed", "list_orders", whole=True)
