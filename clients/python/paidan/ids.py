"""Order ids: UUIDv7 (RFC 9562, section 5.7), made by the client so that a repeated submit is the same order."""

from __future__ import annotations

import secrets
import time
import uuid


def new_id(unix_ms: int | None = None) -> uuid.UUID:
    """A new order id of this moment, or of the moment given in milliseconds since 1970."""
    if unix_ms is None:
        unix_ms = time.time_ns() // 1_000_000
    random = bytearray(secrets.token_bytes(10))
    random[0] = 0x70 | random[0] & 0x0F  # version 7
    random[2] = 0x80 | random[2] & 0x3F  # variant
    return uuid.UUID(bytes=unix_ms.to_bytes(6, "big") + bytes(random))
