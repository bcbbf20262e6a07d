"""A whole layer, looked at closer: kernels, batch norm, activity, and two pictures compared."""

from functools import lru_cache
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore import drawing, images, samples
from cvcore.errors import InputError
from demos import ui
from demos.feature_maps_kept import Kept, number
from demos.feature_maps_views import draw_figure, draw_histogram, draw_spread
from demos.feature_maps_widgets import MapGrid, Panel

SHOWN = 5  # channels compared side by side


def _check(kept: Kept | None, channel: int) -> int:
    if kept is None:
        raise InputError(images.NO_PICTURE)
    return cvcore.feature_maps.check_channel(channel, len(kept.maps.maps))


def show_reaction(kept: Kept | None, second: np.ndarray | None) -> dict:
    """Which channels of the layer change most from the picture to a second one."""
    _check(kept, 0)
    if second is None:
        raise InputError("There is no second picture yet: upload one or take one with the webcam.")
    other = cvcore.feature_maps.extract(second, kept.layer, model=kept.model)
    reaction = cvcore.channels.compare(kept.maps, other)
    top = reaction.order[:SHOWN]
    signed = min(kept.maps.maps.min(), other.maps.min()) < 0
    colormap = "diverging" if signed else "viridis"
    cells = []
    for channel in top:
        pair = [kept.maps.maps[channel], other.maps[channel]]
        high = max(float(np.abs(values).max()) for values in pair) or 1.0
        low = -high if signed else 0.0
        first, last = (
            draw_figure(drawing.colourise(values, colormap=colormap, vmin=low, vmax=high), "", 120)
            for values in pair
        )
        before, after = reaction.means[:, channel]
        cells.append(
            f'<div style="width:126px"><b>channel {channel}</b>'
            f"{first}{last}<span class='soft'>mean {number(before)} → "
            f"{number(after)}<br>changed by <b>{number(reaction.changes[channel])}</b></span></div>"
        )
    share = reaction.changes[top].sum() / max(reaction.changes.sum(), 1e-12)
    pictures = "".join(
        draw_figure(maps.image, words, 120, smooth=True)
        for words, maps in (("first picture", kept.maps), ("second picture", other))
    )
    return {
        "html": f'<p class="big">{len(top)} of {len(reaction.order)} channels carry '
        f"<b>{share:.0%}</b> of the change. The colours of a pair share one scale.</p>"
        f'<div class="row"><div>&nbsp;{pictures}</div>{"".join(cells)}</div>',
        "channels": top.tolist(),
        "changes": reaction.changes[top].tolist(),
    }


@lru_cache(maxsize=64)
def _measure_samples(model: str, layer: str) -> "cvcore.channels.Activity":
    """Over the sample pictures, which are the same for everybody."""
    pictures = list(map(samples.load_sample, samples.list_names()))
    return cvcore.channels.measure_activity(pictures, layer, model=model)


def show_activity(kept: Kept | None, channel: int) -> dict:
    """How often each channel of the layer is zero, which never woke up, and one map's spectrum.

    Zeros are counted where they are made: after the activation that the layer's maps go through.
    """
    channel = _check(kept, channel)
    spectrum = draw_figure(
        drawing.colourise(
            cvcore.channels.power_spectrum(kept.maps.maps[channel]), colormap="magma"
        ),
        f"spectrum of channel {channel}: slow changes in the middle, fine texture outside",
        200,
    )
    layer = cvcore.channels.find_activation(kept.model, kept.layer)
    if layer is None and kept.maps.statistics.zeros.any():  # a sum that ends in an activation
        layer = kept.layer
    if layer is None:
        kind = cvcore.feature_maps.find_layer(kept.model, kept.layer).kind
        words = (
            "There are no zeros here, and so no dead channels: nothing cuts off what this "
            f"{escape(kind)} puts out. Values below 0 speak as loudly as those above."
        )
        return {
            "html": f'<p class="big">{words}</p><div class="row">{spectrum}</div>',
            "measured_at": "",
            "dead": [],
        }
    maps = kept.maps.maps
    if layer != kept.layer:
        maps = cvcore.feature_maps.extract(kept.picture, layer, model=kept.model).maps
    own = cvcore.channels.Activity.measure(maps)
    activity = own.join(_measure_samples(kept.model, layer))
    dead, count = activity.dead, len(activity.zeros)
    here = len(own.dead)
    listed = ", ".join(map(str, dead[:12])) + (", …" if len(dead) > 12 else "")
    where = "" if layer == kept.layer else f"After the activation, in {escape(layer)}: "
    words = (
        f"{where}{here} of {count} channels are silent on your picture; "
        f"<b>{len(dead)}</b> {'stays' if len(dead) == 1 else 'stay'} silent on all "
        f"{activity.pictures} pictures"
        f"{f' ({listed})' if len(dead) else ''}."
    )
    note = "A channel silent everywhere costs time and does nothing: pruning removes it."
    return {
        "html": f'<p class="big">{words}</p><p class="soft">{note}</p><div class="row">'
        + draw_histogram(
            100 * own.zeros, "channels by their zeros on your picture, in %", value_range=(0, 100)
        )
        + draw_histogram(
            100 * activity.zeros,
            f"the same over {activity.pictures} pictures",
            value_range=(0, 100),
            colour="#2f9e6e",
        )
        + spectrum
        + "</div>",
        "measured_at": layer,
        "dead": dead.tolist(),
        "silent_here": here,
        "pictures": activity.pictures,
        "mean_zeros": float(own.zeros.mean()),
    }


