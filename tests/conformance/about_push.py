"""Being given work: credit, order of pushes, withdrawals, and orders of workers who are gone."""
from conversation import (BENCH, CENTRE, COMMUNITY, FIRE, GRID, GRID_LEADER, HOME, LAMP, LEADER, LEADER_2, LEADER_B, LEADER_TOO, MICRO, MICRO_2,
                          MICRO_B, RESIDENT, RESIDENT_B, ROAD, STAFF_DISTRICT, DISTRICT, Order, check, conversation, equal, new_id, unpack_one, wait_until)


def worker(broker, person, area=MICRO, credit=100):
    c = broker.connect(person)
    c.ok("work", area=area, credit=credit)
    return c


def ids(messages):
    return [m.order for m in messages]


@conversation
def a_push_carries_the_whole_submission(broker):
    leader = worker(broker, LEADER)
    order = Order(broker.connect(RESIDENT), text="三号楼灯不亮", place="三号楼", urgency=2, lon_e7=-5, lat_e7=6)
    push = leader.pushed()
    now = order.now(leader)
    equal({k: push[k] for k in ("order", "version", "holder", "attempt", "waiting_ms", "due_ms")},
          {k: now[k] for k in ("order", "version", "holder", "attempt", "waiting_ms", "due_ms")}, "the push, and the order as it stands")
    submitted = unpack_one(push.submitted)
    equal((submitted.what, submitted.request), ("submitted", order.seq), "the event inside the push")
    expected = {"order": order.id, "version": 1, "holder": MICRO, "from": 0, "actor": RESIDENT, "requester": RESIDENT, "household": HOME,
                "area": MICRO, "category": LAMP, "urgency": 2, "text": "三号楼灯不亮", "place": "三号楼", "lon_e7": -5, "lat_e7": 6,
                "due_ms": now.due_ms, "time_ms": now.submitted_ms}
    equal({k: submitted[k] for k in expected}, expected, "the submitted event inside the push")


@conversation
def credit_is_a_window_and_is_refilled(broker):
    resident, leader = broker.connect(RESIDENT), worker(broker, LEADER, credit=3)
    orders = {}
    for _ in range(10):
        order = Order(resident)
        orders[order.id] = order
    first = leader.pushes()
    equal(ids(first), list(orders)[:3], "the orders pushed with a credit of 3")
    orders[first[1].order].move(leader, "accept")
    equal(ids(leader.pushes()), list(orders)[3:4], "the push after one was accepted")
    orders[first[0].order].move(leader, "decline", reason="x")
    equal(ids(leader.pushes()), list(orders)[4:5], "the push after one was declined")
    orders[first[2].order].move(resident, "cancel")
    equal([(m.what, m.order) for m in leader.pushes()], [("withdraw", first[2].order), ("push", list(orders)[5])], "after one was cancelled")
    leader.ok("work", area=MICRO, credit=1)
    for n in (3, 4):
        orders[list(orders)[n]].move(leader, "accept")
        leader.no_pushes("its credit is 1 and it still holds more")
    orders[list(orders)[5]].move(leader, "accept")
    equal(ids(leader.pushes()), list(orders)[6:7], "the push when what was out is below the new credit")
    leader.ok("work", area=MICRO, credit=3)
    equal(ids(leader.pushes()), list(orders)[7:9], "the pushes after the credit was raised")
    leader.ok("work", area=MICRO, credit=0)
    leader.no_pushes("it has stopped")
    other = worker(broker, LEADER_TOO)
    equal(ids(other.pushes()), list(orders)[6:], "what goes to another when the first has stopped")
    late = orders[list(orders)[7]]
    late.move(leader, "accept")
    equal([(m.what, m.order, m.person) for m in other.pushes()], [("withdraw", late.id, LEADER)], "an accept from the one who stopped is still good")


@conversation
def credit_is_counted_for_each_area(broker):
    both = broker.connect(0)
    both.ok("work", area=MICRO, credit=1)
    both.ok("work", area=MICRO_B, credit=2)
    resident, neighbour = broker.connect(RESIDENT), broker.connect(RESIDENT_B)
    for _ in range(3):
        Order(resident), Order(neighbour)
    equal(sorted(m.holder for m in both.pushes()), [MICRO, MICRO_B, MICRO_B], "areas of the pushes")


