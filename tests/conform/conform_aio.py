#!/usr/bin/python3
"""conform_aio.py SCENARIO.json CONNECT SUBSCRIBE - hold a scenario through the asyncio Python client."""
import asyncio
import sys

import paidan
import script


class Aio:
    connect = staticmethod(paidan.aio.connect)

    @staticmethod
    async def rows(found):
        return [row async for row in found]

    @staticmethod
    async def answer(sent, bound_s):
        return await asyncio.wait_for(sent, bound_s)


sys.exit(script.main(Aio))
