"""The embedded engine: one SQLite file, WAL, `synchronous=FULL`, one writer thread with group commit."""

from passerby.store.sqlite.engine import SqliteStore

__all__ = ["SqliteStore"]
