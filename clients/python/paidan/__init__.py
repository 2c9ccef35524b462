"""paidan: submit, dispatch and follow orders of a district from Python.

    import paidan

    with paidan.Client(person=500001) as client:          # blocking
        done = client.submit(1, "三号楼二单元楼道灯不亮")

    async with paidan.aio.Client(person=500001) as client:   # asyncio
        done = await client.submit(1, "三号楼二单元楼道灯不亮")

Messages, fields, limits and words are read from the schema.json that comes with the package: `help(paidan.Client.submit)`
shows them.
"""

from . import aio
from .blocking import Client, Events, Job, Pushes, connect
from .errors import Closed, InvalidValue, NoAnswer, PaidanError, Refused, SchemaError
from .ids import new_id
from .schema import Record, Schema, Word
from .version import __version__

__all__ = ["Client", "Closed", "Events", "InvalidValue", "Job", "NoAnswer", "PaidanError", "Pushes", "Record", "Refused",
           "Schema", "SchemaError", "Word", "__version__", "aio", "connect", "new_id"]