def show_norm(kept: Kept | None, channel: int) -> dict:
    """The nearest batch norm at work on the picture: one channel in numbers, then all of them."""
    _check(kept, 0)
    layer = cvcore.channels.find_batch_norm(kept.model, kept.layer)
    norm = cvcore.channels.normalise(kept.picture, layer, model=kept.model)
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
    pictures = "".join(
        draw_figure(drawing.colourise(values, colormap="diverging"), words, 150)
        + draw_histogram(values, f"values {words}")
        for words, values in (("before", before), ("after", after))
    )
    return {
        "html": f'<p class="big">{escape(layer)}, channel {index}: <b>{formula}</b></p>'
        f'{note}<div class="row">{pictures}</div>'
        f'<div class="row"><table><tr><th>channel {index}</th>'
        f"<th>mean</th><th>variance</th></tr>{table}</table>"
        + draw_spread(*spreads[0], "all channels before: mean ± deviation", limits[0])
        + draw_spread(*spreads[1], "all channels after", limits[1])
        + "</div>",
        "layer": layer,
        "channel": index,
        "before": {"mean": float(before.mean()), "variance": float(before.var())},
        "after": {"mean": float(after.mean()), "variance": float(after.var())},
        "training": {"mean": float(mean), "variance": float(variance)},
        "gamma": float(norm.gamma[index]),
        "beta": float(norm.beta[index]),
    }


def show_kernels(kept: Kept | None, channel: int) -> tuple[dict, dict]:
    """The first layer's kernels as pictures, and the numbers of the chosen one."""
    _check(kept, 0)
    kernels = cvcore.feature_maps.first_kernels(kept.model)  # (C, 3, h, w)
    index = int(channel) if channel is not None and 0 <= channel < len(kernels) else 0
    grid = cvcore.map_grid.draw_kernels(kernels)
    kernel = kernels[index]
    limit = float(np.abs(kernel).max())
    tables = []
    for name, plane in zip(("red", "green", "blue"), kernel, strict=False):
        colours = drawing.colourise(plane, colormap="diverging", vmin=-limit, vmax=limit)
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="background:rgb({r},{g},{b});color:#000">{number(value)}</td>'
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
        "its weights cancel out: even areas give nothing, only edges or colour differences count"
        if abs(total) < 0.2 * float(np.abs(kernel).sum())
        else "its weights do not cancel out: it also answers to even brightness or colour"
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


def build(tab: ui.Tab, connect, kept: gr.State, channel: gr.Number) -> None:
    """Four views of the chosen layer."""
    with gr.Tab("Two pictures", id="reaction") as section, gr.Row():
        with gr.Column(scale=1, min_width=240):
            second = ui.SafeImage(
                value=str(samples.index()["astronaut"].path),
                sources=["upload", "webcam", "clipboard"],
                webcam_options=gr.WebcamOptions(mirror=False),
                label="Second picture",
                height=220,
                format="jpeg",
            )
        with gr.Column(scale=4, min_width=320):
            panel = Panel(elem_id="feature-maps-reaction")
        connect(
            "reaction", section, show_reaction, [kept, second], panel, "feature_maps_compare",
            controls=[second.change],
        )  # fmt: skip
    with gr.Tab("Dead channels", id="activity") as section:
        panel = Panel(elem_id="feature-maps-activity")
        connect(
            "activity", section, show_activity, [kept, channel], panel, "feature_maps_activity",
            follows=[channel.change],
        )  # fmt: skip
    with gr.Tab("Batch norm", id="norm") as section:
        panel = Panel(elem_id="feature-maps-norm")
        connect(
            "norm", section, show_norm, [kept, channel], panel, "feature_maps_batch_norm",
            follows=[channel.change],
        )  # fmt: skip
    with gr.Tab("First kernels", id="kernels") as section, gr.Row():
        with gr.Column(scale=1, min_width=260):
            grid = MapGrid(elem_id="feature-maps-kernels")
        with gr.Column(scale=2, min_width=320):
            panel = Panel(elem_id="feature-maps-kernel")
        connect(
            "kernels", section, show_kernels, [kept, channel], [grid, panel],
            "feature_maps_kernels", follows=[channel.change],
        )  # fmt: skip
        tab.run(grid.pick, pick_kernel, kept, [grid, panel], api_name=None, kind="stream")


def pick_kernel(kept: Kept | None, event: gr.EventData) -> tuple[dict, dict]:
    """The kernel that was clicked."""
    return show_kernels(kept, ui.read_int(event, "channel"))
