"""A whole layer, looked at closer: kernels, batch norm, activity, and two pictures compared."""

from functools import lru_cache
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import drawing, images, samples
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.feature_maps.state import LessonState, add_view, check_state, number
from demos.feature_maps.views import draw_figure, draw_histogram, draw_spread, ink_on
from demos.feature_maps.widgets import NOT_YET, MapGrid, Panel
from demos.lesson import charts

TWO, DEAD, NORM, KERNELS = VIEWS = ("Compare", "Dead channels", "Batch norm", "Kernels")
NORM_CHART = (300, 190)  # pixels: four stand beside the channel
SHOWN = 5  # channels compared side by side


def show_reaction(state: LessonState | None, second: np.ndarray | None) -> dict:
    """Which channels of the layer change most from the picture to a second one."""
    state = check_state(state)
    if second is None:
        raise InputError("There is no second picture yet: upload one or take one with the webcam.")
    other = cvcore.feature_maps.extract(second, state.layer, model=state.model)
    reaction = cvcore.feature_maps.channels.compare(state.maps, other)
    top = reaction.order[:SHOWN]
    signed = min(state.maps.maps.min(), other.maps.min()) < 0
    colormap = "diverging" if signed else "viridis"
    cells = []
    for channel in top:
        pair = [state.maps.maps[channel], other.maps[channel]]
        high = max(float(np.abs(values).max()) for values in pair) or 1.0
        low = -high if signed else 0.0
        first, last = (
            draw_figure(drawing.colourise(values, colormap=colormap, vmin=low, vmax=high), "")
            for values in pair
        )
        before, after = reaction.means[:, channel]
        cells.append(
            f"<div><b>channel {channel}</b>"
            f"{first}{last}<span class='soft'>mean {number(before)} → "
            f"{number(after)}<br>changed by <b>{number(reaction.changes[channel])}</b></span></div>"
        )
    share = reaction.changes[top].sum() / max(reaction.changes.sum(), 1e-12)
    pictures = "".join(
        draw_figure(maps.image, words, smooth=True)
        for words, maps in (("first picture", state.maps), ("second picture", other))
    )
    return {
        "html": f'<p class="big">{len(top)} of {len(reaction.order)} channels carry '
        f"<b>{share:.0%}</b> of the change. The colours of a pair share one scale.</p>"
        f'<div class="pairs"><div>&nbsp;{pictures}</div>{"".join(cells)}</div>',
        "channels": top.tolist(),
        "changes": reaction.changes[top].tolist(),
        "share_of_change": float(share),
        "first_means": reaction.means[0, top].tolist(),
        "second_means": reaction.means[1, top].tolist(),
    }


@lru_cache(maxsize=64)
def _measure_samples(model: str, layer: str) -> "cvcore.feature_maps.channels.Activity":
    """Over the sample pictures, which are the same for everybody."""
    pictures = list(map(samples.load_sample, samples.list_names()))
    return cvcore.feature_maps.channels.measure_activity(pictures, layer, model=model)


def show_activity(state: LessonState | None, channel: int) -> dict:
    """How often each channel of the layer is zero, which never woke up, and one map's spectrum.

    Zeros are counted where they are made: after the activation that the layer's maps go through.
    """
    state = check_state(state)
    channel = cvcore.feature_maps.check_channel(channel, len(state.maps.maps))
    spectrum = draw_figure(
        drawing.colourise(
            cvcore.feature_maps.channels.power_spectrum(state.maps.maps[channel]), colormap="magma"
        ),
        f"spectrum of channel {channel}: slow changes in the middle, fine texture outside",
        width=150,
    )
    layer = cvcore.feature_maps.channels.find_activation(state.model, state.layer)
    if layer is None and state.maps.statistics.zeros.any():  # a sum that ends in an activation
        layer = state.layer
    if layer is None:
        kind = cvcore.feature_maps.find_layer(state.model, state.layer).kind
        words = (
            "There are no zeros here, and so no dead channels: nothing cuts off what this "
            f"{escape(kind)} puts out. Values below 0 speak as loudly as those above."
        )
        return {
            "html": f'<p class="big">{words}</p><div class="row">{spectrum}</div>',
            "measured_at": "",
            "dead": [],
        }
    maps = state.maps.maps
    if layer != state.layer:
        maps = cvcore.feature_maps.extract(state.picture, layer, model=state.model).maps
    own = cvcore.feature_maps.channels.Activity.measure(maps)
    activity = own.join(_measure_samples(state.model, layer))
    of_zeros = {"what": "zeros, % of the map", "count": "channels", "value_range": (0, 100)}
    where = "" if layer == state.layer else f"After the activation, in {escape(layer)}: "
    return {
        "html": _describe_activity(own, activity, where)
        + '<div class="row">'
        + draw_histogram(100 * own.zeros, "Channels by their zeros on your picture", **of_zeros)
        + draw_histogram(
            100 * activity.zeros,
            f"The same over {activity.pictures} pictures",
            colour=charts.GREEN,
            **of_zeros,
        )
        + spectrum
        + "</div>",
        "measured_at": layer,
        "dead": activity.dead.tolist(),
        "silent_here": len(own.dead),
        "pictures": activity.pictures,
        "mean_zeros": float(own.zeros.mean()),
        "zeros": own.zeros.tolist(),  # of each channel, as shares of its places
        "zeros_on_all_pictures": activity.zeros.tolist(),
    }


