"""The life of an order: each move, its repeats, its refusals, and two who want the same."""
import signal
import time

from conversation import (ADMINISTRATOR, BENCH, BRIDGE, CENTRE, COMMUNITY, DISTRICT, FIRE, GRID, GRID_LEADER, HOME, HOME_B, LAMP, LEADER,
                          LEADER_2, LEADER_B, LEADER_TOO, MERCHANT, MICRO, MICRO_2, MICRO_B, NEIGHBOUR, RESIDENT, RESIDENT_B, RESIDENT_NEXT, ROAD, STAFF,
                          STAFF_DISTRICT, STALLS, STREET, Order, check, conversation, equal, new_id, schema, wait_until)

WAITING, ACCEPTED, COMPLETED, CLOSED, CANCELLED = (schema.word("state", w) for w in ("waiting", "accepted", "completed", "closed", "cancelled"))


def must_be(order, who, /, **expected):
    now = order.now(who)
    equal({k: now[k] for k in expected}, expected, f"the order at version {now.version}")
    return now


@conversation
def an_order_lives(broker):
    """Every field of an order, after every move."""
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident, text="三号楼二单元楼道灯不亮", place="三号楼", urgency=2, lon_e7=1178580001, lat_e7=364970001)
    now = must_be(order, resident, order=order.id, version=1, state=WAITING, holder=MICRO, area=MICRO, requester=RESIDENT, household=HOME,
                  category=LAMP, urgency=2, attempt=1, acceptor=0, rating=0, accepted_ms=0, completed_ms=0, ended_ms=0, seq=order.seq,
                  last_seq=order.seq, text="三号楼二单元楼道灯不亮", place="三号楼")
    equal(now.due_ms, now.submitted_ms + 900 * 1000, "due_ms: half of accept_within_s after submission, for it is more urgent than its category")
    equal(now.waiting_ms, now.submitted_ms, "waiting_ms of a new order")
    order.move(leader, "accept")
    now = must_be(order, resident, version=2, state=ACCEPTED, acceptor=LEADER, holder=MICRO, last_seq=order.seq)
    equal(now.due_ms, now.accepted_ms + 43200 * 1000, "due_ms: half of complete_within_s after acceptance")
    order.move(leader, "complete", result="已更换灯泡")
    now = must_be(order, resident, version=3, state=COMPLETED, acceptor=LEADER, rating=0, ended_ms=0)
    equal(now.due_ms, now.completed_ms + 7 * 86400 * 1000, "due_ms: confirm_days after completion")
    order.move(resident, "reopen", reason="灯又不亮了")
    now = must_be(order, resident, version=4, state=WAITING, holder=GRID, area=MICRO, attempt=2, acceptor=0, accepted_ms=0, completed_ms=0)
    check(now.waiting_ms >= now.submitted_ms, "waiting_ms goes on with the reopening")
    grid_leader = broker.connect(GRID_LEADER)
    order.move(grid_leader, "accept")
    order.move(grid_leader, "complete", result="换了整灯")
    order.move(resident, "confirm", rating=4, text="谢谢")
    now = must_be(order, resident, version=7, state=CLOSED, rating=4, due_ms=0, attempt=2, acceptor=GRID_LEADER, holder=GRID)
    check(now.ended_ms >= now.completed_ms >= now.accepted_ms >= now.waiting_ms >= now.submitted_ms > 0, f"times in their order: {now!r}")
    order.move(resident, "reopen", reason="还是不亮")
    now = must_be(order, resident, version=8, state=WAITING, holder=COMMUNITY, attempt=3, rating=0, ended_ms=0)
    _, story = order.now(resident, story=True)
    equal([e.what for e in story], ["submitted", "accepted", "completed", "reopened", "accepted", "completed", "confirmed", "reopened"],
          "the story")
    equal([e.version for e in story], list(range(1, 9)), "versions in the story")
    equal([e.actor for e in story], [RESIDENT, LEADER, LEADER, RESIDENT, GRID_LEADER, GRID_LEADER, RESIDENT, RESIDENT], "actors in the story")
    equal([(e["from"], e.holder) for e in story], [(0, MICRO), (MICRO, MICRO), (MICRO, MICRO), (MICRO, GRID), (GRID, GRID), (GRID, GRID),
                                                  (GRID, GRID), (GRID, COMMUNITY)], "holders in the story")
    equal(story[6].text, "谢谢", "the word with the rating")
    equal(story[7].attempt, 3, "the attempt of the second reopening")
    times = [e.time_ms for e in story]
    equal(times, sorted(times), "times in the story")


