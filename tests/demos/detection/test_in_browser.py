"""What the server tells a browser that answers the frames itself."""

import pytest

from cvcore.core.drawing import measure_label
from cvcore.core.errors import InputError
from demos.detection import live


def test_sizes_of_words_hang_on_nothing_but_their_figures():
    told = live.tell_browser({"side": 480})
    phone = told["labels"].index("cell phone")
    for digits, text in enumerate(("cell phone 0.87", "7 cell phone 1.00", "31 cell phone 0.25")):
        assert told["texts"][phone][digits] == measure_label(text, 480)
    # as demos/detection draws them on a frame of any size
    assert told["zone"][3] == measure_label("in zone: 4, so far 17", 640)
    assert told["line"][2] == measure_label("with the arrow: 8, against: 3", 640)


@pytest.mark.parametrize("side", [None, 0, 641, "wide"])
def test_a_side_of_no_frame_is_refused(side):
    with pytest.raises(InputError, match=r"longer side must be a whole number from 1 to 640"):
        live.tell_browser({"side": side})
