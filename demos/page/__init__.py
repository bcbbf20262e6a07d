"""The page as a whole: its layout, the start, links to lessons, and its look."""

from demos.page.layout import LOOK, build_page, list_networks, list_preparations

__all__ = ["LOOK", "build_page", "list_networks", "list_preparations"]