@conversation
def orders_go_to_the_level_of_their_category(broker):
    c, operator = broker.connect(RESIDENT), broker.connect()
    for category, holder, urgency in ((LAMP, MICRO, 3), (FIRE, MICRO, 1), (ROAD, GRID, 2), (BENCH, MICRO, 4), (BRIDGE, DISTRICT, 3)):
        must_be(Order(c, category=category), c, holder=holder, area=MICRO, urgency=urgency)
    must_be(Order(c, urgency=1), c, urgency=1)
    must_be(Order(operator, household=HOME_B), operator, holder=MICRO_B, area=MICRO_B, household=HOME_B, requester=0)
    must_be(Order(operator, area=MICRO_2), operator, holder=MICRO_2, area=MICRO_2, household=0)
    must_be(Order(operator, area=STREET), operator, holder=STREET, area=STREET)
    must_be(Order(operator, area=STREET, category=BRIDGE), operator, holder=DISTRICT, area=STREET)
    must_be(Order(broker.connect(MERCHANT)), operator, holder=STALLS, area=STALLS, household=0, requester=MERCHANT)
    must_be(Order(broker.connect(STAFF), requester=RESIDENT), operator, holder=MICRO, household=HOME, requester=RESIDENT)
    must_be(Order(broker.connect(CENTRE)), operator, holder=MICRO, household=500001, requester=CENTRE)
    must_be(Order(operator, household=NEIGHBOUR, area=MICRO_2), operator, household=NEIGHBOUR)
    must_be(Order(operator), operator, holder=DISTRICT, area=DISTRICT, household=0, requester=0)
    operator.refused("unknown_household", "submit", order=new_id(), category=LAMP, text="x", household=1)
    operator.refused("unknown_area", "submit", order=new_id(), category=LAMP, text="x", area=77777)
    operator.refused("unknown_category", "submit", order=new_id(), category=77, text="x", area=MICRO)
    operator.refused("unknown_person", "submit", order=new_id(), category=LAMP, text="x", requester=77777)


def moves_of_a_full_life(broker):
    """(who, command) of every move there is, in an order that can be walked; the order's version is its place."""
    resident, follower, leader, grid_leader, staff = (broker.connect(p) for p in (RESIDENT, RESIDENT_B, LEADER, GRID_LEADER, STAFF))
    later = int(time.time() * 1000) + 86400 * 1000
    return [(resident, "submit", {"category": LAMP, "text": "x", "place": "y"}), (follower, "follow", {}), (resident, "note", {"text": "快一点"}),
            (leader, "accept", {}), (follower, "unfollow", {}), (follower, "follow", {}), (follower, "urge", {"text": "快点"}),
            (leader, "suspend", {"until_ms": later, "reason": "等配件"}), (leader, "resume", {"reason": "到了"}), (leader, "release", {"reason": "外出"}),
            (leader, "accept", {}),
            (leader, "note", {"text": "在路上"}), (grid_leader, "transfer", {"holder": MICRO_B, "reason": "x"}), (broker.connect(LEADER_B), "decline", {"reason": "x"}),
            (grid_leader, "decline", {"reason": "y"}), (staff, "transfer", {"holder": MICRO, "reason": "z"}), (leader, "accept", {}),
            (leader, "complete", {"result": "x"}), (resident, "note", {"text": "没好"}), (resident, "reopen", {"reason": "x"}),
            (grid_leader, "accept", {}), (grid_leader, "complete", {"result": "y"}), (resident, "confirm", {"rating": 2, "text": "x"}),
            (follower, "endorse", {"rating": 3, "text": "x"}),
            (resident, "reopen", {"reason": "z"}), (resident, "cancel", {"reason": "x"})]


def command(order, version, what, fields):
    return what, {"order": order, **({} if what == "submit" else {"version": version}), **fields}


