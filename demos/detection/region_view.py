"""R-CNN and Fast R-CNN on the same proposals: every crop warped, or one pass and pooling."""

import time
from collections.abc import Iterator
from dataclasses import replace
from html import escape

import numpy as np

import cvcore
from cvcore.core.images import to_data_uri
from cvcore.detection.region_cnn import RegionScores
from demos.detection.search_view import draw_figure, draw_step
from demos.detection.views import draw_rows
from demos.detection.way import CROPS, POOLED, Course, WaySettings, WayState

SHOWN = 5  # crops
PAUSE = 0.4  # seconds between two drawings while crops are classified
PUBLISHED = (  # seconds a picture, without and with proposals
    ("R-CNN", "47", "49"),
    ("Fast R-CNN", "0.32", "2.3"),
    ("Faster R-CNN", "", "0.2"),
)
SOURCE = (
    "Published: VGG16 on an Nvidia K40, Girshick, ICCV 2015, table 4; selective search 2 s, Faster "
    "R-CNN 0.198 s, Ren et al., NeurIPS 2015."
)


def score(state: WayState, settings: WaySettings) -> Iterator[WayState]:
    """The slow part: one pass first, as it is quick; then a pass for each crop, some at a time."""
    cnn = cvcore.detection.region_cnn
    boxes = state.proposals(settings)
    if not state.is_scored(state.pooled.get(settings.pooling), settings):
        state = pool(state, settings)
    if state.is_scored(state.crops, settings):
        yield state
        return
    drawn = 0.0
    for scores in cnn.score_crops(state.image, boxes):
        state = replace(state, crops=scores)
        if scores.done or time.monotonic() - drawn > PAUSE:
            drawn = time.monotonic()
            yield state


def pool(state: WayState, settings: WaySettings) -> WayState:
    """Fast R-CNN's one pass, with the pooling that is set; what is kept of other proposals goes."""
    cnn, boxes = cvcore.detection.region_cnn, state.proposals(settings)
    scores = cnn.score_map(state.image, boxes, pooling=settings.pooling)
    kept = {name: one for name, one in state.pooled.items() if state.is_scored(one, settings)}
    return replace(state, pooled={**kept, settings.pooling: scores})


def follow(
    state: WayState, settings: WaySettings, course: Course
) -> Iterator[tuple[WayState, WaySettings]]:
    """``score``, each state with the settings that it is to be drawn by: as the sliders stand."""
    course.settings, course.at_work = None, (mine := object())
    now, drawn, pooled = state, settings, {}
    try:
        for now in score(state, settings):
            drawn = course.follow(settings)
            now = replace(now, pooled={**pooled, **now.pooled})
            if drawn.pooling not in now.pooled:
                now = pool(now, drawn)
            pooled = now.pooled
            yield now, drawn
    finally:
        if course.at_work is mine:
            course.at_work = None
    if course.follow(settings) != drawn:  # moved while the last state was drawn
        drawn = course.follow(settings)
        yield (now if drawn.pooling in now.pooled else pool(now, drawn)), drawn


def draw(state: WayState, settings: WaySettings) -> tuple[str, dict]:
    """The cheap part: limits, suppression and the drawing."""
    return draw_crops(state, settings) if settings.step == CROPS else draw_both(state, settings)


def draw_crops(state: WayState, settings: WaySettings) -> tuple[str, dict]:
    """R-CNN: the boxes found, and what the network was given."""
    scores = state.crops
    assert scores is not None
    cnn, drawing = cvcore.detection.region_cnn, cvcore.detection.region_drawing
    found = cnn.find_objects(scores, limit=settings.score, iou=settings.nms)
    best = scores.scores.max(axis=1)
    others = [row for row in np.argsort(-best) if row not in found.row]
    rows = [*found.row[: SHOWN - 2], *others][:SHOWN]
    picture = drawing.draw_found(state.image, found, scores.labels)
    html = draw_step(
        f'<p class="big">{say_progress(scores)} {say_found(len(found.row), settings)}</p>',
        f'<div class="two">{draw_figure("boxes after NMS", picture)}<div>'
        '<p class="soft">What the network gets. Above: the proposal as it is; below: with 16 '
        "pixels around it (grey beyond the picture), warped to 227 x 227. "
        "Its proportions are lost, small ones are blurred."
        "</p>"
        f'<div class="crops">{"".join(draw_crop(state.image, scores, row) for row in rows)}</div>'
        f'<p class="soft">{tell_head(scores)}</p></div></div>',
    )
    numbers = {"passes": scores.passes, "seconds": sum_seconds(scores), "found": to_rows(found)}
    return html, numbers


def draw_crop(image: np.ndarray, scores: RegionScores, row: int) -> str:
    """One proposal before and after warping, and what the SVMs say of it."""
    cnn, drawing = cvcore.detection.region_cnn, cvcore.detection.region_drawing
    box = scores.boxes[row]
    wide, high = np.maximum(box[2:] - box[:2], 1)
    label = escape(scores.labels[int(scores.scores[row].argmax())])
    ratio = wide / high
    shape = f"{ratio:.1f} x narrower" if ratio > 1.05 else f"{1 / ratio:.1f} x wider"
    shape = "as it was" if 1 / 1.05 <= ratio <= 1.05 else shape
    score = f"{scores.scores[row].max():+.2f}".replace("-", "−")
    before = to_data_uri(drawing.cut(image, box), quality=80)
    after = to_data_uri(cnn.warp(image, box), quality=80)
    return (
        f'<figure><img alt="proposal" src="{before}"><img alt="warped" src="{after}">'
        f"<figcaption>{wide:.0f} x {high:.0f}, {shape}<br><b>{label} "
        f"{score}</b></figcaption></figure>"
    )


