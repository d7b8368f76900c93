"""A page with no SDK at all can speak the wire from another origin, and is read back."""

from __future__ import annotations

import uuid

from tests.browser.conftest import TlsService
from tests.browser.reader import ApiReader
from tests.browser.relay import Relay
from tests.browser.site import Site
from tests.browser.visitor import Visitor

_SEND = """async ([url, bundle]) => {
  const reply = await fetch(url, { method: 'POST', body: JSON.stringify(bundle), credentials: 'omit' });
  return [reply.status, await reply.json()];
}"""


def _bundle(org: str, device: str, session: str, page: str, *operations: dict[str, object]) -> dict[str, object]:
    numbered = [{"n": n, "t": 1_750_000_000_000 + n, **op} for n, op in enumerate(operations, 1)]
    envelope = {"v": 1, "org": org, "device": device, "session": session, "page": page, "sdk": "browser/0"}
    return {**envelope, "started": 1_750_000_000_000, "sent": 1_750_000_000_100, "ops": numbered}


def test_a_hand_written_page_on_another_origin_needs_no_preflight_and_is_read_back(
    service: TlsService, site: Site, relay: Relay, visitor: Visitor, reader: ApiReader
) -> None:
    device, session, page_id = (str(uuid.uuid4()) for _ in range(3))
    bundle = _bundle(
        service.org,
        device,
        session,
        page_id,
        {"op": "page", "url": "https://www.shop.test/"},
        {"op": "identify", "uid": "hand-written"},
        {"op": "event", "name": "Bought"},
    )
    page = visitor.open(site.put("wire", ""))

    status, reply = page.evaluate(_SEND, [f"https://{relay.host}/rec/bundle", bundle])

    assert (status, reply["stored"]) == (200, 3)
    assert [carried.method for carried in relay.carried()] == ["POST"]
    assert "cookie" not in relay.carried()[0].headers
    assert reader.sessions("hand-written") == [f"{device}:{session}"]
    assert reader.event_names(f"{device}:{session}") == ["Bought"]
    assert visitor.keeps(page).cookies == {}
