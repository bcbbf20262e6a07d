"""A siamese network is trained in headless Chromium, and names a drawing by one example."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import check_stage, check_type, open_view

pytestmark = pytest.mark.browser


def draw_cross(page, pad) -> None:
    """Two strokes across a pad."""
    box = pad.locator("canvas").bounding_box()
    for start, end in (((0.2, 0.2), (0.8, 0.8)), ((0.8, 0.2), (0.2, 0.8))):
        for x, y in (start, end):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
            page.mouse.down() if (x, y) == start else page.mouse.up()


def test_a_network_is_trained_and_names_a_drawing(open_tab, rest, page):
    panel = open_tab("face_verification", query="&steps=40")
    rest()
    open_view(panel, "Train one")
    view = panel.locator("#face-siamese")
    expect(view.get_by_role("status")).to_contain_text("done: step 40 of 40")
    for part in ("distances", "towers"):
        panel.locator("#face-siamese-part").get_by_label(part).check()
        check_stage(panel)
        check_type(panel)
    expect(view.locator(".tower")).to_have_count(2)
    filters = view.locator(".tower .filter + figcaption b").all_inner_texts()
    assert filters[:2] == filters[2:]  # one weight, before and after the step, in both towers
    assert filters[0] != filters[1]
    open_view(panel, "One shot")
    answer = panel.locator("#face-one-shot .siam-of-signs .verdict b")
    expect(answer).to_have_count(1)  # of the digits that it begins with
    rest()
    draw_cross(page, panel.locator("#face-sign-c"))
    panel.locator("#face-sign-asked").get_by_role("button", name="Clear").click()
    expect(panel.locator("#face-one-shot .siam-of-signs")).to_contain_text("Now draw one")
    draw_cross(page, panel.locator("#face-sign-asked"))
    expect(answer).to_have_text("C")
    panel.locator("#face-one-shot-task").get_by_label("same hand?").check()
    for pad in ("first", "second"):
        draw_cross(page, panel.locator(f"#face-sign-{pad}"))
    expect(panel.locator("#face-one-shot .siam-of-hands .verdict")).to_have_text(
        "Near: taken for the same"
    )
    check_stage(panel)
    check_type(panel)
    rest()
