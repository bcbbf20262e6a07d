"""The view "Compression": the error against the size, beside PCA and JPEG."""

from typing import Any

import numpy as np

from demos import lesson
from demos.autoencoders.controls import COMPRESSION, CompressionSettings
from demos.autoencoders.pictures import draw_rows, draw_status, say_wait
from demos.autoencoders.session import SWEEP, Session
from demos.lesson import charts

SIZE = (760, 235)
LEAST = 0.002  # error at the axis's end
LEVELS = tuple((one, f"{one:g}") for one in (0.003, 0.01, 0.03, 0.1, 0.3))


def draw(session: Session) -> tuple[dict[str, Any]]:
    """The chart, and pictures of the chosen size."""
    state, settings = session.states.get(SWEEP), session.settings[COMPRESSION]
    if state is None:
        words = "Autoencoders with 1, 2, 4 … 64 numbers are trained, one after the other …"
        return ({"html": say_wait(session, SWEEP, words)},)
    html = (
        f'<div class="ae ae-sweep">{draw_head(state)}{draw_chart(state, settings.size)}'
        f"{draw_pictures(state, settings.size)}"
        '<p class="ae-words">A code of <i>k</i> numbers, in 8 bits each, is <i>k</i> bytes. Not '
        "counted is what both sides know beforehand: the decoder, PCA’s components, JPEG’s "
        "tables. The shoes show the price: it is short for what it was taught, and for nothing "
        "else.</p></div>"
    )
    return ({"html": html, **to_numbers(state)},)


def draw_head(state: Any) -> str:
    """How far the sweep is."""
    if state.running is not None and not state.done:
        size = state.running.settings.bottleneck
        return draw_status(state.running, f"{size} number{'s' if size > 1 else ''}")
    words = f"{len(state.sizes)} sizes trained"
    if state.stopped:
        words = f"{len(state.sizes)} sizes trained: press Start for all"
    head = "Stopped" if state.stopped else "Done"
    return f'<div class="ae-status"><p role="status"><b>{head}</b> · {words}</p></div>'


def draw_chart(state: Any, size: float) -> str:
    """The four curves on two log axes; at sizes that are measured a mark."""
    seen = (state.jpeg_bytes <= 256) & (state.jpeg_errors >= LEAST)  # NaN is neither
    lines = [
        charts.Line("autoencoder", state.sizes, state.autoencoder, charts.BLUE, dots=True),
        charts.Line("PCA", state.sizes, state.pca, charts.VERMILION, dots=True),
        charts.Line("JPEG", state.jpeg_bytes[seen], state.jpeg_errors[seen], charts.GREEN),
        charts.Line(
            "shoes, same autoencoder", state.sizes, state.strangers, charts.PURPLE, dots=True
        ),
    ]
    marks = []
    if len(state.sizes):
        at = float(state.sizes[find_size(state, size)])
        marks.append(charts.Mark(at, f"{at:g} bytes", colour=charts.GREY))
    ticks = tuple((float(one), str(one)) for one in (1, 2, 4, 8, 16, 32, 64, 128, 256))
    return charts.draw_chart(
        [*lines, *marks], title="Error of held-back digits",
        x=charts.Axis("size, bytes a picture", low=1, high=300, is_log=True, ticks=ticks),
        y=charts.Axis("squared error a pixel", low=LEAST, high=0.5, is_log=True, ticks=LEVELS),
        size=SIZE, legend=True,
    )  # fmt: skip


def find_size(state: Any, size: float) -> int:
    """The measured size that is nearest, by its ratio."""
    return int(np.argmin(np.abs(np.log(np.asarray(state.sizes, float)) - np.log(size))))


def draw_pictures(state: Any, size: float) -> str:
    """The same digits by each way, at the chosen size."""
    if not len(state.sizes) and state.done:
        return ""
    if not len(state.sizes):
        return '<p class="ae-words">' + lesson.under_way("The first size is trained …") + "</p>"
    row = find_size(state, size)
    rows = [
        ("original", state.pictures), ("autoencoder", state.by_autoencoder[row]),
        ("PCA", state.by_pca[row]),
    ]  # fmt: skip
    if np.isfinite(state.by_jpeg[row]).any():
        rows.append(("JPEG", state.by_jpeg[row]))
        return draw_rows(rows)
    least = float(np.nanmin(state.jpeg_bytes))
    return (
        draw_rows(rows)
        + f'<p class="ae-words">No JPEG is so small: its least is {least:.0f} bytes '
        "on average.</p>"
    )


def to_numbers(state: Any) -> dict[str, Any]:
    """The sweep as plain data; NaN, where there is no JPEG, as None."""

    def tell(values: np.ndarray) -> list[float | None]:
        return [float(one) if np.isfinite(one) else None for one in values]

    names = ("autoencoder", "autoencoder_float", "pca", "jpeg", "strangers")
    return {
        "sizes": [int(one) for one in state.sizes], "done": state.done,
        **{name: tell(getattr(state, name)) for name in names},
        "jpeg_bytes": tell(state.jpeg_bytes), "jpeg_errors": tell(state.jpeg_errors),
    }  # fmt: skip


def set_up(session: Session, settings: CompressionSettings) -> bool:
    """Begin the sweep where it is not there; True where it was asked for."""
    wanted = settings.plain()
    session.settings[COMPRESSION] = settings
    return session.ask(SWEEP, wanted)
