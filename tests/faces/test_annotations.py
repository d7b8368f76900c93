"""Annotations on the dashboard's axes of time, and the forms that set them (DA-9)."""

from __future__ import annotations

import re

import pytest

from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS
from passerby.faces.dashboard.lanes import picture_of, reach_of
from passerby.ingest.annotating import annotate
from passerby.model.annotation import Annotation, annotation
from passerby.query.annotations import annotations_between
from passerby.query.timeline import timeline_of
from tests.faces.dashboards import NOW_MS, ORG, PASSWORD, Browser, Dashboard, session_path, uuid
from tests.worlds import CountedIds

PAGE = {"op": "page", "url": "https://a.example/"}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()


@pytest.fixture
def admin(dashboard: Dashboard) -> Browser:
    return dashboard.browser("admin")


def mark(dashboard: Dashboard, text: str, start_ms: int, end_ms: int | None = None) -> None:
    made = annotation(CountedIds(), text, start_ms, end_ms, "CI")
    dashboard.store.submit(lambda work: annotate(work, ORG.id, made)).result()


def kept(dashboard: Dashboard) -> list[Annotation]:
    with dashboard.store.read() as reader:
        return annotations_between(reader, ORG.id, 100)[0]


def test_an_annotation_is_set_on_the_first_page_and_removed_there(dashboard: Dashboard, admin: Browser) -> None:
    assert admin.fill_in("/", "/annotate", text=" v2.1 deployed ", ago="15").status_code == 303
    (made,) = kept(dashboard)
    assert (made.text, made.start_ms, made.end_ms) == (
        "v2.1 deployed",
        dashboard.clock.ms - 15 * MINUTE_MS,
        made.start_ms,
    )
    assert (made.source, made.member) == ("admin", "admin")
    assert "v2.1 deployed" in admin.see("/")
    assert admin.fill_in("/", "/unannotate", annotation=made.id).status_code == 303
    assert kept(dashboard) == []
    assert admin.fill_in("/", "/unannotate", annotation=made.id).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [
        {"text": " ", "ago": "0"},
        {"text": "x" * 201, "ago": "0"},
        {"text": "x", "ago": "7"},
        {"text": "x"},
        {"ago": "0"},
    ],
)
def test_a_form_that_says_too_little_or_too_much_sets_nothing(
    dashboard: Dashboard, admin: Browser, fields: dict[str, str]
) -> None:
    assert admin.fill_in("/", "/annotate", **fields).status_code == 400
    assert kept(dashboard) == []


def test_others_annotations_are_removed_by_an_admin_alone(dashboard: Dashboard, admin: Browser) -> None:
    dashboard.door.put_member(ORG.id, "sam", "support", PASSWORD)
    sam = dashboard.browser("sam")
    admin.fill_in("/", "/annotate", text="of the admin", ago="0")
    dashboard.clock.ms += 1
    sam.fill_in("/", "/annotate", text="of sam", ago="0")
    ofsam, ofadmin = kept(dashboard)
    assert sam.see("/").count("Remove</button>") == 1
    for one in (ofsam, ofadmin):
        sam.fill_in("/", "/unannotate", annotation=one.id)
    assert kept(dashboard) == [ofadmin]