@conversation
def the_most_urgent_first_then_the_oldest(broker):
    resident = broker.connect(RESIDENT)
    orders = [Order(resident, category=category, urgency=urgency) for category, urgency in
              [(BENCH, 0), (LAMP, 0), (FIRE, 0), (LAMP, 2), (BENCH, 0), (LAMP, 1), (LAMP, 0), (FIRE, 4), (LAMP, 2), (FIRE, 0)]]
    urgency = {o.id: o.now(resident).urgency for o in orders}
    expected = [o.id for o in sorted(orders, key=lambda o: (urgency[o.id], o.seq))]
    leader = worker(broker, LEADER, credit=100)
    equal(ids(leader.pushes()), expected, "pushes by urgency, then age")
    leader.ok("bye")
    leader.hello()
    leader.ok("work", area=MICRO, credit=1)
    by_id = {o.id: o for o in orders}
    got = []
    for n in range(len(expected)):
        push = leader.pushed()
        got.append(push.order)
        if n == 4:
            late = Order(resident, category=FIRE)
            by_id[late.id] = late
        by_id[push.order].move(leader, "accept")
        if n == 4:
            equal(leader.pushed().order, late.id, "the emergency that came later")
            late.move(leader, "accept")
    equal(got, expected, "pushes one at a time")


@conversation
def workers_of_one_area_take_turns(broker):
    resident = broker.connect(RESIDENT)
    workers = [worker(broker, LEADER, credit=4), worker(broker, LEADER_TOO, credit=4), worker(broker, CENTRE, credit=4)]
    orders = [Order(resident) for _ in range(12)]
    got = [ids(w.pushes()) for w in workers]
    equal([len(g) for g in got], [4, 4, 4], "pushes to each of three workers with credit for a third")
    equal(sorted(sum(got, [])), sorted(o.id for o in orders), "orders pushed, each to one")
    equal(broker.connect().ask("get_stats", area=MICRO).workers, 3, "workers in the figures")
    equal(broker.connect().ask("get_stats", area=MICRO).pushed, 12, "pushed in the figures")


@conversation
def who_accepts_withdraws_it_from_the_other(broker):
    resident, holder = broker.connect(RESIDENT), worker(broker, LEADER)
    order = Order(resident)
    equal(holder.pushed().order, order.id, "the order pushed")
    other = broker.connect(LEADER_TOO)
    order.move(other, "accept")
    withdraw = holder.pushed("withdraw")
    equal((withdraw.order, withdraw.holder, withdraw.person), (order.id, MICRO, LEADER_TOO), "the withdraw")
    refusal = holder.refused("taken", "accept", order=order.id, version=1)
    equal(refusal.person, LEADER_TOO, "the one who was first")
    own = Order(resident)
    equal(holder.pushed().order, own.id, "the next order pushed")
    own.move(holder, "accept")
    holder.no_pushes("who accepted it itself gets no withdraw")


@conversation
def a_cancelled_order_is_withdrawn(broker):
    resident, leader = broker.connect(RESIDENT), worker(broker, LEADER)
    order = Order(resident)
    leader.pushed()
    order.move(resident, "cancel")
    equal((leader.pushed("withdraw").person), RESIDENT, "who moved it")
    order.refused("wrong_state", leader, "accept")


@conversation
def a_note_pushes_again_with_the_new_version(broker):
    resident, leader = broker.connect(RESIDENT), worker(broker, LEADER, credit=2)
    order, behind = Order(resident), Order(resident)
    equal(ids(leader.pushes()), [order.id, behind.id], "the orders pushed")
    further = Order(resident)
    for version in (2, 3, 4):
        order.move(resident if version < 4 else leader, "note", text="x")
        pushes = leader.pushes()
        equal([(p.order, p.version, p.attempt) for p in pushes], [(order.id, version, 1)], "the push after a note: no further credit is taken up")
    leader.refused("stale", "accept", order=order.id, version=3)
    order.move(leader, "accept")
    equal(ids(leader.pushes()), [further.id], "the push after the accept")
    order.move(resident, "note", text="x")
    leader.no_pushes("a note on an accepted order is not pushed")


