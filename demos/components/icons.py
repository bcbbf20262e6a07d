"""The page's one set of icons."""

ICONS = {  # paths in a square of 24
    "upload": "M12 16V4m0 0L7 9m5-5 5 5M4 17v3h16v-3",
    "webcam": "M3 7h11v10H3zm11 4 7-4v10l-7-4",
    "samples": "M4 4h7v7H4zm9 0h7v7h-7zM4 13h7v7H4zm9 0h7v7h-7z",
    "paste": "M9 4H6v17h12V4h-3M9 3h6v4H9z",
    "last": "M4 12a8 8 0 1 0 3-6.2M4 4v4h4M12 8v4l3 2",
    "paint": "M4 20c3 0 5-1 5-4l9-12 2 2L9 16M9 13l3 3",
    "erase": "M9 20h11M4 14 14 4l6 6-10 10H8zm5-5 6 6",
    "undo": "M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10H9",
    "clear": "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5m4-5v5",
    "copy": "M8 8V4h12v12h-4M4 8h12v12H4z",
}


def draw_icon(name: str) -> str:
    """An icon, as wide as a letter is tall."""
    return (
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'
    )
