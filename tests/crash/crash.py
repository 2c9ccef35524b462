#!/usr/bin/python3
"""crash.py BUILD [--rounds N] [--seed N] - kill -9 under load, and damage on disk: what was acknowledged must be there.

Each round drives orders through their lives on several connections, kills the broker in the middle of it, starts it again, and looks for
every acknowledged command in the journal; what was not answered is sent again and must be answered then.
"""
import argparse
import glob
import os
import random
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "conformance"))
import conversation as talk  # noqa: E402

from conversation import GRID_LEADER, LAMP, LEADER, LEADER_2, MICRO_2, RESIDENT, Failure, check, equal, new_id  # noqa: E402

CONNECTIONS, WINDOW = 4, 64
EVENT_OF = {row["command"]: row["event"] for row in talk.schema.document["moves"]}
SUBMIT, ACCEPT, COMPLETE = (RESIDENT, "submit", {}), (LEADER, "accept", {}), (LEADER, "complete", {"result": "修好了"})
CONFIRM, CANCEL, NOTE = (RESIDENT, "confirm", {"rating": 5}), (RESIDENT, "cancel", {}), (RESIDENT, "note", {"text": "在等"})
# Lives: who does what, one after the other.
LIVES = [[SUBMIT, ACCEPT, COMPLETE, CONFIRM], [SUBMIT, NOTE, ACCEPT, NOTE, COMPLETE, CONFIRM], [SUBMIT, CANCEL], [SUBMIT],
         [SUBMIT, (LEADER, "decline", {"reason": "要梯子"}), (GRID_LEADER, "accept", {}), (GRID_LEADER, "complete", {"result": "好了"}), CONFIRM],
         [SUBMIT, ACCEPT, (LEADER, "transfer", {"holder": MICRO_2, "reason": "在山脚"}), (LEADER_2, "accept", {})],
         [SUBMIT, ACCEPT, COMPLETE, CONFIRM, (RESIDENT, "reopen", {"reason": "又坏了"}), (GRID_LEADER, "accept", {})]]


class Life:
    """One order, and the command that is to be answered next."""

    def __init__(self, dice):
        self.id, self.version, self.moves = new_id(), 0, dice.choice(LIVES)

    def command(self):
        actor, what, fields = self.moves[self.version]
        named = {"category": LAMP, "text": "楼道灯不亮"} if what == "submit" else {"version": self.version}
        return what, {"order": self.id, "actor": actor, **named, **fields}

    def answered(self):
        """Whether this was the last."""
        self.version += 1
        return self.version == len(self.moves)


class Load:
    """Lives on several connections; whatever is acknowledged is remembered."""

    def __init__(self, broker, dice):
        self.broker, self.dice = broker, dice
        self.acknowledged = {}  # (order, version) -> (event, seq)
        self.lives = [[Life(dice) for _ in range(WINDOW)] for _ in range(CONNECTIONS)]
        self.waiting = []

    def connect(self):
        self.links = [self.broker.connect(0) for _ in range(CONNECTIONS)]
        self.waiting = [{} for _ in self.links]
        for i, lives in enumerate(self.lives):
            for life in lives:
                self.send(i, life)

    def send(self, i, life):
        what, fields = life.command()
        self.waiting[i][self.links[i].send(what, **fields)] = life

    def on_answer(self, i, answer):
        life = self.waiting[i].pop(answer.request)
        check(answer.what == "ok", f"{life.command()[0]} of {life.id.hex()}: expected ok, got {answer!r}")
        equal(answer.version, life.version + 1, f"version after {life.command()[0]} of {life.id.hex()}")
        self.acknowledged[(life.id, answer.version)] = (EVENT_OF[life.command()[0]], answer.seq)
        if life.answered():
            self.lives[i].remove(life)
            life = Life(self.dice)
            self.lives[i].append(life)
        self.send(i, life)

    def submitted(self, order):
        """An order that was submitted beside the lives."""
        self.acknowledged[(order.id, 1)] = ("submitted", order.seq)

    def carry(self, answers):
        """Until so many more are acknowledged."""
        goal = len(self.acknowledged) + answers
        while len(self.acknowledged) < goal:
            for i, link in enumerate(self.links):
                link.take(0.001)
                while link.inbox:
                    self.on_answer(i, link.inbox.popleft())
            self.broker.must_run()


