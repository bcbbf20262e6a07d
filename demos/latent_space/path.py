"""The path from A to B, or a walk from A: every frame at once, and as a video."""

import time
from collections.abc import Iterator, Sequence

import gradio as gr
import numpy as np

import cvcore
from demos import components as ui
from demos import lesson
from demos.latent_space import opinion
from demos.latent_space.controls import PATH_DEFAULTS, Choices, PathSettings
from demos.latent_space.letters import pick
from demos.latent_space.views import ROUND, STRAIGHT, Morph, Panel, to_sprite
from demos.lesson import charts

TITLE = "Path"
VIDEO_SIDE = 256  # pixels
VIDEO_SECONDS = 4
NEWS_SECONDS = 0.3  # between two words on how far a video is
STOPS = 4  # of a random walk
CURVES = (440, 130)  # pixels: low, so that the faces are large
TICKS = 5  # frames named below a curve, at most
LINES = charts.GREEN, charts.VERMILION  # style.css has them for the samples over the pictures


def show_path(own: dict | None, settings: PathSettings) -> dict:
    """Both paths from A to B with lengths and D's opinion, every frame at once."""
    ls, s = cvcore.latent_space, settings
    chosen = pick(s, own)
    a, b = ls.average(chosen["A"]), ls.average(chosen["B"])
    if s.walk == "walk":
        ways = {"random walk from A": (ROUND, walk_from(a, s))}
    else:
        ways = {
            "sphere (slerp)": (ROUND, ls.interpolate(a, b, s.frames)),
            "straight (lerp)": (STRAIGHT, ls.interpolate(a, b, s.frames, mode="lerp")),
        }
    latents = np.concatenate([z for _, z in ways.values()])
    pictures = ls.generate(latents, name=s.name, classes=s.digit)
    logits = ls.score(pictures, name=s.name, classes=s.digit)
    real, places = ls.rank_scores(logits, s.name), opinion.place(s.name, logits)
    count = int(s.frames)
    paths = [
        {
            "name": title, "colour": colour,  # for callers; the page has a theme's own
            "norms": ls.measure_lengths(z).round(3).tolist(),
            "real": real[i * count : (i + 1) * count].round(3).tolist(),
            "logits": logits[i * count : (i + 1) * count].round(3).tolist(),
            "places": places[i * count : (i + 1) * count].round(4).tolist(),  # in its chart
        }
        for i, (title, (colour, z)) in enumerate(ways.items())
    ]  # fmt: skip
    return {
        "sprite": to_sprite(pictures, count), "paths": paths, "loop": s.walk == "walk",
        "key": f"{s.name} {s.digit} {s.seed} {s.truncation} {s.text} {count} {s.walk}",
        "html": draw_curves(paths) + _draw_opinion(s.name, paths),
    }  # fmt: skip


def walk_from(a: np.ndarray, settings: PathSettings) -> np.ndarray:
    """A closed walk from A past four latents that are none of the grid's."""
    ls, s = cvcore.latent_space, settings
    z = ls.sample(STOPS, seed=s.seed, stream=ls.paths.WALK)
    stops = ls.map_latents(z, name=s.name, truncation=s.truncation)
    if len(a) != stops.shape[1]:
        stops = ls.to_depth(stops, name=s.name)
    return ls.random_walk(a, stops, s.frames)


def _draw_opinion(name: str, paths: Sequence[dict]) -> str:
    """D's opinion of the frame shown; the script moves its marks."""
    middle = len(paths[0]["logits"]) // 2
    now = [(path["logits"][middle], colour) for path, colour in zip(paths, LINES, strict=False)]
    every = [logit for path in paths for logit in path["logits"]]
    return f'<div class="opinion">{opinion.draw_opinion(name, every, now)}</div>'


