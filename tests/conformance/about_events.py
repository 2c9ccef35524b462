"""Watching: topics, counts, gaps and how to fill them."""
import random

import zmq

from conversation import (BRIDGE, COMMUNITY, DISTRICT, GRID, GRID_2, LAMP, LEADER, LEADER_2, MICRO, MICRO_2, MICRO_B, PATHS, RESIDENT,
                          RESIDENT_2, SLOW, STAFF_DISTRICT, STREET, STREET_2, Order, check, conversation, equal, new_id, unpack, unpack_one, wait_until)


@conversation
def each_event_on_the_topics_of_its_areas(broker):
    operator, resident, leader, district = (broker.connect(p) for p in (0, RESIDENT, LEADER, STAFF_DISTRICT))
    sub = broker.subscribe("/")
    sub.ready(operator, MICRO)

    def comes(expected, about):
        got = [sub.event() for _ in expected]
        equal([(t, e.what) for t, e in got], expected, f"publications after {about}")
        equal(len({e.request for _, e in got}), 1, f"seqs of the publications after {about}")
        return got[0][1]

    order = Order(resident, text="楼道灯不亮")
    event = comes([(PATHS[MICRO], "submitted")], "submit")
    equal((event.request, event.order, event.text), (order.seq, order.id, "楼道灯不亮"), "the submitted event")
    order.move(leader, "accept")
    comes([(PATHS[MICRO], "accepted")], "accept")
    order.move(leader, "transfer", holder=MICRO_2, reason="x")
    event = comes([(PATHS[MICRO], "transferred"), (PATHS[MICRO_2], "transferred")], "a transfer between subtrees")
    equal((event["from"], event.holder, event.reason), (MICRO, MICRO_2, "x"), "the transferred event")
    order.move(broker.connect(LEADER_2), "decline", reason="x")
    comes([(PATHS[MICRO_2], "declined")], "decline: the new holder is above the old one")
    order.move(district, "transfer", holder=STREET, reason="x")
    comes([(PATHS[GRID_2], "transferred"), (PATHS[STREET], "transferred")], "a transfer up another branch")
    order.move(district, "transfer", holder=MICRO, reason="x")
    comes([(PATHS[STREET], "transferred"), (PATHS[MICRO], "transferred")], "a transfer downwards")
    order.move(district, "transfer", holder=DISTRICT, reason="x")
    comes([(PATHS[MICRO], "transferred")], "a transfer to the very top")
    order.move(resident, "note", text="y")
    comes([(PATHS[DISTRICT], "noted")], "note")
    order.move(resident, "cancel")
    comes([(PATHS[DISTRICT], "cancelled")], "cancel")
    operator.ok("put_household", household=9, area=MICRO_B, centre=9, address="x", lon_e7=0, lat_e7=0)
    comes([(PATHS[MICRO_B], "household_set")], "put_household")
    operator.ok("put_person", person=9, post=1, area=GRID, household=9, name="x")
    comes([(PATHS[GRID], "person_set")], "put_person")
    operator.ok("put_area", area=1999, parent=GRID, level=5, kind=1, name="x")
    comes([(PATHS[GRID] + "1999/", "area_set")], "put_area")
    operator.ok("put_category", category=9, name="x", level=5, urgency=1, accept_within_s=1, complete_within_s=1)
    comes([("/", "category_set")], "put_category")