def journal_of(broker):
    """(order, version) -> (event, seq) of the whole journal; each may stand there once."""
    events, _ = broker.connect(0).events()
    found = {}
    for n, event in enumerate(events):
        equal(event.request, n + 1, "seqs without a gap")
        if "order" not in event.fields:
            continue
        key = (event.order, event.version)
        check(key not in found, f"order {event.order.hex()} has version {event.version} twice")
        found[key] = (event.what, event.request)
    return found


def all_there(broker, load):
    """Every acknowledged command, as it was answered; of the others each at most once, and nothing that nobody sent."""
    found = journal_of(broker)
    for key, wanted in load.acknowledged.items():
        equal(found.get(key), wanted, f"the acknowledged version {key[1]} of order {key[0].hex()}")
    sent = {(life.id, life.version + 1): EVENT_OF[life.command()[0]] for lives in load.lives for life in lives}
    for key, (event, _) in found.items():
        check(key in load.acknowledged or sent.get(key) == event, f"{event} of order {key[0].hex()}, version {key[1]}, was never sent")
    last = {}
    for (order, version), (_, seq) in found.items():
        last[order] = max(last.get(order, (0, 0)), (version, seq))
    reader, orders = broker.connect(0), list(last)
    for start in range(0, len(orders), 1000):  # a connection may have so many unanswered queries, not all at once
        some = orders[start:start + 1000]
        for order, row in zip(some, reader.last_answers(reader.send_many(("get_order", {"order": order}) for order in some), ("order", "refused"))):
            equal((row.what, row.fields.get("version"), row.fields.get("last_seq")), ("order", *last[order]), f"order {order.hex()} by get_order ({row!r})")
    return len(found)


def verify(broker, build):
    paidan = os.path.join(build, "paidan")
    if not os.access(paidan, os.X_OK):
        print(f"skip verify: there is no {paidan}")
        return
    done = subprocess.run([paidan, "verify", broker.data, "--connect", broker.listen], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, check=False)
    equal(done.returncode, 0, f"the exit code of paidan verify, which said: {done.stdout.decode(errors='replace')[-600:]}")


def kills(broker, load, build, rounds):
    for n in range(1, rounds + 1):
        load.connect()
        load.carry(load.dice.randrange(50, 3000))
        broker.kill()
        broker.start()
        events = all_there(broker, load)
        print(f"ok killed {n}: {len(load.acknowledged)} acknowledged commands are there, of {events} events", flush=True)
    load.connect()  # what was not answered is sent again
    load.carry(2000)
    while len({path for path, _, _ in records(broker.data)}) < 2:  # damage is looked for in an earlier segment, too
        load.carry(2000)
    verify(broker, build)
    print("ok verify under load finds journal, book and state sound", flush=True)


def content(broker):
    """All that can be read: state, orders and registry."""
    reader = broker.connect(0)
    seq, digest = reader.digest()
    rows = [r for what, by, fields in (("list_orders", "cursor", {"limit": 500, "after_seq": seq}), ("list_areas", "after", {}), ("list_people", "after", {}),
                                       ("list_households", "after", {}), ("list_categories", "after", {})) for r in reader.pages(what, by, **fields)[0]]
    for row in rows:
        row.request = 0
    return (seq, digest), rows


def rebuilt_book(broker, build):
    before, rows = content(broker)
    broker.stop()
    shutil.rmtree(os.path.join(broker.data, "book"))
    broker.start()
    after, rows_after = content(broker)
    equal(after, before, "seq and hash of the state after the book was deleted")
    check(rows_after == rows, f"lists differ after the book was deleted: {len(rows)} rows before, {len(rows_after)} after")
    verify(broker, build)
    print("ok a deleted book is made again, to the same content", flush=True)


def records(data):
    """(file, offset, bytes) of every record: found by their magic at multiples of 8, each leading to the next."""
    found = []
    for path in sorted(glob.glob(os.path.join(data, "journal", "*.seg"))):
        with open(path, "rb") as file:
            content = file.read()
        at = 0
        while content[at:at + 4] == b"PDR1":
            size = int.from_bytes(content[at + 8:at + 12], "little")
            found.append((path, at, size))
            at += (size + 7) // 8 * 8
    return found


