"""Eigenfaces and Fisherfaces against scikit-learn, light against its formula, and what it does."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier

from cvcore import classical_features as cf
from cvcore.classical_features import subspaces
from cvcore.core import samples
from cvcore.core.errors import InputError

GALLERY = cf.load_gallery()


def test_the_gallery_is_forty_people_in_six_pictures():
    assert GALLERY.pictures.shape == (40, 6, 56, 48)
    assert GALLERY.pictures.dtype == np.uint8
    assert len({one.tobytes() for one in GALLERY.pictures.reshape(240, -1)}) == 240


def test_light_from_the_front_and_from_the_side_by_hand():
    white = np.full((56, 48), 200, np.uint8)
    front, right = cf.relight(white, 0), cf.relight(white, 60)
    middle = front[27:29, 23:25]
    assert middle.min() >= 199  # the normal points to the light
    # in the middle n · l = cos 60°
    assert abs(int(right[28, 24]) - 200 * (0.15 + 0.85 * 0.5)) < 5
    np.testing.assert_array_equal(right, cf.relight(white, -60)[:, ::-1])
    assert right[28, 47] > right[28, 24] > right[28, 0]


def test_numbers_are_those_of_scikit_learn():
    spaces = cf.learn_faces()
    rows = subspaces.flatten(spaces.templates)
    assert isinstance(spaces.pca, PCA)
    centred = rows - rows.mean(axis=0)
    values = np.linalg.eigvalsh(centred @ centred.T)[::-1] / (len(rows) - 1)  # Turk and Pentland's
    np.testing.assert_allclose(spaces.pca.explained_variance_[:64], values[:64], rtol=1e-6)
    lda = LinearDiscriminantAnalysis(solver="eigen").fit(spaces.pca.transform(rows), spaces.people)
    held = cf.relight(GALLERY.pictures[:5, 5], 40)
    code = spaces.pca.transform(subspaces.flatten(held))
    np.testing.assert_allclose(spaces.project(held), code[:, :64])
    np.testing.assert_allclose(spaces.project(held, "without_three"), code[:, 3:67])
    np.testing.assert_allclose(spaces.project(held, "fisherfaces"), lda.transform(code)[:, :39])


def test_the_rate_is_that_of_the_nearest_neighbour_of_scikit_learn():
    spaces, right = cf.learn_faces(), np.repeat(np.arange(40), 2)
    held = GALLERY.pictures[:, 4:].reshape(-1, 56, 48)
    for method, count in (("eigenfaces", 10), ("fisherfaces", 39)):
        known = spaces.project(spaces.templates, method)[:, :count]
        nearest = KNeighborsClassifier(1).fit(known, spaces.people)
        rates = [
            nearest.score(spaces.project(cf.relight(held, angle), method)[:, :count], right)
            for angle in (-45, 45)
        ]
        assert cf.measure_recognition(method, 45)[count - 1] == pytest.approx(np.mean(rates))


def test_fisherfaces_withstand_light_better():
    """Belhumeur and others, 1997: also than PCA without its first three components."""
    for angle, least in ((45, 0.3), (60, 0.5)):
        pca, three, lda = (
            cf.measure_recognition(name, angle)[-1] for name in subspaces.METHODS
        )  # fmt: skip
        assert pca + least < lda
        assert pca + 0.2 < three < lda
    assert cf.measure_recognition("eigenfaces", 0)[-1] > 0.95


def test_a_face_comes_back_better_from_more_numbers():
    spaces, face = cf.learn_faces(), GALLERY.pictures[7, 5]
    errors = [((spaces.rebuild(face, k) - face) ** 2).mean() for k in (0, 1, 8, 64)]
    assert errors == sorted(errors, reverse=True)
    np.testing.assert_allclose(spaces.rebuild(face, 0), spaces.mean_face)
    axes = spaces.list_axes("fisherfaces", 4)
    np.testing.assert_allclose(np.linalg.norm(axes.reshape(4, -1), axis=1), 1)


def test_somebody_enrolled_is_found_again():
    face = cf.match_contrast(cf.read_own_face(samples.load_sample("astronaut"))[0])
    other = cf.match_contrast(cf.read_own_face(samples.load_sample("obama_2005"))[0])
    people = [cf.Enrolled("Eileen", face), cf.Enrolled("Barack", other)]
    lit = cf.relight(face, 10)
    assert cf.find_nearest(lit, enrolled=people).name == "Eileen"
    alone = cf.find_nearest(lit, enrolled=people, alone=True, method="fisherfaces", count=39)
    assert alone.names == ("Eileen", "Barack")
    assert alone.distance == alone.distances[0] < alone.distances[1]
    assert cf.find_nearest(lit).name in GALLERY.names


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"count": 0}, "number of components"),
        ({"count": 65}, "number of components"),
        ({"method": "ica"}, "eigenfaces, without_three, fisherfaces"),
        ({"alone": True}, "nobody in it"),
        ({"alone": True, "enrolled": [cf.Enrolled("A", GALLERY.pictures[0, 0])]}, "one person"),
    ],
)
def test_what_cannot_be_is_said(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        cf.find_nearest(GALLERY.pictures[0, 0], **settings)


def test_other_pictures_and_light_are_refused():
    with pytest.raises(InputError, match="56, 48"):
        cf.find_nearest(np.zeros((64, 64), np.uint8))
    with pytest.raises(InputError, match="angle of the light"):
        cf.relight(GALLERY.pictures[0, 0], 90)
    with pytest.raises(InputError, match="no face"):
        cf.read_own_face(samples.load_sample("coffee"))
    with pytest.raises(InputError):
        cf.read_own_face(np.zeros((1, 1, 3), np.uint8))
