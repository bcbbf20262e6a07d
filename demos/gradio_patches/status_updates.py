"""Components are told of their loading status only when it is another one.

At every step of every handler each component of the whole page is told how the handler that last
changed it is doing, mostly what it was told before, and is copied for that: on a page of ten tabs
this takes longer than all else. And before each run every component that can set it off was
copied, to change nothing of it.

Upstream: https://github.com/gradio-app/gradio/issues/12482 (large apps are slow).
Without it: previews and webcams of the whole page come at a fraction of their rate.
"""

import re

SCRIPT = "Blocks-*.js"
TELL_ALL = re.compile(r"(Object\.entries\(this\.loading_stati\.current\))(\.map\()")
ARGUMENTS = re.compile(r"async set_event_args\(\w+,(\w+)\)\{")
TELL_OTHERWISE = re.compile(
    r"(\w+)=>\{(this\.update_state_cb\(\1,\{loading_status:\{validation_error:null\}\},!1\))\}"
)


def patch(script: str) -> str | None:
    """The script with only news told to the components; None where it is not as it was."""
    if [len(one.findall(script)) for one in (TELL_ALL, TELL_OTHERWISE, ARGUMENTS)] != [1, 1, 1]:
        return None
    script = TELL_ALL.sub(
        r"\1.filter(([id,status])=>{const news=JSON.stringify(status),old=this.told??={};"
        r"return old[id]!==news&&(old[id]=news,!0)})\2",
        script,
    )
    script = ARGUMENTS.sub(r"\g<0>if(!Object.keys(\1).length)return()=>{};", script)
    return TELL_OTHERWISE.sub(r"\1=>{delete this.told?.[\1];\2}", script)
