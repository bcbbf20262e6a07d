"""A kept run, looked at again: as it was left, at its best, or out of a checkpoint."""

import torch

from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import Data
from cvcore.training_lab.history import BEST, History, to_filters
from cvcore.training_lab.learner import Learner
from cvcore.training_lab.progress import Progress, Score
from cvcore.training_lab.runs import Run, check_resumable


@undisturbed
def review(run: Run, data: Data) -> Progress:
    """How a run stands: its curves, and its network measured anew on the pictures held back.

    The state is ``done`` and holds the run. Raises ``InputError`` where the run was trained on
    other data.
    """
    check_resumable(run, run.settings, data)
    learner = Learner(run.settings, data)
    learner.net.load_state_dict(run.state.network)
    learner.history.restore(dict(run.curves), run.marks, run.step)
    losses, answers = learner.measure(data.validation)
    measured = History([])
    measured.add_validation(losses, answers, data.validation.labels, len(data.classes))
    tested, said = learner.measure(data.test)
    score = Score(float(tested.mean()), float((said == data.test.labels).double().mean()))
    channels, side, _ = data.size
    curves = learner.history.to_arrays()
    indices, worst, answered = measured.worst
    return Progress(
        run.settings, run.step, learner.total, run.step // learner.steps_per_epoch, 0.0,
        **curves,
        layers=learner.history.layers,
        filters=to_filters(learner.first_layer, channels, side),
        worst_indices=indices, worst_losses=worst, worst_answers=answered,
        confusion=measured.confusion,
        marks=run.marks,
        diverged=not bool(torch.isfinite(losses).all()),
        stopped=run.step < learner.total,
        best_step=run.state.best_step if run.best is None else run.best.step,
        best_loss=run.state.best_loss,
        done=True,
        test=score,
        test_best=score if any(m.text == BEST and m.step == run.step for m in run.marks) else None,
        run=run,
    )  # fmt: skip
