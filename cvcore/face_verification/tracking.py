"""Faces followed through a video: all is searched now and then, the last stage runs in between.

A box that stays in its place may hold another face from one frame to the next, so no name is
remembered: it is given by a frame's own embedding, or not at all.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from cvcore.core import images
from cvcore.core.checks import MAX_SEED, check_setting, check_whole
from cvcore.engine.isolation import undisturbed
from cvcore.face_verification import THRESHOLDS as SAME_PERSON
from cvcore.recognition.faces import EMBEDDER, Face, embed_all, mtcnn, to_faces

DETECT_EVERY = 8  # frames
SEARCH_SIDE = 320  # pixels: the longer side of the frame when it is searched as a whole
MIN_FACE = 24  # pixels at that size
THRESHOLDS = (0.6, 0.7, 0.9)  # stricter than for a photo: a video gives another chance at once
FRESH_EMBEDDINGS = 1  # faces without a name embedded a frame at most, the longest waiting first
EMBED_EVERY = 3  # frames between two embeddings of a face without a name
SAME_PLACE = 0.35  # least overlap (intersection over union) with the face's last box


@dataclass(frozen=True, eq=False)
class Person:
    """Someone enrolled: a name and a face's numbers, no picture."""

    name: str
    embedding: np.ndarray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Track:
    """One face through the frames."""

    number: int
    face: Face
    person: Person | None = None
    """Who it is by this frame's own embedding; None for a stranger, and where it has none."""
    similarity: float = float("nan")
    """Cosine, -1 to 1, to the person most like it, when it was last embedded; NaN before."""
    embedding: np.ndarray | None = field(default=None, repr=False)
    """(128,) when it was last embedded, never a mixture over frames; None before."""
    age: int = 0
    """Frames since it was last embedded."""


@dataclass(frozen=True, eq=False)
class Tracking:
    """What is known after a frame."""

    tracks: tuple[Track, ...] = ()
    frame: int = 0  # 0 also after one in which another person took a face's place
    next_number: int = 1
    searched: bool = True  # the whole frame, not only around the last boxes


@undisturbed
def follow(
    state: Tracking | None,
    image: images.Picture,
    *,
    people: tuple[Person, ...] = (),
    threshold: float = SAME_PERSON[EMBEDDER],
    detect_every: int = DETECT_EVERY,
) -> Tracking:
    """The state after one more frame, with those of ``people`` named who are in it.

    A face is named where its embedding in this very frame reaches ``threshold`` (cosine, -1 to 1):
    one that was named in the frame before is embedded anew, so that its name goes in the frame in
    which another face takes its place. Faces without a name take turns. With nobody to name, faces
    are followed by their boxes alone, and none is embedded.
    """
    state = state or Tracking()
    image = images.as_image(image)
    threshold = check_setting("The threshold", threshold, -1, 1)
    detect_every = check_whole("The number of frames", detect_every, 1, MAX_SEED)
    searched = state.frame % detect_every == 0 or not state.tracks
    found = _search(image) if searched else _look_nearby(image, state.tracks)
    if len(found[0]) < len(state.tracks) and not searched:  # a face was lost: search for it
        searched, found = True, _search(image)
    tracks, next_number = _match(state, to_faces(image, *found))
    if not people:
        tracks = [Track(track.number, track.face) for track in tracks]
        return Tracking(tuple(tracks), state.frame + 1, next_number, searched)
    tracks, number = _name_tracks(tracks, people, threshold, next_number)
    is_cut = number > next_number
    return Tracking(tuple(tracks), 0 if is_cut else state.frame + 1, number, searched)


