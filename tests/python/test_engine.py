"""The engine, without sockets: connecting, calls, heartbeats, and what happens when something is lost."""
import unittest

import paidan
from broker import SCHEMA, Talk

ORDER = paidan.new_id()


class Greeting(unittest.TestCase):
    def test_hello_is_the_first_message_and_commands_wait_for_the_welcome(self):
        talk = Talk()
        talk.engine.start()
        talk.call("get_digest")
        ((what, request, hello),) = talk.effects()
        self.assertEqual((what, hello.person, hello.client, hello.protocol), ("hello", 7001, "test", 1))
        talk.say("welcome", request, protocol=1, broker="b", instance=1, seq=1, heartbeat_ms=5000)
        self.assertEqual(talk.sent(), ["get_digest"])
        self.assertEqual(talk.links, ["up"])

    def test_a_hello_that_is_not_answered_in_5_s_is_said_on_a_new_connection(self):
        talk = Talk(random=lambda: 0.5)
        talk.engine.start()
        self.assertEqual(talk.sent(), ["hello"])
        self.assertEqual(talk.engine.deadline(), talk.clock.now + 5)
        self.assertEqual(talk.later(5), [])
        self.assertEqual(talk.later(0.05)[0][0], "hello")
        self.assertEqual(talk.connections, 2)

    def test_rests_grow_to_5_s_with_full_jitter(self):
        draws = iter([1.0] * 8 + [0.0])
        talk = Talk(random=lambda: next(draws))
        talk.engine.start()
        rests = []
        for _ in range(9):
            talk.engine.lost()
            rests.append(round(talk.engine.deadline() - talk.clock.now, 3))
            talk.later(rests[-1])
        self.assertEqual(rests, [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 0])

    def test_a_refused_hello_is_told_and_tried_again(self):
        talk = Talk()
        told = []
        talk.engine.on_link = lambda word, message: told.append((word, message.name))
        talk.engine.start()
        talk.refuse(talk.effects()[0][1], "unknown_person")
        self.assertEqual(told, [("down", "unknown_person")])
        self.assertEqual(talk.later(1)[0][0], "hello")

    def test_a_bad_name_or_person_shows_at_once(self):
        for person, name in ((-1, "x"), (1 << 32, "x"), ("me", "x"), (1, ""), (1, "x" * 65)):
            with self.assertRaises(paidan.InvalidValue):
                paidan.aio.Client(person, name=name)


