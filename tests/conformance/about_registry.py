"""The registry: single entries, and imports that are taken whole or not at all."""
from conversation import (ADMINISTRATOR, BENCH, COMMUNITY, DISTRICT, GRID, HOME, LAMP, LEADER, MICRO, MICRO_B, RESIDENT, STREET, STREET_2, Order, check,
                          conversation, district_rows, equal, import_rows, new_id, pack, schema, wait_until)


def row_of(c, what, **fields):
    return c.rows(what, **fields)[0][0].fields


def area_row(area, parent, level, name="x", **more):
    return "put_area", {"area": area, "parent": parent, "level": level, "kind": 1, "name": name, **more}


def home_row(household, area=MICRO, centre=None, **more):
    return "put_household", {"household": household, "area": area, "centre": centre or household, "address": f"x{household}", "lon_e7": 0,
                             "lat_e7": 0, **more}


def person_row(person, area=MICRO, household=0, post=1, **more):
    return "put_person", {"person": person, "post": post, "area": area, "household": household, "name": f"x{person}", **more}


@conversation
def what_is_put_is_read_back(broker):
    c = broker.connect()
    puts = [area_row(1777, GRID, 5, "新微网格"), home_row(777, 1777, lon_e7=-1800000000, lat_e7=900000000), home_row(778, 1777, 777),
            person_row(7777, 1777, 777, 4, phone="0533-7"), ("put_category", {"category": 777, "name": "类", "level": 2, "urgency": 4,
                                                                            "accept_within_s": 31536000, "complete_within_s": 1})]
    lists = {"put_area": "list_areas", "put_household": "list_households", "put_person": "list_people", "put_category": "list_categories"}
    for what, fields in puts:
        first = c.ok(what, **fields)
        check(first.seq > 0 and first.version == 0, f"the ok of a new entry: {first!r}")
        equal(c.ok(what, **fields).seq, 0, f"seq of the same {what} again: nothing was recorded")
        kind = schema.kinds[what].fields[0].name
        row = next(r for r in c.pages(lists[what], "after")[0] if r[kind] == fields[kind])
        expected = {**fields, "retired": False}
        equal({k: row[k] for k in expected}, expected, f"the entry as {lists[what]} has it")
        if "name" in fields:
            check(c.ok(what, **{**fields, "name": "改名"}).seq > 0, "a changed name is recorded")
            c.ok(what, **fields)
    events, _ = c.events(c.digest()[0] - 1)
    equal((events[0].what, events[0].actor), ("category_set", 0), "the last event")


@conversation
def entries_that_do_not_fit_are_refused(broker):
    c = broker.connect()
    before = c.digest()
    cases = [("bad_parent", area_row(9, 0, 2)), ("bad_parent", area_row(9, 0, 1)), ("bad_parent", area_row(9, 8, 2)), ("bad_parent", area_row(9, GRID, 4)),
             ("bad_parent", area_row(9, GRID, 3)), ("bad_parent", area_row(STREET, STREET, 2)), ("bad_parent", area_row(STREET, MICRO, 2)),
             ("in_use", area_row(STREET, DISTRICT, 2, retired=True)), ("in_use", area_row(MICRO, GRID, 5, retired=True)),
             ("in_use", area_row(COMMUNITY, STREET, 5)), ("unknown_area", home_row(9, 8)), ("bad_level", home_row(9, GRID)),
             ("bad_centre", home_row(9, MICRO, 8)), ("bad_centre", home_row(9, MICRO, HOME)), ("bad_centre", home_row(9, MICRO_B, 500001)),
             ("in_use", home_row(500001, MICRO_B)), ("in_use", home_row(500001, MICRO, 500001, retired=True)), ("unknown_area", person_row(9, 8)),
             ("unknown_household", person_row(9, MICRO, 8))]
    for refusal, (what, fields) in cases:
        c.refused(refusal, what, **fields)
    equal(c.digest(), before, "the state")


