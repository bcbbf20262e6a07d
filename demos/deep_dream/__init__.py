"""DeepDream: what a layer sees in a picture, amplified step by step."""

import time
from collections.abc import Iterator
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.deep_dream.layers import DEFAULT_MODEL as MODEL
from cvcore.engine import registry
from demos import components as ui
from demos import lesson
from demos.deep_dream import live, zoom_video
from demos.deep_dream.controls import (
    Aim,
    Settings,
    build_aim,
    build_more,
    order_parts,
    show_fields,
)
from demos.deep_dream.pickers import (
    LayerPicker,
    draw_channels,
    draw_layers,
    pick_layer,
)
from demos.deep_dream.views import (
    COMPARED,
    PICTURE,
    DreamPanel,
    draw_dream,
    draw_first,
    draw_panel,
    read_photograph,
)

TITLE = SHORT = "DeepDream"
SUMMARY = "What does a layer look for? The picture is changed until it answers more strongly."
NETWORKS = (MODEL,)  # made ready
SAMPLE = "chelsea"
PREVIEW_SECONDS = 0.4
PAINTED_SIDE = 448  # pixels of the picture to paint on


def show_dream(
    image: np.ndarray | None, mask: np.ndarray | None, run: lesson.RunToken, settings: Settings
) -> Iterator[tuple[dict, dict | None, str]]:
    """Dream, with a preview twice a second; at the end the picture to keep and the timing.

    A dream that the visitor asks for later, which renews ``run``, ends this one.
    """
    mine, options, place = run.newest, settings.aimed(), settings.describe()
    images.check_image(image)
    photo = read_photograph(image, int(settings.side), classify(image)[0])
    started, shown, drawing = time.perf_counter(), 0.0, 0.0
    curve, octaves_at = [], {}
    for step in cvcore.deep_dream.dream(image, mask=mask, **settings.work(), **options):
        if run.newest is not mine:
            return
        octaves_at.setdefault(step.octave, step.number - 1)
        curve.append(step.objective)
        now, done = time.perf_counter(), step.number == step.total
        if now - shown < PREVIEW_SECONDS and not done:
            continue
        top = classify(step.image)
        state = (
            f"done in {now - started:.1f} s" if done else lesson.under_way(f"octave {step.octave}")
        )
        words = f"{escape(place)} · step {step.number} of {step.total}, {state}"
        value = {
            "html": draw_dream(step.image, photo, words, top[0]),
            "ratio": photo.ratio,
            "panel": draw_panel(top, curve, step.total, list(octaves_at.values())[1:]),
            "step": step.number,
            "curve": curve,
            "top5": dict(top),
        }
        saved = None
        if done:
            saved = ui.download_value("dream.png", images.to_png(step.image), "image/png")
        shown = time.perf_counter()
        drawing += shown - now
        ms = {
            "one step": 1000 * (shown - started - drawing) / step.number,
            "classes and drawing": 1000 * (shown - now),
            "in all": 1000 * (shown - started),
        }
        yield value, saved, ui.badge(ms)


def classify(picture: np.ndarray) -> list[tuple[str, float]]:
    """The five most probable classes with their probabilities."""
    classification = cvcore.classification
    logits = classification.predict_logits([picture], model=MODEL)[0]
    top = classification.to_topk(logits, registry.load_labels(MODEL), 5)
    return list(zip(top.labels, top.probabilities.tolist(), strict=True))


def show_layers(
    image: np.ndarray | None, layer: str, asked: int, run: lesson.RunToken
) -> Iterator[tuple[dict, str | None, None, int]]:
    """Each layer's small dream of the picture, the picture to paint on, and nothing painted; at
    the end the large dream is asked for. Another picture, which renews ``run``, ends this."""
    mine = run.newest
    images.check_image(image)
    painted = images.to_data_uri(images.shrink(image, PAINTED_SIDE))
    for value in draw_layers(image, layer):
        if run.newest is not mine:
            return
        yield value, painted, None, asked
    yield value, painted, None, asked + 1


def show_channels(layer: str, aim: str, channel: float, second: float) -> tuple[dict, dict]:
    """What the layer's channels like best, where one is to be chosen."""
    first = draw_channels(layer, channel, MODEL) if aim in ("channel", "mix") else gr.skip()
    return first, draw_channels(layer, second, MODEL) if aim == "mix" else gr.skip()


def read_painted(event: gr.EventData) -> np.ndarray | None:
    """Where to dream; nothing painted means everywhere."""
    mask = ui.read_mask(event)
    return mask if mask.any() else None


ANEW = lesson.under_way("the new one is being computed …", "the new one was stopped.")
# In the browser: the dream before is grey while another one is asked for, until that one's first
# step is there, and is no longer offered.
ASKED = f"""view => [view?.html?.includes('class="after"') ? {{...view, html:
  '<p class="big anew">The dream before; {ANEW}</p>'
  + view.html.replace(/^<p class="big anew">.*?<.p>/, '')}} : view, null, '']"""


