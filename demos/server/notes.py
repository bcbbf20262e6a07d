"""What is told beside an answer, and kept by the page's own scripts."""

import gradio as gr

from demos.gradio_patches import tells_scripts


def send_note(key: str, text: str) -> None:
    """Send the page a sentence, and by which key it is known what it is about.

    It is a message that is not shown as such; on a Gradio without our patches it is.
    """
    gr.Info(text, title=key, visible=not tells_scripts())
