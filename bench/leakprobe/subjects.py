"""The SDKs under test, each with the calls its own documentation names, and nothing else switched on or off but what
keeps it from speaking to its vendor.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from tests.browser.packages import bundle

PEERS: Final = Path(__file__).parents[1] / "js"
LIKE_A_PERSON: Final = (
    "--disable-blink-features=AutomationControlled",
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36",
)
"""Flags for Chromium: several subjects send nothing for what they take for a robot."""


class Subject(msgspec.Struct, frozen=True):
    """One SDK. `head(collector_host)` goes into a page's head and defines `subject` with `ready` (a promise),
    `identify(uid)`, `track(name)` and `reset()`. `logout` is that last call, as its documentation writes it. What
    differs from another subject in that call alone has a comma in its name.
    """

    name: str
    logout: str
    head: Callable[[str], str]


def ours() -> Subject:
    """Our own SDK, whose fs.js the collector must serve under /s/fs.js."""

    def head(host: str) -> str:
        return (
            f'<script src="https://{host}/s/fs.js?org=o-probe"></script>\n<script>\n'
            "window.subject = {\n"
            "  ready: FS('getSessionAsync'),\n"
            "  identify: (uid) => FS('setIdentity', { uid }),\n"
            "  track: (name) => FS('trackEvent', { name, properties: {} }),\n"
            "  reset: () => FS('setIdentity', { anonymous: true }),\n"
            "};\n</script>\n"
        )

    return Subject("Passerby", "FS('setIdentity', {anonymous: true})", head)


def peers() -> list[Subject]:
    """The other SDKs, from the npm packages of bench/js."""
    return [Subject(name, logout, _module(source)) for name, logout, source in _PEERS]


def pinned_versions() -> str:
    """The peers' versions, in words."""
    pinned = json.loads((PEERS / "package.json").read_text())["dependencies"]
    return ", ".join(f"{name} {version}" for name, version in pinned.items())


def _module(source: str) -> Callable[[str], str]:
    def head(host: str) -> str:
        script = bundle(
            source.replace("COLLECTOR", host), PEERS, "--minify", '--define:process.env.NODE_ENV="production"'
        )
        return "<script>\n" + script.replace("</script", "<\\/script") + "\n</script>\n"

    return head


_POSTHOG: Final = """
import posthog from 'posthog-js';
let loaded;
const ready = new Promise((done) => { loaded = done; });
posthog.init('probe-write-key', { api_host: 'https://COLLECTOR', disable_compression: true, loaded: () => loaded() });
window.subject = {
  ready,
  identify: (uid) => posthog.identify(uid),
  track: (name) => posthog.capture(name),
  reset: () => posthog.reset(ARGUMENT),
};
"""

_RUDDER: Final = """
import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';
const rudder = new RudderAnalytics();
rudder.load('probe-write-key', 'https://COLLECTOR', { configUrl: 'https://COLLECTOR' });
window.subject = {
  ready: new Promise((done) => rudder.ready(done)),
  identify: (uid) => rudder.identify(uid),
  track: (name) => rudder.track(name),
  reset: () => rudder.reset(ARGUMENT),
};
"""

_PEERS: Final = (
    ("posthog-js", "posthog.reset()", _POSTHOG.replace("ARGUMENT", "")),
    ("posthog-js, device too", "posthog.reset(true)", _POSTHOG.replace("ARGUMENT", "true")),
    (
        "mixpanel-browser",
        "mixpanel.reset()",
        """
import mixpanel from 'mixpanel-browser';
let loaded;
const ready = new Promise((done) => { loaded = done; });
mixpanel.init('probe-write-key', { api_host: 'https://COLLECTOR', loaded: () => loaded() });
window.subject = {
  ready,
  identify: (uid) => mixpanel.identify(uid),
  track: (name) => mixpanel.track(name),
  reset: () => mixpanel.reset(),
};
""",
    ),
    (
        "@amplitude/analytics-browser",
        "amplitude.reset()",
        """
import * as amplitude from '@amplitude/analytics-browser';
window.subject = {
  ready: amplitude.init('probe-write-key', {
    serverUrl: 'https://COLLECTOR/2/httpapi', remoteConfig: { fetchRemoteConfig: false },
  }).promise,
  identify: (uid) => amplitude.setUserId(uid),
  track: (name) => amplitude.track(name),
  reset: () => amplitude.reset(),
};
""",
    ),
    (
        "@segment/analytics-next",
        "analytics.reset()",
        """
import { AnalyticsBrowser } from '@segment/analytics-next';
const analytics = AnalyticsBrowser.load(
  { writeKey: 'probe-write-key', cdnURL: 'https://COLLECTOR' },
  { integrations: { 'Segment.io': { apiHost: 'COLLECTOR/v1', protocol: 'https' } } },
);
window.subject = {
  ready: analytics.ready(),
  identify: (uid) => analytics.identify(uid),
  track: (name) => analytics.track(name),
  reset: () => analytics.reset(),
};
""",
    ),
    ("@rudderstack/analytics-js", "rudder.reset()", _RUDDER.replace("ARGUMENT", "")),
    ("@rudderstack/analytics-js, anonymous id too", "rudder.reset(true)", _RUDDER.replace("ARGUMENT", "true")),
    (
        "@snowplow/browser-tracker",
        "setUserId(null); clearUserData()",
        """
import { clearUserData, newTracker, setUserId, trackStructEvent } from '@snowplow/browser-tracker';
newTracker('sp', 'https://COLLECTOR', { appId: 'probe' });
window.subject = {
  ready: Promise.resolve(),
  identify: (uid) => setUserId(uid),
  track: (name) => trackStructEvent({ category: 'probe', action: name }),
  reset: () => { setUserId(null); clearUserData(); },
};
""",
    ),
)
