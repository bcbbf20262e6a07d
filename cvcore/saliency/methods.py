"""The methods that make a map, a row each; needs no PyTorch."""

from dataclasses import dataclass

from cvcore.core.errors import InputError


@dataclass(frozen=True)
class Method:
    """A way to make a map."""

    title: str
    story: str  # what it does, in a sentence
    function: str  # "module:name" of a generator of (map, share done)
    source: str
    is_signed: bool = False  # below zero: speaks against the class
    has_class: bool = True  # else the same for every class
    has_layer: bool = False  # takes the layer whose feature maps are used
    is_slow: bool = False  # many runs of the network
    is_partial: bool = False  # of a window of the picture alone: there are no scores
    settings: tuple[str, ...] = ()


_HERE = "cvcore.saliency"
METHODS: dict[str, Method] = {
    "up_and_down": Method(
        "Up and down",
        "Makes each patch brighter, then darker: D = change of the probability / change of the "
        "pixels, averaged.",
        f"{_HERE}.perturbation:central_difference",
        "finite differences, patch by patch",
        is_signed=True,
        is_slow=True,
        settings=("cells", "delta"),
    ),
    "pixel_differences": Method(
        "Pixel by pixel",
        "Makes one pixel, or one colour of it, brighter, then darker: D = change of the "
        "probability / change of the pixel, averaged over several amounts.",
        f"{_HERE}.pixel_differences:pixel_differences",
        "finite differences, pixel by pixel",
        is_signed=True,
        is_slow=True,
        is_partial=True,
        settings=("window", "across", "down", "amounts", "colours"),
    ),
    "occlusion": Method(
        "Occlusion",
        "Covers a window at a time: how much of the probability is lost?",
        f"{_HERE}.perturbation:occlusion",
        "Zeiler and Fergus, ECCV 2014, arXiv:1311.2901",
        is_signed=True,
        is_slow=True,
        settings=("window", "stride", "fill"),
    ),
    "rise": Method(
        "RISE",
        "Shows the network thousands of random parts of the picture and averages the parts, "
        "weighted by the answer.",
        f"{_HERE}.perturbation:rise",
        "Petsiuk et al., BMVC 2018, arXiv:1806.07421",
        is_slow=True,
        settings=("masks", "cells", "keep"),
    ),
    "gradient": Method(
        "Gradient",
        "The slope of the class score at each pixel; its magnitude.",
        f"{_HERE}.gradients:gradient",
        "Simonyan et al., 2013, arXiv:1312.6034",
    ),
    "gradient_x_input": Method(
        "Gradient x input",
        "The slope times the pixel itself, summed over the colours.",
        f"{_HERE}.gradients:gradient_x_input",
        "Shrikumar et al., 2016, arXiv:1605.01713",
        is_signed=True,
    ),
    "smoothgrad": Method(
        "SmoothGrad",
        "The slope averaged over noisy copies of the picture.",
        f"{_HERE}.gradients:smoothgrad",
        "Smilkov et al., 2017, arXiv:1706.03825",
        is_slow=True,
        settings=("samples", "noise"),
    ),
    "integrated_gradients": Method(
        "Integrated gradients",
        "Slopes added up on the way from black to the picture; they sum to the score's change.",
        f"{_HERE}.gradients:integrated_gradients",
        "Sundararajan et al., ICML 2017, arXiv:1703.01365",
        is_signed=True,
        is_slow=True,
        settings=("steps",),
    ),
    "guided_backprop": Method(
        "Guided backprop",
        "The slope, with every negative signal cut off at each ReLU on the way back.",
        f"{_HERE}.gradients:guided_backprop",
        "Springenberg et al., 2014, arXiv:1412.6806",
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Adds up a layer's feature maps, each weighted by its mean slope.",
        f"{_HERE}.cams:grad_cam",
        "Selvaraju et al., ICCV 2017, arXiv:1610.02391",
        has_layer=True,
    ),
    "grad_cam_plus_plus": Method(
        "Grad-CAM++",
        "Grad-CAM that weights the places where the slope is positive more fairly.",
        f"{_HERE}.cams:grad_cam_plus_plus",
        "Chattopadhay et al., WACV 2018, arXiv:1710.11063",
        has_layer=True,
    ),
    "layer_cam": Method(
        "LayerCAM",
        "Weights each cell of a feature map by its own positive slope: sharp in early layers too.",
        f"{_HERE}.cams:layer_cam",
        "Jiang et al., IEEE TIP 2021",
        has_layer=True,
    ),
    "xgrad_cam": Method(
        "XGrad-CAM",
        "Grad-CAM whose weights count the slope at each place by how strong the feature is there.",
        f"{_HERE}.cams:xgrad_cam",
        "Fu et al., BMVC 2020, arXiv:2008.02312",
        has_layer=True,
    ),
    "eigen_cam": Method(
        "Eigen-CAM",
        "What a layer's feature maps have in common, their first principal component: no slopes "
        "and no class.",
        f"{_HERE}.cams:eigen_cam",
        "Muhammad and Yeasin, IJCNN 2020, arXiv:2008.00299",
        has_class=False,
        has_layer=True,
    ),
    "ablation_cam": Method(
        "Ablation-CAM",
        "Weights each feature map by the share of the score that is lost without it; no slopes.",
        f"{_HERE}.cams:ablation_cam",
        "Desai and Ramaswamy, WACV 2020",
        has_layer=True,
        is_slow=True,
        settings=("channels",),
    ),
    "smooth_grad_cam_plus_plus": Method(
        "SmoothGrad-CAM++",
        "Grad-CAM++ whose slopes are averaged over noisy copies of the picture.",
        f"{_HERE}.cams:smooth_grad_cam_plus_plus",
        "Omeiza et al., 2019, arXiv:1908.01224",
        has_layer=True,
        is_slow=True,
        settings=("samples", "noise"),
    ),
    "score_cam": Method(
        "Score-CAM",
        "Weights each feature map by the answer to the picture seen through it; no slopes.",
        f"{_HERE}.cams:score_cam",
        "Wang et al., CVPR Workshops 2020, arXiv:1910.01279",
        has_layer=True,
        is_slow=True,
        settings=("channels",),
    ),
}


def get_method(name: str) -> Method:
    """The method's row; ``InputError`` lists the known names."""
    if name not in METHODS:
        raise InputError(f"There is no method {name!r}: choose one of {', '.join(METHODS)}.")
    return METHODS[name]
