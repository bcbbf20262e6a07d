"""A run that is asked for as the stream of answers ends is answered.

The server ends a page's stream once its last run is done, and the page opens another with its next
run. Where that run is asked for in this moment, the page may hear of its number before it hears of
the end, as both come on connections of their own: it waits at a stream that is over. And a run
whose answers were all there before its number counted as open for ever.

Upstream: no issue yet; its text is in docs/UPSTREAM.md.
Without it: a part may show its clock until something else is asked for on the page.
"""

import re

SCRIPT = "index-*.js"
OPEN = re.compile(r"\{event_callbacks:\w+,unclosed_events:(?P<open>\w+),pending_stream_messages:")
END = re.compile(r"(if\(\w+\.msg===`close_stream`\)\{\w+\(\w+,(\w+)\.abort_controller\);)return\}")
ASKED = re.compile(
    r"(?<=;)(?P<early>(?P<id>\w+) in (?P<kept>\w+)&&\((?P=kept)\[(?P=id)\]\.forEach\(.{5,20}?\),"
    r"delete (?P=kept)\[(?P=id)\]\),)(?P<wait>\w+\[(?P=id)\]=\w+,\w+\.add\((?P=id)\),"
    r"\w+\.open\|\|await this\.open_stream\(\))"
)


def patch(script: str) -> str | None:
    """The script with a stream for each run that is open; None where it is not as it was."""
    if [len(one.findall(script)) for one in (OPEN, END, ASKED)] != [1, 1, 1]:
        return None
    waiting = OPEN.findall(script)[0]
    script = END.sub(rf"\1{waiting}.size&&\2.open_stream();return}}", script)
    return ASKED.sub(
        r"let over=\g<kept>[\g<id>]?.some(one=>one.msg===`process_completed`);"
        r"\g<early>over||(\g<wait>)",
        script,
    )
