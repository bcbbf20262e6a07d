"""Tab: face verification. Do two pictures show the same person, and how sure is that?"""

from collections.abc import Callable
from inspect import isgeneratorfunction

import gradio as gr

from cvcore.face_verification import EMBEDDER, THRESHOLDS
from demos import face_verification_group as group
from demos import face_verification_history as history
from demos import face_verification_live as live
from demos import face_verification_stages as stages
from demos import face_verification_trials as trials
from demos import ui
from demos.face_verification_pair import choose_embedder, list_embedders, redraw, verify
from demos.face_verification_picture import FacePicture, to_value

TITLE = "Face verification"
SUMMARY = "The same person or not, and how sure? Pictures stay in memory and go when you leave."
STAGES, HISTORY, TRIALS = "Detection", "History", "Limits"

LESSON = r"""
**Four steps.** Find the faces (MTCNN), turn each upright by its five landmarks (the similarity
transform nearest to five standard points), turn each into an **embedding** $\mathbf{e}$ of 128
numbers with length 1 (SFace), and compare:
$$\cos(a,b) = \mathbf{e}_a \cdot \mathbf{e}_b = \sum_{i=1}^{128} e_{a,i}\,e_{b,i}, \qquad
d(a,b) = \lVert \mathbf{e}_a - \mathbf{e}_b \rVert = \sqrt{2 - 2\cos(a,b)}$$
Same person if $\cos \ge$ the threshold. Nobody's name is in the network: it has learnt to put one
person's pictures close together and others far apart.

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
            embedder = ui.Dropdown(list_embedders(), value=EMBEDDER, label="Embedder")
            notice = gr.HTML()
        with gr.Column(scale=3, min_width=320), gr.Tabs() as views:
            with gr.Tab("Verdict"):
                verdict = gr.HTML(elem_id="face-verdict")
                badge = ui.Badge()
                numbers = gr.JSON(visible=False)
            with gr.Tab("Embeddings"):
                bars = gr.HTML(elem_id="face-embeddings")
            with gr.Tab(STAGES) as section:
                connect(tab, section, STAGES, open_view, [a], "stages", *stages.build(tab, a))
            with gr.Tab(HISTORY) as section:
                connect(
                    tab, section, HISTORY, open_view, [a, b], "history", *history.build(tab, a, b)
                )
            with gr.Tab(TRIALS) as section:
                connect(
                    tab,
                    section,
                    TRIALS,
                    open_view,
                    [a, b],
                    "trial",
                    *trials.build(tab, a, b, threshold),
                )
    views.select(note_view, None, open_view, api_visibility="private", show_progress="hidden")
    group.build(tab, threshold)
    live.build(tab, threshold)
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.face_verification:verify",
        "cvcore.mtcnn:find_faces",
        "cvcore.face_alignment:fit_similarity",
        "cvcore.face_rates:ErrorRates",
        "cvcore.face_history:local_binary_patterns",
        "cvcore.face_map:scale_to_plane",
    )

    inputs = [a, b, threshold, embedder]
    outputs = [verdict, bars, badge, numbers, score, a, b]
    tab.on_open(verify, inputs, outputs)
    tab.run(
        [a.upload, b.upload, a.select, b.select],
        verify,
        inputs,
        outputs,
        api_name="face_verification",
        show_progress_on=[verdict, bars],  # a mistake must not cover the pictures
    )
    tab.run(
        [threshold.input, threshold.change],
        redraw,
        [score, threshold],
        verdict,
        api_name=None,
        kind="stream",
    )
    tab.run(
        embedder.input,
        choose_embedder,
        embedder,
        [embedder, notice, threshold],
        api_name=None,
        kind="heavy",
    ).then(verify, inputs, outputs, api_visibility="private", show_progress_on=verdict)


def connect(
    tab: ui.Tab,
    section: gr.Tab,
    title: str,
    open_view: gr.State,
    pictures: list[FacePicture],
    name: str,
    fn: Callable,
    inputs: list,
    outputs: list,
    triggers: list = (),
) -> None:
    """Run a view when it is opened or changed, and on a new picture only while it is open."""
    tab.run([section.select, *triggers], fn, inputs, outputs, api_name=f"face_verification_{name}")
    events = [event for one in pictures for event in (one.upload, one.select)]
    tab.run(events, only_when_open(title, fn), [open_view, *inputs], outputs, api_name=None)


def note_view(event: gr.SelectData) -> str:
    """The title of the view that was opened."""
    return event.value


def only_when_open(title: str, fn: Callable) -> Callable:
    """``fn`` behind a first argument, the open view's title."""

    def handler(view: str, *values):
        if view != title:
            yield gr.skip()
        elif isgeneratorfunction(fn):
            yield from fn(*values)
        else:
            yield fn(*values)

    return handler
