"""The teller: nobody's deliveries wait for anybody else's receiver (AP-11)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from passerby.base.ids import OrgId
from passerby.base.units import DAY_MS, MINUTE_MS
from passerby.ingest.announcing import DELIVERY, WEBHOOK, WEBHOOKS_MAX
from passerby.jobs import courier as courier_module
from passerby.jobs import delivery, slots
from passerby.jobs.courier import Carrier, Courier, Undelivered
from passerby.jobs.slots import PAUSE_MS_MAX, SLOTS_OF_ORG, SLOTS_OF_WEBHOOK
from passerby.jobs.teller import Teller
from passerby.model.org import Org
from passerby.model.webhook import Attempt, Delivery, Occurrence, Webhook
from passerby.store.contract import Entry, Store
from tests.jobs.receivers import BAD, OK, answering, receiving, unreachable
from tests.worlds import ENGINES, NOW_MS, ORG, SetClock, opened

OTHER = Org(OrgId("o2"), b"t" * 32)


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found = opened(request.param, tmp_path)
    found.submit(lambda t: t.add_org(OTHER)).result()
    yield found
    found.close()


def hook(store: Store, name: str, url: str = "", org: OrgId = ORG.id) -> str:
    found = Webhook(name, url or f"https://{name}.example/", (), "s" * 16, True, 0)
    store.submit(lambda t: t.put_entry(org, Entry(WEBHOOK, name, msgspec.json.encode(found)))).result()
    return name


def tell(store: Store, webhook: str, *users: str, org: OrgId = ORG.id, at_ms: int = NOW_MS) -> None:
    """Have `webhook` told something of each of these users, one after the other."""
    for n, user in enumerate(users):
        name = f"{webhook}/{at_ms + n:015d}-{n}"
        told = Occurrence(f"{user}-{n}", "recording.event.custom", at_ms, user)
        delivery = Delivery(name, webhook, told.event, "waiting", at_ms, told)
        entry = Entry(DELIVERY, name, msgspec.json.encode(delivery), user, at_ms + n, webhook)
        store.submit(lambda t, entry=entry: t.put_entry(org, entry)).result()


def log(store: Store, webhook: str, org: OrgId = ORG.id) -> list[Delivery]:
    with store.read() as reader:
        found = reader.entries(org, DELIVERY, f"{webhook}/", "", 999)
    return [msgspec.json.decode(entry.body, type=Delivery) for entry in found]


class Carried:
    """A carrier for which each URL does what it was told; it remembers what was begun, and what is under way."""

    def __init__(self, **acts: Callable[[], int]) -> None:
        self.acts = acts
        self.hanging: set[str] = set()
        self.begun: list[tuple[str, str]] = []
        self.going: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.users: list[str] = []
        self.has_met_itself = False

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:  # noqa: ARG002
        name = url.removeprefix("https://").partition(".")[0]
        told = msgspec.json.decode(body)
        user = told["data"]["user"]["id"]
        self.begun.append((name, told["id"]))
        self.has_met_itself |= user in self.users
        self.users.append(user)
        self.going[name] = self.going.get(name, 0) + 1
        self.most[name] = max(self.most.get(name, 0), self.going[name])
        try:
            await asyncio.sleep(3600 if name in self.hanging else 0)
            return self.acts.get(name, lambda: 200)()
        finally:
            self.users.remove(user)
            self.going[name] -= 1


def fail(error: Exception) -> Callable[[], int]:
    def raised() -> int:
        raise error

    return raised


def soon(happened: Callable[[], bool], seconds: float = 10) -> float:
    """Wait until something happened; how long that took."""
    began_at = time.monotonic()
    while not happened():
        assert time.monotonic() < began_at + seconds
        time.sleep(0.005)
    return time.monotonic() - began_at


class Running:
    """A teller that runs, until the block ends."""

    def __init__(self, store: Store, carrier: Carrier, clock: SetClock | None = None) -> None:
        self.teller = Teller(store, clock or SetClock(NOW_MS + 1000), carrier, "")

    def __enter__(self) -> Teller:
        self.teller.start()
        return self.teller

    def __exit__(self, *_error: object) -> None:
        self.teller.close()


def test_a_healthy_receiver_is_told_at_once_while_every_kind_of_bad_one_is_under_way(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier_module, "TIMEOUT_S", 4)
    with ExitStack() as stack:
        bad = [stack.enter_context(receiving(act)) for act in BAD.values()]
        good = stack.enter_context(receiving(answering(OK)))
        urls = [*(receiver.url for receiver in bad), *(f"{bad[0].url}/{n}" for n in range(20))]
        urls += stack.enter_context(unreachable()).values()
        for n, url in enumerate(urls):
            tell(store, hook(store, f"a{n}", url), *("u" * n for n in range(1, 9)))
        hook(store, "b", good.url, OTHER.id)
        hook(store, "b", good.url)
        running = Running(store, Courier(private_hosts=True))
        teller = stack.enter_context(running)
        soon(lambda: len(bad[0].heard) > 20 and all(receiver.heard for receiver in bad))
        for n in range(3):
            for org in (ORG.id, OTHER.id):
                began_at, heard = time.monotonic(), len(good.heard)
                tell(store, "b", "u", org=org, at_ms=NOW_MS + n)
                teller.wake()
                soon(lambda heard=heard: len(good.heard) > heard)  # type: ignore[misc]
                assert good.heard_at[-1] - began_at < 1
        soon(lambda: all(delivery.state == "delivered" for delivery in log(store, "b")))


@pytest.mark.parametrize("error", [UnicodeError(), KeyError("x"), RuntimeError(), Undelivered("tls"), TimeoutError()])
def test_whatever_goes_wrong_with_a_delivery_is_noted_and_tried_again_and_costs_no_other(
    store: Store, error: Exception
) -> None:
    clock = SetClock()
    carrier = Carried(a=fail(error))
    teller = Teller(store, clock, carrier, "")
    for name in ("a", "b"):
        tell(store, hook(store, name), "u")
    while teller.run_due():
        pass
    assert [delivery.state for name in "ab" for delivery in log(store, name)] == ["waiting", "delivered"]
    (attempt,) = log(store, "a")[0].attempts
    assert attempt.error == ("tls" if isinstance(error, Undelivered) else "unexpected")
    carrier.acts.clear()
    clock.ms += 10_000
    teller.run_due()
    assert [delivery.state for delivery in log(store, "a")] == ["delivered"]


def test_an_entry_that_is_none_is_put_off_and_costs_no_other(store: Store) -> None:
    tell(store, hook(store, "a"), "u", "v")
    broken = Entry(DELIVERY, "a/0", b"no json", None, NOW_MS - 1, "a")
    store.submit(lambda t: t.put_entry(ORG.id, broken)).result()
    teller = Teller(store, SetClock(NOW_MS + 9), Carried(), "")
    while teller.run_due():
        pass
    with store.read() as reader:
        found = reader.entries(ORG.id, DELIVERY, "a/", "", 9)
    assert found[0].due_at_ms == NOW_MS + 9 + MINUTE_MS
    assert [msgspec.json.decode(entry.body)["state"] for entry in found[1:]] == ["delivered"] * 2


def test_a_receiver_gets_a_few_at_a_time_and_those_of_one_user_one_behind_the_other(store: Store) -> None:
    carrier = Carried()
    teller = Teller(store, SetClock(NOW_MS + 100), carrier, "")
    tell(store, hook(store, "a"), *("u" if n % 2 else f"v{n}" for n in range(20)))
    while teller.run_due():
        pass
    assert carrier.most == {"a": SLOTS_OF_WEBHOOK}
    assert not carrier.has_met_itself
    assert [told for _, told in carrier.begun if told[0] == "u"] == [f"u-{n}" for n in range(20) if n % 2]


def test_no_org_takes_all_slots(store: Store) -> None:
    carrier = Carried()
    for n in range(SLOTS_OF_ORG + 9):
        carrier.hanging.add(hook(store, f"a{n}"))
        tell(store, f"a{n}", *(f"u{n}" for n in range(8)))
    with Running(store, carrier) as teller:
        soon(lambda: sum(carrier.going.values()) == SLOTS_OF_ORG)
        hook(store, "b", org=OTHER.id)
        tell(store, "b", *(f"u{n}" for n in range(8)), org=OTHER.id)
        teller.wake()
        soon(lambda: all(delivery.state == "delivered" for delivery in log(store, "b", OTHER.id)))
        assert sum(carrier.going.values()) == SLOTS_OF_ORG


def test_a_slot_that_becomes_free_goes_round_the_orgs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "SLOTS", 1)
    monkeypatch.setattr(slots, "SPARE", 0)
    for name in ("a1", "a2", "a3"):
        tell(store, hook(store, name), *(f"u{n}" for n in range(4)))
    tell(store, hook(store, "b", org=OTHER.id), *(f"u{n}" for n in range(3)), org=OTHER.id, at_ms=NOW_MS + 50)
    carrier = Carried()
    teller = Teller(store, SetClock(NOW_MS + 100), carrier, "")
    while teller.run_due():
        pass
    assert [name for name, _ in carrier.begun[:7]] in (
        ["a1", "b", "a2", "b", "a3", "b", "a1"],
        ["b", "a1", "b", "a2", "b", "a3", "a1"],
    )


def test_a_webhook_has_its_first_slot_whatever_others_of_its_org_do(store: Store) -> None:
    carrier = Carried()
    for n in range(WEBHOOKS_MAX - 1):
        carrier.hanging.add(hook(store, f"a{n}"))
        tell(store, f"a{n}", *(f"u{n}" for n in range(8)))
    with Running(store, carrier) as teller:
        soon(lambda: len([name for name, going in carrier.going.items() if going]) == WEBHOOKS_MAX - 1)
        tell(store, hook(store, "b"), *(f"u{n}" for n in range(8)))
        teller.wake()
        soon(lambda: all(delivery.state == "delivered" for delivery in log(store, "b")))


def test_who_never_answers_is_left_alone_for_longer_and_longer_and_is_told_again_afterwards(store: Store) -> None:
    clock, carrier = SetClock(NOW_MS + 100), Carried(a=fail(Undelivered("timeout")))
    teller = Teller(store, clock, carrier, "")
    tell(store, hook(store, "a"), *(f"u{n}" for n in range(60)))

    def tried() -> int:
        before = len(carrier.begun)
        while teller.run_due():
            pass
        return len(carrier.begun) - before

    assert tried() == SLOTS_OF_WEBHOOK
    assert tried() == 0
    clock.ms += PAUSE_MS_MAX
    assert tried() == 1
    clock.ms += PAUSE_MS_MAX - 1000
    assert tried() == 1
    for _ in range(9):
        clock.ms += PAUSE_MS_MAX
        tried()
    clock.ms += PAUSE_MS_MAX - 1000
    assert tried() == 0
    clock.ms -= DAY_MS
    assert tried() == 0  # nothing is due
    clock.ms += DAY_MS + 1000
    carrier.acts.clear()
    assert tried() == 60
    assert all(delivery.state == "delivered" for delivery in log(store, "a"))


def test_a_clock_that_was_set_back_ends_a_pause(store: Store) -> None:
    clock, carrier = SetClock(NOW_MS + DAY_MS), Carried(a=fail(Undelivered("timeout")))
    teller = Teller(store, clock, carrier, "")
    tell(store, hook(store, "a"), *(f"u{n}" for n in range(9)))
    teller.run_due()
    assert teller.run_due() == 0
    clock.ms -= DAY_MS - 1000
    assert teller.run_due() == 1


def test_what_was_due_for_three_days_without_a_turn_is_given_up_and_nothing_of_it_is_left(store: Store) -> None:
    clock, carrier = SetClock(NOW_MS + 3 * DAY_MS + 50), Carried()
    teller = Teller(store, clock, carrier, "")
    tell(store, hook(store, "a"), *(f"u{n}" for n in range(100)))
    while teller.run_due():
        pass
    states = [delivery.state for delivery in log(store, "a")]
    assert "given_up" in states
    assert "waiting" not in states
    assert all(delivery.occurrence is None for delivery in log(store, "a"))
    over = [delivery.attempts[-1].error for delivery in log(store, "a") if delivery.state == "given_up"]
    assert set(over) == {"expired"}
    clock.ms += 7 * DAY_MS
    while teller.run_due():
        pass
    assert log(store, "a") == []


def test_what_was_given_up_during_an_attempt_stays_so(store: Store) -> None:
    tell(store, hook(store, "a"), "u")
    with store.read() as reader:
        (entry,) = reader.entries(ORG.id, DELIVERY, "a/", "", 9)
    store.submit(lambda t: delivery.expire(t, ORG.id, [entry], NOW_MS)).result()
    failed = Attempt(NOW_MS, error="timeout")
    store.submit(lambda t: delivery.note(t, ORG.id, entry.id, failed, NOW_MS, True)).result()
    with store.read() as reader:
        (over,) = reader.entries(ORG.id, DELIVERY, "a/", "", 9)
    assert (log(store, "a")[0].state, over.due_at_ms) == ("given_up", NOW_MS + 7 * DAY_MS)


def test_to_be_closed_breaks_off_what_hangs_and_it_is_told_at_the_next_start(store: Store) -> None:
    carrier = Carried()
    tell(store, hook(store, "a"), "u")
    carrier.hanging.add("a")
    with Running(store, carrier) as teller:
        soon(lambda: carrier.going.get("a") == 1)
        began_at = time.monotonic()
        teller.close()
    assert time.monotonic() - began_at < 5
    assert carrier.going == {"a": 0}
    carrier.hanging.clear()
    with Running(store, carrier):
        soon(lambda: log(store, "a")[0].state == "delivered")
    assert carrier.begun == [("a", "u-0")] * 2


def test_what_is_told_while_the_store_is_closed_ends_quietly(tmp_path: Path) -> None:
    store, carrier = opened("sqlite", tmp_path), Carried()
    tell(store, hook(store, "a"), "u")
    carrier.hanging.add("a")
    with Running(store, carrier):
        soon(lambda: carrier.going.get("a") == 1)
        store.close()
