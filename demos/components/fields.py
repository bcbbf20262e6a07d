"""Gradio's number, choice and file fields, with one clear sentence for values that do not fit.

The page keeps within a field's limits by itself; callers of the API may send anything.
"""

import math
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData


def _name(field: Any) -> str:
    return field.label[:1].upper() + field.label[1:]


def _check_number(
    payload: Any, field: gr.Component, minimum: float | None, maximum: float | None
) -> float:
    is_number = isinstance(payload, int | float) and not isinstance(payload, bool)
    low = -math.inf if minimum is None else minimum
    high = math.inf if maximum is None else maximum
    if not is_number or not math.isfinite(payload) or not low <= payload <= high:
        limits = "" if math.inf in (-low, high) else f" from {low:g} to {high:g}"
        raise gr.Error(f"{_name(field)}: give a number{limits}.", print_exception=False)
    return payload


def _check_choice(payload: Any, field: gr.Dropdown | gr.Radio | gr.CheckboxGroup) -> Any:
    known = [value for _, value in field.choices]
    starts_empty = field.value is None or getattr(field, "multiselect", False)
    if getattr(field, "allow_custom_value", False) or (payload is None and starts_empty):
        return payload
    for value in payload if isinstance(payload, list) else [payload]:
        if value not in known:
            names = ", ".join(map(str, known[:8])) + (" ..." if len(known) > 8 else "")
            raise gr.Error(f"{_name(field)}: choose one of {names}.", print_exception=False)
    return payload


class Slider(gr.Slider):
    def get_block_name(self) -> str:
        return "slider"

    @property
    def limits(self) -> tuple[float, float]:
        """What is taken."""
        return self.minimum, self.maximum

    def preprocess(self, payload: Any) -> float:
        return gr.Number.round_to_precision(
            _check_number(payload, self, *self.limits), self.precision
        )


class Number(gr.Number):
    """An empty field reaches the handler as None.

    In the browser it is an empty text: Gradio makes 0 of a number that is not there.
    """

    def get_block_name(self) -> str:
        return "number"

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return config | {"value": "" if config.get("value") is None else config["value"]}

    def preprocess(self, payload: Any) -> float | None:
        if payload is None or payload == "":
            return None
        return super().preprocess(_check_number(payload, self, self.minimum, self.maximum))

    def postprocess(self, value: float | None) -> Any:
        return "" if value is None else super().postprocess(value)


class Dropdown(gr.Dropdown):
    def get_block_name(self) -> str:
        return "dropdown"

    def preprocess(self, payload: Any) -> Any:
        return super().preprocess(_check_choice(payload, self))


class Radio(gr.Radio):
    def get_block_name(self) -> str:
        return "radio"

    def preprocess(self, payload: Any) -> Any:
        return super().preprocess(_check_choice(payload, self))


class Choice(gr.Textbox):
    """A name that is chosen in a drawing: not shown, but part of a lesson's link."""

    def __init__(
        self, value: str | None = None, *, label: str | None = None,
        visible: bool | str = "hidden", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(value, label=label, visible=visible, **kwargs)

    def get_block_name(self) -> str:
        return "textbox"


def _to_example(name: str) -> dict[str, Any]:
    """A file of the caller's own, in the API's description: Gradio's lies in the internet."""
    return {"path": name, "meta": {"_type": "gradio.FileData"}}


class File(gr.File):
    """Of the kinds in ``file_types``; nothing chosen reaches the handler as None."""

    def get_block_name(self) -> str:
        return "file"

    def example_payload(self) -> dict[str, Any]:
        return _to_example(f"yours{(self.file_types or [''])[0]}")

    def example_value(self) -> str:
        return self.example_payload()["path"]

    def preprocess(self, payload: Any) -> Any:
        try:
            return super().preprocess(payload)
        except gr.Error as other_kind:
            kinds = " or ".join(self.file_types or ())
            sentence = f"{_name(self)}: choose a file whose name ends in {kinds}."
            raise gr.Error(sentence, print_exception=False) from other_kind


class Video(gr.Video):
    def get_block_name(self) -> str:
        return "video"

    def example_payload(self) -> dict[str, Any]:
        return _to_example("yours.mp4")

    def example_value(self) -> str:
        return "yours.mp4"

    def postprocess(self, value: str | Path | None) -> FileData | None:
        """As it is: what is shown is H.264 already.

        Where there is an FFmpeg, Gradio would have its ffprobe look first, and fail without one.
        """
        return FileData(path=str(value), orig_name=Path(value).name) if value else None


class CheckboxGroup(gr.CheckboxGroup):
    def get_block_name(self) -> str:
        return "checkboxgroup"

    def preprocess(self, payload: Any) -> Any:
        return super().preprocess(_check_choice(payload, self))
