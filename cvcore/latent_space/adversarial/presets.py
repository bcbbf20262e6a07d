"""Games that show one thing each; without PyTorch."""

from dataclasses import dataclass

from cvcore.latent_space.adversarial.settings import Settings


@dataclass(frozen=True)
class Preset:
    """A game, and what to look for in it."""

    title: str
    settings: Settings
    look_for: str


PRESETS = {
    "healthy": Preset(
        "healthy",
        Settings(),
        "Look for: the cloud splits over all eight modes; where the points lie D comes to answer "
        "about 0.5, and the arrows shrink.",
    ),
    "collapse": Preset(
        "mode collapse",
        Settings(rate_d=1e-3, rate_g=2e-2, seed=2),
        "Look for: G outruns D and puts nearly all its points in one place; once D rejects them "
        "there, they all jump to another.",
    ),
    "oscillation": Preset(
        "oscillation",
        Settings(rate_g=1e-2, momentum=0.9),
        "Look for: with much momentum both overshoot; D(G(z)) swings up and down, the cloud chases "
        "D’s blue places and settles on none.",
    ),
    "vanishing": Preset(
        "vanishing gradient",
        Settings(loss="minimax", rate_d=1e-2, rate_g=5e-5, d_steps=5, steps=400),
        "Look for: D(G(z)) is 0 where minimax is flat, so no arrow is left and G stands still; "
        "choose non-saturating while it runs, and they are back.",
    ),
    "strong": Preset(
        "D too strong",
        Settings(rate_d=2e-2, rate_g=1e-4, d_steps=5, steps=400),
        "Look for: D is sure of all: D(x) near 1, D(G(z)) near 0, G’s loss high. Whatever G tries "
        "is found out: long arrows, but only a mode or two.",
    ),
    "digits": Preset(
        "digits",
        Settings(data="digits", rate_d=1e-3, batch_size=64),
        "Look for: strokes after some 200 steps, digits of several kinds after 1,000; the rims "
        "say which of them D takes for real.",
    ),
}
