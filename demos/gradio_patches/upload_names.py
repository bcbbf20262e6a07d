"""Pictures and films are taken by their names, too.

Gradio's fields take what the browser calls an image, or a video. Where the system knows no HEIC,
the browser calls a phone's picture nothing, and the field refuses it: also .jfif, .qoi, .mkv, .wmv.
And a GIF is a film to the lesson, but never to the field.

Upstream: no issue yet; its text is in docs/UPSTREAM.md.
Without it: such a file is refused as of an invalid type, where the system does not know its kind.
"""

import json
import re

from cvcore.core.folders import PICTURE_SUFFIXES

SCRIPT = "src-*.js"
FILM_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".wmv", ".asf", ".flv", ".gif", ".mpg",
    ".mpeg", ".mts", ".m2ts", ".ts", ".3gp", ".ogv",
)  # fmt: skip
KIND = re.compile(r"(?P<read>\w+)=(?P<value>\w+\(\w+,`filetype`,3,null\))(?=,)")
TOLD = re.compile(
    r"(?<==)(Array\.isArray\((\w+)\)\?\2\.join\(`, `\):\2)(?=;return`Invalid file type)"
)


def _list_names() -> str:
    """A script's object: what each field of Gradio's asks for, and what it is to take."""
    taken = {
        "image/*": ("pictures", ["image/*", *PICTURE_SUFFIXES]),
        "video/x-m4v,video/*": ("films", ["video/*", *FILM_SUFFIXES]),
    }
    rows = (
        f"{json.dumps(kind)}:Object.assign({json.dumps(names)},{{told:{json.dumps(told)}}})"
        for kind, (told, names) in taken.items()
    )
    return "{" + ",".join(rows) + "}"


def patch(script: str) -> str | None:
    """The script with files taken by name, too; None where it is not as it was."""
    if [len(one.findall(script)) for one in (KIND, TOLD)] != [1, 1]:
        return None
    names = _list_names()
    script = KIND.sub(
        lambda found: (
            f"asked={found['value']},taken={names},{found['read']}=()=>taken[asked()]??asked()"
        ),
        script,
    )
    return TOLD.sub(r"\2?.told??(\1)", script)
