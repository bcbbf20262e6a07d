"""A class on its own network: where it finds the page, by which word, and who is presenting."""

import argparse
import ipaddress
import re
import socket
from dataclasses import dataclass
from secrets import choice, randbelow
from urllib.parse import urlsplit

import gradio as gr
import psutil

from demos.server import certificate

# Short, plain, unlike each other: a word that is called through a class.
WORDS = tuple(
    re.findall(
        r"\w+",
        """
    acorn almond amber apple arrow autumn badger bamboo basket beacon berry birch blanket bottle
    breeze bridge bronze bucket butter button cactus camel candle canyon carpet castle cedar
    cherry circle cloud clover cobalt comet copper coral cotton cricket crystal daisy desert
    dolphin dragon eagle ember falcon feather fern flame forest fossil garden ginger glacier
    goose granite hazel helmet heron honey hammer island ivory jacket jasmine jungle kettle
    ladder lagoon lantern lemon lily lizard magnet mango maple marble meadow melon mirror monkey
    mountain needle nutmeg ocean olive orange orchid otter oyster paddle panda paper parrot
    pebble pencil pepper piano pigeon pillow planet pocket poppy pumpkin puzzle rabbit raven
    river robin rocket saddle salmon sandal silver spider spoon sunset teapot thunder tiger
    timber tomato trumpet tulip tunnel turtle valley velvet violin walnut whale willow window
    """,
    )
)
SEVERAL = ("0.0.0.0", "::")


@dataclass(frozen=True)
class ClassRoom:
    """``links`` are those for pupils, the likeliest first; ``own`` are this computer's addresses;
    ``has_warning`` tells whether browsers do not know the certificate."""

    word: str
    links: tuple[str, ...]
    presenter_link: str
    own: frozenset[str]
    files: tuple[str, str]
    has_warning: bool

    def describe(self) -> str:
        """For the console."""
        lines = ["For the class:", *(f"  {link}" for link in self.links)]
        if all(_is_loopback(urlsplit(link).hostname or "") for link in self.links):
            lines.append(
                "  Only this computer reaches it: join the class's network, leave --host out, and "
                "start again."
            )
        lines += ["On this computer, with a QR code to show:", f"  {self.presenter_link}"]
        if self.has_warning:
            lines.append(
                "Browsers warn of this certificate, which was made here: press Advanced, then "
                "Proceed (Safari: Show Details, then visit this website)."
            )
        return "\n".join(lines)

    def is_presenter(self, request: gr.Request) -> bool:
        """Whether a visitor sits at this very computer.

        Who comes through a server in front of this one is none: all would look alike.
        """
        forwarded = {"forwarded", "x-forwarded-for", "x-real-ip", "via"}
        host = request.client.host if request.client else ""
        if host not in self.own and not _is_loopback(host):
            return False
        return not forwarded & {name.lower() for name in request.headers}


def open_room(options: argparse.Namespace) -> ClassRoom:
    """Choose what the options leave open; raises ``SetupError`` for a certificate that is no good.

    A real certificate names the addresses to offer; else they are those of this computer on its
    networks, the one that leads to the others first.
    """
    own = find_addresses()
    addresses = [one for one in own if _is_served(one, options.host)]
    if not addresses:  # on no network, or at a name
        addresses = ["localhost" if options.host in SEVERAL else options.host]
    if options.certificate:
        files = (options.certificate, options.key)
        named = [name for name in certificate.check_files(*files) if "*" not in name]
        places = [name for name in named if not _is_loopback(name)] or addresses
    else:
        places = addresses
        local = ["localhost", "127.0.0.1", "::1", *_find_names()]
        file = str(certificate.prepare_own(list(dict.fromkeys([*local, *addresses]))))
        files = (file, "")
    word = options.class_link or choose_word()
    links = tuple(_to_link(place, options.port, word) for place in places)
    serves_loopback = options.host in SEVERAL or _is_loopback(options.host)
    here = "localhost" if serves_loopback and options.host != "::" else addresses[0]
    here = "::1" if options.host == "::" else here
    presenter_link = links[0] if options.certificate else _to_link(here, options.port, word)
    return ClassRoom(
        word, links, presenter_link, frozenset(own), files, has_warning=not options.certificate
    )


def choose_word() -> str:
    """Two words and a number, one of a hundred million and more: ``otter-lemon-4821``."""
    return f"{choice(WORDS)}-{choice(WORDS)}-{1000 + randbelow(9000)}"


def find_addresses() -> list[str]:
    """This computer's addresses on its networks, the one that leads to the others first."""
    found = []
    for name, places in psutil.net_if_addrs().items():
        if not getattr(psutil.net_if_stats().get(name), "isup", True):
            continue
        for place in places:
            if place.family in (socket.AF_INET, socket.AF_INET6) and _is_reachable(place.address):
                found.append(place.address)
    found.sort(key=lambda address: ":" in address)
    first = [address for address in map(_find_outgoing, ("192.0.2.1", "2001:db8::1")) if address]
    return list(dict.fromkeys([*(one for one in first if one in found), *found]))


def _find_outgoing(remote: str) -> str:
    """The address by which this computer would speak to another one; nothing is sent."""
    family = socket.AF_INET6 if ":" in remote else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((remote, 9))
            return probe.getsockname()[0]
    except OSError:
        return ""


def _is_reachable(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:  # one that holds on a single cable alone, "fe80::1%eth0"
        return False
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text.lower() == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or bool(mapped and mapped.is_loopback)


def _is_served(address: str, host: str) -> bool:
    """Whether who listens at ``host`` hears what is sent to ``address``."""
    if host in SEVERAL:
        return (":" in address) == (":" in host)
    return address == host


def _find_names() -> list[str]:
    """This computer's names, as a certificate can hold them."""
    name = socket.gethostname().rstrip(".").lower()
    names = [name, name if "." in name else f"{name}.local"]
    return [one for one in names if one.isascii() and all(one.split("."))]


def _to_link(place: str, port: int, word: str) -> str:
    host = f"[{place}]" if ":" in place else place
    end = "" if port == 443 else f":{port}"
    return f"https://{host}{end}/?class={word}"
