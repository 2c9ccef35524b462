"""Where the broker is: from what is given, the environment, or the defaults."""

from __future__ import annotations

import os

from .errors import InvalidValue

CONNECT_DEFAULT = "tcp://127.0.0.1:7750"
SUBSCRIBE_DEFAULT = "tcp://127.0.0.1:7751"
IPC_PATH_BYTES_MAX = 107  # sun_path of unix(7), without the zero


def check(endpoint: str) -> str:
    """Return endpoint if it is `tcp://HOST:PORT` or `ipc://PATH`; raise InvalidValue otherwise."""
    sound = False
    if isinstance(endpoint, str) and endpoint.startswith("ipc://"):
        sound = 0 < len(os.fsencode(endpoint[6:])) <= IPC_PATH_BYTES_MAX
    elif isinstance(endpoint, str) and endpoint.startswith("tcp://"):
        host, colon, port = endpoint[6:].rpartition(":")
        sound = bool(host and colon) and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535
    if not sound:
        raise InvalidValue(f'"{endpoint}" is not an endpoint: tcp://HOST:PORT or ipc://PATH is meant')
    return endpoint


def beside(connect: str) -> str:
    """Where events are published, if commands are taken at connect: the next port, or events.sock in the same folder."""
    head, colon, port = connect.rpartition(":")
    if connect.startswith("ipc://"):
        return connect.rpartition("/")[0] + "/events.sock"
    return f"{head}{colon}{int(port) + 1}"


def resolve(connect: str | None, subscribe: str | None) -> tuple[str, str]:
    """The two endpoints: as given, else $PAIDAN_CONNECT and $PAIDAN_SUBSCRIBE, else the second beside the first."""
    connect = check(connect or os.environ.get("PAIDAN_CONNECT") or CONNECT_DEFAULT)
    subscribe = check(subscribe or os.environ.get("PAIDAN_SUBSCRIBE") or beside(connect))
    return connect, subscribe
