"""The tab of classical features: its handlers, and through the API of the running page."""

from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from cvcore import classical_features as cf
from cvcore.core import images, samples
from cvcore.core.errors import InputError, NoPictureError
from demos.classical_features import corners, gap, hog, lbp, live, matching, sift
from demos.components.place import read_place

CAMERA = samples.load_sample("camera")
OF_A_PLACE = (corners, sift, hog, lbp)
PLAIN = np.full((300, 40, 3), 128, np.uint8)
PIXEL = np.full((1, 1, 3), 9, np.uint8)
HUGE = np.tile(CAMERA, (4, 5, 1))


@pytest.mark.parametrize("view", OF_A_PLACE, ids=lambda view: view.TITLE)
class TestEveryView:
    def test_it_shows_the_picture_and_tells_of_the_place(self, view):
        shown, told, *_ = view.show(CAMERA, view.Settings(place="0.5,0.25"))
        assert shown["src"].startswith("data:image/")
        assert (shown["width"], shown["height"]) == (512, 512)
        assert told["html"]

    def test_without_a_picture(self, view):
        with pytest.raises(NoPictureError):
            view.show(None, view.Settings())

    @pytest.mark.parametrize("image", [PLAIN, PIXEL], ids=["plain", "pixel"])
    def test_of_what_has_nothing_to_be_found(self, view, image):
        """A sentence stands where the answer would; no drawing lies over the picture."""
        shown, told, *_ = view.show(image, view.Settings())
        assert told["html"]
        assert "keypoint" not in shown.get("drawing", "")

    def test_of_a_huge_picture(self, view):
        shown, *_ = view.show(HUGE, view.Settings())
        assert max(shown["width"], shown["height"]) == 640

    @pytest.mark.parametrize("place", ["here", "0.5", "0.5,1.2", "nan,0", "0.1,0.2,0.3", 4])
    def test_of_a_place_that_is_none(self, view, place):
        with pytest.raises(InputError, match="two shares"):
            view.show(CAMERA, view.Settings(place=place))


def test_places():
    image = np.zeros((10, 20, 3), np.uint8)
    assert read_place("", image) is read_place(None, image) is None
    assert read_place("0,0", image) == (0, 0)
    assert read_place("1,1", image) == (19, 9)
    assert read_place("0.51,0.49", image) == (10, 4)


def test_corners_and_their_patch():
    settings = corners.Settings(place=f"{286.5 / 512},{332.5 / 512}", threshold=5)
    shown, told, patch = corners.show(CAMERA, settings)
    expected = cf.find_corners(CAMERA, cf.CornerSettings(threshold=0.05))
    assert told["corners"] == expected.found == shown["drawing"].count("<circle")
    assert (told["place"], told["kind"]) == ([286, 332], "corner")
    assert patch["ssd"][6][6] == 0
    assert np.shape(patch["predicted"]) == (13, 13)
    flat = corners.show(CAMERA, corners.Settings(place="0.9,0.02"))[1]
    assert flat["kind"] == "flat"
    assert "hardly anything changes" in flat["html"]
    red, *_ = corners.show(CAMERA, corners.Settings(shown="response"))
    assert red["src"] != shown["src"]


def test_the_keypoint_that_is_pointed_at():
    small = images.shrink(CAMERA, 256)
    found = cf.find_keypoints(small, cf.SiftSettings(most=300))
    x, y = found.points[5]
    shown, told = sift.show(small, sift.Settings(place=f"{(x + 0.5) / 256},{(y + 0.5) / 256}"))
    assert told["point"] == pytest.approx([x, y], abs=0.01)
    assert told["descriptor"] in found.descriptors.astype(int).tolist()
    assert told["keypoints"] == len(found) == len(shown["near"])
    scale = sift.show(small, sift.Settings(explained="scale"))[1]["html"]
    assert "blurred more and more" in scale
    none = sift.show(PLAIN, sift.Settings())
    assert none[0]["drawing"] == ""
    assert none[1]["html"] == f'<p class="instead" role="alert">{sift.NO_KEYPOINTS}</p>'


def test_a_cell_in_less_light():
    """Its gradients shrink with the light; after the normalisation they are what they were."""
    bright, dark = (
        hog.show(CAMERA, hog.Settings(light=light, place="0.55,0.7"))[1] for light in (100, 25)
    )
    assert bright["cell"] == dark["cell"]
    np.testing.assert_allclose(dark["before"], np.array(bright["before"]) / 4)
    np.testing.assert_allclose(dark["after"], bright["after"], atol=0.01)
    shown, told = hog.show(PIXEL, hog.Settings())
    assert shown == {}
    assert "smaller than a block" in told["html"]


def test_codes_and_comparisons():
    for method in cf.METHODS:
        _, told = lbp.show(CAMERA, lbp.Settings(method=method, place="0.5,0.5"))
        codes = cf.measure_lbp(CAMERA, cf.LbpSettings(method=method)).codes
        assert told["code"] == codes[256, 256]
        assert f"<b>{told['code']}</b>" in told["html"]
    many = lbp.show(CAMERA, lbp.Settings(points=16, radius=3))[1]
    assert len(many["histogram"]) == 2**16


