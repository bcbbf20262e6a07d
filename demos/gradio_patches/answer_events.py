"""The page's own scripts hear of events, of runs, and of what these answer.

``stale.js`` greys what is not the shown picture's. Gradio tells nobody which run an answer came
from, or with which values it was begun: an answer may be that of the picture before.

Upstream: no issue yet; its text is in docs/UPSTREAM.md.
Without it: an answer to the picture before looks like one to the new picture until it is replaced.
"""

import re

SCRIPT = "Blocks-*.js"
EVENT = re.compile(r"async dispatch\((\w+)\)\{if\(this\.connection_lost\)return;")
RUN = re.compile(r"(?<=,)(\w+)=await Promise\.all\(\w+\.targets\.map\(")
START = re.compile(
    r"this\.add_to_api_calls\(\{fn_index:(\w+)\.id,data:(\w+),event_data:\w+\.event_data,"
    r"trigger_id:\w+\}\);"
)
ANSWER = re.compile(r"await this\.handle_data\((\w+)\.outputs,(\w+)\.data\)")
FAILED = re.compile(r"(?<=\}catch\{)(?=this\.update_loading_status\(\{status:`error`,fn_index:)")


def _tell(name: str, detail: str) -> str:
    return f"document.dispatchEvent(new CustomEvent(`glassbox-{name}`,{{detail:{detail}}}))"


def patch(script: str) -> str | None:
    """The script with all this told; None where it is not as it was."""
    found = [len(one.findall(script)) for one in (EVENT, RUN, START, ANSWER, FAILED)]
    if found != [1, 1, 1, 2, 1]:
        return None
    run = RUN.findall(script)[0]
    ended = f"{run}.forEach(e=>e())"
    if script.count(ended) != 4:
        return None
    end = _tell("end", f"{{run:{run}}}")
    script = script.replace(ended, f"({ended},{end})")
    script = FAILED.sub(f"{end},", script)
    script = EVENT.sub(
        lambda found: (
            found[0]
            + _tell("event", f"{{name:{found[1]}.event_name,id:{found[1]}.target_id,"
                    "read:one=>this.get_state_cb(one)}")
            + ";"
        ),
        script,
    )  # fmt: skip
    script = START.sub(
        lambda found: (
            _tell("start", f"{{run:{run},fn:{found[1]}.id,inputs:{found[1]}.inputs,"
                  f"data:{found[2]}}}")
            + f";{found[0]}"
        ),
        script,
    )  # fmt: skip
    return ANSWER.sub(
        lambda found: (
            "("
            + _tell("answer", f"{{run:{run},outputs:{found[1]}.outputs,data:{found[2]}.data}}")
            + f",{found[0]})"
        ),
        script,
    )
