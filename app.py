"""Glassbox: computer vision, opened up. Run ``python app.py`` and open http://127.0.0.1:7860."""

import argparse
import gc
import os
import re

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
gc.disable()  # what is loaded for the page stays: looking through it for garbage takes a second

from demos import TABS, lesson, page, server  # noqa: E402


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Options from the command line, else from the environment, else their defaults."""
    env = os.environ.get
    parser = argparse.ArgumentParser(description="Glassbox: computer vision, opened up.")
    parser.add_argument(
        "--host",
        default=env("GLASSBOX_HOST") or env("GRADIO_SERVER_NAME") or "127.0.0.1",
        help="address to serve on, 0.0.0.0 for all (GLASSBOX_HOST)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=env("GLASSBOX_PORT") or env("GRADIO_SERVER_PORT") or 7860,
        help="port to serve on (GLASSBOX_PORT)",
    )
    parser.add_argument(
        "--share",
        action="store_true",
        default=env("GLASSBOX_SHARE", "").lower() in ("1", "true", "yes"),
        help="also serve through a public Gradio link; needs the internet (GLASSBOX_SHARE)",
    )
    parser.add_argument(
        "--tabs",
        type=parse_tabs,
        default=env("GLASSBOX_TABS") or ",".join(TABS),
        help=f"only these tabs, with commas between them (GLASSBOX_TABS): {', '.join(TABS)}",
    )
    parser.add_argument(
        "--auth",
        type=parse_accounts,
        default=env("GLASSBOX_AUTH") or (),
        metavar="USER:PASSWORD,...",
        help="ask for a name and a password at the door (GLASSBOX_AUTH)",
    )
    parser.add_argument(
        "--class-link",
        type=parse_word,
        default=env("GLASSBOX_CLASS_LINK", ""),
        metavar="WORD",
        help="let in only visitors with the link /?class=WORD (GLASSBOX_CLASS_LINK)",
    )
    return parser.parse_args(arguments)


def parse_tabs(text: str) -> tuple[str, ...]:
    """``"a,b"`` as names of tabs, in that order."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in TABS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"there is no tab {', '.join(unknown) or repr(text)}; choose from {', '.join(TABS)}"
        )
    return names


def parse_accounts(text: str) -> tuple[tuple[str, str], ...]:
    """``"ann:secret,ben:other"`` as pairs of name and password."""
    pairs = tuple(tuple(part.split(":", 1)) for part in text.split(",") if part)
    if not pairs or any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError("write USER:PASSWORD, with commas between several")
    return pairs


def parse_word(text: str) -> str:
    """The secret of a class link: letters, digits, - and _ alone, so that it fits an address."""
    if text and not re.fullmatch(r"[A-Za-z0-9_-]{6,64}", text):
        raise argparse.ArgumentTypeError("take 6 to 64 letters, digits, - or _")
    return text


lesson.prepare()
options = parse_arguments(None if __name__ == "__main__" else [])
demo = page.build_page(options.tabs)
gc.enable()

if __name__ == "__main__":
    server.launch_page(
        demo,
        host=options.host,
        port=options.port,
        share=options.share,
        accounts=options.auth,
        class_word=options.class_link,
        networks=page.list_networks(options.tabs),
        **page.LOOK,
    )