@conversation
def everything_gathered(broker):
    """On the topic * each event stands once, in the order of the seqs, many in a frame."""
    operator, resident, leader = broker.connect(), broker.connect(RESIDENT), broker.connect(LEADER)
    sub, events, frames = broker.subscribe("*"), [], 0

    def take():
        nonlocal frames
        topic, frame = sub.socket.recv_multipart()
        head, *rest = unpack(frame)
        equal((topic, head.what, head.counts, head.request), (b"*", "published", [], rest[0].request), "what a gathered frame begins with")
        events.extend(e for e in rest if e.what != "stats")
        frames += 1

    wait_until(lambda: sub.socket.poll(20), "something is published",
               lambda: operator.ok("put_category", category=9, name="x", level=5, urgency=1, accept_within_s=1, complete_within_s=1))
    take()
    start = events[0].request
    ids = [new_id() for _ in range(300)]
    answers = resident.answers(resident.send_many(("submit", {"order": i, "category": LAMP, "text": "楼道灯不亮" * 40}) for i in ids))
    equal({a.what for a in answers}, {"ok"}, "the answers to submits")
    order = Order(resident)
    order.move(leader, "accept")
    order.move(leader, "transfer", holder=MICRO_2, reason="published on two topics, gathered once")
    while events[-1].request < order.seq:
        check(sub.socket.poll(10000), f"waited for event {order.seq}, the last that came was {events[-1].request}")
        take()
    past, _ = operator.events(start)
    equal(events[1:], past[:len(events) - 1], "events as they were gathered, and as the journal has them")
    check(frames < 100, f"{frames} frames for {len(events)} events")


@conversation
def publications_are_the_journals_events(broker):
    operator, resident, leader = broker.connect(), broker.connect(RESIDENT), broker.connect(LEADER)
    sub = broker.subscribe("/")
    sub.ready(operator, MICRO)
    start = operator.digest()[0]
    for _ in range(100):
        order = Order(resident)
        order.move(leader, "accept")
    events, _ = operator.events(start)
    equal([sub.event()[1] for _ in events], events, "events as they were published, and as the journal has them")


@conversation
def a_subtree_sees_only_itself(broker):
    operator = broker.connect()
    resident, leader = broker.connect(RESIDENT), broker.connect(LEADER)
    other, leader_2 = broker.connect(RESIDENT_2), broker.connect(LEADER_2)
    subs = {area: broker.subscribe(PATHS[area]) for area in (STREET, STREET_2, COMMUNITY, GRID, MICRO, MICRO_B)}
    for area, sub in subs.items():
        sub.ready(operator, area)
    start = operator.digest()[0]
    for i in range(30):
        one, two = Order(resident), Order(other)
        one.move(leader, "accept")
        two.move(leader_2, "decline", reason="x")
        if i % 5 == 0:
            one.move(leader, "transfer", holder=MICRO_2, reason="x")
        Order(resident, category=BRIDGE)  # the district's: nobody's here
    for area, sub in subs.items():
        events, _ = operator.events(start, area=area)
        for event in events:
            topic, got = sub.event()
            while not got.request > start:
                topic, got = sub.event()
            equal(got, event, f"what came to a subscriber of {PATHS[area]}")
            check(topic.startswith(PATHS[area]), f"a subscriber of {PATHS[area]} got {topic}")
        marks = [f"mark {area}"]
        row = operator.rows("list_areas", area=area, limit=1, after=area - 1)[0][0]
        operator.ok("put_area", **{k: row[k] for k in ("area", "parent", "level", "kind")}, name=marks[0])
        while True:
            topic, got = sub.event()
            if got.what == "area_set" and got.name == marks[0]:
                break
            check(got.what == "area_set" and topic.startswith(PATHS[area]), f"a subscriber of {PATHS[area]} got {got!r} on {topic}, which is not its own")


