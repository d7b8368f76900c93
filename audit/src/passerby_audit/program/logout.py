"""Every way in which someone can be logged out of the audited app, and whether it releases the identity.

A logout path is found where a login session ends (see `signs`). It is laid at the function that people would call the
logout: helpers that only clear a token hand it on to their callers. It is released if the SDK is told on every path
through it, or in every caller, or by something that watches the user and releases when there is none. An app in which
no function logs anyone out may do so by a link; that is released if anything in the app releases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from passerby_audit import vocabulary
from passerby_audit.program import conditions, signs
from passerby_audit.program.flow import Flow
from passerby_audit.program.links import LogoutLink, logout_links
from passerby_audit.program.steps import COMPLETIONS, Event, Path, Step, is_deferred
from passerby_audit.program.units import Unit, last_name
from passerby_audit.syntax import Call, Literal, Member, Name, Node, Record

_WATCHING = {
    "useEffect", "useLayoutEffect", "watch", "watchEffect", "watchImmediate", "whenever", "onAuthStateChanged",
    "onIdTokenChanged", "onAuthStateChange", "subscribe", "effect", "$effect", "autorun", "reaction", "createEffect",
    "listen", "collect", "collectLatest", "sink", "onReceive", "onChange", "addStateDidChangeListener",
    "authStateChanges", "userChanges", "addAuthStateListener", "addIdTokenListener", "LaunchedEffect", "observe",
    "on", "addListener", "addEventListener", "addObserver", "useFocusEffect", "ever", "onEach",
    "distinctUntilChanged", "tap", "useAuthStateChange", "observeForever", "task", "onAuthUIStateChange",
    "createListenerMiddleware", "startListening", "registerOnSharedPreferenceChangeListener", "afterEach",
    "beforeEach", "useAsyncEffect", "useIsomorphicLayoutEffect", "useUpdateEffect", "useDeepCompareEffect", "use",
    "connect", "receiver", "map", "switchMap", "doOnNext", "useOnyx", "connectWithoutView", "afterUpdate", "derived",
    "computed", "takeEvery", "takeLatest", "takeLeading", "then", "onAppear", "addMiddleware", "applyMiddleware",
    "configureStore", "$watch", "$on", "ngOnChanges", "BlocListener", "listener", "StreamBuilder",
    "ListenableBuilder",
}  # fmt: skip
_WATCHING_NAMES = re.compile(
    r"^(component did update|component did mount|ng on changes|ng on init|ng do check|updated|did update widget|did "
    r"change dependencies|get derived state from props|"
    r"(handle |on |did )?(auth|user|session|login|identity|token)\w*( \w+)* (chang\w+|updat\w+)|mounted|created|on "
    r"(user|auth|session) (state )?\w*|middleware|\w+ middleware|"
    r"application|init state|build|use (fullstory|identity|analytics|identify|tracking|full story)\w*( \w+)*|sync "
    r"\w+( \w+)*|root|app|layout|update user)$"
)


_ANSWER = re.compile(r"\b(status(Code)?|ok|success\w*|error|err|result|response|res|data|code|isSuccessful)\b")


@dataclass(slots=True)
class LogoutPath:
    """One logout path. `released`: '' or how; `by`: who does it. `leak`: the path that does not, where there is one."""

    unit: Unit
    node: Node
    kind: str
    evidence: list[Event]
    confident: bool
    released: str = ""
    by: Unit | None = None
    leak: Path | None = None
    partly: bool = False
    shutdown: bool = False
    link: LogoutLink | None = None


@dataclass(slots=True)
class _Candidate:
    unit: Unit
    evidence: list[Event] = field(default_factory=list)
    inherited: bool = False


class Logouts:
    """The logout paths of one program; `identifies` tells whether there is an identity to release at all."""

    def __init__(self, flow: Flow, skipped: set[Unit], assume_identified: bool = False) -> None:
        self.flow = flow
        self.program = flow.program
        self.skipped = skipped
        self.assumed = assume_identified
        self.families = {
            family_of(unit)
            for unit, events in flow.own.items()
            if unit not in skipped and any(event.kind == "identify" for event in events)
        }
        self.watchers = self._watchers()
        self.paths = self._find()

    @property
    def identifies(self) -> bool:
        """Whether anybody is identified at all."""
        return self.assumed or bool(self.families)

    def owner(self, unit: Unit) -> Unit:
        """The function as part of which a unit runs."""
        while unit.parent is not None and not unit.parent.is_top and not unit.name and _inlined(unit):
            unit = unit.parent
        return unit

    def _find(self) -> list[LogoutPath]:
        candidates: dict[Unit, _Candidate] = {}
        for unit, events in self.flow.own.items():
            ends = [e for e in events if e.kind == "end" and e.sign != "delegated"]
            if ends and unit not in self.skipped and (self.assumed or family_of(unit) in self.families):
                owner = self.owner(unit)
                candidates.setdefault(owner, _Candidate(owner)).evidence.extend(ends)
        settled: dict[Unit, _Candidate] = {}
        waiting = list(candidates.values())
        visited: set[tuple[Unit, Unit | None]] = set()
        while waiting:
            candidate = waiting.pop()
            callers = self._callers(candidate.unit)
            if callers and self._is_helper(candidate):
                for caller in callers:
                    if (caller, candidate.unit) in visited:
                        continue
                    visited.add((caller, candidate.unit))
                    waiting.append(_Candidate(caller, list(candidate.evidence), True))
                continue
            known = settled.get(candidate.unit)
            if known is None:
                settled[candidate.unit] = candidate
            else:
                known.evidence.extend(e for e in candidate.evidence if e not in known.evidence)
        found: list[LogoutPath] = []
        for candidate in settled.values():
            found.extend(self._judge(candidate))
        found = self._without_delegates(found)
        found.extend(self._by_link(found))
        return sorted(found, key=lambda p: (str(p.unit.file.path), p.node.span.start))

    def _by_link(self, found: list[LogoutPath]) -> list[LogoutPath]:
        """Logouts that no function makes. Where one does, the links lead to it or to its like, and it is judged."""
        if any(path.confident and path.kind == "manual" for path in found):
            return []
        released = any(
            event.kind == "anonymize"
            for unit, events in self.flow.own.items()
            if unit not in self.skipped
            for event in events
        )
        return [
            LogoutPath(link.unit, link.attribute, "manual", [], True, "elsewhere" if released else "", link=link)
            for link in logout_links(self.program, self.flow.elements, self.skipped)
            if self.assumed or family_of(link.unit) in self.families
        ]

    def _callers(self, unit: Unit) -> list[Unit]:
        found: list[Unit] = []
        for caller, _ in self.flow.callers.get(unit, []):
            owner = self.owner(caller)
            if owner not in self.skipped and owner is not unit and owner not in found and not owner.is_top:
                found.append(owner)
        return found

    def _is_helper(self, candidate: _Candidate) -> bool:
        """Whether a function only serves logouts: a reducer, a request, a clearing of tokens."""
        unit = candidate.unit
        if any(key in ("reducers", "mutations", "extraReducers") for key in unit.keys):
            return True
        own = {e.sign for e in candidate.evidence}
        paths = self.flow.paths(unit)
        if vocabulary.is_logout(unit.name):
            return own == {"request"} and not any(p.has("navigate") for p in paths)
        if any(self._ends(p) and _leaves(p) for p in paths):
            return False
        return unit.use != "attribute" and not vocabulary.is_login(unit.name)

    def _judge(self, candidate: _Candidate) -> list[LogoutPath]:
        unit = candidate.unit
        ending = [p for p in self.flow.paths(unit) if self._ends(p)]
        if (
            not ending
            or any(key in ("reducers", "mutations", "extraReducers") for key in unit.keys)
            or self._is_watcher(unit)
        ):
            return []
        confident = self._is_confident(unit, ending)
        first = next(s for s in ending[0].steps if s.kind == "end" and s.event.sign != "delegated")
        kind = self._kind(unit, ending)
        made = LogoutPath(unit, first.site, kind, candidate.evidence, confident)
        leaks = [p for p in ending if self._leaks(p)]
        if any(p.has("anonymize") for other in _completions(unit) for p in self.flow.paths(other)):
            leaks = []
        if not leaks:
            here = any(p.has("anonymize") for other in (unit, *_completions(unit)) for p in self.flow.paths(other))
            made.released = "here" if here else "elsewhere"
            return [made]
        made.leak = min(leaks, key=lambda p: p.failed)
        made.node = next(s for s in made.leak.steps if s.kind == "end" and s.event.sign != "delegated").site
        made.partly = any(p.has("anonymize") for p in self.flow.paths(unit))
        made.shutdown = any(p.has("shutdown") for p in leaks) and not made.partly
        if self.watchers:
            made.released, made.by = "watched", self.watchers[0]
            return [made]
        if not made.partly:
            callers = self._callers(unit)
            releasing = [caller for caller in callers if self._releases(caller, unit, 0)]
            if releasing:
                bad = [caller for caller in callers if caller not in releasing]
                if not bad:
                    made.released, made.by = "callers", releasing[0]
                    return [made]
                found = []
                for caller in bad:
                    site = next(
                        (node for who, node in self.flow.callers[unit] if self.owner(who) is caller), caller.function
                    )
                    leak = next((p for p in self.flow.paths(caller) if self._leaks(p)), made.leak)
                    found.append(
                        LogoutPath(
                            caller, site, self._kind(caller, ending), candidate.evidence, confident, "", None, leak
                        )
                    )
                return found
        return [made]

    def _releases(self, caller: Unit, unit: Unit, depth: int) -> bool:
        """Whether a caller, or everyone who calls it, releases the identity on each way that leads to a logout."""
        through = [p for p in self.flow.paths(caller) if any(unit in s.event.targets for s in p.of("call"))]
        if (
            through
            and all(p.has("anonymize") or not self._ends(p) for p in through)
            and any(p.has("anonymize") for p in through)
        ):
            return True
        above = self._callers(caller) if depth < 2 else []
        return bool(above) and all(self._releases(other, caller, depth + 1) for other in above)

    def _ends(self, path: Path) -> bool:
        """Whether a path logs someone out, and nobody in after it."""
        last = -1
        for place, step in enumerate(path.steps):
            if step.kind == "end" and step.event.sign != "delegated":
                last = place
        if last < 0:
            return False
        return not any(s.kind in ("identify", "login", "authenticate") for s in path.steps[last + 1 :])

    def _leaks(self, path: Path) -> bool:
        if (
            path.supposed
            or not self._ends(path)
            or path.has("anonymize")
            or (path.end == "throw" and not path.failed and not path.has("navigate"))
        ):
            return False
        if any(s.kind == "call" and s.event.sign == "unread" for s in path.steps):
            return False
        if any(
            s.kind == "navigate" and s.event.sign == "soft" and vocabulary.is_logout_url(s.event.detail)
            for s in path.steps
        ):
            return False
        for condition in path.conditions:
            text = condition.unit.file.text_of(condition.test)
            if vocabulary.is_staff(text) and condition.taken:
                return False
        ends = [s for s in path.steps if s.kind == "end" and s.event.sign != "delegated"]
        if self._was_refused(path, ends):
            return False
        if path.failed:
            return any(
                s.event.sign in ("storage", "state", "helper", "dispatch", "provider") for s in ends
            ) or path.has("navigate")
        return not any(
            conditions.absent(c.test, c.taken, False) and not vocabulary.tests_auth(c.unit.file.text_of(c.test))
            for c in ends[0].conditions
        )

    def _was_refused(self, path: Path, ends: list[Step]) -> bool:
        """A logout that was only asked for, on a way on which the answer was looked at: `if (!response.ok) …`."""
        if any(s.event.sign not in ("request", "provider") for s in ends) or path.has("navigate"):
            return False
        later = path.conditions[len(ends[0].conditions) :]
        return any(_ANSWER.search(c.unit.file.text_of(c.test)) for c in later)

    def _is_confident(self, unit: Unit, ending: list[Path]) -> bool:
        found = {s.event.sign for p in ending for s in p.of("end")} - {"delegated"}
        named = self._is_named(unit)
        if not named and vocabulary.is_login(unit.name) and not vocabulary.is_error_handler(unit.name):
            return False
        leaves = any(_leaves(p) for p in ending)
        if named:
            return bool(found)
        if found & {"provider", "request"}:
            return True
        if found & {"storage", "helper"} and leaves:
            return True
        if "dispatch" in found:
            return True
        return "storage" in found and "state" in found

    def _is_named(self, unit: Unit) -> bool:
        """Whether a function, what it is handed to, or the component that it is a handler of is called a logout."""
        if vocabulary.is_logout(unit.name):
            return True
        if unit.use in ("attribute", "entry") and vocabulary.is_logout(re.sub(r"^on", "", unit.to)):
            return True
        around = unit.parent
        while around is not None and not around.is_top:
            if vocabulary.means_logout(around.name):
                return True
            around = around.parent
        return False

    def _kind(self, unit: Unit, ending: list[Path]) -> str:
        text = unit.name or unit.named().name
        kind = vocabulary.path_kind(text)
        if kind != "manual":
            return kind
        if last_name_of(unit.to) in ("setTimeout", "setInterval", "Timer"):
            return "timeout"
        for path in ending:
            for step in path.of("end"):
                for condition in step.conditions:
                    if re.search(
                        r"401|403|expire|unauthori", condition.unit.file.text_of(condition.test), re.IGNORECASE
                    ):
                        return "expiry"
                url = step.event.detail
                if vocabulary.path_kind(url) == "deletion":
                    return "deletion"
        return kind

    def _without_delegates(self, found: list[LogoutPath]) -> list[LogoutPath]:
        """One report per path: what only calls another reported logout is that logout."""
        holders = {p.unit for p in found}
        kept: list[LogoutPath] = []
        for path in found:
            own = [e for e in path.evidence if self.owner(e.unit) is path.unit]
            called = {
                t
                for p in self.flow.paths(path.unit)
                for s in p.of("call")
                if s.event.unit is not None and self.owner(s.event.unit) is path.unit
                for t in s.event.targets
            }
            if not own and not path.released and called & (holders - {path.unit}) and not path.partly:
                continue
            if (
                own
                and not path.released
                and called & (holders - {path.unit})
                and all(e.sign in ("state", "helper", "storage") for e in own)
                and not path.partly
            ):
                others = [p for p in found if p.unit in called and p.unit is not path.unit and not p.released]
                if others:
                    continue
            kept.append(path)
        return kept

    def _watchers(self) -> list[Unit]:
        """What releases the identity by itself when the user is gone."""
        found: list[Unit] = []
        for unit in self.flow.relevant():
            if unit in self.skipped or (unit.is_top and not any(c.use == "effect" for c in unit.children)):
                continue
            if unit.is_top:
                continue
            for path in self.flow.paths(unit):
                step = next((s for s in path.steps if s.kind == "anonymize"), None)
                if step is None:
                    continue
                if self._ends_here(path):
                    continue
                if self._listens_for_logout(unit) or (self._watches(unit) and self._on_absence(step)):
                    found.append(unit)
                    break
        return found

    def _ends_here(self, path: Path) -> bool:
        """A release that is part of a logout by the same function is that logout's, not a watcher's."""
        return any(s.kind == "end" and s.event.sign in ("provider", "request") for s in path.steps)

    def _on_absence(self, step: Step) -> bool:
        return any(conditions.absent(c.test, c.taken) for c in step.conditions)

    def _watches(self, unit: Unit) -> bool:
        if unit.use == "effect" or "watch" in unit.keys or "listeners" in unit.keys:
            return True
        if unit.use in ("argument", "entry", "attribute") and _keeps_watch(last_name_of(unit.to)):
            return True
        if unit.name and _WATCHING_NAMES.match(vocabulary.words(unit.name)):
            return True
        if any(p.name == "action" for p in unit.function.parameters):
            return True
        owner = self.owner(unit)
        if owner is not unit and self._watches(owner):
            return True
        if any(_keeps_watch(last_name(node.callee)) for _, node in self.flow.handed.get(unit, [])):
            return True
        around = [self.owner(caller) for caller, _ in self.flow.callers.get(unit, [])]
        return any(other is not unit and (other.is_top or self._watches_shallow(other)) for other in around)

    def _watches_shallow(self, unit: Unit) -> bool:
        if unit.use == "effect" or "watch" in unit.keys:
            return True
        if unit.use in ("argument", "entry") and _keeps_watch(last_name_of(unit.to)):
            return True
        return bool(unit.name and _WATCHING_NAMES.match(vocabulary.words(unit.name)))

    def _listens_for_logout(self, unit: Unit) -> bool:
        """Registered for a message whose name is a logout's."""
        if unit.use in ("entry",) and unit.call is not None and last_name(unit.call.callee) == "startListening":
            return True
        if unit.use == "entry" and vocabulary.means_logout(unit.to) and not self._callers(unit):
            table = (
                unit.to.startswith("[")
                or vocabulary.is_analytics(unit.owner)
                or vocabulary.is_analytics(unit.file.path.stem)
            )
            if table:
                return True
        if unit.use != "argument" or unit.call is None:
            handed = self.flow.handed.get(unit, [])
            return any(_keeps_watch(last_name(n.callee)) and _names_logout(n, self.flow, who) for who, n in handed)
        return _keeps_watch(last_name(unit.call.callee)) and _names_logout(unit.call, self.flow, unit)

    def _is_watcher(self, unit: Unit) -> bool:
        """An observer of auth state sees a logout happen; it does not make it."""
        return (
            unit.use == "argument"
            and re.search(r"(Auth|IdToken|user)\w*(Chang|Listener)", last_name_of(unit.to)) is not None
        )


