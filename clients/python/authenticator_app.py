"""Codes of an authenticator app (RFC 6238): HMAC-SHA-1, six digits, thirty seconds."""

import base64
import hashlib
import hmac
import time

STEP_SECONDS = 30


def totp(secret, distance=0):
    """The code of a secret, of the present step or one so many steps away."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int(time.time()) // STEP_SECONDS + distance
    tag = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = tag[-1] & 15
    number = int.from_bytes(tag[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def wrong(code):
    """Another code of as many digits."""
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))
