"""What a trace shows.

A message is hers if it has one of her events, nobody's if it has an event from after she left; what came after that
and names no event is nobody's if it has an id that such events have. A token connects the two if it stands on both
sides and is no constant; what other visitors of the same SDK have too is one (a write key, a version). How far her
clock is wrong is the same to a few seconds. A clock value counts only where time has passed, because two events of one
task may well share their millisecond; and one in whole seconds never does, because anybody may share those.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from bench.leakprobe.collector import Sent
from bench.leakprobe.scenarios import Trace
from bench.leakprobe.tokens import atoms, is_clock, tokens

_SECONDS_DIGITS: Final = 10
_SKEW_TOLERANCE_MS: Final = 5000
_LISTS: Final = ("batch", "events", "data", "ops")


class Verdict(msgspec.Struct, frozen=True):
    """The findings of one trace, all empty when nothing leaks. `shared`, `skews` and `clocks` are token → where it
    stood before and after; `both` the addresses of requests with two people in them; `kept` where her uid still was at
    the end; the others name events.
    """

    shared: dict[str, tuple[str, str]]
    skews: dict[str, tuple[str, str]]
    clocks: dict[str, tuple[str, str]]
    both: list[str]
    lost: list[str]
    hers_as_nobodys: list[str]
    nobodys_as_hers: list[str]
    kept: list[str]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not any(msgspec.structs.astuple(self))


class _Message(msgspec.Struct, frozen=True):
    """One event, or a request without any, with all that travelled with it."""

    at_s: float
    texts: frozenset[str]
    tokens: dict[str, str]

    def names(self, wanted: tuple[str, ...]) -> bool:
        return not self.texts.isdisjoint(wanted)

    def tells(self, uid: str) -> bool:
        return any(uid in text for text in self.texts)


def judge(traces: dict[str, Trace]) -> dict[str, Verdict]:
    """A verdict for each scenario of one subject. The others are each one's control: other visitors, other uids."""
    everything = {name: _everything(trace) for name, trace in traces.items()}
    return {
        name: _judge_one(trace, {token for other, found in everything.items() if other != name for token in found})
        for name, trace in traces.items()
    }


def _everything(trace: Trace) -> set[str]:
    found = {token for sent in trace.sent for message in _messages(sent) for token in message.tokens}
    return found.union(*(_kept_tokens(kept) for kept in [*trace.kept_before, *trace.kept_after]))


def _judge_one(trace: Trace, constants: set[str]) -> Verdict:
    requests = [(sent, _messages(sent)) for sent in trace.sent]
    messages = [message for _, parts in requests for message in parts]
    hers = [message for message in messages if message.names(trace.hers)]
    nobodys = [message for message in messages if message.names(trace.nobodys)]
    early = [m for m in messages if not m.names(trace.hers + trace.nobodys) and m.at_s < trace.left_at_s]

    before = _merged(
        [*(m.tokens for m in hers + early), *(_kept_tokens(kept) for kept in trace.kept_before)], constants
    )
    kept_after = [_kept_tokens(kept) for kept in trace.kept_after]
    ids = _merged([m.tokens for m in nobodys], constants).keys() - before.keys()
    ids = {token for token in ids if not is_clock(token)}
    unnamed = [m for m in messages if m.at_s >= trace.left_at_s and not m.names(trace.hers + trace.nobodys)]
    nobodys_too = [m for m in unnamed if not ids.isdisjoint(m.tokens)]
    after = _merged([*(m.tokens for m in nobodys + nobodys_too), *kept_after], constants)
    after_a_while = _merged([*(m.tokens for m in nobodys if m.names(trace.late)), *kept_after], constants)

    hers_alone = {token for token in before if token not in after and not is_clock(token)}
    nobodys_alone = {token for token in after if token not in before and not is_clock(token)}
    uid = trace.person.uid
    public = constants | set(tokens(trace.person.title + trace.person.query))
    her_ids = _her_ids([m for m in messages if m.tells(uid)], uid, public, hers_alone)
    skews = {side: place for side, found in (("before", before), ("after", after)) for place in _skews(found, trace)}

    return Verdict(
        shared={token: (before[token], after[token]) for token in before if token in after and not is_clock(token)},
        skews={"skew": (skews["before"], skews["after"])} if len(skews) > 1 else {},
        clocks={
            token: (before[token], after_a_while[token])
            for token in before
            if token in after_a_while and is_clock(token) and len(token) > _SECONDS_DIGITS
        },
        both=[sent.target for sent, parts in requests if _has_both(parts, trace, hers_alone, nobodys_alone)],
        lost=[name for name in trace.hers + trace.nobodys if not _is_somewhere(name, messages, trace)],
        hers_as_nobodys=_named(trace.hers, [m for m in hers if not m.tells(uid) and her_ids.isdisjoint(m.tokens)]),
        nobodys_as_hers=_named(trace.nobodys, [m for m in nobodys if m.tells(uid)]),
        kept=sorted({place for kept in trace.kept_after for place, text in _kept_atoms(kept) if uid in text}),
    )


