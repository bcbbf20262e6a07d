"""The same two faces by older methods, and the losses that taught networks to do better."""

from functools import cache
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import drawing, images
from cvcore.core.errors import InputError
from cvcore.face_verification import THRESHOLDS, to_distance
from cvcore.face_verification.published import OWN, PUBLISHED
from cvcore.face_verification.rates import load_rates
from cvcore.recognition.faces import DETECTOR, Face
from demos import components as ui
from demos import lesson
from demos.components.js_component import link_styles
from demos.components.private_picture import load_face_sample, title_of
from demos.face_verification.controls import HISTORY, Choices
from demos.face_verification.mistakes import add_view
from demos.face_verification.pair import find_pair
from demos.face_verification.views import OTHER, SAME, draw_page, number, percent, to_img
from demos.lesson import charts

TITLE = HISTORY
LOOK = link_styles(__name__, "history.css")
EIGENFACES = 48  # that are kept
COUNTS = (1, 4, 12, EIGENFACES)
TITLES = {
    "eigenfaces": "Eigenfaces, 1991",
    "lbp": "Local binary patterns, 2006",
    "sface": "SFace, a deep network, 2021",
}
PARTS = {  # of the view: all are there, history.css shows the chosen one
    "methods": "three methods", "eigenfaces": "eigenfaces", "lbp": "binary patterns",
    "losses": "losses", "networks": "VGGFace, FaceNet and after",
}  # fmt: skip
FARTHEST = 1.7  # distance at the plots' right end: cosine -0.45, beyond any pair of LFW
SPOIL = 2.0  # sigma of the blur that makes another picture of face A
STRANGERS = ("astronaut", "obama_2005", "ardern_2018")  # three, so that one is neither A nor B


def show_history(
    a: dict | None, b: dict | None, components: int = EIGENFACES, detector: str = DETECTOR
) -> tuple[str, dict]:
    """Three generations of methods and three losses on the pair, drawn and as numbers."""
    if not 1 <= components <= EIGENFACES:  # also refuses NaN
        raise InputError(f"Choose 1 to {EIGENFACES} eigenfaces.")
    face_a, face_b = find_pair(a, b, detector=detector)
    scores = measure(face_a, face_b, int(components))
    losses = measure_losses(face_a, face_b)
    drawn = {
        "methods": draw_methods(scores) + explain_methods(),
        "eigenfaces": draw_eigen(face_a, face_b, int(components)),
        "lbp": draw_lbp(face_a, face_b),
        "losses": draw_losses(scores["sface"], losses),
        "networks": draw_networks(),
    }
    html = draw_page(
        LOOK, *(f'<section class="of-{name}">{words}</section>' for name, words in drawn.items())
    )
    return html, {"similarities": scores, "losses": losses}


def measure(face_a: Face, face_b: Face, components: int) -> dict[str, float]:
    """The pair's similarity by each method."""
    history = cvcore.face_verification.history
    eigen = history.load_eigenfaces()
    a, b = (eigen.project(face.crop)[:components] for face in (face_a, face_b))
    return {
        "eigenfaces": history.compare_eigen(a, b),
        "lbp": history.compare_lbp(*(history.lbp_histogram(f.crop) for f in (face_a, face_b))),
        "sface": float(face_a.embedding @ face_b.embedding),
    }


def measure_losses(face_a: Face, face_b: Face) -> dict:
    """Each loss if the pair is one person's, and if not.

    The anchor of the triplet is A. If B is the same person, it is the positive, and the negative is
    the sample person least like either, who cannot be one of them. If B is another person, it is
    the negative, and the positive is A's own picture, blurred.
    """
    history = cvcore.face_verification.history
    similarity = float(face_a.embedding @ face_b.embedding)
    distance = to_distance(similarity)
    pair = np.array([face_a.embedding, face_b.embedding])
    stranger = min(STRANGERS, key=lambda name: float((pair @ load_stranger(name)).max()))
    to_stranger = to_distance(float(face_a.embedding @ load_stranger(stranger)))
    blurred = cvcore.recognition.faces.embed(cvcore.core.corruptions.blur(face_a.crop, SPOIL))
    to_blurred = to_distance(float(face_a.embedding @ blurred))
    return {
        "contrastive_same": float(history.contrastive_loss(distance, True)),
        "contrastive_different": float(history.contrastive_loss(distance, False)),
        "triplet_same": float(history.triplet_loss(distance, to_stranger)),
        "triplet_different": float(history.triplet_loss(to_blurred, distance)),
        "cross_entropy_same": float(history.cross_entropy_loss(similarity, True)),
        "cross_entropy_different": float(history.cross_entropy_loss(similarity, False)),
        "distance": distance,
        "distance_to_stranger": to_stranger,
        "distance_to_blurred": to_blurred,
        "stranger": stranger,
    }


