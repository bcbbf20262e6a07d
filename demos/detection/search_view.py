"""Selective search: regions joined two by two, and what their boxes are worth as proposals."""

from dataclasses import replace

import numpy as np

import cvcore
from cvcore.core.images import to_data_uri
from cvcore.core.timing import Stopwatch
from cvcore.detection.selective_search import MEASURES, Grouping, recall_curve
from demos.detection.views import draw_page, draw_table
from demos.detection.way import WaySettings, WayState, find_truths, with_predictions
from demos.lesson import charts

LEFT = 12  # regions, when the step is opened: enough to be looked at


def prepare(state: WayState, settings: WaySettings) -> WayState:
    """The slow part: the segmentation, and all merges."""
    wanted = cvcore.detection.selective_search.check_settings(settings.search())
    if state.grouping is not None and state.grouping.settings == wanted:
        return state
    watch = Stopwatch()
    grouping = cvcore.detection.selective_search.search(state.image, wanted)
    watch.lap("search")
    state = with_predictions(state)
    ms = watch.ms["search"]
    return replace(state, grouping=grouping, search_ms=ms, crops=None, pooled={})


def choose_merges(grouping: Grouping, settings: WaySettings) -> int:
    """Where the slider stands on a new picture: as it does, if it was moved and there are so many
    merges; else a few before the last."""
    count = len(grouping.merges)
    return int(settings.merges) if 0 < settings.merges <= count else max(0, count - LEFT)


def draw(
    state: WayState, settings: WaySettings, truths: list[dict] | None
) -> tuple[str, dict]:  # fmt: skip
    """The cheap part: the regions after some merges, their boxes, and the recall."""
    grouping = state.grouping
    assert grouping is not None
    merges = min(int(settings.merges), len(grouping.merges))
    proposals = grouping.proposals(merges)
    boxes, whose = find_truths(state, truths)
    drawing = cvcore.detection.region_drawing
    pictures = [
        ("the regions, the two merged last in orange and violet",
         drawing.draw_regions(state.image, grouping, merges)),
        ("the proposals so far", drawing.draw_proposals(state.image, proposals, boxes)),
    ]  # fmt: skip
    numbers = describe(grouping, merges, proposals, boxes, settings.recall_iou)
    left = grouping.regions - merges
    said = (
        f'<p class="big"><b>{grouping.regions} regions</b> of the segmentation, '
        f"<b>{merges} of {len(grouping.merges)} merges</b>: {left} left, and "
        f"<b>{len(proposals)} proposals</b> so far. Segmentation and all merges took "
        f"{state.search_ms / 1000:.2f} s here.</p>"
    )
    side = [draw_similarities(grouping, merges), draw_recall(grouping, proposals, boxes, settings)]
    html = draw_step(
        said,
        f'<div class="two">{"".join(draw_figure(*one) for one in pictures)}</div>',
        f'<div class="two"><div>{side[0]}<p class="soft">{tell_recall(numbers, whose)}</p></div>'
        f"<div>{side[1]}</div></div>",
    )
    return html, numbers


def draw_step(*parts: str) -> str:
    """A step's page, closer set than others."""
    return draw_page(f'<div class="step">{"".join(parts)}</div>')


def draw_figure(words: str, picture: np.ndarray) -> str:
    source = to_data_uri(picture, quality=85)
    return (
        f'<figure><img alt="{words}" src="{source}">'
        f"<figcaption>{words[0].upper()}{words[1:]}</figcaption></figure>"
    )


def describe(
    grouping: Grouping, merges: int, proposals: np.ndarray, truths: np.ndarray, iou: float
) -> dict:
    """The step's numbers, as calls through the API get them."""
    last = grouping.merges[merges - 1] if merges else None
    numbers: dict = {
        "regions": grouping.regions, "merges": merges, "of": len(grouping.merges),
        "proposals": len(proposals), "truths": len(truths), "recall": None, "mean_best_iou": None,
        "last": None,
    }  # fmt: skip
    if last is not None:
        numbers["last"] = {name: round(getattr(last, name), 4) for name in (*MEASURES, "total")}
    if len(truths) and len(proposals):
        recall, overlap = recall_curve(proposals, truths, iou_limit=iou)
        numbers |= {"recall": float(recall[-1]), "mean_best_iou": round(float(overlap[-1]), 4)}
    return numbers


def draw_similarities(grouping: Grouping, merges: int) -> str:
    """The four similarities of the two regions merged last, and their sum."""
    if not merges:
        return '<p class="big">Nothing is merged yet: move the slider.</p>'
    last = grouping.merges[merges - 1]
    sizes = [int(grouping.sizes[one]) for one in (last.first, last.second)]
    rows = [
        [
            name if name in grouping.settings.measures else f"{name} (not counted)",
            f'<div class="track"><i style="width:{100 * getattr(last, name):.0f}%"></i></div>',
            f"{getattr(last, name):.3f}",
        ]
        for name in MEASURES
    ]
    rows.append(["<b>sum</b>", "", f"<b>{last.total:.3f}</b>"])
    head = f"merge {merges}: {sizes[0]:,} and {sizes[1]:,} pixels"
    return draw_table([head, "", "similarity"], rows)


def tell_recall(numbers: dict, whose: str) -> str:
    if numbers["recall"] is None:
        return (
            "There is no truth box: draw one in the view Truth, or choose a picture with objects."
        )
    return (
        f"Recall of {whose}: <b>{numbers['recall']:.0%}</b>, mean best IoU "
        f"<b>{numbers['mean_best_iou']:.2f}</b>. Draw your own in the view Truth."
    )


def draw_recall(
    grouping: Grouping, proposals: np.ndarray, truths: np.ndarray, settings: WaySettings
) -> str:
    """Recall against the number of proposals, of those so far."""
    if not len(truths) or not len(proposals):
        return ""
    recall, overlap = recall_curve(proposals, truths, iou_limit=settings.recall_iou)
    count = np.arange(1, len(recall) + 1)
    return charts.draw_chart(
        [
            charts.Line(f"recall at IoU {settings.recall_iou:g}", count, recall),
            charts.Line("mean best IoU", count, overlap),
        ],
        title="Are the objects among them?", x=charts.Axis("proposals taken", is_log=True),
        y=charts.Axis("share", 0, 1), size=charts.HALF,
    )  # fmt: skip
