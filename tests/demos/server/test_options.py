"""Options of the command, by the command line and by variables: what is taken, what refused."""

import pytest

from demos import options as reader
from demos.options import parse_arguments


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """None of the variables is set."""
    names = {name for names, _, _ in reader._VARIABLES.values() for name in names}
    for name in names | {"GLASSBOX_PLAIN_GRADIO", *reader.GRADIO_NUMBERS}:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def refuse(capsys, *arguments: str) -> str:
    """The one line that ends the program, with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        parse_arguments(list(arguments))
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    "port", ["0", "-1", "65536", "99999", "8e3", "http", "", "80.0", "٨٠٨٠", "1_0"]
)
def test_ports_that_cannot_be(capsys, environment, port):
    assert "--port" in refuse(capsys, f"--port={port}")
    for name in ("GLASSBOX_PORT", "GRADIO_SERVER_PORT"):
        with environment.context() as patch:
            patch.setenv(name, port)
            if port:
                assert f"{name}: " in refuse(capsys)
            else:  # as not set
                assert parse_arguments([]).port == 7860
            assert parse_arguments(["--port", "8001"]).port == 8001


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("::", "::"),
        ("localhost", "localhost"),
        ("10.0.0.3", "10.0.0.3"),
    ],
)
def test_hosts(given, host):
    assert parse_arguments(["--host", given]).host == host


@pytest.mark.parametrize(
    "host", ["", " ", "http://here", "10.0.0.3:80", "a b", "10.0.0.0/8", "[::1]:80"]
)
def test_hosts_that_are_no_address(capsys, environment, host):
    assert "--host" in refuse(capsys, "--host", host)
    if host.strip():
        environment.setenv("GLASSBOX_HOST", host)
        assert "GLASSBOX_HOST" in refuse(capsys)


def test_gradio_does_not_read_what_was_settled_here(environment):
    """It would try its variables' address beside, and stop at what it does not understand."""
    import os

    environment.setenv("GRADIO_SERVER_NAME", "::1")
    environment.setenv("GRADIO_SERVER_PORT", "7999")
    assert vars(parse_arguments([])) | {"host": "::1", "port": 7999} == vars(
        parse_arguments(["--host", "::1", "--port", "7999"])
    )
    assert not {"GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"} & os.environ.keys()


@pytest.mark.parametrize("name", reader.GRADIO_NUMBERS)
def test_numbers_that_gradio_would_stop_at(capsys, environment, name):
    environment.setenv(name, "many")
    assert f"{name}: " in refuse(capsys)


def test_switches(capsys, environment):
    for name, option in (("GLASSBOX_SHARE", "share"), ("GLASSBOX_CLASS_ROOM", "class_room")):
        for text, value in (("1", True), ("On", True), ("no", False), ("0", False), ("", False)):
            with environment.context() as patch:
                patch.setenv(name, text)
                assert getattr(parse_arguments([]), option) is value
        with environment.context() as patch:
            patch.setenv(name, "maybe")
            assert f"{name}: " in refuse(capsys)
    environment.setenv("GLASSBOX_PLAIN_GRADIO", "maybe")
    assert "GLASSBOX_PLAIN_GRADIO" in refuse(capsys)


def test_doors_that_would_stand_open_are_refused(capsys):
    assert "--class-link" in refuse(capsys, "--class-link", "")
    assert "--class-link" in refuse(capsys, "--class-link", "short")
    assert "--auth" in refuse(capsys, "--auth", "")
    assert "each user once" in refuse(capsys, "--auth", "ann:secret,ann:other")
    assert parse_arguments(["--auth", " ann:se:cret , ben:b"]).auth == (
        ("ann", "se:cret"),
        ("ben", "b"),
    )


def test_a_class_room_listens_to_the_network():
    assert parse_arguments([]).host == "127.0.0.1"
    for name in ("--class-room", "--https"):
        assert parse_arguments([name]).host == "0.0.0.0"
    assert parse_arguments(["--class-room", "--host", "10.0.0.3"]).host == "10.0.0.3"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--key", "key.pem"], "--key"),
        (["--certificate", ""], "--certificate"),
        (["--share", "--class-room"], "--class-room"),
        (["--share", "--certificate", "a.pem"], "--certificate"),
        (["--bogus"], "--bogus"),
    ],
)
def test_options_that_do_not_go_together(capsys, arguments, named):
    assert named in refuse(capsys, *arguments)
