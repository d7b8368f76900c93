"""The identity is released whenever something loads, mounts, renders or is navigated to.

What: a release without a condition in a component's body or mount effect, a screen's start, a route hook, or a
script's top level.

Why: people come by here without having left. Each time their session is cut and what they do next belongs to nobody.

Example::

    useEffect(() => {
      FS('setIdentity', { anonymous: true });
    }, []);

Instead::

    useEffect(() => {
      if (!user) FS('setIdentity', { anonymous: true });
    }, [user]);

Known problems: a page that logs out when it is opened is a logout path, and is not meant; nor is a release at first
mount because there is no user yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from passerby_audit import vocabulary
from passerby_audit.program import conditions
from passerby_audit.program.findings import Finding
from passerby_audit.program.logout import last_name_of
from passerby_audit.program.sdk import Sdk
from passerby_audit.program.steps import Step
from passerby_audit.program.units import Unit
from passerby_audit.program.view import View
from passerby_audit.rules.rendering import is_render
from passerby_audit.syntax import Await, Call, Declare, Evaluate, Export, Import, Literal, Node

CODE = "PB008"
SEVERITY = "warning"

_EFFECTS = {
    "useEffect", "useLayoutEffect", "useFocusEffect", "onMounted", "onMount", "onBeforeMount", "afterEach",
    "beforeEach", "LaunchedEffect", "onAppear", "ready", "useMount", "onActivated", "useIonViewWillEnter",
    "useIonViewDidEnter", "useAsyncEffect", "$effect", "task", "useIsomorphicLayoutEffect", "useNavigationGuard",
    "beforeResolve",
}  # fmt: skip
_METHODS = re.compile(
    r"^(component did mount|component will mount|mounted|created|before mount|before create|ng on init|ng after "
    r"view init|view did load|view will appear|view did appear|"
    r"on create|on start|on resume|on create view|on view created|init state|did change dependencies|build|did "
    r"finish launching.*|application|on app start|"
    r"ion view (will|did) enter|on route change\w*|on navigat\w+|handle route change\w*|on page (load|view|"
    r"change)\w*|page view|on screen (view|change)\w*|set up fullstory)$"
)


def check(view: View) -> Iterator[Finding]:
    for unit in view.units():
        what = _context(unit)
        if not what or _leaves_anyway(unit):
            continue
        if unit.is_top and not _is_program(unit, view.sdk):
            continue
        for path in view.flow.paths(unit):
            for place, step in enumerate(path.steps):
                if step.kind != "anonymize" or step.delayed or path.failed:
                    continue
                if any(s.kind in ("identify", "end") for s in path.steps) or _conditional(step):
                    continue
                if any(s.kind == "navigate" for s in path.steps[:place]):
                    continue
                yield view.finding(
                    f"The identity is released {what}, whether or not anyone has left.",
                    unit,
                    step.site,
                    "high" if view.certain(step) else "medium",
                    "(only when there is no user, or in the logout itself)",
                )


def _context(unit: Unit) -> str:
    if unit.is_top:
        return "each time this file is loaded" if unit.file.language == "javascript" else ""
    name = last_name_of(unit.to)
    if unit.use == "argument" and name in _EFFECTS:
        return (
            "at every navigation"
            if name in ("beforeEach", "afterEach", "beforeResolve")
            else "each time this is mounted"
        )
    if unit.use == "argument" and name == "addEventListener" and unit.call is not None and unit.call.arguments:
        first = unit.call.arguments[0].value
        if isinstance(first, Literal) and first.value in (
            "load",
            "DOMContentLoaded",
            "pageshow",
            "popstate",
            "hashchange",
            "focus",
            "visibilitychange",
            "turbolinks:load",
            "turbo:load",
        ):
            return "each time the page is loaded or shown"
    if unit.use == "argument" and name == "on" and unit.call is not None and unit.call.arguments:
        first = unit.call.arguments[0].value
        if isinstance(first, Literal) and re.search(r"route|navigat", first.value, re.IGNORECASE):
            return "at every navigation"
    if is_render(unit):
        return "each time this is rendered"
    said = vocabulary.words(unit.name)
    if unit.name and (unit.owner or unit.use == "entry") and _METHODS.match(said):
        return "each time this is shown"
    if unit.name == "constructor" and unit.owner:
        return "each time this is made"
    return ""


def _leaves_anyway(unit: Unit) -> bool:
    """A page or component that is itself a logout, or is shown because someone has left."""
    around: Unit | None = unit
    texts = [unit.file.path.stem, unit.file.path.parent.name]
    while around is not None:
        texts += [around.name, around.owner]
        around = around.parent
    return any(
        vocabulary.means_logout(text)
        or re.search(r"\b(timeout|expired|good ?bye|kiosk|farewell)\b", vocabulary.words(text))
        for text in texts
        if text
    )


def _conditional(step: Step) -> bool:
    """Any condition left on the way is about whether someone is there, or something else than chance."""
    return any(
        not vocabulary.is_guard(c.unit.file.text_of(c.test)) or conditions.speaks_of_user(c.test)
        for c in step.conditions
    )


def _is_program(unit: Unit, sdk: Sdk) -> bool:
    """A script that does something besides talking to the SDK; an excerpt of a few calls is not one."""

    def of_sdk(node: Node) -> bool:
        if isinstance(node, (Import, Export)):
            return True
        value = node.value if isinstance(node, (Evaluate, Declare, Await)) else node
        if isinstance(value, Await):
            value = value.value
        return isinstance(value, Call) and sdk.request(value, unit) is not None

    return any(not of_sdk(node) for node in unit.function.body)
