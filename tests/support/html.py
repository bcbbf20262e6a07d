"""What a visitor reads of an answer's HTML."""

import re


def visible(html: str) -> str:
    """Its words, without styles, drawings and tags."""
    html = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
