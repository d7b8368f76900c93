"""What happens at one place, and the steps and paths that are made of it; which functions wait and which run at
once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from passerby_audit.program.sdk import Request
from passerby_audit.program.units import Unit
from passerby_audit.syntax import (
    Node,
)

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
    way; `supposed`: though nothing before it is known to be able to."""

    steps: tuple[Step, ...] = ()
    end: str = ""
    conditions: tuple[Condition, ...] = ()
    failed: bool = False
    supposed: bool = False

    def has(self, kind: str) -> bool:
        return any(step.kind == kind for step in self.steps)

    def of(self, *kinds: str) -> list[Step]:
        return [step for step in self.steps if step.kind in kinds]
