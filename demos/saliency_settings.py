"""What can be set for a map: one row a setting, its control in the page, its word for the API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from itertools import groupby
from typing import Any

import gradio as gr

from cvcore.classification import DEFAULT_MODEL
from cvcore.saliency import get_method
from cvcore.saliency.perturbation import FILLS
from demos import ui
from demos.saliency_views import COLORMAPS, Look

CAMS = ("grad_cam", "grad_cam_plus_plus", "layer_cam", "score_cam")
FUSED = CAMS[:3]
LAST_LAYER = 8
# The layers that the slider goes through, of the bundled network.
LAYERS = (
    "stem, 112 x 112 cells",
    "stage 1, 112 x 112 cells",
    "stage 2, 56 x 56 cells",
    "stage 3, 28 x 28 cells",
    "stage 4, 14 x 14 cells",
    "stage 5, 14 x 14 cells",
    "stage 6, 7 x 7 cells",
    "stage 7, 7 x 7 cells",
    "head, 7 x 7 cells",
)


@dataclass(frozen=True)
class Setting:
    """A control and what it sets."""

    name: str  # of the API's argument
    label: str
    value: Any
    methods: tuple[str, ...]
    limits: tuple[float, float, float] | None = None  # of a slider: least, most, step
    choices: tuple[str, ...] = ()
    keyword: str = ""  # of ``cvcore.saliency.explain``, where it is another word

    def build(self) -> Any:
        if self.choices:
            return ui.Radio(list(self.choices), value=self.value, label=self.label)
        if self.limits is None:
            return gr.Checkbox(self.value, label=self.label)
        low, high, step = self.limits
        name = f"saliency-{self.name.replace('_', '-')}"
        return ui.Slider(low, high, self.value, step=step, label=self.label, elem_id=name)


SETTINGS = (
    Setting("layer", "Layer, from early (0) to late (8)", LAST_LAYER, CAMS, (0, LAST_LAYER, 1)),
    Setting("fuse", "Fuse with all later layers: the greatest of the scaled maps", False, FUSED),
    Setting("channels", "Feature maps used, those with the greatest spread first", 320,
            ("score_cam",), (16, 1280, 16)),
    Setting("window", "Window, pixels", 16, ("occlusion",), (4, 96, 4)),
    Setting("stride", "Stride, pixels", 8, ("occlusion",), (2, 64, 2)),
    Setting("fill", "Covered with", "black", ("occlusion",), choices=FILLS),
    Setting("cells", "Patches a side", 56, ("up_and_down",), (7, 112, 7)),
    Setting("delta", "Change, of a range of 1", 0.2, ("up_and_down",), (0.05, 1, 0.05)),
    Setting("masks", "Random masks", 1000, ("rise",), (100, 4000, 100)),
    Setting("mask_cells", "Cells of a mask, a side", 7, ("rise",), (3, 28, 1), keyword="cells"),
    Setting("keep", "Share of cells left open", 0.5, ("rise",), (0.1, 0.9, 0.05)),
    Setting("samples", "Noisy copies", 32, ("smoothgrad",), (4, 128, 4)),
    Setting("noise", "Noise, of a range of 1", 0.15, ("smoothgrad",), (0, 0.5, 0.01)),
    Setting("steps", "Steps from black to the picture", 32, ("integrated_gradients",),
            (4, 256, 4)),
)  # fmt: skip
LOOK = {"opacity": 0.6, "colormap": COLORMAPS[0], "full_at": 1.0}


@dataclass(frozen=True)
class Settings:
    """The controls of all settings, the groups that show those of a method, and a line that says
    which layer is meant."""

    controls: tuple[Any, ...]
    groups: tuple[gr.Group, ...]
    layer_name: gr.HTML

    @property
    def layer(self) -> Any:
        return self.controls[0]


def build_settings(method: str) -> Settings:
    """Controls for every method, those of ``method`` shown; each keeps its value when hidden."""
    controls, groups, layer_name = [], [], None
    for methods, rows in groupby(SETTINGS, lambda row: row.methods):
        with gr.Group(visible=method in methods) as group:
            controls += [row.build() for row in rows]
            if layer_name is None:
                layer_name = gr.HTML(
                    describe_layer(LAST_LAYER, DEFAULT_MODEL),
                    padding=True,
                    elem_id="saliency-layer-name",
                )
        groups.append(group)
    return Settings(tuple(controls), tuple(groups), layer_name)


def show_settings(method: str) -> list[Any]:
    """Show the groups of the settings that a method takes, hide the others."""
    get_method(method)
    shown = [method in methods for methods, _ in groupby(SETTINGS, lambda row: row.methods)]
    return [gr.update(visible=is_shown) for is_shown in shown]


def describe_layer(layer: int, model: str) -> str:
    """Which layer of a model a place of the slider stands for."""
    if model == DEFAULT_MODEL:
        return LAYERS[layer]
    from cvcore.saliency import cams  # loads PyTorch

    return cams.name_layer(model, cams.find_layer(model, layer / LAST_LAYER))


def to_layers(layer: int, model: str, *, fuse: bool = False) -> int | tuple[int, ...]:
    """A place of the slider as a layer of a model; with ``fuse`` all from there on."""
    if model == DEFAULT_MODEL:
        return tuple(range(layer, LAST_LAYER + 1)) if fuse else layer
    from cvcore.saliency import cams

    places = range(layer, LAST_LAYER + 1 if fuse else layer + 1)
    layers = tuple(dict.fromkeys(cams.find_layer(model, at / LAST_LAYER) for at in places))
    return layers if fuse else layers[0]


def choose_settings(method: str, values: dict[str, Any], model: str) -> dict[str, Any]:
    """Of all controls' values, what ``cvcore.saliency.explain`` takes for a method."""
    takes_layer = get_method(method).has_layer
    chosen = {
        row.keyword or row.name: values[row.name] for row in SETTINGS if method in row.methods
    }
    if takes_layer:
        chosen["layer"] = to_layers(chosen["layer"], model, fuse=chosen.pop("fuse", False))
    return chosen


def with_controls(handler: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """A handler that ends in ``look`` and ``settings``, as one that takes the values of the look's
    and all settings' controls one by one: so that callers of the API know each by its name."""
    own = list(signature(handler).parameters.values())[:-2]
    defaults = LOOK | {row.name: row.value for row in SETTINGS}
    kind = Parameter.POSITIONAL_OR_KEYWORD
    more = [Parameter(name, kind, default=value) for name, value in defaults.items()]
    plain = Signature([*own, *more])

    @wraps(handler)
    def gathered(*args: Any, **kwargs: Any) -> Iterator[Any]:
        bound = plain.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        look = Look(**{name: given.pop(name) for name in LOOK})
        settings = {row.name: given.pop(row.name) for row in SETTINGS}
        yield from handler(**given, look=look, settings=settings)

    gathered.__signature__ = plain
    return gathered
