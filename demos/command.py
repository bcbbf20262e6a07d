"""The command ``glassbox``, which is ``python app.py``: options, the page, serving it."""

import argparse
import gc
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from cvcore.core.errors import SetupError
from cvcore.core.paths import note_cache
from cvcore.engine import device
from demos import machine
from demos.options import parse_arguments

if TYPE_CHECKING:
    import gradio as gr


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options, on a machine that is ready for them; nothing is imported before."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    gc.disable()  # what is loaded for the page stays: looking for garbage in it takes a second
    machine.open_streams()
    machine.drop_empty_home()
    options = parse_arguments(arguments)
    try:
        machine.prepare_temp_folder()
    except SetupError as error:
        _stop(error)
    return options


def build(options: argparse.Namespace, room: Any = None) -> "gr.Blocks":
    """The page with the tabs that were asked for; ``room`` is a class room's (see ``serve``)."""
    with machine.without_proxies():
        from demos import lesson, page

    lesson.prepare()
    demo = page.build_page(options.tabs, room=room)
    gc.enable()
    return demo


def check_machine(options: argparse.Namespace) -> Any:
    """Stop with a sentence where the page could not run; the class room, if one is asked for."""
    try:
        machine.check_address(options.host, options.port)
        with machine.without_proxies():
            from demos import lesson

        lesson.prepare()
        device.check_choice()
        note_cache()
        if options.class_room:
            from demos.server import class_room

            return class_room.open_room(options)
        if options.certificate:
            from demos.server import certificate

            certificate.check_files(options.certificate, options.key)
    except SetupError as error:
        _stop(error)
    return None


def serve(demo: "gr.Blocks", options: argparse.Namespace, room: Any = None) -> None:
    """Serve the page until it is stopped."""
    from demos import page, server

    if room is not None:
        print(room.describe())
    try:
        server.launch_page(
            demo,
            host=options.host,
            port=options.port,
            share=options.share,
            accounts=options.auth,
            class_word=room.word if room else options.class_link,
            networks=page.list_networks(options.tabs),
            preparations=page.list_preparations(options.tabs),
            certificate=room.files if room else (options.certificate, options.key),
            **page.LOOK,
        )
    except SetupError as error:
        _stop(error)


def main(arguments: list[str] | None = None) -> None:
    """Parse, build, serve."""
    options = read_options(arguments)
    room = check_machine(options)
    serve(build(options, room), options, room)


def _stop(error: SetupError) -> NoReturn:
    """One sentence, and the exit code that options have that cannot be."""
    name = os.path.basename(sys.argv[0]) or "glassbox"
    print(f"{name}: {error}", file=sys.stderr)
    sys.exit(2)
