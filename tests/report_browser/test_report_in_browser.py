"""The report as a reader meets it, in a real headless Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.fabricated_run import fabricate

from voicemine.report import draw

ROWS = "#theme-table tbody tr:visible"


def _names(page: Any) -> list[str]:
    return [t.strip() for t in page.locator(f"{ROWS} th a").all_inner_texts()]


def _numbers(page: Any, key: str) -> list[float]:
    return [float(v) for v in page.locator(ROWS).evaluate_all(f"rows => rows.map(r => r.dataset.{key})")]


def test_sorting_by_each_column(report: Path, open_page: Any) -> None:
    page = open_page(report)
    for title, key in (("Items", "items"), ("Severity", "severity"), ("Stability", "stability")):
        page.get_by_role("button", name=title, exact=True).click()
        down = _numbers(page, key)
        assert down == sorted(down, reverse=True)
        page.get_by_role("button", name=title, exact=True).click()
        assert _numbers(page, key) == sorted(down)
        assert page.locator(f'th[data-sort="{key}"]').get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="Theme", exact=True).click()
    names = _names(page)
    assert names == sorted(names, key=str.lower)


def test_search_and_filter_find_words_of_quotes_too(report: Path, open_page: Any) -> None:
    page = open_page(report)
    every = page.locator(ROWS).count()
    page.fill("#search", "llanfairs")
    assert _names(page) == ["Parcels late, lost or wrongly tracked"]
    assert page.locator("#shown").inner_text() == f"1 of {every} themes"
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function(f"document.getElementById('shown').textContent === '{every} themes'")
    page.select_option('[data-filter="status"]', "fading")
    assert len(_names(page)) == 2
    page.select_option('[data-filter="stage"]', "purchase")
    assert _names(page) == ["Checkout freezes, declines good cards or charges twice"]


def test_the_lens_counts_items_of_a_source_and_time(report: Path, open_page: Any) -> None:
    page = open_page(report)
    data = json.loads(page.locator("#data").text_content())
    page.select_option('[data-lens="0"]', label="reviews")
    page.select_option('[data-lens="from"]', "13")
    fields, periods = data["lens"]["fields"][0], data["lens"]["periods"]
    wanted = fields["values"].index("reviews")
    inside = [s == wanted and p >= 13 for s, p in zip(fields["items"], periods["items"], strict=True)]
    expected = {}
    for (theme, _), steps in zip(data["themes"], data["lens"]["themes"], strict=True):
        at, count = 0, 0
        for step in steps:
            at += step
            count += inside[at]
        if count:
            expected[theme] = count
    shown = dict(page.locator(ROWS).evaluate_all("rows => rows.map(r => [r.dataset.id, +r.dataset.selected])"))
    assert shown == expected and len(shown) > 0
    assert page.locator("#lens-total").inner_text() == f"of {sum(inside)} items"


def test_a_panel_opens_by_keyboard_holds_the_focus_and_gives_it_back(report: Path, open_page: Any) -> None:
    page = open_page(report)
    link = page.locator(f"{ROWS} th a").nth(1)
    link.focus()
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer")
    assert drawer.get_by_role("heading", level=3).inner_text() == link.inner_text()
    assert drawer.locator("blockquote").count() >= 3
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || drawer.contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert not drawer.is_visible()
    assert page.evaluate("document.activeElement.hash") == link.get_attribute("href")
    link.click()
    assert drawer.is_visible()


def test_the_first_key_reaches_the_report(report: Path, open_page: Any) -> None:
    page = open_page(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_an_address_opens_its_panel_and_a_cell_leads_to_its_themes(report: Path, open_page: Any) -> None:
    page = open_page(report, anchor="#theme-T02000")
    assert "Cannot sign in" in page.locator("#drawer h3").inner_text()
    page.locator("#drawer-close").click()
    page.locator(".view-full .cell a", has_text="174").click()
    assert "Delivery shipping at onboarding" in page.locator("#drawer h3").inner_text()
    page.locator("#drawer").get_by_role("link", name="Parcels late, lost or wrongly tracked").click()
    assert page.locator("#drawer h3").inner_text() == "Parcels late, lost or wrongly tracked"
    assert page.locator("#panels article").count() + 1 == page.locator("article").count()


def test_full_and_classic_stages(report: Path, open_page: Any) -> None:
    page = open_page(report)
    assert page.locator(".view-full").is_visible() and not page.locator(".view-classic").is_visible()
    page.get_by_text("Classic five").click()
    assert page.locator(".view-classic").is_visible() and not page.locator(".view-full").is_visible()


def test_one_lens_at_a_time(report: Path, open_page: Any) -> None:
    page = open_page(report)
    # The lens that shows most comes first.
    assert page.locator(".lens:visible h3").all_inner_texts() == ["By segment"]
    page.locator("#lens-switch label", has_text="Region").click()
    assert page.locator(".lens:visible h3").all_inner_texts() == ["By region"]


def test_a_persona_leads_to_its_pains(report: Path, open_page: Any) -> None:
    page = open_page(report)
    assert page.locator("#personas .card").count() == 3
    card = page.locator("#persona-p1")
    assert "customers" in card.inner_text() and card.locator("blockquote").inner_text()
    pain = card.locator(".bars a").first
    name = pain.inner_text()
    pain.click()
    assert page.locator("#drawer h3").inner_text() == name


def test_the_map_draws_zooms_and_opens_a_theme(report: Path, open_page: Any) -> None:
    page = open_page(report)
    canvas = page.locator("#map-canvas")
    canvas.scroll_into_view_if_needed()
    inked = ("document.getElementById('map-canvas').getContext('2d').getImageData(350, 150, 300, 200).data"
             ".some((v, i) => i % 4 === 3 && v)")
    page.wait_for_function(inked, polling=200)
    before = canvas.screenshot()
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(200)
    assert canvas.screenshot() != before
    page.get_by_role("button", name="Whole map").click()
    page.locator("#map-colour label", has_text="Sentiment").click()
    page.wait_for_timeout(200)
    assert canvas.screenshot() != before
    box = canvas.bounding_box()
    for step in range(2, 60):
        page.mouse.move(box["x"] + box["width"] * step / 60, box["y"] + box["height"] * 0.45)
        if page.evaluate("document.getElementById('map-canvas').style.cursor") == "pointer":
            break
    assert page.locator("#map-tip strong").inner_text()
    page.mouse.down()
    page.mouse.up()
    assert page.locator("#drawer").is_visible()


def test_the_reader_chooses_the_colours(report: Path, open_page: Any) -> None:
    page = open_page(report, color_scheme="dark")
    shade = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(shade)
    page.locator("#scheme").click()
    assert page.evaluate(shade) != dark
    assert page.evaluate("document.documentElement.dataset.scheme") == "light"


def test_without_scripts_everything_is_still_there(report: Path, open_page: Any) -> None:
    page = open_page(report, java_script_enabled=False)
    assert page.locator("#theme-table tbody tr").count() == 15
    page.locator("#theme-table tbody th a").first.click()
    assert page.locator(".panel:target blockquote").first.is_visible()


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_hostile_texts_neither_run_nor_break_the_layout(hostile_report: Path, open_page: Any, width: int) -> None:
    page = open_page(hostile_report)
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for link in page.locator(f"{ROWS} th a").all()[:3]:
        link.click()
        assert page.evaluate("drawer.scrollWidth <= drawer.clientWidth")
        page.keyboard.press("Escape")


def test_no_script_but_the_page_s_own_may_run(report: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    page.evaluate("""() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';
        document.body.append(s); const d = document.createElement('div');
        d.innerHTML = '<img src=x onerror="window.hacked = 2">';
        document.body.append(d); }""")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(report: Path, open_page: Any, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed "
                              "(pip install axe-playwright-python)")
    # axe-core comes in as a script of its own, which the page's policy would refuse.
    page = open_page(report, bypass_csp=True, color_scheme=scheme)
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
    for anchor, part in (("", None), ("#theme-T00000", "#drawer")):
        page.goto(report.as_uri() + anchor)
        page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
        # Panels that are not shown cost time and have nothing to be seen.
        page.evaluate("document.getElementById('panels').replaceChildren()")
        found = axe.Axe().run(page, context=part, options=options).response["violations"]
        serious = [(v["id"], v["nodes"][0]["target"], v["nodes"][0].get("failureSummary", "")[:200], len(v["nodes"]))
                   for v in found if v["impact"] in ("serious", "critical")]
        assert serious == []


def test_it_prints_to_pdf(report: Path) -> None:
    from voicemine.report.pdf import find_browser

    if find_browser() is None:
        pytest.skip("no Chromium was found")
    path = draw(report.parent, format="pdf")
    content = path.read_bytes()
    assert content.startswith(b"%PDF") and content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") >= 8


def test_a_large_report_loads_quickly_and_shows_its_table_in_pages(tmp_path: Path, open_page: Any) -> None:
    path = draw(fabricate(tmp_path, copies=33, splits=7))
    page = open_page(path)
    load, points = page.evaluate("""() => [performance.getEntriesByType('navigation')[0].loadEventEnd,
        JSON.parse(document.getElementById('data').textContent).map.n]""")
    every = page.locator("#theme-table tbody tr").count()
    assert points > 49_000 and every > 100 and page.locator(ROWS).count() == 100
    # The target is 2 s on a free machine; a shared one is given time.
    assert load < 10_000, load
    page.get_by_role("button", name="Items", exact=True).click()
    largest = page.locator("#theme-table").evaluate(
        "t => Math.max(...[...t.tBodies[0].rows].map(r => r.dataset.items))")
    assert _numbers(page, "items")[0] == largest
    page.locator("#more").click()
    assert page.locator(ROWS).count() == every and not page.locator("#more").is_visible()
