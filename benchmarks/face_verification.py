"""Face detection and embedding beside facenet-pytorch's default pipeline."""

import numpy as np

from benchmarks.harness import Row, measure
from cvcore.core import images, samples
from cvcore.face_verification.tracking import DETECT_EVERY, EMBED_EVERY, follow
from cvcore.recognition import faces
from cvcore.recognition.faces import mtcnn


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
    return [*rows, time_video(frame, rows[-1].theirs_ms)]


def time_video(frame: np.ndarray, theirs_ms: float) -> Row:
    """Faces followed from frame to frame, beside the whole pipeline for each."""
    tracking = [follow(None, frame)]

    def next_frame():
        tracking[0] = follow(tracking[0], frame)

    times = measure(lambda: [next_frame() for _ in range(24)], seconds=4, warm_up=1) / 24
    return Row(
        "a frame of a film, mean of 24",
        times,
        "facenet-pytorch MTCNN + InceptionResnetV1",
        theirs_ms,
        f"detection every {DETECT_EVERY}, embedding every {EMBED_EVERY} frames",
    )
