"""How the page is served: who is let in, what is refused, how much and how long, what is kept."""

from demos.server.limits import MAX_QUEUE
from demos.server.serve import build_replica, launch_page

__all__ = ["MAX_QUEUE", "build_replica", "launch_page"]