@conversation
def every_move_repeated_gets_the_first_answer(broker):
    """At once, twice in one frame, after all later moves, over another connection, after a restart, and after the order left memory."""
    moves = moves_of_a_full_life(broker)
    begins = {"submit", "record", "merge"}  # a merge is an end: about_residents.py
    equal({what for _, what, _ in moves} - begins, {k.name for k in schema.kinds.values() if k.is_move} - begins, "moves that are tried here")
    order, first = new_id(), []
    for version, (who, what, fields) in enumerate(moves):
        name, full = command(order, version, what, fields)
        answers = [who.answer(r) for r in who.send_many([(name, full)] * 2)] + [who.ask(name, **full)]
        for answer in answers:
            equal((answer.what, answer.fields.get("version")), ("ok", version + 1), f"the answer to {what} of version {version}: {answer!r}")
        equal({a.seq for a in answers}, {answers[0].seq}, f"seqs of {what} and its repeats")
        first.append(answers[0].seq)
    operator = broker.connect()
    state = operator.digest()

    def again(about):
        for version, (who, what, fields) in reversed(list(enumerate(moves))):
            name, full = command(order, version, what, fields)
            answer = broker.connect(who.person).ask(name, **full)
            equal((answer.what, answer.fields.get("seq"), answer.fields.get("version")), ("ok", first[version], version + 1),
                  f"{about}, the answer to {what} of version {version} again ({answer!r})")
        equal(broker.connect().digest(), state, f"the state, {about}")

    again("after all later moves")
    broker.restart()
    again("after a restart")
    operator = broker.connect()
    operator.rows("list_orders", after_seq=first[-1])  # it is in the book, and may leave memory
    again("after it came to the book")
    resident = broker.connect(RESIDENT)
    for version in range(1, len(moves)):  # known by order, version, move and actor: another's, or another move, is no repeat
        other = "accept" if moves[version][1] != "accept" else "cancel"
        refusal = resident.ask(other, order=order, version=version, **({"actor": 0}))
        equal((refusal.what, refusal.fields.get("name"), refusal.fields.get("version")), ("refused", "stale", len(moves)),
              f"the answer to {other} of version {version}, which was {moves[version][1]}")
        stranger = broker.connect(RESIDENT_NEXT)
        name, full = command(order, version, *moves[version][1:])
        equal(stranger.ask(name, **full).name, "stale", f"the answer to another's {name} of version {version}")
        stranger.close()
    equal(broker.connect().digest(), state, "the state")


@conversation
def a_move_with_other_words_is_no_repeat(broker):
    """Not even at once: it is another command, of a version that is over."""
    moves = moves_of_a_full_life(broker)
    order, others = new_id(), {"text": "别的", "reason": "别的", "result": "别的", "rating": 1, "holder": STALLS, "until_ms": int(time.time() * 1000) + 2 * 86400 * 1000}
    for version, (who, what, fields) in enumerate(moves):
        name, full = command(order, version, what, fields)
        first = who.ok(name, **full)
        for field in fields:
            if what == "submit":
                continue
            refusal = who.refused("stale", name, **{**full, field: others[field]})
            equal(refusal.version, version + 1, f"the version in the refusal of {what} with another {field}")
        equal(who.ok(name, **full).seq, first.seq, f"seq of {what} again")
    for version, (who, what, fields) in enumerate(moves[1:], 1):
        for field in fields:
            who.refused("stale", what, order=order, version=version, **{**fields, field: others[field]})


@conversation
def refusals_change_nothing_that_a_restart_would_not_know(broker):
    """The state in memory after many refusals is the journal's: pushes, figures, orders and lists are those of a fresh start."""
    resident, leader, stranger, operator = broker.connect(RESIDENT), broker.connect(LEADER), broker.connect(RESIDENT_NEXT), broker.connect()
    orders = [Order(resident) for _ in range(5)]
    orders[0].move(leader, "accept")
    orders[1].move(leader, "accept")
    orders[1].move(leader, "complete", result="x")
    fields = {"accept": {}, "decline": {"reason": "x"}, "transfer": {"holder": MICRO_B, "reason": "x"}, "complete": {"result": "x"},
              "release": {"reason": "x"}, "suspend": {"until_ms": int(time.time() * 1000) + 86400 * 1000, "reason": "x"}, "resume": {},
              "confirm": {"rating": 3}, "reopen": {"reason": "x"}, "cancel": {}, "note": {"text": "x"}}
    for what, more in fields.items():
        for order in orders:
            for version in (order.version, order.version + 1, order.version + 7):
                answer = stranger.ask(what, order=order.id, version=version, **more)
                equal(answer.what, "refused", f"a stranger's {what}")
    for what, more in (("put_area", {"area": MICRO, "parent": GRID, "level": 5, "kind": 1, "name": "x", "retired": True}),
                       ("put_household", {"household": HOME, "area": GRID, "centre": HOME, "address": "x", "lon_e7": 0, "lat_e7": 0}),
                       ("put_person", {"person": LEADER, "post": 1, "area": 77777, "household": 0, "name": "x"})):
        equal(operator.ask(what, **more).what, "refused", f"the answer to {what}")

    def seen():
        c, worker = broker.connect(), broker.connect(LEADER)
        worker.ok("work", area=MICRO, credit=9)
        pushed = [(p.order, p.version, p.waiting_ms, p.due_ms) for p in worker.pushes()]
        worker.ok("bye")
        stats = [{k: v for k, v in c.ask("get_stats", area=a, counts=True).fields.items() if k not in ("time_ms", "pushed")} for a in (0, MICRO, GRID)]
        lists = [[r.fields for r in c.rows(what, **more)[0]] for what, more in (("list_orders", {"after_seq": c.digest()[0]}), ("list_areas", {}),
                                                                                ("list_people", {}), ("list_households", {}), ("list_categories", {}))]
        return c.digest(), pushed, stats, lists

    before = seen()
    broker.restart()
    after = seen()
    for got, expected, what in zip(after, before, ("digest", "pushes", "figures", "lists")):
        equal(got, expected, f"{what} after a restart, and before")


