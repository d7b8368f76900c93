"""Where in a program something happens: every event at its place, who calls whom, and which functions lead to an
event at all."""

from __future__ import annotations

import re

from passerby_audit import vocabulary
from passerby_audit.program import navigation, signs
from passerby_audit.program.resolve import Program
from passerby_audit.program.sdk import Sdk
from passerby_audit.program.steps import Event
from passerby_audit.program.units import Unit, dotted, last_name
from passerby_audit.syntax import (
    Assignment,
    Await,
    Call,
    Declare,
    Element,
    Function,
    Jump,
    Member,
    Name,
    Node,
    Reactive,
    Return,
    Throw,
    Try,
)

_RELEASES = re.compile(
    r"^(reset|clear|anonymi\w*|un ?identify|forget|log ?out|sign ?out|end|teardown|remove|on ?log ?out|user)\b"
)
"""What a release may be called where its code is not here to be read."""

_REMOTE = re.compile(
    r"\b(api|service|repository|repo|client|http|remote|backend|server|request|network|retrofit|auth|session|"
    r"requests|execute|datasource|use case)\b"
)

_RUNS_AT_ONCE = {
    "then", "catch", "finally", "done", "always", "setTimeout", "setImmediate", "nextTick", "forEach", "map", "batch",
    "run", "runInAction", "startTransition", "call", "unstable_batchedUpdates", "queueMicrotask",
    "requestAnimationFrame", "tap", "mutate", "mutateAsync", "runAfterInteractions", "postDelayed", "invoke",
    "flushSync", "delayed",
}  # fmt: skip
"""Calls that run a function which is given to them by name as part of themselves."""

_THROWING = ("kotlin", "java", "python")
"""Languages in which what can fail is not marked where it is called."""


