"""A message is shown once, and one that is not shown reaches the page's own scripts.

Two runs that stop for the same reason, as when a picture is put in while its place is still being
cleared, said so in two messages, one below the other. And a message that a handler sends along as
not to be shown is dropped on its way: the notes at a picture are sent so (``picture_notes.js``).

Upstream: no issue yet; its text is in docs/UPSTREAM.md.
Without it: the same sentence may be shown twice, and notes at a picture are messages that go away.
"""

import re

SCRIPT = "Blocks-*.js"
EVENT = "glassbox-message"
ADD = re.compile(
    r"(function \w+\((?P<title>\w+),(?P<text>\w+),\w+,(?P<kind>\w+),\w+=10,(?P<shown>\w+)=!1\)\{)"
    r"(?P=shown)&&(?P<push>(?P<list>\w+\(\w+\))\.push\(\{title:(?P=title),message:(?P=text),)"
)


def patch(script: str) -> str | None:
    """The script with each message shown once; None where it is not as it was."""
    if len(ADD.findall(script)) != 1:
        return None
    return ADD.sub(
        r"\1if(!\g<shown>)document.dispatchEvent(new CustomEvent(`"
        + EVENT
        + r"`,{detail:{title:\g<title>,text:\g<text>}}));"
        r"else \g<list>.some(one=>one.type===\g<kind>&&one.message===\g<text>)||\g<push>",
        script,
    )
