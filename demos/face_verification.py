"""Tab: face verification. Do two pictures show the same person, and how sure is that?"""

from collections.abc import Callable

import gradio as gr

from cvcore.face_verification import DETECTOR, DETECTORS, EMBEDDER, METRIC, METRICS, THRESHOLDS
from demos import face_verification_embedder as embedders
from demos import face_verification_group as group
from demos import face_verification_history as history
from demos import face_verification_live as live
from demos import face_verification_parts as parts
from demos import face_verification_stages as stages
from demos import face_verification_trials as trials
from demos import ui
from demos.face_verification_mistakes import say_mistakes
from demos.face_verification_pair import redraw, verify
from demos.ui.private_picture import FacePicture, to_value

TITLE = "Face verification"
SHORT = "Faces"  # on the tab's button
SUMMARY = "The same person or not, and how sure? Pictures stay in memory and go when you leave."
STAGES, PARTS, HISTORY, TRIALS = "Detection", "Parts", "History", "Limits"

LESSON = r"""
**Four steps.** Find the faces (MTCNN), turn each upright by its five landmarks (the similarity
transform nearest to five standard points), turn each into an **embedding** $\mathbf{e}$ of 128
numbers with length 1 (SFace), and compare:
$$\cos(a,b) = \mathbf{e}_a \cdot \mathbf{e}_b = \sum_{i=1}^{128} e_{a,i}\,e_{b,i}, \qquad
d(a,b) = \lVert \mathbf{e}_a - \mathbf{e}_b \rVert = \sqrt{2 - 2\cos(a,b)}$$
Same person if $\cos \ge$ the threshold. Nobody's name is in the network: it has learnt to put one
person's pictures close together and others far apart.

The **metric** is a matter of taste here: on vectors of length 1, cosine and Euclidean distance put
all pairs in the same order, and a threshold $t$ for the one is $\sqrt{2 - 2t}$ for the other.

**A photograph is not a person.** Held before the webcam, it passes: this page does not test for
life (blinking, depth), and a verdict says that two pictures match, not who sits there.

**No threshold is right.** A low one lets strangers in (**false accept**), a high one turns the
right person away (**false reject**). A phone may accept 1 stranger in 50,000 and ask twice; a photo
album prefers the opposite. Both rates were measured on LFW, press photos of famous people; on
other people, cameras and ages they are worse, and not equally so for everybody. A verdict about a
real person needs more than this page.

**How sure** is the share of one person's pairs among all pairs this similar, if both kinds were
equally frequent (a logistic curve fitted to LFW). Among a million strangers they are not.

**The losses** that train such a network (distance $d$, margin $m$):
$$L_\text{contrastive} = y\,d^2 + (1-y)\max(0, m-d)^2, \qquad
L_\text{triplet} = \max(0,\; d(a,p)^2 - d(a,n)^2 + m)$$
$$L_\text{cross-entropy} = -y\log p - (1-y)\log(1-p)$$
with $y = 1$ for one person's pair; $a, p, n$ are an anchor, another picture of the same person, and
a stranger.
"""