@cache
def load_stranger(name: str) -> np.ndarray:
    """The embedding (128,) of a sample person."""
    return cvcore.recognition.faces.get_only_face(load_face_sample(name)).embedding


def draw_methods(scores: dict[str, float]) -> str:
    """A row a method: this pair's similarity and verdict, and how often the method is right."""
    rows = []
    for method, title in TITLES.items():
        rates, score = load_rates(method), scores[method]
        threshold = rates.best_threshold
        same = score >= threshold
        right = rates.accuracy(threshold)
        rows.append(
            f"<tr><td><b>{title}</b></td><td>{number(score)}</td><td>{number(threshold)}</td>"
            f'<td style="color:{SAME if same else OTHER}"><b>{"same" if same else "different"}'
            f"</b></td><td><b>{percent(right)}</b></td></tr>"
        )
    return (
        "<table><thead><tr><th>method</th><th>similarity</th>"
        "<th>threshold with the fewest errors here</th><th>says</th><th>right on LFW pairs</th>"
        "</tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table>"
    )


def explain_methods() -> str:
    """How the methods' numbers came about."""
    return (
        '<p class="soft">Guessing is right in 50 %: the verdict of an old method on one pair is '
        "little more than luck. Each threshold here has the fewest wrong verdicts on the very "
        "pairs it is judged by, so that each method is seen at its best, which flatters a little: "
        "with thresholds from other pairs SFace is right in 99.5 %. The slider’s own "
        f"{THRESHOLDS['sface']} is where both kinds of error are about as frequent.</p>"
    )


def draw_eigen(face_a: Face, face_b: Face, components: int) -> str:
    """Mean, first eigenfaces, and both faces rebuilt from more and more of them."""
    eigen = cvcore.face_verification.history.load_eigenfaces()
    to_grey = cvcore.face_verification.history.to_grey
    basis = [to_img(_enlarge(to_grey(eigen.mean)), "mean face")]
    basis += [to_img(_enlarge(_to_signed(row)), "eigenface") for row in eigen.components[:6]]
    strip = "".join(f"<figure class='small'>{img}</figure>" for img in basis)
    counts = sorted({*(count for count in COUNTS if count < components), components})
    rows = []
    for face in (face_a, face_b):
        coefficients = eigen.project(face.crop)
        cells = [f"<figure class='small'>{to_img(face.crop)}<figcaption>face"
                 "</figcaption></figure>"]  # fmt: skip
        cells += [
            f"<figure class='small'>{to_img(_enlarge(eigen.rebuild(coefficients[:k])))}"
            f"<figcaption>from {k}</figcaption></figure>"
            for k in counts
        ]
        rows.append(f'<div class="row">{"".join(cells)}</div>')
    return (
        "<h3>Eigenfaces: a face as the mean face plus so much of each eigenface</h3>"
        f'<div class="row">{strip}</div>{"".join(rows)}'
        '<p class="soft">The first eigenfaces are mostly light from the left, the right, above: '
        "what differs most between pictures is not who is in them.</p>"
    )


def draw_lbp(face_a: Face, face_b: Face) -> str:
    """The pattern of every pixel, and how different the histograms of each cell are."""
    history = cvcore.face_verification.history
    codes = [history.local_binary_patterns(history.to_luma(f.crop)) for f in (face_a, face_b)]
    a, b = (history.lbp_histogram(face.crop) for face in (face_a, face_b))
    total = a + b
    chi = np.divide((a - b) ** 2, total, out=np.zeros_like(total), where=total > 0).sum(-1) / 2
    heat = drawing.draw_heatmap(face_a.crop, chi, opacity=0.6, vmin=0)
    pictures = [*(np.repeat(code[..., None], 3, -1) for code in codes), heat]
    texts = ("A: each pixel's pattern", "B: each pixel's pattern", "where the cells differ")
    cells = "".join(
        f"<figure>{to_img(picture)}<figcaption>{text}</figcaption></figure>"
        for picture, text in zip(pictures, texts, strict=True)
    )
    return (
        "<h3>Local binary patterns: which of the eight neighbours are lighter?</h3>"
        f'<div class="row">{cells}</div><p class="soft">Eight answers make a number from 0 to 255; '
        "each of 7 x 7 cells counts its numbers, and the counts are compared.</p>"
    )


