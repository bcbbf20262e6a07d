"""Curves as CSV and as a TensorBoard event file, read back."""

import csv
import io

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cvcore.training_lab import Settings, logs, train


@pytest.fixture(scope="module")
def last(small):
    settings = Settings(batch_size=17, epochs=4, examples=50, rate=1e-2, schedule="cosine")
    *_, last = train(settings, small)
    return last


def test_csv_read_back(last):
    rows = list(csv.DictReader(io.StringIO(logs.to_csv(last))))
    assert [int(row["step"]) for row in rows] == list(range(13))
    taken = rows[1:]
    for column, values in (
        ("rate", last.rates),
        ("training_loss", last.training_loss),
        ("training_accuracy", last.training_accuracy),
    ):
        assert rows[0][column] == ""
        assert [float(row[column]) for row in taken] == values.tolist()
    validated = [row for row in rows if row["validation_loss"]]
    assert [int(row["step"]) for row in validated] == last.validation_steps.tolist()
    assert [float(row["validation_loss"]) for row in validated] == last.validation_loss.tolist()
    assert [int(r["validation_pictures"]) for r in validated] == last.validation_pictures.tolist()
    noted = [row for row in rows if row["gradient_norm/2_dense"]]
    assert [int(row["step"]) - 1 for row in noted] == last.gradient_steps.tolist()
    norms = [float(row["gradient_norm/2_dense"]) for row in noted]
    assert norms == last.gradient_norms[:, 1].tolist()


def test_tensorboard_reads_the_event_file(last, tmp_path):
    (tmp_path / "events.out.tfevents.0.run").write_bytes(logs.to_events(last))
    events = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0}).Reload()
    curves = {
        "loss/training": (range(1, 13), last.training_loss),
        "accuracy/training": (range(1, 13), last.training_accuracy),
        "rate": (range(1, 13), last.rates),
        "loss/validation": (last.validation_steps, last.validation_loss),
        "accuracy/validation": (last.validation_steps, last.validation_accuracy),
        **{
            f"gradient_norm/{name}": (last.gradient_steps + 1, last.gradient_norms[:, i])
            for i, name in enumerate(("1_dense", "2_dense", "3_dense"))
        },
    }
    assert set(events.Tags()["scalars"]) == curves.keys()
    for tag, (steps, values) in curves.items():
        read = events.Scalars(tag)
        assert [event.step for event in read] == list(steps)
        np.testing.assert_array_equal([e.value for e in read], np.float32(values))
