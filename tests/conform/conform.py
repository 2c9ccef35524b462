#!/usr/bin/python3
"""conform.py SCENARIO.json CONNECT SUBSCRIBE - hold a scenario through the blocking Python client."""
import sys

import paidan
import script


class Blocking:
    connect = staticmethod(paidan.connect)
    rows = staticmethod(list)

    @staticmethod
    def answer(sent, bound_s):
        return sent.result(bound_s)


sys.exit(script.main(Blocking))
