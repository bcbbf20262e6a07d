"""The view of one picture and five tasks."""

import json

import numpy as np
import pytest

from cvcore.core import samples
from cvcore.core.errors import InputError
from demos import TABS
from demos import classification as tab
from demos.classification import tasks
from tests.support.html import visible


def test_five_panels_tell_what_was_answered(coffee):
    html, numbers = tasks.show_tasks(coffee)
    text = visible(html)
    assert html.count("<figure>") == 5
    assert "espresso, 95." in text
    assert "1 × cup" in text
    assert "no person, so no mask" in text
    assert "knows one class, person" in text  # what has no mask is said
    for task in tasks.TASKS:
        assert task.question in text
        assert f"Scored by {task.measure}." in text
        assert task.lesson in TABS
    numbers = json.loads(json.dumps(numbers))
    assert numbers["classification"]["label"] == numbers["localisation"]["label"] == "espresso"
    assert [one["label"] for one in numbers["detection"]] == ["cup"]
    assert numbers["instance"] == []


def test_people_have_masks_of_their_own_and_a_limit_takes_them():
    photo = samples.load_sample("camera")
    html, numbers = tasks.show_tasks(photo)
    assert "2 masks" in visible(html)
    assert sum(one["pixels"] for one in numbers["instance"]) <= numbers["semantic"]["person"]
    html, numbers = tasks.show_tasks(photo, 0.95)
    assert "no object above the limit" in visible(html)
    assert "no mask: no box of a person" in visible(html)


def test_a_narrow_picture_stands_in_one_row_and_none_is_told():
    tall = np.full((64, 32, 3), 90, np.uint8)
    assert 'class="five tall"' in tasks.show_tasks(tall)[0]
    with pytest.raises(InputError, match="picture"):
        tasks.show_tasks(None)


def test_the_opener_leads_to_the_view_and_its_sample():
    assert tab.OPENER.query == f"view=tasks&picture={tasks.SAMPLE}"
    assert tasks.SAMPLE in samples.index()
