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
        """How this code base spells a release."""
        for unit in self.flow.own:
            for event in self.flow.own[unit]:
                if (
                    event.kind in ("identify", "anonymize", "track", "wrong")
                    and isinstance(event.node, Call)
                    and unit.file.language == file.language
                ):
                    return spelled_release(event.node)
        return "FS('setIdentity', { anonymous: true })" if file.language == "javascript" else "FS.anonymize()"


def spelled_release(call: Call) -> str:
    """A release in the spelling of another call of the SDK."""
    callee = call.callee
    if isinstance(callee, Member) and callee.name not in ("FS", "FullStory"):
        return f"{dotted(callee.base)}.anonymize()"
    return f"{dotted(callee)}('setIdentity', {{ anonymous: true }})"