@conversation
def counts_rise_by_one_for_each_area(broker):
    """Over all publications, figures included: each number of each topic is one above the last of its area."""
    operator = broker.connect()
    people = [(broker.connect(RESIDENT), broker.connect(LEADER)), (broker.connect(RESIDENT_2), broker.connect(LEADER_2))]
    sub = broker.subscribe("/")
    sub.ready(operator, MICRO)
    last, stats, events = {}, 0, 0
    rng = random.Random(6)
    orders = 0

    def look(publication):
        nonlocal stats, events
        topic, counts, message = publication
        if message.what == "stats":
            stats += 1
            equal(topic, PATHS[message.area], "the topic of the figures of an area")
        else:
            events += 1
        for area, count in zip((int(a) for a in topic.strip("/").split("/") if a), counts):
            equal(count, last.get(area, count - 1) + 1, f"the number of area {area} in the publication of {message!r} on {topic}")
            last[area] = count

    while stats < 15 or orders < 120:
        resident, leader = rng.choice(people)
        order = Order(resident)
        order.move(leader, "accept")
        if rng.random() < 0.3:
            order.move(leader, "transfer", holder=rng.choice([MICRO_B, GRID_2]), reason="x")
        orders += 1
        publication = sub.take(0.02)
        while publication:
            look(publication)
            publication = sub.take(0)
    operator.fence()
    publication = sub.take(0.2)
    while publication:
        look(publication)
        publication = sub.take(0.2)
    for area in (DISTRICT, STREET, MICRO):
        _, end = operator.rows("read_events", after_seq=operator.digest()[0], area=area)
        publication = sub.take(0)
        while publication:
            look(publication)
            publication = sub.take(0)
        check(abs(end.publications - last[area]) <= 2, f"publications of area {area}: the end says {end.publications}, the last published was {last[area]}")
    check(events > 200, f"{events} events were published")


@conversation
def figures_are_published_as_get_stats_has_them(broker):
    operator, resident, leader = broker.connect(), broker.connect(RESIDENT), broker.connect(LEADER)
    sub = broker.subscribe(PATHS[COMMUNITY])
    sub.ready(operator, MICRO)
    leader.ok("work", area=MICRO, credit=5)
    orders = [Order(resident) for _ in range(7)]
    for order in orders[:4]:
        order.move(leader, "accept")
    orders[0].move(leader, "complete", result="x")
    figures = {}

    def settled():
        publication = sub.take(0.05)
        if publication and publication[2].what == "stats":
            figures[publication[2].area] = publication[2]
        return {a for a, s in figures.items() if (s.submitted, s.accepted, s.completed) == (7, 4, 1)} >= {COMMUNITY, GRID, MICRO}

    wait_until(settled, "the figures of the community, the grid and the micro-grid are published")
    check(DISTRICT not in figures and STREET not in figures, "figures of areas above came to a subscriber of the community")
    for area in (COMMUNITY, GRID, MICRO):
        wanted = operator.ask("get_stats", area=area)
        names = [n for n in wanted.fields if n not in ("time_ms", "seq", "registry", "accept_counts", "complete_counts")]
        equal({n: figures[area][n] for n in names}, {n: wanted[n] for n in names}, f"the published figures of area {area}")
        equal(figures[area].registry, [], "registry in published figures")
    equal(figures[MICRO].workers, 1, "workers")


class Follower:
    """Watches an area as PROTOCOL.md says under "Losing and filling": takes publications, and fills what was lost by read_events."""

    def __init__(self, broker, area, seq):
        self.path, self.area = PATHS[area], area
        self.place = PATHS[area].count("/") - 2
        self.sub = broker.subscribe(self.path)
        self.connection = broker.connect()
        self.seqs, self.last, self.number = [], seq, None
        self.aside, self.fills = [], 0

    def event(self, seq):
        if seq > self.last:
            self.seqs.append(seq)
            self.last = seq

    def take(self, publication):
        """False: something was lost; the publication is kept aside."""
        _, counts, message = publication
        number = counts[self.place]
        if self.number is not None and number == self.number + 1:
            self.number = number
        elif self.number is not None and number <= self.number and (message.what == "stats" or message.request <= self.last):
            return
        else:
            self.aside.append(publication)
            self.fill()
            return
        if message.what != "stats":
            self.event(message.request)

    def fill(self):
        self.fills += 1
        rows, end, _ = self.connection.pages("read_events", "after_seq", after_seq=self.last, limit=50, area=self.area)
        for row in rows:
            self.event(unpack_one(row.event).request)
        self.number, aside, self.aside = end.publications, self.aside, []
        self.last = max(self.last, end.seq)
        for publication in aside:
            self.take(publication)