def test_the_last_hour_shows_where_they_stand(dashboard: Dashboard, admin: Browser) -> None:
    now_ms = dashboard.clock.ms - dashboard.clock.ms % MINUTE_MS + MINUTE_MS
    mark(dashboard, "half an hour ago", now_ms - HOUR_MS // 2)
    mark(dashboard, "a range", now_ms - 2 * HOUR_MS, now_ms - HOUR_MS * 3 // 4)
    mark(dashboard, "before", now_ms - HOUR_MS - 1)
    text = admin.see("/numbers")
    lines = re.findall(r'<title>([^<]+)</title><line x1="([\d.]+)%"', text)
    assert lines == [("a range", "0.0"), ("half an hour ago", "50.0")]
    assert re.findall(r'<rect class="note" x="0.0%" width="25.0%"', text)
    assert re.findall(r'class="annotation">([^<]+)</b>', text) == ["a range", "half an hour ago"]


def test_of_labels_that_would_overlap_the_first_is_written_and_all_are_in_words(
    dashboard: Dashboard, admin: Browser
) -> None:
    for n in range(3):
        mark(dashboard, f"number {n} " + "x" * 30, dashboard.clock.ms - 30 * MINUTE_MS + n)
    text = admin.see("/numbers")
    assert len(re.findall(r"<text[^>]*>number 0 x+…</text>", text)) == 1
    assert len(re.findall(r"<text[^>]*>number [12]", text)) == 0
    assert len(re.findall(r'class="annotation">number \d x+</b>', text)) == 3


def visit(dashboard: Dashboard) -> None:
    dashboard.send(1, PAGE, {"op": "event", "name": "first"}, {"op": "event", "name": "last", "t": NOW_MS + 60_000})


def test_a_users_lanes_show_those_of_their_time(dashboard: Dashboard, admin: Browser) -> None:
    visit(dashboard)
    dashboard.clock.ms += DAY_MS
    for text, at_ms in (("within", NOW_MS + 500), ("before", NOW_MS - DAY_MS), ("after", NOW_MS + HOUR_MS)):
        mark(dashboard, text, at_ms)
    for path in (f"/user/{uuid(1)}", f"/user/{uuid(1)}/lanes"):
        page = admin.see(path)
        assert re.findall(r'<g class="note"><title>(\w+) \(CI\)', page) == ["within"]
        assert 'class="lanes noted"' in page
        assert re.findall(r'<text x="[\d.]+" y="38">(\w+)</text>', page) == ["within"]


def test_lanes_without_annotations_are_as_they_were(dashboard: Dashboard, admin: Browser) -> None:
    visit(dashboard)
    page = admin.see(f"/user/{uuid(1)}")
    assert 'class="lanes"' in page
    assert "annotation" not in page.lower()


def test_a_range_is_drawn_within_the_axis_and_stands_between_its_neighbours(dashboard: Dashboard) -> None:
    visit(dashboard)
    dashboard.clock.ms += DAY_MS
    ids = CountedIds()
    with dashboard.store.read() as reader:
        timeline = timeline_of(reader, ORG, uuid(1), dashboard.clock.ms, 30)  # type: ignore[arg-type]
    first, last = reach_of(timeline) or (0, 0)
    middle = (first + last) // 2
    notes = [
        annotation(ids, "all of it", first - DAY_MS, last + DAY_MS),
        annotation(ids, "at the beginning", first),
        annotation(ids, "in the middle", middle),
        annotation(ids, "at the end", last),
    ]
    picture = picture_of(timeline, notes)
    (sitting,) = picture.rows[0].sittings
    drawn = {note.annotation.text: (note.x, note.width) for note in picture.notes}
    assert drawn["all of it"] == (sitting.x, sitting.width)
    assert drawn["at the beginning"] == (sitting.x, 0)
    assert drawn["in the middle"][0] == pytest.approx(sitting.x + sitting.width / 2, abs=1)
    assert drawn["at the end"] == (sitting.x + sitting.width, 0)


def test_a_session_has_them_among_its_operations_and_a_share_link_has_none(
    dashboard: Dashboard, admin: Browser
) -> None:
    visit(dashboard)
    mark(dashboard, "deployed meanwhile", NOW_MS + 1000)
    mark(dashboard, "before it", NOW_MS - 60_000)
    page = admin.see(session_path(1))
    told = re.findall(r"deployed meanwhile|before it|(?<=detail\">)(?:first|last)", page)
    assert told == ["first", "deployed meanwhile", "last"]
    shared = admin.fill_in(session_path(1), f"{session_path(1)}/share", hours="1").text
    token = re.findall(r"/shared/([\w-]+)", shared)[0]
    assert "deployed" not in dashboard.browser().see(f"/shared/{token}")


def test_what_an_annotation_says_is_text(dashboard: Dashboard, admin: Browser) -> None:
    visit(dashboard)
    dashboard.clock.ms += MINUTE_MS
    mark(dashboard, HOSTILE, NOW_MS + 100)
    for path in ("/", "/numbers", f"/user/{uuid(1)}", session_path(1)):
        page = admin.see(path)
        assert "&lt;img" in page
        assert "<img" not in page


def test_settings_say_who_changed_capture(admin: Browser) -> None:
    fields = {"capture": "on", "idle_min": "20", "age_h": "24", "blocks": "mask .card"}
    assert admin.fill_in("/settings", "/settings/capture", **fields).status_code == 303
    page = admin.see("/settings")
    assert "idle minutes, what pages report by themselves, what is hidden <small>admin," in page
    assert "first version <small>passerby," in page
    before = page.count("<small>admin,")
    admin.fill_in("/settings", "/settings/capture", **fields)
    assert admin.see("/settings").count("<small>admin,") == before
