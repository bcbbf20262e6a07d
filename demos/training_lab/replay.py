"""A run that was stored: what a visitor sees who waits for a turn."""

import threading

import cvcore
from cvcore.training_lab.progress import Progress
from cvcore.training_lab.settings import Settings
from demos.lesson import charts
from demos.training_lab.curves import draw_accuracy, draw_loss
from demos.training_lab.session import Kept

NOT_YET = (
    '<div class="lab-replay"><p class="anew">Your run waits for its turn. A server that has just '
    "started loads its libraries first: that takes some seconds.</p></div>"
)
_lock = threading.Lock()
_stored: list[str] = []


def prepare() -> None:
    """Load what trainings need, and take the lesson's first run once, to be shown while others
    wait. It is a real run of this machine; later ones of the same settings are the same."""
    lab = cvcore.training_lab
    lab.prepare()  # who comes meanwhile need not wait for the rest
    _ = lab.search_settings  # Optuna is read in now, and not in the first search's step
    *_, last = lab.train(Settings(), lab.load_digits())
    store(last)


def store(progress: Progress) -> None:
    """Keep the curves of a run with the settings of the lesson's first, once it is done."""
    if not progress.done or progress.stopped or progress.settings != Settings():
        return
    with _lock:
        if not _stored:
            _stored.append(draw_replay(progress))


def draw_replay(progress: Progress) -> str:
    """Its curves, drawn from left to right in about as long as it took."""
    one = Kept(0, "stored run", charts.BLUE, "digits", members=[progress])
    test = f", test {charts.percent(progress.test.accuracy)}" if progress.test else ""
    return (
        f'<div class="lab-replay" style="--seconds:{min(max(progress.seconds, 2), 6):.1f}s">'
        f'<p class="anew"><b>Replay</b>'
        f" of a stored run while you wait: MLP, 4,000 digits, 8 epochs{test}.</p>"
        f'<div class="lab-charts lab">{draw_loss([one], one)}{draw_accuracy([one])}</div>'
        "</div>"
    )


def get_replay() -> str:
    """The stored run, drawn; a sentence before there is one."""
    with _lock:
        return _stored[0] if _stored else NOT_YET
