"""Finds mistakes around login and logout before they ship."""

__version__ = "0.1.0"
