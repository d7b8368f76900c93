"""The client core of Passerby: one pure machine, driven through ports (spec/client.md)."""

from passerby_client.calls import Answer
from passerby_client.machine import Machine
from passerby_client.ports import Page, Ports, Request, State, Storage
from passerby_client.queue import Entry

__all__ = ["Answer", "Entry", "Machine", "Page", "Ports", "Request", "State", "Storage"]
