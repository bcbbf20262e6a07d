"""Tab: classical features. What can be measured in a picture before a network learns what to?"""

from demos import lesson
from demos.classical_features import (
    classifiers,
    corners,
    eigenfaces,
    gap,
    hog,
    lbp,
    live,
    matching,
    recognition,
    sift,
)
from demos.classical_features.parts import build_parts

TITLE = "Classical features"
SHORT = "Features"  # on the tab's button
SUMMARY = "What did people measure in pictures before networks learnt what to measure?"

# The views in their order: a module each, with its TITLE, what is shown of its CODE, and ``build``.
VIEWS = (
    corners,
    sift,
    hog,
    lbp,
    matching,
    gap,
    recognition,
    eigenfaces,
    classifiers,
    live,
)  # fmt: skip


def prepare() -> None:
    """Once the page is up: load what recognition needs."""
    recognition.prepare()


def build(tab: lesson.Tab) -> None:
    """The picture and the place in it, which all views share, and the views."""
    lesson.Stage(tab, TITLE, SUMMARY)
    parts = build_parts(tab, [view.TITLE for view in VIEWS])
    for view in VIEWS:
        view.build(parts)
    parts.lazy.note_others(tab.stage.views)
    tab.lesson()
    tab.show_code(*(target for view in VIEWS for target in view.CODE))