@conversation
def a_follower_that_loses_publications_misses_nothing(broker):
    """Three followers of three subtrees, which are made to lose a third of what comes; by the rules of PROTOCOL.md they get all events, once."""
    operator = broker.connect()
    people = [(broker.connect(RESIDENT), broker.connect(LEADER)), (broker.connect(RESIDENT_2), broker.connect(LEADER_2))]
    start = operator.digest()[0]
    followers = [Follower(broker, area, start) for area in (COMMUNITY, MICRO_2, DISTRICT)]
    rng = random.Random(7)
    for follower in followers:
        follower.fill()
    for n in range(250):
        resident, leader = rng.choice(people)
        order = Order(resident)
        order.move(leader, "accept")
        if n % 4 == 0:
            order.move(leader, "transfer", holder=MICRO_2 if leader.person == LEADER else MICRO, reason="x")
        for follower in followers:
            publication = follower.sub.take(0)
            while publication:
                if rng.random() > 0.33:
                    follower.take(publication)
                publication = follower.sub.take(0)
    for follower in followers:
        follower.fill()
        events, _ = operator.events(start, area=follower.area)
        equal(follower.seqs, [e.request for e in events], f"seqs that a follower of {follower.path} got ({follower.fills} fills)")
        check(follower.fills > 2, f"the follower of {follower.path} lost nothing")


@conversation
def counts_begin_anew_after_a_restart(broker):
    operator, resident = broker.connect(), broker.connect(RESIDENT)
    for _ in range(20):
        Order(resident)
    _, end = operator.rows("read_events", after_seq=0, area=MICRO)
    check(end.publications >= 20, f"publications after 20 orders: {end.publications}")
    broker.restart()
    operator = broker.connect()
    _, end = operator.rows("read_events", after_seq=0, area=MICRO)
    equal(end.publications, 0, "publications of an area after a restart")


@conversation
def a_subscriber_that_does_not_read_hinders_nobody(broker):
    operator, resident = broker.connect(), broker.connect(RESIDENT)
    deaf = broker.subscribe("/")
    deaf.ready(operator, MICRO)
    deaf.socket.setsockopt(zmq.RCVHWM, 1)
    listening = broker.subscribe(PATHS[MICRO])
    listening.ready(operator, MICRO)
    before = broker.rss_kib()
    text = "派" * 4000
    for _ in range(12):
        ids = [new_id() for _ in range(500)]
        answers = resident.answers(resident.send_many(("submit", {"order": i, "category": LAMP, "text": text}) for i in ids))
        check(all(a.what == "ok" for a in answers), "a submit was refused")
        publication = listening.take(0.5)
        while publication:
            publication = listening.take(0.05)
    check(broker.rss_kib() < before + 400 * 1024 * (3 if SLOW > 1 else 1), f"VmRSS grew from {before} to {broker.rss_kib()} KiB while a subscriber did not read")
    equal(operator.ask("get_stats", area=MICRO).submitted, 6000, "orders that were taken")


@conversation
def a_subscription_taken_back_is_over(broker):
    operator = broker.connect()
    sub = broker.subscribe(PATHS[MICRO], PATHS[MICRO_2])
    sub.ready(operator, MICRO)
    sub.ready(operator, MICRO_2)
    sub.socket.setsockopt(zmq.UNSUBSCRIBE, PATHS[MICRO].encode())

    def silent():
        """A change of the one does not come, one of the other behind it does."""
        names = {}
        for area in (MICRO, MICRO_2):
            row = operator.rows("list_areas", area=area)[0][0]
            names[area] = row.name + "x" if len(row.name) < 60 else "y"
            operator.ok("put_area", **{k: row[k] for k in ("area", "parent", "level", "kind")}, name=names[area])
        seen = False
        while True:
            _, event = sub.event()
            seen = seen or event.area == MICRO
            if event.area == MICRO_2 and event.name == names[MICRO_2]:
                return not seen

    wait_until(silent, "the cancelled subscription brings nothing any more")