class Calls(unittest.TestCase):
    def test_rows_come_together_with_the_last_answer(self):
        talk = Talk().open()
        found = talk.call("list_categories")
        ((_, request, _),) = talk.effects()
        row = {"category": 1, "name": "x", "level": 5, "urgency": 3, "accept_within_s": 1, "complete_within_s": 1, "retired": False}
        talk.say("category", request, **row)
        talk.say("category", request, **{**row, "category": 2})
        self.assertEqual(found, [])
        talk.say("end", request, count=2, seq=1, more=False)
        ((rows, last),) = found
        self.assertEqual(([r.category for r in rows], last.what), ([1, 2], "end"))
        talk.say("end", request, count=2, seq=1, more=False)
        self.assertEqual(len(found), 1, "an answer to a repetition is none of a call")

    def test_rows_of_an_answer_that_broke_off_come_once(self):
        talk = Talk().open()
        found = talk.call("list_categories")
        ((_, request, _),) = talk.effects()
        row = {"category": 1, "name": "x", "level": 5, "urgency": 3, "accept_within_s": 1, "complete_within_s": 1, "retired": False}
        talk.say("category", request, **row)
        talk.engine.lost()
        talk.later(1)
        talk.clock.now += 1
        talk.engine.lost()
        talk.later(1)
        self.assertEqual([(what, again) for what, again, _ in talk_welcome(talk)], [("list_categories", request)])
        talk.say("category", request, **row)
        talk.say("end", request, count=1, seq=1, more=False)
        self.assertEqual(len(found[0][0]), 1)

    def test_what_is_not_answered_is_sent_again_under_its_id_ever_more_seldom(self):
        talk = Talk(resend_s=1.0).open(heartbeat_ms=3600000)
        talk.call("submit", order=ORDER, category=1, text="x")
        ((_, request, first),) = talk.effects()
        times = []
        begun = talk.clock.now
        while len(times) < 7:
            talk.clock.now = talk.engine.deadline()
            for what, again, record in talk.later(0):
                self.assertEqual((what, again, record), ("submit", request, first))
                times.append(talk.clock.now - begun)
        self.assertEqual(times, [1, 3, 7, 15, 31, 47, 63])

    def test_after_a_lost_connection_all_is_sent_again_in_its_order(self):
        talk = Talk().open()
        for text in "abc":
            talk.call("submit", order=paidan.new_id(), category=1, text=text)
        requests = [request for _, request, _ in talk.effects()]
        talk.say("ok", requests[1], seq=1, version=1)
        talk.engine.lost()
        self.assertEqual(talk.links, ["up", "down"])
        self.assertEqual([what for what, _, _ in talk.later(1)], ["hello"])
        talk.clock.now += 0
        self.assertEqual([(what, request) for what, request, _ in talk_welcome(talk)], [("submit", requests[0]), ("submit", requests[2])])

    def test_frames_are_within_their_limit(self):
        talk = Talk().open()
        for _ in range(20):
            talk.call("submit", order=paidan.new_id(), category=1, text="派" * 4000)
        talk.engine.flush()
        frames = [argument for effect, argument in talk.engine.effects if effect == "send"]
        self.assertGreater(len(frames), 3)
        self.assertTrue(all(len(frame) <= 60 * 1024 for frame in frames))
        self.assertEqual(sum(len(list(SCHEMA.read(frame))) for frame in frames), 20)

    def test_a_call_that_was_dropped_is_not_sent_again(self):
        talk = Talk().open()
        call = talk.engine.call("get_digest", {}, self.fail)
        talk.engine.drop(call)
        talk.effects()
        talk.engine.lost()
        talk.later(1)
        self.assertEqual(talk_welcome(talk), [])
        talk.say("digest", call.request, seq=1, hash=bytes(32))


def talk_welcome(talk):
    """The welcome on a connection whose hello was looked at already."""
    talk.say("welcome", talk.engine._hello_request, protocol=1, broker="b", instance=talk.instance, seq=100, heartbeat_ms=5000)
    return talk.effects()


class Heartbeats(unittest.TestCase):
    def test_a_ping_when_nothing_else_was_sent(self):
        talk = Talk().open()
        self.assertEqual(talk.later(4.9), [])
        self.assertEqual([what for what, _, _ in talk.later(0.1)], ["ping"])
        talk.say("pong", 99, instance=1)
        self.assertEqual(talk.later(4.9), [])

    def test_silence_after_a_ping_ends_the_connection(self):
        talk = Talk().open()
        talk.later(5)
        talk.later(5)
        self.assertEqual(talk.links, ["up"])
        talk.later(5)
        self.assertEqual(talk.links, ["up", "down"])
        self.assertEqual([what for what, _, _ in talk.later(1)], ["hello"])
        self.assertEqual(talk.connections, 2)

    def test_who_slept_long_asks_first(self):
        talk = Talk().open()
        self.assertEqual([what for what, _, _ in talk.later(600)], ["ping"])
        talk.say("pong", 99, instance=1)
        self.assertEqual(talk.links, ["up"])

    def test_a_pong_of_another_run_of_the_broker_begins_anew(self):
        talk = Talk().open()
        talk.later(5)
        talk.instance = 2
        talk.say("pong", 99, instance=2)
        self.assertEqual(talk.links, ["up", "down"])
        talk.welcome()
        self.assertEqual((talk.links, talk.connections), (["up", "down", "restarted"], 1))

    def test_no_hello_is_answered_by_hello_and_all_that_waits(self):
        talk = Talk().open()
        answers = []
        talk.engine.work(1111, 4, answers.append)
        talk.call("submit", order=ORDER, category=1, text="x")
        work, submit = talk.effects()
        talk.refuse(submit[1], "no_hello")
        talk.refuse(work[1], "no_hello")
        again = talk.welcome()
        self.assertEqual([what for what, _, _ in again], ["work", "submit"])
        self.assertEqual(again[1][1], submit[1])
        talk.say("ok", again[0][1], seq=0)
        self.assertEqual([answer.what for answer in answers], ["ok"])

    def test_bye_at_the_end(self):
        talk = Talk().open()
        talk.engine.close()
        self.assertEqual(talk.sent(), ["bye"])
        self.assertEqual(talk.engine.deadline(), float("inf"))


