"""In which order things happen: every function's paths, with what is done on each of them.

A path is a list of steps. Branches make more paths, `try` makes one for every place that can fail, calls of functions
that were read are replaced by the callee's paths, callbacks that run as part of the call are run in place. Conditions
that only ask whether the SDK is there are not branches: the code is judged as it runs when it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from passerby_audit import vocabulary
from passerby_audit.program import conditions
from passerby_audit.program.resolve import Program
from passerby_audit.program.sdk import Sdk
from passerby_audit.program.steps import COMPLETIONS, Condition, Event, Path, Step, is_deferred, is_handler
from passerby_audit.program.survey import Survey
from passerby_audit.program.units import Unit, last_name
from passerby_audit.syntax import (
    Assignment,
    Await,
    Call,
    Choice,
    Class,
    Define,
    Element,
    Function,
    If,
    Jump,
    Lambda,
    Loop,
    Member,
    Name,
    Node,
    Operation,
    Reactive,
    Record,
    Return,
    Sequence,
    Switch,
    Throw,
    Try,
)

PATHS_MAX = 32


"""Paths kept per function; beyond it those that do the same kinds of things are one."""


_DELAYS = {
    "setTimeout",
    "setImmediate",
    "postDelayed",
    "Timer",
    "delayed",
    "asyncAfter",
    "runAfterInteractions",
    "requestIdleCallback",
    "schedule",
}


_LOOPS = {"forEach", "map", "each", "flatMap", "for_each", "forEachIndexed", "filter", "some", "every", "reduce"}


class Flow(Survey):
    """Paths over one program, each function's computed once."""

    def __init__(self, program: Program, sdk: Sdk) -> None:
        super().__init__(program, sdk)
        self._paths: dict[Unit, list[Path]] = {}
        self._running: set[Unit] = set()

    def paths(self, unit: Unit) -> list[Path]:
        """Every way through a function. Recursion stops at the second visit."""
        known = self._paths.get(unit)
        if known is not None:
            return known
        if unit in self._running or len(self._running) > 24:
            return [Path()]
        self._running.add(unit)
        try:
            found = self.run(unit.function.body, unit, [Path()])
        finally:
            self._running.discard(unit)
        found = [p if p.end != "jump" else replace(p, end="") for p in found]
        self._paths[unit] = found
        return found

    def run(self, nodes: Iterable[Node], unit: Unit, paths: list[Path]) -> list[Path]:
        """What paths become by running statements after them."""
        for node in nodes:
            if id(node) in self._hot:
                going = [p for p in paths if not p.end]
                if not going:
                    break
                paths = [p for p in paths if p.end] + self.step(node, unit, going)
                if len(paths) > 1:
                    paths = _thin(paths)
        return paths

    def step(self, node: Node, unit: Unit, paths: list[Path]) -> list[Path]:
        """What running paths become by one node; none of them has ended."""
        if id(node) not in self._hot:
            return paths
        if isinstance(node, Call):
            return self._call(node, unit, paths)
        if isinstance(node, Assignment):
            return self._add(node, self.run([node.value, node.target], unit, paths))
        if isinstance(node, Await):
            if node.throws:
                risk = Event("risk", node, unit)
                paths = [replace(p, steps=(*p.steps, Step(risk, node, p.conditions))) for p in paths]
            return _awaited(self.run([node.value], unit, paths), node)
        if isinstance(node, If):
            return self._branch(node.test, node.then, node.otherwise, unit, paths)
        if isinstance(node, Choice):
            return self._branch(node.test, [node.yes], [node.no], unit, paths)
        if isinstance(node, Operation) and node.operator in ("&&", "||", "??") and len(node.operands) == 2:
            left, right = node.operands
            if node.operator == "&&":
                return self._branch(left, [right], [], unit, paths)
            return self._branch(left, [], [right], unit, paths)
        if isinstance(node, Return):
            after = paths if node.value is None else self.run([node.value], unit, paths)
            return [p if p.end else replace(p, end="return") for p in after]
        if isinstance(node, Throw):
            after = paths if node.value is None else self.run([node.value], unit, paths)
            return [p if p.end else replace(p, end="throw") for p in after]
        if isinstance(node, Jump):
            return [replace(p, end="jump") for p in paths]
        if isinstance(node, Try):
            return self._attempt(lambda start: self.run(node.body, unit, start), node.handlers, node.final, unit, paths)
        if isinstance(node, Loop):
            return self._loop(node.heads, node.body, unit, paths)
        if isinstance(node, Switch):
            return self._switch(node, unit, paths)
        if isinstance(node, Element):
            inner = [a.value for a in node.attributes if not isinstance(a.value, Lambda)]
            return self.run([*inner, *node.children], unit, paths)
        if isinstance(node, (Lambda, Define, Class, Reactive, Function)):
            return paths
        if isinstance(node, (Name, Member)) and id(node) in self.events:
            return self._add(node, paths)
        return self.run(node.parts(), unit, paths)

    def _add(self, node: Node, paths: list[Path]) -> list[Path]:
        for event in self.events.get(id(node), ()):
            if event.kind == "call":
                paths = [p for p in paths if p.end] + self._enter(event, [p for p in paths if not p.end])
            else:
                paths = [p if p.end else replace(p, steps=(*p.steps, Step(event, node, p.conditions))) for p in paths]
        return paths

    def _enter(self, event: Event, paths: list[Path]) -> list[Path]:
        """Replace a call by the callee's paths."""
        inner: list[Path] = []
        for callee in event.targets[:6]:
            if callee in self._relevant:
                inner.extend(self.paths(callee))
        if len(event.targets) > 1 and any(way.has("anonymize") for way in inner):
            inner = [way for way in inner if way.has("anonymize")]
        marker = Step(event, event.node, certain=event.certain)
        if not inner:
            return [replace(p, steps=(*p.steps, marker)) for p in paths]
        found: list[Path] = []
        shapes: set[tuple[object, ...]] = set()
        chosen: list[Path] = []
        for way in inner:
            shape = (tuple(id(s.event) for s in way.steps if s.kind not in ("risk", "call")), way.end == "throw")
            if shape not in shapes:
                shapes.add(shape)
                chosen.append(way)
        for path in paths:
            for way in chosen[:8]:
                steps = tuple(
                    Step(
                        s.event,
                        event.node,
                        (*path.conditions, *s.conditions),
                        s.repeated,
                        s.awaited,
                        s.delayed,
                        s.certain and event.certain,
                    )
                    for s in way.steps
                )
                found.append(
                    Path(
                        (*path.steps, replace(marker, conditions=path.conditions), *steps),
                        "throw" if way.end == "throw" else "",
                        (*path.conditions, *(way.conditions if len(chosen) > 1 else ())),
                        path.failed or way.failed,
                        path.supposed or way.supposed,
                    )
                )
        return found

    def _call(self, node: Call, unit: Unit, paths: list[Path]) -> list[Path]:
        callee = node.callee
        name = last_name(callee)
        if (
            isinstance(callee, Member)
            and name
            in (
                "then",
                "catch",
                "finally",
                "done",
                "fail",
                "always",
                "whenComplete",
                "onError",
                "catchError",
            )
            and isinstance(callee.base, (Call, Await, Name, Member))
        ):
            handled = self._chain(node, callee, name, unit, paths)
            if handled is not None:
                return handled
        paths = self.run([callee], unit, paths)
        plain = [a for a in node.arguments if not isinstance(a.value, (Lambda, Record, Sequence))]
        paths = self.run(plain, unit, paths)
        paths = self._add(node, paths)
        if is_deferred(name):
            return paths
        for argument in node.arguments:
            value = argument.value
            if isinstance(value, Lambda):
                if is_handler(argument.label):
                    continue
                if name in _LOOPS:
                    inner = unit.file.by_function.get(id(value.function), unit)
                    looped = self._loop([], value.function.body, inner, [p for p in paths if not p.end])
                    looped = [replace(p, end="") if p.end == "return" else p for p in looped]
                    paths = [p for p in paths if p.end] + looped
                elif name in _DELAYS:
                    paths = self._delay(value, unit, paths)
                else:
                    paths = self._inline(value, unit, paths)
            elif isinstance(value, Record):
                for entry in value.entries:
                    if isinstance(entry.value, Lambda):
                        if (entry.key or "").lower() in COMPLETIONS and not (entry.key or "").lower().endswith("error"):
                            paths = self._inline(entry.value, unit, paths)
                    else:
                        paths = self.run([entry.value], unit, paths)
            elif isinstance(value, Sequence):
                paths = self.run([item for item in value.items if not isinstance(item, Record)], unit, paths)
        return paths

    def _inline(self, value: Lambda, unit: Unit, paths: list[Path]) -> list[Path]:
        inner = unit.file.by_function.get(id(value.function), unit)
        going = [replace(p, end="") for p in paths if not p.end]
        after = self.run(value.function.body, inner, going)
        return [p for p in paths if p.end] + [replace(p, end="") if p.end in ("return", "jump") else p for p in after]

    def _delay(self, value: Lambda, unit: Unit, paths: list[Path]) -> list[Path]:
        found: list[Path] = []
        for path in paths:
            count = len(path.steps)
            for way in self._inline(value, unit, [path]):
                found.append(
                    replace(way, steps=(*way.steps[:count], *(replace(s, delayed=True) for s in way.steps[count:])))
                )
        return found

    def _run_value(self, value: Node, unit: Unit, paths: list[Path]) -> list[Path]:
        """Run a function given as a value: a lambda or a name of one."""
        if isinstance(value, Lambda):
            return self._inline(value, unit, paths)
        return self.run([value], unit, paths)

    def _chain(self, node: Call, callee: Member, name: str, unit: Unit, paths: list[Path]) -> list[Path] | None:
        """A promise chain is a block with its handlers."""
        values = [a.value for a in node.arguments]
        if not values:
            return None
        if name in ("then", "finally", "done"):
            self.chained.add(id(callee.base))
        risk = Event("risk", node, unit)

        def body(start: list[Path]) -> list[Path]:
            start = [replace(p, steps=(*p.steps, Step(risk, node, p.conditions))) for p in start]
            return self.run([callee.base], unit, start)

        if name in ("finally", "always", "whenComplete"):
            after = body(paths)
            return self._run_value(values[0], unit, after)
        if name in ("catch", "fail", "onError", "catchError"):
            return self._handled(body, values[0], unit, paths)
        after = body(paths)
        if len(values) > 1 and name in ("then", "done"):
            done = self._run_value(values[0], unit, after)
            failed = [Path(_before_risk(p.steps), "", p.conditions, True) for p in after[:2]]
            return _thin(done + self._run_value(values[1], unit, failed))
        return self._run_value(values[0], unit, after)

    def _handled(self, body: object, handler: Node, unit: Unit, paths: list[Path]) -> list[Path]:
        assert callable(body)
        done: list[Path] = body(paths)
        failing = _failures(done, paths)
        caught = self._run_value(handler, unit, failing)
        return _thin([p for p in done if p.end != "throw"] + caught)

    def _attempt(
        self, body: object, handlers: list[list[Node]], final: list[Node], unit: Unit, paths: list[Path]
    ) -> list[Path]:
        assert callable(body)
        done: list[Path] = body(paths)
        failing = _failures(done, paths)
        after = [p for p in done if p.end != "throw"] if handlers else done
        for handler in handlers:
            after = after + self.run(handler, unit, failing)
        if not handlers and final:
            after = after + [replace(p, end="throw") for p in failing]
        if final:
            ended: list[Path] = []
            for path in after:
                for way in self.run(final, unit, [replace(path, end="")]):
                    ended.append(way if way.end else replace(way, end=path.end))
            after = ended
        return _thin(after)

    def _loop(self, heads: Iterable[Node], body: list[Node], unit: Unit, paths: list[Path]) -> list[Path]:
        paths = self.run(heads, unit, paths)
        found: list[Path] = []
        for path in paths:
            if path.end:
                found.append(path)
                continue
            for way in self.run(body, unit, [path]):
                count = len(path.steps)
                steps = (*way.steps[:count], *(replace(s, repeated=True) for s in way.steps[count:]))
                found.append(replace(way, steps=steps, end="" if way.end == "jump" else way.end))
        return found

    def _switch(self, node: Switch, unit: Unit, paths: list[Path]) -> list[Path]:
        if node.subject is not None:
            paths = self.run([node.subject], unit, paths)
        found: list[Path] = []
        other = False
        for case in node.cases:
            other = other or not case.tests
            tests = [Operation(t.span, "==", [node.subject, t]) if node.subject is not None else t for t in case.tests]
            conditions = tuple(Condition(t, True, unit) for t in tests)
            start = [replace(p, conditions=(*p.conditions, *conditions)) for p in paths]
            found.extend(replace(p, end="" if p.end == "jump" else p.end) for p in self.run(case.body, unit, start))
        if not other:
            found.extend(paths)
        return _thin(found)

    def _branch(self, test: Node, then: list[Node], otherwise: list[Node], unit: Unit, paths: list[Path]) -> list[Path]:
        paths = self.run([test], unit, paths)
        found: list[Path] = []
        guard: bool | None = None
        for path in paths:
            if path.end:
                found.append(path)
                continue
            held = replace(path, conditions=(*path.conditions, Condition(test, True, unit)))
            failed = replace(path, conditions=(*path.conditions, Condition(test, False, unit)))
            yes = self.run(then, unit, [held])
            no = self.run(otherwise, unit, [failed])
            if guard is None:
                guard = vocabulary.is_guard(_said(test, unit)) and not conditions.speaks_of_user(test)
            if guard:
                yes, no = _unguarded(yes, no, len(path.steps))
            found.extend(yes)
            found.extend(no)
        return _thin(found)


