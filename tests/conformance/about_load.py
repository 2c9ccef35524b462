"""Too much of everything: who sends without reading, floods, and disks that are nearly full. Others are served, and memory is bounded."""
import shutil
import signal

import msgpack

from conversation import (LAMP, LEADER, MICRO, RESIDENT, SLOW, STAFF_DISTRICT, Order, Skip, check, conversation, equal, import_rows, new_id, pack, schema,
                          wait_until)

MEMORY_KIB = 1024 * 1024 * (3 if SLOW > 1 else 1)  # far above what a broker of this size needs, far below what was asked for


def flood(broker, message, frames):
    """A connection that sends frames full of message and never reads; returns the order that it submits at the end."""
    c = broker.connect(0, RCVHWM=1)
    one = len(message)
    frame = message * (schema.limits["frame_bytes_max"] // one)
    for _ in range(frames):
        c.send_frame(frame)
    last = new_id()
    c.send_frame(pack("hello", 1, person=0, client="flood", protocol=1) + pack("submit", 2, order=last, category=LAMP, text="x", area=MICRO))
    return last


def survives(broker, message, frames):
    """While somebody floods, another connection is served, and memory stays bounded."""
    other = broker.connect(RESIDENT)
    before = broker.rss_kib()
    last = flood(broker, message, frames)
    leader = broker.connect(STAFF_DISTRICT)

    def over():
        Order(other)
        other.fence()
        leader.send("get_order", order=last)
        return leader.next(lambda m: m.what in ("end", "refused"), "the end of get_order").what == "end"

    wait_until(over, "all that was sent has been read")
    check(broker.peak_kib() < MEMORY_KIB, f"VmRSS grew from {before} to {broker.peak_kib()} KiB")


@conversation
def commands_that_nobody_reads_the_answers_of(broker):
    c = broker.connect(RESIDENT, RCVHWM=1)
    other = broker.connect(RESIDENT)
    ids = [new_id() for _ in range(20000)]
    c.send_many(("submit", {"order": order, "category": LAMP, "text": "派" * 50}) for order in ids)
    wait_until(lambda: other.ask("get_stats", area=MICRO).submitted == len(ids), "all commands of the one that does not read are done")
    check(broker.rss_kib() < MEMORY_KIB, f"VmRSS is {broker.rss_kib()} KiB")
    answers = c.answers(range(2, 2 + 10))  # and when it reads at last, its answers are there, or it was dropped and told so
    check(all(a.what == "ok" for a in answers), f"the first answers: {answers!r}")


@conversation
def a_flood_of_pings(broker):
    survives(broker, pack("ping", 9), 300)


@conversation
def a_flood_of_garbage(broker):
    survives(broker, msgpack.packb([1, 9]), 300)


@conversation
def a_flood_of_lists(broker):
    """Four bytes that ask for six kilobytes, sixteen thousand times a frame."""
    operator = broker.connect()
    operator.answers(operator.send_many(("put_person", {"person": 30000 + i, "post": 1, "area": MICRO, "household": 0, "name": "名" * 64})
                                        for i in range(500)))
    survives(broker, pack("list_people", 9, limit=500), 100)


@conversation
def a_flood_of_figures(broker):
    survives(broker, pack("get_stats", 9, counts=True), 100)


@conversation
def a_flood_of_stories(broker):
    """Reads from disk, each of some kilobytes."""
    resident = broker.connect(RESIDENT)
    order = Order(resident)
    resident.answers(resident.send_many(("note", {"order": order.id, "version": v, "text": "派" * 3000}) for v in range(1, 60)))
    survives(broker, pack("get_order", 9, order=order.id, story=True), 100)


@conversation
def a_flood_of_journal_reads(broker):
    resident = broker.connect(RESIDENT)
    resident.answers(resident.send_many(("submit", {"order": new_id(), "category": LAMP, "text": "派" * 3000}) for v in range(500)))
    survives(broker, pack("read_events", 9, after_seq=0, limit=500), 100)


@conversation
def a_flood_of_work(broker):
    """Each pair of messages hands all waiting orders out anew."""
    resident = broker.connect(RESIDENT)
    answers = resident.answers(resident.send_many(("submit", {"order": new_id(), "category": LAMP, "text": "派" * 3000}) for v in range(400)))
    check(all(a.what == "ok" for a in answers), "a submit was refused")
    survives(broker, pack("work", 9, area=MICRO, credit=4096) + pack("work", 9, area=MICRO, credit=0), 20)


@conversation
def a_flood_of_digests(broker):
    """Four bytes that ask for a hash over the whole registry."""
    operator = broker.connect()
    rows = [("put_person", {"person": 100000 + i, "post": 1, "area": MICRO, "household": 0, "name": f"名{i}"}) for i in range(20000)]
    equal(import_rows(operator, rows).what, "imported", "the answer to the import")
    survives(broker, pack("get_digest", 9), 3)
    survives(broker, pack("list_people", 9, post=2), 3)


@conversation
def a_flood_of_stale_commands(broker):
    """Each has to be looked up in the journal: perhaps it was done before."""
    resident = broker.connect(RESIDENT)
    order = Order(resident)
    resident.answers(resident.send_many(("note", {"order": order.id, "version": v, "text": "派" * 3000}) for v in range(1, 60)))
    survives(broker, pack("accept", 9, order=order.id, version=1, actor=LEADER), 200)


@conversation
def a_flood_from_many(broker):
    for _ in range(6):
        flood(broker, pack("list_areas", 9), 20)
    survives(broker, pack("list_households", 9), 20)


@conversation
def one_who_pipelines_and_reads_gets_all_answers(broker):
    """Bounds are for those who do not read: a thousand queries at a time are answered, or refused as busy, each once."""
    c, resident = broker.connect(), broker.connect(RESIDENT)
    order = Order(resident)
    for what, fields in (("get_order", {"order": order.id, "story": True}), ("list_people", {"limit": 500}), ("get_stats", {"counts": True}),
                         ("list_orders", {"area": MICRO}), ("read_events", {"after_seq": 0})):
        requests = c.send_many((what, fields) for _ in range(1000))
        last = {"get_stats": ("stats", "refused")}.get(what, ("end", "refused"))
        answers = c.last_answers(requests, last)
        for answer in answers:
            check(answer.what != "refused" or answer.name == "busy", f"the answer to one of a thousand {what}: {answer!r}")
        check(sum(a.what != "refused" for a in answers) >= 30, f"most of a thousand {what} were refused as busy")


@conversation(reserve_mib=0)
def a_disk_that_is_nearly_full(broker):
    """With a reserve larger than the disk: no new orders, but what is under way is brought to its end."""
    if shutil.disk_usage("/tmp").free >= 1 << 40:
        raise Skip("more than 1 TiB is free, which is the largest reserve there is")
    operator, resident, leader = broker.connect(), broker.connect(RESIDENT), broker.connect(LEADER)
    orders = [Order(resident) for _ in range(4)]
    orders[1].move(leader, "accept")
    broker.configure({"reserve_mib": 1 << 20})
    broker.signal(signal.SIGHUP)
    wait_until(lambda: resident.ask("submit", order=new_id(), category=LAMP, text="x").what == "refused", "new orders are refused",
               lambda: resident.take(0.05))

    def bounded(operator, resident, leader):
        before = operator.digest()
        refusal = resident.refused("disk_full", "submit", order=new_id(), category=LAMP, text="x")
        check(refusal.sentence != "", "a sentence for people")
        operator.refused("disk_full", "put_area", area=9, parent=1, level=2, kind=1, name="x")
        operator.refused("disk_full", "import_begin", **{"import": new_id()})
        equal(operator.digest(), before, "the state after refusals")
        equal(resident.ok("submit", **orders[0].submit).seq, orders[0].first.seq, "seq of a repeated submit: it needs no room")

    bounded(operator, resident, leader)
    orders[0].move(leader, "accept")
    orders[0].move(resident, "note", text="x")
    orders[1].move(leader, "complete", result="x")
    orders[1].move(resident, "confirm", rating=5)
    orders[2].move(resident, "cancel")
    orders[3].move(leader, "decline", reason="x")
    equal(orders[1].now(resident).state, 4, "the state of an order that was closed meanwhile")
    check(operator.rows("list_orders", after_seq=orders[3].seq)[0], "lists are answered")
    broker.restart()
    bounded(*(broker.connect(p) for p in (0, RESIDENT, LEADER)))  # from the very beginning
    broker.configure({})
    broker.signal(signal.SIGHUP)
    resident = broker.connect(RESIDENT)
    wait_until(lambda: resident.ask("submit", order=new_id(), category=LAMP, text="x").what == "ok", "new orders are taken again",
               lambda: resident.take(0.05))


@conversation
def memory_does_not_grow_with_what_was_answered(broker):
    """The same few orders, queried and noted again and again; lives that end leave memory."""
    resident, leader, operator = broker.connect(RESIDENT), broker.connect(LEADER), broker.connect()

    def lives(count):
        ids = [new_id() for _ in range(count)]
        for version, (who, what, fields) in enumerate([(resident, "submit", {"category": LAMP, "text": "派" * 200}), (leader, "accept", {}),
                                                       (leader, "complete", {"result": "x"}), (resident, "confirm", {"rating": 5})]):
            answers = who.answers(who.send_many((what, {"order": i, **({"version": version} if version else {}), **fields}) for i in ids))
            check(all(a.what == "ok" for a in answers), f"a {what} was refused")
        operator.rows("list_orders", limit=1, after_seq=answers[-1].seq)

    lives(2000)
    before = broker.rss_kib()
    for _ in range(8):
        lives(2000)
    check(broker.rss_kib() < before + 48 * 1024 * SLOW, f"VmRSS grew from {before} to {broker.rss_kib()} KiB over 16,000 lives that ended")