def _describe_activity(
    own: "cvcore.feature_maps.channels.Activity",
    activity: "cvcore.feature_maps.channels.Activity",
    where: str,
) -> str:
    """How many channels are silent on the visitor's picture, and which on all, as HTML."""
    dead = activity.dead
    listed = ", ".join(map(str, dead[:12])) + (", …" if len(dead) > 12 else "")
    words = (
        f"{where}{len(own.dead)} of {len(own.zeros)} channels are silent on your picture; "
        f"<b>{len(dead)}</b> {'stays' if len(dead) == 1 else 'stay'} silent on all "
        f"{activity.pictures} pictures"
        f"{f' ({listed})' if len(dead) else ''}."
    )
    note = "A channel silent everywhere costs time and does nothing: pruning removes it."
    return f'<p class="big">{words}</p><p class="soft">{note}</p>'


def show_norm(state: LessonState | None, channel: int) -> dict:
    """The nearest batch norm at work on the picture: one channel in numbers, then all of them."""
    state = check_state(state)
    layer = cvcore.feature_maps.channels.find_batch_norm(state.model, state.layer)
    norm = cvcore.feature_maps.channels.normalise(state.picture, layer, model=state.model)
    index, note = int(channel or 0), ""
    if not 0 <= index < len(norm.mean):
        note = (
            f'<p class="soft">{escape(layer)}, the nearest batch norm, has {len(norm.mean)} '
            f"channels, and so no channel {index}: this is its channel 0.</p>"
        )
        index = 0
    before, after = norm.before[index], norm.after[index]
    mean, variance = norm.mean[index], norm.variance[index]
    formula = (
        (
            f"y = {number(norm.gamma[index])} · (x − {number(mean)}) / √({number(variance)} + "
            f"{norm.eps:g}) + {number(norm.beta[index])}"
        )
        .replace("− −", "+ ")
        .replace("+ −", "− ")
    )
    rows = [
        ("this picture, before", before.mean(), before.var()),
        ("training, kept in the layer", mean, variance),
        ("this picture, after", after.mean(), after.var()),
        ("β and γ², aimed at", norm.beta[index], norm.gamma[index] ** 2),
    ]
    table = "".join(
        f"<tr><td>{name}</td><td>{number(m)}</td><td>{number(v)}</td></tr>" for name, m, v in rows
    )
    spreads = [
        (values.mean(axis=(1, 2)), values.std(axis=(1, 2))) for values in (norm.before, norm.after)
    ]
    limits = [float(np.abs(m).max() + s.max()) for m, s in spreads]
    both = (("before", before), ("after", after))
    pictures = "".join(
        draw_figure(drawing.colourise(values, colormap="diverging"), words)
        for words, values in both
    )
    counts = "".join(
        draw_histogram(values, f"Values {words}", size=NORM_CHART) for words, values in both
    )
    return {
        "html": f'<p class="big">{escape(layer)}, channel {index}: <b>{formula}</b></p>'
        f'{note}<div class="norm"><div><div class="two">{pictures}</div>'
        f"<table><tr><th>channel {index}</th>"
        f'<th>mean</th><th>variance</th></tr>{table}</table></div><div class="charts">{counts}'
        + draw_spread(*spreads[0], "All channels before", limits[0], NORM_CHART)
        + draw_spread(*spreads[1], "All channels after", limits[1], NORM_CHART)
        + "</div></div>",
        "layer": layer,
        "channel": index,
        "before": {"mean": float(before.mean()), "variance": float(before.var())},
        "after": {"mean": float(after.mean()), "variance": float(after.var())},
        "training": {"mean": float(mean), "variance": float(variance)},
        "gamma": float(norm.gamma[index]),
        "beta": float(norm.beta[index]),
        "epsilon": float(norm.eps),
    }


