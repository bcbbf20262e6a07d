"""Glassbox: computer vision, opened up. Run ``python app.py`` and open http://127.0.0.1:7860."""

from demos import command
from demos.options import parse_arguments

__all__ = ["demo", "parse_arguments"]

is_program = __name__ == "__main__"
options = command.read_options(None if is_program else [])
room = command.check_machine(options) if is_program else None
demo = command.build(options, room)

if is_program:
    command.serve(demo, options, room)
