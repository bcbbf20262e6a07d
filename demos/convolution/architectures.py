"""Whole networks: their layers as blocks that unfold, as programs, and what they save."""

import json
from dataclasses import asdict
from urllib.parse import quote

import gradio as gr

from cvcore.convolution import named_models, stack, stack_presets, stack_programs
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.convolution import blocks
from demos.convolution.canvas import Report
from demos.convolution.controls import OWN, follow_presets
from demos.convolution.names import ARCHITECTURES

FIRST_STACK = next(iter(stack.STACKS))
SHOW = LAYERS, TORCH, KERAS, SAVES, NAMED = (
    "Layers", "PyTorch", "Keras", "What it saves", "torchvision",
)  # fmt: skip
FIRST_MODEL = "resnet34"
LANGUAGE = (
    "`input 28x28x1` · `conv 32 3x3 same stride 2 groups 2 no bias` · `depthwise 3x3 padding 1` · "
    "`transposed conv 8 2x2 stride 2` · `max pool 2x2 stride 2` · `global pool` · "
    "`adaptive pool 6x6` · `batch norm` · `upsample 2 bilinear` · `squeeze excite 8` · `flatten` · "
    "`dense 10` · `relu`, `relu6`, `silu`, `sigmoid`, `tanh`, `softmax`, `dropout 0.5`\n\n"
    "Blocks, their lines indented: `residual` (then `shortcut`, where shapes differ) · two or more "
    "`branch`, then `concat` · `repeat 3` · `block NAME`"
)


def show_stack(text: str) -> tuple[str, dict]:
    """A stack of layers as blocks of shapes, parameters and receptive fields: HTML, numbers."""
    rows = stack.describe_stack(text or "")
    layers = [
        {
            **{key: value for key, value in asdict(row).items() if key != "settings"},
            "output_bytes": row.output_bytes, "weight_bytes": row.weight_bytes,
        }
        for row in rows
    ]  # fmt: skip
    numbers = {
        "parameters": sum(row.parameters for row in rows),
        "multiplications": sum(row.multiplications for row in rows),
        "output_bytes": sum(row.output_bytes for row in rows),
        "weight_bytes": sum(row.weight_bytes for row in rows),
        "layers": layers,
    }
    return blocks.draw_stack(rows), numbers


def show_model(name: str = FIRST_MODEL) -> tuple[str, dict]:
    """A classifier of torchvision by its name: its modules as blocks that unfold, and numbers."""
    model = named_models.describe_model(name)
    numbers = {
        "name": model.name, "input_shape": model.input_shape, "parameters": model.parameters,
        "multiplications": model.multiplications, "output_bytes": model.output_bytes,
        "modules": [asdict(one) for one in model.modules],
    }  # fmt: skip
    return blocks.draw_model(model), numbers


def write_program(text: str, library: str = TORCH) -> str:
    """The stack as a program: "PyTorch" or "Keras"."""
    writers = {TORCH: stack_programs.write_torch, KERAS: stack_programs.write_keras}
    if library not in writers:
        raise InputError(f"There is no export for {library!r}: choose {TORCH} or {KERAS}.")
    return writers[library](text or "")


def show(text: str, what: str, name: str) -> tuple[str, dict]:
    """What is chosen to be seen; what cannot be read yet is told in its place as it is typed."""
    try:
        if what == SAVES:
            return blocks.draw_savings(), {}
        if what == NAMED:
            return show_model(name)
        if what in (TORCH, KERAS):
            return _draw_program(write_program(text, what), what), {}
        return show_stack(text)
    except InputError as error:
        return blocks.draw_refusal(str(error)), {}


def _draw_program(program: str, library: str) -> str:
    file = f"network_{library.lower()}.py"
    link = f"data:text/x-python;charset=utf-8,{quote(program)}"
    return blocks.draw_program(program, file, link)


_SIZE = """(text) => text.includes('squeeze excite') ? Math.max(0, SIDES.indexOf(
  Number((/^input (\\d+)x\\1x3\\nconv \\d+ 3x3 padding 1 stride 2/.exec(text) || [])[1]))) : 0"""


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """A network as text, one layer a line, and its blocks."""
    with tab.stage.controls(ARCHITECTURES):
        preset = ui.Dropdown([*stack.STACKS, OWN], value=FIRST_STACK, label="Stack")
        text = gr.Textbox(
            stack.STACKS[FIRST_STACK], lines=7, max_lines=7, label="One layer a line",
            elem_id="convolution-stack-text",
        )  # fmt: skip
        size = ui.Slider(
            0, stack_presets.LARGEST, 0, step=1, label="EfficientNet, B0 to B7"
        )  # fmt: skip
        what = ui.Radio(list(SHOW), value=LAYERS, label="Show")
        name = gr.Textbox(FIRST_MODEL, label="torchvision model", max_lines=1)
        with gr.Accordion("What can be written", open=False):
            gr.Markdown(LANGUAGE)
    section = tab.stage.views[ARCHITECTURES]
    with section:
        report = Report(label="layers", elem_id="convolution-stack")
        numbers = gr.JSON(visible=False, label="numbers")
        program = gr.Textbox(visible=False, label="program")
    outputs = [report, numbers]
    tab.endpoint(show_stack, text, outputs, api_name="convolution_stack")
    tab.endpoint(show_model, name, outputs, api_name="convolution_model")
    library = ui.Radio([TORCH, KERAS], value=TORCH, label="Library", visible=False)
    tab.endpoint(write_program, [text, library], program, api_name="convolution_program")
    lazy.add(
        ARCHITECTURES, section, show, [text, what, name], outputs, api_name=None, kind="stream",
        follows=[text.change, what.change, name.change],
    )  # fmt: skip
    follow_presets(tab, preset, text, stack.STACKS)
    # what is set is what is seen; pasting a name fires no input, and the size is that of the text
    tab.run(name.change, None, None, what, api_name=None, js=f"() => {NAMED!r}")
    for event in (preset.input, text.input, size.release):
        js = f"(what) => {[SAVES, NAMED]}.includes(what) ? {LAYERS!r} : what"
        tab.run(event, None, what, what, api_name=None, js=js)
    sizes = range(stack_presets.LARGEST + 1)
    scaled = json.dumps(["\n".join(stack_presets.write_efficientnet(one)) for one in sizes])
    tab.run(size.release, None, size, text, api_name=None, js=f"(size) => {scaled}[size]")
    sides = [side for *_, side in stack_presets.SCALES]
    tab.run(text.change, None, text, size, api_name=None, js=_SIZE.replace("SIDES", str(sides)))
