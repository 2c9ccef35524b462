"""Reading: orders and their stories, lists in pages, figures, and the journal."""
import random

from conversation import (BENCH, BRIDGE, DISTRICT, FIRE, GRID, LAMP, LEADER, LEADER_2, LEADER_B, LEADER_TOO, MARKET, MICRO,
                          MICRO_2, MICRO_B, PATHS, RESIDENT, RESIDENT_2, RESIDENT_B, ROAD, STAFF, STALLS, STREET, STREET_2, Order, check,
                          conversation, district_rows, equal, new_id, unpack_one, schema)

BELOW = {area: {a for a, p in PATHS.items() if p.startswith(path)} for area, path in PATHS.items()}


def many_orders(broker, count):
    """Orders in three micro-grids, in all states; returns get_order's rows of all, by id."""
    people = {RESIDENT: (broker.connect(RESIDENT), broker.connect(LEADER)), RESIDENT_B: (broker.connect(RESIDENT_B), broker.connect(LEADER_B)),
              RESIDENT_2: (broker.connect(RESIDENT_2), broker.connect(LEADER_2))}
    ids = {person: [] for person in people}
    for person, (resident, leader) in people.items():
        ids[person] = [new_id() for _ in range(count // 3)]
        categories = (LAMP, FIRE, BENCH, ROAD, LAMP, BRIDGE)
        resident.answers(resident.send_many(("submit", {"order": order, "category": categories[i % 6], "text": f"第{i}件"})
                                            for i, order in enumerate(ids[person])))
        own = [order for i, order in enumerate(ids[person]) if categories[i % 6] in (LAMP, FIRE, BENCH)]
        steps = [(leader, "accept", {}), (leader, "complete", {"result": "x"}), (resident, "confirm", {"rating": 4})]
        for version, (who, what, fields) in enumerate(steps, 1):
            own = own[len(own) // 3:]
            answers = who.answers(who.send_many((what, {"order": order, "version": version, **fields}) for order in own))
            check(all(a.what == "ok" for a in answers), f"a {what} was refused")
        waiting = [order for i, order in enumerate(ids[person]) if i % 6 == 3]
        resident.answers(resident.send_many(("cancel", {"order": order, "version": 1}) for order in waiting[::2]))
    operator = broker.connect()
    rows = {}
    requests = operator.send_many(("get_order", {"order": order}) for group in ids.values() for order in group)
    for request in requests:
        row = operator.next(lambda m: m.request == request and m.what == "order", "an order")
        equal(operator.answer(request).what, "end", "the end of get_order")
        rows[row.order] = row
    return rows


@conversation
def lists_of_orders_in_pages(broker):
    """Every list of over a thousand orders, page by page: complete, nothing twice, in the promised order."""
    rows = many_orders(broker, 1050)
    c = broker.connect()
    last = c.digest()[0]
    by_queue = lambda r: (r.holder, r.state, r.urgency, r.seq)
    for fields, wanted, key in (
            ({"area": DISTRICT}, lambda r: True, by_queue), ({"area": STREET}, lambda r: r.holder in BELOW[STREET], by_queue),
            ({"area": GRID, "state": 1}, lambda r: r.holder in BELOW[GRID] and r.state == 1, by_queue), ({"area": MICRO}, lambda r: r.holder == MICRO, by_queue),
            ({"area": MICRO_2, "state": 4}, lambda r: r.holder == MICRO_2 and r.state == 4, by_queue), ({"area": STALLS}, lambda r: False, by_queue),
            ({"requester": RESIDENT_B}, lambda r: r.requester == RESIDENT_B, lambda r: -r.seq),
            ({"requester": RESIDENT_B, "state": 2}, lambda r: r.requester == RESIDENT_B and r.state == 2, lambda r: -r.seq),
            ({}, lambda r: True, lambda r: -int.from_bytes(r.order, "big")), ({"state": 5}, lambda r: r.state == 5, lambda r: -int.from_bytes(r.order, "big")),
            ({"state": 3}, lambda r: r.state == 3, lambda r: -int.from_bytes(r.order, "big"))):
        # By when one that waits will be completed is worked out for get_order alone.
        expected = [{**r.fields, "complete_by_ms": 0 if r.state == 1 else r.complete_by_ms} for r in sorted(filter(wanted, rows.values()), key=key)]
        for limit in (0, 1, 7, 100, 500):
            if limit == 1 and len(expected) > 120:
                continue
            got, _, pages = c.pages("list_orders", "cursor", after_seq=last, limit=limit, **fields)
            equal([r.order.hex() for r in got], [r["order"].hex() for r in expected], f"orders of list_orders {fields} in pages of {limit}")
            equal([r.fields for r in got], expected, f"orders of list_orders {fields}, as get_order has them")
            check(pages >= len(expected) // (limit or 100), f"{pages} pages of {limit} for {len(expected)} orders")
    c.refused("bad_field", "list_orders", area=MICRO, requester=RESIDENT)


@conversation(keep_ms=300)
def one_reads_what_one_has_written(broker):
    c, resident, leader = broker.connect(), broker.connect(RESIDENT), broker.connect(LEADER)
    for n in range(3):
        order = Order(resident)
        rows, end = c.rows("list_orders", area=MICRO, after_seq=order.seq)
        check(order.id in [r.order for r in rows] and end.seq >= order.seq, f"order {n} is not in the list that was asked for after its seq")
        order.move(leader, "accept")
        rows, _ = resident.rows("list_orders", state=2, after_seq=order.seq)
        check(order.id in [r.order for r in rows], f"order {n} is not in the list of accepted ones after its accept")
        equal(order.now(c).version, order.version, "the version of get_order, at once")
        equal(leader.ask("get_stats", area=MICRO).working, n + 1, "working in the figures, at once")


@conversation
def closed_orders_are_read_from_the_book(broker):
    """They leave memory; nobody notices."""
    resident, leader, c = broker.connect(RESIDENT), broker.connect(LEADER), broker.connect()
    orders = []
    for n in range(20):
        order = Order(resident, text=f"第{n}件")
        order.move(leader, "accept")
        order.move(leader, "complete", result="x")
        order.move(resident, "confirm", rating=1 + n % 5)
        orders.append(order)
    c.rows("list_orders", after_seq=orders[-1].seq)
    for restart in (False, True):
        if restart:
            broker.restart()
            c = broker.connect()
        for n, order in enumerate(orders):
            now, story = order.now(c, story=True)
            equal((now.state, now.rating, now.text, len(story), now.last_seq), (4, 1 + n % 5, f"第{n}件", 4, order.seq), "a closed order")
    order.move(broker.connect(RESIDENT), "reopen", reason="x")
    equal(order.now(c).state, 1, "the state of a closed order that was reopened")
    c.refused("unknown_order", "get_order", order=new_id())


@conversation
def lists_of_the_registry_in_pages(broker):
    c = broker.connect()
    c.answers(c.send_many(("put_household", {"household": 600000 + i, "area": MICRO_B, "centre": 600000, "address": f"x{i}", "lon_e7": i, "lat_e7": -i})
                          for i in range(1300)))
    c.answers(c.send_many(("put_person", {"person": 30000 + i, "post": 1, "area": MICRO_B, "household": 600000 + i, "name": f"n{i}"}) for i in range(1300)))
    given = list(district_rows())
    people = {f["person"]: f for w, f in given if w == "put_person"} | {30000 + i: {"area": MICRO_B, "post": 1} for i in range(1300)}
    homes = {f["household"]: f for w, f in given if w == "put_household"} | {600000 + i: {"area": MICRO_B} for i in range(1300)}
    for area in (0, DISTRICT, STREET_2, GRID, MARKET, MICRO_B):
        inside = BELOW[area or DISTRICT]
        for limit in (0, 3, 500):
            for what, entries, by in (("list_people", people, "person"), ("list_households", homes, "household"), ("list_areas", {a: {"area": a} for a in PATHS}, "area")):
                expected = sorted(i for i, f in entries.items() if f["area"] in inside)
                if limit == 3 and len(expected) > 60:
                    continue
                rows, _, _ = c.pages(what, "after", area=area, limit=limit)
                equal([r[by] for r in rows], expected, f"{what} of area {area} in pages of {limit}")
    for post in range(1, 10):
        rows, _, _ = c.pages("list_people", "after", post=post, area=STREET)
        equal([r.person for r in rows], sorted(p for p, f in people.items() if f["post"] == post and f["area"] in BELOW[STREET]), f"people with post {post}")
    equal([r.person for r in c.rows("list_people", person=30007)[0]], [30007], "the only person asked for")
    equal(c.rows("list_people", person=30007, area=STREET_2)[0], [], "a person asked for in an area that is not theirs")
    equal(c.rows("list_people", person=123)[0], [], "a person that is not there")
    rows, end = c.rows("list_areas", after=MICRO_2)
    equal((rows, end.more), ([], False), "areas after the last")
    for row in c.rows("list_areas")[0]:
        equal(row.path, PATHS[row.area], f"path of area {row.area}")
    equal([r.category for r in c.rows("list_categories")[0]], [1, 2, 3, 4, 5], "categories")


def bucket_of(ms):
    if ms < 4:
        return ms
    e = ms.bit_length() - 1
    return min(4 * (e - 1) + (ms >> (e - 2) & 3), 127)


def middle_of(bucket):
    if bucket < 4:
        return bucket
    e = bucket // 4 + 1
    return (4 + bucket % 4) * 2 ** (e - 2) + 2 ** (e - 2) // 2


def percentile(counts, percent):
    wanted, seen = (sum(counts) * percent + 99) // 100, 0
    for bucket, count in enumerate(counts):
        seen += count
        if count and seen >= wanted:
            return middle_of(bucket)
    return 0


class Figures:
    """What PROTOCOL.md says of figures, counted from the journal: an event counts for the holder before it."""

    def __init__(self, events):
        names = ("submitted", "accepted", "completed", "closed", "cancelled", "reopened", "declined")
        self.of = {area: {**{n: 0 for n in names}, "accept": [0] * 128, "complete": [0] * 128} for area in PATHS}
        self.orders = {}
        for e in events:
            if "order" in e.fields:
                self.count(e)

    def count(self, e):
        figures = self.of[e["from"] or e.holder]
        row = self.orders.setdefault(e.order, {"state": 1, "waiting": e.time_ms, "accepted": 0})
        name = {"confirmed": "closed", "transferred": "declined"}.get(e.what, e.what)
        if name in figures:
            figures[name] += 1
        if e.what == "accepted":
            figures["accept"][bucket_of(e.time_ms - row["waiting"])] += 1
            row["accepted"] = e.time_ms
        elif e.what == "completed":
            figures["complete"][bucket_of(e.time_ms - row["accepted"])] += 1
        row["state"] = {"accepted": 2, "completed": 3, "confirmed": 4, "cancelled": 5, "noted": row["state"]}.get(e.what, 1)
        if e.what in ("declined", "transferred", "reopened"):
            row["waiting"] = e.time_ms
        row["holder"] = e.holder

    def expected(self, area):
        areas = BELOW[area]
        inside = [r for r in self.orders.values() if r["holder"] in areas]
        total = {n: sum(self.of[a][n] for a in areas) for n in self.of[area] if n not in ("accept", "complete")}
        for n in ("accept", "complete"):
            counts = [sum(self.of[a][n][i] for a in areas) for i in range(128)]
            total[f"{n}_counts"] = counts
            total[f"{n}_ms"] = [percentile(counts, p) for p in (50, 90, 99)]
        waiting = [r["waiting"] for r in inside if r["state"] == 1]
        return {**total, "waiting": len(waiting), "working": sum(r["state"] == 2 for r in inside), "oldest_ms": min(waiting, default=0)}


def trimmed(counts):
    return counts[:max((i + 1 for i, n in enumerate(counts) if n), default=0)]


@conversation
def figures_after_known_moves(broker):
    """Every figure of every area, counted again from the journal; also after a restart."""
    rng = random.Random(5)
    who = {p: broker.connect(p) for p in (RESIDENT, RESIDENT_2, LEADER, LEADER_TOO, LEADER_2, 3001, 3002, STAFF, 4003, 0)}
    for _ in range(150):
        resident, leader, above = rng.choice([(RESIDENT, LEADER, 3001), (RESIDENT, LEADER_TOO, 3001), (RESIDENT_2, LEADER_2, 3002)])
        order = Order(who[resident])
        holder = leader
        for _ in range(rng.randrange(6)):
            state = order.now(who[0]).state
            if state == 1:
                move, person, fields = rng.choice([("accept", holder, {}), ("accept", holder, {}), ("note", resident, {"text": "x"}), ("cancel", resident, {}),
                                                   ("decline", holder, {"reason": "x"}), ("transfer", 4003, {"holder": STALLS, "reason": "x"})])
            elif state == 2:
                move, person, fields = "complete", holder, {"result": "x"}
            elif state == 3:
                move, person, fields = rng.choice([("confirm", resident, {"rating": 3}), ("reopen", resident, {"reason": "x"})])
            elif state == 4:
                move, person, fields = "reopen", resident, {"reason": "x"}
            else:
                break
            order.move(who[person], move, **fields)
            if move in ("decline", "reopen"):
                if holder != leader:
                    break
                holder = above
            if move == "transfer":
                break
    events, _ = who[0].events()
    figures = Figures(events)
    check(all(sum(figures.of[a][n] for a in PATHS) > 3 for n in ("submitted", "accepted", "completed", "closed", "cancelled", "reopened", "declined")),
          "the dice gave too little of something")
    for again in (False, True):
        if again:
            broker.restart()
        c = broker.connect()
        for area in [0, *PATHS]:
            stats = c.ask("get_stats", area=area, counts=True)
            expected = figures.expected(area or DISTRICT)
            got = {k: trimmed(stats[k]) if k.endswith("_counts") else stats[k] for k in expected}
            equal(got, {k: trimmed(v) if k.endswith("_counts") else v for k, v in expected.items()}, f"figures of area {area}")
            equal((stats.area, stats.seq), (area, events[-1].request), "area and seq")
            equal(c.ask("get_stats", area=area).accept_counts, [], "histograms that nobody asked for")
            if area:
                equal(c.rows("list_areas", area=area, limit=1, after=area - 1)[0][0].waiting, expected["waiting"], f"waiting in list_areas of area {area}")


@conversation
def figures_of_the_registry(broker):
    c = broker.connect()
    given = list(district_rows())
    for area in [0, *PATHS]:
        inside = BELOW[area or DISTRICT]
        areas = [f for w, f in given if w == "put_area" and f["area"] in inside]
        homes = [f for w, f in given if w == "put_household" and f["area"] in inside]
        people = [f for w, f in given if w == "put_person" and f["area"] in inside and not f.get("retired")]
        level = lambda n: sum(f["level"] == n for f in areas)
        expected = [level(1), level(2), level(3), sum(f["kind"] == 2 for f in areas), level(4), sum(f["kind"] == 4 for f in areas), level(5), len(homes),
                    sum(f["centre"] == f["household"] for f in homes)] + [sum(f["post"] == p for f in people) for p in range(1, 10)] + [0]
        equal(c.ask("get_stats", area=area).registry, expected, f"registry in the figures of area {area}")
    orders_only = c.ask("get_stats", area=0, orders_only=True).fields
    equal(orders_only["registry"], [], "the registry's figures in an answer about orders only")
    with_registry = c.ask("get_stats", area=0).fields
    equal({k: v for k, v in orders_only.items() if k not in ("registry", "time_ms")},
          {k: v for k, v in with_registry.items() if k not in ("registry", "time_ms")}, "the other figures of such an answer")


@conversation
def the_journal_in_pages(broker):
    rows = many_orders(broker, 300)
    c = broker.connect()
    events, end = c.events()
    equal([e.request for e in events], list(range(1, end.seq + 1)), "seqs of the whole journal")
    equal(end.seq, c.digest()[0], "seq of the last end")
    for limit in (0, 1, 13, 500):
        start = 0 if limit != 1 else end.seq - 40
        got, _, _ = c.pages("read_events", "after_seq", after_seq=start, limit=limit)
        equal([unpack_one(r.event).request for r in got], list(range(start + 1, end.seq + 1)), f"seqs in pages of {limit}")
    for area in PATHS:
        def wanted(e):
            if "order" in e.fields:
                return e.holder in BELOW[area] or e["from"] in BELOW[area]
            return e.what != "category_set" and e.area in BELOW[area]
        for limit in (0, 50, 500):
            got, last, _ = c.pages("read_events", "after_seq", after_seq=0, limit=limit, area=area)
            equal([unpack_one(r.event).request for r in got], [e.request for e in events if wanted(e)], f"seqs of the events of area {area}")
            equal(last.seq, end.seq, "seq of the last end")
    got, last = c.rows("read_events", after_seq=end.seq)
    equal((got, last.more, last.seq), ([], False, end.seq), "events after the last")
    equal(len(rows), 300, "orders that were made")


@conversation
def stories_are_the_journals_events(broker):
    rows = many_orders(broker, 60)
    c = broker.connect()
    events, _ = c.events()
    stories = {}
    for e in events:
        if "order" in e.fields:
            stories.setdefault(e.order, []).append(e)
    for order in rows:
        answers, _ = c.rows("get_order", order=order, story=True)
        equal([unpack_one(a.event) for a in answers[1:]], stories[order], f"the story of order {order.hex()}")
        equal((answers[0].seq, answers[0].last_seq, answers[0].version), (stories[order][0].request, stories[order][-1].request, len(stories[order])),
              "seq, last_seq and version")


@conversation
def pages_while_the_lists_change(broker):
    """Who pages through a list while orders come and go misses none that stayed, and none stands there twice."""
    rows = many_orders(broker, 600)
    c, resident = broker.connect(), broker.connect(RESIDENT)
    last = c.digest()[0]
    staying = {i for i, r in rows.items() if r.state in (3, 4, 5)}
    for fields in ({"area": DISTRICT}, {}, {"requester": RESIDENT}):
        got, more = [], {"after_seq": last, "limit": 40, **fields}
        while True:
            page, end = c.rows("list_orders", **more)
            got += [r.order for r in page]
            resident.answers(resident.send_many(("submit", {"order": new_id(), "category": FIRE, "text": "x"}) for _ in range(10)))
            if not end.more:
                break
            more["cursor"] = end.cursor
        wanted = {i for i in staying if fields != {"requester": RESIDENT} or rows[i].requester == RESIDENT}
        check(wanted <= set(got), f"list_orders {fields}: {len(wanted - set(got))} orders that did not change are missing")
        equal(len([i for i in got if i in wanted]), len(wanted), f"list_orders {fields}: orders that did not change, each once")


@conversation
def large_answers_come_in_frames_within_the_limit(broker):
    """Five hundred of the longest orders and events: megabytes, cut between messages."""
    resident, c = broker.connect(RESIDENT), broker.connect()
    text = "派" * 4000
    answers = resident.answers(resident.send_many(("submit", {"order": new_id(), "category": LAMP, "text": text}) for _ in range(500)))
    rows, _ = c.rows("list_orders", area=MICRO, limit=500, after_seq=answers[-1].seq)
    equal([r.text == text for r in rows], [True] * 500, "texts of the list")
    got, _, _ = c.pages("read_events", "after_seq", after_seq=answers[0].seq - 1, limit=500)
    equal(len(got), 500, "events")
    leader = broker.connect(LEADER)
    leader.ok("work", area=MICRO, credit=500)
    equal(len(leader.pushes()), 500, "pushes")
    equal(schema.limits["frame_bytes_max"], 65536, "the limit, which every frame taken here was measured by")