def draw_curves(paths: Sequence[dict]) -> str:
    """Each frame's length; the script moves the line at the frame shown."""
    count = len(paths[0]["norms"])
    numbers = np.unique(np.linspace(1, count, min(TICKS, count)).round().astype(int))
    frames = charts.Axis(
        "frame", 1, count, ticks=[(n, str(n)) for n in numbers], text=lambda at: f"frame {at:.0f}"
    )
    return charts.draw_chart(
        [
            *(
                charts.Line(path["name"], range(1, count + 1), path["norms"], colour)
                for path, colour in zip(paths, LINES, strict=False)
            ),
            charts.Mark((count + 1) / 2, colour=charts.BLUE, is_moving=True),
        ],
        title="Distance from the mean", x=frames, y=charts.Axis("length of w", low=0), size=CURVES,
        legend=False,
    )  # fmt: skip


def show_once_open(opened: int, own: dict | None, settings: PathSettings) -> dict:
    """The first of the inner tabs says that it is shown before the address has set the controls."""
    return show_path(own, settings) if opened else gr.skip()


def save_video(own: dict | None, settings: PathSettings) -> Iterator[tuple[dict, dict, dict]]:
    """The path along the sphere, or the walk, as a GIF and as an MP4, enlarged, and how far it is.

    The last answer holds all of it: callers of the API get that one alone.
    """
    ls, s = cvcore.latent_space, settings
    chosen = pick(s, own)
    a = ls.average(chosen["A"])
    if s.walk == "walk":
        z = walk_from(a, s)
    else:
        z = ls.interpolate(a, ls.average(chosen["B"]), s.frames)
    pictures = ls.generate(z, name=s.name, classes=s.digit)
    shown, progress, gif, mp4 = 0.0, {}, {}, {}
    for number, total, videos in cvcore.latent_space.video.render_videos(
        pictures, seconds=VIDEO_SECONDS, side=VIDEO_SIDE, is_closed=s.walk == "walk"
    ):
        progress = {"frame": number, "frames": total}
        if videos is not None:
            gif = ui.download_value("latent.gif", videos[0], "image/gif")
            mp4 = ui.download_value("latent.mp4", videos[1], "video/mp4")
            yield gif, mp4, {"html": f"{total} frames"} | progress
        elif time.monotonic() - shown > NEWS_SECONDS:
            shown = time.monotonic()
            said = f"frame {number} of {total}{lesson.under_way('', ', stopped')}"
            yield gr.skip(), gr.skip(), {"html": said} | progress
    yield gif, mp4, {"html": "done"} | progress


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, choices: Choices) -> None:
    """The inner tab that is open at first."""
    stage = tab.stage
    with stage.view(TITLE) as section:
        morph = Morph(label="paths", elem_id="latent-space-morph", elem_classes=["fill"])
    with stage.controls(TITLE, first=True):
        walk = ui.Radio(
            [("A to B", "path"), ("random walk", "walk")],
            value=PATH_DEFAULTS.walk, label="Way", show_label=False, container=False,
        )  # fmt: skip
    with stage.told(TITLE):
        news = Panel(label="progress", elem_id="latent-space-video")
        start = gr.Button("Make GIF and MP4", size="sm", min_width=120)
        place = gr.Column(min_width=70)
        gif, mp4 = ui.Download("GIF"), ui.Download("MP4")
    settings = lesson.Controls(
        PathSettings, **choices.controls.parts, frames=choices.frames, walk=walk
    )
    lazy.add(
        TITLE, section, show_once_open, [tab.opened, choices.own], morph, settings=settings,
        api_name=None, controls=[choices.frames.release, walk.input],
        follows=[*choices.changes, tab.opened.change], trigger_mode="always_last",
    )  # fmt: skip
    tab.endpoint(
        show_path, [choices.own], morph, settings=settings, api_name="latent_space_path",
        trigger_mode="always_last",
    )  # fmt: skip
    running = tab.run(
        start.click, save_video, [choices.own], [gif, mp4, news], settings=settings,
        api_name="latent_space_film", kind="heavy", show_progress="hidden",
    )  # fmt: skip
    with place:
        tab.stop_button(running, shows=[news])
