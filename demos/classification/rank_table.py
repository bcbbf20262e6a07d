"""Five pictures with their ranked answers: where is the truth found, and what counts at rank N?"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from cvcore.classification.rank_n import RankedPicture, RankReport, share_within
from demos.classification.views import draw_page, jpeg_uri, percent
from demos.components.js_component import link_styles

PLACES = 5  # answers a row
LOOK = link_styles(__name__, "ranks.css")
# The example worked by hand: what a picture shows, and what else it could be taken for.
HAND = (
    ("cat", ("fox", "dog", "lion", "rabbit", "lynx")),
    ("bus", ("lorry", "tram", "van", "train", "car")),
    ("cup", ("bowl", "jug", "glass", "vase", "pot")),
    ("shoe", ("boot", "sandal", "sock", "clog", "glove")),
    ("rose", ("tulip", "poppy", "peony", "daisy", "lily")),
)
HAND_RANKS = "1, 2, 1, 4, 7"


@dataclass(frozen=True)
class Row:
    """A picture's answers, the best first."""

    truth: str
    rank: int  # of the truth
    answers: tuple[tuple[str, float | None], ...]  # name, probability if there is one
    thumbnail: bytes = b""  # JPEG


def to_row(picture: RankedPicture, names: Sequence[str]) -> Row:
    pairs = zip(picture.top_indices, picture.top_probabilities, strict=True)
    answers = tuple((names[index], p) for index, p in pairs)
    return Row(names[picture.class_idx], picture.rank, answers, picture.thumbnail)


def to_hand_rows(ranks: Sequence[int]) -> list[Row]:
    """The example with the truths at these places."""
    rows = []
    for (truth, others), rank in zip(HAND, ranks, strict=True):
        answers = [*others[: rank - 1], truth, *others[rank - 1 :]] if rank <= PLACES else others
        rows.append(Row(truth, rank, tuple((name, None) for name in answers[:PLACES])))
    return rows


def draw_ranks(report: RankReport, names: Sequence[str], n: int = 1) -> str:
    """Five rows of a report, the accuracy of all its pictures at each rank, what was left out."""
    rows = [to_row(picture, names) for picture in report.choose_shown()]
    ranks = [picture.rank for picture in sorted(report.pictures, key=lambda one: one.rank)]
    notes = [f"{report.seen} of {report.total} pictures"]
    if len(ranks) > len(rows):
        notes[0] += f", {len(rows)} of them shown, from the best-ranked to the worst"
    if report.note:
        notes.append(escape(report.note))
    if report.unreadable:
        notes.append(f"{len(report.unreadable)} could not be read: {_list(report.unreadable)}")
    if report.unknown_folders:
        notes.append(f"folders that name no class, left out: {_list(report.unknown_folders)}")
    return draw_page(LOOK, draw_table(rows, ranks, n), f'<p class="soft">{"; ".join(notes)}</p>')


def draw_hand(ranks: Sequence[int], n: int) -> str:
    """The example worked by hand, with its sum."""
    return draw_page(
        LOOK,
        draw_table(to_hand_rows(ranks), ranks, n),
        '<p class="soft">No network here: five pictures and answers made up, so that the sum can '
        "be done by hand. Type other ranks beside it.</p>",
    )


def draw_table(rows: Sequence[Row], ranks: Sequence[int], n: int) -> str:
    """The rows, and below them the share of all ``ranks`` within 1, 2, ... 5."""
    places = range(1, PLACES + 1)
    heads = "".join(f'<th class="{_name(place, n)}">{place}</th>' for place in places)
    body = "".join(_draw_row(row, n) for row in rows)
    shares = "".join(
        f'<td class="{"now" if place == n else _name(place, n)}"><b>{_share(ranks, place)}</b></td>'
        for place in places
    )
    hits = sum(rank <= n for rank in ranks)
    told = f"Rank-{n} accuracy: {hits} of {len(ranks)} = {_share(ranks, n)}" if ranks else ""
    return (
        f'<p class="big"><strong>{told}</strong></p><div class="across" tabindex="0" role="region" '
        'aria-label="Ranked answers"><table class="rank-table"><thead><tr>'
        f"<th>it shows</th>{heads}<th>truth at</th><th>counts at {n}</th></tr></thead>"
        f"<tbody>{body}</tbody><tfoot><tr><td>Rank-1 to Rank-5 accuracy</td>{shares}"
        f"<td></td><td></td></tr></tfoot></table></div>{_draw_sum(ranks, n)}"
    )


def _draw_row(row: Row, n: int) -> str:
    cells = ""
    for place, (name, p) in enumerate(row.answers, start=1):
        kind = "truth " * (place == row.rank) + _name(place, n)
        share = "" if p is None else f"<br>{percent(p)}"
        cells += f'<td class="{kind}">{escape(name)}{share}</td>'
    picture = f'<img alt="" src="{jpeg_uri(row.thumbnail)}">' if row.thumbnail else ""
    counts = "✓ right" if row.rank <= n else "✗ wrong"
    return (
        f'<tr><td><div class="what">{picture}<span>{escape(row.truth)}</span></div></td>{cells}'
        f"<td>{row.rank}</td><td>{counts}</td></tr>"
    )


def _draw_sum(ranks: Sequence[int], n: int) -> str:
    """The accuracy as a sum of ones and noughts, where it is short enough to read."""
    if not 0 < len(ranks) <= PLACES:
        return ""
    asked = " + ".join(f"[{rank} ≤ {n}]" for rank in ranks)
    told = " + ".join(str(int(rank <= n)) for rank in ranks)
    count = len(ranks)
    return f'<p class="sum-line">({asked}) / {count} = ({told}) / {count} = {_share(ranks, n)}</p>'


def _name(place: int, n: int) -> str:
    """The style of a place that counts at rank n, or of one that does not."""
    return "in" if place <= n else "over"


def _share(ranks: Sequence[int], n: int) -> str:
    return percent(share_within(ranks, n)) if ranks else "–"


def _list(names: tuple[str, ...]) -> str:
    return escape(", ".join(names[:5])) + (" …" if len(names) > 5 else "")
