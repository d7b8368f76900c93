"""The client core of Passerby: one pure machine, driven through ports (spec/client.md)."""

from passerby_client.calls import Answer
from passerby_client.machine import Machine
from passerby_client.ports import Clock, Ids, Page, Ports, Request, Storage, Timers, Transport

__all__ = ["Answer", "Clock", "Ids", "Machine", "Page", "Ports", "Request", "Storage", "Timers", "Transport"]
