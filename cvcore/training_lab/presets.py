"""Presets: each a lesson of one or several runs, with a sentence on what to look for."""

from dataclasses import dataclass, replace
from typing import Any

from cvcore.training_lab.settings import Settings


@dataclass(frozen=True)
class Preset:
    """Runs to be laid over one another, on the bundled digits."""

    title: str
    look_for: str
    """One sentence."""
    runs: tuple[tuple[str, Settings], ...]
    """Each with its label; they differ in what the preset is about alone."""
    shows: str = "validation_loss"
    """The curve of ``Progress`` in which it is best seen."""


def _vary(base: Settings, name: str, labels: dict[Any, str]) -> tuple[tuple[str, Settings], ...]:
    return tuple((label, replace(base, **{name: value})) for value, label in labels.items())


_OVERFIT = Settings(examples=200, epochs=60, early_stopping=True, stop_patience=8)
_QUICK = Settings(examples=1250, epochs=4)
_RACE = Settings(examples=1250, epochs=6, rate=1e-2)
_DROPOUT = Settings(examples=500, epochs=20)
_ANNEAL = Settings(examples=1250, epochs=12, rate=1e-2)
_DEEP = Settings(network="residual", depth=20, examples=640, epochs=6, batch_size=32)
_NORMS = replace(_DEEP, skips=False)

PRESETS: dict[str, Preset] = {
    "underfit": Preset(
        "Underfit",
        "Both losses stay high and close together: one layer cannot bend, so more passes or more "
        "digits hardly help.",
        (("linear", Settings(network="linear", examples=1250, epochs=8)),),
    ),
    "overfit": Preset(
        "Overfit",
        "The training loss goes to nothing while the validation loss turns upwards; early stopping "
        "finds the turn, and the weights from there are kept.",
        (("200 digits", _OVERFIT),),
    ),
    "rates": Preset(
        "Rate: too small, right, too large",
        "At 0.00001 hardly anything happens, at 0.001 the loss falls steadily, and at 1 it is "
        "thrown about and never comes down.",
        _vary(_QUICK, "rate", {1e-5: "0.00001", 1e-3: "0.001", 1.0: "1"}),
        "training_loss",
    ),
    "optimisers": Preset(
        "Four optimisers from the same start",
        "All four begin with the same weights and see the same digits at the same rate: watch who "
        "comes down first, and what momentum adds to plain SGD.",
        _vary(
            _RACE,
            "optimiser",
            {"sgd": "SGD", "momentum": "momentum", "rmsprop": "RMSprop", "adam": "Adam"},
        ),
        "training_loss",
    ),
    "dropout": Preset(
        "Dropout on and off, five seeds",
        "Compare the two bundles of five, not two single curves: where they overlap, dropout has "
        "not helped here.",
        tuple(
            (f"{label}, seed {seed}", replace(_DROPOUT, dropout=share, seed=seed))
            for share, label in ((0.0, "off"), (0.5, "0.5"))
            for seed in range(5)
        ),
    ),
    "annealing": Preset(
        "Annealing on and off",
        "At the same high rate the first steps are alike; towards the end the annealed run settles "
        "where the other one is still thrown about.",
        _vary(_ANNEAL, "schedule", {"constant": "constant", "cosine": "annealed"}),
    ),
    "residual": Preset(
        "Plain or residual at depth 20",
        "Look at the first layers' gradients at the very start, and which of the two learns at "
        "all: same layers, same numbers to learn, only the skips differ.",
        _vary(_DEEP, "skips", {False: "plain", True: "residual"}),
        "gradient_norms",
    ),
    "norms": Preset(
        "No, batch, layer and group norm",
        "Without a norm the gradients of a plain network of 20 layers are tiny or uneven from "
        "layer to layer at the start; see how each norm evens them out, and what it is worth "
        "as it learns.",
        _vary(
            _NORMS,
            "norm",
            {"none": "no norm", "batch": "batch", "layer": "layer", "group": "group"},
        ),
        "gradient_norms",
    ),
    "zeros": Preset(
        "Zeros as initialisation",
        "All units of a layer stay the same and get no gradient: only the last layer's biases "
        "learn, and the answer is one class for every digit.",
        _vary(_QUICK, "initialisation", {"zeros": "zeros", "he": "He"}),
        "training_loss",
    ),
}
