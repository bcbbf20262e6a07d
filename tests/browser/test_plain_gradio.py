"""The page on Gradio as it comes, without any of our patches."""

import os

import pytest
from gradio.state_holder import SessionState
from playwright.sync_api import expect

from demos import TABS
from demos.gradio_patches import session_start
from tests.support.server import serve_page

pytestmark = pytest.mark.browser
FEW = ("convolution", "face_verification", "training_lab")


def test_lessons_answer_without_patches(page, traffic, monkeypatch):
    """One lesson of each kind on a page of these; with CI_SLOW=1 all of them."""
    topics = TABS if os.environ.get("CI_SLOW") else FEW
    monkeypatch.setenv("GLASSBOX_PLAIN_GRADIO", "1")
    monkeypatch.setattr(SessionState, "__init__", session_start._begin)
    wrong: list[str] = []
    traffic.listen("pageerror", lambda error: wrong.append(str(error)))
    with serve_page(*topics) as served:
        before = len(served.faults)
        page.goto(served.url)
        for topic in topics:
            asked = len(traffic.asked)
            page.locator(f"#tab-{topic}-button").click()
            panel = page.locator(f"#tab-{topic}")
            expect(panel.get_by_text("How it works").first).to_be_visible()
            traffic.come_to_rest(served)
            assert len(traffic.asked) > asked, topic
            assert page.locator(".toast-body").count() == 0, topic
        assert served.faults[before:] == []
        page.goto("about:blank")
    assert wrong == []
