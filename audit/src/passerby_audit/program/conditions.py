"""What a condition says about whether somebody is there."""

from __future__ import annotations

import re

from passerby_audit import vocabulary
from passerby_audit.program.signs import is_nothing
from passerby_audit.program.units import dotted, last_name
from passerby_audit.syntax import (
    Call,
    Choice,
    Literal,
    Member,
    Name,
    Node,
    Operation,
    descend,
)

_USERISH = re.compile(
    r"\b(users?|auth\w*|session|token|profile|account|member|customer|me|viewer|logged|signed|identity|email|uid|"
    r"user ?id|jwt|principal|employee|patient|student|driver|person|claims|credential|account ?id|id)\b"
)


def absent(test: Node, taken: bool, messages: bool = True) -> bool:
    """Whether a condition, taken or not, means that there is no user (any more).

    With `messages`, being told of a logout by name (`event == 'SIGNED_OUT'`) means so too.
    """
    if isinstance(test, Operation):
        operator = test.operator
        if operator == "!":
            return absent(test.operands[0], not taken, messages)
        if operator == "&&":
            return (
                any(absent(o, taken, messages) for o in test.operands)
                if taken
                else any(absent(o, False, messages) for o in test.operands)
            )
        if operator == "||":
            return any(absent(o, taken, messages) for o in test.operands)
        if operator in ("==", "!=", "is", "is not", "===", "!=="):
            left, right = test.operands[0], test.operands[-1]
            if isinstance(left, Literal):
                left, right = right, left
            positive = operator in ("==", "is", "===")
            if is_nothing(right):
                return (taken == positive) and _is_userish(left)
            said = right.value if isinstance(right, Literal) else dotted(right)
            if messages and re.search(
                r"un ?auth|sign(ed)? ?_?out|log(ged)? ?_?out|anonymous|guest|not logged|no user|expired|"
                r"unidentified|logout",
                vocabulary.words(said) + " " + said.lower(),
            ):
                return taken == positive
            if re.search(r"^(authenticated|signed ?in|logged ?in|active|ready)$", vocabulary.words(said)):
                return taken != positive
            return False
        if operator in ("!!", "Boolean"):
            return absent(test.operands[0], taken, messages)
        return False
    if isinstance(test, Choice):
        return False
    if isinstance(test, Call):
        name = vocabulary.words(last_name(test.callee))
        if name in ("let", "also", "run", "take if", "map") and isinstance(test.callee, Member):
            return absent(test.callee.base, taken, messages)
        if re.search(r"\b(is ?(null|empty|nil|blank|none|undefined)|is null or \w+)\b", name):
            inner: Node | None = (
                test.arguments[0].value
                if test.arguments
                else test.callee.base
                if isinstance(test.callee, Member)
                else None
            )
            return taken and inner is not None and _is_userish(inner)
        if messages and re.search(r"log ?out|sign ?out", name):
            return taken
        if name in ("boolean", "bool") and test.arguments:
            return absent(test.arguments[0].value, taken, messages)
        return not taken and _USERISH.search(name) is not None
    if isinstance(test, (Name, Member)):
        said = vocabulary.words(dotted(test))
        if re.search(
            r"\b(logged ?out|signed ?out|anonymous|guest|unauthenticated|is ?null|expired|is empty|logout|no user)\b",
            said,
        ):
            return taken
        return not taken and _is_userish(test)
    return False


def _is_userish(node: Node) -> bool:
    return _USERISH.search(vocabulary.words(dotted(node))) is not None


def speaks_of_user(test: Node) -> bool:
    """Whether a condition asks about who is logged in."""
    for node in descend(test):
        if isinstance(node, (Name, Member, Call)) and _is_userish(node):
            return True
        if isinstance(node, Literal) and node.kind == "string" and _USERISH.search(vocabulary.words(node.value)):
            return True
    return False
