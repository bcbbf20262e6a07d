"""Classification: making the input, one picture, 32 pictures, and a webcam frame's whole way.

Beside ours stand timm's copy of the same network in eager PyTorch behind timm's own transforms,
and the same behind torchvision's transforms: same pictures, same weights, same run.
"""

import cv2
import numpy as np
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from benchmarks.harness import Row, measure
from cvcore.core import images, samples
from cvcore.engine import checkpoints, predictor
from cvcore.recognition import classifier, preprocessing
from demos.classification.live import classify_frame

MODEL = classifier.DEFAULT_MODEL


def run() -> list[Row]:
    import timm
    from timm.data import create_transform, resolve_data_config

    predictor.load_predictor(MODEL, wait=True)

    network = timm.create_model("tf_efficientnet_lite0").eval()
    network.load_state_dict(checkpoints.load_state(MODEL))
    config = resolve_data_config({}, model=network) | {"crop_pct": 224 / 256}
    timm_transform = create_transform(**config)
    recipe = preprocessing.get_recipe(MODEL)
    torchvision_transform = transforms.Compose(
        [
            transforms.Resize(recipe.resize, InterpolationMode(recipe.interpolation)),
            transforms.CenterCrop(recipe.crop),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
    frame = images.resize(samples.load_sample("coffee"), (480, 640))

    def eager(transform, pictures: list[np.ndarray]) -> np.ndarray:
        batch = torch.stack([transform(Image.fromarray(picture)) for picture in pictures])
        with torch.inference_mode():
            return network(batch).numpy()

    expected = eager(timm_transform, [frame])
    np.testing.assert_allclose(classifier.predict_logits([frame]), expected, atol=0.05)
    rows = [
        Row(
            "input of one 640 x 480 picture",
            measure(lambda: preprocessing.prepare(frame)),
            f"{name}'s transforms",
            measure(lambda transform=transform: transform(Image.fromarray(frame))),
        )
        for name, transform in (("torchvision", torchvision_transform), ("timm", timm_transform))
    ]
    for count in (1, 32):
        pictures = [frame] * count
        ours = measure(lambda pictures=pictures: classifier.predict_logits(pictures))
        for name, transform in (("torchvision", torchvision_transform), ("timm", timm_transform)):
            theirs = measure(lambda t=transform, pictures=pictures: eager(t, pictures))
            rows.append(
                Row(
                    f"{count} picture{'s' * (count > 1)}, per picture",
                    ours / count,
                    f"{name}'s transforms, eager timm",
                    theirs / count,
                )
            )
    rows.append(_time_frame(frame, timm_transform, eager))
    return rows


def _time_frame(frame: np.ndarray, transform, eager) -> Row:
    """JPEG in, smoothed answer and JPEG out: what the server does for each webcam frame."""
    jpeg = np.frombuffer(images.to_jpeg(frame), np.uint8)
    state = None

    def decode() -> np.ndarray:
        return cv2.cvtColor(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)

    def ours() -> str:
        nonlocal state
        marked, _, _, state, _ = classify_frame(decode(), 5, MODEL, 0.8, 6.9, state)
        return images.to_data_uri(marked)

    def theirs() -> str:
        picture = decode()
        eager(transform, [picture])
        return images.to_data_uri(picture)

    ms = measure(ours)
    note = f"{1000 / ms:.0f} frames a second on the server"
    return Row("webcam frame, 640 x 480", ms, "timm, eager", measure(theirs), note)