def _said(test: Node, unit: Unit) -> str:
    return unit.file.text_of(test)


def _does(paths: list[Path], count: int) -> bool:
    return any(s.kind not in ("risk", "call") for p in paths for s in p.steps[count:])


def _identity(paths: list[Path], count: int) -> bool:
    return any(
        s.kind in ("anonymize", "identify", "wrong", "shutdown", "track") for p in paths for s in p.steps[count:]
    )


def _unguarded(yes: list[Path], no: list[Path], count: int) -> tuple[list[Path], list[Path]]:
    """Drop the side on which the SDK is not there."""
    yes_does, no_does = _does(yes, count), _does(no, count)
    if _identity(yes, count) and not no_does:
        return yes, []
    if _identity(no, count) and not yes_does:
        return [], no
    if not yes_does and not no_does and all(p.end == "return" for p in yes) and any(not p.end for p in no):
        return [], no
    return yes, no


def _before_risk(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    for place in range(len(steps) - 1, -1, -1):
        if steps[place].kind == "risk":
            return steps[:place]
    return steps


def _failures(done: list[Path], before: list[Path]) -> list[Path]:
    """Where a block may have failed: before each thing that can, and where it throws by itself."""
    base = min((len(p.steps) for p in before), default=0)
    found: list[Path] = []
    seen: set[tuple[int, ...]] = set()
    for path in done:
        cuts = [place for place in range(base, len(path.steps)) if path.steps[place].kind == "risk"]
        if path.end == "throw":
            cuts.append(len(path.steps))
        for place in cuts:
            steps = path.steps[:place]
            key = tuple(id(s.event) for s in steps if s.kind not in ("risk", "call"))
            if key not in seen:
                seen.add(key)
                conditions = steps[-1].conditions if steps else before[0].conditions if before else ()
                found.append(Path(steps, "", conditions, True))
    if not found and before:
        found = [replace(before[0], failed=True, supposed=True)]
    return found[:8]


def _awaited(paths: list[Path], node: Await) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        for place in range(len(path.steps) - 1, -1, -1):
            step = path.steps[place]
            if step.event.node is node.value or step.site is node.value:
                path = replace(path, steps=(*path.steps[:place], replace(step, awaited=True), *path.steps[place + 1 :]))
            if step.event.node is node:
                break
        found.append(path)
    return found


def _thin(paths: list[Path]) -> list[Path]:
    """One path for those that do the same; of too many, one for those that do the same kinds of things."""
    kept: dict[tuple[object, ...], Path] = {}
    for path in paths:
        key = (tuple((id(s.event), id(s.site)) for s in path.steps if s.kind not in ("risk",)), path.end, path.failed)
        other = kept.get(key)
        if other is None:
            kept[key] = path
        elif path.conditions != other.conditions:
            common = tuple(a for a, b in zip(path.conditions, other.conditions, strict=False) if a == b)
            kept[key] = replace(other, conditions=common)
    found = list(kept.values())
    if len(found) > PATHS_MAX:
        kinds: dict[tuple[object, ...], Path] = {}
        for path in found:
            kinds.setdefault((tuple(s.kind for s in path.steps if s.kind not in ("risk", "call")), path.end), path)
        found = list(kinds.values())[:PATHS_MAX]
    return found
