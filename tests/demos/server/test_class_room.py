"""The class room's addresses, and what the console says of them."""

from demos.options import parse_arguments
from demos.server import class_room


def test_a_room_that_nobody_else_reaches_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))
    for host, addresses, is_alone in (
        ("127.0.0.1", ["10.0.0.3"], True),
        ("0.0.0.0", [], True),  # on no network
        ("0.0.0.0", ["10.0.0.3"], False),
    ):
        monkeypatch.setattr(class_room, "find_addresses", lambda found=addresses: found)
        room = class_room.open_room(parse_arguments(["--class-room", "--host", host]))
        assert ("Only this computer reaches it" in room.describe()) is is_alone
