# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of real runs in Chromium: nothing is loaded, nothing complains, nothing overlaps, all can read it.

The browser is the system's, such as that of Debian's package chromium; without one the tests are skipped and say so.
"""

from __future__ import annotations

import os
import shutil

import pytest
from ansible_collections.eastwest.mesh.plugins.module_utils._report.files import (
    write_explanation,
    write_path,
    write_report,
)

from .conftest import DOCUMENTS, RUNS, load, spoilt

playwright = pytest.importorskip(
    "playwright.sync_api", reason="the pages were not opened in a browser: playwright is missing"
)
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright",
    reason="the pages were not opened in a browser: axe-playwright-python is missing",
)

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="the pages were not opened in a browser: there is no chromium in PATH"
)
# 320 pixels are a window of 1280 at 400 %
WIDTHS = (320, 800, 1440)
# playwright leaves its own sockets to the garbage collector
quiet = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
REPORTS = {**{name: load(name) for name in RUNS}, "failed": spoilt(load("failover"))}

DETAILS = "open => document.querySelectorAll('details').forEach(each => { each.open = open; })"
# words that lie on other words, or leave their picture; boxes of letters have some air above and below
OVERLAPS = """() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map(text => {
      const box = text.getBoundingClientRect();
      const air = box.height * 0.22;
      return {words: text.textContent, left: box.left, right: box.right, top: box.top + air, bottom: box.bottom - air};
    });
    boxes.forEach((one, index) => {
      if (one.left < frame.left - 1 || one.right > frame.right + 1 || one.bottom > frame.bottom + 1)
        found.push(`"${one.words}" leaves its picture`);
      for (const other of boxes.slice(index + 1))
        if (Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
            && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 0.5)
          found.push(`"${one.words}" and "${other.words}"`);
    });
  }
  for (const parent of document.querySelectorAll('body, main, section, ol, li, dl, header > div')) {
    const boxes = [...parent.children].filter(each => each.getClientRects().length && !each.matches('.skip, .definitions, .unseen, a, span'))
      .map(each => [each, each.getBoundingClientRect()]);
    boxes.forEach(([one, box], index) => {
      for (const [other, next] of boxes.slice(index + 1))
        if (Math.min(box.right, next.right) - Math.max(box.left, next.left) > 1
            && Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top) > 1)
          found.push(`${one.outerHTML.slice(0, 80)} and ${other.outerHTML.slice(0, 80)}`);
    });
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser():
    # Chromium's own sandbox is not to be had as root
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write every report into one lab's directory."""
    directory = tmp_path_factory.mktemp("report")
    for name, report in REPORTS.items():
        write_report(directory / f"{name}.json", report)
    write_explanation(directory / "explanation.json", load("explanation"))
    write_path(directory / "path.json", load("path"))
    return directory


def opened(browser, path, width=1280, **options):
    """Return the page, and a list of what it logged, loaded or failed to."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url))
    page.goto(path.as_uri())
    assert complaints.pop(0) == path.as_uri()
    return page, complaints


@quiet
@pytest.mark.parametrize("name", [*REPORTS, *DOCUMENTS, "index"])
def test_nothing_overlaps(browser, written, name):
    page, complaints = opened(browser, written / f"{name}.html")
    for opened_too in (False, True):
        page.evaluate(DETAILS, opened_too)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(OVERLAPS) == []
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    assert page.evaluate(OVERLAPS) == []
    assert complaints == []
    page.context.close()


# the check takes seconds a page; these have everything that a page may have
@quiet
@pytest.mark.parametrize("name", ["failed", "failover_as_commonly_written", *DOCUMENTS, "index"])
def test_everybody_can_read_it(browser, written, name):
    page, _complaints = opened(browser, written / f"{name}.html")
    page.evaluate(DETAILS, True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    page.context.close()


@quiet
@pytest.mark.parametrize("name", REPORTS)
def test_every_step_is_seen(browser, written, name):
    page, complaints = opened(browser, written / f"{name}.html", java_script_enabled=False)
    report = REPORTS[name]
    assert page.locator("ol.steps > li").count() == len(report["steps"])
    for index, step in enumerate(report["steps"], 1):
        section = page.locator(f"#step-{index}")
        assert section.is_visible()
        assert section.locator("h3").inner_text().startswith(f"{index} ")
        pictures = section.locator("svg[role=img]")
        assert pictures.count() == ("timeline" in step)
        names = {*step["expected"], *step["observed"]}
        assert section.locator(".frame > table").first.locator("tbody tr").count() == len(names)
    assert complaints == []
    page.context.close()


@quiet
def test_the_reason_of_a_failed_request_is_seen_on_hover(browser, written):
    page, _complaints = opened(browser, written / "failover_as_commonly_written.html")
    # failures lie close together; the last one is on top
    mark = page.locator("#step-3 .cross").last
    mark.hover()
    assert "HTTP 503" in mark.locator("title").text_content()
    page.context.close()


@quiet
def test_the_index_leads_to_the_pages(browser, written):
    page, _complaints = opened(browser, written / "index.html")
    links = page.locator("main a")
    assert links.count() == len(REPORTS) + len(DOCUMENTS)
    links.first.click()
    assert page.locator("#content").is_visible()
    assert page.locator("header a", has_text="all reports").get_attribute("href") == "index.html"
    page.context.close()


@quiet
def test_every_finding_and_every_stage_is_seen(browser, written):
    page, complaints = opened(browser, written / "explanation.html", java_script_enabled=False)
    document = load("explanation")
    (forecast,) = document["forecasts"]
    assert page.locator(".finding").count() == len(document["findings"])
    assert page.locator("pre").inner_text() == document["findings"][0]["instead"]
    cards = page.locator("ol.steps > li")
    assert cards.count() == len(forecast["order"])
    assert "failed" in cards.last.get_attribute("class")
    names = page.locator("main").inner_text()
    assert all(endpoint["name"] in names for endpoint in forecast["endpoints"])
    assert complaints == []
    page.context.close()


@quiet
def test_every_hop_is_seen_with_its_cure(browser, written):
    page, complaints = opened(browser, written / "path.html", java_script_enabled=False)
    hops = load("path")["hops"]
    shown = page.locator("ol.hops > li")
    assert shown.count() == len(hops)
    for index, hop in enumerate(hops):
        assert shown.nth(index).locator("h3").inner_text() == hop["hop"]
        assert hop["detail"] in shown.nth(index).inner_text()
    assert "gateway_exposed_hosts" in page.locator(".reason").inner_text()
    assert complaints == []
    page.context.close()
