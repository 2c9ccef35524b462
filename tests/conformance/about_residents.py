"""What residents and neighbours do and hear: haste, following, merging, agreeing; similar orders, those that are away, counts."""
from conversation import (BRIDGE, COMMUNITY, COURIER, DISTRICT, GRID, GRID_LEADER, HOME, HOME_2, LAMP, LEADER, LEADER_B, MERCHANT, MICRO, MICRO_2,
                          NEIGHBOUR, RESIDENT, RESIDENT_2, RESIDENT_B, RESIDENT_NEXT, ROAD, STAFF, STREET, Connection, Order, check, conversation,
                          equal, new_id, schema, unpack_one)

HOUR_MS, DAY_MS = 3600 * 1000, 86400 * 1000
WAITING, ACCEPTED, COMPLETED, CLOSED, MERGED = (schema.word("state", w) for w in ("waiting", "accepted", "completed", "closed", "merged"))


def listen(broker, person):
    connection = Connection(broker, person, hello=False)
    broker.connections.append(connection)
    connection.hello(listen=True)
    return connection


def told(connection):
    """What it was told of orders' moves up to now: (what, version) each."""
    events = [unpack_one(m.event) for m in connection.pushes() if m.what == "moved"]
    return [(e.what, e.version) for e in events]


@conversation
def haste_has_its_time(broker):
    resident, follower, stranger, leader = (broker.connect(p) for p in (RESIDENT, RESIDENT_B, RESIDENT_NEXT, LEADER))
    order = Order(resident)
    order.refused("not_allowed", stranger, "urge")
    order.move(resident, "urge", text="快点")
    equal((order.now(resident).urges, order.now(resident).state), (1, WAITING), "urges and state")
    refusal = order.refused("too_soon", resident, "urge")
    check("60 minutes" in refusal.detail, f"the detail should say when: {refusal.detail!r}")
    order.move(follower, "follow")
    order.refused("too_soon", follower, "urge")
    equal(resident.ok("urge", order=order.id, version=1, text="快点").version, 2, "the version in the answer to the first urge again")
    order.move(leader, "accept")
    order.move(leader, "complete", result="x")
    order.refused("wrong_state", resident, "urge")
    equal(broker.connect().ask("get_stats", area=MICRO).urged, 1, "the figure")


@conversation
def neighbours_follow_and_strangers_do_not(broker):
    resident = broker.connect(RESIDENT)
    order = Order(resident)
    far = broker.connect(RESIDENT_2)
    refusal = order.refused("not_allowed", far, "follow")
    check(str(COMMUNITY) in refusal.detail, f"the detail should name the community: {refusal.detail!r}")
    far.refused("unknown_order", "get_order", order=order.id)
    order.refused("already", resident, "follow")
    for person in (RESIDENT_NEXT, RESIDENT_B, MERCHANT, COURIER, LEADER_B):
        order.move(broker.connect(person), "follow")
    neighbour = broker.connect(RESIDENT_NEXT)
    order.refused("already", neighbour, "follow")
    equal(order.now(neighbour).followers, 5, "followers")
    order.move(neighbour, "unfollow")
    order.refused("not_following", neighbour, "unfollow")
    equal(order.now(neighbour).followers, 4, "followers, one less")
    broker.restart()
    equal(order.now(broker.connect(RESIDENT)).followers, 4, "followers after a restart")


@conversation
def moves_are_told_to_those_concerned(broker):
    resident, silent, follower, other = (listen(broker, RESIDENT), broker.connect(RESIDENT), listen(broker, RESIDENT_NEXT), listen(broker, RESIDENT_B))
    leader, worker = broker.connect(LEADER), listen(broker, LEADER)
    order = Order(broker.connect(STAFF), requester=RESIDENT)
    equal(told(resident), [("submitted", 1)], "what the requester is told of a new order")
    order.move(follower, "follow")
    equal(told(follower), [], "what somebody is told of their own move")
    order.move(leader, "accept")
    order.move(silent, "urge")
    for connection, what in ((resident, [("followed", 2), ("accepted", 3), ("urged", 4)]), (follower, [("accepted", 3), ("urged", 4)]),
                             (worker, [("urged", 4)]), (other, []), (silent, [])):
        equal(told(connection), what, f"what person {connection.person} is told")
    order.move(follower, "unfollow")
    order.move(leader, "complete", result="x")
    equal(told(resident), [("unfollowed", 5), ("completed", 6)], "what the requester is told")
    equal(told(follower), [], "what somebody is told who follows no more")


@conversation
def haste_is_told_to_who_works_there(broker):
    worker, resident = listen(broker, LEADER), broker.connect(RESIDENT)
    worker.ok("work", area=MICRO, credit=4)
    order = Order(resident)
    equal([p.version for p in worker.pushes()], [1], "versions pushed")
    order.move(resident, "urge", text="快点")
    pushes = worker.pushes()
    equal(sorted(p.what for p in pushes), ["moved", "push"], "what the worker is told")
    event = next(unpack_one(p.event) for p in pushes if p.what == "moved")
    equal((event.what, event.text, event.urges), ("urged", "快点", 1), "the event")


