"""What a chart is made of; see charts.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from demos.lesson.charts_axis import Scale

# Okabe and Ito's colours, told apart by the colour-blind; charts.css has them for both themes
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY = range(7)
# Pixels: about as wide as the place where a chart is shown, so that its words are not smaller than
# they are drawn (16 pixels); charts grow with their place.
WIDE, HALF, NARROW, SPARK = (760, 270), (420, 230), (290, 200), (220, 70)
LETTER = 8.6  # pixels of one letter, to leave room for words
DASHES = ("", "9 5", "3 4", "14 4 3 4", "1 5", "18 5")
SHAPES = ("circle", "square", "triangle", "diamond", "plus")


def colour_of(number: int) -> str:
    """A chart's colour, for what stands beside it."""
    return f"var(--chart-{number % 7})"


@dataclass(frozen=True, eq=False)
class Line:
    """Points joined; NaN is a gap. Without ``colour`` the next one is taken."""

    name: str
    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    colour: int | None = None
    dots: bool = False  # else the lines differ in their dashes
    fills: bool = False  # down to 0
    note: str = ""  # in the legend, bold: the last value, an area
    dash: int | None = None  # of DASHES; without it the next one is taken
    is_listed: bool = True  # in the legend


@dataclass(frozen=True, eq=False)
class Points:
    """Single points: one highlighted, or a cloud. The shape differs with the colour."""

    name: str
    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    colour: int | None = None
    size: float = 8.0
    note: str = ""


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars at places along the axis; several Bars stand side by side at each place."""

    name: str
    at: Sequence[float] | np.ndarray
    size: Sequence[float] | np.ndarray
    colour: int | Sequence[int] | None = None  # one for all, or one a bar
    base: float | Sequence[float] | np.ndarray = 0.0  # where they begin
    width: float = 0.8  # of all that stand at a place, in the axis's numbers
    texts: Sequence[str] = ()  # at the bars' ends
    is_horizontal: bool = False
    note: str = ""


@dataclass(frozen=True)
class Mark:
    """A dashed line across, at a place of the x or the y axis; or an arrow that points at one.

    One that moves follows the CSS variable ``--now`` of the chart, or of what the chart stands in:
    a script sets it to 0 for the axis's low end, to 1 for its high end. Until then ``at`` counts.
    """

    at: float
    text: str = ""
    axis: str = "x"
    colour: int | None = None  # none: the text's
    is_arrow: bool = False  # a bold triangle on the x axis
    is_moving: bool = False
    row: int = 0  # of words across: below those of other marks near by


@dataclass(frozen=True)
class Band:
    """A shaded part of the x or the y axis."""

    low: float
    high: float
    text: str = ""
    axis: str = "x"
    colour: int = BLUE


Series = Line | Points | Bars


@dataclass(eq=False)
class Frame:
    """Where everything of one chart stands, and what can be pointed at."""

    x: Scale
    y: Scale
    size: tuple[int, int]
    colours: dict[int, Sequence[int]] = field(default_factory=dict)  # by the part's identity
    dashes: dict[int, str] = field(default_factory=dict)

    def colour(self, part: Series) -> int:
        """The colour of a series, of many-coloured bars the first one's."""
        return next(iter(self.colours[id(part)]), GREY)

    def dash(self, part: Series) -> str:
        """The attribute that tells a line without dots from the others; the first is solid."""
        dash = self.dashes.get(id(part), "")
        return f' stroke-dasharray="{dash}"' if dash else ""