def overwrite(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def refuses_to_start(broker, about, *parts):
    code, said = broker.run(*broker.command()[1:])
    equal(code, 111, f"exit code with {about}; it said: {said[-400:]}")
    for part in parts:
        check(part in said, f"with {about} it should name {part}, and said: {said[-400:]}")


def flipped(path, at, call):
    """call() while the byte at `at` of a file has a flipped bit."""
    with open(path, "rb") as file:
        file.seek(at)
        byte = file.read(1)
    overwrite(path, at, bytes([byte[0] ^ 0x10]))
    call()
    overwrite(path, at, byte)


def damage(broker, load, build):
    """In the last segment it is seen at the start; before that when it is read: by verify, and when the book is made again."""
    operator = broker.connect(0)
    while True:  # a few records to choose from: each of these orders makes one
        all_records = records(broker.data)
        last = [r for r in all_records if r[0] == all_records[-1][0]]
        if len(last) > 3:
            break
        load.submitted(talk.Order(operator, requester=RESIDENT))
    broker.stop()
    for path, at, size in (last[0], last[len(last) // 2], last[-2]):
        for byte in (0, 4, 8, 11, 12, 16, 24, 32, 40, 71, 72, 80, size // 2, size - 1):
            flipped(path, at + byte, lambda: refuses_to_start(broker, f"a flipped bit in byte {byte} of a record", os.path.basename(path), "offset"))
    print("ok a flipped bit that good records follow is reported with its file and offset, and not served", flush=True)
    earlier = [r for r in all_records if r[0] != all_records[-1][0]]
    check(earlier, "there is one segment only")
    path, at, size = earlier[len(earlier) // 2]
    book, aside = os.path.join(broker.data, "book"), os.path.join(broker.folder, "aside")

    def without_a_book():
        os.rename(book, aside)
        refuses_to_start(broker, "a flipped bit in an earlier segment, and no book", os.path.basename(path))
        shutil.rmtree(book)
        os.rename(aside, book)

    def verified():
        if os.access(os.path.join(build, "paidan"), os.X_OK):
            done = subprocess.run([os.path.join(build, "paidan"), "verify", broker.data], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=120, check=False)
            said = done.stdout.decode(errors="replace")
            check(done.returncode != 0 and os.path.basename(path) in said, f"paidan verify should find the flipped bit; it ended with {done.returncode}: {said}")

    flipped(path, at + size // 2, without_a_book)
    flipped(path, at + size // 2, verified)
    broker.start()
    all_there(broker, load)
    print("ok a flipped bit in an earlier segment is found by verify, and when the book is made again", flush=True)


def torn(broker, load, build):
    """A record that came after the last acknowledged one, of which a crash left only some bytes."""
    operator = broker.connect(0)
    cuts = [lambda n: (0, n), lambda n: (1, n), lambda n: (4, n), lambda n: (12, n), lambda n: (71, n), lambda n: (72, n), lambda n: (n // 2, n),
            lambda n: (n - 1, n), lambda n: (0, 8), lambda n: (0, n // 2), lambda n: (72, n - 8)]
    for cut in cuts:
        kept = journal_of(broker)
        order = talk.Order(operator, requester=RESIDENT, text="派" * 200)
        broker.kill()
        path, at, size = records(broker.data)[-1]
        begin, end = cut(size)
        overwrite(path, at + begin, bytes(end - begin))
        shutil.rmtree(os.path.join(broker.data, "book"))  # it may have kept what is now cut off
        broker.start()
        operator = broker.connect(0)
        equal(journal_of(broker), kept, f"the journal after bytes {begin} to {end} of its last record's {size} were lost")
        operator.refused("unknown_order", "accept", order=order.id, version=1, actor=LEADER)
        equal(operator.ok("submit", **{**order.submit, "requester": RESIDENT}).seq, order.seq, "seq of the lost order, sent again")
        load.submitted(order)
    all_there(broker, load)
    verify(broker, build)
    print("ok a last record of which bytes were lost is cut off, and nothing else", flush=True)


def too_long(*_):
    raise Failure("it took too long")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    broker = talk.Broker(args.build, {"segment_mib": 1})
    load = Load(broker, random.Random(args.seed))
    code = 0
    signal.signal(signal.SIGALRM, too_long)
    talk.leave_tidily()
    signal.alarm((60 + 20 * args.rounds) * talk.SLOW)
    try:
        equal(talk.import_rows(broker.connect(0), talk.district_rows()).what, "imported", "the answer to the import")
        kills(broker, load, args.build, args.rounds)
        rebuilt_book(broker, args.build)
        damage(broker, load, args.build)
        torn(broker, load, args.build)
    except Failure as failure:
        print(f"not ok crash: {failure}\n  again: python3 tests/crash/crash.py {args.build} --rounds {args.rounds} --seed {args.seed}")
        code = 1
    finally:
        broker.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
