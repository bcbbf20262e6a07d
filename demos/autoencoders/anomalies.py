"""The view "Anomalies": taught one digit, what comes back badly is none of it."""

from typing import Any

import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos.autoencoders.controls import ANOMALIES, AnomalySettings, teach_one
from demos.autoencoders.pictures import draw_figure, draw_forming, say_wait, tell_stopped
from demos.autoencoders.session import KNOWN, Session
from demos.lesson import charts

NO_MODEL = "The network for this is not trained yet: press Start, and wait for its end."
BINS = 36


def find(session: Session, settings: AnomalySettings) -> Any:
    """Errors of known and unknown digits, and the ROC; ``InputError`` without a network for it."""
    model = session.model(KNOWN)
    if model is None:
        raise InputError(NO_MODEL)
    threshold = settings.threshold or None
    return cvcore.autoencoders.detect_anomalies(model, threshold=threshold)


def draw(session: Session) -> tuple[dict[str, Any]]:
    """The histogram, the ROC, and one's own drawing; or the network as it forms."""
    settings, p = session.settings[ANOMALIES], session.states.get(KNOWN)
    name = f"Autoencoder taught {int(settings.known)}s alone"
    if p is None:
        return ({"html": say_wait(session, KNOWN, f"{name}: the training begins …")},)
    if session.model(KNOWN) is None:
        note = (
            "This view needs a network of its own, which sees one kind of digit alone: it trains "
            "now, a few seconds."
        )
        return ({"html": draw_forming(p, name, note)},)
    found = find(session, settings)
    own = judge_drawing(session, found)
    html = (
        f'<div class="ae ae-anomalies">{tell_stopped(session, KNOWN)}'
        f"{draw_sentence(found, own)}{draw_histogram(found, own)}"
        f'<div class="ae-beside">{draw_roc(found)}{draw_own(own)}</div></div>'
    )
    return ({"html": html, **to_numbers(found, own)},)


def judge_drawing(session: Session, found: Any) -> dict[str, Any] | None:
    """The drawing's error; None before anything is drawn."""
    if session.digit is None:
        return None
    model = session.model(KNOWN)
    error = float(model.measure_errors(session.digit[None])[0])
    rebuilt = model.rebuild(session.digit[None])[0]
    return {
        "digit": session.digit, "rebuilt": rebuilt, "error": error, "is_anomaly": found.judge(error)
    }  # fmt: skip


def draw_sentence(found: Any, own: dict[str, Any] | None) -> str:
    """How good it is at this threshold."""
    words = (
        f"AUC <b>{found.auc:.3f}</b> · threshold {found.threshold:.4f}: "
        f"<b>{charts.percent(round(found.hit_rate, 3))}</b> of the unknown found, "
        f"<b>{charts.percent(round(found.false_alarm_rate, 3))}</b> false alarms"
    )
    if own is not None:
        article = "an" if found.only == 8 else "a"
        judged = "an anomaly" if own["is_anomaly"] else f"taken for {article} {found.only}"
        words += f" · your drawing: <b>{judged}</b>"
    return f'<div class="ae-status"><p role="status">{words}</p></div>'


def draw_histogram(found: Any, own: dict[str, Any] | None) -> str:
    """Errors of both kinds as shares of each, the threshold, and the drawing's error."""
    high = float(np.quantile(np.concatenate([found.known, found.unknown]), 0.995))
    high = max(high, 1.05 * found.threshold, 1.05 * own["error"] if own else 0.0)
    edges = np.linspace(0, high, BINS + 1)
    at, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    parts: list[Any] = [
        charts.Bars(name, at, np.histogram(np.clip(errors, 0, high), edges)[0] / len(errors),
                    colour, width=0.9 * width)
        for name, errors, colour in (
            (f"known: {found.only}", found.known, charts.BLUE),
            ("unknown: all others", found.unknown, charts.VERMILION),
        )
    ]  # fmt: skip
    parts.append(charts.Mark(found.threshold, "threshold"))
    if own is not None:
        parts.append(charts.Mark(own["error"], "your drawing", is_arrow=True))
    return charts.draw_chart(
        parts, title="Errors of held-back digits",
        x=charts.Axis("squared error a pixel", low=0, high=high),
        y=charts.Axis("share of the kind", low=0, text=charts.percent), size=(760, 215),
        legend=True,
    )  # fmt: skip


def draw_roc(found: Any) -> str:
    """Hits against false alarms, and where the threshold stands on it."""
    curve = charts.Line("ROC", found.false_alarms, found.hits, charts.BLUE, dash=0)
    chance = charts.Line("guessing", [0, 1], [0, 1], charts.GREY, dash=1)
    here = charts.Points(
        "threshold", [found.false_alarm_rate], [found.hit_rate], charts.VERMILION, size=9
    )
    return charts.draw_chart(
        [here, curve, chance], title=f"ROC, AUC {found.auc:.3f}",
        x=charts.Axis("false alarms", low=0, high=1, text=charts.percent),
        y=charts.Axis("hits", low=0, high=1, text=charts.percent), size=(440, 235), legend=True,
    )  # fmt: skip


def draw_own(own: dict[str, Any] | None) -> str:
    """The drawing and what came back, or what to do."""
    if own is None:
        return (
            '<div class="ae-own"><p class="ae-hint">Draw a digit on the pad: its error is marked '
            "in the histogram.</p></div>"
        )
    return (
        '<div class="ae-own ae-two">'
        + draw_figure(own["digit"], "your drawing")
        + draw_figure(own["rebuilt"], "rebuilt", f"error {own['error']:.3f}")
        + "</div>"
    )


def to_numbers(found: Any, own: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "known": found.only, "auc": found.auc, "threshold": found.threshold,
        "hit_rate": found.hit_rate, "false_alarm_rate": found.false_alarm_rate,
        "drawing": own and {"error": own["error"], "is_anomaly": own["is_anomaly"]},
    }  # fmt: skip


def set_up(session: Session, settings: AnomalySettings) -> bool:
    """Teach the one digit where it is not known; True where it was asked for."""
    known = teach_one(settings.known)
    session.settings[ANOMALIES] = settings
    return session.ask(KNOWN, known)
