"""Work in a thread of its own, watched as it goes."""

import threading
from contextlib import closing
from dataclasses import dataclass

import pytest

from cvcore.core.streaming import stream

NAME = "counting"


@dataclass(frozen=True)
class Count:
    number: int
    done: bool = False


def count_to(last: int, counted: list[int]):
    def work(slot):
        for number in range(last + 1):
            counted.append(number)
            slot.put(Count(number, done=number == last))
            if slot.is_closed():
                return

    return work


def is_at_work() -> bool:
    return any(one.name == NAME for one in threading.enumerate())


def test_each_state_waits_until_it_is_asked_for():
    counted: list[int] = []
    with closing(stream(count_to(5, counted), name=NAME, waits=True)) as states:
        for number in range(6):
            assert next(states) == Count(number, done=number == 5)
            assert counted == list(range(number + 1))
        assert list(states) == []
    assert not is_at_work()


def test_without_waiting_it_goes_on_and_the_last_state_stays():
    counted: list[int] = []
    is_over = threading.Event()
    work = count_to(1000, counted)

    def whole(slot):
        work(slot)
        is_over.set()

    states = stream(whole, name=NAME)
    first = next(states)
    assert is_over.wait(60)
    assert len(counted) == 1001
    if not first.done:
        assert list(states)[-1] == Count(1000, done=True)


@pytest.mark.parametrize("waits", [True, False])
def test_closing_ends_it_at_its_next_step(waits):
    goes_on = threading.Event()

    def work(slot):
        number = 0
        while not slot.is_closed():
            slot.put(Count(number))
            number += 1
        goes_on.set()

    states = stream(work, name=NAME, waits=waits)
    next(states)
    assert is_at_work()
    states.close()
    assert goes_on.is_set()
    assert not is_at_work()


def test_what_the_work_raises_is_raised_where_it_is_watched():
    def fails(slot):
        slot.put(Count(0))
        raise ZeroDivisionError("by zero")

    with pytest.raises(ZeroDivisionError, match="by zero"):
        list(stream(fails, name=NAME, waits=True))
    with pytest.raises(RuntimeError, match="without its last state"):
        list(stream(lambda slot: None, name=NAME))
    assert not is_at_work()
