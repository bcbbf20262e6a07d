"""The menu of embedders: a bundled one acts at once, another is fetched first, with a Stop."""

from collections.abc import Iterator

import gradio as gr

from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.face_verification import THRESHOLDS
from cvcore.recognition.faces import EMBEDDER, check_embedder
from demos import components as ui
from demos import lesson
from demos.face_verification.views import draw_sentence


def say(sentence: str) -> dict:
    """The sentence under the menu; without one it takes no room."""
    return gr.update(value=draw_sentence(sentence), visible=bool(sentence))


def take_embedder(name: str) -> tuple:
    """An embedder that is here acts at once; for another the bundled one stays until it is.

    Returns the menu's value, a sentence, the threshold, the embedder that acts, the one to fetch
    ("" for none) and the Stop button.
    """
    check_embedder(name)
    if registry.is_available(name):
        return name, say(""), THRESHOLDS[name], name, "", gr.update(visible=False)
    title = registry.get_weight(name).title
    sentence = say(f"{title} is waiting to be downloaded ...")
    return EMBEDDER, sentence, THRESHOLDS[EMBEDDER], EMBEDDER, name, gr.update(visible=True)


def fetch_embedder(name: str) -> Iterator[tuple]:
    """Download the embedder asked for; values as from ``take_embedder``, but for the one to fetch.

    Without a network the bundled one goes on.
    """
    if not name:
        return
    try:
        for sentence in lesson.fetch_model(name):
            yield gr.skip(), say(sentence), gr.skip(), gr.skip(), gr.skip()
    except InputError as error:
        hidden = gr.update(visible=False)
        yield EMBEDDER, say(str(error)), gr.skip(), gr.skip(), hidden
        return
    yield name, say(""), THRESHOLDS[name], name, gr.update(visible=False)


def build(tab: lesson.Tab, threshold: gr.Slider) -> tuple[gr.Dropdown, gr.State]:
    """The menu, and the name of the embedder that acts: its change is when to compare anew."""
    embedder = ui.Dropdown(
        lesson.list_models("face_verification"), value=EMBEDDER, label="Embedder",
        elem_id="face-embedder",
    )  # fmt: skip
    notice = gr.HTML(visible=False, elem_id="face-notice")
    stop = gr.Button("Stop the download", variant="stop", size="sm", visible=False)
    acting, wanted = gr.State(EMBEDDER), gr.State("")
    shown = [embedder, notice, threshold, acting]
    taken = tab.run(
        embedder.input, take_embedder, embedder, [*shown, wanted, stop], api_name=None,
        show_progress="hidden",
    )  # fmt: skip
    fetching = tab.run(
        taken.then, fetch_embedder, wanted, [*shown, stop], api_name=None, kind="heavy",
        show_progress="hidden",
    )  # fmt: skip
    stop.click(None, None, None, cancels=fetching, api_visibility="private").then(
        lambda: (say("The download was stopped."), gr.update(visible=False)),
        None, [notice, stop], api_visibility="private", show_progress="hidden",
    )  # fmt: skip
    return embedder, acting
