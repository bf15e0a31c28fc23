"""A real browser: Debian's Chromium driven by Playwright, watched for errors that a person would not see."""

import os
import shutil
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

# The headless shell is Chromium without windows: a fifth less work for each page.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
OPTIONS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # One site is looked at: its pages need no process each.
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
    "--disable-features=SpareRendererForSitePerProcess",
    # Chromium's sandbox refuses to run as root.
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
RULES = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
# The rules that depend on the theme, and those that depend on theme or width.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
LAYOUT = {**COLOURS, "runOnly": [*COLOURS["runOnly"], "target-size", "scrollable-region-focusable"]}
# What each page has of its own; the rest is as on the first one.
OWN = {"exclude": [[".bar"], ["footer"]]}
AXE = Axe().axe_script

# As patient as everything else that waits for a page.
expect.set_options(timeout=30_000)

needs_browser = pytest.mark.skipif(
    not CHROMIUM, reason="no chromium on this machine: apt-get install chromium-headless-shell"
)


@contextmanager
def chromium():
    """A browser for the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


class Watcher:
    """Collects what must not happen on a page: console errors, CSP violations, requests to other hosts."""

    def __init__(self, page, url):
        self.url = url
        self.faults = []
        page.on("console", lambda message: message.type == "error" and self._add("console", message.text))
        page.on("pageerror", lambda error: self._add("script", error))
        page.on("request", self._look_at)

    def _look_at(self, request):
        if not request.url.startswith((self.url, "data:", "blob:")):
            self._add("another host", request.url)

    def _add(self, kind, what):
        self.faults.append(f"{kind}: {what}")


def violations(page, options, part="html"):
    """
    What axe finds on *page*, or on the *part* of it that a selector or a context of axe names.

    A page on which many addresses are opened has it as a script from the start (``add_init_script``), which
    Chromium then compiles once.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("([part, options]) => axe.run(part, options)", [part, options])["violations"]
    return [
        f"{page.url}: {each['id']}: {node['html'][:160]} {node['failureSummary'][-160:]}"
        for each in found
        for node in each["nodes"]
    ]
