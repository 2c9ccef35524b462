"""Who may do what."""
from conversation import (ADMINISTRATOR, CENTRE, COMMUNITY, COURIER, GRID, GRID_LEADER, GRID_LEADER_2, HOME, LAMP, LEADER, LEADER_2, LEADER_B,
                          LEADER_TOO, MERCHANT, MICRO, MICRO_2, MICRO_B, NEIGHBOUR, RESIDENT, RESIDENT_2, RESIDENT_NEXT, STAFF, STAFF_DISTRICT,
                          STAFF_STREET, SUPERVISOR, Order, check, conversation, equal, import_rows, new_id)


class People:
    def __init__(self, broker):
        self.broker, self.known = broker, {}

    def __getitem__(self, person):
        if person not in self.known:
            self.known[person] = self.broker.connect(person)
        return self.known[person]


def each_refused(broker, order, refusal, what, people, who, **fields):
    before = who[0].digest()
    for person in people:
        order.refused(refusal, who[person], what, **fields)
    equal(broker.connect().digest(), before, f"the state after {what} was refused to {people}")


@conversation
def only_people_of_the_holder_accept_and_decline(broker):
    who = People(broker)
    strangers = [RESIDENT, RESIDENT_NEXT, RESIDENT_2, LEADER_B, LEADER_2, GRID_LEADER, STAFF, STAFF_DISTRICT, SUPERVISOR, COURIER, MERCHANT,
                 ADMINISTRATOR, 0]
    order = Order(who[RESIDENT])
    each_refused(broker, order, "not_allowed", "accept", strangers, who)
    each_refused(broker, order, "not_allowed", "decline", strangers, who, reason="x")
    for person in (LEADER, LEADER_TOO, CENTRE):
        Order(who[RESIDENT]).move(who[person], "accept")
        Order(who[RESIDENT]).move(who[person], "decline", reason="x")


@conversation
def only_the_acceptor_completes(broker):
    who = People(broker)
    order = Order(who[RESIDENT])
    order.move(who[LEADER], "accept")
    each_refused(broker, order, "not_allowed", "complete", [LEADER_TOO, CENTRE, GRID_LEADER, STAFF, RESIDENT, ADMINISTRATOR, 0], who, result="x")
    order.move(who[LEADER], "complete", result="x")


@conversation
def only_the_requester_confirms_reopens_and_cancels(broker):
    who = People(broker)
    others = [RESIDENT_NEXT, RESIDENT_2, LEADER, LEADER_TOO, STAFF, SUPERVISOR, ADMINISTRATOR, 0]
    order = Order(who[RESIDENT])
    each_refused(broker, order, "not_allowed", "cancel", others, who)
    order.move(who[LEADER], "accept")
    order.move(who[LEADER], "complete", result="x")
    each_refused(broker, order, "not_allowed", "confirm", others, who, rating=5)
    each_refused(broker, order, "not_allowed", "reopen", others, who, reason="x")
    order.move(who[RESIDENT], "confirm", rating=5)
    each_refused(broker, order, "not_allowed", "reopen", others, who, reason="x")
    by_staff = Order(who[STAFF], requester=RESIDENT)
    each_refused(broker, by_staff, "not_allowed", "cancel", [STAFF], who)
    by_staff.move(who[RESIDENT], "cancel")


@conversation
def the_holder_and_those_above_transfer(broker):
    who = People(broker)
    order = Order(who[RESIDENT])
    each_refused(broker, order, "not_allowed", "transfer", [RESIDENT, LEADER_B, LEADER_2, GRID_LEADER_2, COURIER, MERCHANT], who,
                 holder=MICRO_B, reason="x")
    for person in (LEADER, CENTRE, GRID_LEADER, STAFF, STAFF_STREET, STAFF_DISTRICT, SUPERVISOR, ADMINISTRATOR, 0):
        Order(who[RESIDENT]).move(who[person], "transfer", holder=MICRO_2, reason="x")


@conversation
def notes_are_of_those_whom_it_concerns(broker):
    who = People(broker)
    order = Order(who[RESIDENT])
    order.move(who[STAFF], "transfer", holder=MICRO_2, reason="x")
    for person in (RESIDENT, LEADER, LEADER_2, GRID_LEADER, GRID_LEADER_2, STAFF, SUPERVISOR, 0):
        order.move(who[person], "note", text="x")
    each_refused(broker, order, "not_allowed", "note", [RESIDENT_NEXT, RESIDENT_2, LEADER_B, COURIER, MERCHANT], who, text="x")


@conversation
def residents_submit_for_themselves_and_staff_for_residents(broker):
    who = People(broker)
    submit = lambda person, **fields: who[person].ask("submit", order=new_id(), category=LAMP, text="x", **fields)
    for person, fields, expected in ((RESIDENT, {"requester": RESIDENT_NEXT}, "not_allowed"), (RESIDENT, {"requester": RESIDENT}, "ok"),
                                     (COURIER, {"requester": RESIDENT}, "not_allowed"), (MERCHANT, {"requester": RESIDENT}, "not_allowed"),
                                     (LEADER, {"requester": RESIDENT}, "ok"), (LEADER_2, {"requester": RESIDENT}, "not_allowed"),
                                     (STAFF, {"requester": RESIDENT}, "ok"), (CENTRE, {"requester": RESIDENT}, "ok"),
                                     (STAFF, {"requester": RESIDENT_2}, "not_allowed"), (STAFF_DISTRICT, {"requester": RESIDENT_2}, "ok"),
                                     (0, {"requester": RESIDENT}, "ok"), (RESIDENT, {"household": NEIGHBOUR}, "ok"), (COURIER, {"household": HOME}, "ok"),
                                     (COURIER, {}, "ok"), (0, {"household": HOME}, "ok"), (STAFF, {"requester": 9999}, "retired")):
        answer = submit(person, **fields)
        equal(answer.what if answer.what == "ok" else answer.name, expected, f"the answer to a submit of person {person} with {fields}")


