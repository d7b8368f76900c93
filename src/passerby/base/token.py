"""Tokens: long random texts that open something. Only their digest is ever kept."""

from __future__ import annotations

import hashlib


def digest(token: str) -> bytes:
    """What is kept of a token: SHA-256. Tokens are long and random, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).digest()
