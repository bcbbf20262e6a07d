"""One channel, looked at closer: back to pixels, what it likes best, and life without it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import drawing, images
from cvcore.core.errors import InputError
from cvcore.recognition.classifier import softmax, to_topk
from demos import components as ui
from demos import lesson
from demos.feature_maps.state import LessonState, add_endpoint, add_view, check_state, number
from demos.feature_maps.views import draw_bars, draw_figure, draw_figures
from demos.feature_maps.widgets import NOT_YET, Panel, Refusal
from demos.lesson import charts, class_names

PIXELS, FAVOURITE, SILENCE = VIEWS = ("Pixels", "Likes best", "Silence")
PREVIEW_SECONDS = 0.4
EMPTY = "Press “Draw it, from noise”: the picture that drives the channel most grows here."
STEPS = 128  # in each octave, 16 to 512
OCTAVES = 1  # 1 to 4
JITTER = 8  # pixels, 0 to 32
WHICH = {
    "selected": "the selected channel",
    "active": "the n most active",
    "useful": "the n that help the top class most",
}
METHODS = [("gradient", "gradient"), ("guided backprop", "guided")]


def show_pixels(
    state: LessonState | None, channel: int, row: int, column: int, method: str
) -> dict:
    """The gradient of one place of a map by the picture's pixels, drawn beside the picture."""
    state = check_state(state)
    if method not in ("gradient", "guided"):
        raise InputError(f"The method is gradient or guided, got {method!r}.")
    fm = cvcore.feature_maps
    layer = fm.find_layer(state.model, state.layer)
    channel = fm.check_channel(channel, layer.shape[0])
    place = fm.check_place((row, column), layer)
    gradient = fm.unit_gradient(
        state.picture, state.layer, channel, place, guided=method == "guided", model=state.model
    )
    left, top, right, bottom = box = fm.receptive_field(state.model, state.layer).box(*place)
    value = float(state.maps.maps[channel][place])
    strength = np.abs(gradient).max(axis=0)
    limit = float(np.percentile(strength[strength > 0], 99.5)) if strength.any() else 1.0
    colours = images.to_image(0.5 + gradient / (2 * limit))
    cut = state.maps.image[top:bottom, left:right]
    driven, raised = "", "it"
    drive = value
    if layer.kind == "activation":
        drive = float(
            fm.extract_drive(state.picture, state.layer, model=state.model)[channel][place]
        )
        driven, raised = f", <b>{number(drive)}</b> before the activation", "the value before it"
    words = (
        f"Channel {channel} at row {place[0]}, column {place[1]} is <b>{number(value)}</b>{driven}."
        f" It reads {_count_pixels(box, state.maps.image.shape)}; colours away from grey say which "
        f"of them would raise {raised}, and how."
    )
    if not strength.any():
        words = (
            f"Channel {channel} is {number(value)} at this place, and no small change of any pixel "
            "changes that: everything it reads is switched off here. Choose another place."
        )
    figures = [
        draw_figure(drawing.draw_frame(state.maps.image, box), "what it reads", smooth=True),
        draw_figure(colours, "which pixels drive it"),
        draw_figure(cut, "the same, larger: picture"),
        draw_figure(colours[top:bottom, left:right], "and gradient"),
    ]
    return {
        "html": f'<p class="big">{words}</p>{draw_figures(figures, columns=2)}',
        "value": value,
        "drive": drive,
        "box_xyxy": list(box),
        "gradient_size": float(np.abs(gradient).sum()),
    }


