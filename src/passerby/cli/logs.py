"""How the service logs: text on a terminal, JSON off it; never a uid, a device id or a value (PV-3)."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any


class TextLines(logging.Formatter):
    """Level and message. Of an exception it tells where and which, but not its text: that may hold a value."""

    def formatException(self, ei: Any) -> str:
        """The traceback, and the name of the exception."""
        kind, _, trace = ei
        return "".join(traceback.format_tb(trace)) + (kind.__name__ if kind else "")


class JsonLines(TextLines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """`{"at", "level", "message"}`, and the traceback of our own bugs; of a request its fields in their place."""
        told = getattr(record, "fields", None) or {"message": record.getMessage()}
        line = {"at": _instant(record.created), "level": record.levelname.lower(), **told}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def resolved(style: str) -> str:
    """A style of the settings, of which `auto` is text on a terminal and JSON off it."""
    if style == "auto":
        return "text" if sys.stderr.isatty() else "json"
    return style


def log_config(style: str) -> dict[str, Any]:
    """uvicorn's logging as a dictConfig, for a style of the settings."""
    style = resolved(style)
    formatter: dict[str, Any] = (
        {"()": TextLines, "fmt": "%(levelname)s %(message)s"} if style == "text" else {"()": JsonLines}
    )
    level = "CRITICAL" if style == "off" else "INFO"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {"uvicorn": {"handlers": ["stderr"], "level": level, "propagate": False}},
    }
