"""In which order things happen: every function's paths, with what is done on each of them.

A path is a list of steps. Branches make more paths, `try` makes one for every place that can fail, calls of functions
that were read are replaced by the callee's paths, callbacks that run as part of the call are run in place. Conditions
that only ask whether the SDK is there are not branches: the code is judged as it runs when it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from passerby_audit import vocabulary
from passerby_audit.program import signs
from passerby_audit.program.resolve import Program
from passerby_audit.program.sdk import Request, Sdk
from passerby_audit.program.units import Unit, dotted, last_name
from passerby_audit.syntax import (
    Assignment,
    Await,
    Call,
    Choice,
    Class,
    Declare,
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

_DEFERRED = {
    "addEventListener", "on", "once", "useEffect", "useLayoutEffect", "useCallback", "useMemo", "watch",
    "watchEffect", "watchImmediate", "onMounted", "onUnmounted", "onAuthStateChanged", "onIdTokenChanged",
    "onAuthStateChange", "addListener", "setInterval", "createEffect", "autorun", "reaction", "when", "effect",
    "onMount", "onDestroy", "useFocusEffect", "useInterval", "useEvent", "useEffectEvent", "afterUpdate",
    "beforeUpdate", "$effect", "authStateChanges", "userChanges", "listen", "addObserver", "sink", "onReceive",
    "onChange", "observe", "collect", "collectLatest", "addAuthStateListener", "addIdTokenListener",
    "addStateDidChangeListener", "beforeEach", "afterEach", "use", "register", "subscribeToMore", "useSubscription",
    "createSlice", "createStore", "defineStore", "create", "alert", "showDialog", "AlertDialog", "createReducer",
    "addCase", "onTapGesture", "setOnClickListener", "memo", "forwardRef", "createContext", "describe", "it", "test",
    "useAppState", "whenever", "component", "directive", "factory", "service", "controller", "configure",
    "createAsyncThunk", "createAction", "takeEvery", "takeLatest", "all_routes", "mixin", "extend", "setTimeout_",
    "LaunchedEffect", "DisposableEffect", "SideEffect", "onAppear", "onDisappear", "task", "useHotkeys",
    "defineComponent", "definePlugin", "lazy", "provide", "onErrorCaptured",
}  # fmt: skip
"""Calls whose functions run later, when something happens, and not as part of the call."""

_RELEASES = re.compile(
    r"^(reset|clear|anonymi\w*|un ?identify|forget|log ?out|sign ?out|end|teardown|remove|on ?log ?out|user)\b"
)
"""What a release may be called where its code is not here to be read."""

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
COMPLETIONS = (
    "onsuccess",
    "onresponse",
    "onsettled",
    "oncomplete",
    "onerror",
    "success",
    "complete",
    "callback",
    "then",
    "error",
    "onfinish",
    "next",
    "always",
    "done",
    "finally",
    "onclose",
)
_LOOPS = {"forEach", "map", "each", "flatMap", "for_each", "forEachIndexed", "filter", "some", "every", "reduce"}


_EFFECT = re.compile(r"^use\w*(Effect|Mount|Interval|Timeout|Listener|Subscription|Debounce|Throttle|Callback)\w*$")


_AT_ONCE = {
    "Promise",
    "Task",
    "Thread",
    "Timer",
    "Future",
    "MainActor",
    "Handler",
    "Completable",
    "Observable",
    "Single",
}
_HANDLER = re.compile(r"^(on[A-Z]\w*|action|builder|itemBuilder|child|primaryAction|handler|listener)$")
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


def is_handler(label: str | None) -> bool:
    """Whether a function given under this name waits for something to happen."""
    return label is not None and _HANDLER.match(label) is not None


def is_deferred(name: str) -> bool:
    """Whether a call of this name keeps the functions it is given for later."""
    if name[:1].isupper():
        return name not in _AT_ONCE
    if name.startswith("use") and name[3:4].isupper():
        return True
    return name in _DEFERRED or _EFFECT.match(name) is not None


@dataclass(slots=True, eq=False, repr=False)
class Event:
    """Something done at one place. kind: identify, anonymize, wrong, track, properties, shutdown, restart, start,
    consent, log, end (of a login session; `sign` says by what), login (kept), authenticate, navigate (`sign` hard or
    soft), call, risk (may fail here).
    """

    kind: str
    node: Node
    unit: Unit
    request: Request | None = None
    sign: str = ""
    detail: str = ""
    targets: list[Unit] = field(default_factory=list)
    certain: bool = True


class Condition(NamedTuple):
    """A test on the way and whether it held."""

    test: Node
    taken: bool
    unit: Unit


@dataclass(slots=True, frozen=True, eq=False)
class Step:
    """An event on a path. `site` is where it stands in the function whose path this is: the event itself, or the call
    that leads to it. `repeated`: inside a loop. `awaited`: its promise is waited for. `delayed`: done later, by a
    timer."""

    event: Event
    site: Node
    conditions: tuple[Condition, ...] = ()
    repeated: bool = False
    awaited: bool = False
    delayed: bool = False
    certain: bool = True

    @property
    def kind(self) -> str:
        return self.event.kind


@dataclass(slots=True, frozen=True, eq=False)
class Path:
    """Steps in order, and how it ended: '' (fell off the end), return, throw, jump. `failed`: something threw on the
    way."""

    steps: tuple[Step, ...] = ()
    end: str = ""
    conditions: tuple[Condition, ...] = ()
    failed: bool = False

    def has(self, kind: str) -> bool:
        return any(step.kind == kind for step in self.steps)

    def of(self, *kinds: str) -> list[Step]:
        return [step for step in self.steps if step.kind in kinds]


class Flow:
    """Paths over one program, each function's computed once."""

    def __init__(self, program: Program, sdk: Sdk) -> None:
        self.program = program
        self.sdk = sdk
        self.events: dict[int, list[Event]] = {}
        self.own: dict[Unit, list[Event]] = {}
        self.callers: dict[Unit, list[tuple[Unit, Node]]] = {}
        self.handed: dict[Unit, list[tuple[Unit, Call]]] = {}
        self.chained: set[int] = set()
        self.handled: set[int] = set()
        self.declared: set[int] = set()
        self._hot: set[int] = set()
        self._handling = False
        self._paths: dict[Unit, list[Path]] = {}
        self._running: set[Unit] = set()
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
                and vocabulary.is_analytics(dotted(node.callee))
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
        leaving = signs.navigation(node, unit, self.program)
        if leaving is not None:
            found.append(Event("navigate", node, unit, sign=leaving[0], detail=leaving[1]))
        return found

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
        relevant = {unit for unit, events in self.own.items() if any(event.kind != "call" for event in events)}
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
            return self._add(node, unit, self.run([node.value, node.target], unit, paths))
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
            return self._add(node, unit, paths)
        return self.run(node.parts(), unit, paths)

    def _add(self, node: Node, unit: Unit, paths: list[Path]) -> list[Path]:
        for event in self.events.get(id(node), ()):
            if event.kind == "call":
                paths = [p for p in paths if p.end] + self._enter(event, unit, [p for p in paths if not p.end])
            else:
                paths = [p if p.end else replace(p, steps=(*p.steps, Step(event, node, p.conditions))) for p in paths]
        return paths

    def _enter(self, event: Event, unit: Unit, paths: list[Path]) -> list[Path]:
        """Replace a call by the callee's paths."""
        inner: list[Path] = []
        for callee in event.targets[:6]:
            if callee in self._relevant:
                inner.extend(self.paths(callee))
        if len(event.targets) > 1 and any(way.has("anonymize") for way in inner):
            inner = [way for way in inner if way.has("anonymize")]
        call = Event("call", event.node, unit, targets=event.targets, certain=event.certain)
        marker = Step(call, event.node)
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
                "tap",
                "pipe",
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
        paths = self._add(node, unit, paths)
        if is_deferred(name):
            return paths
        for argument in node.arguments:
            value = argument.value
            if isinstance(value, Lambda):
                if is_handler(argument.label):
                    continue
                if name in _LOOPS:
                    paths = self._loop(
                        [], value.function.body, unit.file.by_function.get(id(value.function), unit), paths
                    )
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
        if name == "pipe":
            return after
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
                guard = vocabulary.is_guard(_said(test, unit)) and not signs.speaks_of_user(test)
            if guard:
                yes, no = _unguarded(yes, no, len(path.steps))
            found.extend(yes)
            found.extend(no)
        return _thin(found)


def _caught(node: Node) -> set[int]:
    """The arguments of a call that run when something has failed."""
    if isinstance(node, Call):
        name = last_name(node.callee)
        if name in ("catch", "fail", "onError", "catchError"):
            return {id(a) for a in node.arguments}
        if name == "then":
            return {id(a) for a in node.arguments[1:2]}
    return set()


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
        found = [replace(before[0], failed=True)]
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