@conversation
def a_declined_order_is_pushed_to_the_grid_above(broker):
    resident, leader, above = broker.connect(RESIDENT), worker(broker, LEADER), worker(broker, GRID_LEADER, GRID)
    order = Order(resident)
    leader.pushed()
    above.no_pushes("the order waits below it")
    order.move(leader, "decline", reason="x")
    push = above.pushed()
    equal((push.order, push.version, push.holder, push.attempt), (order.id, 2, GRID, 1), "the push to the grid's leader")
    leader.no_pushes("it has moved the order itself")
    order.move(above, "accept")


@conversation
def a_transferred_order_changes_workers(broker):
    resident, leader, other = broker.connect(RESIDENT), worker(broker, LEADER), worker(broker, LEADER_2, MICRO_2)
    order = Order(resident)
    leader.pushed()
    order.move(broker.connect(STAFF_DISTRICT), "transfer", holder=MICRO_2, reason="x")
    equal(leader.pushed("withdraw").person, STAFF_DISTRICT, "who moved it")
    push = other.pushed()
    equal((push.order, push.version, push.holder), (order.id, 2, MICRO_2), "the push to the new holder")
    order.move(other, "accept")
    order.move(other, "transfer", holder=MICRO, reason="x")
    equal((leader.pushed().version), 4, "the version pushed after an accepted order was transferred back")
    other.no_pushes("it has moved the order itself")


@conversation
def a_reopened_order_is_pushed_one_level_up(broker):
    resident, leader, above, top = broker.connect(RESIDENT), worker(broker, LEADER), worker(broker, GRID_LEADER, GRID), worker(broker, 4001, COMMUNITY)
    order = Order(resident)
    leader.pushed()
    order.move(leader, "accept")
    order.move(leader, "complete", result="x")
    order.move(resident, "reopen", reason="x")
    push = above.pushed()
    equal((push.order, push.version, push.holder, push.attempt), (order.id, 4, GRID, 2), "the push of the second attempt")
    order.move(above, "accept")
    order.move(above, "complete", result="x")
    order.move(resident, "confirm", rating=1)
    order.move(resident, "reopen", reason="x")
    equal((top.pushed().attempt), 3, "the attempt of the push after a closed order was reopened")
    leader.no_pushes("the order has left its grid")


@conversation
def bye_gives_back_at_once(broker):
    resident, leaving, staying = broker.connect(RESIDENT), worker(broker, LEADER, credit=5), broker.connect(LEADER_TOO)
    orders = [Order(resident) for _ in range(5)]
    equal(len(leaving.pushes()), 5, "pushes to the first")
    orders[0].move(leaving, "accept")
    staying.ok("work", area=MICRO, credit=10)
    staying.no_pushes("all orders are with the other")
    leaving.ok("bye")
    equal(ids(staying.pushes()), [o.id for o in orders[1:]], "what the other had not accepted, in order")
    leaving.hello()
    leaving.no_pushes("it has left, without a withdraw")


@conversation(heartbeat_ms=200)
def a_silent_workers_orders_go_to_another(broker):
    resident = broker.connect(RESIDENT)
    silent = worker(broker, LEADER, credit=3)
    orders = [Order(resident) for _ in range(3)]
    equal(ids([silent.pushed() for _ in orders]), [o.id for o in orders], "the orders pushed to the one that falls silent")
    living = broker.connect(LEADER_TOO)

    def given():
        if living.ask("work", area=MICRO, credit=10).what == "refused":
            living.hello()
        return sum(m.what == "push" for m in living.inbox) >= 3

    wait_until(given, "three orders of the silent worker are pushed to the other", lambda: living.take(0.03))
    equal(ids(m for m in living.inbox if m.what == "push")[:3], [o.id for o in orders], "the orders pushed to the other")
    answer = silent.ask("accept", order=orders[0].id, version=1)
    equal(answer.name, "no_hello", "the refusal of one that was silent too long")
    silent.hello()
    orders[0].move(silent, "accept")  # still good: the first to come