class TestMatching:
    def test_with_itself_changed(self):
        shown, told = matching.show(CAMERA, None, matching.Settings())
        assert told["matches"] == shown["drawing"].count("<path")
        assert told["inliers"] == shown["drawing"].count('<path class="inlier"')
        assert told["matches"] >= told["right"] >= 0.9 * told["inliers"] > 20
        assert f"<b>{told['right']}</b> are right" in told["html"]

    def test_with_a_second_picture(self):
        _, told = matching.show(CAMERA, np.rot90(CAMERA).copy(), matching.Settings())
        assert told["inliers"] > 50
        assert told["right"] is None
        *_, (curve, known) = matching.measure(CAMERA, CAMERA, "tilt", None, matching.Settings())
        assert matching.NO_CURVE in curve["html"]
        assert known is None

    def test_with_a_picture_without_keypoints(self):
        for one, two in ((PLAIN, None), (PIXEL, None), (CAMERA, PLAIN)):
            shown, told = matching.show(one, two, matching.Settings())
            assert shown["drawing"] == ""
            assert matching.NOTHING in told["html"]
        last = list(matching.measure(PLAIN, None, "tilt", None, matching.Settings()))[-1]
        assert last == ({"html": ""}, None)

    def test_the_curve_is_measured_once(self):
        small = images.shrink(CAMERA, 160)
        *_, (curve, known) = matching.measure(small, None, "scale", None, matching.Settings())
        assert curve["levels"] == list(cf.LEVELS["scale"])
        assert curve["shares"]["SIFT"][4] == 1
        again = list(matching.measure(small, None, "scale", known, matching.Settings(rotation=9)))
        assert again == [(curve, known)]


def test_the_semantic_gap():
    *_, last = gap.compare(gap.Settings())
    holds = {one["measure"]: one["holds"] for one in last["distances"]}
    assert holds == {"pixels": False, "HOG": True, "SIFT": True}
    assert last["shares"]["pixels"][3] == 0
    assert "HOG 66.7" in last["html"]
    first = next(gap.compare(gap.Settings(number=103, shift=0), None))
    assert all(one["to_moved"] == 0 for one in first["distances"])
    own = np.zeros((28, 28), np.float32)
    own[4:24, 13:15] = 1
    ink = np.repeat(own.repeat(8, axis=0).repeat(8, axis=1)[..., None] * 255, 3, axis=2)
    event = SimpleNamespace(src=images.to_data_uri(ink.astype(np.uint8), format="png"))
    drawn, kept = next(gap.take_drawing("clothes", 0, 3, event))
    assert kept[1] == "1"
    assert "your 1" in drawn["html"]
    assert all(one["other"] != "1" for one in drawn["distances"])


@pytest.mark.parametrize("drawn", live.DRAWN)
@pytest.mark.parametrize("image", [CAMERA[:300, :400], PIXEL, PLAIN], ids=["camera", "1", "plain"])
def test_frames(drawn, image):
    picture, badge = live.show_frame(np.ascontiguousarray(image), live.Settings(drawn=drawn))
    assert picture.dtype == np.uint8
    assert drawn in badge


def test_api(client, tmp_path):
    """Each view through the running page; what is wrong comes back as a sentence."""
    path = tmp_path / "camera.png"
    path.write_bytes(images.to_png(CAMERA))
    picture = handle_file(path)
    _, told, _ = client.predict(picture, window=7, api_name="/classical_features_corners")
    assert told["corners"] == cf.find_corners(CAMERA, cf.CornerSettings(window=7)).found
    _, told = client.predict(picture, most=50, api_name="/classical_features_sift")
    assert told["keypoints"] == len(cf.find_keypoints(CAMERA, cf.SiftSettings(most=50)))
    _, told = client.predict(picture, cell=32, api_name="/classical_features_hog")
    assert told["features"] == 15 * 15 * 2 * 2 * 9
    _, told = client.predict(picture, place="0.25,0.25", api_name="/classical_features_lbp")
    assert told["place"] == [128, 128]
    _, told = client.predict(picture, None, tilt=0, api_name="/classical_features_matching")
    assert told["matches"] > 50
    told = client.predict(number=1, api_name="/classical_features_gap")
    assert len(told["distances"]) == 3
    curve = client.predict(picture, None, "tilt", api_name="/classical_features_invariance")
    assert len(curve["shares"]["SIFT"]) == len(cf.LEVELS["tilt"])
    drawn, _ = client.predict(picture, drawn="LBP", api_name="/classical_features_frame")
    assert "data:image/jpeg" in drawn
    with pytest.raises(AppError, match="two shares"):
        client.predict(picture, place="there", api_name="/classical_features_hog")
    with pytest.raises(AppError, match="give a number from"):
        client.predict(picture, window=99, api_name="/classical_features_corners")
    with pytest.raises(AppError, match="no picture yet"):
        client.predict(None, api_name="/classical_features_lbp")
