"""The tables: what schema.json and PROTOCOL.md show as bytes is what is written and read."""
import json
import os
import pickle
import re
import unittest
import uuid

import msgpack
import paidan
from paidan.schema import Schema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMA = Schema.load()


def document():
    with open(os.path.join(ROOT, "proto", "schema.json"), encoding="utf-8") as file:
        return json.load(file)


def values(record):
    return {name: value for name, value in record.items() if name != "seq" or record.what not in EVENTS}


EVENTS = {m.name for m in SCHEMA.messages.values() if m.role == "event"}


class Examples(unittest.TestCase):
    def test_each_example_is_read_and_written_to_the_same_bytes(self):
        self.assertGreater(len(SCHEMA.messages), 50)
        for message in SCHEMA.messages.values():
            with self.subTest(message.name):
                frame = bytes.fromhex(message.example["hex"])
                ((request, record),) = SCHEMA.read(frame)
                self.assertEqual(record.what, message.name)
                self.assertEqual(message.encode(request, values(record)), frame)

    def test_each_example_value_is_what_is_read(self):
        for row in document()["messages"]:
            ((_, record),) = SCHEMA.read(bytes.fromhex(row["example"]["hex"]))
            for field in row["fields"]:
                with self.subTest(f"{row['name']}.{field['name']}"):
                    got = record[field["name"]]
                    if field["kind"] in ("u64", "u64s") and not isinstance(field["example"], list):
                        self.assertEqual(str(got), str(field["example"]))
                    elif field["kind"] == "id":
                        self.assertEqual(str(got), field["example"])
                    elif field["kind"] == "u64s":
                        self.assertEqual([int(v) for v in field["example"]], got)
                    elif "enum" in field and field["enum"] != "error":
                        self.assertEqual(got.code, field["example"])
                    elif field["kind"] != "bin":
                        self.assertEqual(got, field["example"])

    def test_the_conversation_in_PROTOCOL_md_is_read_and_written_to_the_same_bytes(self):
        with open(os.path.join(ROOT, "proto", "PROTOCOL.md"), encoding="utf-8") as file:
            text = file.read().split("\n## A conversation\n")[1].split("\n## A small client\n")[0]
        frames = 0
        for block in re.findall(r"```text\n(.*?)```", text, re.S):
            for data in re.findall(r"(?:^    (?:[0-9a-f]{2} ?)+\n)+", block, re.M):
                frames += 1
                frame = bytes.fromhex("".join(data.split()))
                (found,) = SCHEMA.read(frame)
                self.assertEqual(SCHEMA.messages[found[1].what].encode(found[0], values(found[1])), frame)
        self.assertGreater(frames, 15)

    def test_a_frame_with_several_messages(self):
        frame = b"".join(bytes.fromhex(SCHEMA.messages[name].example["hex"]) for name in ("welcome", "ok", "push"))
        self.assertEqual([record.what for _, record in SCHEMA.read(frame)], ["welcome", "ok", "push"])


class Reading(unittest.TestCase):
    def read(self, *arrays):
        return [record for _, record in SCHEMA.read(b"".join(msgpack.packb(a, use_bin_type=True) for a in arrays))]

    def test_what_a_newer_broker_says_is_left_out(self):
        ok = SCHEMA.messages["ok"].type
        self.assertEqual([r.what for r in self.read([9999, 1, "new"], [ok, 1, 5, 2, "a further field"], ["x", 1], {"a": 1}, [ok])], ["ok"])

    def test_a_new_word_is_its_number(self):
        hexes = SCHEMA.messages["person"].example["hex"]
        array = msgpack.unpackb(bytes.fromhex(hexes))
        array[3] = 77
        (person,) = self.read(array)
        self.assertEqual((person.post, person.post.code), ("77", 77))

    def test_fields_that_are_missing_or_of_another_kind(self):
        ok = SCHEMA.messages["ok"].type
        self.assertEqual(self.read([ok, 1]), [])
        self.assertEqual(self.read([ok, 1, "5"]), [])
        self.assertEqual(self.read([ok, 1, True]), [])
        self.assertEqual(dict(self.read([ok, 1, 5])[0]), {"seq": 5, "version": 0})

    def test_rubbish_ends_a_frame(self):
        good = SCHEMA.messages["pong"].encode(1, {"instance": 1})
        for bad in (b"\xc1", b"\x92", b"\x94\x64\x01\xa2\xff\xfe", b"\xdd\xff\xff\xff\xff"):
            self.assertEqual([r.what for _, r in SCHEMA.read(good + bad + good)], ["pong"], bad)