def _count_pixels(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> str:
    """How many pixels of the input a place reads."""
    width, height = box[2] - box[0], box[3] - box[1]
    whole = "all " if (height, width) == shape[:2] else ""
    return f"{whole}{width} × {height} pixels"


@dataclass(frozen=True)
class _Aim:
    """What is raised, and what the visitor's own picture has of it."""

    words: str
    before: str  # " before the activation" where there is one
    yours: float
    place: tuple[int, int]  # where the picture drives the channel most
    most: float  # the value there

    @classmethod
    def measure(cls, state: LessonState, channel: int, aim: str) -> "_Aim":
        fm = cvcore.feature_maps
        drive = fm.extract_drive(state.picture, state.layer, model=state.model)[channel]
        is_cut = fm.find_layer(state.model, state.layer).kind == "activation"
        before = " before the activation" if is_cut else ""
        place = tuple(map(int, np.unravel_index(drive.argmax(), drive.shape)))
        most = float(drive[place])
        if aim == "centre":
            return cls("value at the middle place", before, most, place, most)
        return cls("mean over the map", before, float(drive.mean()), place, most)


def draw_visualization(
    state: LessonState | None,
    channel: int,
    steps: int,
    kind: str,
    aim: str,
    octaves: int = OCTAVES,
    jitter: int = JITTER,
) -> Iterator[dict]:
    """Draw what a channel likes best, from noise, and show each stretch of the way."""
    state = check_state(state)
    from cvcore.probes.activation_maximization import Settings

    fm = cvcore.feature_maps
    channel = fm.check_channel(channel, len(state.maps.maps))
    turning = {"turn": 5, "zoom": 0.1} if kind == "fourier" else {}
    settings = Settings(
        steps=int(steps or 0),
        octaves=int(octaves or 0),
        jitter=int(jitter or 0),
        parameterisation=kind,
        **turning,
    )
    settings.check()
    own = _Aim.measure(state, channel, aim)
    start, shown, curve = time.perf_counter(), 0.0, []
    starting = lesson.under_way("Starting from grey noise …", "Stopped.")
    yield {"html": f'<p class="big">{starting}</p>'}
    for step in fm.maximise(
        state.layer, channel, model=state.model, settings=settings, at_centre=aim == "centre"
    ):
        curve.append(step.objective)
        now = time.perf_counter()
        if step.number in (1, step.total) or now - shown > PREVIEW_SECONDS:
            shown = now
            yield _visualization_panel(state, channel, step, curve, now - start, own)


def _visualization_panel(
    state: LessonState, channel: int, step, curve: list[float], seconds: float, own: _Aim
) -> dict:
    pixels = step.image.cpu().numpy()[0]
    picture = images.to_image(np.repeat(pixels, 3, axis=0) if len(pixels) == 1 else pixels)
    left = seconds / step.number * (step.total - step.number)
    when = f"done in {seconds:.1f} s"
    if step.number < step.total:
        when = lesson.under_way(f"about {left:.0f} s to go")
    x0, y0, x1, y1 = cvcore.feature_maps.receptive_field(state.model, state.layer).box(*own.place)
    part = f"the part of your picture it likes most: {number(own.most)} there{own.before}"
    yours = "the greatest on your picture" if "middle" in own.words else "your picture's"
    return {
        "html": f'<p class="big">Step {step.number} of {step.total}, {when}: the {own.words}'
        f"{own.before} is <b>{number(curve[-1])}</b>, from {number(curve[0])} for noise; "
        f"{yours} is <b>{number(own.yours)}</b>.</p>"
        '<div class="figures beside">'
        + draw_figure(picture, f"what channel {channel} likes best", smooth=True)
        + draw_figure(state.maps.image[y0:y1, x0:x1], part, smooth=True)
        + _draw_way(curve, step.total, own)
        + "</div>",
        "src": images.to_data_uri(picture, format="png"),
        "step": step.number,
        "octave": step.octave,
        "objective": curve[-1],
        "your_picture": own.yours,
        "first_objective": curve[0],
    }


def _draw_way(curve: list[float], total: int, own: _Aim) -> str:
    """What is raised, step by step; the axis is as long as the whole way."""
    return charts.draw_chart(
        [
            charts.Line(own.words, range(1, len(curve) + 1), curve, charts.VERMILION),
            charts.Mark(own.yours, "your picture", "y", charts.BLUE),
        ],
        title=f"The {own.words}{own.before}, step by step",
        x=charts.Axis("step", 1, max(total, 2)),
        y=charts.Axis("value", min(0.0, own.yours, *curve)),
        size=charts.HALF,
    )


def show_silence(state: LessonState | None, channel: int, mode: str, which: str, n: int) -> dict:
    """The top five classes before and after channels are silenced, or all others are."""
    state = check_state(state)
    if mode not in ("silence", "keep") or which not in WHICH:
        raise InputError(f"Choose silence or keep, and one of {', '.join(WHICH)}.")
    fm = cvcore.feature_maps
    count = len(state.maps.maps)
    channel = fm.check_channel(channel, count)
    if n is None or not 1 <= n <= count or n != int(n):
        raise InputError(f"Choose a number of channels from 1 to {count}, got {n}.")
    effects = fm.channel_effects(state.picture, state.layer, state.top_class, model=state.model)
    if which == "selected":
        chosen = [channel]
    else:
        order = (
            state.maps.order("mean") if which == "active" else np.argsort(-effects, kind="stable")
        )
        chosen = order[: int(n)].tolist()
    logits = fm.predict_edited(state.picture, state.layer, model=state.model, **{mode: chosen})
    before, after = softmax(state.maps.logits), softmax(logits)
    names = class_names.load_shown(state.model)
    tops = [to_topk(values, state.labels, 5) for values in (state.maps.logits, logits)]
    name, winner = names[state.top_class], int(logits.argmax())
    verb = "silenced" if mode == "silence" else "kept alone"
    listed = ", ".join(map(str, chosen[:8])) + (", …" if len(chosen) > 8 else "")
    wins = winner == state.top_class
    same = "still wins" if wins else f"loses to <b>{escape(names[winner])}</b>"
    lines = (
        f'<p class="big">{len(chosen)} of {count} channels {verb} ({listed}): '
        f"<b>{escape(name)}</b> goes from {before[state.top_class]:.1%} to "
        f"<b>{after[state.top_class]:.1%}</b> and {same}.</p>"
    )
    bars = "".join(
        draw_bars(
            title, list(zip(map(class_names.soften, top.labels), top.probabilities, strict=True))
        )
        for title, top in zip(("The whole network", "After the change"), tops, strict=True)
    )
    best = np.argsort(-np.abs(effects), kind="stable")[:6]
    rows = "".join(
        f"<tr><td>channel {index}</td><td>{effects[index]:+.2f}".replace("-", "−") + "</td></tr>"
        for index in best
    )
    table = (
        "<table><tr><th>adds to the top class's logit</th><th>about</th></tr>" + rows + "</table>"
    )
    return {
        "html": f'{lines}<div class="row">{bars}{table}</div>',
        "channels": chosen,
        "before": dict(zip(tops[0].labels, tops[0].probabilities.tolist(), strict=True)),
        "after": dict(zip(tops[1].labels, tops[1].probabilities.tolist(), strict=True)),
        "effects": [{"channel": int(i), "effect": float(effects[i])} for i in best],
    }


def show_silence_here(state: LessonState, channel: int, mode: str, which: str, n: int) -> dict:
    """``show_silence`` for the page, whose slider goes beyond a small layer: then all channels."""
    return show_silence(state, channel, mode, which, min(n, len(state.maps.maps)))


def build(
    tab: lesson.Tab, lazy: lesson.LazyTabs, state: gr.State, channel: gr.Number,
    source: lesson.Controls, shown_in: str,
) -> tuple[gr.Number, gr.Number, Refusal]:  # fmt: skip
    """Three views of the selected channel; returns the row and column of the selected place, also
    in the view that it is ``shown_in``, and where a wrong one is refused."""
    stage = tab.stage
    with stage.controls(shown_in, PIXELS):
        with gr.Row():
            row = ui.Number(None, label="Row", precision=0, min_width=80)
            column = ui.Number(None, label="Column", precision=0, min_width=80)
        refused = Refusal(elem_id="feature-maps-refused-place")
    with stage.controls(PIXELS):
        method = ui.Radio(METHODS, value="gradient", label="Method")
    with stage.view(PIXELS) as section:
        panel = Panel(
            NOT_YET, label="gradient", elem_id="feature-maps-pixels", elem_classes=["fill", "tall"]
        )
    add_view(
        lazy, PIXELS, section, show_pixels, inputs=[state, channel, row, column, method],
        outputs=[panel], source=source, api_name="feature_maps_pixels", unit=3,
        controls=[method.input],
        follows=[channel.change, row.change, column.change],
    )  # fmt: skip
    _build_visualization(tab, state, channel, source)
    _build_silence(tab, lazy, state, channel, source)
    return row, column, refused


def _build_silence(
    tab: lesson.Tab, lazy: lesson.LazyTabs, state: gr.State, channel: gr.Number,
    source: lesson.Controls,
) -> None:  # fmt: skip
    """Which channels are silenced, and what the network answers then."""
    with tab.stage.controls(SILENCE, first=True):
        mode = ui.Radio(
            [("silence", "silence"), ("keep only", "keep")], value="silence", label="What to do"
        )
        which = ui.Dropdown(
            [(words, name) for name, words in WHICH.items()], value="useful", label="With which"
        )
        n = ui.Slider(1, 64, 4, step=1, label="n")
    with tab.stage.view(SILENCE) as section:
        panel = Panel(
            NOT_YET, label="answers", elem_id="feature-maps-silence", elem_classes=["fill", "tall"]
        )
    add_view(
        lazy, SILENCE, section, show_silence, here=show_silence_here, unit=1,
        inputs=[state, channel, mode, which, n], outputs=[panel], source=source,
        api_name="feature_maps_silence", controls=[mode.input, which.input, n.release],
        follows=[channel.change],
    )  # fmt: skip


def _build_visualization(
    tab: lesson.Tab, state: gr.State, channel: gr.Number, source: lesson.Controls
) -> None:
    """How the channel is maximised, Start and Stop, and what comes of it."""
    with tab.stage.controls(FAVOURITE, first=True), gr.Row() as place:
        start = gr.Button("Draw it, from noise", variant="primary", size="sm", min_width=130)
    with tab.stage.more(FAVOURITE):
        steps = ui.Slider(16, 512, STEPS, step=16, label="Steps in each octave")
        octaves = ui.Slider(1, 4, OCTAVES, step=1, label="Octaves, small to large")
        jitter = ui.Slider(0, 32, JITTER, step=1, label="Jitter, in pixels")
        kind = ui.Radio(
            [("Fourier coefficients", "fourier"), ("plain pixels", "pixels")], value="fourier",
            label="What is changed",
        )  # fmt: skip
    with tab.stage.controls(FAVOURITE, first=True):
        aim = ui.Radio(
            [("whole map", "map"), ("middle place", "centre")], value="map",
            label="What is raised",
        )  # fmt: skip
    with tab.stage.view(FAVOURITE):
        panel = Panel(
            {"html": f'<p class="soft">{EMPTY}</p>'}, label="visualization",
            elem_id="feature-maps-favourite", elem_classes=["fill", "tall"],
        )  # fmt: skip
    inputs = [state, channel, steps, kind, aim, octaves, jitter]
    running = tab.run(
        start.click, draw_visualization, inputs, panel, api_name=None, kind="heavy",
        show_progress="minimal",
    )  # fmt: skip
    add_endpoint(
        tab, draw_visualization, inputs, [panel], source, api_name="feature_maps_maximise",
        kind="heavy",
    )  # fmt: skip
    with place:
        tab.stop_button(running, shows=[panel])