@conversation(heartbeat_ms=200)
def a_vanished_workers_orders_go_to_another(broker):
    resident = broker.connect(RESIDENT)
    vanishing = worker(broker, LEADER, credit=3)
    orders = [Order(resident) for _ in range(3)]
    equal(len([vanishing.pushed() for _ in orders]), 3, "pushes to the one that vanishes")
    vanishing.close()
    broker.connections.remove(vanishing)
    living = broker.connect(LEADER_TOO)

    def given():
        if living.ask("work", area=MICRO, credit=10).what == "refused":
            living.hello()
        return sum(m.what == "push" for m in living.inbox) >= 3

    wait_until(given, "three orders of the vanished worker are pushed to the other", lambda: living.take(0.03))
    equal(ids(m for m in living.inbox if m.what == "push")[:3], [o.id for o in orders], "the orders pushed to the other")


@conversation
def a_push_to_a_vanished_worker_goes_on_to_the_next(broker):
    """Long before its silence is noticed: the push itself finds nobody."""
    resident, living = broker.connect(RESIDENT), broker.connect(LEADER_TOO)
    for _ in range(20):
        gone = worker(broker, LEADER, credit=100)
        gone.close()
        broker.connections.remove(gone)
    got = []

    def submit():
        Order(resident)
        living.ok("work", area=MICRO, credit=4096)
        got.extend(ids(living.pushes()))

    wait_until(lambda: len(got) == resident.ask("get_stats", area=MICRO).waiting > 20, "all orders came to the one that is there", submit)
    equal(len(set(got)), len(got), "orders, each pushed once")


@conversation
def orders_that_waited_are_pushed_after_a_restart(broker):
    resident, leader = broker.connect(RESIDENT), worker(broker, LEADER)
    orders = [Order(resident, urgency=u) for u in (3, 1, 2, 3, 4)]
    equal(len(leader.pushes()), 5, "pushes before")
    orders[3].move(leader, "accept")
    orders[0].move(resident, "note", text="x")
    for stop in (broker.stop, broker.kill):
        stop()
        broker.start()
        leader = worker(broker, LEADER)
        equal([(p.order, p.version) for p in leader.pushes()], [(orders[i].id, orders[i].version) for i in (1, 2, 0, 4)],
              "pushes after a restart, by urgency and age")
    orders[0].move(leader, "accept")


@conversation
def work_is_for_those_with_a_post_there(broker):
    for person, area, refusal in ((RESIDENT, MICRO, "not_allowed"), (8001, COMMUNITY, "not_allowed"), (LEADER, MICRO_B, "not_allowed"),
                                  (LEADER, GRID, "not_allowed"), (LEADER_B, MICRO, "not_allowed"), (LEADER, 31, "unknown_area"),
                                  (9101, 1121, "not_allowed"), (GRID_LEADER, MICRO, "not_allowed"),
                                  (STAFF_DISTRICT, MICRO_2, "not_allowed")):
        broker.connect(person).refused(refusal, "work", area=area, credit=1)
    for person, area in ((LEADER, MICRO), (CENTRE, MICRO), (GRID_LEADER, GRID), (STAFF_DISTRICT, DISTRICT), (9001, MICRO), (0, GRID)):
        broker.connect(person).ok("work", area=area, credit=1)


@conversation
def a_road_is_pushed_to_the_grid_and_to_nobody_below(broker):
    resident, leader, above = broker.connect(RESIDENT), worker(broker, LEADER), worker(broker, GRID_LEADER, GRID)
    order = Order(resident, category=ROAD)
    equal(above.pushed().order, order.id, "the order pushed to the grid")
    leader.no_pushes("the category's orders are the grid's")


@conversation
def a_thousand_waiting_orders_reach_a_worker_in_order(broker):
    resident = broker.connect(RESIDENT)
    made = [new_id() for _ in range(1200)]
    answers = resident.answers(resident.send_many(("submit", {"order": i, "category": LAMP, "text": "派" * 100}) for i in made))
    check(all(a.what == "ok" for a in answers), "a submit was refused")
    leader = worker(broker, LEADER, credit=4096)
    equal(ids(leader.pushes()), made, "pushes with more credit than orders")
    leader.ok("bye")
    leader.hello()
    leader.ok("work", area=MICRO, credit=16)
    accepted = 0
    while accepted < 300:
        push = leader.pushed()
        equal(push.order, made[accepted], f"push number {accepted}")
        leader.send("accept", order=push.order, version=push.version)
        accepted += 1
    wait_until(lambda: leader.ask("get_stats", area=MICRO).working == 300, "300 orders are accepted")
