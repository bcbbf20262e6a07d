"""What the webcam's Python code makes of made-up pictures and of networks that answer at random.

The networks' answers are noted in the order in which they are asked for, with sums of what they are
given, so that another program can be asked the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

from cvcore.core.errors import InputError
from cvcore.face_verification.tracking import Person
from cvcore.recognition import faces
from cvcore.recognition.faces import alignment, mtcnn
from demos.face_verification import live, pair
from demos.face_verification.views import STYLE, draw_notes, draw_page
from tests.golden import pack

PLACES = 4  # decimal places of what networks answer
PEOPLE = 3
LENGTH = 6  # numbers of an embedding here


def make_picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    """uint8 (H, W, 3) by a formula that any language can follow."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((7 * x + 13 * y + 29 * c + (x * y) % 31 + 5 * seed) % 256).astype(np.uint8)


class Networks:
    """Networks that answer at random, and a note of all that they were asked and answered."""

    def __init__(self, seed: int, *, cells: int = 3, shake: float = 0.2, doubt: float = 4) -> None:
        self.rng = np.random.default_rng(seed)
        self.cells, self.shake, self.doubt = cells, shake, doubt
        self.calls: list[dict[str, Any]] = []
        self.people = self.rng.normal(size=(PEOPLE, LENGTH))

    def load(self, name: str) -> Callable[[np.ndarray], tuple[np.ndarray, ...]]:
        return partial(self.answer, name.removeprefix("mtcnn_"))

    def answer(self, name: str, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        call = {"name": name, "dims": batch.shape, "sum": round(float(batch.sum(dtype=float)), 3)}
        outputs = getattr(self, f"_{name}")(batch.shape)
        if name == "pnet":
            moves, heat = outputs
            rows, columns = np.nonzero(heat[0, 1])
            cells = np.column_stack([heat[0, 1][rows, columns], moves[0][:, rows, columns].T])
            places = np.column_stack([rows, columns])
            call |= {"size": heat.shape[2:], "places": places.tolist(), "cells": pack(cells)}
        else:
            call["outputs"] = [pack(one) for one in outputs]
        self.calls.append(call)
        return outputs

    def _draw(self, low: float, high: float, *shape: int) -> np.ndarray:
        return self.rng.uniform(low, high, shape).round(PLACES).astype(np.float32)

    def _pnet(self, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        size = tuple(-(-(side - 2) // 2) - 4 for side in shape[2:])
        moves, heat = np.zeros((1, 4, *size), np.float32), np.zeros((1, 2, *size), np.float32)
        for _ in range(self.cells):
            row, column = (self.rng.integers(0, side) for side in size)
            heat[0, 1, row, column] = self._draw(0.5, 1)
            moves[0, :, row, column] = self._draw(-self.shake, self.shake, 4)
        return moves, heat

    def _rnet(self, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        return self._draw(-self.shake, self.shake, shape[0], 4), self._draw(0.5, 1, shape[0], 2)

    def _onet(self, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        doubts = 10 ** -self._draw(0, self.doubt, shape[0], 2)
        return (
            self._draw(-self.shake, self.shake, shape[0], 4),
            self._draw(0.2, 0.8, shape[0], 10),
            (1 - doubts).round(PLACES).astype(np.float32),
        )

    def _sface(self, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        who = self.rng.integers(0, PEOPLE, shape[0])
        noise = self.rng.normal(scale=0.4, size=(shape[0], LENGTH))
        return ((self.people[who] + noise).round(PLACES).astype(np.float32),)


@contextmanager
def answering(networks: Networks) -> Iterator[Networks]:
    """These networks instead of the bundled ones."""
    with (
        patch.object(mtcnn, "load_predictor", networks.load),
        patch.object(faces, "load_predictor", networks.load),
    ):
        yield networks


def describe_faces(found: tuple[faces.Face, ...]) -> list[dict[str, Any]]:
    return [
        {
            "box": face.box_xyxy.tolist(),
            "landmarks": face.landmarks.tolist(),
            "score": face.score,
            "turned": face.turned,
            "mean": float(face.crop.mean()),
        }
        for face in found
    ]


def sampling() -> list[dict[str, Any]]:
    """Parts of a picture as networks take them."""
    cases = []
    for window, size in (((0, 0, 13, 9), (4, 6)), ((2, 1, 11, 8), (3, 3)), ((5, 2, 8, 5), (7, 5))):
        sampler = mtcnn.AreaSampler(make_picture(13, 9))
        pixels = mtcnn._to_input(sampler.resize(size, window)[None])
        cases.append({"window": window, "size": size, "pixels": pack(pixels)})
    return cases


def suppression() -> list[dict[str, Any]]:
    rng, cases = np.random.default_rng(1), []
    for of_smaller in (False, True):
        corners = rng.integers(0, 30, (12, 2))
        sides, scores = rng.integers(5, 30, (12, 2)), rng.uniform(0, 1, (12, 1)).round(1)
        boxes = np.concatenate([corners, corners + sides, scores], axis=1)
        kept = mtcnn.suppress(boxes, 0.4, of_smaller=of_smaller)
        cases.append({"boxes": boxes.tolist(), "ofSmaller": of_smaller, "kept": kept.tolist()})
    return cases


def aligning() -> list[dict[str, Any]]:
    """Every seventh pixel: an enlarged face that leaves the picture, and two shrunk ones."""
    cases = []
    for width, height, scale, shift in ((60, 50, 0.4, 3), (401, 303, 3.1, 20), (640, 480, 2.3, 90)):
        points = alignment.TEMPLATE * scale + shift + np.arange(10).reshape(5, 2) % 3
        points = points.astype(np.float32)
        crop = alignment.align(make_picture(width, height), points)[::7, ::7]
        tilt = alignment.measure_tilt(points)
        cases.append({"width": width, "height": height, "landmarks": points.tolist(),
                      "pixels": pack(crop), "tilt": round(tilt, 4)})  # fmt: skip
    return cases


def detecting() -> list[dict[str, Any]]:
    """Faces of pictures that are turned: one of two, both."""
    cases = []
    for seed, cells in ((5, 2), (6, 1)):
        with answering(Networks(seed, cells=cells)) as networks:
            found = faces.detect_faces(make_picture(75, 64))
        cases.append({"calls": networks.calls, "faces": describe_faces(found)})
    return cases


def enrolling() -> list[dict[str, Any]]:
    """No face, a small one, two; a sure one, and one that is not sure."""
    cases = []
    for seed, cells in ((1, 0), (10, 1), (2, 2), (26, 1), (30, 2)):
        case: dict[str, Any] = {}
        with answering(Networks(seed, cells=cells)) as networks:
            try:
                face = faces.get_only_face(make_picture(110, 90))
                case["embedding"] = pack(face.embedding)
                case["notes"] = pair.describe_doubts(face, faces.DETECTOR)
            except InputError as error:
                case["said"] = str(error)
        cases.append(case | {"calls": networks.calls})
    return cases


def following() -> dict[str, Any]:
    """A film of faces that come and go, with two people enrolled after its second frame."""
    frames: list[dict[str, Any]] = []
    networks, state = Networks(4, cells=2, shake=0.08, doubt=2), None
    people = tuple(
        Person(name, (vector / np.linalg.norm(vector)).astype(np.float32))
        for name, vector in zip(("<Ada>", "Bob"), networks.people, strict=False)
    )
    embedders = ["sface"] * 8 + ["facenet_vggface2"]
    with answering(networks):
        for number, embedder in enumerate(embedders):
            networks.calls = []
            known = people if number > 1 else ()
            _, table, state, numbers = live.name_faces(
                make_picture(400, 300, number), known, 0.5, state, embedder
            )
            frames.append({"calls": networks.calls, "embedder": embedder, "numbers": numbers,
                           "table": table.removeprefix(STYLE)})  # fmt: skip
    enrolled = [{"name": one.name, "embedding": pack(one.embedding)} for one in people]
    return {"people": enrolled, "frames": frames}


def saying() -> dict[str, Any]:
    """The rules of names, the roster, and a note over it."""
    full = tuple(Person(f"Person {n}", np.zeros(1)) for n in range(live.MAX_PEOPLE))
    asked = [
        ("Ada", False, 0),
        ("  ", True, 0),
        ("x" * 25, True, 0),
        ("Ada", True, live.MAX_PEOPLE),
    ]
    refused = []
    for name, consent, count in asked:
        try:
            live.enrol(full[:count], name, None, consent)
        except InputError as error:
            refused.append({"name": name, "consent": consent, "people": count, "said": str(error)})
    rosters = [live.draw_people(full[:count]).removeprefix(STYLE) for count in (0, 1, 3)]
    note = draw_page(draw_notes(["Turn <it> upright."])).removeprefix(STYLE)
    doubts = []
    for turned, score in ((0, 0.99), (90, 0.99), (180, 0.5)):
        face = faces.Face(*(np.zeros(4),) * 2, score, *(np.zeros(4),) * 2, turned)
        notes = pair.describe_doubts(face, faces.DETECTOR)
        doubts.append({"turned": turned, "score": score, "notes": notes})
    words = {key: value for key, value in live.tell_browser(None).items() if key != "style"}
    return {"refused": refused, "rosters": rosters, "note": note, "doubts": doubts, "words": words}


def build() -> dict[str, Any]:
    return {
        "sampling": sampling(),
        "suppression": suppression(),
        "aligning": aligning(),
        "detecting": detecting(),
        "enrolling": enrolling(),
        "following": following(),
        "saying": saying(),
    }