@conversation
def a_submit_repeats_with_the_same_contents_alone(broker):
    resident, operator = broker.connect(RESIDENT), broker.connect()
    fields = {"category": LAMP, "text": "灯", "household": HOME, "urgency": 2, "place": "三号楼", "lon_e7": 5, "lat_e7": 6}
    order = Order(resident, **fields)
    same = {"order": order.id, **fields}
    equal(resident.ok("submit", **same).seq, order.seq, "seq of a repeat")
    before = operator.digest()
    for field, other in (("category", FIRE), ("text", "灯2"), ("household", NEIGHBOUR), ("place", "四号楼"), ("lon_e7", 7), ("lat_e7", -7),
                         ("urgency", 1), ("urgency", 4)):
        answer = resident.ask("submit", **{**same, field: other})
        equal((answer.what, answer.fields.get("name")), ("refused", "order_exists"), f"a submit of the same id with another {field}: {answer!r}")
    equal(resident.ok("submit", area=MICRO_B, **same).seq, order.seq, "seq of a repeat with an area, which does not count beside a household")
    placed = Order(operator, area=MICRO_B)
    operator.refused("order_exists", "submit", **{**placed.submit, "area": MICRO})
    before = operator.digest()
    operator.refused("order_exists", "submit", **same)
    operator.refused("order_exists", "submit", requester=RESIDENT, **same)
    answer = operator.ask("submit", actor=RESIDENT, **same)
    equal((answer.what, answer.fields.get("seq")), ("ok", order.seq), f"the same in the resident's name: {answer!r}")
    equal(operator.digest(), before, "the state")


@conversation
def a_repeat_is_answered_though_the_registry_changed(broker):
    """The first answer was a promise; who retires after it does not take it back."""
    operator, resident, leader = broker.connect(), broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    order.move(leader, "accept")
    accept = order.seq
    leader_row = operator.rows("list_people", person=LEADER)[0][0].fields
    resident_row = operator.rows("list_people", person=RESIDENT)[0][0].fields
    category = next(r for r in operator.rows("list_categories")[0] if r.category == LAMP).fields
    operator.ok("put_category", **{**category, "retired": True})
    equal(resident.ok("submit", **order.submit).seq, order.first.seq, "seq of the repeated submit; its category was retired meanwhile")
    operator.ok("put_person", **{**leader_row, "retired": True})
    operator.ok("put_person", **{**resident_row, "retired": True})
    answer = resident.ask("submit", **order.submit)
    equal((answer.what, answer.fields.get("seq")), ("ok", order.first.seq), f"the repeated submit; its requester retired meanwhile ({answer!r})")
    answer = leader.ask("accept", order=order.id, version=1)
    equal((answer.what, answer.fields.get("seq")), ("ok", accept), f"the repeated accept; its actor retired meanwhile ({answer!r})")
    order.refused("retired", leader, "complete", result="x")


