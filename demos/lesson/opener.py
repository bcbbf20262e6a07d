"""What a lesson offers as the opener of its chapter, on the page that all lessons start from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Opener:
    """A view that shows what a whole chapter is about; ``OPENER`` of a lesson's module."""

    title: str
    summary: str  # a sentence
    query: str  # of the lesson's address: ``view=tasks&picture=street``
