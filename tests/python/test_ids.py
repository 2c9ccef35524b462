"""Ids and endpoints."""
import os
import time
import unittest
from unittest import mock

import paidan
from paidan import endpoints


class Ids(unittest.TestCase):
    def test_they_are_version_7_of_this_moment_and_differ(self):
        before, ids, after = time.time_ns() // 10**6, [paidan.new_id() for _ in range(1000)], time.time_ns() // 10**6
        self.assertEqual(len(set(ids)), 1000)
        for id_ in ids:
            self.assertEqual((id_.version, id_.variant), (7, "specified in RFC 4122"))
            self.assertTrue(before <= id_.int >> 80 <= after)


class Endpoints(unittest.TestCase):
    def resolve(self, connect=None, subscribe=None, **environment):
        with mock.patch.dict(os.environ, environment):
            for name in ("PAIDAN_CONNECT", "PAIDAN_SUBSCRIBE"):
                if name not in environment:
                    os.environ.pop(name, None)
            return endpoints.resolve(connect, subscribe)

    def test_where_events_are_follows_from_where_commands_are(self):
        self.assertEqual(self.resolve(), ("tcp://127.0.0.1:7750", "tcp://127.0.0.1:7751"))
        self.assertEqual(self.resolve("tcp://host:9000"), ("tcp://host:9000", "tcp://host:9001"))
        self.assertEqual(self.resolve("tcp://[::1]:9000"), ("tcp://[::1]:9000", "tcp://[::1]:9001"))
        self.assertEqual(self.resolve("ipc:///run/paidan/paidan.sock"), ("ipc:///run/paidan/paidan.sock", "ipc:///run/paidan/events.sock"))
        self.assertEqual(self.resolve(PAIDAN_CONNECT="tcp://host:1"), ("tcp://host:1", "tcp://host:2"))
        self.assertEqual(self.resolve(PAIDAN_CONNECT="tcp://host:1", PAIDAN_SUBSCRIBE="tcp://host:7"), ("tcp://host:1", "tcp://host:7"))
        self.assertEqual(self.resolve("tcp://a:1", "tcp://b:5", PAIDAN_CONNECT="tcp://c:1"), ("tcp://a:1", "tcp://b:5"))
        self.assertEqual(self.resolve(PAIDAN_CONNECT="", PAIDAN_SUBSCRIBE="")[0], "tcp://127.0.0.1:7750")

    def test_what_is_no_endpoint_is_refused(self):
        for bad in ("localhost:7750", "tcp://host", "tcp://:7750", "tcp://host:0", "tcp://host:65536", "tcp://host:x", "ipc://",
                    "ipc:///" + "x" * 107, "tcp://host:65535", "tcp://host:７"):
            with self.assertRaisesRegex(paidan.InvalidValue, "is not an endpoint: tcp://HOST:PORT or ipc://PATH is meant", msg=bad):
                self.resolve(bad)
