"""Face detection and embedding beside facenet-pytorch's default pipeline, and names at cuts.

    python -m benchmarks face_verification
    python -m benchmarks.face_verification --data DIR

The second counts names at cuts alone, between people of DIR, which has a folder a person.
"""

import argparse
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.harness import Row, measure, to_table
from cvcore.core import images, samples
from cvcore.core.commands import command, input_folder
from cvcore.core.errors import InputError
from cvcore.face_verification.evaluation import list_people
from cvcore.face_verification.tracking import DETECT_EVERY, Person, follow
from cvcore.recognition import faces
from cvcore.recognition.faces import mtcnn
from tests.support.face_films import cut_between

CUTS = 40
FRAMES = 8  # between two cuts
ENROLLED = 5  # people of a folder


def run() -> list[Row]:
    """One portrait, one frame of a webcam, one film; facenet-pytorch on the same pictures.

    facenet-pytorch's InceptionResnetV1 has random weights here: its time does not depend on them.
    """
    import torch
    from facenet_pytorch import MTCNN, InceptionResnetV1

    torch.set_num_threads(2)
    portrait = samples.load_sample("ardern_2022")
    frame = np.full((480, 640, 3), 100, np.uint8)
    frame[:, 130:498] = images.resize(portrait, (480, 368))
    rows = []
    for name, picture in (("portrait", portrait), ("webcam frame", frame)):
        height, width = picture.shape[:2]
        size = f"{width} x {height}"
        detector = MTCNN(keep_all=True)
        rows.append(
            Row(
                f"detect faces, {name}",
                measure(lambda picture=picture: mtcnn.find_faces(picture)),
                "facenet-pytorch MTCNN",
                measure(lambda picture=picture, d=detector: d.detect(picture, landmarks=True)),
                f"{size}, the same boxes",
            )
        )
        pipeline, embedder = MTCNN(), InceptionResnetV1().eval()

        def theirs(picture=picture, pipeline=pipeline, embedder=embedder):
            with torch.inference_mode():
                return embedder(pipeline(picture)[None])

        def ours(picture=picture):
            (face,) = faces.detect_faces(picture, min_face=20)[:1]
            return faces.embed(face, with_mirror=False)

        rows.append(
            Row(
                f"detect, align and embed, {name}",
                measure(ours),
                "facenet-pytorch MTCNN + InceptionResnetV1",
                measure(theirs),
                f"{size}, faces from 20 pixels; without the mirror image, which the page adds",
            )
        )
    named = count_names(*take_samples())
    return [*rows, time_video(frame, rows[-1].theirs_ms), named, time_siamese()]


class Pairs:
    """As tutorials write it: each item is a pair at random, of one digit every other time."""

    def __init__(self, part, kinds: tuple[int, ...], count: int) -> None:
        import torch

        self.rows = {kind: torch.nonzero(part.labels == kind).flatten() for kind in kinds}
        self.part, self.kinds, self.count = part, kinds, count
        self.random = np.random.default_rng(0)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple:
        first, second = self.random.choice(self.kinds, 2, replace=False)
        second = first if index % 2 else second
        chosen = [self.random.choice(self.rows[kind]) for kind in (first, second)]
        return *(self.part.pictures[row] for row in chosen), first == second


def time_siamese() -> Row:
    """All steps of a siamese training, with all that is seen of it, beside a tutorial's loop
    (DataLoader, both pictures through the network one after the other, Adam), which shows none."""
    import torch
    from torch.utils.data import DataLoader

    from cvcore.face_verification import siamese
    from cvcore.models.siamese import DigitEmbedder
    from cvcore.recognition.datasets import load_digits

    settings, data = siamese.SiameseSettings(), load_digits()

    def theirs() -> None:
        torch.set_num_threads(1)  # as ours: with two it takes longer where something else runs
        net = DigitEmbedder()
        optimiser = torch.optim.Adam(net.parameters(), lr=settings.rate)
        pairs = Pairs(data.training, siamese.KNOWN, settings.steps * settings.pairs)
        for a, b, same in DataLoader(pairs, settings.pairs):  # type: ignore[arg-type]
            optimiser.zero_grad()
            distance = torch.nn.functional.pairwise_distance(net(a), net(b))
            siamese.contrastive_loss(distance, same, settings.margin).mean().backward()
            optimiser.step()

    once = {"seconds": 0.0, "warm_up": 0}
    return Row(
        f"siamese training, {settings.steps} steps of {settings.pairs} pairs of digits",
        measure(lambda: list(siamese.train(settings, data=data)), **once),
        "the loop of a tutorial",
        measure(theirs, **once),
        "with the states that are shown of it",
    )


