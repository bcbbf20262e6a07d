"""The view "Retrieval": the nearest digits by their codes, beside the nearest by their pixels."""

from typing import Any

import numpy as np

import cvcore
from demos.autoencoders.codes import check_model
from demos.autoencoders.controls import RETRIEVAL, RetrievalSettings, to_whole
from demos.autoencoders.pictures import draw_figure, draw_image, say_wait, tell_stopped
from demos.autoencoders.session import PLAIN, Session
from demos.lesson import charts


def search(session: Session, settings: RetrievalSettings) -> dict[str, Any]:
    """The neighbours of the drawing, or of a held-back digit, and how often they are right."""
    ae, model = cvcore.autoencoders, check_model(session)
    count = to_whole(settings.count)
    digit = session.choose_digit(settings.number)
    found = ae.find_neighbours(model, digit[None], count=count)
    right = session.remember(
        model, ("retrieval", count), lambda: ae.measure_retrieval(model, count=count)
    )
    return {
        "digit": digit, "is_drawing": session.digit is not None, "found": found, "right": right,
        "labels_by_code": found.labels[found.by_code[0]].tolist(),
        "labels_by_pixels": found.labels[found.by_pixels[0]].tolist(),
    }  # fmt: skip


def draw(session: Session) -> tuple[dict[str, Any]]:
    """The digit, and two rows of neighbours."""
    if session.model(PLAIN) is None:
        words = "The network is still being trained, in <b>Train</b> …"
        return ({"html": say_wait(session, PLAIN, words)},)
    seen = search(session, session.settings[RETRIEVAL])
    found, right = seen["found"], seen["right"]
    rows = "".join(
        draw_neighbours(title, found, which[0], distances[0], share)
        for title, which, distances, share in (
            (f"By code: {right.numbers} numbers", found.by_code, found.code_distances,
             right.by_code),
            ("By pixels: 784 numbers", found.by_pixels, found.pixel_distances,
             right.by_pixels),
        )
    )  # fmt: skip
    html = (
        '<div class="ae ae-retrieval"><div class="ae-asked">'
        + draw_figure(seen["digit"], "your drawing" if seen["is_drawing"] else "a held-back digit")
        + f"</div>{rows}{tell_stopped(session, PLAIN)}"
        + f'<p class="ae-words">Of {len(found.labels):,} training digits; the shares '
        "are those of 500 held-back digits. No label was used: the encoder learnt only to "
        "rebuild, and still puts digits of a kind near each other. A short code is quicker to "
        "compare than pixels, and less is to be kept.</p></div>"
    )
    return ({"html": html, **to_numbers(seen)},)


def draw_neighbours(
    title: str, found: Any, which: np.ndarray, distances: np.ndarray, share: float
) -> str:
    """A row of neighbours, each with its class and its distance."""
    figures = "".join(
        f"<figure>{draw_image(found.pictures[index], f'a {found.labels[index]}')}<figcaption>"
        f"<b>{found.labels[index]}</b> <span>{distance:.1f}</span></figcaption></figure>"
        for index, distance in zip(which, distances, strict=True)
    )
    percent = charts.percent(round(share, 3))
    return (
        f"<section><h3>{title} <span>· <b>{percent}</b> of neighbours are of the right kind"
        "</span></h3>"
        f'<div class="ae-neighbours" style="--count:{len(which)}">{figures}</div></section>'
    )


def to_numbers(seen: dict[str, Any]) -> dict[str, Any]:
    return {
        "labels_by_code": seen["labels_by_code"], "labels_by_pixels": seen["labels_by_pixels"],
        "right_by_code": seen["right"].by_code, "right_by_pixels": seen["right"].by_pixels,
    }  # fmt: skip