def build(tab: ui.Tab) -> None:
    """Lay the tab out and connect it."""
    score, open_view = gr.State(), gr.State("")
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            with gr.Row():
                with gr.Column(min_width=150):
                    a = FacePicture(to_value("ardern_2018"), title="Picture A", elem_id="face-a")
                with gr.Column(min_width=150):
                    b = FacePicture(to_value("ardern_2022"), title="Picture B", elem_id="face-b")
            threshold = ui.Slider(
                -0.2,
                0.9,
                THRESHOLDS[EMBEDDER],
                step=0.005,
                label="Threshold for the cosine similarity",
                elem_id="face-threshold",
            )
            metric = ui.Radio(
                [(title, name) for name, title in METRICS.items()],
                value=METRIC,
                label="Metric",
                elem_id="face-metric",
            )
            embedder, acting = embedders.build(tab, threshold)
            detector = ui.Dropdown(
                [(title, name) for name, title in DETECTORS.items()],
                value=DETECTOR,
                label="Detector",
                elem_id="face-detector",
            )
        with gr.Column(scale=3, min_width=320), gr.Tabs() as views:
            with gr.Tab("Verdict"):
                verdict = gr.HTML(elem_id="face-verdict")
                badge = ui.Badge()
                numbers = gr.JSON(visible=False)
            with gr.Tab("Embeddings"):
                bars = gr.HTML(elem_id="face-embeddings")
            anew = [detector.input, acting.change]
            connect = Connect(tab, open_view, [a, b], anew)
            with gr.Tab(STAGES) as section:
                connect(section, STAGES, "stages", *stages.build(tab, a))
            with gr.Tab(HISTORY) as section:
                connect(section, HISTORY, "history", *history.build(tab, a, b, detector))
            with gr.Tab(PARTS) as section:
                tab.stop_button(
                    *connect(section, PARTS, "parts", *parts.build(tab, a, b, detector))
                )
            with gr.Tab(TRIALS) as section:
                values = [threshold, detector, embedder]
                tab.stop_button(
                    *connect(section, TRIALS, "trial", *trials.build(tab, a, b, *values))
                )
    views.select(note_view, None, open_view, api_visibility="private", show_progress="hidden")
    group.build(tab, threshold, detector, embedder, metric, anew)
    live.build(tab, threshold, embedder, detector)
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.face_verification:verify",
        "cvcore.mtcnn:find_faces",
        "cvcore.face_alignment:fit_similarity",
        "cvcore.face_rates:ErrorRates",
        "cvcore.face_history:local_binary_patterns",
        "cvcore.face_map:scale_to_plane",
    )

    inputs = [a, b, threshold, embedder, detector, metric]
    outputs = [verdict, bars, badge, numbers, score, a, b]
    blank = [None, None, None, None, gr.skip(), gr.skip()]
    answer = say_mistakes(verify, blank)
    tab.on_open(answer, inputs, outputs)
    tab.run(
        [a.upload, b.upload, a.select, b.select, *anew],
        answer,
        inputs,
        outputs,
        api_name="face_verification",
        show_progress_on=badge,  # a mistake must cover neither the pictures nor its own sentence
    )
    tab.run(
        [threshold.input, threshold.change, metric.input],
        redraw,
        [score, threshold, metric],
        verdict,
        api_name=None,
        kind="stream",
    )


class Connect:
    """Runs a view when it is opened or changed, and on new pictures only while it is open."""

    def __init__(
        self, tab: ui.Tab, open_view: gr.State, pictures: list[FacePicture], anew: list
    ) -> None:
        self.tab, self.open_view = tab, open_view
        self.changes = [*(e for one in pictures for e in (one.upload, one.select)), *anew]

    def __call__(
        self, section: gr.Tab, title: str, name: str, fn: Callable, inputs: list, outputs: list,
        triggers: list = (),
    ) -> list[gr.events.Dependency]:  # fmt: skip
        """``outputs`` begins with the view's HTML; ``triggers`` are what changes in the view."""
        others = [None] * (len(outputs) - 1)
        answer, quietly = say_mistakes(fn, others), say_mistakes(fn, others, raises=False)
        # a mistake must not cover its own sentence; most views take seconds
        quiet = {"show_progress_on": outputs[1], "kind": "steady"}
        opened = self.tab.run(
            [section.select, *triggers], answer, inputs, outputs,
            api_name=f"face_verification_{name}", **quiet,
        )  # fmt: skip
        changed = self.tab.run(
            self.changes, only_when_open(title, quietly), [self.open_view, *inputs], outputs,
            api_name=None, **quiet,
        )  # fmt: skip
        return [opened, changed]


def note_view(event: gr.SelectData) -> str:
    """The title of the view that was opened."""
    return event.value


def only_when_open(title: str, fn: Callable) -> Callable:
    """The generator ``fn`` behind a first argument, the open view's title."""

    def handler(view: str, *values):
        if view != title:
            yield gr.skip()
        else:
            yield from fn(*values)

    return handler