class Records(unittest.TestCase):
    def test_fields_as_attributes_and_by_name(self):
        ((_, event),) = SCHEMA.read(bytes.fromhex(SCHEMA.messages["declined"].example["hex"]))
        self.assertEqual((event.seq, event["from"], event.from_, event.reason), (4712, 1001, 1001, "需要供电公司处理"))
        self.assertEqual(event.order, uuid.UUID("019ab0a2-0700-7000-8000-00000000002a"))
        with self.assertRaisesRegex(AttributeError, "declined has no field result; it has seq, "):
            event.result  # pylint: disable=pointless-statement
        self.assertEqual(pickle.loads(pickle.dumps(event)), event)
        self.assertIn("reason", dir(event))

    def test_words(self):
        ((_, order),) = SCHEMA.read(bytes.fromhex(SCHEMA.messages["order"].example["hex"]))
        self.assertEqual((order.urgency, order.urgency.code, order.urgency.zh), ("normal", 3, "一般"))
        self.assertEqual(json.dumps(order.urgency), '"normal"')
        self.assertEqual(pickle.loads(pickle.dumps(order.urgency)).code, 3)


class Values(unittest.TestCase):
    def refused(self, words, what, **fields):
        with self.assertRaises(paidan.InvalidValue) as caught:
            SCHEMA.message(what).encode(1, fields)
        self.assertIn(words, str(caught.exception))

    def test_what_breaks_a_limit_is_told(self):
        good = {"category": 1, "text": "x", "order": paidan.new_id()}
        for field, value, words in (
                ("category", 0, "submit.category must be 1 to 4294967295, and is 0"), ("category", 1 << 32, "and is 4294967296"),
                ("category", True, "a whole number, and is True"), ("category", 1.0, "a whole number, and is 1.0"),
                ("category", "灯", "a whole number"), ("text", "", "must have 1 to 4000 characters, and has 0"),
                ("text", "派" * 4001, "and has 4001"), ("text", b"x", "must be text (str), and is b'x'"), ("text", "a\0b", "zero character"),
                ("text", "\ud800", "half of a surrogate pair"), ("order", "no", "must be a UUID like 019ab0a2"), ("order", 7, "must be a UUID"),
                ("urgency", "urgent", '"urgent" is no urgency; there are emergency, high, normal, low'), ("urgency", 5, "must be 0 to 4"),
                ("lon_e7", -1800000001, "must be -1800000000 to 1800000000")):
            with self.subTest(f"{field} {value!r:.20}"):
                self.refused(words, "submit", **{**good, field: value})
        self.refused("must be True or False", "put_area", area=1, parent=0, level=1, kind=1, name="x", retired=1)
        self.refused("must have 0 to 64 bytes, and has 65", "list_orders", cursor=bytes(65))

    def test_what_is_missing_or_misspelt_is_told(self):
        self.refused("submit needs category: what it is about", "submit", order=paidan.new_id(), text="x")
        self.refused("submit has no field houshold (household is meant?); its fields are: order, category", "submit", houshold=1)
        with self.assertRaisesRegex(paidan.InvalidValue, r"there is no message submitt \(submit"):
            SCHEMA.message("submitt")

    def test_words_and_ids_in_all_their_forms(self):
        encode, id_ = SCHEMA.message("submit").encode, paidan.new_id()
        wanted = encode(1, {"order": id_, "category": 1, "text": "x", "urgency": 2})
        for order in (str(id_), id_.bytes, id_):
            for urgency in ("high", "加急", 2, SCHEMA.enums["urgency"].word(2)):
                self.assertEqual(encode(1, {"order": order, "category": 1, "text": "x", "urgency": urgency}), wanted)

    def test_what_is_left_out_at_the_end_is_not_written(self):
        array = msgpack.unpackb(SCHEMA.message("submit").encode(1, {"order": paidan.new_id(), "category": 1, "text": "x", "place": "", "area": 7}))
        self.assertEqual(array[3:], [1, "x", 0, 0, 0, 7])


class Versions(unittest.TestCase):
    def refused(self, words, changed):
        with self.assertRaises(paidan.SchemaError) as caught:
            Schema(changed, "other/schema.json")
        self.assertIn(words, str(caught.exception))

    def test_another_version_is_refused_with_the_versions_that_would_be_right(self):
        self.refused("other/schema.json is of version 2 of the protocol; this client understands version 1", {**document(), "protocol": 2})
        for protocol in (0, "1", None, True, 1.5):
            self.refused("understands version 1", {**document(), "protocol": protocol})

    def test_what_is_no_schema_is_refused(self):
        self.refused('is not a schema of paidan: it has no "protocol"', {})
        self.refused('is not a schema of paidan', [])
        self.refused("is damaged: KeyError: 'messages'", {k: v for k, v in document().items() if k != "messages"})
        self.refused("is damaged", {**document(), "messages": [{"name": "x"}]})
        with self.assertRaisesRegex(paidan.SchemaError, "/nowhere/schema.json cannot be read: .*No such file"):
            Schema.load("/nowhere/schema.json")
        with self.assertRaisesRegex(paidan.SchemaError, "cannot be read"):
            Schema.load(__file__)
        with self.assertRaisesRegex(paidan.SchemaError, "a schema is a path, a dict or a Schema"):
            paidan.Client(schema=1.5)

    def test_the_packages_own_is_that_of_the_tree(self):
        with open(os.path.join(os.path.dirname(paidan.__file__), "schema.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), document())
