"""A headless Chromium, for what only a browser can say: whether text in a page is run as a script.

A test takes the fixture `browser`, opens `page(server, path)`, and asks `injected(browser)`. It is marked
`ONE_CELL`: what a browser makes of a page depends on neither MPM nor Python.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from harness import memcheck, site
from harness.server import Server

ONE_CELL = pytest.mark.skipif(
    site.MPM != "event" or site.PYTHON != "/usr/bin/python3" or site.HTTP2 or memcheck.ENABLED,
    reason="a browser sees the same in every cell",
)

# Each of them sets `window.injected` if it is not escaped where it is put: as content, as the value of
# an attribute in either quotes, as the content of elements that hold text only, as an address.
ATTACKS = (
    "<script>window.injected=1</script>",
    "<img src=x: onerror=window.injected=1>",
    '"><svg onload=window.injected=1>',
    "'><svg onload=window.injected=1>",
    '" autofocus onfocus=window.injected=1 x="',
    "' autofocus onfocus=window.injected=1 x='",
    "</pre></title></textarea></style></script><script>window.injected=1</script>",
    "--><script>window.injected=1</script>",
    "javascript:window.injected=1",
)

_OPTIONS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    # It reaches this machine's servers, also by the names in docs/deploying, and asks nobody about any name.
    "--host-resolver-rules=MAP *.example.com 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
)


@contextmanager
def chromium() -> Iterator[Chrome]:
    """A browser with a profile of its own, which goes with it."""
    profile = Path(tempfile.mkdtemp(prefix="mod_python-browser-"))
    options = ChromeOptions()
    options.binary_location = _program("chromium", "chromium-browser", "google-chrome")
    for option in (*_OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    if os.geteuid() == 0:
        # Its sandbox needs a user who is not root.
        options.add_argument("--no-sandbox")
    # The driver is named: selenium would look for one on the network.
    driver = Chrome(options, ChromeService(_program("chromedriver")))
    try:
        driver.set_page_load_timeout(60)
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)


def page(server: Server, path: str = "/") -> str:
    """The address of a page of the main server, which must answer requests for `127.0.0.1`."""
    return f"http://127.0.0.1:{server.port}{path}"


def send_headers(browser: Chrome, headers: dict[str, str]) -> None:
    """Add header fields to each request from now on; `{}` for none."""
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": headers})


def press(browser: Chrome, selector: str, by: str = By.CSS_SELECTOR) -> None:
    """Press a button or follow a link, and wait until the page that it leads to has taken the place of this one."""
    browser.execute_script("window.isOld = true")
    browser.find_element(by, selector).click()
    # While one page takes the place of another, a question to either may fail.
    wait = WebDriverWait(browser, memcheck.patience(20), ignored_exceptions=[WebDriverException])
    wait.until(lambda _: browser.execute_script("return !window.isOld && document.readyState === 'complete'"))


def injected(browser: Chrome) -> bool:
    """Whether an attack of `ATTACKS` in the page that is open was run, also after each of its links was followed
    that runs a script and leads nowhere."""
    browser.execute_script(
        "for (const link of document.querySelectorAll('a')) if (link.protocol == 'javascript:') link.click()"
    )
    # One turn of the page's own loop, in which what waits for an event has got it.
    browser.execute_async_script("setTimeout(arguments[0], 50)")
    return bool(browser.execute_script("return window.injected"))


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise FileNotFoundError(f"{names[0]} is not on PATH")
