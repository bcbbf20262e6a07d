"""Saliency: occlusion, RISE, Grad-CAM and Score-CAM on one picture with EfficientNet-Lite0.

Beside ours stand captum and pytorch-grad-cam on the same network, picture and threads. The
occlusion maps are compared too: 16 x 16 windows at a stride of 8, captum's own grid.
"""

from copy import deepcopy
from importlib.util import find_spec
from time import perf_counter

import numpy as np
import torch
from captum import attr

from benchmarks.harness import Row, measure
from cvcore.core import images, samples
from cvcore.engine import checkpoints, predictor
from cvcore.probes.masks import make_masks
from cvcore.recognition import preprocessing
from cvcore.saliency import cams, explain, perturbation, pixel_differences, shortcut
from cvcore.saliency.target import Target

MODEL = "efficientnet_lite0"
MASKS = 200


def run() -> list[Row]:
    predictor.load_predictor(MODEL, wait=True)
    picture = samples.load_sample("chelsea")
    frame = images.resize(picture, (480, 640))
    x, net = preprocessing.prepare(picture), checkpoints.load_model(MODEL)
    batch, target = torch.from_numpy(x)[None], Target(MODEL, 282)
    live = measure(lambda: explain(frame, "grad_cam", with_scores=False))
    return [
        *time_occlusion(x, batch, net, target),
        *time_central_difference(x, target),
        time_rise(x, net, target),
        *time_cams(x, batch, net, target),
        *time_windows_and_training(x, target),
        Row("Grad-CAM of a 640 x 480 webcam picture, all steps", live),
    ]


def finish(maps) -> np.ndarray:
    *_, (values, _) = maps
    return values


def better_of_two(work) -> tuple[np.ndarray, float]:
    """The result and the milliseconds of the faster of two runs, for work of many seconds."""
    times = []
    for _ in range(2):
        start = perf_counter()
        result = work()
        times.append((perf_counter() - start) * 1000)
    return result, min(times)


def time_occlusion(x, batch, net, target) -> list[Row]:
    ours = finish(perturbation.occlusion(x, target))
    ours_ms = measure(lambda: finish(perturbation.occlusion(x, target)), warm_up=0)
    occlusion = attr.Occlusion(lambda z: net(z).softmax(1))
    rows = []
    for together in (1, 4, 32):  # which is fastest depends on the processor
        theirs, theirs_ms = better_of_two(
            lambda together=together: occlusion.attribute(
                batch,
                (3, 16, 16),
                strides=(3, 8, 8),
                target=target.class_idx,
                perturbations_per_eval=together,
            )
        )
        correlation = np.corrcoef(ours.ravel(), theirs[0, 0].numpy().ravel())[0, 1]
        rows.append(
            Row(
                "occlusion, 729 windows",
                ours_ms,
                f"captum, {together} at once",
                theirs_ms,
                f"correlation {correlation:.6f}",
            )
        )
    return rows


def time_central_difference(x, target) -> list[Row]:
    """56 x 56 patches, each brighter and darker: until the first map, and until the last."""
    start, first = perf_counter(), None
    for _ in perturbation.central_difference(x, target):
        first = first or perf_counter() - start
    whole = perf_counter() - start
    return [
        Row("up and down, 56 x 56 patches, first map", first * 1000),
        Row("up and down, 56 x 56 patches, whole map", whole * 1000, note="6,272 copies"),
    ]


def time_windows_and_training(x, target) -> list[Row]:
    """A window pixel by pixel; a network that learns from telling backgrounds."""
    start = perf_counter()
    finish(pixel_differences.pixel_differences(x, target))
    window = (perf_counter() - start) * 1000
    shortcut.prepare()
    *_, last = shortcut.train(shortcut.ShortcutSettings())
    return [
        Row("pixel by pixel, 16 x 16 pixels, three amounts", window, note="1,537 passes"),
        Row("Husky or wolf: training", last.seconds * 1000, note=f"{last.total} steps"),
    ]


def time_rise(x, net, target) -> Row:
    """Neither library has RISE: the same masks go through the network in eager PyTorch."""
    rng = np.random.default_rng(0)
    masks = make_masks(rng, MASKS, x.shape[1], cells=7, keep=0.5)

    @torch.inference_mode()
    def eager() -> np.ndarray:
        total = torch.zeros(x.shape[1:])
        for part in torch.from_numpy(masks).split(8):
            p = net(torch.from_numpy(x) * part[:, None]).softmax(1)[:, target.class_idx]
            total += torch.einsum("n,nhw->hw", p, part)
        return total.numpy()

    ours_ms = measure(lambda: finish(perturbation.rise(x, target, masks=MASKS)), warm_up=1)
    return Row(f"RISE, {MASKS} masks", ours_ms, "eager PyTorch", measure(eager, warm_up=1))


def time_cams(x, batch, net, target) -> list[Row]:
    layer = cams.get_layer(net, -1)
    ours_ms = measure(lambda: finish(cams.grad_cam(x, target)))
    captum = attr.LayerGradCam(net, layer)
    rows = [
        Row(
            "Grad-CAM, network's input given",
            ours_ms,
            "captum",
            measure(lambda: captum.attribute(batch, target=target.class_idx)),
        )
    ]
    for title, method in (
        ("XGrad-CAM", cams.xgrad_cam), ("Eigen-CAM", cams.eigen_cam),
        ("Ablation-CAM, 320 feature maps", cams.ablation_cam),
        ("SmoothGrad-CAM++, 32 copies", cams.smooth_grad_cam_plus_plus),
    ):  # fmt: skip
        rows.append(Row(title, measure(lambda method=method: finish(method(x, target)), warm_up=1)))
    if find_spec("pytorch_grad_cam") is None:
        return rows
    from pytorch_grad_cam import GradCAM, ScoreCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    targets = [ClassifierOutputTarget(target.class_idx)]
    own = deepcopy(net).requires_grad_(True)  # it follows the whole network backwards
    with GradCAM(model=own, target_layers=[cams.get_layer(own, -1)]) as grad_cam:
        theirs_ms = measure(lambda: grad_cam(input_tensor=batch, targets=targets))
    rows.append(Row("Grad-CAM, network's input given", ours_ms, "pytorch-grad-cam", theirs_ms))
    ours_ms = measure(lambda: finish(cams.score_cam(x, target)), warm_up=1)
    with ScoreCAM(model=own, target_layers=[cams.get_layer(own, -2)]) as score_cam:
        _, theirs_ms = better_of_two(lambda: score_cam(input_tensor=batch, targets=targets))
    rows.append(Row("Score-CAM, 320 feature maps", ours_ms, "pytorch-grad-cam", theirs_ms))
    return rows
