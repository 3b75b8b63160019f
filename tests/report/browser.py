"""A headless Chromium that is spoken to through a pipe: no port, no driver, nothing but the program itself."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"),
)
PATIENCE_S = 120.0
"""On a busy machine a browser needs a minute to start."""


def program():
    """Path of a Chromium, or None."""
    return next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


class Browser:
    """One page in one browser, to be used as a context; `problems` are its errors, `requests` the addresses it asked for."""

    def __init__(self, width=1280, height=900):
        self.width, self.height = width, height
        self.problems, self.requests = [], []
        self._number, self._buffer, self._events = 0, b"", []

    def __enter__(self):
        self._data = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        child_reads, self._to = _high(os.pipe())
        self._from, child_writes = _high(os.pipe())
        redirected = f'exec "$@" 3<&{child_reads} 4>&{child_writes}'
        command = ["bash", "-c", redirected, "bash", program(), *OPTIONS, f"--user-data-dir={self._data.name}", "about:blank"]
        own_group = {"pass_fds": (child_reads, child_writes), "start_new_session": True}
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **own_group)
        os.close(child_reads)
        os.close(child_writes)
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(self.width)
        return self

    def __exit__(self, *error):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._data.cleanup()

    def call(self, method, **parameters):
        """A command of the DevTools protocol and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        return self._until(lambda found: found.get("id") == self._number, method)["result"]

    def open(self, path):
        """Load a file and wait until it is there whole."""
        self._events.clear()
        self.call("Page.navigate", url=Path(path).resolve().as_uri())
        if "Page.loadEventFired" not in self._events:
            self._until(lambda found: found.get("method") == "Page.loadEventFired", "the page's load")

    def evaluate(self, expression):
        """The value of a JavaScript expression."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def resize(self, width):
        """Another width of the window, in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=self.height, deviceScaleFactor=1, mobile=False)

    def scripts(self, *, run):
        """Whether pages opened from now on run their scripts."""
        self.call("Emulation.setScriptExecutionDisabled", value=not run)

    def press(self, key, text=""):
        """Press and release a key; text: what it types."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowRight": 39, "ArrowLeft": 37}.get(key, 0)
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text if kind == "keyDown" else "")

    def point(self, x, y):
        """Move the pointer to a place in the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def screenshot(self, path, *, whole=True):
        """Write a PNG of the page, or of the part in the window."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **({"clip": self._extent()} if whole else {}))
        Path(path).write_bytes(base64.b64decode(found["data"]))

    def _extent(self):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}

    def _until(self, wanted, what):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            while b"\0" in self._buffer:
                message, self._buffer = self._buffer.split(b"\0", 1)
                found = json.loads(message)
                self._note(found)
                if wanted(found):
                    assert "error" not in found, found
                    return found
            if select.select([self._from], [], [], 1)[0]:
                piece = os.read(self._from, 1 << 20)
                assert piece, "the browser ended"
                self._buffer += piece
        raise TimeoutError(f"{what}: no answer in {PATIENCE_S:g} s")

    def _note(self, found):
        method, content = found.get("method", ""), found.get("params", {})
        self._events.append(method)
        if method == "Runtime.exceptionThrown":
            self.problems.append(content["exceptionDetails"]["exception"].get("description", "exception"))
        elif method == "Runtime.consoleAPICalled" and content["type"] in ("error", "warning", "assert"):
            self.problems.append(str(content["args"]))
        elif method == "Log.entryAdded" and content["entry"]["level"] in ("error", "warning"):
            self.problems.append(content["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(content["request"]["url"])


def _high(descriptors):
    """The same files under numbers from 10 on, clear of those that the child is to get."""
    moved = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in descriptors]
    for each in descriptors:
        os.close(each)
    return moved
