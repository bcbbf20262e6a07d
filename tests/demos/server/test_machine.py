"""What is seen to before the page is built: the address, the processor, folders."""

import os
import socket
import stat
import tempfile
from pathlib import Path

import httpx
import pytest

from cvcore.core import paths
from cvcore.core.errors import SetupError
from cvcore.engine import device
from demos import command, machine
from demos.options import parse_arguments
from demos.page import LOOK, build_page
from demos.server import launch_page
from tests.support.server import free_port, serve_page

HAS_V6 = socket.has_ipv6 and Path("/proc/net/if_inet6").exists()


@pytest.fixture
def taken():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield busy.getsockname()[1]


def test_a_taken_port_is_named(taken):
    with pytest.raises(SetupError, match=f"^--port {taken}: another program uses it"):
        machine.check_address("127.0.0.1", taken)
    with pytest.raises(SetupError, match=f"--port {taken}"):
        machine.check_address("0.0.0.0", taken)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.77", "2001:db8::77", "a" * 70])
def test_a_host_that_cannot_be_is_named(host):
    with pytest.raises(SetupError, match=f"^--host {host}: .*take .*\\.$"):
        machine.check_address(host, free_port())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "::"])
def test_addresses_of_this_computer(host):
    if ":" in host and not HAS_V6:
        pytest.skip("This machine has no IPv6.")
    machine.check_address(host, free_port())


def test_what_cannot_run_ends_with_a_sentence(monkeypatch, capsys, taken):
    device.get_device.cache_clear()
    for arguments, wanted, said in (
        (["--port", str(taken)], "", f"--port {taken}"),
        (["--port", str(free_port())], "cuda:77", "GLASSBOX_DEVICE is 'cuda:77'"),
        (["--port", str(free_port())], "meta", "GLASSBOX_DEVICE is 'meta'"),
        (
            ["--port", str(free_port()), "--certificate", "/no/where"],
            "cpu",
            "--certificate /no/where",
        ),
    ):
        monkeypatch.setenv("GLASSBOX_DEVICE", wanted)
        with pytest.raises(SystemExit) as ended:
            command.check_machine(parse_arguments(arguments))
        printed = capsys.readouterr().err
        assert ended.value.code == 2
        assert said in printed
        assert printed.count("\n") == 1
        assert "picture" not in printed
    device.get_device.cache_clear()


PROXIES = (
    {"HTTP_PROXY": "http://127.0.0.1:9"},
    {"http_proxy": "http://127.0.0.1:9", "no_proxy": ".school.example"},
    {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "[::1],*.school.example,10.0.0.0/8"},
    {"ALL_PROXY": "socks5://127.0.0.1:9", "all_proxy": "nonsense"},
)


@pytest.fixture
def no_proxies(monkeypatch):
    for name in read_proxies():
        monkeypatch.delenv(name)
    return monkeypatch


def read_proxies() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if name.lower().endswith("_proxy")}


@pytest.mark.parametrize("proxies", PROXIES)
def test_a_proxy_is_not_asked_for_the_page(no_proxies, serve, proxies):
    """And the school's own settings stay as they are, for downloads."""
    url = serve("convolution").url
    for name, text in proxies.items():
        no_proxies.setenv(name, text)
    with machine.without_proxies():
        assert httpx.get(f"{url}/healthz").status_code == 200
    assert read_proxies() == proxies


def test_the_page_starts_beside_proxies(no_proxies):
    for name, text in (PROXIES[2] | PROXIES[3]).items():
        no_proxies.setenv(name, text)
    with serve_page("convolution") as page, httpx.Client(trust_env=False) as client:
        assert client.get(f"{page.url}/healthz").status_code == 200
    assert read_proxies() == PROXIES[2] | PROXIES[3]


@pytest.mark.skipif(not HAS_V6, reason="This machine has no IPv6.")
def test_the_page_is_served_at_an_ipv6_address():
    page, port = build_page(("convolution",)), free_port()
    launch_page(page, host="::1", port=port, prevent_thread_lock=True, quiet=True, **LOOK)
    try:
        assert httpx.get(f"http://[::1]:{port}/healthz").json() == {"status": "ok"}
    finally:
        page.close(verbose=False)


# --- folders -----------------------------------------------------------------------------------


@pytest.fixture
def temp(tmp_path, monkeypatch):
    """The folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    return tmp_path


def test_visitors_files_lie_where_gradio_would_put_them(temp):
    machine.prepare_temp_folder()
    assert os.environ["GRADIO_TEMP_DIR"] == str(temp / "gradio")
    assert stat.S_IMODE((temp / "gradio").stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["file", "link", "another user's"])
def test_a_folder_of_another_user_is_not_used(temp, tmp_path_factory, monkeypatch, kind):
    if kind == "file":
        (temp / "gradio").touch()
    elif kind == "link":
        (temp / "gradio").symlink_to(tmp_path_factory.mktemp("theirs"))
    else:
        (temp / "gradio").mkdir()
        monkeypatch.setattr(os, "getuid", lambda: 4711)
    machine.prepare_temp_folder()
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert folder.name.startswith("glassbox-")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_chosen_folder_that_cannot_be_written_to_is_named(temp, monkeypatch):
    (temp / "file").touch()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(temp / "file"))
    with pytest.raises(SetupError, match="GRADIO_TEMP_DIR is"):
        machine.prepare_temp_folder()


def test_no_folder_for_temporary_files_at_all(temp, monkeypatch):
    def fail():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", fail)
    with pytest.raises(SetupError, match="set TMPDIR"):
        machine.prepare_temp_folder()


def test_the_cache_folder_of_who_has_no_home(monkeypatch):
    def fail():
        raise RuntimeError("Could not determine home directory.")

    for name in ("GLASSBOX_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "")
    assert paths.cache_dir() == Path.home() / ".cache" / "glassbox"
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    monkeypatch.setattr(Path, "home", staticmethod(fail))
    assert paths.cache_dir() == Path("/elsewhere/glassbox")
    monkeypatch.delenv("XDG_CACHE_HOME")
    folder = paths.cache_dir()
    assert folder.is_dir()
    assert paths.cache_dir() == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_empty_home_is_none(monkeypatch):
    for name in ("GLASSBOX_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("HOME", raising=False)
    home = Path.home()
    for text in ("", str(home)):
        monkeypatch.setenv("HOME", text)
        machine.drop_empty_home()
        assert paths.cache_dir() == home / ".cache" / "glassbox"
    assert os.environ["HOME"] == str(home)


def test_a_cache_folder_that_cannot_be_written_to_is_said_once(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path / "file"))
    paths.note_cache()
    assert "Nothing can be written to" in caplog.text
    assert "GLASSBOX_CACHE" in caplog.text
    caplog.clear()
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path / "new"))
    paths.note_cache()
    assert caplog.text == ""