def build(tab: lesson.Tab) -> None:
    """A layer for all: a still, a video, and the webcam."""
    stage = lesson.Stage(tab, SHORT, SUMMARY)
    image = stage.picture_input(sample=SAMPLE, elem_id="deep-dream-picture")
    stills, video = (PICTURE, COMPARED), zoom_video.TITLE
    with stage.show(*stills):
        view = ui.BeforeAfter(
            draw_first(SAMPLE), elem_id="deep-dream-view", label="dream",
            elem_classes=["fill", "picture-back"],
        )  # fmt: skip
    with stage.controls(*stills, video):
        aim = build_aim(tab)
    with stage.controls(*stills, video, lesson.LIVE):
        layers = LayerPicker(elem_id="deep-dream-layers", label="layers")
    with stage.controls(*stills):
        octaves = ui.Slider(1, 6, Settings.octaves, step=1, label="Octaves")
        with gr.Row():
            start = gr.Button(
                "Dream", variant="primary", size="sm", min_width=80, elem_id="deep-dream-start"
            )
            place = gr.Column(min_width=70, scale=0)
        DreamPanel(elem_id="deep-dream-panel")
    with stage.told(*stills):
        badge, saved = ui.Badge(), ui.Download("Dream (PNG)")
    own, start_video, stop_video = zoom_video.build_controls(stage)
    with stage.more(*stills, video):
        controls = order_parts(aim.parts | {"octaves": octaves} | build_more(stage, *stills))
        own |= zoom_video.build_more(stage)
        with stage.part(*stills):
            gr.Markdown("**Where to dream**: painted by you; with nothing painted, everywhere.")
            painter = ui.Painter(elem_id="deep-dream-painter", label="where to dream")
    settings = lesson.Controls(zoom_video.VideoSettings, **(controls.parts | own))
    zoom_video.build(tab, image, settings, start_video, stop_video)
    live.build(tab, controls["layer"])
    mask, running = _connect_dream(
        tab, image, controls, start, layers, painter, [view, saved, badge]
    )
    with place:
        tab.stop_button(*running, shows=[view])
    tab.run(painter.paint, read_painted, None, mask, api_name=None, kind="stream")
    _connect_aim(tab, aim, controls)
    tab.lesson()
    tab.show_code(
        "cvcore.probes.activation_maximization:maximise",
        "cvcore.probes.activation_maximization:Pixels",
        "cvcore.deep_dream:build_objective",
        "cvcore.deep_dream.motion:zoom_video",
        "cvcore.deep_dream.motion:dream_on",
    )


def _connect_aim(tab: lesson.Tab, aim: Aim, controls: lesson.Controls) -> None:
    """Which fields the aim needs, and what the layer's channels like best."""
    tab.run(
        controls["aim"].change, show_fields, controls["aim"], aim.fields, api_name=None,
        show_progress="hidden",
    )  # fmt: skip
    tab.run(
        [controls["aim"].change, controls["layer"].change], show_channels,
        [controls[name] for name in ("layer", "aim", "channel", "second")],
        [aim.channels, aim.seconds], api_name="deep_dream_channels", show_progress="hidden",
    )  # fmt: skip


def _connect_dream(
    tab: lesson.Tab, image: gr.Image, controls: lesson.Controls, start: gr.Button,
    layers: LayerPicker, painter: ui.Painter, outputs: list,
) -> tuple[gr.State, list]:  # fmt: skip
    """What sets off the small dreams and the large one; returns where to dream, and the runs."""
    mask, small, large = gr.State(), gr.State(lesson.RunToken()), gr.State(lesson.RunToken())
    asked = gr.State(0)  # how many dreams were asked for on the page; each change starts one
    # first the earlier run is ended, then the new work begins: never the other way round
    tab.run(
        asked.change, None, outputs[0], outputs, api_name=None, js=ASKED, show_progress="hidden"
    )
    passed = tab.run(asked.change, lesson.renew, large, None, api_name=None, queue=False)
    running = tab.run(
        passed.then, show_dream, [image, mask, large], outputs, settings=controls,
        api_name="deep_dream", kind="heavy", trigger_mode="always_last",
        show_progress="minimal", show_progress_on=outputs[0],
    )  # fmt: skip
    news = [image.change, tab.opened.change]
    passed = tab.run(news, lesson.renew, [small, large], None, api_name=None, queue=False)
    shown = tab.run(
        passed.then, show_layers, [image, controls["layer"], asked, small],
        [layers, painter, mask, asked], api_name="deep_dream_layers", kind="steady",
        trigger_mode="always_last", show_progress="hidden",
    )  # fmt: skip
    tab.run(start.click, lambda asked: asked + 1, asked, asked, api_name=None)
    waits = [part for name, part in controls.parts.items() if name != "layer"]
    tab.say_waiting(start, [*waits, painter.paint], [asked.change])  # a layer acts at once
    tab.run(
        layers.pick, pick_layer, [asked, controls["aim"]], [controls["layer"], asked],
        api_name=None, show_progress="hidden",
    )  # fmt: skip
    return mask, [shown, running]
