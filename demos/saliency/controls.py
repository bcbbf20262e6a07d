"""The settings of the saliency tab and the controls that set them."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import gradio as gr

from cvcore.probes import stages
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.saliency import get_method
from cvcore.saliency.perturbation import FILLS
from cvcore.saliency.pixel_differences import COLOURS
from demos import components as ui
from demos.saliency.classes import FIRST_CHOICE, NO_CLASS, to_classes
from demos.saliency.views import COLORMAPS, Look

DEFAULT_METHOD = "grad_cam"
CAMS = (
    "grad_cam", "grad_cam_plus_plus", "layer_cam", "xgrad_cam", "eigen_cam",
    "ablation_cam", "smooth_grad_cam_plus_plus", "score_cam",
)  # fmt: skip
FUSED = CAMS[:5]
PIXELS = "pixel_differences"
NOISY = ("smoothgrad", "smooth_grad_cam_plus_plus")
AMOUNTS = (0.1, 0.2, 0.4)
LAST_LAYER = len(stages.SIDES) - 1  # of the bundled network


@dataclass(frozen=True)
class Settings:
    """What is explained, how the map is laid over the picture, and what each method takes."""

    class_idx: int = FIRST_CHOICE  # 0 to 999
    minus_class: int = NO_CLASS  # 0 to 999
    model: str = DEFAULT_MODEL
    opacity: float = Look.opacity
    colormap: str = Look.colormap
    full_at: float = Look.full_at
    layer: int = LAST_LAYER  # a place of the slider, 0 to 8
    fuse: bool = False
    channels: int = 320  # feature maps, 16 to 1280
    window: int = 16  # pixels, 4 to 96
    stride: int = 8  # pixels, 2 to 64
    fill: str = FILLS[0]
    zoom: int = 16  # pixels a side of the window, 4 to 108
    across: float = 0.5  # where the window's middle is, a share of the square, 0 to 1
    down: float = 0.5
    amounts: tuple[float, ...] = (0.1, 0.2, 0.4)  # of a range of 1
    colours: str = COLOURS[0]
    cells: int = 56  # patches a side, 7 to 112
    delta: float = 0.2  # of a range of 1, 0.05 to 1
    masks: int = 1000  # 100 to 4000
    mask_cells: int = 7  # a side, 3 to 28
    keep: float = 0.5  # share of cells, 0.1 to 0.9
    samples: int = 32  # noisy copies, 4 to 128
    noise: float = 0.15  # of a range of 1, 0 to 0.5
    steps: int = 32  # 4 to 256

    @property
    def look(self) -> Look:
        return Look(self.opacity, self.colormap, self.full_at)

    @property
    def classes(self) -> dict[str, int | None]:
        """The classes, as ``cvcore.saliency.explain`` takes them."""
        return to_classes(self.class_idx, self.minus_class)

    def work(self, method: str) -> dict[str, Any]:
        """What a method takes, as ``cvcore.saliency.explain`` does."""
        takes_layer = get_method(method).has_layer
        chosen = {
            row.keyword or row.name: getattr(self, row.name)
            for row in METHOD_SETTINGS
            if method in row.methods
        }
        if method == PIXELS:
            amounts = chosen["amounts"]
            chosen["amounts"] = tuple(amounts) if isinstance(amounts, (list, tuple)) else amounts
        if takes_layer:
            fuse = chosen.pop("fuse", False)
            chosen["layer"] = to_layers(chosen["layer"], self.model, fuse=fuse)
        return chosen


DEFAULTS = Settings()


@dataclass(frozen=True)
class MethodSetting:
    """A control and what it sets."""

    name: str  # of the field of ``Settings``
    label: str
    methods: tuple[str, ...]
    limits: tuple[float, float, float] | None = None  # of a slider: least, most, step
    choices: tuple[Any, ...] = ()
    is_more: bool = False  # under "More"
    keyword: str = ""  # of ``cvcore.saliency.explain``, where it is another word

    def build(self) -> Any:
        value = getattr(DEFAULTS, self.name)
        name = f"saliency-{self.name.replace('_', '-')}"
        if isinstance(value, tuple):
            return ui.CheckboxGroup(
                [(f"{one:g}", one) for one in self.choices], value=list(value), label=self.label,
                elem_id=name,
            )  # fmt: skip
        if self.name == "colours":
            return ui.Dropdown(
                [("all three together", "together"), ("each by itself", "each")], value=value,
                label=self.label, elem_id=name, elem_classes=["beside"],
            )  # fmt: skip
        if self.choices:
            return ui.Radio(list(self.choices), value=value, label=self.label)
        if self.limits is None:
            return gr.Checkbox(value, label=self.label)
        low, high, step = self.limits
        return ui.Slider(low, high, value, step=step, label=self.label, elem_id=name)


METHOD_SETTINGS = (
    MethodSetting("layer", "Layer, from early (0) to late (8)", CAMS, (0, LAST_LAYER, 1)),
    MethodSetting("fuse", "Fuse with all later layers: the greatest of the scaled maps", FUSED),
    MethodSetting("channels", "Feature maps used, those with the greatest spread first",
                  ("ablation_cam", "score_cam"), (16, 1280, 16)),
    MethodSetting("zoom", "Window, pixels a side", (PIXELS,), (4, 108, 4), keyword="window"),
    MethodSetting("amounts", "Changed by, up and down", (PIXELS,),
                  choices=AMOUNTS),
    MethodSetting("colours", "Colours", (PIXELS,), choices=COLOURS),
    MethodSetting("window", "Window, pixels", ("occlusion",), (4, 96, 4)),
    MethodSetting("stride", "Stride, pixels", ("occlusion",), (2, 64, 2)),
    MethodSetting("fill", "Covered with", ("occlusion",), choices=FILLS),
    MethodSetting("cells", "Patches a side", ("up_and_down",), (7, 112, 7)),
    MethodSetting("delta", "Change, of a range of 1", ("up_and_down",), (0.05, 1, 0.05)),
    MethodSetting("masks", "Random masks", ("rise",), (100, 4000, 100)),
    MethodSetting("mask_cells", "Cells of a mask, a side", ("rise",), (3, 28, 1), keyword="cells"),
    MethodSetting("keep", "Share of cells left open", ("rise",), (0.1, 0.9, 0.05)),
    MethodSetting("samples", "Noisy copies", NOISY, (4, 128, 4)),
    MethodSetting("noise", "Noise, of a range of 1", NOISY, (0, 0.5, 0.01)),
    MethodSetting("steps", "Steps from black to the picture", ("integrated_gradients",),
                  (4, 256, 4)),
    # these last, as they stand under "More"
    MethodSetting("across", "Window's middle, from the left", (PIXELS,), (0, 1, 0.01),
                  is_more=True),
    MethodSetting("down", "Window's middle, from the top", (PIXELS,), (0, 1, 0.01), is_more=True),
)  # fmt: skip


IN_WINDOW = tuple(row.name for row in METHOD_SETTINGS if PIXELS in row.methods)


def _get_event(part: Any) -> Any:
    return part.release if isinstance(part, ui.Slider) else part.input


@dataclass(frozen=True)
class MethodControls:
    """The controls of what each method takes."""

    parts: dict[str, Any]  # by field of ``Settings``
    groups: tuple[gr.Column, ...]  # as ``show_settings`` answers
    layer_name: gr.HTML  # which layer is meant

    def list_events(self) -> list[Any]:
        """When a visitor has changed one of those that act at once."""
        return [_get_event(part) for name, part in self.parts.items() if name not in IN_WINDOW]

    @property
    def window(self) -> list[Any]:
        """What is set before Explain is pressed: it says first how long it will take."""
        return [self.parts[name] for name in IN_WINDOW]

    def list_window_events(self) -> list[Any]:
        """When a visitor has changed one of those."""
        return [_get_event(part) for part in self.window]


def list_groups(*, is_more: bool) -> list[tuple[tuple[str, ...], list[MethodSetting]]]:
    """The settings that are shown together, and for which methods: in the rail, or under "More"."""
    rows = [row for row in METHOD_SETTINGS if row.is_more == is_more]
    return [(methods, list(some)) for methods, some in groupby(rows, lambda row: row.methods)]


def build_method_controls() -> MethodControls:
    """Controls for every method, those of the first shown; each keeps its value when hidden."""
    parts, groups, layer_name = {}, [], None
    for methods, rows in list_groups(is_more=False):
        with gr.Column(visible=DEFAULT_METHOD in methods) as group:
            parts |= {row.name: row.build() for row in rows}
            if layer_name is None:
                layer_name = gr.HTML(
                    describe_layer(DEFAULTS.layer, DEFAULTS.model),
                    elem_id="saliency-layer-name",
                )
        groups.append(group)
    return MethodControls(parts, tuple(groups), layer_name)


def add_more(methods: MethodControls) -> MethodControls:
    """The same with what stands under "More", which is made here."""
    parts, groups = dict(methods.parts), list(methods.groups)
    for names, rows in list_groups(is_more=True):
        with gr.Column(visible=DEFAULT_METHOD in names) as group:
            parts |= {row.name: row.build() for row in rows}
        groups.append(group)
    return MethodControls(parts, tuple(groups), methods.layer_name)


def build_opacity() -> ui.Slider:
    return ui.Slider(0, 1, DEFAULTS.opacity, step=0.05, label="Opacity")


def build_look() -> dict[str, Any]:
    """How else the map is laid over the picture, by field of ``Settings``."""
    d = DEFAULTS
    colormap = ui.Dropdown(list(COLORMAPS), value=d.colormap, label="Colours")
    full_at = ui.Slider(0.05, 1, d.full_at, step=0.05, label="Colour range")
    return {"colormap": colormap, "full_at": full_at}


def show_settings(method: str) -> list[Any]:
    """Show the groups of the settings that a method takes, hide the others."""
    get_method(method)
    groups = [*list_groups(is_more=False), *list_groups(is_more=True)]
    return [gr.update(visible=method in methods) for methods, _ in groups]


def describe_layer(layer: int, model: str) -> str:
    """Which layer of a model a place of the slider stands for."""
    if model == DEFAULT_MODEL:
        return stages.name_stage([*stages.SIDES][layer])
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