@conversation
def of_two_who_accept_one_wins_and_the_other_is_told_by_whom(broker):
    resident = broker.connect(RESIDENT)
    both = [broker.connect(LEADER), broker.connect(LEADER_TOO)]
    wins = {LEADER: 0, LEADER_TOO: 0}
    for round_number in range(60):
        order = Order(resident)
        first = both[round_number % 2:] + both[:round_number % 2]
        requests = [(c, c.send("accept", order=order.id, version=1)) for c in first]
        answers = {c.person: c.answer(r) for c, r in requests}
        won = [p for p, a in answers.items() if a.what == "ok"]
        equal(len(won), 1, f"winners of order {round_number} ({answers!r})")
        loser = next(a for p, a in answers.items() if p != won[0])
        equal((loser.what, loser.fields.get("name"), loser.fields.get("person"), loser.fields.get("version")), ("refused", "taken", won[0], 2),
              f"what the loser was told ({loser!r})")
        wins[won[0]] += 1
        must_be(order, resident, acceptor=won[0], version=2)
    check(all(wins.values()), f"each should have won at least once in 60 rounds: {wins}")


@conversation
def one_person_on_two_connections_is_one_person(broker):
    order = Order(broker.connect(RESIDENT))
    both = [broker.connect(LEADER), broker.connect(LEADER)]
    requests = [(c, c.send("accept", order=order.id, version=1)) for c in both]
    answers = [c.answer(r) for c, r in requests]
    equal([a.what for a in answers], ["ok", "ok"], "the answers to the same accept from two connections")
    equal(len({a.seq for a in answers}), 1, "seqs of the same accept")


@conversation
def moves_are_refused_in_other_states(broker):
    """Each move in each state: allowed as schema.json says, else wrong_state; taken, when another accepted it."""
    resident, leader, too = broker.connect(RESIDENT), broker.connect(LEADER), broker.connect(LEADER_TOO)
    fields = {"accept": {}, "decline": {"reason": "x"}, "transfer": {"holder": MICRO_B, "reason": "x"}, "complete": {"result": "x"},
              "release": {"reason": "x"}, "suspend": {"until_ms": int(time.time() * 1000) + 86400 * 1000, "reason": "x"}, "resume": {},
              "confirm": {"rating": 3}, "reopen": {"reason": "x"}, "cancel": {}, "note": {"text": "x"}}
    people = {what: resident if what in ("confirm", "reopen", "cancel") else leader for what in fields}
    ways = {"waiting": [], "accepted": ["accept"], "completed": ["accept", "complete"], "closed": ["accept", "complete", "confirm"],
            "cancelled": ["cancel"], "suspended": ["accept", "suspend"]}
    moves = {m["command"]: m for m in schema.document["moves"] if m["command"] in fields}
    equal(set(moves), set(fields), "moves of schema.json")
    for state, way in ways.items():
        for what, move in moves.items():
            order = Order(resident)
            for step in way:
                order.move(people[step], step, **fields[step])
            if state in move["from"]:
                order.move(people[what], what, **fields[what])
                must_be(order, resident, state=schema.word("state", move["to"] or state))
                continue
            before = resident.digest()
            refusal = order.refused("wrong_state", people[what], what, **fields[what])
            if (what, state) == ("accept", "accepted"):
                equal(order.refused("taken", too, "accept").person, LEADER, "the one who was first")
            equal(resident.digest(), before, f"the state after a refused {what} of an order that is {state}")
            check(state in refusal.detail, f"the detail should name the state {state}: {refusal.detail!r}")
            equal(refusal.version, order.version, "the version that the refusal tells")


@conversation
def versions_that_are_not_the_present_one_are_stale(broker):
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    order.move(resident, "note", text="x")
    for version in (1, 3, 4, 2**32 - 1):
        refusal = leader.refused("stale", "accept", order=order.id, version=version)
        equal(refusal.version, 2, "the present version in the refusal")
    order.move(leader, "accept")
    equal(leader.refused("stale", "complete", order=order.id, version=2, result="x").version, 3, "the present version in the refusal")


@conversation
def declines_climb_to_the_district_and_end_there(broker):
    resident = broker.connect(RESIDENT)
    order = Order(resident)
    for person, holder in ((LEADER, GRID), (GRID_LEADER, COMMUNITY), (STAFF, STREET), (4002, DISTRICT)):
        order.move(broker.connect(person), "decline", reason="x")
        must_be(order, resident, holder=holder, state=WAITING)
    district = broker.connect(STAFF_DISTRICT)
    check("transfer" in order.refused("not_allowed", district, "decline", reason="x").detail, "the detail should name the way out")
    order.move(district, "accept")
    order.move(district, "complete", result="x")
    order.move(resident, "reopen", reason="x")
    must_be(order, resident, holder=DISTRICT, attempt=2, state=WAITING)
    order.refused("same_holder", district, "transfer", holder=DISTRICT, reason="x")
    order.refused("unknown_area", district, "transfer", holder=7, reason="x")
    order.move(district, "transfer", holder=MICRO_2, reason="x")
    order.move(broker.connect(LEADER_2), "accept")


