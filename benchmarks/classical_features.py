"""Classical features of a photograph: ours beside the library's own call; frames of a webcam."""

import cv2
import numpy as np
from skimage.feature import hog, local_binary_pattern

from benchmarks.harness import Row, measure
from cvcore import classical_features as cf
from cvcore.core import samples

FRAME = (300, 400)  # rows and columns of a webcam's, as the page has them


def list_recognition() -> tuple:
    """What recognition is made of: name, ours, the library's name, and its call."""
    task = cf.load_task("digits")
    book = cf.learn_codebook(task.pictures)
    spaces, faces = cf.learn_faces(), cf.load_gallery().pictures[:, -1]
    rows_of_faces = faces.reshape(len(faces), -1) / 255
    return (
        (
            "HOG of 1,000 digits",
            lambda: cf.compute_hog(task.pictures, 7),
            "skimage.feature.hog",
            lambda: [hog(one, 9, (7, 7), (2, 2)) for one in task.pictures],
        ),
        (
            "500 digits as bags of 64 words",
            lambda: book.describe(task.held_back),
            "MiniBatchKMeans.predict of their patches alone",
            lambda: book.kmeans.predict(np.ones((500 * 121, 64), np.float32)),
        ),
        (
            "40 faces as 64 numbers",
            lambda: spaces.project(faces),
            "PCA.transform",
            lambda: spaces.pca.transform(rows_of_faces),
        ),
    )


def run() -> list[Row]:
    """What the views are made of; then what a frame of the webcam takes."""
    camera = samples.load_sample("camera")
    grey = cv2.cvtColor(camera, cv2.COLOR_RGB2GRAY)
    floats = grey.astype(np.float32) / 255
    turned, truth = cf.change_picture(camera, cf.Change(rotation=30, scale=0.8))
    frame = np.ascontiguousarray(camera[: FRAME[0], : FRAME[1]])
    sift = cv2.SIFT.create(500)
    pairs = (
        (
            "Harris corners, greys and the choice of corners included",
            lambda: cf.find_corners(camera),
            "cv2.cornerHarris alone",
            lambda: cv2.cornerHarris(floats, 5, 3, 0.05),
        ),
        (
            "SIFT, 500 keypoints",
            lambda: cf.find_keypoints(camera),
            "cv2.SIFT.detectAndCompute",
            lambda: sift.detectAndCompute(grey, None),
        ),
        (
            "HOG, also before the normalisation",
            lambda: cf.measure_hog(camera),
            "skimage.feature.hog, which draws it, too",
            lambda: hog(grey, 9, (8, 8), (2, 2), visualize=True),
        ),
        (
            "LBP, 8 neighbours",
            lambda: cf.measure_lbp(camera),
            "skimage.feature.local_binary_pattern",
            lambda: local_binary_pattern(grey, 8, 1),
        ),
        (
            "two pictures matched, with ratio test, RANSAC and truth",
            lambda: cf.match(camera, turned, truth=truth),
            "SIFT of both by OpenCV, unmatched",
            lambda: [sift.detectAndCompute(one, None) for one in (grey, turned[..., 0].copy())],
        ),
    )
    pairs += list_recognition()
    rows = [
        Row(name, measure(ours, seconds=1), other, measure(theirs, seconds=1))
        for name, ours, other, theirs in pairs
    ]
    keypoints = measure(lambda: cf.find_keypoints(frame, describe=False), seconds=1)
    size = f"{FRAME[1]} x {FRAME[0]}"
    rows.append(Row(f"SIFT of a webcam's frame, {size}", keypoints, note="without descriptors"))
    corners = measure(lambda: cf.find_corners(frame), seconds=1)
    rows.append(Row(f"Harris of a webcam's frame, {size}", corners))
    return rows
