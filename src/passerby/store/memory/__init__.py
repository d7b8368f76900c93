"""The memory engine: keeps only the truth and works out at reading what serves reading.

It is the contract in its shortest form, so tests hold the other engines against it; it also serves
`passerby serve --data :memory:`.
"""

from passerby.store.memory.engine import MemoryStore

__all__ = ["MemoryStore"]
