"""What results show of themselves in a notebook: whole pieces of HTML, with pictures inside."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

import cvcore
from cvcore.core import images, notebook, samples


class Reader(HTMLParser):
    """Checks that tags close in turn; keeps texts and addresses of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.pictures: list[np.ndarray] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.pictures.append(images.load_data_uri(dict(attrs)["src"]))
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    assert "script" not in html
    assert not re.search(r"https?://", html)
    return reader


def test_texts_are_escaped_and_bars_stay_in_their_cell():
    html = notebook.bars_html(["<b>", "a & b", "c"], [0.25, 7.0, float("nan")])
    assert "<b>" not in html
    assert read(html).texts[:2] == ["<b>", "25.0%"]
    assert re.findall(r"width:([\d.]+)%", html) == ["25.0", "100.0", "0.0"]
    assert read(notebook.picture_html(np.zeros((4, 4), np.uint8), 'a "quoted" <i>')).texts == [
        'a "quoted" <i>'
    ]
    assert notebook.table_html([]) == ""
    assert read(notebook.table_html([{"label": "<cup>", "x": 1}])).texts == [
        "label", "x", "<cup>", "1",
    ]  # fmt: skip


def test_large_pictures_are_shown_smaller_and_small_ones_larger():
    html = notebook.picture_html(np.zeros((1000, 2000, 3), np.uint8))
    assert read(html).pictures[0].shape == (240, 480, 3)
    html = notebook.picture_html(np.zeros((20, 32), np.uint8))
    assert read(html).pictures[0].shape == (60, 96, 3)


def test_boxes_lie_on_the_picture(sample):
    found = cvcore.detection.predict_boxes(samples.load_sample("coffee"))
    shown = read(found._repr_html_())
    assert "cup" in shown.texts
    assert (shown.pictures[0] != images.shrink(found.image, notebook.MAX_SIDE)).any()
    raw = cvcore.detection.predict_raw(sample)
    kept = cvcore.detection.suppress(raw, confidence=0.01)
    assert kept.image is None  # what keeps predictions keeps no picture
    assert read(kept._repr_html_()).pictures == []
    assert "No objects" in kept.take([])._repr_html_()
    assert found.scaled(2.0).image is None
    assert found.take([0]).image is found.image


def test_probabilities_are_bars(sample):
    top = cvcore.classification.predict_topk(sample)
    assert read(top._repr_html_()).texts[0] == top.labels[0]


def list_results(sample: np.ndarray) -> Iterator[object]:
    """A result of each kind that shows itself, by quick settings."""
    portrait = samples.load_sample("ardern_2018")
    yield cvcore.classification.softmax_terms(np.array([0.0, 2.0, 1.0]), 2)
    yield cvcore.classification.preprocessing_faults.trace(sample)
    yield cvcore.convolution.compare_padding(sample[:40, :40], np.ones((3, 3)))[0]
    yield cvcore.detection.explain_suppression(cvcore.detection.predict_raw(sample))
    yield cvcore.saliency.explain(sample, "grad_cam", with_scores=False)
    yield next(cvcore.saliency.sanity.check_sanity(sample, "grad_cam"))
    mask = cvcore.segmentation.predict_mask(portrait, longest=64)
    yield mask
    yield cvcore.segmentation.compare_masks(mask.above(), mask.above(0.9))
    yield cvcore.segmentation.flip_test(portrait)
    yield cvcore.segmentation.walk_levels(portrait, longest=64)
    yield cvcore.segmentation.objects.count_objects(mask.above())
    maps = cvcore.feature_maps.extract(sample, "conv_stem")
    yield maps
    yield cvcore.probes.map_grid.draw_grid(maps.maps[:4])
    yield next(cvcore.deep_dream.dream(sample, side=64, octaves=1, jitter=2))
    yield next(cvcore.deep_dream.motion.zoom_video(sample, side=64))
    yield next(cvcore.style_transfer.stylise(sample, sample, side=64))
    yield cvcore.style_transfer.index()["wave"]
    yield cvcore.latent_space.load_directions()
    yield cvcore.latent_space.history.make_quiz(4, seed=0)
    yield cvcore.latent_space.history.find_nearest(np.zeros((32, 32, 3), np.uint8), 3)
    target = cvcore.latent_space.inversion.read_target(portrait)
    yield target
    yield next(cvcore.latent_space.inversion.invert(target, steps=1, starts=1))
    yield cvcore.recognition.digits.recognise(np.pad(np.full((40, 6), 255, np.uint8), 20))
    verification = cvcore.face_verification.verify(portrait, portrait)
    yield verification
    yield verification.faces[0]
    face = verification.faces[0]
    yield next(
        cvcore.face_verification.robustness.run_trial(face.embedding, portrait, face, "blur")
    )
    yield cvcore.classification.to_topk(np.arange(3.0), "abc", 2)
    yield cvcore.detection.predict_boxes(sample)


def test_every_kind_shows_itself(sample):
    shown = set()
    for result in list_results(sample):
        shown.add(f"{type(result).__module__}.{type(result).__name__}")
        if hasattr(result, "_repr_png_"):
            assert images.load_image(result._repr_png_()).ndim == 3
        else:
            assert read(result._repr_html_()).texts, type(result)
    assert shown == set(list_kinds())


def list_kinds() -> Iterator[str]:
    """The classes of the package that show themselves, by their modules and names."""
    folder = Path(cvcore.__file__).parent
    for path in folder.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = {getattr(part, "name", "") for part in getattr(node, "body", ())}
            if isinstance(node, ast.ClassDef) and names & {"_repr_html_", "_repr_png_"}:
                parts = path.relative_to(folder.parent).with_suffix("").parts
                yield f"{'.'.join(parts).removesuffix('.__init__')}.{node.name}"