def time_video(frame: np.ndarray, theirs_ms: float) -> Row:
    """A face followed and named from frame to frame, beside the whole pipeline for each."""
    people = (Person("Jacinda", faces.get_only_face(samples.load_sample("ardern_2018")).embedding),)
    tracking = [follow(None, frame, people=people)]

    def next_frame():
        tracking[0] = follow(tracking[0], frame, people=people)

    times = measure(lambda: [next_frame() for _ in range(24)], seconds=4, warm_up=1) / 24
    return Row(
        "a frame of a film, mean of 24",
        times,
        "facenet-pytorch MTCNN + InceptionResnetV1",
        theirs_ms,
        f"detection every {DETECT_EVERY} frames, embedded in each",
    )


Cast = tuple[tuple[Person, ...], list[np.ndarray], list[str]]
"""Who is enrolled, the pictures shown, and who is in each."""


def take_samples() -> Cast:
    """One person enrolled, by another picture than is shown of her, and two strangers."""
    names = ("ardern_2022", "obama_2005", "ardern_2022", "astronaut")
    face = faces.get_only_face(samples.load_sample("ardern_2018"))
    pictures = [samples.load_sample(name) for name in names]
    return (Person("ardern", face.embedding),), pictures, [name.split("_")[0] for name in names]


def take_folder(folder: Path) -> Cast:
    """The first people of a folder enrolled by their first picture, and as many strangers a cut."""
    people = list_people(folder)
    known = [name for name, pictures in people.items() if len(pictures) > 1][:ENROLLED]
    strangers = [name for name in people if name not in known][: CUTS // 2]
    if not strangers:
        raise InputError(f"{folder} needs somebody to be a stranger: add people.")
    enrolled = tuple(Person(name, _embed(people[name][0])) for name in known)
    shown = {name: images.load_image(people[name][1]) for name in known}
    pictures, owners = [], []
    for index, stranger in enumerate(strangers):
        name = known[index % len(known)]
        pictures += [shown[name], images.load_image(people[stranger][0])]
        owners += [name, stranger]
    return enrolled, pictures, owners


def _embed(path: Path) -> np.ndarray:
    image = images.load_image(path)
    found = faces.find_faces(image)
    return found[faces.pick_face(found, image.shape[:2])].embedding


def count_names(people: tuple[Person, ...], pictures: list[np.ndarray], owners: list[str]) -> Row:
    """Hard cuts between people whose faces take one another's place: whose name is shown?"""
    scenes = [scene % len(pictures) for scene in range(CUTS + 1)]
    known = {person.name for person in people}
    state, wrong, right, could, times = None, 0, 0, 0, []
    for scene, frame in cut_between(pictures, scenes, frames=FRAMES):
        owner = owners[scenes[scene]]
        start = perf_counter()
        state = follow(state, frame, people=people)
        times.append(1000 * (perf_counter() - start))
        named = [track.person.name for track in state.tracks if track.person]
        wrong += any(name != owner for name in named)
        could += owner in known
        right += owner in named
    return Row(
        f"a frame of a film with {CUTS} cuts between people, {len(people)} enrolled",
        float(np.median(times)),
        note=f"wrong names in {wrong} of {len(times)} frames; of the {could} with somebody "
        f"enrolled {right} say so",
    )


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.face_verification")
    parser.add_argument("--data", type=input_folder, required=True)
    options = parser.parse_args(arguments)
    print(to_table([count_names(*take_folder(options.data))]))


if __name__ == "__main__":
    sys.exit(main())
