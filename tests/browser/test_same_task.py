"""Track, anonymize, track and navigate in one task, a thousand times: nothing lost, nothing under another's name."""

from __future__ import annotations

from typing import Final

import pytest

from tests.browser.conftest import TlsService
from tests.browser.reader import ApiReader
from tests.browser.shop import Shop

TIMES: Final = 1000
BATCH: Final = 250
_AGAIN: Final = """
window._fs_ready = async () => {
  const at = +location.search.slice(1);
  if (location.hash == '#' + at) {
    await FS('setIdentityAsync', { uid: 'last ' + at, ack: true });
    document.title = 'done';
    return;
  }
  await FS('setIdentityAsync', { anonymous: true, force: true });
  await FS('setIdentityAsync', { uid: 'person ' + at, ack: true });
  FS('trackEvent', { name: 'hers ' + at, properties: {} });
  FS('setIdentity', { anonymous: true });
  FS('trackEvent', { name: 'nobodys ' + at, properties: {} });
  sessionStorage['nobodys ' + at] = FS('getSession', { format: 'id' });
  location.href = '?' + (at + 1) + location.hash;
};
"""


@pytest.mark.parametrize("first", range(0, TIMES, BATCH))
def test_a_thousand_times_nothing_is_lost_and_nothing_is_under_another_name(
    shop: Shop, service: TlsService, reader: ApiReader, first: int
) -> None:
    times = range(first, first + BATCH)
    address = shop.put(before=_AGAIN, script=service.host + "/s/fs.js")
    page = shop.visitor.open(f"{address}?{first}#{times.stop}")
    page.wait_for_function("document.title == 'done'", timeout=280_000)
    nobodys: dict[str, str] = page.evaluate("({ ...sessionStorage })")

    identified = set()
    for at in times:
        (session,) = reader.sessions(f"person {at}")
        assert reader.event_names(session) == [f"hers {at}"]
        identified.add(session)
    for at in times:
        assert reader.event_names(nobodys[f"nobodys {at}"]) == [f"nobodys {at}"]
    assert len(identified | set(nobodys.values())) == 2 * BATCH
