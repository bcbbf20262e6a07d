"""Drawings of the saliency lesson, as HTML made of numbers and escaped text."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from cvcore.core import drawing, images
from cvcore.recognition import preprocessing
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.saliency import METHODS, get_method
from cvcore.saliency.scores import share_inside
from demos.lesson import charts, class_names, under_way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cvcore.saliency import Saliency
    from cvcore.saliency.scores import Scores

SIDE = 448  # pixels of the square that maps are drawn on
SHOWN_SIDE = 960  # pixels of the whole picture, at most
SCORES_SIZE = (760, 300)  # of the curves, in a stage of their own
COLORMAPS = ("viridis", "inferno", "cividis", "grey")
DELETION, INSERTION = charts.colour_of(charts.VERMILION), charts.colour_of(charts.BLUE)

STYLE = f"""<style>
.sal {{ color: var(--body-text-color); font-size: 1rem; }}
.sal .big {{ font-size: 1.1rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }}
.sal .soft {{ color: var(--body-text-color-subdued); margin: .2rem 0; font-size: .875rem; }}
.lesson-rail .sal .big {{ font-size: .9375rem; }}
.sal.whole {{ height: 100%; position: relative; display: flex; align-items: center; }}
.sal .said {{ position: absolute; left: 8px; right: 8px; bottom: 8px; display: flex;
  flex-wrap: wrap; gap: 4px; justify-content: space-between; pointer-events: none; }}
.sal .said p {{ margin: 0; padding: 4px 10px; border-radius: 8px; color: #fff; background: #000b;
  font-size: .9375rem; }}
.sal .said b {{ color: inherit; }}
.sal .said p.soft {{ font-size: .875rem; color: #ddd; align-self: end; }}
.sal.sheet {{ height: 100%; display: flex; flex-direction: column; }}
.sal .grid {{ flex: 1; min-height: 0; display: grid; gap: 8px; grid-auto-rows: minmax(6.5rem, 1fr);
  grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); }}
.sal .grid > figure {{ margin: 0; container-type: size; display: flex; gap: 8px;
  overflow: hidden; }}
.sal .grid > figure > img {{ width: min(max(55cqw, 100cqw - 7.6rem), 100cqh); aspect-ratio: 1;
  align-self: start; border-radius: 6px; flex: none; }}
.sal .grid figcaption {{ font-size: .875rem; line-height: 1.35; min-width: 0; flex: 1;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }}
.sal .grid figcaption b {{ display: block; font-size: .875rem; line-height: 1.2; }}
.sal .bar {{ height: .8rem; border-radius: 6px; background: var(--border-color-primary);
  overflow: hidden; margin-bottom: .6rem; }}
.sal .bar i {{ display: block; height: 100%; background: {INSERTION}; }}
.sal .key i {{ display: inline-block; width: 1.4rem; height: .35rem; margin: 0 .35rem 0 .8rem;
  vertical-align: middle; border-radius: .2rem; }}
.lesson-rail #saliency-methods .wrap {{
  grid-template-columns: minmax(0, 1fr) minmax(0, 1.19fr); }}
#saliency-methods label {{ padding-left: 3px !important; padding-right: 0 !important; gap: 4px;
  min-width: 0; }}
