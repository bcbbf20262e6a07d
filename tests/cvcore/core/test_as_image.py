"""Every public function takes a picture as a path, a PIL picture or an array, to one answer."""

import ast
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.engine.device import one_thread
from tests.support.files import write_bad_files, write_odd_pictures
from tests.support.lessons import LESSONS

ROOT = Path(__file__).resolve().parents[3]

BOX = np.array([40.0, 30.0, 120.0, 110.0])
MASK = np.zeros((150, 200), bool)
MASK[40:90, 60:140] = True


def call(path: str, *more, **settings) -> Callable:
    """The function at ``module:name``, with everything but the picture."""
    module, name = path.split(":")

    def ask(picture):
        return getattr(import_module(f"cvcore.{module}"), name)(picture, *more, **settings)

    return ask


def both(path: str, **settings) -> Callable:
    """One that takes two pictures."""
    return lambda picture: call(path, picture, **settings)(picture)


FUNCTIONS = {
    "blur": call("core.corruptions:blur", 1.5),
    "corrupt": call("core.corruptions:corrupt", "noise", 0.1),
    "rotate": call("core.corruptions:rotate", 20),
    "draw_heatmap": call("core.drawing:draw_heatmap", MASK.astype(float)),
    "draw_frame": call("core.drawing:draw_frame", (2, 2, 40, 40)),
    "draw_text": call("core.drawing:draw_text", "cat"),
    "prepare": call("recognition.preprocessing:prepare"),
    "predict_topk": call("classification:predict_topk", 3),
    "predict_batch": lambda picture: call("classification:predict_batch")([picture]),
    "trace": call("classification.preprocessing_faults:trace", fault="bgr"),
    "predict_variant": call("classification.variants:predict_variant", "grey"),
    "to_working_size": call("classification.robustness:to_working_size"),
    "predict_raw": call("detection:predict_raw", input_size=160),
    "predict_boxes": call("detection:predict_boxes", input_size=160),
    "search": call("detection.selective_search:search"),
    "cut_regions": call("detection.older_detectors:cut_out", BOX[None]),
    "draw_anchors": call("detection.older_detectors:draw_anchors", BOX),
    "pool_region": call("detection.older_detectors:pool_region", BOX),
    "predict_mask": call("segmentation:predict_mask", longest=64),
    "flip_test": call("segmentation:flip_test"),
    "walk_levels": call("segmentation:walk_levels", longest=64),
    "draw_overlay": call("segmentation.drawing:draw_overlay", MASK),
    "cut_object": call("segmentation.drawing:cut_out", MASK),
    "blur_background": call("segmentation.drawing:blur_background", MASK.astype(np.float32)),
    "fit_background": call("segmentation.drawing:fit_background", (50, 60)),
    "explain": call("saliency:explain", "grad_cam", class_idx=281, with_scores=False),
    "extract": call("feature_maps:extract", "conv_stem"),
    "extract_live": call("feature_maps:extract_live", "conv_stem"),
    "survey": call("feature_maps:survey", "conv_stem"),
    "predict_edited": call("feature_maps:predict_edited", "conv_stem", silence=[1]),
    "normalise": call("feature_maps.channels:normalise", "bn1"),
    "convolve": call("convolution:convolve", [[1, 0, -1]]),
    "pool": call("convolution:pool", 2),
    "dream": call("deep_dream:dream", side=64, octaves=1, steps=1, jitter=2),
    "dream_guided": lambda picture: call(
        "deep_dream:dream", side=64, octaves=1, steps=1, jitter=2, guide=picture
    )(picture),
    "style_numbers": call("style_transfer:read_numbers"),
    "stylise_fast": both("style_transfer:stylise_fast", side=64),
    "stylise": both("style_transfer:stylise", side=64, steps=1),
    "keep_colours": both("style_transfer:keep_colours"),
    "gram_matrices": call("style_transfer:gram_matrices", side=64),
}
FACES = {
    "detect_faces": call("face_verification:detect_faces"),
    "yunet": call("face_verification:find_faces", detector="yunet"),
    "get_only_face": call("face_verification:get_only_face"),
    "verify": both("face_verification:verify"),
    "follow": lambda picture: call("face_verification.tracking:follow", image=picture)(None),
    "read_target": call("latent_space.inversion:read_target"),
}


