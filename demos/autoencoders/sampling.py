"""The view "Sampling": codes drawn at random, decoded by a plain autoencoder and by a VAE."""

from typing import Any

import numpy as np

import cvcore
from cvcore.core.checks import check_seed
from cvcore.core.errors import InputError
from demos.autoencoders.controls import SAMPLING, SamplingSettings, check_given, to_whole
from demos.autoencoders.pictures import draw_forming, draw_strip, say_wait, tell_stopped, to_bytes
from demos.autoencoders.session import SAMPLED_PLAIN, SAMPLED_VAE, Session
from demos.lesson import charts

COUNT, COLUMNS = 40, 10
POINTS = 150  # codes of each
SURE = 0.9  # probability from which a sample counts as a digit
CIRCLE = np.linspace(0, 2 * np.pi, 61)
KINDS = ((SAMPLED_PLAIN, "Plain autoencoder"), (SAMPLED_VAE, "VAE"))
FORMING = (
    "Here a plain autoencoder is compared with a VAE of the same size and loss: both train now, "
    "one after the other, a few seconds each."
)
WORDS = {
    "standard": "Codes are drawn from N(0, 1); the circles hold 39 % and 86 % of them. The VAE was "
    "taught to put its codes there, so it has decoded such numbers before. Nobody told the plain "
    "one: what is drawn is unlike any code it knows. With only two numbers this hardly shows. "
    "“Read” is what the digits network is 90 % sure of.",
    "fitted": "Codes are drawn from a normal distribution with mean and covariance of each "
    "network’s own codes. It helps the plain one; yet its codes are no normal distribution, and in "
    "their gaps it has never decoded anything.",
}


def draw(session: Session) -> tuple[dict[str, Any]]:
    """Both networks' codes, and what comes of random ones; or what is still to be trained."""
    for name, title in KINDS:
        if session.model(name) is None:
            p = session.states.get(name)
            if p is None:
                words = f"{title}: the training begins …"
                return ({"html": say_wait(session, name, words)},)
            return ({"html": draw_forming(p, title, FORMING)},)
    settings = session.settings[SAMPLING]
    told = tell_stopped(session, SAMPLED_PLAIN, SAMPLED_VAE)
    columns = "".join(draw_column(session, name, title, settings) for name, title in KINDS)
    html = (
        f'<div class="ae ae-sampling">{told}<div class="ae-columns">{columns}</div>'
        f'<p class="ae-words">{WORDS[settings.prior]}</p></div>'
    )
    return ({"html": html, **to_numbers(session, settings)},)


def draw_column(session: Session, name: str, title: str, settings: SamplingSettings) -> str:
    """One network's samples, and its codes with those that were drawn."""
    samples, drawn = take_samples(session.model(name), settings)
    share = measure_sure(session, name, settings)
    own = session.done[name].codes
    strip = draw_strip(samples, f"{COUNT} samples of the {title}", COLUMNS)
    percent = charts.percent(round(share, 3))
    head = f"<h3>{title} <span>· <b>{percent}</b> are read as digits</span></h3>"
    return f"<section>{head}{strip}{draw_codes(own, drawn)}</section>"


def take_samples(model: Any, settings: SamplingSettings) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 28, 28) and their codes (N, d)."""
    seed = int(check_given(settings.seed, "seed"))
    codes = model.sample_codes(COUNT, prior=settings.prior, seed=seed)
    return model.decode(codes), codes


def measure_sure(session: Session, name: str, settings: SamplingSettings) -> float:
    """The share of samples that the digits network is sure of."""
    model = session.model(name)

    def measure() -> float:
        pictures = to_bytes(take_samples(model, settings)[0])
        return float(np.mean([read_probability(one) >= SURE for one in pictures]))

    return session.remember(model, (settings.prior, settings.seed), measure)


def read_probability(picture: np.ndarray) -> float:
    """The greatest probability of a digit; 0 of an empty picture."""
    try:
        return float(cvcore.recognition.digits.recognise(picture).probabilities.max())
    except InputError:
        return 0.0


def draw_codes(own: np.ndarray, drawn: np.ndarray) -> str:
    """The first two numbers of codes of held-back digits, and of those that were drawn."""
    chosen = np.linspace(0, len(own) - 1, min(POINTS, len(own))).astype(int)
    parts: list[Any] = [
        charts.Points("drawn", drawn[:, 0], drawn[:, 1], charts.VERMILION, size=5),
        charts.Points("digits’ codes", own[chosen, 0], own[chosen, 1], charts.BLUE, size=3),
    ]
    parts += [
        charts.Line(f"{radius:g} σ of N(0, 1)", radius * np.cos(CIRCLE), radius * np.sin(CIRCLE),
                    charts.GREY, dash=0, is_listed=False)
        for radius in (1, 2)
    ]  # fmt: skip
    return charts.draw_chart(
        parts, title="Codes", x="first number", y="second number", size=(440, 215), legend=True
    )


def to_numbers(session: Session, settings: SamplingSettings) -> dict[str, Any]:
    return {
        "prior": settings.prior,
        "codes": {
            name: take_samples(session.model(name), settings)[1].tolist() for name, _ in KINDS
        },
        "sure": {name: measure_sure(session, name, settings) for name, _ in KINDS},
    }


def set_up(session: Session, settings: SamplingSettings) -> bool:
    """Train both where they are not there; True where something was asked for."""
    check_seed(to_whole(check_given(settings.seed, "seed")))
    asked = [
        session.ask(name, settings.plain(name == SAMPLED_VAE))
        for name in (SAMPLED_VAE, SAMPLED_PLAIN)  # the last one goes first
    ]
    session.settings[SAMPLING] = settings
    return any(asked)