#saliency-methods label span {{ margin-left: 0; letter-spacing: -.035em; }}
.sal.zoom {{ gap: 10px; align-items: stretch; }}
.sal .zoomed {{ flex: 1; min-width: 0; display: grid; place-items: center; }}
.sal .zoomed.four {{ grid-template: 1fr 1fr / 1fr 1fr; gap: 6px; }}
.sal .zoomed figure {{ margin: 0; width: 100%; height: 100%; min-height: 0; position: relative; }}
.sal .zoomed img {{ width: 100%; height: 100%; object-fit: contain; image-rendering: pixelated; }}
.sal .zoomed figcaption {{ position: absolute; top: 0; left: 0; padding: 1px 8px; color: #fff;
  background: #000b; border-radius: 6px; font-size: .875rem; }}
.sal .aside {{ flex: 0 0 13rem; display: flex; flex-direction: column; gap: 6px; }}
.sal .aside p.soft {{ color: #ddd; }}
.sal .spot {{ position: relative; }}
.sal .next {{ position: absolute; width: 18px; height: 18px; translate: -50% -50%;
  border: 3px dashed #fff; outline: 2px solid #000; pointer-events: none; }}
.sal .next[hidden] {{ display: none; }}
.sal .aside img {{ width: 100%; display: block; cursor: crosshair; border-radius: 6px; }}
@media (max-width: 760px) {{
  .sal.zoom {{ flex-direction: column; }}
  .sal .aside {{ flex: none; width: 60%; }}
  .sal.sheet {{ height: auto; }}
  .sal .grid {{ grid-template-columns: 1fr; grid-auto-rows: 11rem; }}
  .sal .said p.soft {{ display: none; }}
}}
</style>"""


@dataclass(frozen=True)
class View:
    """A picture's square as the network sees it, and the maps worked out for it so far."""

    square: np.ndarray = field(repr=False)  # uint8 (448, 448, 3)
    shown: str  # the method shown
    maps: "dict[str, Saliency]" = field(default_factory=dict)
    whole: np.ndarray | None = field(default=None, repr=False)  # the picture, or a smaller one
    is_stopped: bool = False  # before the map shown and its scores were finished

    def add(self, result: "Saliency", *, show: bool = True) -> "View":
        """With a map more; maps of other classes or another network make room for it."""
        same = {
            name: known
            for name, known in self.maps.items()
            if (known.model, known.class_idx, known.minus_class)
            == (result.model, result.class_idx, result.minus_class)
        }
        shown = result.method if show or self.shown not in same else self.shown
        maps = same | {result.method: result}
        return replace(self, shown=shown, maps=maps, is_stopped=False)

    def stop(self) -> "View":
        """As it is when the work on it is ended before its time."""
        result = self.maps.get(self.shown)
        return replace(self, is_stopped=result is not None and result.scores is None)


def start_view(view: View | None, image: np.ndarray, model: str, method: str) -> View:
    """The kept maps if they are of this picture's square, else a new collection."""
    square = cut_square(image, model)
    if view is None or not np.array_equal(view.square, square):
        view = View(square, method)
    return replace(view, whole=images.shrink(image, SHOWN_SIDE))


@dataclass(frozen=True)
class Look:
    """How a map is laid over the picture."""

    opacity: float = 0.6  # of the map, 0 to 1
    colormap: str = COLORMAPS[0]
    full_at: float = 1.0  # share of the great magnitudes that takes the strongest colour


def find_square(size_hw: tuple[int, int], model: str = DEFAULT_MODEL) -> tuple[slice, slice]:
    """Rows and columns of a picture that the network sees; of a narrow one at least one of each."""
    left, top, right, bottom = preprocessing.find_crop(size_hw, model)
    return tuple(
        slice(min(first, size - 1), max(last, min(first, size - 1) + 1))
        for first, last, size in ((top, bottom, size_hw[0]), (left, right, size_hw[1]))
    )


def cut_square(image: np.ndarray, model: str = DEFAULT_MODEL, side: int = SIDE) -> np.ndarray:
    """The part of a picture that the network sees, at the size of a large map."""
    return images.resize(image[find_square(image.shape[:2], model)], (side, side))


def overlay(
    square: np.ndarray, values: np.ndarray, look: Look, *, is_signed: bool,
    window: tuple[int, ...] | None = None,
) -> np.ndarray:  # fmt: skip
    """The square with a map over it; signed maps go from blue (against) to red (for).

    The range of colours is that of the ``window`` (left, top, right, bottom) where there is one.
    """
    magnitude = np.abs(values)
    if window is not None:
        left, top, right, bottom = window
        magnitude = magnitude[top:bottom, left:right]
    # single pixels of fine maps stand far out: they do not set the range
    limit = float(np.percentile(magnitude, 99.5) or magnitude.max()) * look.full_at or 1.0
    return drawing.draw_heatmap(
        square,
        values,
        opacity=look.opacity,
        colormap="diverging" if is_signed else look.colormap,
        vmin=-limit if is_signed else 0.0,
        vmax=limit,
    )


def overlay_result(square: np.ndarray, result: "Saliency", look: Look) -> np.ndarray:
    """The square with a result's map over it."""
    is_signed = METHODS[result.method].is_signed
    return overlay(square, result.input_map, look, is_signed=is_signed, window=result.window_xyxy)


def draw_whole(view: View, look: Look) -> np.ndarray:
    """The whole picture with the map over the framed part that the network sees, the rest dark."""
    result, whole = view.maps[view.shown], view.square if view.whole is None else view.whole
    rows, columns = find_square(whole.shape[:2], result.model)
    drawn = whole // 3
    drawn[rows, columns] = overlay_result(whole[rows, columns], result, look)
    return drawing.draw_frame(drawn, (columns.start, rows.start, columns.stop, rows.stop))


def name_classes(result: "Saliency") -> str:
    labels = class_names.load_shown(result.model)
    text = f"“{labels[result.class_idx]}”"
    if result.minus_class is not None:
        text += f" rather than “{labels[result.minus_class]}”"
    return text


def name_map(result: "Saliency") -> str:
    """The method, and of which class its map is, as HTML."""
    row = METHODS[result.method]
    if not row.has_class:
        return f"{escape(row.title)}, <b>the same for every class</b>"
    return f"{escape(row.title)} for <b>{escape(name_classes(result))}</b>"


def say_progress(result: "Saliency", *, is_stopped: bool) -> str:
    """How much of a map is done, as HTML; nothing once it is."""
    if result.share_done == 1:
        return ""
    if is_stopped:
        return f". <b>Stopped at {result.share_done:.0%}</b>"
    return f", {result.share_done:.0%} done"


def draw_page(*parts: str, kind: str = "") -> str:
    return f'{STYLE}<div class="sal {kind}">{"".join(parts)}</div>'


def draw_grid(figures: list[str]) -> str:
    """Figures of a map and its words, so many a row that all of them are as large as can be."""
    columns = 2 if len(figures) <= 4 else 3 if len(figures) <= 9 else 4
    return f'<div class="grid" style="--columns: {columns}">{"".join(figures)}</div>'


def draw_sentence(text: str) -> str:
    """One sentence, large; nothing for an empty one."""
    return draw_page(f'<p class="big">{escape(text)}</p>') if text else ""


def draw_map(view: View, look: Look) -> str:
    """The map over the picture, with its time, its scores, and of which part it is."""
    result, row = view.maps[view.shown], METHODS[view.shown]
    drawn = draw_whole(view, look)
    left, top, right, bottom = result.crop_xyxy
    high, wide = result.size_hw
    done = say_progress(result, is_stopped=view.is_stopped)
    return draw_page(
        f'<img class="fit map" style="--ratio: {drawn.shape[1] / drawn.shape[0]:.4f}" '
        f'alt="{escape(row.title)} map over the picture" src="{images.to_data_uri(drawn)}">',
        f'<div class="said"><p class="big">{name_map(result)}: {result.seconds:.2f} s{done}</p>'
        f'<p class="soft">The network sees the frame alone, {right - left} x {bottom - top} of '
        f"{wide} x {high} pixels</p></div>",
        kind="whole",
    )


def describe_method(method: str) -> str:
    """What a method does, and what its colours mean; of a window that is said beside its map."""
    row = get_method(method)
    if row.is_partial:
        return ""
    colours = (
        "Red speaks for the class, blue against it, whatever the colours chosen under “More”."
        if row.is_signed
        else "The stronger the colour, the more the answer depends on it."
    )
    return draw_page(f'<p class="soft">{escape(row.story)} {colours}</p>')


def draw_curves(scores: "Scores", size: tuple[int, int]) -> str:
    """Deletion and insertion curves: probability against the share of pixels."""
    ways = (
        ("deletion", scores.deletion, charts.VERMILION, f"{scores.deletion_auc:.3f} (lower"),
        ("insertion", scores.insertion, charts.BLUE, f"{scores.insertion_auc:.3f} (higher"),
    )
    return charts.draw_chart(
        [
            charts.Line(name, scores.shares, curve, colour, note=f"{note} is better)")
            for name, curve, colour, note in ways
        ],
        title="Deletion and insertion",
        x=charts.Axis("share of pixels, most important first", 0, 1, text=charts.percent),
        y=charts.Axis("probability of the class", 0, text=charts.percent),
        size=size,
    )


DROP_MEANS = (
    "Drop: the picture is seen through its map, dark where the map is low; how much of the "
    "probability goes (lower is better)? Increase: does it rise instead? Over several pictures "
    "their means are called average drop and average increase."
)


def draw_drop(scores: "Scores") -> str:
    """How the probability changes where the picture is seen through its map, as HTML."""
    before = f"{scores.deletion[0]:.0%} → {scores.seen:.0%}"
    if scores.is_increase:
        return f"Seen through the map: {before}, <b>an increase</b>, drop 0%"
    return f"Seen through the map: {before}, <b>drop {scores.drop:.0%}</b>, no increase"


def draw_scores(result: "Saliency", *, is_stopped: bool = False) -> str:
    """Deletion and insertion curves with their areas; before they are measured, a line on that."""
    scores = result.scores
    if METHODS[result.method].is_partial:
        done = "" if result.share_done == 1 or is_stopped else "The map is under way. "
        return draw_page(
            f'<p class="soft">{done}There are no scores of a map of a window: taking pixels away '
            "in the order of importance needs the whole picture.</p>"
        )
    if scores is None and is_stopped:
        return draw_page('<p class="soft">Stopped: there are no scores of this map.</p>')
    if scores is None:
        return draw_page('<p class="soft">The scores follow when the map is finished.</p>')
    label = class_names.load_shown(result.model)[result.class_idx]
    alone = "" if result.minus_class is None else f" Measured for “{escape(label)}” alone."
    return draw_page(
        draw_curves(scores, SCORES_SIZE),
        f'<p class="big">{draw_drop(scores)}</p>'
        '<p class="soft">The most important pixels are taken away first (deletion), or put back '
        f"first into a blurred picture (insertion).{alone} {DROP_MEANS}</p>",
    )


def draw_comparison(
    results: "Mapping[str, Saliency]", square: np.ndarray, look: Look, now: str = "",
    table: Sequence[dict] = (),
) -> str:  # fmt: skip
    """Maps, each with its time, its scores and their curves; the best score is marked.

    ``now`` says what is being computed; of the ``table`` the average drops are shown.
    """
    averages = {row["method"]: row for row in table if "average_drop" in row}
    doing = under_way(escape(now), "Stopped.")
    heading = f'<p class="big" role="status">{doing}</p>' if now else ""
    if not results:
        return draw_page(heading)
    finished = [one for one in results.values() if one.scores]
    best_deletion = min((one.deletion_auc for one in finished), default=None)
    best_insertion = max((one.insertion_auc for one in finished), default=None)
    best_drop = min((one.scores.drop for one in finished if one.scores), default=None)
    figures = []
    for name, result in results.items():
        row = METHODS[name]
        drawn = overlay_result(square, result, look)
        small = images.resize(drawn, (SIDE // 2, SIDE // 2))
        lines = f"{result.seconds:.2f} s"
        if result.scores:
            lines += "<br>deletion " + _mark(result.deletion_auc, best_deletion)
            lines += "<br>insertion " + _mark(result.insertion_auc, best_insertion)
            drop = f"{result.scores.drop:.0%}{' ↑' if result.scores.is_increase else ''}"
            lines += "<br>drop " + _mark(result.scores.drop, best_drop, drop)
            if name in averages:
                row_ = averages[name]
                lines += (
                    f"<br>of {row_['pictures']} samples: average drop "
                    f"{row_['average_drop']:.0%}, increase {row_['average_increase']:.0%}"
                )
            lines += draw_curves(result.scores, charts.SPARK)
        else:
            share = f"{result.share_done:.0%}"
            waits = under_way(f"{share} done", f"stopped at {share}")
            if row.is_partial and result.share_done == 1:
                waits = "of a window alone: no scores"
            elif result.share_done == 1:
                waits = under_way("scores follow", "stopped, no scores")
            lines += f", {waits}"
        figures.append(
            f'<figure><img alt="{escape(row.title)}" src="{images.to_data_uri(small)}">'
            f"<figcaption><b>{escape(row.title)}</b>{lines}</figcaption></figure>"
        )
    alone = any(result.minus_class is not None for result in results.values())
    return draw_page(
        heading,
        draw_grid(figures),
        f'<p class="soft key">Curves: probability as pixels go<i style="background:{DELETION}"></i>'
        f'(deletion) or come back<i style="background:{INSERTION}"></i>(insertion, dashed), most '
        f"important first{', for the first class alone' if alone else ''}. Drop: the share of "
        "the probability that is lost where the picture is seen through the map, ↑ where it rises."
        f"{' Averages: for the first choice of each sample.' if averages else ''} ★ the best.</p>",
        kind="sheet",
    )


def _mark(value: float, best: float | None, shown: str = "") -> str:
    shown = shown or f"{value:.3f}"
    return f"<b style='display:inline'>{shown} ★</b>" if value == best else shown


def draw_region(results: "Mapping[str, Saliency]", mask: np.ndarray) -> str:
    """The share of each map inside a painted region bool (H, W), beside the region's own share."""
    rows = []
    for name, result in results.items():
        share = share_inside(result.input_map, mask)
        title = f"<b>{escape(METHODS[name].title)}</b>"
        if result.window_xyxy is not None:
            title += " (in its window)"
        if result.share_done < 1:
            title += f" ({result.share_done:.0%} done)"
        if share is None:
            rows.append(f"<p class='big'>{title}: no place of it speaks for the class</p>")
            continue
        rows.append(
            f"<p class='big'>{title}: {share:.0%} inside, {1 - share:.0%} outside</p>"
            f'<div class="bar"><i style="width:{100 * share:.1f}%"></i></div>'
        )
    return draw_page(
        f'<p class="big">The painted region is {mask.mean():.0%} of the square. A map that favours '
        "nothing in particular would have that share inside.</p>",
        *rows,
    )
