"""The view "VAE": means and variances, both loss terms, and the plane of latents."""

from typing import Any

import numpy as np

import cvcore
from cvcore.autoencoders.progress import Progress
from cvcore.core.errors import InputError
from demos import components as ui
from demos.autoencoders.controls import BETWEEN, CODES, VAE, VaeSettings
from demos.autoencoders.pictures import (
    DOTTED,
    SOLID,
    draw_image,
    draw_status,
    say_wait,
    thin,
    to_axis,
    to_bytes,
    to_epochs,
)
from demos.autoencoders.session import VARIATIONAL, Session
from demos.lesson import charts

SIDE = 15  # pictures a side of the plane
CORNERS = (0, 1, 7)  # held-back digits; the fourth is the picture that is looked at
POINTS = 220  # codes on it
SIZE = (310, 225)
LOOK_FOR = (
    '<p class="ae-words"><b>Look for:</b> with a small β the kinds lie far apart, with gaps '
    "between them; with a large one all codes gather at N(0, 1), and the decoder makes much the "
    "same blurred picture of each: <b>posterior collapse</b>.</p>"
)
NO_MODEL = "No VAE is trained yet: press Start, and wait for its end."
COLLAPSED = 0.02  # nats: a unit below says nothing of the picture
NAMES = ("z₁", "z₂")


def draw(session: Session) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """The curves, the plane, and the numbers of one picture."""
    p = session.states.get(VARIATIONAL)
    if p is None:
        words = "The training of a VAE begins …"
        return {"html": say_wait(session, VARIATIONAL, words)}, {}, {"html": ""}
    html = (
        f'<div class="ae ae-vae">{draw_status(p, describe(p), result=say_terms(p))}'
        f"{draw_reconstruction(p)}{draw_kl(p)}</div>"
    )
    sampled = {"html": f'<div class="ae">{draw_sampling(session)}</div>'}
    return {"html": html, **to_numbers(p)}, draw_plane(session, p), sampled


def describe(p: Progress) -> str:
    return f"VAE, {p.settings.bottleneck} numbers, β {p.settings.beta:g}"


def say_terms(p: Progress) -> str:
    """Both terms as they stand, and how many units have collapsed."""
    if not len(p.validation_kl):
        return ""
    kl = p.validation_kl[-1]
    words = f"reconstruction <b>{p.validation_reconstruction[-1]:.1f}</b>, KL <b>{kl.sum():.2f}</b>"
    collapsed = int((kl < COLLAPSED).sum())
    if collapsed and p.step > p.total // 4:
        words += f", <b>{collapsed} of {len(kl)} numbers collapsed</b>"
    return words


def draw_reconstruction(p: Progress) -> str:
    at, values = thin(p.reconstruction)
    lines = [
        charts.Line("held back", to_epochs(p, p.validation_steps), p.validation_reconstruction,
                    charts.VERMILION, dash=SOLID),
        charts.Line("training", to_epochs(p, at), values, charts.BLUE, dash=DOTTED),
    ]  # fmt: skip
    unit = "nats" if p.settings.loss == "bce" else "squares"
    return charts.draw_chart(
        lines, title="Reconstruction", x=to_axis(p.settings.epochs),
        y=charts.Axis(f"{unit} a picture"), size=SIZE, legend=True,
    )  # fmt: skip


def draw_kl(p: Progress) -> str:
    """The KL term, before its weight and with it."""
    lines = []
    for name, values, colour in (
        ("KL", p.kl, charts.GREEN), ("β × KL", p.beta * p.kl, charts.PURPLE)
    ):  # fmt: skip
        at, means = thin(values)
        lines.append(charts.Line(name, to_epochs(p, at), means, colour))
    return charts.draw_chart(
        lines, title="KL divergence", x=to_axis(p.settings.epochs),
        y=charts.Axis("nats a picture", low=0), size=SIZE, legend=True,
    )  # fmt: skip


# --- the plane -----------------------------------------------------------------------------------
def draw_plane(session: Session, p: Progress) -> dict[str, Any]:
    """Codes of held-back digits on the plane, or the pictures that are decoded there."""
    settings, model = session.settings[VAE], session.model(VARIATIONAL)
    if model is not None and settings.shows == BETWEEN:
        return draw_between(session, model)
    if model is not None:
        places, pictures = session.remember(
            model, "plane", lambda: cvcore.autoencoders.decode_plane(model, SIDE)
        )
    else:
        places, pictures = getattr(p, "plane_codes", None), getattr(p, "plane", None)
    if places is None or pictures is None:
        return {}
    columns, rows = places[0, :, 0], places[:, 0, 1]
    sprite = ui.to_sprite(to_bytes(pictures.reshape(-1, *pictures.shape[2:])), SIDE, quality=80)
    value = {
        "sprite": sprite,
        "axes": [[NAMES[0], columns.tolist()], [NAMES[1], rows.tolist()]],
    }
    if settings.shows == CODES:
        value |= {"points": place_codes(p, columns, rows), "ground": "dark"}
    return value


