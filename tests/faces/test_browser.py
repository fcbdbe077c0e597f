"""The pages in a real browser: quiet, self-contained, usable on a narrow screen and without JavaScript."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from urllib.parse import urlsplit

import pytest

NOW = datetime(2026, 8, 3, 12, tzinfo=UTC)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip
PATHS = ("/", "/summary/XNYS/2026-07-29", "/summary/XKRX/2026-07-29", "/docs", "/summary/XNYS/2026-07-26")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of the driver's own sockets
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver") and find_spec("selenium")),
        reason="needs chromium and chromedriver on the PATH, and selenium",
    ),
]


@pytest.fixture(scope="module")
def address(desk_folder, tiny_tagger):
    """Serve the desk over real sockets; gives the base URL."""
    import uvicorn

    from desk.settings import load_settings
    from ingest.ledger import Ledger
    from serve import create_app

    settings = load_settings(desk_folder / "causewire.toml", {})
    with Ledger.open(settings.ledger.path) as ledger, socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(settings, tagger=tiny_tagger, ledger=ledger, now=lambda: NOW)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    """Start a browser: `browse(width=390, javascript=False, dark=True)`."""
    from selenium import webdriver

    browsers = []

    def start(*, width: int = 1280, javascript: bool = True, dark: bool = False):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        if not javascript:
            blocked = {"profile.managed_default_content_settings.javascript": 2}
            options.add_experimental_option("prefs", blocked)
        browser = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        browsers.append(browser)
        return browser

    yield start
    for browser in browsers:
        browser.quit()


@pytest.fixture(scope="module")
def browser(browse):
    return browse()


def requests_of(browser) -> list[str]:
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [
        one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in sent if not url.startswith(("data:", "chrome:"))]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_quiet_and_asks_only_its_own_server(browser, address, path):
    browser.get("about:blank")
    requests_of(browser)
    browser.get_log("browser")
    browser.get(f"{address}{path}")
    errors = [entry for entry in browser.get_log("browser") if "404 (Not Found)" not in entry["message"]]
    assert errors == []
    requests = requests_of(browser)
    assert requests
    assert {urlsplit(url).netloc for url in requests} == {urlsplit(address).netloc}


@pytest.mark.parametrize("path", PATHS)
def test_a_narrow_screen_needs_no_sideways_scrolling(browse, address, path):
    browser = browse_once(browse, width=390)
    browser.get(f"{address}{path}")
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert browser.execute_script("return window.innerWidth") == 390
    assert width <= 390


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_their_ground_in_light_and_dark(browse, address, dark):
    browser = browse_once(browse, dark=dark)
    browser.get(f"{address}/summary/XNYS/2026-07-29")
    lowest = browser.execute_script(CONTRAST)
    assert lowest["ratio"] >= 4.5, lowest


def test_without_javascript_the_page_says_all_it_has_to_say(browse, address):
    from selenium.webdriver.support.expected_conditions import url_to_be
    from selenium.webdriver.support.wait import WebDriverWait

    browser = browse_once(browse, javascript=False)
    browser.get(f"{address}/summary/XNYS/2026-07-29")
    source = browser.page_source
    for said in ("New York", "Wednesday 29 July 2026", "Infrastructure cost", "S&amp;P 500", "unconfirmed"):
        assert said in source
    browser.find_element("css selector", "a[rel=prev]").click()
    WebDriverWait(browser, 20).until(url_to_be(f"{address}/summary/XNYS/2026-07-28"))


def test_what_a_feed_says_runs_nothing(browser, address):
    browser.get(f"{address}/summary/XNYS/2026-07-29")
    assert browser.find_elements("css selector", "main script") == []
    titles = [one.text for one in browser.find_elements("css selector", ".headline")]
    assert "<script>alert(1)</script> inflation" in titles


_STARTED: dict[tuple, object] = {}


def browse_once(browse, **how):
    """Start one browser for each way of looking, and keep it."""
    key = (id(browse), *sorted(how.items()))
    if key not in _STARTED:
        _STARTED[key] = browse(**how)
    return _STARTED[key]


# The lowest contrast of any words with their ground, as WCAG 2 counts it.
CONTRAST = """
const parse = c => c.match(/[\\d.]+/g).map(Number);
const light = c => parse(c).slice(0, 3).map(v => v / 255)
  .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const ground = e => {
  for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if ((parse(c)[3] ?? 1) > 0) return c;
  }
  return 'rgb(255, 255, 255)';
};
let lowest = {ratio: 99};
for (const e of document.querySelectorAll('body *')) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
  const a = light(getComputedStyle(e).color), b = light(ground(e));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < lowest.ratio) lowest = {ratio, text: e.textContent.slice(0, 40)};
}
return lowest;
"""
