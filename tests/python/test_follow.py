"""Following an area: the rules of PROTOCOL.md's "Losing and filling", one by one."""
import unittest

import msgpack
from broker import SCHEMA, Talk
from paidan import follow as follow_module

PATH = "/1/10/11/"


def event_bytes(seq):
    values = {field.name: field.default for field in SCHEMA.message("accepted").fields}
    return SCHEMA.message("accepted").encode(seq, {**values, "version": 1, "holder": 1})


class Follower:
    """A follow of area 11, whose broker the test is."""

    def __init__(self, after_seq=None, area=11, room=lambda: True, talk=None):
        self.talk = talk or Talk().open(seq=100)
        self.talk.effects()
        self.seqs, self.stats = [], []
        self.follow = self.talk.engine.follow(area, after_seq, lambda event: self.seqs.append(event["seq"]) or room())
        self.follow.on_stats = self.stats.append

    def asked(self):
        """The one query that was sent since."""
        queries = [(what, request, record) for what, request, record in self.talk.effects() if what not in ("ping", "hello")]
        assert len(queries) == 1, queries
        return queries[0]

    def located(self):
        what, request, query = self.asked()
        assert (what, query.area, query.after, query.limit) == ("list_areas", 11, 10, 1)
        self.talk.say("area", request, area=11, parent=10, level=3, kind=1, name="x", path=PATH, retired=False, waiting=0)
        self.talk.say("end", request, count=1, seq=0, more=False)
        return self

    def fill(self, after_seq, *seqs, end, count, more=False):
        """It asks for what is after a seq, and gets these."""
        what, request, query = self.asked()
        assert (what, query.after_seq) == ("read_events", after_seq), (what, dict(query))
        for seq in seqs:
            self.talk.say("past", request, event=event_bytes(seq))
        self.talk.say("end", request, count=len(seqs), seq=end, more=more, publications=count)
        return self

    def publish(self, seq, *counts, topic=PATH, stats=False, instance=1):
        head = SCHEMA.message("published").encode(seq, {"counts": list(counts), "instance": instance})
        if stats:
            values = {f.name: [0] * 3 if f.kind == "u64s" and f.required else f.default for f in SCHEMA.message("stats").fields}
            body = SCHEMA.message("stats").encode(seq, {**values, "seq": seq})
        else:
            body = event_bytes(seq)
        self.talk.engine.published(topic.encode(), head + body)
        return self

    def gathered(self, *seqs, instance=1):
        head = SCHEMA.message("published").encode(seqs[0], {"counts": [], "instance": instance})
        self.talk.engine.published(b"*", head + b"".join(event_bytes(seq) for seq in seqs))
        return self

    def quiet(self):
        return self.talk.effects() == []


