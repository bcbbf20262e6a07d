"""A mistake's sentence takes the place of the result that it has made untrue."""

from collections.abc import Callable
from inspect import isgeneratorfunction

from cvcore.errors import InputError
from demos.face_verification_views import draw_sentence


def say_mistakes(fn: Callable, others: list, *, raises: bool = True) -> Callable:
    """``fn``, which on a mistake puts the sentence where its first output stood, then raises it.

    ``others`` are the further outputs' values then: a result must not stay beside a picture that
    it is not of. Without ``raises`` that is all, for views beside one that raises it already.
    """

    def answer(*values):
        try:
            if isgeneratorfunction(fn):
                yield from fn(*values)
            else:
                yield fn(*values)
        except InputError as error:
            yield draw_sentence(str(error)), *others
            if raises:
                raise

    return answer
