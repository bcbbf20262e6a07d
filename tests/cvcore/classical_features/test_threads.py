"""Linear algebra on one thread, and then as before, also where several are inside."""

from threadpoolctl import threadpool_info, threadpool_limits

from cvcore.classical_features.threads import one_blas_thread


def count():
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_the_last_one_out_puts_it_back():
    with threadpool_limits(2, user_api="blas"):
        assert count() == {2}
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert count() == {1}
        second.__exit__(None, None, None)
        assert count() == {2}
