"""The events of each component are looked up, not searched for.

As the page opens, all handlers are searched for each component, each handler twice.

Upstream: https://github.com/gradio-app/gradio/issues/12482 (large apps are slow to open).
Without it: the page of all lessons opens later.
"""

import re

SCRIPT = "core-*.js"
SEARCH = re.compile(
    r"(find_attached_events\((\w+),(\w+)\)\{let (\w+)=)\3\.filter\(.{1,200}?\.filter\(Boolean\);"
)


def patch(script: str) -> str | None:
    """The script with each component's events looked up; None where it is not as it was."""
    if len(SEARCH.findall(script)) != 1:
        return None
    return SEARCH.sub(
        r"\1(this.attached?.of===\3?this.attached:this.attached={of:\3,events:\3.reduce((all,one)=>{"
        r"for(const [id,name] of new Map(one.targets.toReversed()))"
        r"name&&(all.get(id)??all.set(id,[]).get(id)).push(name);return all},new Map)})"
        r".events.get(\2.id)??[];",
        script,
    )
