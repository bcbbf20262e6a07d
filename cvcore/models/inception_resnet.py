"""FaceNet's network: a face of 160 x 160 pixels to 512 numbers of length 1."""

from torch import Tensor, nn


class FaceNet(nn.Module):
    """Schroff et al., "FaceNet", CVPR 2015, on Inception-ResNet-v1 as facenet-pytorch builds it.

    Input float (N, 3, 160, 160), RGB in [0, 1]; output (N, 512), each row of length 1. State dicts
    of facenet-pytorch load as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        from facenet_pytorch import InceptionResnetV1

        self.net = InceptionResnetV1(classify=True, num_classes=8631)
        self.net.classify = False  # the classifier's weights are in the file, but not needed
        self.register_load_state_dict_pre_hook(_add_prefix)

    def forward(self, x: Tensor) -> Tensor:
        return self.net((x * 255 - 127.5) / 128)


def _add_prefix(module: nn.Module, state: dict[str, Tensor], *_: object) -> None:
    for name in [name for name in state if not name.startswith("net.")]:
        state[f"net.{name}"] = state.pop(name)


def build_inception_resnet_v1() -> FaceNet:
    """The untrained network."""
    return FaceNet()