def to_plain(value: Any) -> Any:
    """An answer as arrays and plain values, without what was measured by the clock."""
    if isinstance(value, Iterator):
        return [to_plain(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {
            one.name: to_plain(getattr(value, one.name))
            for one in dataclasses.fields(value)
            if one.name not in ("ms", "seconds", "canvas")
        }
    if isinstance(value, Mapping):
        return {key: to_plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(one) for one in value]
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


@pytest.fixture(scope="module")
def cat(tmp_path_factory) -> dict[str, Any]:
    """A small picture in every kind."""
    pixels = images.resize(samples.load_sample("chelsea"), (150, 200))
    return to_kinds(pixels, tmp_path_factory.mktemp("cat") / "cat.png")


@pytest.fixture(scope="module")
def person(tmp_path_factory) -> dict[str, Any]:
    pixels = images.shrink(samples.load_sample("ardern_2018"), 320)
    return to_kinds(pixels, tmp_path_factory.mktemp("person") / "person.png")


def to_kinds(pixels: np.ndarray, path: Path) -> dict[str, Any]:
    path.write_bytes(images.to_png(pixels))
    return {
        "array": pixels,
        "path": path,
        "text": str(path),
        "PIL": Image.open(path),
        "float32": pixels.astype(np.float32) / 255,
        "uint16": pixels.astype(np.uint16) * 257,
    }


def check_equal(ask: Callable, kinds: dict[str, Any], *left_out: str) -> None:
    expected = to_plain(ask(kinds["array"]))
    for kind in ("path", "PIL", "float32"):
        if kind not in left_out:
            np.testing.assert_equal(to_plain(ask(kinds[kind])), expected, err_msg=kind)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_kinds_give_one_answer(cat, name):
    # a convolution takes numbers as they are: floats from 0 to 1 are other numbers
    with one_thread():  # on two, a painting's sums differ in their last bit from run to run
        check_equal(FUNCTIONS[name], cat, *["float32"] * (name in ("convolve", "pool")))


@pytest.mark.parametrize("name", FACES)
def test_kinds_give_one_answer_about_a_face(person, name):
    check_equal(FACES[name], person)


def test_all_kinds_become_one_array(cat):
    for kind, picture in cat.items():
        np.testing.assert_array_equal(images.as_image(picture), cat["array"], err_msg=kind)
    assert images.as_image(cat["array"]) is cat["array"]


def test_files_are_read_alike_by_path_and_by_pil(tmp_path):
    """Rotation, transparency, 16 bits: and nothing is shrunk."""
    for name, path in write_odd_pictures(tmp_path).items():
        with Image.open(path) as opened:
            np.testing.assert_array_equal(images.as_image(path), images.as_image(opened), name)
    wide = tmp_path / "wide.png"
    Image.new("RGB", (2000, 10)).save(wide)
    assert images.as_image(wide).shape == (10, 2000, 3)


def test_what_is_no_picture_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="upload"):
        images.as_image(None)
    with pytest.raises(InputError, match="at least 8 x 8"):
        images.as_image(np.zeros((4, 9)), min_side=8)
    with pytest.raises(InputError, match="not numbers"):
        images.as_image(np.full((4, 4), np.nan))
    for bad in (tmp_path / "none.png", write_bad_files(tmp_path)["text.png"]):
        with pytest.raises(InputError, match="could not be read"):
            images.as_image(bad)
    cut = Image.open(write_bad_files(tmp_path)["corrupt.jpg"])
    with pytest.raises(InputError, match="could not be read"):
        images.as_image(cut)
    for bad in ([[1, 2]], 7, np.zeros((4, 4), int), np.zeros((4, 4, 7), np.uint8)):
        with pytest.raises(TypeError):
            images.as_image(bad)


def list_array_parameters() -> Iterator[str]:
    """Public functions of a lesson that ask for one picture and would take an array alone."""
    for room in (*LESSONS, "recognition"):
        for path in sorted((ROOT / "cvcore" / room).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                    continue
                for argument in (*node.args.args, *node.args.kwonlyargs):
                    words = ast.unparse(argument.annotation) if argument.annotation else ""
                    is_picture = argument.arg in ("image", "picture", "content", "frame", "photo")
                    if is_picture and "ndarray" in words:
                        yield f"{path.relative_to(ROOT)} {node.name}({argument.arg})"


def test_no_public_function_takes_arrays_alone():
    assert list(list_array_parameters()) == []