class Work(unittest.TestCase):
    def test_it_is_said_again_on_each_connection_with_its_latest_credit(self):
        talk = Talk().open()
        talk.engine.work(1, 4, lambda answer: None)
        talk.engine.work(2, 5, lambda answer: None)
        talk.engine.work(1, 7, lambda answer: None)
        talk.engine.work(2, 0, lambda answer: None)
        self.assertEqual([(r.area, r.credit) for _, _, r in talk.effects()], [(1, 4), (2, 5), (1, 7), (2, 0)])
        talk.engine.lost()
        talk.later(1)
        self.assertEqual([(what, r.area, r.credit) for what, _, r in talk_welcome(talk)], [("work", 1, 7)])

    def test_a_broker_that_is_too_busy_is_told_again(self):
        talk, said, ends = Talk().open(), [], []
        for area in (1, 2, 3):
            talk.engine.work(area, 4, lambda answer: said.append(answer.what))
        for _, request, _ in talk.effects():
            talk.refuse(request, "busy")
        talk.engine.work(1, 7, lambda answer: said.append("changed " + answer.what))
        talk.engine.work(2, 0, lambda answer: ends.append(answer.what))
        changed, end = talk.effects()
        self.assertEqual(said, ["ok", "ok"], "what is not wanted any more is over")
        talk.refuse(changed[1], "busy")
        talk.refuse(end[1], "busy")
        self.assertEqual((talk.later(0.09), ends), ([], []))
        again = talk.later(0.01)
        self.assertEqual([(r.area, r.credit) for _, _, r in again], [(1, 7), (3, 4), (2, 0)])
        talk.refuse(again[1][1], "busy")
        self.assertEqual(talk.later(0.19), [], "ever more seldom")
        ((_, request, record),) = talk.later(0.01)
        self.assertEqual((record.area, record.credit), (3, 4))
        talk.say("ok", again[0][1], seq=0)
        talk.say("ok", again[2][1], seq=0)
        talk.refuse(request, "unknown_area")
        self.assertEqual((said, ends), (["ok", "ok", "changed ok", "refused"], ["ok"]))
        self.assertEqual(talk.later(4), [])

    def test_the_end_of_work_is_not_said_on_a_new_connection(self):
        talk, ends = Talk().open(), []
        talk.engine.work(1, 0, lambda answer: ends.append(answer.what))
        talk.refuse(talk.effects()[0][1], "busy")
        talk.engine.lost()
        talk.later(1)
        self.assertEqual((talk_welcome(talk), ends), ([], ["ok"]))
        self.assertEqual(talk.later(4), [])

    def test_pushes_are_given_on(self):
        talk = Talk().open()
        talk.engine.received(bytes.fromhex(SCHEMA.messages["push"].example["hex"]) + bytes.fromhex(SCHEMA.messages["withdraw"].example["hex"]) +
                             bytes.fromhex(SCHEMA.messages["warned"].example["hex"]))
        self.assertEqual([push.what for push in talk.pushes], ["push", "withdraw", "warned"])
