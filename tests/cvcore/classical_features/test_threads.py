"""Linear algebra on one thread, and then as before, also where several are inside."""

from threadpoolctl import threadpool_info

from cvcore.classical_features import threads


def count():
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_inside_there_is_one_thread():
    before = count()
    with threads.one_blas_thread():
        assert count() == {1}
    assert count() == before


def test_the_first_sets_the_limit_and_the_last_one_out_puts_it_back(monkeypatch):
    """Told by its calls: where a test has one core alone, there is one thread anyway."""
    said = []

    class Limits:
        def __init__(self, limits, user_api):
            said.append((limits, user_api))

        def restore_original_limits(self):
            said.append("back")

    monkeypatch.setattr(threads, "threadpool_limits", Limits)
    with threads.one_blas_thread():
        with threads.one_blas_thread():
            assert said == [(1, "blas")]
        assert said == [(1, "blas")]
    assert said == [(1, "blas"), "back"]
