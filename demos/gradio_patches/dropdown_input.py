"""A dropdown says "input" once, when another choice is made.

It says so when a choice is made and once more when it is left, also where nothing was chosen:
everything ran twice, and what a visitor had edited since was overwritten.

Upstream: https://github.com/gradio-app/gradio/issues/6712 (closed, and back again).
Without it: leaving a menu runs its handlers again.
"""

import re

SCRIPT = "Index-*.js"
CHOSEN = re.compile(
    r",(?P<value>\w+)\(\w+\)(?P<select>,(?P<props>\w+)\.on_select\?\.\([^;]{0,120}?)"
    r"(?P=props)\.on_input\?\.\(\),(?P<field>\w+)\.blur\(\)"
)


def patch(script: str) -> str | None:
    """The script with "input" for another choice alone; None where it is not as it was."""
    found = CHOSEN.search(script)
    if not found:
        return None
    value, props, field = found["value"], found["props"], found["field"]
    focus, input_ = f"{props}.on_focus?.()", f"{props}.on_input?.()"
    blur = f"{props}.on_blur?.(),{input_}"
    if (script.count(focus), script.count(input_), script.count(blur)) != (1, 2, 1):
        return None
    told = f"{field}.told={value}()"
    script = script.replace(focus, f"{told},{focus}")
    script = script.replace(f"{input_},{field}.blur()", f"{told},{input_},{field}.blur()")
    changed = f"{value}()!==({field}?.told??{value}())"
    return script.replace(blur, f"{props}.on_blur?.(),{changed}&&{input_}")