def family_of(unit: Unit) -> str:
    """What runs in one process: an identity in the browser is none of the server's business."""
    language = unit.file.language
    return "jvm" if language in ("kotlin", "java") else language


def _keeps_watch(name: str) -> bool:
    """Whether a call of this name runs a function whenever something has changed."""
    return name in _WATCHING or re.match(r"watch|observe|subscribe|on[A-Z]\w*(Chang|Updat|State)", name) is not None


def last_name_of(text: str) -> str:
    """`c` of "a.b.c"."""
    return text.replace("()", "").split(".")[-1]


def _leaves(path: Path) -> bool:
    """Whether a path leads away: out of the page, or to where one logs in."""
    return any(s.event.sign == "hard" or vocabulary.is_login_place(s.event.detail) for s in path.of("navigate"))


def _completions(unit: Unit) -> list[Unit]:
    """What runs when a function given to a hook has done its work: `onSuccess` beside `mutationFn`."""
    if unit.call is None or unit.parent is None or re.search(r"error|fail", unit.to, re.IGNORECASE):
        return []
    return [c for c in unit.parent.children if c is not unit and c.call is unit.call and c.to.lower() in COMPLETIONS]


def _inlined(unit: Unit) -> bool:
    if unit.use == "argument":
        return not is_deferred(last_name_of(unit.to))
    return unit.use == "entry" and unit.to.lower() in COMPLETIONS


def _names_logout(call: Call, flow: Flow, unit: Unit) -> bool:
    for argument in call.arguments[:2]:
        value = argument.value
        text = signs.literal_text(value, flow.program, unit) if isinstance(value, (Literal, Name, Member, Call)) else ""
        if isinstance(value, Record):
            text = " ".join(last_name(e.value) for e in value.entries)
        if text and vocabulary.means_logout(text):
            return True
    return False