def show_kernels(state: LessonState | None, channel: int) -> tuple[dict, dict]:
    """The first layer's kernels as pictures, and the numbers of the chosen one."""
    state = check_state(state)
    kernels = cvcore.feature_maps.first_kernels(state.model)  # (C, 3, h, w)
    index = int(channel) if channel is not None and 0 <= channel < len(kernels) else 0
    grid = cvcore.probes.map_grid.draw_kernels(kernels)
    kernel = kernels[index]
    limit = float(np.abs(kernel).max())
    tables = []
    for name, plane in zip(("red", "green", "blue"), kernel, strict=False):
        colours = drawing.colourise(plane, colormap="diverging", vmin=-limit, vmax=limit)
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="background:rgb({r},{g},{b});color:{ink_on(r, g, b)}">'
                f"{number(value)}</td>"
                for value, (r, g, b) in zip(values, shades, strict=True)
            )
            + "</tr>"
            for values, shades in zip(plane, colours, strict=True)
        )
        tables.append(
            f"<div><b>{name if len(kernel) == 3 else 'grey'}</b>"
            f'<table class="numbers">{rows}</table></div>'
        )
    total = float(kernel.sum())
    story = (
        "its weights cancel out: uniform areas give nothing, only edges or colour differences count"
        if abs(total) < 0.2 * float(np.abs(kernel).sum())
        else "its weights do not cancel out: it also responds to uniform brightness or colour"
    )
    value = {
        "src": images.to_data_uri(grid.image, format="png"),
        "columns": grid.columns,
        "cell": list(grid.cell_hw),
        "size": list(grid.image.shape[:2]),
        "channels": grid.channels.tolist(),
        "chosen": index,
        "caption": f"{len(kernels)} kernels of {kernels.shape[2]} × {kernels.shape[3]} pixels · "
        "grey is 0 · click one",
    }
    panel = {
        "html": f'<p class="big">Kernel {index} makes channel {index} of the first layer. The sum '
        f"of its weights is <b>{number(total)}</b>: {story}.</p>"
        f'<div class="row">{"".join(tables)}</div>',
        "kernel": kernel.tolist(),
        "sum": total,
    }
    return value, panel


def pick_kernel(state: LessonState | None, event: gr.EventData) -> tuple[dict, dict]:
    """The kernel that was clicked."""
    return show_kernels(state, lesson.read_int(event, "channel"))


def build(
    tab: lesson.Tab, lazy: lesson.LazyTabs, state: gr.State, channel: gr.Number,
    source: lesson.Controls,
) -> None:  # fmt: skip
    """Four views of the chosen layer."""
    of_channel = {
        "inputs": [state, channel],
        "source": source,
        "unit": 1,
        "follows": [channel.change],
    }
    _build_two(tab, lazy, state, source)
    for name, fn, label, elem_id, api_name in (
        (DEAD, show_activity, "activity", "feature-maps-activity", "feature_maps_activity"),
        (NORM, show_norm, "batch norm", "feature-maps-norm", "feature_maps_batch_norm"),
    ):
        with tab.stage.view(name) as section:
            panel = Panel(NOT_YET, label=label, elem_id=elem_id)
        add_view(lazy, name, section, fn, outputs=[panel], api_name=api_name, **of_channel)
    with tab.stage.view(KERNELS) as section, gr.Row(elem_classes=["side-by-side"]):
        grid = MapGrid(label="kernels", elem_id="feature-maps-kernels", elem_classes=["fill"])
        panel = Panel(NOT_YET, label="kernel", elem_id="feature-maps-kernel")
    add_view(
        lazy, KERNELS, section, show_kernels, outputs=[grid, panel],
        api_name="feature_maps_kernels", **of_channel,
    )  # fmt: skip
    tab.run(grid.pick, pick_kernel, state, [grid, panel], api_name=None, kind="stream")


def _build_two(
    tab: lesson.Tab, lazy: lesson.LazyTabs, state: gr.State, source: lesson.Controls
) -> None:
    """The second picture, and the channels that tell the two apart."""
    with tab.stage.controls(TWO, first=True):
        second = ui.SafeImage(
            value=str(samples.index()["astronaut"].path),
            sources=["upload", "clipboard"],
            label="Second picture",
            height=140,
            format="jpeg",
        )
    with tab.stage.view(TWO) as section:
        panel = Panel(NOT_YET, label="changes", elem_id="feature-maps-reaction")
    add_view(
        lazy, TWO, section, show_reaction, inputs=[state, second], outputs=[panel],
        source=source, api_name="feature_maps_compare", controls=[second.change],
    )  # fmt: skip
