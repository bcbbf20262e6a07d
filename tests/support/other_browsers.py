"""Firefox and WebKit, each with one page and a camera of its own making, asked in the same way.

Playwright's would be builds of its own: these are Debian's, driven by what they bring themselves.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.support.browser import PROJECTOR
from tests.support.server import PATIENCE_SECONDS, ROOT

MINI_BROWSER = "webkit2gtk-4.*/MiniBrowser"  # below a folder of libraries
DRIVER = Path(__file__).parents[1] / "browser" / "firefox.js"
# Both are started as on systems without a decoder for H.264.
WITHOUT_H264 = {"GST_PLUGIN_FEATURE_RANK": "avdec_h264:NONE,openh264dec:NONE,vah264dec:NONE"}
# What the browsers say of Gradio's own scripts and of themselves.
NOT_OURS = ("[svelte-i18n]",)


class Page(Protocol):
    said: list[str]  # the console's lines, and what nobody caught

    def open(self, address: str) -> None: ...

    def ask(self, script: str) -> Any:
        """The value of an expression in JavaScript, awaited."""

    def click(self, selector: str) -> None:
        """As a mouse does: in the middle, which must be in view."""

    def type(self, keys: str) -> None: ...

    def take_picture(self, path: Path) -> None: ...


def why_missing(name: str) -> str:
    """What is not installed for that browser, in a sentence; "" where all is."""
    if name == "webkit":
        wanted = {"WebKitWebDriver": shutil.which("WebKitWebDriver"), "Xvfb": shutil.which("Xvfb")}
        wanted["MiniBrowser"] = _find_mini_browser()
    else:
        wanted = {"Firefox": _find_firefox(), "Node": shutil.which("node")}
        wanted["puppeteer-core (npm ci)"] = (ROOT / "node_modules" / "puppeteer-core").is_dir()
    missing = [one for one, found in wanted.items() if not found]
    return f"Not installed: {', '.join(missing)}." if missing else ""


@contextmanager
def start_browser(name: str, folder: Path) -> Iterator[Page]:
    """ "firefox" or "webkit"; ``folder`` gets their logs."""
    with (_start_firefox if name == "firefox" else _start_webkit)(folder) as page:
        yield page


def _find_firefox() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


def _find_mini_browser() -> Path | None:
    return next(iter(sorted(Path("/usr/lib").glob(f"*/{MINI_BROWSER}"))), None)


def _keep(lines: list[str]) -> list[str]:
    return [line for line in lines if not any(one in line for one in NOT_OURS)]


class _Firefox:
    def __init__(self, process: subprocess.Popen) -> None:
        self.process, self.said = process, []
        self._read()

    def _read(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        assert line, "Firefox has ended."
        return json.loads(line)

    def _do(self, action: str, value: str) -> Any:
        self.process.stdin.write(json.dumps([action, value]) + "\n")
        self.process.stdin.flush()
        answer = self._read()
        self.said += _keep(answer["said"])
        assert "error" not in answer, answer["error"]
        return answer.get("given")

    def open(self, address: str) -> None:
        self._do("open", address)

    def ask(self, script: str) -> Any:
        return self._do("ask", script)

    def click(self, selector: str) -> None:
        self._do("click", selector)

    def type(self, keys: str) -> None:
        self._do("type", keys)

    def take_picture(self, path: Path) -> None:
        self._do("picture", str(path))


@contextmanager
def _start_firefox(folder: Path) -> Iterator[Page]:
    with (folder / "firefox.log").open("w") as log:
        process = subprocess.Popen(
            ["node", DRIVER, _find_firefox()], cwd=ROOT, stderr=log, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        try:
            yield _Firefox(process)
        finally:
            process.stdin.close()  # it closes its browser then
            process.wait(PATIENCE_SECONDS)


class _WebKit:
    def __init__(self, driver: Any, log: Path) -> None:
        self.driver, self.log, self._read = driver, log, 0

    @property
    def said(self) -> list[str]:
        """Its console goes to the driver's output."""
        lines = self.log.read_text(errors="replace").splitlines()
        return _keep([line for line in lines if line.startswith("CONSOLE")])

    def open(self, address: str) -> None:
        self.driver.get(address)

    def ask(self, script: str) -> Any:
        code = f"const done = arguments[0]; Promise.resolve({script}).then(done)"
        return self.driver.execute_async_script(code)

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def type(self, keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(keys).perform()  # an element's own moves the cursor

    def take_picture(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))


@contextmanager
def _start_screen() -> Iterator[str]:
    """A screen that nobody sees, and its name."""
    ours, theirs = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(theirs),
        "-screen",
        "0",
        "1400x1000x24",
        "-nolisten",
        "tcp",
    ]
    process = subprocess.Popen(command, pass_fds=(theirs,), stderr=subprocess.DEVNULL)
    os.close(theirs)
    try:
        with os.fdopen(ours) as number:
            yield f":{number.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _start_webkit(folder: Path) -> Iterator[Page]:
    from selenium.webdriver import WebKitGTK
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service

    log, options = folder / "webkit.log", Options()
    options.binary_location = str(_find_mini_browser())
    for option in (
        "--automation",
        "--enable-mock-capture-devices=true",
        "--enable-write-console-messages-to-stdout=true",
    ):
        options.add_argument(option)
    with _start_screen() as screen:
        env = os.environ | {"DISPLAY": screen, "GDK_BACKEND": "x11", **WITHOUT_H264}
        service = Service(shutil.which("WebKitWebDriver"), log_output=str(log), env=env)
        driver = WebKitGTK(options, service)
        try:
            driver.set_script_timeout(PATIENCE_SECONDS)
            driver.set_page_load_timeout(PATIENCE_SECONDS)
            driver.set_window_size(PROJECTOR["width"], PROJECTOR["height"])
            yield _WebKit(driver, log)
        finally:
            driver.quit()
