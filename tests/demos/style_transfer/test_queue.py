"""Painting runs in the queue: sliders act on them meanwhile, and two go on side by side."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from gradio_client import Client, handle_file

from cvcore import style_transfer
from cvcore.core import samples
from tests.support.server import wait_until
from tests.support.visitor import Visitor

CAT = str(samples.index()["chelsea"].path)
STYLE = str(style_transfer.index()["night"].path)


@pytest.fixture
def hold(monkeypatch):
    """Let every run stand still after a step until something has happened."""
    real, holds = style_transfer.stylise, {}

    def stylise(*args, **kwargs):
        for step in real(*args, **kwargs):
            yield step
            if step.step in holds:
                wait_until(*holds[step.step])

    monkeypatch.setattr(style_transfer, "stylise", stylise, raising=False)
    return holds.__setitem__


def paint_with_slider(visitor, move: dict | None) -> dict:
    """A run in the queue, with a slider moved in its middle; what its last step says."""
    given = {"style": visitor.picture, "steps": 60, "side": 128}
    painting, moved = visitor.join("style_transfer_steps", **given), None
    for message in visitor.listen():
        if message["msg"] == "process_generating" and moved is None and move:
            moved = visitor.join("style_transfer_weights", **move)
        if message["msg"] == "process_completed":
            assert message["success"], message["output"]
            if message["event_id"] == painting:
                return message["output"]["data"][0]
    raise AssertionError("The server hung up.")


def test_a_slider_moves_while_a_queued_run_is_going(serve, hold, monkeypatch):
    """The run stands still at its fifth step until the slider's own call has been answered.

    About 10 s: two whole paintings, as only a finished one shows what the weights have done to it.
    """
    moves, page = [], serve("style_transfer")
    visitor = Visitor(page.url)
    left_alone = paint_with_slider(visitor, None)
    assert left_alone["weights"] == {"style": 1, "content": 0.3, "smoothness": 3}
    (turn,) = (fn for fn in page.blocks.fns.values() if fn.api_name == "style_transfer_weights")
    monkeypatch.setattr(
        turn, "fn", lambda *args, _fn=turn.fn, **given: moves.append(_fn(*args, **given))
    )
    hold(5, (lambda: moves, "The move of the slider"))
    moved = paint_with_slider(visitor, {"content_weight": 2, "style_weight": 0.05})
    assert moved["step"] == left_alone["step"] == 60
    assert moved["weights"] == {"style": 0.05, "content": 2, "smoothness": 3}
    assert moved["losses"]["content"] < 0.8 * left_alone["losses"]["content"]
    assert moved["losses"]["style"] > 1.5 * left_alone["losses"]["style"]
    stopped = visitor.complete("style_transfer_stopped")["output"]["data"]
    assert stopped[0]["step"] == 60
    assert stopped[1]["filename"] == "painting.png"
    visitor.leave()


def test_two_visitors_at_once_both_get_previews(serve, hold):
    """Neither waits for the other to end: no run passes its tenth step before both are seen."""
    url, seen = serve("style_transfer").url, ([], [])
    hold(10, (lambda: all(seen), "The first preview of both"))

    def visit(steps: list[int]) -> None:
        visitor = Client(url, verbose=False)
        job = visitor.submit(
            handle_file(CAT), handle_file(STYLE), None, steps=20, side=128,
            api_name="/style_transfer_steps",
        )  # fmt: skip
        for value, _ in job:
            steps += [value["step"]] if "step" in value else []

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(visit, seen))
    for steps in seen:
        assert len(steps) >= 2
        assert steps == sorted(steps)
        assert steps[0] <= 10
        assert steps[-1] == 20