def _skews(found: dict[str, str], trace: Trace) -> list[str]:
    """Where it stands how far her clock is wrong."""
    numbers = {token: place for token, place in found.items() if token.isdecimal()}
    return [place for token, place in numbers.items() if abs(int(token) - trace.person.skew_ms) < _SKEW_TOLERANCE_MS]


def _her_ids(named: list[_Message], uid: str, constants: set[str], hers_alone: set[str]) -> set[str]:
    """What makes a message hers that does not say her uid: an id that goes along with it elsewhere."""
    alongside = [{token for token in m.tokens if token not in constants and not is_clock(token)} for m in named]
    repeated = {token for at, found in enumerate(alongside) for later in alongside[at + 1 :] for token in found & later}
    return {token for token in repeated & hers_alone if uid not in token} or set().union(*alongside)


def _is_somewhere(name: str, messages: list[_Message], trace: Trace) -> bool:
    """Whether an event arrived, or at least waits in storage to be sent one day."""
    kept = (text for part in trace.kept_after for _, text in _kept_atoms(part))
    return any(message.names((name,)) for message in messages) or name in kept


def _has_both(parts: list[_Message], trace: Trace, hers_alone: set[str], nobodys_alone: set[str]) -> bool:
    told = {token for part in parts for token in part.tokens}
    has_her = any(part.names(trace.hers) for part in parts) or not told.isdisjoint(hers_alone)
    has_nobody = any(part.names(trace.nobodys) for part in parts) or not told.isdisjoint(nobodys_alone)
    return has_her and has_nobody


def _named(names: tuple[str, ...], messages: list[_Message]) -> list[str]:
    return [name for name in names if any(message.names((name,)) for message in messages)]


def _merged(found: list[dict[str, str]], constants: set[str]) -> dict[str, str]:
    return {token: place for part in reversed(found) for token, place in part.items() if token not in constants}


def _messages(sent: Sent) -> list[_Message]:
    around = {"address": sent.target, **{f"header {name}": value for name, value in sent.headers.items()}}
    return [
        _Message(sent.at_s, frozenset(text for _, text in atoms(part)), {**tokens(around), **tokens(part)})
        for part in _parts(sent.message)
    ] or [_Message(sent.at_s, frozenset(around.values()), tokens(around))]


def _parts(message: Any) -> list[Any]:
    """A batch as its members, each with what the envelope says of all; anything else as one."""
    if isinstance(message, list):
        return message
    if not isinstance(message, dict):
        return [message] if message else []
    for name in _LISTS:
        members = message.get(name)
        if isinstance(members, list | dict):
            envelope = {key: value for key, value in message.items() if key != name}
            return [{**envelope, name: member} for member in _parts(members)]
    return [message]


def _kept_atoms(kept: Any) -> list[tuple[str, str]]:
    return list(atoms(msgspec.to_builtins(kept)))


def _kept_tokens(kept: Any) -> dict[str, str]:
    return tokens(msgspec.to_builtins(kept))
