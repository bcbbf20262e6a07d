"""The command's options: from the command line, else from the environment, else their defaults.

Gradio reads variables of its own as it is imported, and stops with a traceback at what it does not
understand; so nothing here imports it.
"""

import argparse
import os
import re
from collections.abc import Callable
from typing import Any, NoReturn

from demos import TABS

SWITCHES = {"1": True, "true": True, "yes": True, "on": True}
SWITCHES |= {"": False, "0": False, "false": False, "no": False, "off": False}
# Gradio would try these beside what it is told.
SETTLED = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS")
# These it reads as numbers.
GRADIO_NUMBERS = (
    "GRADIO_NODE_SERVER_PORT", "GRADIO_NODE_NUM_PORTS", "GRADIO_NUM_WORKERS", "GRADIO_DEBUG",
    "GRADIO_ANALYTICS_MAX_EVENTS", "GRADIO_ANALYTICS_CACHE_FREQUENCY",
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without all options before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message.removeprefix('argument ')}\n")


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options; what they cannot be ends the program with one sentence and exit code 2."""
    parser = Parser(description="Glassbox: computer vision, opened up.")
    add_address(parser)
    parser.add_argument(
        "--share",
        action="store_true",
        default=None,
        help="also serve through a public Gradio link; needs the internet (GLASSBOX_SHARE)",
    )
    parser.add_argument(
        "--tabs",
        type=parse_tabs,
        help=f"only these tabs, with commas between them (GLASSBOX_TABS): {', '.join(TABS)}",
    )
    parser.add_argument(
        "--auth",
        type=parse_accounts,
        metavar="USER:PASSWORD,...",
        help="ask for a name and a password at the door (GLASSBOX_AUTH)",
    )
    parser.add_argument(
        "--class-link",
        type=parse_word,
        metavar="WORD",
        help="let in only visitors with the link /?class=WORD (GLASSBOX_CLASS_LINK)",
    )
    _add_class_room(parser)
    options = parser.parse_args(arguments)
    add_environment(parser, options)
    _check_together(parser, options)
    return options


def add_address(parser: argparse.ArgumentParser) -> None:
    """``--host`` and ``--port``."""
    parser.add_argument(
        "--host",
        type=parse_host,
        help="address to serve on, 127.0.0.1 by default, 0.0.0.0 for all (GLASSBOX_HOST)",
    )
    parser.add_argument(
        "--port", type=parse_port, help="port to serve on, 7860 by default (GLASSBOX_PORT)"
    )


def _add_class_room(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--class-room",
        "--https",
        action="store_true",
        default=None,
        help="serve a class on the local network over https, so that pupils have their webcams; "
        "shows the address and a QR code on the start page (GLASSBOX_CLASS_ROOM)",
    )
    parser.add_argument(
        "--certificate",
        type=parse_file,
        metavar="FILE",
        help="serve over https with this certificate, a PEM file (GLASSBOX_CERTIFICATE)",
    )
    parser.add_argument(
        "--key",
        type=parse_file,
        metavar="FILE",
        help="the certificate's private key, if it is not in the same file (GLASSBOX_KEY)",
    )


# Each option's variables, the first that says something counts; how it is read; its default.
_VARIABLES: dict[str, tuple[tuple[str, ...], Callable[[str], Any], Any]] = {
    "host": (("GLASSBOX_HOST", "GRADIO_SERVER_NAME"), lambda text: parse_host(text), None),
    "port": (("GLASSBOX_PORT", "GRADIO_SERVER_PORT"), lambda text: parse_port(text), 7860),
    "share": (("GLASSBOX_SHARE",), lambda text: parse_switch(text), False),
    "tabs": (("GLASSBOX_TABS",), lambda text: parse_tabs(text), TABS),
    "auth": (("GLASSBOX_AUTH",), lambda text: parse_accounts(text), ()),
    "class_link": (("GLASSBOX_CLASS_LINK",), lambda text: parse_word(text), ""),
    "class_room": (("GLASSBOX_CLASS_ROOM",), lambda text: parse_switch(text), False),
    "certificate": (("GLASSBOX_CERTIFICATE",), lambda text: parse_file(text), ""),
    "key": (("GLASSBOX_KEY",), lambda text: parse_file(text), ""),
}


def add_environment(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """What the command line left open, by the variables."""
    for option, (variables, read, default) in _VARIABLES.items():
        if getattr(options, option, None) is None and hasattr(options, option):
            setattr(options, option, read_variable(parser, variables, read, default))
    if options.host is None:
        options.host = "0.0.0.0" if getattr(options, "class_room", False) else "127.0.0.1"
    read_variable(parser, ("GLASSBOX_PLAIN_GRADIO",), parse_switch, False)
    for name in GRADIO_NUMBERS:
        if os.environ.get(name) and not os.environ[name].strip().isdecimal():
            parser.error(f"{name}: {os.environ[name]!r} is not a whole number.")
    for name in SETTLED:
        os.environ.pop(name, None)


def read_variable(
    parser: argparse.ArgumentParser,
    variables: tuple[str, ...],
    read: Callable[[str], Any],
    default: Any,
) -> Any:
    """The value of the first of these variables that says something; an error names it."""
    for name in variables:
        text = os.environ.get(name, "").strip()
        if text:
            try:
                return read(text)
            except argparse.ArgumentTypeError as error:
                parser.error(f"{name}: {error}")
    return default


def _check_together(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.key and not options.certificate:
        parser.error("--key: give the certificate that it belongs to as well, by --certificate.")
    if options.share and (options.class_room or options.certificate):
        name = "--class-room" if options.class_room else "--certificate"
        parser.error(f"--share: its link is an https address already; leave {name} out.")


def parse_host(text: str) -> str:
    """A name or an address, IPv6 with or without brackets; comes back without."""
    host = text.strip().removeprefix("[").removesuffix("]")
    if not host or re.search(r"[\s/\\,\[\]]", host) or host.count(":") == 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no address: take a name or an address alone, such as 127.0.0.1 or ::1."
        )
    return host


def parse_port(text: str) -> int:
    if not re.fullmatch(r"\s*0*[0-9]{1,5}\s*", text) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port: take a whole number from 1 to 65535."
        )
    return int(text)


def parse_count(text: str) -> int:
    """How many replicas."""
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on.")
    return int(text)


def parse_switch(text: str) -> bool:
    """``1``, ``true``, ``yes``, ``on``, or their contraries."""
    try:
        return SWITCHES[text.strip().lower()]
    except KeyError:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 or 0: take one of them.") from None


def parse_file(text: str) -> str:
    """A file's name, which is looked at later."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name of a file is missing.")
    return os.path.expanduser(text)


def parse_tabs(text: str) -> tuple[str, ...]:
    """``"a,b"`` as names of tabs, in that order."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in TABS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"there is no tab {', '.join(unknown) or repr(text)}; choose from {', '.join(TABS)}."
        )
    return names


def parse_accounts(text: str) -> tuple[tuple[str, str], ...]:
    """``"ann:secret,ben:other"`` as pairs of name and password."""
    pairs = tuple(tuple(part.strip().split(":", 1)) for part in text.split(",") if part.strip())
    if not pairs or any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError("write USER:PASSWORD, with commas between several.")
    if len(dict(pairs)) < len(pairs):
        raise argparse.ArgumentTypeError("give each user once.")
    return pairs


def parse_word(text: str) -> str:
    """The secret of a class link: letters, digits, - and _ alone, so that it fits an address.

    An empty one is refused: who gives it believes that the page is shut.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{6,64}", text):
        raise argparse.ArgumentTypeError("take 6 to 64 letters, digits, - or _.")
    return text
