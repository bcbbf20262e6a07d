"""A session begins without a description of each component.

Gradio describes every component for every visitor, and keeps that for deep links. This page offers
links of its own. Describing a thousand components took 0.26 seconds, in which no other visitor is
answered; what changes during the visit is described as it changes.

Upstream: no issue yet; its text is in docs/UPSTREAM.md.
Without it: each visitor who comes stops all others for a quarter of a second.
"""

from types import SimpleNamespace

import gradio as gr
from gradio.state_holder import SessionState

_begin = SessionState.__init__


def _begin_visit(state: SessionState, page: gr.Blocks) -> None:
    _begin(state, SimpleNamespace(default_config=page.default_config, blocks=()))


def apply() -> None:
    """For every page of this process, from now on."""
    SessionState.__init__ = _begin_visit
