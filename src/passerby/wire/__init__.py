"""Bytes to model and outcomes to bytes (spec: wire.md, properties.md). Nobody else knows JSON keys."""