@conversation
def what_is_retired_is_out_of_use(broker):
    c, resident = broker.connect(), broker.connect(RESIDENT)
    order = Order(resident)
    c.ok("put_area", **area_row(1777, GRID, 5)[1])
    c.ok("put_area", **area_row(1777, GRID, 5, retired=True)[1])
    c.refused("retired", "work", area=1777, credit=1)
    c.refused("retired", "submit", order=new_id(), category=LAMP, text="x", area=1777)
    order.refused("retired", broker.connect(LEADER), "transfer", holder=1777, reason="x")
    category = next(r for r in c.rows("list_categories")[0] if r.category == BENCH).fields
    c.ok("put_category", **{**category, "retired": True})
    resident.refused("retired", "submit", order=new_id(), category=BENCH, text="x")
    c.ok("put_category", **category)
    Order(resident, category=BENCH)
    c.refused("in_use", "put_area", **area_row(MICRO, GRID, 5, retired=True)[1])
    equal(broker.connect().rows("list_areas", area=1777)[0][0].retired, True, "retired of the area")


@conversation(district=False)
def an_import_is_taken_whole(broker):
    c = broker.connect()
    rows = list(district_rows())
    count = lambda what: sum(r[0] == what for r in rows)
    expected = {"areas": count("put_area"), "households": count("put_household"), "people": count("put_person"), "categories": count("put_category")}
    dry = import_rows(c, rows, dry_run=True)
    equal({k: dry[k] for k in expected}, {k: [n, 0, 0, 0, 0] for k, n in expected.items()}, "what a dry run would add")
    equal((dry.seq, c.digest()[0], c.rows("list_areas")[0]), (0, 0, []), "seq, last seq and areas after a dry run")
    done = import_rows(c, rows)
    equal({k: done[k] for k in expected}, {k: [n, 0, 0, 0, 0] for k, n in expected.items()}, "what the import added")
    equal(done.seq, len(rows), "seq of the last event")
    events, end = c.events()
    equal([e.request for e in events], list(range(1, len(rows) + 1)), "seqs of the events")
    equal(len({e.time_ms for e in events}) <= 2, True, "one time of one import")
    state = c.digest()
    again = import_rows(c, rows)
    equal(({k: again[k] for k in expected}, again.seq), ({k: [0, 0, 0, 0, n] for k, n in expected.items()}, 0), "the same again: all unchanged")
    equal(c.digest(), state, "the state after the same again")


@conversation
def an_import_with_a_fault_is_refused_with_its_row(broker):
    c = broker.connect()
    before = c.digest()
    good = [home_row(900000 + i) for i in range(50)]
    for refusal, bad in (("unknown_area", home_row(8, 8)), ("bad_parent", area_row(8, 7, 2)), ("unknown_household", person_row(8, MICRO, 8)),
                         ("bad_centre", home_row(8, MICRO, HOME)), ("bad_parent", area_row(8, MICRO, 5))):
        for place in (0, 25, 50):
            rows = good[:place] + [bad] + good[place:]
            import_id = new_id()
            c.ok("import_begin", **{"import": import_id})
            requests = c.send_many(rows)
            answer = c.ask("import_commit", **{"import": import_id}, rows=len(rows))
            equal((answer.what, answer.fields.get("name"), answer.fields.get("row")), ("refused", refusal, requests[place]), f"the answer ({answer!r})")
            c.fence()
            check(not c.inbox, f"rows of an import have no answers of their own, and got {list(c.inbox)[:3]!r}")
            equal(c.digest(), before, "the state")
            c.refused("no_import", "import_commit", **{"import": import_id}, rows=len(rows))


@conversation
def a_row_that_cannot_be_read_is_missing_in_the_count(broker):
    """It is refused at once, as any bad message; the import then lacks a row and is refused, too."""
    c = broker.connect()
    before = c.digest()
    import_id = new_id()
    c.ok("import_begin", **{"import": import_id})
    c.send_many([home_row(900001)])
    c.refused("bad_field", "put_household", **{**home_row(900002)[1], "address": ""})
    c.send_many([home_row(900003)])
    c.refused("import_rows", "import_commit", **{"import": import_id}, rows=3)
    equal(c.digest(), before, "the state")


@conversation
def rows_other_than_announced_are_refused(broker):
    c = broker.connect()
    before = c.digest()
    for sent, announced in ((3, 2), (3, 4), (0, 1), (3, 0), (3, 2**32 - 1)):
        import_id = new_id()
        c.ok("import_begin", **{"import": import_id})
        c.send_many(home_row(900000 + i) for i in range(sent))
        detail = c.refused("import_rows", "import_commit", **{"import": import_id}, rows=announced).detail
        check(str(sent) in detail and str(announced) in detail, f"the detail should have both numbers: {detail!r}")
    equal(c.digest(), before, "the state")


