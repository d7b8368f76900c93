"""The front: what is bounded before any face sees a byte of it. It knows HTTP and bytes, not what they say."""

from passerby.front.front import Front
from passerby.front.limits import Limits

__all__ = ["Front", "Limits"]