@conversation
def merged_orders_bring_their_followers(broker):
    resident, neighbour, follower = broker.connect(RESIDENT), listen(broker, RESIDENT_NEXT), listen(broker, RESIDENT_B)
    leader, operator = broker.connect(LEADER), broker.connect()
    lamp, door = Order(resident), Order(neighbour, text="门口的灯坏了")
    door.move(follower, "follow")
    for who, refusal, into in ((neighbour, "not_allowed", lamp.id), (leader, "bad_merge", door.id), (leader, "unknown_order", new_id())):
        door.refused(refusal, who, "merge", into=into)
    told(neighbour), told(follower)
    door.move(leader, "merge", into=lamp.id, reason="同一盏灯")
    now = door.now(neighbour)
    equal((now.state, now.merged_into, now.due_ms), (MERGED, lamp.id, 0), "the merged order")
    check(now.ended_ms > 0, "ended_ms of the merged order")
    equal((told(neighbour), told(follower)), ([("merged", 3)], [("merged", 3)]), "what those of the merged order are told")
    equal((lamp.now(resident).followers, lamp.now(resident).version), (2, 1), "followers and version of the other")
    gate = Order(resident)
    gate.refused("bad_merge", leader, "merge", into=door.id)
    lamp.move(leader, "accept")
    lamp.move(leader, "complete", result="已更换灯泡")
    equal((told(neighbour), told(follower)), ([("accepted", 2), ("completed", 3)],) * 2, "what they are told of the other")
    lamp.refused("not_following", resident, "endorse", rating=5)
    lamp.move(neighbour, "endorse", rating=5, text="我家门口也亮了")
    lamp.refused("already", neighbour, "endorse", rating=1)
    lamp.move(resident, "confirm", rating=4)
    broker.restart()
    follower, operator = broker.connect(RESIDENT_B), broker.connect()
    operator.rows("list_orders", after_seq=lamp.seq)
    lamp.move(follower, "endorse", rating=2)
    now = lamp.now(follower)
    equal((now.state, now.rating, now.followers, now.endorsements, now.endorsed_stars), (CLOSED, 4, 2, 2, 7), "the other order at its end")
    repeat = follower.ok("endorse", order=lamp.id, version=lamp.version - 1, rating=2)
    equal(repeat.seq, lamp.seq, "seq of the endorsement again")
    equal(operator.ask("get_stats", area=MICRO).merged, 1, "the figure")
    repeat = broker.connect(LEADER).ok("merge", order=door.id, version=2, into=lamp.id, reason="同一盏灯")
    equal(repeat.version, 3, "the version in the answer to the merge again")
    broker.connect(LEADER).refused("stale", "merge", order=door.id, version=2, into=gate.id, reason="同一盏灯")


@conversation
def what_is_promised_is_visible(broker):
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    now = order.now(resident)
    equal((now.accept_by_ms, now.complete_by_ms, now.overdue), (now.due_ms, now.due_ms + DAY_MS, False), "a waiting order")
    order.move(leader, "accept")
    now = order.now(resident)
    equal((now.accept_by_ms, now.complete_by_ms, now.overdue), (0, now.accepted_ms + DAY_MS, False), "an accepted order")
    order.move(leader, "complete", result="x")
    now = order.now(resident)
    equal((now.accept_by_ms, now.complete_by_ms, now.overdue), (0, 0, False), "a completed order")


@conversation(reopen_max=1)
def reopening_has_an_end(broker):
    resident = broker.connect(RESIDENT)
    order = Order(resident)
    for person in (LEADER, GRID_LEADER):
        worker = broker.connect(person)
        order.move(worker, "accept")
        order.move(worker, "complete", result="x")
        if person == LEADER:
            order.move(resident, "reopen", reason="x")
    refusal = order.refused("too_many", resident, "reopen", reason="x")
    check("reopened 1 times" in refusal.detail, f"the detail should say how often: {refusal.detail!r}")