@conversation
def another_actor_only_over_an_entitled_connection(broker):
    who = People(broker)
    order = Order(who[RESIDENT])
    for person in (RESIDENT, LEADER_B, GRID_LEADER, STAFF_DISTRICT, SUPERVISOR, COURIER, CENTRE):
        before = who[0].digest()
        order.refused("not_entitled", who[person], "accept", actor=LEADER)
        who[person].refused("not_entitled", "submit", order=new_id(), category=LAMP, text="x", actor=RESIDENT_NEXT)
        who[person].refused("not_entitled", "put_area", area=9, parent=1, level=2, kind=1, name="x", actor=ADMINISTRATOR)
        who[person].refused("not_entitled", "import_commit", **{"import": new_id()}, rows=0, actor=ADMINISTRATOR)
        equal(who[0].digest(), before, "the state")
    order.refused("unknown_person", who[0], "accept", actor=123456)
    order.refused("retired", who[0], "accept", actor=9999)
    order.refused("not_allowed", who[ADMINISTRATOR], "accept", actor=LEADER_B)
    order.move(who[LEADER], "accept", actor=LEADER)  # to name oneself is no claim
    order.move(who[ADMINISTRATOR], "complete", actor=LEADER, result="x")
    order.move(who[0], "confirm", actor=RESIDENT, rating=3)


@conversation
def the_registry_is_the_administrators(broker):
    who = People(broker)
    puts = [("put_area", {"area": 9, "parent": 1, "level": 2, "kind": 1, "name": "x"}),
            ("put_household", {"household": 9, "area": MICRO, "centre": 9, "address": "x", "lon_e7": 0, "lat_e7": 0}),
            ("put_person", {"person": 9, "post": 9, "area": 1, "household": 0, "name": "x"}),
            ("put_category", {"category": 9, "name": "x", "level": 5, "urgency": 1, "accept_within_s": 1, "complete_within_s": 1}),
            ("put_calendar", {"calendar": 2026, "holidays": [], "workdays": []}), ("put_ladder", {"ladder": 9, "name": "x", "steps": [1, 60]})]
    before = who[0].digest()
    for person in (RESIDENT, LEADER, STAFF_DISTRICT, SUPERVISOR, COURIER):
        for what, fields in puts:
            who[person].refused("not_allowed", what, **fields)
        who[person].refused("not_allowed", "import_begin", **{"import": new_id()})
        who[person].refused("not_allowed", "import_commit", **{"import": new_id()}, rows=0)
        equal(import_rows_refused(who[person], puts).name, "not_allowed", "the refusal of an import")
    equal(who[0].digest(), before, "the state")
    for what, fields in puts:
        who[ADMINISTRATOR].ok(what, **fields)
    check(import_rows(who[ADMINISTRATOR], puts).what == "imported", "an administrator may import")


def import_rows_refused(c, rows):
    """An import that was never begun: its rows must not be carried out one by one."""
    import_id = new_id()
    c.send("import_begin", **{"import": import_id})
    c.send_many(rows)
    return c.ask("import_commit", **{"import": import_id}, rows=len(rows))


@conversation
def an_import_is_done_in_the_name_of_its_actor(broker):
    who = People(broker)
    row = ("put_category", {"category": 77, "name": "x", "level": 5, "urgency": 1, "accept_within_s": 1, "complete_within_s": 1})
    before = who[0].digest()
    for actor in (RESIDENT, LEADER, 555555, 9999):
        answer = import_rows(who[0], [row], actor=actor)
        equal((answer.what, answer.fields.get("name")), ("refused", "not_allowed"), f"the answer to an import in the name of {actor} ({answer!r})")
        equal(who[0].digest(), before, f"the state after an import in the name of {actor}")
    equal(import_rows(who[0], [row], actor=ADMINISTRATOR).what, "imported", "the answer to an import in an administrator's name")
    events, _ = who[0].events()
    equal((events[-1].what, events[-1].actor), ("category_set", ADMINISTRATOR), "the event, and its actor")


@conversation
def what_residents_may_read(broker):
    """Their own orders, the registry and figures; not others' orders, and not the journal."""
    who = People(broker)
    own, others = Order(who[RESIDENT]), Order(who[RESIDENT_2])
    equal(own.now(who[RESIDENT]).requester, RESIDENT, "the requester")
    for reader in (RESIDENT, COURIER, MERCHANT):
        who[reader].refused("unknown_order", "get_order", order=others.id)
        who[reader].refused("unknown_order", "get_order", order=others.id, story=True)
        who[reader].refused("not_allowed", "read_events", after_seq=0)
    for fields in ({}, {"area": 1}, {"area": MICRO_2}, {"requester": RESIDENT_2}, {"requester": RESIDENT}, {"state": 1}, {"area": COMMUNITY}):
        rows, _ = who[RESIDENT].rows("list_orders", after_seq=others.seq, **fields)
        check(all(r.requester == RESIDENT for r in rows), f"list_orders {fields} of a resident gave another's order")
    for person in (LEADER, GRID_LEADER, STAFF, SUPERVISOR, ADMINISTRATOR, CENTRE, 0):
        equal(others.now(who[person]).order, others.id, f"the order as person {person} reads it")
        check(who[person].rows("read_events", after_seq=0)[0], f"events as person {person} reads them")
    check(who[GRID_LEADER].rows("list_orders", area=GRID, after_seq=others.seq)[0], "orders of the grid as its leader reads them")