@conversation
def one_import_at_a_time(broker):
    first, second = broker.connect(), broker.connect(ADMINISTRATOR)
    one, two = new_id(), new_id()
    first.ok("import_begin", **{"import": one})
    first.send_many([home_row(900001)])
    first.fence()
    second.refused("import_busy", "import_begin", **{"import": two})
    second.send_many([home_row(900002)])
    second.refused("no_import", "import_commit", **{"import": one}, rows=1)
    equal([h.household for h in second.rows("list_households", after=900000)[0]], [], "households of two imports that are not done")
    first.refused("no_import", "import_commit", **{"import": two}, rows=1)
    equal(first.ask("import_commit", **{"import": one}, rows=1).what, "imported", "the answer to the first")
    second.hello()  # what was laid aside, or refused, is forgotten
    second.ok("import_begin", **{"import": two})
    equal(second.ask("import_commit", **{"import": two}, rows=0).what, "imported", "the answer to the second")
    equal([h.household for h in second.rows("list_households", after=900000)[0]], [900001], "households that came")


@conversation
def an_import_begun_again_begins_anew(broker):
    c = broker.connect()
    one, two = new_id(), new_id()
    c.ok("import_begin", **{"import": one})
    c.send_many([home_row(900001)])
    c.ok("import_begin", **{"import": two})
    c.send_many([home_row(900002)])
    c.refused("no_import", "import_commit", **{"import": one}, rows=1)
    c.ok("import_begin", **{"import": one})
    c.send_many([home_row(900003)])
    equal(c.ask("import_commit", **{"import": one}, rows=1).what, "imported", "the answer")
    equal([h.household for h in c.rows("list_households", after=900000)[0]], [900003], "households that came")


@conversation(heartbeat_ms=200)
def an_import_whose_connection_ends_frees_the_way(broker):
    """By bye, by a new hello, and by silence."""
    other = broker.connect(ADMINISTRATOR)

    def begins():
        answer = other.ask("import_begin", **{"import": new_id()})
        if answer.what == "refused" and answer.name == "no_hello":
            other.hello()
        elif answer.what == "refused":
            equal(answer.name, "import_busy", "the refusal while another import is under way")
        return answer.what == "ok"

    def leave():
        other.ask("bye")
        other.hello()

    for way in ("bye", "hello", "vanish"):
        c = broker.connect()
        c.ok("import_begin", **{"import": new_id()})
        c.send_many([home_row(900001)])
        c.fence()
        if way == "vanish":
            c.close()
            broker.connections.remove(c)
            wait_until(begins, f"another import may begin after {way}", lambda: other.take(0.05))
        else:
            c.ok("bye") if way == "bye" else c.hello()
            check(begins() or begins(), f"another import may begin at once after {way}")
        leave()
    equal(other.rows("list_households", after=900000)[0], [], "households of imports that were never finished")


@conversation
def a_change_of_the_registry_meanwhile_is_noticed(broker):
    """An import is tried against the registry as it was at its beginning."""
    importer, other = broker.connect(), broker.connect()
    import_id = new_id()
    importer.ok("import_begin", **{"import": import_id})
    importer.send_many([person_row(9000, 1777)])
    importer.fence()
    other.ok("put_household", **home_row(500001, MICRO)[1])
    before = other.digest()
    answer = importer.ask("import_commit", **{"import": import_id}, rows=1)
    equal(answer.what, "refused", f"the answer to an import with a fault in it ({answer!r})")
    import_id = new_id()
    importer.ok("import_begin", **{"import": import_id})
    importer.send_many([home_row(900001)])
    importer.fence()
    other.ok("put_area", **area_row(1778, GRID, 5)[1])
    answer = importer.ask("import_commit", **{"import": import_id}, rows=1)
    check(answer.what == "imported" or answer.name == "import_busy", f"done, or to be tried again: {answer!r}")
    check(other.digest()[0] - before[0] == (2 if answer.what == "imported" else 1), "seq says what was done")


