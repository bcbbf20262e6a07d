"""A picture stays until the new one is there, and one click opens the chooser.

While a file travels Gradio's picture field is empty, and says that it changed: every handler runs
for no picture. And the icon for a file only empties the field; a second click opens the chooser.

Upstream: no issue yet; its text is in docs/UPSTREAM.md.
Without it: answers are emptied during each upload, and a file takes two clicks.
"""

import re

SCRIPT = "Index-*.js"
EMPTY = re.compile(r"\w+\(\(\)=>\{\w+\(\)&&!\w+\(\w+\)&&\w+\(null\)\}\),")
DROP = re.compile(
    r"\w+\(\)&&\(\w+\(\),await (?P<tick>\w+)\(\)\),"
    r"(?=\w+\(`upload`\),await \w+\(\),(?P<field>\w+)\.load_files_from_drop\(\w+\))"
)
SELECT = re.compile(r"handle_clear:(?P<clear>\w+),handle_select:(?P<kind>\w+)=>(?P<act>\w+)\(\2\)")


def patch(script: str) -> str | None:
    """The script whose field is emptied for the webcam alone; None where it is not as it was."""
    if [len(one.findall(script)) for one in (EMPTY, DROP, SELECT)] != [1, 1, 1]:
        return None
    tick, field = DROP.search(script).group("tick", "field")  # type: ignore[union-attr]
    script = EMPTY.sub("", DROP.sub("", script))
    return SELECT.sub(
        r"handle_clear:()=>{},handle_select:async \g<kind>=>{\g<kind>===`webcam`?\g<clear>():"
        rf"\g<kind>===`upload`&&(await {tick}(),{field}.open_upload()),\g<act>(\g<kind>)}}",
        script,
    )