class Rules(unittest.TestCase):
    def live(self, **options):
        return Follower(4710, **options).located().fill(4710, end=4710, count=98)

    def test_the_example_of_PROTOCOL_md(self):
        one = self.live()
        self.assertEqual(one.talk.topics, [PATH.encode()])
        one.publish(4711, 4711, 512, 99, 40, 12, topic=PATH + "111/1111/")
        self.assertEqual(one.seqs, [4711])
        one.publish(4730, 4730, 515, 102, 41, 13)
        one.fill(4711, 4718, 4725, 4730, end=4731, count=102)
        self.assertEqual(one.seqs, [4711, 4718, 4725, 4730])
        one.publish(4733, 4733, 517, 103, 41, 14)
        self.assertEqual(one.seqs[-1], 4733)
        self.assertTrue(one.quiet())

    def test_from_now_on_begins_at_the_present_seq(self):
        one = Follower()
        what, request, query = one.asked()
        self.assertEqual((what, query.area), ("get_stats", 0), "before anything that the program sends")
        values = {f.name: [0] * 3 if f.kind == "u64s" and f.required else f.default for f in SCHEMA.message("stats").fields}
        one.talk.say("stats", request, **{**values, "area": 0, "seq": 50})
        one.located().fill(50, 51, end=51, count=1)
        self.assertEqual(one.seqs, [51])

    def test_what_is_published_while_filling_is_kept_and_looked_at_afterwards(self):
        one = Follower(4710).located()
        one.publish(4711, 1, 1, 99).publish(4712, 1, 1, 100).publish(4713, 1, 1, 101)
        self.assertEqual(one.seqs, [])
        one.fill(4710, 4711, end=4711, count=99)
        self.assertEqual(one.seqs, [4711, 4712, 4713])
        self.assertTrue(one.quiet())

    def test_a_gap_among_what_was_kept_is_filled_and_the_rest_kept_on(self):
        one = Follower(4710).located()
        one.publish(4711, 1, 1, 99).publish(4715, 1, 1, 103).publish(4716, 1, 1, 104)
        one.fill(4710, 4711, end=4711, count=99)
        one.fill(4711, 4712, 4713, 4715, end=4715, count=103)
        self.assertEqual(one.seqs, [4711, 4712, 4713, 4715, 4716])
        self.assertTrue(one.quiet())

    def test_too_much_of_it_is_a_gap_later(self):
        one = Follower(4710).located()
        bound, follow_module.HELD_BYTES_MAX = follow_module.HELD_BYTES_MAX, 200
        try:
            for n in range(1, 11):
                one.publish(4710 + n, 1, 1, 98 + n)
        finally:
            follow_module.HELD_BYTES_MAX = bound
        one.fill(4710, end=4710, count=98)
        self.assertLess(len(one.seqs), 10)
        one.publish(4721, 1, 1, 109)
        one.fill(one.seqs[-1], *range(one.seqs[-1] + 1, 4722), end=4721, count=109)
        self.assertEqual(one.seqs, list(range(4711, 4722)))

    def test_an_event_on_two_topics_comes_once(self):
        one = self.live()
        one.publish(4711, 1, 1, 99, 1, 1).publish(4711, 1, 1, 100, 2, 1).publish(4712, 1, 1, 101)
        self.assertEqual(one.seqs, [4711, 4712])
        self.assertTrue(one.quiet())

    def test_pages_follow_each_other(self):
        one = Follower(0).located()
        one.fill(0, 1, 2, end=2, count=5, more=True).fill(2, 3, end=9, count=5, more=True).fill(9, 10, end=12, count=5)
        self.assertEqual(one.seqs, [1, 2, 3, 10])
        self.assertEqual(one.follow.seen, 12)

    def test_figures_count_but_are_none(self):
        one = self.live()
        one.publish(4710, 1, 1, 99, stats=True).publish(4711, 1, 1, 100)
        self.assertEqual((one.seqs, len(one.stats)), ([4711], 1))
        one.publish(4712, 1, 1, 103, stats=True)
        one.fill(4711, 4712, end=4712, count=103)
        self.assertEqual(one.seqs, [4711, 4712])

    def publish_unknown(self, one, seq, *counts, topic=PATH):
        head = SCHEMA.message("published").encode(seq, {"counts": list(counts), "instance": 1})
        one.talk.engine.published(topic.encode(), head + msgpack.packb([240, seq, 1]))

    def test_events_of_a_type_that_is_not_known_are_counted(self):
        one = self.live()
        self.publish_unknown(one, 4711, 1, 1, 99)
        one.publish(4712, 1, 1, 100)
        self.assertEqual((one.seqs, one.quiet()), ([4712], True))
        one = Follower(10, area=0)
        self.publish_unknown(one, 11, topic="*")
        one.fill(10, end=10, count=3)
        self.publish_unknown(one, 12, topic="*")
        one.gathered(13)
        self.assertEqual((one.seqs, one.quiet()), ([13], True))

    def test_everything_is_followed_by_the_seqs(self):
        one = Follower(10, area=0)
        one.fill(10, end=10, count=3)
        self.assertEqual(one.talk.topics, [b"*"])
        one.publish(11, topic="*").gathered(12, 13).gathered(13)
        self.assertEqual(one.seqs, [11, 12, 13])
        one.gathered(15, 16)
        one.fill(13, 14, 15, 16, end=16, count=9)
        self.assertEqual((one.seqs, one.quiet()), ([11, 12, 13, 14, 15, 16], True))

    def test_an_area_that_is_not_there_is_looked_for_again(self):
        one = Follower(0)
        _, request, _ = one.asked()
        one.talk.say("end", request, count=0, seq=0, more=False)
        self.assertTrue(one.quiet())
        one.talk.clock.now += 1
        one.talk.engine.tick()
        one.located().fill(0, 1, end=1, count=1)
        self.assertEqual(one.seqs, [1])

    def test_a_refusal_that_may_pass_is_asked_again(self):
        one = Follower(0)
        one.follow.on_refused = self.fail
        for name in ("unknown_area", "busy", "read_failed"):
            one.talk.refuse(one.asked()[1], name)
            self.assertTrue(one.quiet())
            one.talk.clock.now += 1
            one.talk.engine.tick()
        one.located().fill(0, 1, end=1, count=1)
        self.assertEqual(one.seqs, [1])

    def test_any_other_refusal_is_told_and_is_the_end(self):
        one, told = Follower(0).located(), []
        one.follow.on_refused = lambda refused: told.append(refused.name)
        one.talk.refuse(one.asked()[1], "not_allowed")
        self.assertTrue(one.quiet())
        self.assertEqual((told, one.talk.topics), (["not_allowed"], []))
        one.talk.clock.now += 2
        one.talk.engine.tick()
        self.assertTrue(one.quiet())
        self.assertEqual(one.follow.deadline(), float("inf"))

    def test_a_long_silence_is_looked_into(self):
        one = self.live()
        for _ in range(3):
            one.talk.clock.now += 5
            one.talk.say("pong", 999, instance=1)
            one.talk.engine.tick()
        one.located().fill(4710, 4711, end=4711, count=99)
        self.assertEqual(one.seqs, [4711])