def _search(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    small = images.shrink(image, SEARCH_SIDE)
    scale = small.shape[1] / image.shape[1]
    found = mtcnn.find_faces(small, min_face=MIN_FACE, thresholds=THRESHOLDS)
    boxes = found.onet.copy()
    boxes[:, :4] /= scale
    return boxes, found.landmarks / scale


def _look_nearby(image: np.ndarray, tracks: tuple[Track, ...]) -> tuple[np.ndarray, np.ndarray]:
    """O-Net alone, on squares a little larger than the faces of the frame before."""
    squares = []
    for track in tracks:
        x0, y0, x1, y1 = track.face.box_xyxy
        half = 0.55 * max(x1 - x0, y1 - y0)
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        squares.append([x - half, y - half, x + half, y + half, 1.0])
    return mtcnn.locate(mtcnn.AreaSampler(image), np.array(squares))


def overlap(box_a: np.ndarray, box_b: np.ndarray) -> float:
    """Intersection over union of two boxes xyxy."""
    corner = np.maximum(box_a[:2], box_b[:2]), np.minimum(box_a[2:], box_b[2:])
    shared = float(np.prod(np.maximum(corner[1] - corner[0], 0)))
    areas = float(np.prod(box_a[2:] - box_a[:2]) + np.prod(box_b[2:] - box_b[:2]))
    return shared / max(areas - shared, 1e-9)


def _match(state: Tracking, faces: tuple[Face, ...]) -> tuple[list[Track], int]:
    """Each face goes to the track whose last box it overlaps most, or starts a new one."""
    pairs = sorted(
        (
            (overlap(track.face.box_xyxy, face.box_xyxy), t, f)
            for t, track in enumerate(state.tracks)
            for f, face in enumerate(faces)
        ),
        reverse=True,
    )
    taken: dict[int, int] = {}
    for share, t, f in pairs:
        if share >= SAME_PLACE and f not in taken and t not in taken.values():
            taken[f] = t
    tracks, number = [], state.next_number
    for f, face in enumerate(faces):
        if f in taken:
            track = state.tracks[taken[f]]
            tracks.append(replace(track, face=face, age=track.age + 1))
        else:
            tracks.append(Track(number, face))
            number += 1
    return tracks, number


def _name_tracks(
    tracks: list[Track], people: tuple[Person, ...], threshold: float, next_number: int
) -> tuple[list[Track], int]:
    """Embed each face that was named in the frame before, and of the others whose turn it is.

    One that is not like the face that was in its place before is another person's: its track
    begins anew, under the next number.
    """
    chosen = [i for i, one in enumerate(tracks) if one.person]
    due = [
        i
        for i, one in enumerate(tracks)
        if not one.person and (one.embedding is None or one.age >= EMBED_EVERY)
    ]
    due.sort(key=lambda i: (tracks[i].embedding is not None, -tracks[i].age))
    chosen += due[:FRESH_EMBEDDINGS]
    # without the mirror image: half the time, and at these thresholds strangers pass no more often
    embeddings = embed_all([tracks[i].face for i in chosen], with_mirror=False)
    for i, fresh in zip(chosen, embeddings, strict=True):
        track = tracks[i]
        if track.embedding is not None and track.embedding @ fresh < SAME_PERSON[EMBEDDER]:
            track, next_number = replace(track, number=next_number), next_number + 1
        tracks[i] = name_track(track, fresh, people, threshold=threshold)
    return tracks, next_number


def name_track(
    track: Track, embedding: np.ndarray, people: tuple[Person, ...], *, threshold: float
) -> Track:
    """The track named by a frame's own embedding (128,) alone, whatever it was called before.

    ``threshold`` is the least cosine, -1 to 1, at which a name is given.
    """
    person, similarity = identify(embedding, people, threshold=threshold)
    return replace(track, person=person, similarity=similarity, embedding=embedding, age=0)


def identify(
    embedding: np.ndarray | None, people: tuple[Person, ...], *, threshold: float
) -> tuple[Person | None, float]:
    """The enrolled person most similar to an embedding, and the similarity.

    None for a stranger: nobody reaches the threshold. NaN when there is nothing to compare.
    """
    threshold = check_setting("The threshold", threshold, -1, 1)
    if embedding is None or not people:
        return None, float("nan")
    similarities = [float(person.embedding @ embedding) for person in people]
    best = int(np.argmax(similarities))
    is_known = similarities[best] >= threshold
    return (people[best] if is_known else None), similarities[best]