def draw_losses(similarity: float, losses: dict[str, float]) -> str:
    """Three curves of loss by distance, for a same and a different pair, with this pair on them."""
    history = cvcore.face_verification.history
    distances = np.linspace(0, FARTHEST, 86)
    cosines = 1 - distances**2 / 2
    to_stranger, to_blurred = losses["distance_to_stranger"], losses["distance_to_blurred"]
    plots = (
        ("Contrastive, margin 1.2", "contrastive",
         [history.contrastive_loss(distances, flag) for flag in (True, False)]),
        ("Triplet, margin 0.2", "triplet",
         [history.triplet_loss(distances, to_stranger),
          history.triplet_loss(to_blurred, distances)]),
        ("Binary cross-entropy", "cross_entropy",
         [history.cross_entropy_loss(cosines, flag) for flag in (True, False)]),
    )  # fmt: skip
    drawn = [
        _draw_loss(
            title, distances, curves, losses["distance"],
            [losses[f"{name}_same"], losses[f"{name}_different"]],
        )
        for title, name, curves in plots
    ]  # fmt: skip
    return (
        "<h3>The siamese idea: one network for both faces, and a loss on the two embeddings</h3>"
        "<p>The loss if the pair is one person’s, and if it is not. The dots are this pair, at "
        f"distance {number(losses['distance'])}.</p>"
        f'<div class="losses">{"".join(drawn)}</div>'
        '<p class="soft">Distances and losses of SFace. Contrastive: pull one person’s faces '
        "together, push others beyond the margin. Triplet: A nearer to a picture of the same "
        "person than to a stranger by the margin; if B is the same person, the stranger is the "
        f"sample {escape(title_of(losses['stranger']))}, and if B is the stranger, the other "
        "picture of A is A, blurred. Cross-entropy: −log of the right answer’s probability.</p>"
    )


def _draw_loss(
    title: str, distances: np.ndarray, curves: list[np.ndarray], at: float, dots: list[float]
) -> str:
    """A loss by distance, if the same and if not, with this pair on both curves."""
    names = (("if the same", charts.GREEN), ("if different", charts.VERMILION))
    lines = [
        charts.Line(name, distances, curve, colour, note=number(dot))
        for (name, colour), curve, dot in zip(names, curves, dots, strict=True)
    ]
    place = min(at, FARTHEST)
    pair = charts.Points("this pair", [place, place], dots, charts.BLUE)
    return charts.draw_chart(
        [*lines, pair],
        title=title,
        x=charts.Axis("distance", 0, FARTHEST),
        y=charts.Axis("loss", low=0),
        size=charts.NARROW,
    )


def draw_networks() -> str:
    """VGGFace and FaceNet told, and what was published on LFW beside what was measured here."""
    rows = "".join(
        f"<tr><td>{one.date}</td><td>{escape(one.name)}</td><td><b>{one.accuracy:.2f}</b></td>"
        f"<td>{escape(one.learnt)}</td><td>{escape(one.source)}</td></tr>"
        for one in PUBLISHED
    )
    own = (
        f'<tr class="own"><td>here</td><td>SFace as this page runs it</td><td><b>{OWN:.1f}</b></td>'
        "<td>as OpenCV’s, below; 8-bit weights, MTCNN’s landmarks, and the mirrored face, too</td>"
        "<td>measured: 6,000 pairs of LFW drawn anew, ten folds</td></tr>"
    )
    return (
        "<h3>From naming people to comparing them</h3>"
        '<p class="told"><b>VGGFace</b> learnt to name '
        "2,622 people, as a classifier does, and was then tuned with triplets; the layer before "
        "the names is the embedding. <b>FaceNet</b> left names out: it learnt the distance itself, "
        "from triplets whose negatives are semi-hard, and 128 numbers a face were enough. Later "
        "losses name people again, with a margin between the classes, on vectors of length 1: no "
        "triplets need to be searched for.</p>"
        '<div class="published" tabindex="0" role="region" aria-label="Published accuracy on LFW">'
        "<table><thead><tr><th>date</th><th>network</th><th>% right on LFW</th>"
        f"<th>learnt from</th><th>source</th></tr></thead><tbody>{own}{rows}</tbody></table></div>"
        '<p class="soft">At about 99.8 % LFW is saturated: a few of its 6,000 pairs are labelled '
        "wrongly. Face detectors, crops and, in the first row, the pairs themselves differ: a few "
        "tenths of a percent do not rank these networks.</p>"
    )


def _to_signed(row: np.ndarray) -> np.ndarray:
    side = int(np.sqrt(len(row)))
    return drawing.colourise(row.reshape(side, side), colormap="diverging")


def _enlarge(picture: np.ndarray) -> np.ndarray:
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    return images.resize(picture, (112, 112))


def build(lazy: lesson.LazyTabs, choices: Choices) -> None:
    c = choices
    with lazy.tab.stage.controls(TITLE, first=True):
        ui.Radio(
            [(title, name) for name, title in PARTS.items()], value="methods", label="Look at",
            elem_id="face-history-part",
        )  # fmt: skip
        components = ui.Slider(1, EIGENFACES, EIGENFACES, step=1, label="Eigenfaces used")
    with lazy.tab.stage.view(TITLE) as section:
        html = gr.HTML(label="methods", elem_id="face-history")
        numbers = gr.JSON(visible=False, label="numbers")
    add_view(
        lazy, TITLE, section, show_history, [c.a, c.b, components, c.detector], [html, numbers],
        api_name="face_verification_history", follows=c.changes, controls=[components.release],
    )  # fmt: skip