@conversation
def a_refusal_stays_text_however_long_names_are(broker):
    """The detail quotes names; what is too long must not be cut inside a character."""
    operator, resident, district = broker.connect(), broker.connect(RESIDENT), broker.connect(STAFF_DISTRICT)
    order = Order(resident, category=BRIDGE)
    row = operator.rows("list_areas", area=DISTRICT)[0][0].fields
    for name in ("区" * 64, "a" + "区" * 63, "aa" + "区" * 62, "😀" * 64, "x" * 64):
        operator.ok("put_area", **{k: row[k] for k in ("area", "parent", "level", "kind")}, name=name)
        order.refused("not_allowed", district, "decline", reason="x")  # the library decodes the detail


@conversation(reopen_days=0)
def too_late_to_reopen(broker):
    """With reopen_days=0 there is no time at all; with a day, given by SIGHUP, there is."""
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    order.move(leader, "accept")
    order.move(leader, "complete", result="x")
    completed = order.now(resident).completed_ms
    wait_until(lambda: resident.ask("get_stats").time_ms > completed, "a millisecond has passed")
    order.refused("too_late", resident, "reopen", reason="x")
    broker.configure({"reopen_days": 1})
    broker.signal(signal.SIGHUP)
    wait_until(lambda: "reloaded" in broker.log(), "the log tells of the new settings", lambda: resident.take(0.01))
    order.move(resident, "reopen", reason="x")


@conversation
def notes_have_an_end_and_moves_have_not(broker):
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    requests = resident.send_many(("note", {"order": order.id, "version": v, "text": f"第{v}条 " + "派" * 300}) for v in range(1, 1000))
    answers = resident.answers(requests)
    equal([a.fields.get("version") for a in answers], list(range(2, 1001)), "versions of 999 notes")
    order.version, order.seq = 1000, answers[-1].seq
    order.refused("too_many", resident, "note", text="x")
    order.move(leader, "accept")
    order.move(leader, "complete", result="x")
    order.move(resident, "confirm", rating=1)
    now, story = order.now(resident, story=True)
    equal([e.version for e in story], list(range(1, now.version + 1)), "versions in a story of a thousand events")
    repeat = resident.ok("note", order=order.id, version=1, text="第1条 " + "派" * 300)
    equal((repeat.seq, repeat.version), (answers[0].seq, 2), "the answer to the first note again")
    resident.refused("stale", "note", order=order.id, version=1, text="另一条")


@conversation
def a_second_move_with_other_words_is_no_repeat(broker):
    """Its ok would be a promise that is not kept: the words would be lost."""
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    order.move(resident, "note", text="一")
    resident.refused("stale", "note", order=order.id, version=1, text="二")
    order.move(leader, "accept")
    order.move(leader, "complete", result="修好了")
    leader.refused("stale", "complete", order=order.id, version=3, result="没修好")
    order.move(resident, "confirm", rating=5)
    resident.refused("stale", "confirm", order=order.id, version=4, rating=3)
    equal(resident.ok("confirm", order=order.id, version=4, rating=5).seq, order.seq, "the answer to the same confirm again")


@conversation
def a_note_on_what_is_over_is_refused(broker):
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    order = Order(resident)
    order.move(leader, "accept")
    order.move(leader, "complete", result="x")
    order.move(leader, "note", text="钥匙在门卫")
    order.move(resident, "confirm", rating=5)
    order.refused("wrong_state", leader, "note", text="x")
    order.refused("wrong_state", resident, "note", text="x")


@conversation
def a_life_through_an_administrators_connection(broker):
    """As an edge that speaks for many will have it: every actor named, one connection."""
    c = broker.connect(ADMINISTRATOR)
    order = Order(c, actor=RESIDENT)
    for what, actor, fields in (("note", RESIDENT, {"text": "x"}), ("accept", LEADER, {}), ("complete", LEADER, {"result": "x"}),
                                ("reopen", RESIDENT, {"reason": "x"}), ("accept", GRID_LEADER, {}), ("complete", GRID_LEADER, {"result": "x"}),
                                ("confirm", RESIDENT, {"rating": 5})):
        order.move(c, what, actor=actor, **fields)
    _, story = order.now(c, story=True)
    equal([e.actor for e in story], [RESIDENT, RESIDENT, LEADER, LEADER, RESIDENT, GRID_LEADER, GRID_LEADER, RESIDENT], "actors")
