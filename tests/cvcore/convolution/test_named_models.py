"""torchvision's classifiers by name, against what torchvision itself says of them."""

from itertools import pairwise

import pytest
from torchvision import models

from cvcore.convolution.named_models import describe_model, list_models
from cvcore.convolution.stack import STACKS, describe_stack
from cvcore.convolution.stack_savings import SAVINGS, list_scales
from cvcore.core.errors import InputError

NAMES = ("resnet34", "densenet121", "vit_b_16", "regnet_y_400mf", "swin_t", "inception_v3")


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_products_are_those_published(name):
    model, weights = describe_model(name), next(iter(models.get_model_weights(name)))
    heads = sum(one.parameters for one in model.modules if one.name == "AuxLogits")
    assert model.parameters - weights.meta["num_params"] in (0, heads)
    assert model.multiplications / 1e9 == pytest.approx(weights.meta["_ops"], rel=0.005)
    assert model.input_shape == (*[weights.transforms().crop_size[0]] * 2, 3)


def test_modules_have_the_shapes_that_they_give():
    model = describe_model(" ResNet18 ")
    by_name = {one.name: one for one in model.modules}
    assert by_name["layer2.0.conv1"].output_shape == (28, 28, 128)
    assert by_name["layer2"].output_shape == (28, 28, 128)
    assert by_name[""].output_shape == (1000,)
    assert by_name["layer2.0.conv1"].depth == 3
    assert by_name["layer1"].parameters == sum(
        one.parameters for one in model.modules if one.is_leaf and one.name.startswith("layer1.")
    )
    ours = describe_stack(STACKS["ResNet-18"])
    assert by_name[""].multiplications == sum(row.multiplications for row in ours)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("resnet35", "did you mean .*resnet34"), ("", "try resnet34"), (None, "try resnet34"),
        ("🙂" * 99, "try resnet34"),
    ],
)  # fmt: skip
def test_an_unknown_name_gets_near_ones(name, says):
    with pytest.raises(InputError, match=says):
        describe_model(name)


def test_only_classifiers_of_pictures_are_listed():
    assert len(list_models()) > 70
    assert not [name for name in list_models() if "rcnn" in name or "raft" in name]


def test_savings_lead_to_the_same_shape():
    for saving in SAVINGS:
        shapes = {describe_stack(way.text)[-1].output_shape for way in saving.ways}
        assert len(shapes) == 1, saving.title
        first, second = saving.ways
        assert second.parameters <= first.parameters
    assert SAVINGS[0].ways[1].parameters == 9 * 128 + 128 * 128  # by hand


def test_scales_grow_as_the_rule_says():
    scales = list_scales()
    assert scales[0].parameters == 5_288_548
    assert scales[7].parameters == 66_347_960
    for before, after in pairwise(scales):
        assert after.parameters > before.parameters
        assert after.rule[0] / before.rule[0] == pytest.approx(1.2 ** (after.phi - before.phi))
        assert after.rule[0] == pytest.approx(after.published[0], rel=0.06)
