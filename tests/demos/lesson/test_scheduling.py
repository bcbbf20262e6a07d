"""Long work ends in time, shares the cores, and has queues of its own."""

import copy
import threading

import gradio as gr
import pytest
import torch

from cvcore.engine.device import cpu_count
from demos.lesson import scheduling
from demos.server.limits import HEAVY, LIGHT, STEADY


def test_a_stream_that_takes_too_long_is_ended(monkeypatch):
    closed = []

    def forever():
        try:
            while True:
                yield "preview"
        finally:
            closed.append(True)

    stream = scheduling.long_work(forever)()
    assert next(stream) == "preview"
    stream.close()
    monkeypatch.setattr(scheduling, "LONGEST_SECONDS", 0)
    stream = scheduling.long_work(forever)()
    assert next(stream) == "preview"
    with pytest.raises(gr.Error, match=r"ended after 5 minutes.*take fewer steps"):
        next(stream)
    assert closed == [True, True]
    assert scheduling._running == 0


def test_the_newest_run_ends_the_others_of_its_visit():
    def work(name):
        for step in range(3):
            yield f"{name} {step}"

    work = scheduling.newest_wins(work)
    mine, yours = scheduling.RunToken(), scheduling.RunToken()
    first, elsewhere = work(mine, "first"), work(yours, "elsewhere")
    assert (next(first), next(elsewhere)) == ("first 0", "elsewhere 0")
    second = work(mine, "second")
    assert next(second) == "second 0"
    assert list(first) == []
    assert list(second) == ["second 1", "second 2"]
    assert list(elsewhere) == ["elsewhere 1", "elsewhere 2"]


def test_two_events_that_read_the_same_count_ask_twice():
    token = scheduling.RunToken()
    assert [token.count(0), token.count(0), token.count(7), token.count(2)] == [1, 2, 8, 9]
    assert copy.deepcopy(token).count(0) == 1  # another visit's own


def test_the_last_answer_holds_all_that_was_given():
    """Callers of the API get that one alone."""
    same, hidden = gr.skip(), gr.update(visible=False)

    def answers(*rows):
        def work():
            yield from rows

        return list(scheduling.answer_whole(work, len(rows[0]) if rows else 2)())

    assert answers((1, 2), (same, 3)) == [(1, 2), (same, 3), (1, 3)]
    assert answers((1, same), (same, 2), (same, same))[-1] == (1, 2)
    assert answers((1, 2), (hidden, 3))[-1] == (1, 3)
    for rows in (((1, 2), (1, 3)), ((same, 2),), ((None, same), (3, same)), ()):
        assert answers(*rows) == list(rows)  # whole as it is
    assert answers((1, 2), (same, gr.update(value=3)))[-1] == (1, gr.update(value=3))

    def one():
        yield "map"
        yield same

    assert list(scheduling.answer_whole(one, 1)()) == ["map", same, "map"]


def test_a_slider_that_moves_during_the_work_is_followed():
    def work(size, level):
        for step in range(size):
            if step:
                yield gr.skip(), gr.skip()
            yield f"{step} by {level}", step

    def redraw(kept, level):
        return f"{kept} by {level}"

    following, redrawing = scheduling.follow(work, redraw)
    mine, yours = scheduling.LatestControls(), scheduling.LatestControls()
    run, elsewhere = following(3, "old", mine), following(2, "old", yours)
    assert next(run) == ("0 by old", 0)
    assert redrawing(0, "new", mine) == "0 by new"
    assert list(run) == [
        (gr.skip(), gr.skip()), ("1 by new", 1), (gr.skip(), gr.skip()), ("2 by new", 2),
    ]  # fmt: skip
    assert [kept for *_, kept in elsewhere] == [0, gr.skip(), 1]
    assert yours.values is None
    assert next(following(1, "newer", mine)) == ("0 by newer", 0)  # its own sliders, once again


def test_two_long_works_share_the_cores():
    usual = torch.get_num_threads()
    first_is_running, second_is_done = threading.Event(), threading.Event()
    threads = []

    def note():
        threads.append(torch.get_num_threads())
        yield "preview"
        threads.append(torch.get_num_threads())

    def stay():
        first_is_running.set()
        second_is_done.wait(10)

    try:
        assert list(scheduling.long_work(note)()) == ["preview"]
        assert threads == [cpu_count()] * 2
        other = threading.Thread(target=scheduling.long_work(stay))
        other.start()
        first_is_running.wait(10)
        threads.clear()
        assert list(scheduling.long_work(note)()) == ["preview"]
        assert threads == [max(1, cpu_count() // 2)] * 2
        second_is_done.set()
        other.join()
        assert scheduling._running == 0
    finally:
        torch.set_num_threads(usual)


def test_a_mistake_gives_its_place_back():
    def fail():
        raise ValueError("broken")

    with pytest.raises(gr.Error):
        scheduling.long_work(fail)()
    assert scheduling._running == 0


def test_every_queue_is_one_of_three_and_dreams_wait_apart(whole_page):
    functions = whole_page.blocks.fns.values()
    assert sum(bool(fn.queue and fn.fn) for fn in functions) > 100
    known = {kind["concurrency_id"]: kind["concurrency_limit"] for kind in (LIGHT, STEADY, HEAVY)}
    for fn in functions:
        if fn.queue and fn.fn:
            assert fn.concurrency_limit == known[fn.concurrency_id], fn.api_name
    queues = {fn.api_name: fn.concurrency_id for fn in functions}
    assert queues["classification"] == queues["detection"] == "light"
    assert queues["saliency"] == "steady"
    assert queues["deep_dream"] == queues["style_transfer_steps"] == "heavy"