class Connections(unittest.TestCase):
    def again(self, one, seq, instance=1):
        """The connection is lost and made again."""
        one.talk.engine.lost()
        one.talk.clock.now += 1
        one.talk.engine.tick()
        one.talk.instance = instance
        hello = one.talk.engine._hello_request
        one.talk.effects()
        one.talk.say("welcome", hello, protocol=1, broker="b", instance=instance, seq=seq, heartbeat_ms=5000)

    def live(self):
        return Follower(4710).located().fill(4710, 4711, end=4711, count=98)

    def test_after_each_welcome_it_is_filled(self):
        one = self.live()
        self.again(one, 4713)
        one.located().fill(4711, 4713, end=4713, count=1)
        self.assertEqual((one.seqs, one.talk.topics), ([4711, 4713], [PATH.encode()]))

    def test_counts_that_begin_anew_after_a_restart(self):
        one = self.live()
        one.publish(4712, 1, 1, 1)
        one.fill(4711, 4712, end=4712, count=1)
        self.again(one, 4712, instance=2)
        one.located().fill(4712, end=4712, count=1)
        one.publish(4713, 1, 1, 2, instance=2)
        self.assertEqual(one.seqs, [4711, 4712, 4713])

    def test_what_another_run_publishes_before_its_welcome_is_not_taken_for_the_next(self):
        one = self.live()
        one.publish(4712, 1, 1, 99)
        one.publish(4714, 1, 1, 100, instance=2)  # of the new run, where 4713 was lost; it counts like the next one of the old run
        self.again(one, 4714, instance=2)
        one.located().fill(4712, 4713, 4714, end=4714, count=100)
        self.assertEqual(one.seqs, [4711, 4712, 4713, 4714])

    def test_what_was_kept_before_a_restart_does_not_count_after_it(self):
        one = self.live()
        one.publish(4715, 1, 1, 103)  # a gap: it asks
        one.publish(4716, 1, 1, 104)  # kept
        one.talk.effects()
        self.again(one, 4716, instance=2)
        ((_, request, _),) = one.talk.effects()
        one.talk.say("end", request, count=0, seq=4716, more=False, publications=103)
        one.fill(4716, end=4716, count=103)
        one.publish(4718, 1, 1, 105, instance=2)
        one.fill(4716, 4717, 4718, end=4718, count=105)
        self.assertEqual(one.seqs, [4711, 4717, 4718])

    def test_a_broker_with_another_journal_is_followed_from_now_on(self):
        one = self.live()
        self.again(one, 7, instance=2)
        one.located().fill(7, 8, end=8, count=1)
        self.assertEqual(one.seqs, [4711, 8])

    def test_a_query_under_way_is_sent_again_and_once_more_filled(self):
        one = Follower(4710).located()
        ((_, request, _),) = [m for m in one.talk.effects()]
        self.again(one, 4711)
        ((what, again, _),) = one.talk.effects()
        self.assertEqual((what, again), ("read_events", request))
        one.talk.say("end", request, count=0, seq=4710, more=False, publications=5)
        one.fill(4710, 4711, end=4711, count=6)
        self.assertEqual(one.seqs, [4711])


class Slowness(unittest.TestCase):
    def test_who_takes_too_slowly_pauses_and_fills_later(self):
        room = [True]
        one = Follower(4710, room=lambda: room[0]).located().fill(4710, end=4710, count=98)
        room[0] = False
        one.publish(4711, 1, 1, 99)
        one.publish(4712, 1, 1, 100).publish(4713, 1, 1, 101)
        self.assertEqual(one.seqs, [4711])
        self.assertTrue(one.quiet())
        room[0] = True
        one.follow.resume()
        one.located().fill(4711, 4712, 4713, end=4713, count=101)
        one.publish(4714, 1, 1, 102)
        self.assertEqual(one.seqs, [4711, 4712, 4713, 4714])

    def test_pages_stop_when_there_is_no_room(self):
        one = Follower(0, room=lambda: False).located()
        one.fill(0, *range(1, 501), end=500, count=9, more=True)
        self.assertTrue(one.quiet())
        self.assertEqual(len(one.seqs), 500)

    def test_the_end_unsubscribes(self):
        one = Follower(0).located()
        one.talk.effects()
        one.talk.engine.unfollow(one.follow)
        one.talk.effects()
        self.assertEqual((one.talk.topics, len(one.talk.engine.calls)), ([], 0))
