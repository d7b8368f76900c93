"""Passerby: who is using an app, and when they stop being that person."""

__version__ = "0.2.0"