class Survey:
    """One look at every node of every file."""

    def __init__(self, program: Program, sdk: Sdk) -> None:
        self.program = program
        self.sdk = sdk
        self.events: dict[int, list[Event]] = {}
        self.own: dict[Unit, list[Event]] = {}
        self.callers: dict[Unit, list[tuple[Unit, Node]]] = {}
        self.handed: dict[Unit, list[tuple[Unit, Call]]] = {}
        self.elements: list[tuple[Unit, Element]] = []
        self.chained: set[int] = set()
        self.handled: set[int] = set()
        self.declared: set[int] = set()
        self._hot: set[int] = set()
        self._handling = False
        for file in program.files:
            for node in file.module.body:
                self._survey(node, file.top)
        self._relevant = self._closure()

    def _survey(self, node: Node, unit: Unit) -> bool:
        """Find the events of a file, and mark every node above one."""
        if isinstance(node, Function):
            unit = unit.file.by_function.get(id(node), unit)
        elif isinstance(node, Reactive):
            unit = next((c for c in unit.children if c.use == "effect" and c.function.span == node.span), unit)
        hot = isinstance(node, (Return, Throw, Jump))
        before = self._handling
        caught = {id(n) for handler in node.handlers for n in handler} if isinstance(node, Try) else _caught(node)
        if isinstance(node, Element):
            self.elements.append((unit, node))
        if isinstance(node, Declare) and node.value is not None:
            self.declared.add(id(node.value))
        for part in node.parts():
            self._handling = before or id(part) in caught
            if self._survey(part, unit):
                hot = True
        self._handling = before
        if before:
            self.handled.add(id(node))
        if isinstance(node, (Call, Assignment)):
            found = self._events_of(node, unit)
            if found:
                self.events[id(node)] = found
                self.own.setdefault(unit, []).extend(found)
                hot = True
        elif isinstance(node, Await):
            hot = True
        if hot:
            self._hot.add(id(node))
        return hot

    def _events_of(self, node: Call | Assignment, unit: Unit) -> list[Event]:
        found: list[Event] = []
        if isinstance(node, Call):
            if self._defines_sdk(unit):
                return []
            request = self.sdk.request(node, unit)
            if request is not None:
                return [Event(request.verb, node, unit, request)]
            target = self.program.target(node.callee, unit)
            if target.units:
                found.append(Event("call", node, unit, targets=target.units, certain=target.certain))
                for callee in target.units:
                    self.callers.setdefault(callee, []).append((unit, node))
            elif (
                target.delegated
                and _RELEASES.match(vocabulary.words(last_name(node.callee)))
                and self._serves_analytics(node, unit)
            ):
                found.append(Event("call", node, unit, sign="unread", certain=False))
            elif unit.file.language in _THROWING and _REMOTE.search(vocabulary.words(dotted(node.callee))):
                found.append(Event("risk", node, unit))
            for argument in node.arguments:
                self._reference(argument.value, node, unit)
            if signs.authenticates(node):
                found.append(Event("authenticate", node, unit))
        sign = "" if signs.is_server(unit) else signs.ends_session(node, unit, self.program)
        if sign:
            detail = dotted(node.callee) if isinstance(node, Call) else dotted(node.target)
            found.append(Event("end", node, unit, sign=sign, detail=detail))
            if sign == "dispatch" and isinstance(node, Call):
                self._dispatch(node, unit, found)
        elif signs.stores_login(node, unit, self.program):
            found.append(Event("login", node, unit))
        leaving = navigation.navigation(node, unit, self.program)
        if leaving is not None:
            found.append(Event("navigate", node, unit, sign=leaving[0], detail=leaving[1]))
        return found

    def _serves_analytics(self, node: Call, unit: Unit) -> bool:
        """Whether a call is, by its words or by those around it, one of analytics."""
        holder = unit.named()
        return any(vocabulary.is_analytics(text) for text in (dotted(node.callee), holder.owner, unit.file.path.stem))

    def _dispatch(self, node: Call, unit: Unit, found: list[Event]) -> None:
        """A message by its name, as in vuex or an action: whoever handles that name is called."""
        if not node.arguments:
            return
        text = signs.literal_text(node.arguments[0].value, self.program, unit).split("/")[-1]
        targets = [u for u in self.program.by_name.get(text, []) if u is not unit]
        if targets:
            found.insert(0, Event("call", node, unit, targets=targets, certain=False))
            found[:] = [event for event in found if event.kind != "end"]
            for callee in targets:
                self.callers.setdefault(callee, []).append((unit, node))

    def _reference(self, value: Node, node: Call, unit: Unit) -> None:
        """A function handed over by name: run there and then by what is known to, else kept for later."""
        if isinstance(value, (Name, Member)):
            target = self.program.target(value, unit)
            if target.certain and target.units:
                for callee in target.units:
                    self.handed.setdefault(callee, []).append((unit, node))
                if last_name(node.callee) in _RUNS_AT_ONCE:
                    for callee in target.units:
                        self.callers.setdefault(callee, []).append((unit, node))
                    self.events.setdefault(id(value), []).append(Event("call", value, unit, targets=target.units))
                    self.own.setdefault(unit, []).extend(self.events[id(value)][-1:])
                    self._hot.add(id(value))

    def _defines_sdk(self, unit: Unit) -> bool:
        around: Unit | None = unit
        while around is not None:
            if around.use == "definition":
                return True
            around = around.parent
        return False

    def _closure(self) -> set[Unit]:
        """Functions in which something happens, or that call one."""
        relevant = {
            unit for unit, events in self.own.items() if any(event.kind != "call" or event.sign for event in events)
        }
        for unit in list(relevant):
            relevant.update(self._above(unit))
        waiting = list(relevant)
        while waiting:
            unit = waiting.pop()
            for caller, _ in self.callers.get(unit, []):
                for above in (caller, *self._above(caller)):
                    if above not in relevant:
                        relevant.add(above)
                        waiting.append(above)
        return relevant

    def _above(self, unit: Unit) -> list[Unit]:
        found = []
        while unit.parent is not None:
            unit = unit.parent
            found.append(unit)
        return found

    def relevant(self) -> list[Unit]:
        """Functions worth a rule's look, in the order of files."""
        return [unit for file in self.program.files for unit in file.units if unit in self._relevant]


def _caught(node: Node) -> set[int]:
    """The arguments of a call that run when something has failed."""
    if isinstance(node, Call):
        name = last_name(node.callee)
        if name in ("catch", "fail", "onError", "catchError"):
            return {id(a) for a in node.arguments}
        if name == "then":
            return {id(a) for a in node.arguments[1:2]}
    return set()
