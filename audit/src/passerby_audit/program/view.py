"""What a rule is given: the program, its flow, its logout paths, and the way to say something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from passerby_audit.program.findings import Edit, Finding
from passerby_audit.program.flow import Flow
from passerby_audit.program.logout import Logouts
from passerby_audit.program.resolve import Program
from passerby_audit.program.sdk import Sdk
from passerby_audit.program.steps import Event, Path, Step
from passerby_audit.program.units import File, Unit, dotted
from passerby_audit.syntax import Call, Member, Node

_TEST = re.compile(
    r"(^|/)(__tests__|__mocks__|tests?|specs?|e2e|cypress|mocks?|stories|\.storybook|storybook|testing|androidTest|"
    r"playwright|fixtures)/|"
    r"\.(test|spec|stories|story|cy|e2e|mock)\.[a-z]+$|(Tests?|Spec|UITests)\.(swift|kt|java)$|_test\.(dart|py)$|(^|"
    r"/)test_[^/]*\.py$|(^|/)(jest|vitest|setup-?tests?)[^/]*\.[a-z]+$",
)


def is_test(path: str) -> bool:
    """Whether a file is there to try the app, and not part of it."""
    return _TEST.search(path) is not None


class View:
    """One program, ready to be judged."""

    def __init__(self, files: list[File], assume_identified: bool = False) -> None:
        self.program = Program(files)
        self.sdk = Sdk(self.program)
        self.flow = Flow(self.program, self.sdk)
        self.skipped = {unit for file in files if is_test(str(file.path)) for unit in file.units}
        self.logouts = Logouts(self.flow, self.skipped, assume_identified)

    def units(self) -> Iterator[Unit]:
        """The app's functions in which something happens."""
        for unit in self.flow.relevant():
            if unit not in self.skipped:
                yield unit

    def events(self, *kinds: str) -> Iterator[Event]:
        """Every place where something of a kind is done."""
        for unit in self.units():
            for event in self.flow.own.get(unit, []):
                if event.kind in kinds:
                    yield event

    def pairs(
        self, unit: Unit, first: str, second: str, until: tuple[str, ...] = ()
    ) -> Iterator[tuple[Step, Step, Path]]:
        """Pairs of steps in this order on one path of a function, composed here and not deeper, with none of `until`
        between."""
        seen: set[tuple[int, int]] = set()
        if unit.is_top and unit.file.language != "javascript":
            return
        for path in self.flow.paths(unit):
            for place, step in enumerate(path.steps):
                if step.kind != first:
                    continue
                for later in path.steps[place + 1 :]:
                    if unit.is_top and later.event.node is not later.site:
                        continue
                    if (
                        later.kind == second
                        and later.site is not step.site
                        and (id(step.event), id(later.event)) not in seen
                    ):
                        seen.add((id(step.event), id(later.event)))
                        yield step, later, path
                    if later.kind in until:
                        break

    def finding(
        self,
        message: str,
        unit: Unit,
        place: Node,
        confidence: str = "high",
        instead: str = "",
        edits: list[Edit] | None = None,
        severity: str = "",
    ) -> Finding:
        """A mistake at a place in a function."""
        where = unit.named().title
        return Finding(message, unit.file, place.span, confidence, where, instead, edits or [], severity=severity)

    def certain(self, *steps: Step) -> bool:
        """Whether every call that leads to these steps is resolved by structure, and not by likeness of names."""
        return all(step.certain for step in steps)

    def release(self, file: File) -> str:
        """How a release is spelled in a file: as the SDK is called there, or as it can be called anywhere."""
        elsewhere = ""
        legacy = False
        for unit, events in self.flow.own.items():
            for event in events:
                call = event.node
                if (
                    unit.file.language != file.language
                    or event.kind not in ("identify", "anonymize", "track", "wrong")
                    or not isinstance(call, Call)
                ):
                    continue
                spelled = spelled_release(call)
                if _is_valid(spelled, unit, file):
                    if unit.file is file:
                        return spelled
                    elsewhere = elsewhere or spelled
                legacy = legacy or spelled.endswith(".anonymize()")
        if elsewhere:
            return elsewhere
        if file.language != "javascript":
            return "FS.anonymize()"
        return "window.FS?.anonymize()" if legacy else "window.FS?.('setIdentity', { anonymous: true })"


def _is_valid(spelled: str, unit: Unit, file: File) -> bool:
    """Whether a call that one function makes means the same in a file: its first name is global, or bound at the top
    of that file to the same import. Outside of JavaScript the SDK is a type, known everywhere by one name."""
    root = re.split(r"[.?!(\[]", spelled)[0]
    binding = unit.lookup(root)
    there = file.top.names.get(root)
    if unit.file is file:
        return binding is None or binding is there
    if file.language != "javascript":
        return True
    if binding is None:
        return there is None and root != "this"
    return there is not None and binding.kind == there.kind == "import" and binding.source == there.source


def spelled_release(call: Call) -> str:
    """A release in the spelling of another call of the SDK; a member of the window may be missing."""
    callee = call.callee
    said = dotted(callee.base if isinstance(callee, Member) and callee.name not in ("FS", "FullStory") else callee)
    optional = "?." if re.match(r"(window|globalThis|self)\.", said) else ""
    if isinstance(callee, Member) and callee.name not in ("FS", "FullStory"):
        return f"{said}{optional or '.'}anonymize()"
    return f"{said}{optional}('setIdentity', {{ anonymous: true }})"
