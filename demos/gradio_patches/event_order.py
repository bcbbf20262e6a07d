"""The newest event is answered last.

What happens while a handler of the kind "always_last" runs is to be answered once more when it
ends. That goes wrong four times:

* then all handlers of that event start, not this one alone. Where an event has two such handlers
  and comes twice in a row, as when a slider moves, they go on starting each other for as long as
  the page is open;
* they get the data of the event that was answered, not of the one that waited: the last stroke of
  a brush is lost;
* an event does not wait while the request of the one before is being put together: both are under
  way, and the older one may be answered last;
* what waited for a handler that failed is not answered.

Upstream: no issue yet; its text is in docs/UPSTREAM.md.
Without it: a slider moved quickly may end on an older answer, and a page may go on asking.
"""

import re

SCRIPT = "Blocks-*.js"
DECIDE = re.compile(
    r"let (\w+)=(\w+)\((\w+)\.trigger_modes,this\.submissions\.has\(\3\.id\)\);(.{0,40}?)"
    r"if\(\1===`defer`\)\{this\.queue\.add\(\3\.id\);continue\}"
)
AGAIN = re.compile(
    r"this\.queue\.has\((\w+)\.id\)&&\(this\.queue\.delete\(\1\.id\),this\.dispatch\((\w+)\)\)"
)
FAILED = re.compile(r"(catch\{.{0,200}?\w+&&this\.clear_submission\((\w+)\.id,\w+\)),")


def _once_more(handler: str) -> str:
    """Answer the newest event that waited for this handler."""
    newest = f"this.waiting.get({handler}.id)"
    return (
        f"this.queue.delete({handler}.id)&&this.dispatch({{type:'fn',fn_index:{handler}.id,"
        f"event_data:{newest}.event_data??null,target_id:{newest}.target_id}})"
    )


def patch(script: str) -> str | None:
    """The script with the newest event answered last; None where it is not as it was."""
    if [len(one.findall(script)) for one in (DECIDE, AGAIN, FAILED)] != [1, 2, 1]:
        return None
    event = AGAIN.search(script)[2]

    def decide(found: re.Match) -> str:
        mode, choose, handler, skip = found.groups()
        return (
            f"let {mode}={choose}({handler}.trigger_modes,this.submissions.has({handler}.id)||"
            f"{handler}.trigger_modes===`always_last`&&!!this.starting?.has({handler}.id));{skip}"
            f"if({mode}===`defer`){{this.queue.add({handler}.id);"
            f"(this.waiting??=new Map).set({handler}.id,{event});continue}}"
            f"this.queue.delete({handler}.id);if({handler}.functions.backend){{"
            f"(this.starting??=new Set).add({handler}.id);"
            f"setTimeout(()=>this.starting.delete({handler}.id))}}"
        )

    script = DECIDE.sub(decide, script)
    script = AGAIN.sub(lambda found: _once_more(found[1]), script)
    return FAILED.sub(lambda found: f"{found[1]},{_once_more(found[2])},", script)