def say_progress(scores: RegionScores) -> str:
    count = len(scores.boxes)
    passes = f"{scores.passes} {'pass' if scores.passes == 1 else 'passes'}</b> of the network"
    if not scores.done:
        seconds = f"{sum_seconds(scores):.1f} s"
        return f"<b>{count} of {scores.of} proposals so far, {passes}, {seconds}."
    proposals = "1 proposal" if count == 1 else f"{count} proposals"
    return f"<b>{proposals}, {passes}: <b>{sum_seconds(scores):.1f} s</b> here."


def say_found(count: int, settings: WaySettings) -> str:
    minus = f"{settings.score:g}".replace("-", "−")
    boxes = "1 box is" if count == 1 else f"{count} boxes are"
    return f"{boxes} left at a score of {minus} or more, after NMS."


def sum_seconds(scores: RegionScores) -> float:
    return sum(scores.ms.values()) / 1000


def tell_head(scores: RegionScores) -> str:
    score = cvcore.engine.registry.get_weight(cvcore.detection.region_cnn.HEAD).score
    return (
        f"A linear SVM for each of {len(scores.labels)} classes, on 1,280 numbers of a network "
        f"that has seen ImageNet alone. Measured: {score}."
    )


def draw_both(state: WayState, settings: WaySettings) -> tuple[str, dict]:
    """Fast R-CNN beside R-CNN: the same proposals, the same SVMs."""
    cnn, drawing = cvcore.detection.region_cnn, cvcore.detection.region_drawing
    pooled, crops = state.pooled[settings.pooling], state.crops
    limits = {"limit": settings.score, "iou": settings.nms}
    figures, numbers = [], {}
    for name, scores in ((CROPS, crops), (POOLED, pooled)):
        if scores is None:
            continue
        found = cnn.find_objects(scores, **limits)
        picture = drawing.draw_found(state.image, found, scores.labels)
        passes = "1 pass" if scores.passes == 1 else f"{scores.passes} passes"
        words = f"{name}: {passes}, {sum_seconds(scores):.2f} s"
        figures.append(draw_figure(words, picture))
        numbers[name] = {
            "passes": scores.passes, "seconds": sum_seconds(scores), "found": to_rows(found),
        }  # fmt: skip
    count = 0 if crops is None else len(crops.boxes)
    said = (
        f"R-CNN has classified {count} of {len(pooled.boxes)} proposals so far; the two are "
        "compared when it has them all."
    )
    if crops is not None and crops.done and count == len(pooled.boxes):
        agreement = cnn.compare(crops, pooled, **limits)
        said = say_agreement(agreement)
        numbers["agreement"] = {
            "same_class": agreement.same_class, "same_answer": agreement.same_answer,
            "correlation": agreement.correlation, "boxes_in_common": agreement.boxes_in_common,
        }  # fmt: skip
    html = draw_step(
        f"<p>{said}</p>", f'<div class="two">{"".join(figures)}</div>',
        draw_times(state, crops, pooled),
        f'<p class="soft">{tell_pass(state.image)} {SOURCE}</p>',
    )  # fmt: skip
    return html, numbers


def say_agreement(agreement: cvcore.detection.region_cnn.Agreement) -> str:
    first, second = agreement.boxes
    return (
        f"Of {agreement.proposals} proposals <b>{agreement.same_answer:.0%}</b> get the same "
        f"answer (a class, or nothing), <b>{agreement.same_class:.0%}</b> the same best class; the "
        f"scores correlate by <b>{agreement.correlation:.2f}</b>. After NMS "
        f"{agreement.boxes_in_common} boxes are common to R-CNN's {first} and "
        f"Fast R-CNN's {second}. "
        "Not the same: a crop is enlarged and sees nothing else; on the map each cell has seen "
        "what lies around the proposal, and small ones have few cells."
    )


def draw_times(state: WayState, crops: RegionScores | None, pooled: RegionScores) -> str:
    """Passes and seconds, here and published."""
    rows = []
    for name, scores in zip((CROPS, POOLED), (crops, pooled), strict=True):
        parts = {} if scores is None else scores.ms
        told = ", ".join(f"{part} {ms / 1000:.2f}" for part, ms in parts.items())
        seconds = f"{sum(parts.values()) / 1000:.2f} ({told})"
        both = f"{(sum(parts.values()) + state.search_ms) / 1000:.2f}"
        rows.append([_name(name), str(scores.passes if scores else 0), seconds, both])
    rows.append([_name("Faster R-CNN"), "1", "", ""])
    for row, (_, alone, whole) in zip(rows, PUBLISHED, strict=True):
        row += [alone, whole]
    heads = [
        "", "passes", "seconds here", "with proposals", "published", "with proposals",
    ]  # fmt: skip
    return draw_rows(heads, rows)


def _name(detector: str) -> str:
    return f'<b style="white-space: nowrap">{detector}</b>'


def tell_pass(image: np.ndarray) -> str:
    """Why one pass is not so much faster than a few dozen."""
    cnn = cvcore.detection.region_cnn
    share = min(image.shape[:2]) / max(image.shape[:2])
    crops = max(1, round(share * (cnn.MAP_SIDE / cnn.NETWORK_SIDE) ** 2))
    return f"One pass reads as many pixels as {crops} crops: with more proposals it saves more."


def to_rows(found: cvcore.detection.region_cnn.RegionDetections) -> list[dict]:
    """Plain numbers of the boxes found."""
    return [
        {"label": label, "score": round(float(score), 3), "box": np.round(box, 1).tolist()}
        for label, score, box in zip(found.label, found.score, found.xyxy, strict=True)
    ]