@conversation
def similar_orders_are_near_in_place_and_time(broker):
    resident, operator, far = broker.connect(RESIDENT), broker.connect(), broker.connect(RESIDENT_2)
    here = {"lon_e7": 1178580000, "lat_e7": 364970000}
    near = {"lon_e7": 1178590000, "lat_e7": 364970000}  # some 90 m
    out = {"lon_e7": 1178630000, "lat_e7": 364970000}  # some 450 m
    at_home, near_one, out_one = Order(resident), Order(operator, area=MICRO, **near), Order(operator, area=MICRO, **out)
    climbed = Order(operator, household=NEIGHBOUR)
    climbed.move(broker.connect(LEADER), "decline", reason="x")
    elsewhere, other = Order(operator, household=HOME_2), Order(operator, household=HOME, category=ROAD)
    over = Order(resident)
    over.move(resident, "cancel")

    def similar(who, **fields):
        return [r.order for r in who.rows("list_similar", category=LAMP, **fields)[0]]

    homes = {at_home.id, climbed.id}
    found = similar(operator, household=HOME)
    equal((set(found[:2]), found[2:]), (homes, [near_one.id]), "orders near a household, the nearest first")
    equal(set(similar(operator, household=HOME, radius_m=50)), homes, "orders within 50 m")
    equal(set(similar(operator, household=HOME, radius_m=1000)), homes | {near_one.id, out_one.id}, "orders within 1 km")
    equal(len(similar(operator, household=HOME, radius_m=1000, limit=2)), 2, "at most two")
    equal(set(similar(operator, area=MICRO, **here)), homes | {near_one.id}, "orders near a coordinate")
    equal(set(similar(operator, area=MICRO)), homes | {near_one.id, out_one.id}, "orders of an area, without a coordinate")
    equal(set(similar(resident)), homes | {near_one.id}, "orders near the home of who asks")
    equal(set(similar(operator, requester=RESIDENT_2)), {elsewhere.id}, "orders near the home of another")
    equal(similar(far, household=HOME), [], "orders that somebody of another community may see")
    row = operator.rows("list_similar", category=ROAD, household=HOME)[0][0]
    equal((row.order, row.holder, row.text), (other.id, GRID, "楼道灯不亮"), "a row")
    operator.refused("unknown_category", "list_similar", category=777, household=HOME)
    operator.refused("unknown_household", "list_similar", category=LAMP, household=1)
    operator.refused("unknown_area", "list_similar", category=LAMP, area=77777)


@conversation
def orders_held_elsewhere_are_seen_from_below(broker):
    resident, operator, leader = broker.connect(RESIDENT), broker.connect(), broker.connect(LEADER)
    home, road, climbed = Order(resident), Order(resident, category=ROAD), Order(resident)
    climbed.move(leader, "decline", reason="x")
    moved = Order(resident)
    moved.move(leader, "transfer", holder=MICRO_2, reason="x")

    def away(area, who=operator):
        return [r.order for r in who.rows("list_away", area=area)[0]]

    equal(away(MICRO), [road.id, climbed.id, moved.id], "away from the micro-grid, oldest first")
    equal(away(GRID), [moved.id], "away from the grid")
    equal(away(DISTRICT), [], "away from the district")
    equal(away(MICRO_2), [], "away from where one was given to")
    pages, _, count = operator.pages("list_away", "cursor", area=MICRO, limit=1)
    equal(([r.order for r in pages], count), ([road.id, climbed.id, moved.id], 3), "page by page")
    broker.restart()
    operator = broker.connect()
    equal(away(MICRO, operator), [road.id, climbed.id, moved.id], "after a restart")
    moved.move(broker.connect(), "transfer", holder=MICRO, reason="x")
    equal(away(MICRO, operator), [road.id, climbed.id], "when it is back")
    equal(away(MICRO, broker.connect(LEADER)), [road.id, climbed.id], "as the leader sees it")
    broker.connect(RESIDENT).refused("not_allowed", "list_away", area=MICRO)
    operator.refused("unknown_area", "list_away", area=77777)
    equal(home.now(operator).holder, MICRO, "the holder of one that is at home")


@conversation
def a_couriers_reports_are_counted(broker):
    courier, operator, leader = broker.connect(COURIER), broker.connect(), broker.connect(LEADER)
    picture = "https://example.com/p/1.jpg"
    first = Order(courier, area=MICRO, lon_e7=1178580000, lat_e7=364970000, picture=picture)
    equal((first.now(courier).picture, first.now(courier).requester), (picture, COURIER), "the report")
    courier.refused("order_exists", "submit", **{**first.submit, "picture": "https://example.com/p/2.jpg"})
    equal(courier.ok("submit", **first.submit).seq, first.seq, "seq of the same report")
    first.move(leader, "accept")
    first.move(leader, "complete", result="x")
    first.move(courier, "confirm", rating=4)
    second, third = Order(courier, area=MICRO), Order(courier, area=MICRO)
    third.move(courier, "cancel")
    last = third.seq
    counts = courier.ask("count_orders", requester=0, after_seq=last)
    equal((counts.what, counts.requester, counts.orders, counts.rated, counts.stars, counts.more), ("counts", COURIER, 3, 1, 4, False), "the counts")
    by_state = {s: n for s, n in enumerate(counts.states, 1) if n}
    equal(by_state, {WAITING: 1, CLOSED: 1, schema.word("state", "cancelled"): 1}, "by state")
    since = second.now(courier).submitted_ms
    equal(operator.ask("count_orders", requester=COURIER, since_ms=since + HOUR_MS, after_seq=last).orders, 0, "of later on")
    equal(operator.ask("count_orders", requester=COURIER, until_ms=since + HOUR_MS, after_seq=last).orders, 3, "until then")
    broker.connect(RESIDENT).refused("not_allowed", "count_orders", requester=COURIER)
    operator.refused("unknown_person", "count_orders", requester=77777)