@conversation
def complete_retires_what_is_not_named(broker):
    c = broker.connect()
    rows = [r for r in district_rows() if not (r[0] == "put_person" and r[1]["person"] == LEADER)
            and not (r[0] == "put_household" and r[1]["household"] == 500003) and not (r[0] == "put_person" and r[1].get("household") == 500003)]
    dry = import_rows(c, rows, complete=True, dry_run=True)
    done = import_rows(c, rows, complete=True)
    equal((done.people[3], done.households[3], done.areas[3], done.categories[3]), (2, 1, 0, 0), f"retired: {done!r}")
    equal([dry[k] for k in ("areas", "households", "people", "categories")], [done[k] for k in ("areas", "households", "people", "categories")],
          "what the dry run said, and what was done")
    equal(row_of(c, "list_people", person=LEADER)["retired"], True, "retired of the leader")
    holds = Order(broker.connect(RESIDENT))
    fewer = [r for r in rows if r[1].get("area") not in (MICRO, 500001) and r[1].get("household", 0) not in (500001, 500002, 500003)]
    before = c.digest()
    refusal = import_rows(c, fewer, complete=True)
    equal((refusal.what, refusal.fields.get("name")), ("refused", "in_use"), f"an import that would retire an area with an open order ({refusal!r})")
    equal(c.digest(), before, "the state")
    holds.move(broker.connect(RESIDENT), "cancel")
    equal(import_rows(c, fewer, complete=True).what, "imported", "the answer when the order is over")
    equal(row_of(c, "list_areas", area=MICRO)["retired"], True, "retired of the area")
    back = import_rows(c, district_rows())
    equal(back.areas[0], 1, f"areas that came back: {back!r}")


@conversation
def a_centre_may_change_inside_one_import(broker):
    """Row by row it would not be allowed; as a whole it is."""
    c = broker.connect()
    rows = [home_row(HOME), home_row(500003, MICRO, HOME), home_row(500001, MICRO, HOME)]
    c.refused("in_use", rows[2][0], **{**rows[2][1], "centre": 500001, "area": MICRO_B})
    done = import_rows(c, rows)
    equal(done.what, "imported", f"the answer ({done!r})")
    equal([h.centre for h in c.rows("list_households", area=MICRO)[0]], [HOME] * 3, "centres")
    refusal = import_rows(c, [home_row(HOME, MICRO_B)])
    equal((refusal.what, refusal.fields.get("name")), ("refused", "bad_centre"), f"an import that leaves households without their centre ({refusal!r})")


@conversation
def an_import_larger_than_a_segment(broker):
    """30,000 households: some megabytes in one record; all there after kill -9, on the topic and in order."""
    c = broker.connect()
    homes = [home_row(1000000 + i, MICRO, 1000000 + i // 20 * 20) for i in range(30000)]
    done = import_rows(c, homes)
    equal((done.what, done.fields.get("households")), ("imported", [30000, 0, 0, 0, 0]), "the answer")
    state = c.digest()
    broker.kill()
    broker.start()
    c = broker.connect()
    equal(c.digest(), state, "the state after kill -9")
    rows, _, pages = c.pages("list_households", "after", after=999999, limit=500)
    equal([r.household for r in rows], [1000000 + i for i in range(30000)], "households, in pages of 500")
    equal(pages, 60, "pages")
    changed = import_rows(c, [home_row(1000000 + i, MICRO, 1000000 + i // 20 * 20, lon_e7=1) for i in range(0, 30000, 3)])
    equal(changed.households, [0, 10000, 0, 0, 0], "what a second import changed")


@conversation
def an_import_is_refused_before_it_began_and_its_rows_too(broker):
    """Without a begin, put_ messages are commands of their own, and a commit is refused."""
    c = broker.connect()
    c.refused("no_import", "import_commit", **{"import": new_id()}, rows=0)
    c.ok("put_household", **home_row(900001)[1])
    import_id = new_id()
    c.send_frame(pack("import_begin", 100, **{"import": import_id}) + pack("put_household", 101, **home_row(900002)[1]) +
                 pack("import_commit", 102, **{"import": import_id}, rows=1) + pack("put_household", 103, **home_row(900003)[1]))
    equal([c.answer(r).what for r in (100, 102, 103)], ["ok", "imported", "ok"], "the answers to an import in one frame, and one behind it")
    equal(c.ok("submit", order=new_id(), category=LAMP, text="x", area=STREET_2).version, 1, "the version of an order while nothing is imported")