def draw_between(session: Session, model: Any) -> dict[str, Any]:
    """What lies between the means of four digits, on the sphere; the last one is what is drawn."""
    chosen = [session.digits()[one] for one in CORNERS]
    chosen.append(session.choose_digit(session.settings[VAE].number))
    means = model.encode(np.stack(chosen))
    _, pictures = cvcore.autoencoders.decode_between(model, means, SIDE)
    rows = to_bytes(pictures.reshape(-1, *pictures.shape[2:]))
    last = "your drawing" if session.digit is not None else "the picture x"
    names = [f"a {one}" for one in CORNERS] + [last]
    return {"sprite": ui.to_sprite(rows, SIDE, quality=80), "corners": names}


def place_codes(p: Progress, columns: np.ndarray, rows: np.ndarray) -> list[list[Any]]:
    """Codes as ``Plane`` takes points, the kinds one after the other; the plane's steps are not
    all as wide, and what lies beyond stands at its edge."""
    middle = (np.arange(SIDE) + 0.5) / SIDE
    chosen = np.linspace(0, len(p.codes) - 1, min(POINTS, len(p.codes))).astype(int)
    across = np.interp(p.codes[chosen, 0], columns, middle)
    down = np.interp(p.codes[chosen, 1], rows[::-1], middle[::-1])
    return [
        [round(float(x), 3), round(float(y), 3), str(label), int(label)]
        for x, y, label in zip(across, down, p.labels[chosen], strict=True)
    ]


# --- the reparameterisation ----------------------------------------------------------------------
def sample_code(session: Session, settings: VaeSettings) -> dict[str, Any]:
    """What the encoder says of the picture, a draw of ε, and the code that comes of both."""
    model = session.model(VARIATIONAL)
    if model is None:
        raise InputError(NO_MODEL)
    digit = session.choose_digit(settings.number)
    means, logs = model.encode_distribution(digit[None])
    draws = np.random.default_rng(int(settings.draw)).normal(size=means.shape)
    codes = cvcore.autoencoders.reparameterise(means, logs, draws.astype(np.float32))
    kl = cvcore.autoencoders.compute_kl(means, logs)
    decoded = model.decode(np.asarray(codes, np.float32))[0]
    return {
        "digit": digit, "decoded": decoded, "mean": means[0], "log_variance": logs[0],
        "deviation": np.exp(logs[0] / 2), "draw": draws[0], "code": codes[0], "kl": kl[0],
    }  # fmt: skip


def draw_sampling(session: Session) -> str:
    """z = μ + σ ⊙ ε with this picture's numbers; the first two of a longer code."""
    if session.model(VARIATIONAL) is None:
        return (
            '<p class="ae-words"><b>Turn β while it runs.</b> The reconstruction wants each '
            "picture at a place of its own; the KL term wants all of them at N(0, 1). The numbers "
            "of one picture stand here once the training is over.</p>"
        )
    seen = sample_code(session, session.settings[VAE])
    heads = ("μ", "log σ²", "σ", "ε", "z", "KL, nats")
    keys = ("mean", "log_variance", "deviation", "draw", "code", "kl")
    rows = "".join(
        f'<tr><th scope="row">{NAMES[i]}</th>'
        + "".join(
            f"<td>{round(float(seen[key][i]), 2) + 0.0:.2f}</td>".replace("-", "−") for key in keys
        )
        + "</tr>"
        for i in range(2)
    )
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    return (
        '<p class="ae-words"><b>z = μ + σ · ε</b>, with ε from N(0, 1); for this picture x:</p>'
        f'<div class="ae-draw"><figure>{draw_image(seen["digit"], "the picture")}<figcaption>x'
        f"</figcaption></figure><table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody>"
        f"</table><figure>{draw_image(seen['decoded'], 'decoded from z')}<figcaption>g(z)"
        f"</figcaption></figure></div>{LOOK_FOR}"
    )


def to_numbers(p: Progress) -> dict[str, Any]:
    kl = p.validation_kl[-1] if len(p.validation_kl) else np.zeros(0)
    return {
        "step": p.step, "total": p.total, "done": p.done, "beta": p.settings.beta,
        "kl": [float(one) for one in kl],
        "collapsed": int((kl < COLLAPSED).sum()),
        "reconstruction": [float(one) for one in p.validation_reconstruction[-1:]],
    }  # fmt: skip


def set_up(session: Session, settings: VaeSettings) -> bool:
    """Train a VAE where there is none, or the bottleneck's or another setting's is another."""
    wanted = settings.plain()
    session.settings[VAE] = settings
    if VARIATIONAL in session.asked and (
        session.is_under_way(VARIATIONAL) or session.model(VARIATIONAL)
    ):
        return session.ask(VARIATIONAL, session.asked[VARIATIONAL])
    return session.ask(VARIATIONAL, wanted)


def steer(session: Session, beta: float) -> None:
    """Turn β of the run that is under way."""
    if session.is_under_way(VARIATIONAL) and VARIATIONAL in session.steering:
        session.steering[VARIATIONAL].set(beta=beta)
