"""What a lesson's ``build`` gets: the means to take pictures in and to connect handlers."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr

import demos
from cvcore.core import samples
from demos.components.in_browser import InBrowser
from demos.components.live import NOT_KEPT, build_camera, to_twin_handler
from demos.components.pictures import DataPicture, PictureStrip, SafeImage, pick_sample
from demos.lesson import panels
from demos.lesson.progress import SAY_STOPPED
from demos.lesson.scheduling import answer_whole, light_work, long_work, newest_wins
from demos.lesson.settings import Controls, spread_settings, take_settings
from demos.server.errors import guard
from demos.server.limits import HEAVY, LIGHT, STEADY

if TYPE_CHECKING:
    from demos.lesson.stage import Stage

PUTS = ("upload", "clear", "input", "change", "release", "pick")  # events of a new value
# Whether an address asks for more of a tab than to be shown.
ASKS = """(count) => {
  const query = new URLSearchParams(location.search);
  const more = [...query.keys()].some(key => !['tab', 'class', '__theme'].includes(key));
  return [count, more && query.get('tab') === 'TOPIC' ? 'yes' : ''];
}"""

# The lessons' pictures, the newest last.
KEEP = """(picture) => {
  const pictures = document.lessonPictures ??= new Map();
  pictures.delete('TOPIC');
  if (picture) pictures.set('TOPIC', picture);
}"""
TAKE = """(own) => {
  const others = [...document.lessonPictures ?? []].filter(([topic]) => topic !== 'TOPIC');
  if (others.length) return others.at(-1)[1];
  const detail = 'No other lesson has been given a picture yet.';
  document.getElementById('TOPIC-stage').dispatchEvent(new CustomEvent('say', {detail}));
  return own;
}"""


class Tab:
    """One lesson's place on the page; ``topic`` is the lesson's word."""

    def __init__(self, topic: str, block: gr.Tab) -> None:
        self.topic = topic
        self.picture: SafeImage | None = None  # the first picture input
        self.stage: Stage  # the lesson's place, which its ``build`` makes first
        # Counts up when the tab is first shown, and when an address sets its controls.
        self.opened = gr.State(0)
        self._never = gr.State()  # changes never: what hangs on it is asked for by name alone
        asks = gr.Textbox("", visible="hidden", label=f"set by the address, {topic}")
        block.select(
            lambda count, asks: count or (0 if asks else 1),  # an address counts once it is read
            [self.opened, asks],
            self.opened,
            js=ASKS.replace("TOPIC", topic),
            api_visibility="private",
            show_progress="hidden",
        )

    def picture_input(
        self,
        label: str = "Your picture",
        *,
        sample: str | None = "chelsea",
        names: Sequence[str] | None = None,
        fails: Mapping[str, str] | None = None,
        unsure: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> SafeImage:
        """Upload or clipboard, sample pictures, and the picture of other tabs.

        ``sample`` is shown at first; ``names`` are the samples offered (all by default);
        ``fails`` says of some what goes wrong there, ``unsure`` between what the answer wavers.
        """
        kwargs.setdefault("height", 300)
        image = SafeImage(
            value=str(samples.index()[sample].path) if sample else None,
            sources=["upload", "clipboard"],
            label=label,
            buttons=["fullscreen"],
            format="jpeg",
            **kwargs,
        )
        self.picture = self.picture or image
        rows = [samples.index()[name] for name in names or samples.list_names()]
        strip = PictureStrip(rows, fails=fails, unsure=unsure)
        use = gr.Button("Use the current picture", size="sm", elem_classes=["use-current"])
        self.run(strip.pick, pick_sample, None, image, api_name=None, queue=False, kind="stream")
        # The other lessons' pictures stay in the browser: the server is not asked.
        js = KEEP.replace("TOPIC", self.topic)
        image.change(None, image, None, js=js, api_visibility="private")
        js = TAKE.replace("TOPIC", self.topic)
        use.click(None, image, image, js=js, api_visibility="private")
        return image

    def on_open(
        self, fn: Callable[..., Any], inputs: Any, outputs: Any, **kwargs: Any
    ) -> gr.events.Dependency:
        """``run`` when a visitor first sees the tab, or comes with a link that sets it."""
        return self.run(self.opened.change, fn, inputs, outputs, api_name=None, **kwargs)

    def run(
        self,
        events: Any,
        fn: Callable[..., Any] | None,
        inputs: Any,
        outputs: Any,
        *,
        api_name: str | None,
        kind: Literal["light", "steady", "heavy", "stream"] = "light",
        newest: gr.State | None = None,
        settings: Controls | None = None,
        **kwargs: Any,
    ) -> gr.events.Dependency:
        """Connect events (``button.click``, ...) to a handler; its errors become one sentence.

        ``kind``: "light" for quick answers, "steady" for a few seconds' work, "heavy" for long work
        that takes its turn, "stream" for sliders that are followed while they move. Of the runs
        that share a state ``newest``, a visitor's newest ends the others at their next step. The
        controls of ``settings`` come to the handler as one value, its last.
        What a visitor puts in while the handler runs is answered when it ends: Gradio would drop
        it, and leave the old answer beside a new picture.
        Without ``api_name`` the handler is private; without ``fn`` the browser alone does the work,
        by ``js``.
        """
        options: dict[str, Any] = dict({"heavy": HEAVY, "steady": STEADY}.get(kind, LIGHT))
        if settings is not None:
            fn, options["inputs_kwargs"] = take_settings(fn, settings), settings.parts
        if api_name is not None and inspect.isgeneratorfunction(fn):
            fn = answer_whole(fn, len(outputs) if isinstance(outputs, list | tuple) else 1)
        if fn:
            fn = long_work(fn) if kind in ("heavy", "steady") else light_work(fn)
        if newest is not None:
            fn, inputs = newest_wins(fn), [newest, *inputs]
            options["trigger_mode"] = "multiple"
        triggers = events if isinstance(events, list | tuple) else [events]
        if kind == "stream":
            options |= {"trigger_mode": "always_last", "show_progress": "hidden"}
        elif fn and newest is None and any(_puts_value(one) for one in triggers):
            options["trigger_mode"] = "always_last"
        if api_name is None:
            options["api_visibility"] = "private"
        else:
            options["api_name"] = api_name
        if len(triggers) == 1:  # an event of a component's own cannot go through gr.on
            return triggers[0](fn, inputs, outputs, **(options | kwargs))
        return gr.on(list(triggers), fn, inputs, outputs, **(options | kwargs))

    def endpoint(
        self, fn: Callable[..., Any], inputs: Any, outputs: Any, *, api_name: str, **kwargs: Any
    ) -> gr.events.Dependency:
        """A handler for the API alone: nothing on the page sets it off."""
        return self.run(self._never.change, fn, inputs, outputs, api_name=api_name, **kwargs)

    def stop_button(
        self, *running: gr.events.Dependency, label: str = "Stop", shows: Sequence[Any] = (),
        after: Sequence[Any] = (), **kwargs: Any,
    ) -> gr.Button:  # fmt: skip
        """A button that ends the given runs at their next step.

        So that nothing still promises what does not come, ``shows`` are the views in which what is
        ``under_way`` is then said to be stopped; ``after``: handler, inputs and outputs where more
        is to be said than that.
        """
        button = gr.Button(label, variant="stop", size="sm", **kwargs)
        ended = button.click(None, None, None, cancels=list(running), api_visibility="private")
        for view in shows:
            self.run(ended.then, None, view, view, api_name=None, js=SAY_STOPPED)
        if after:
            self.run(ended.then, *after, api_name=None, kind="stream")
        return button

    def say_waiting(
        self, button: gr.Button, changed: Sequence[Any], runs: Sequence[Any] = ()
    ) -> None:  # fmt: skip
        """Let a button say that what was ``changed`` (components or events) waits for it.

        For settings that do not act at once: from the first run on, so that no answer is taken for
        that of the settings beside it. ``runs``: events beside its click that take them all.
        """
        plain, node = json.dumps(button.value), f"document.getElementById('{button.elem_id}')"
        waiting = json.dumps(f"{button.value} with these settings")
        begun = f"() => {{ const one = {node}; if (one) one.dataset.ran = 'yes'; return {plain}; }}"
        moved = f"() => {node}?.dataset.ran ? {waiting} : {plain}"
        gradios = [one.change for one in changed if hasattr(one, "change")]
        own = [one for one in changed if not hasattr(one, "change")]  # cannot go with others
        for events, js in (
            ([button.click, *runs], begun),
            (gradios, moved),
            *(([e], moved) for e in own),
        ):
            self.run(events, None, None, button, api_name=None, js=js, show_progress="hidden")

    def live(
        self,
        fn: Callable[..., Any],
        controls: Sequence[Any] = (),
        *,
        settings: Controls | None = None,
        extra_outputs: Sequence[Any] = (),
        elem_id: str | None = None,
        in_memory: bool = False,
        width: int = 640,
        quality: int = 85,
        note: str = NOT_KEPT,
        browser: InBrowser | None = None,
    ) -> None:
        """A webcam whose frames go through ``fn(frame, *controls)`` and come back beside it.

        ``fn`` returns the picture to show, or a tuple of it and a value for each extra output.
        The controls of ``settings`` come to it as one value, its last.
        The same handler answers single pictures through the API as ``<topic>_frame``; with
        ``in_memory`` these come as data addresses, as an uploaded file would lie on the disk.
        Frames are at most ``width`` pixels wide; ``quality`` is that of the JPEG
        pictures sent back to the page; ``note`` says what becomes of them. With ``browser`` the
        visitor's own browser can answer instead, by the lesson's ``static/in_browser.mjs``.
        """
        name = elem_id or f"{self.topic}-live"
        extras = list(extra_outputs)
        values, live, single_fn, named = list(controls), fn, fn, {}
        names = list(inspect.signature(fn).parameters)[1 : 1 + len(values)]
        if settings is not None:
            values, live = [*controls, *settings], spread_settings(fn, settings)
            single_fn, named = take_settings(fn, settings), {"inputs_kwargs": settings.parts}
            names += settings.parts
        view = build_camera(
            name, live, values, extras, side=width, quality=quality, note=note, names=names,
            browser=browser,
        )  # fmt: skip
        if in_memory:
            single = DataPicture(visible=False, label="picture")
        else:
            single = SafeImage(visible=False, label="picture")
        single.input(
            guard(to_twin_handler(single_fn)),
            [single, *controls],
            [view, *extras],
            api_name=f"{name.removesuffix('-live').replace('-', '_')}_frame",
            **LIGHT,
            **named,
        )

    def lesson(self) -> None:
        """The panel "How it works": what stands in ``lesson.md`` beside the lesson's code."""
        text = (Path(demos.__file__).parent / self.topic / "lesson.md").read_text(encoding="utf-8")
        with self.stage.panels:
            panels.lesson(text)

    def show_code(self, *targets: str) -> None:
        """The panel "Show the code", for targets like ``cvcore.convolution:convolve``."""
        with self.stage.panels:
            panels.show_code(targets)


def _puts_value(trigger: Any) -> bool:
    return getattr(trigger, "event_name", "") in PUTS  # what comes after another run has no name
