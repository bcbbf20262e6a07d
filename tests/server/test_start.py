"""The real start, on machines that are poor or oddly set up."""

import os
import shutil
import socket
import subprocess
import sys

import httpx
import pytest

from tests.support.server import ROOT, free_port, wait_until

# A user without a line in the list of users, who may read everything, as an interpreter of root's
# own, but write nothing.
NOBODY = ["setpriv", "--reuid=23456", "--regid=23456", "--clear-groups"]
NOBODY += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
UPLOAD = {"files": ("a.png", b"abc")}


def find_user() -> list[str]:
    """How to start a program as such a user, where that can be done."""
    if not hasattr(os, "getuid") or os.getuid() != 0 or not shutil.which("setpriv"):
        return []
    done = subprocess.run([*NOBODY, sys.executable, "-c", "import demos"], cwd=ROOT)
    return [] if done.returncode else NOBODY


def test_a_service_with_next_to_nothing(tmp_path):
    """No home, no line in the list of users, no console, another user's folder for temporary files,
    a cache that cannot be written to, a proxy of a kind that needs a library (8 s)."""
    port, log = free_port(), tmp_path / "log"
    temp = tmp_path / "temp"
    temp.mkdir()
    (temp / "gradio").touch()
    for folder in (temp, tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o777)
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", ""),  # what is there is read
        "TMPDIR": str(temp),
        "GLASSBOX_CACHE": "/dev/null",
        "ALL_PROXY": "socks5://127.0.0.1:9",
        "LC_ALL": "C",
        "GRADIO_SERVER_PORT": str(port),
    }
    program = f"exec '{sys.executable}' '{ROOT}/app.py' --tabs convolution <&- >&- 2>'{log}'"
    process = subprocess.Popen([*find_user(), "sh", "-c", program], env=env, cwd="/")

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_until(answers, "The start")
        sent = httpx.post(f"http://127.0.0.1:{port}/gradio_api/upload", files=UPLOAD)
        (path,) = sent.json()
        assert os.path.exists(path)
        assert path.startswith(str(temp / "glassbox-"))
        assert log.read_text().count("Nothing can be written to /dev/null") == 1
        assert "Traceback" not in log.read_text()
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_taken_port_ends_the_program_at_once(by):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        options = ["--port", port] if by == "option" else []
        done = subprocess.run(
            [sys.executable, "app.py", *options],
            cwd=ROOT,
            env=os.environ | {"GRADIO_SERVER_PORT": port},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"app.py: --port {port}: another program uses it already")
    assert done.stderr.count("\n") == 1
