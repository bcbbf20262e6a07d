"""``python -m demos.replicas``: several copies of the page behind one address, by Ray Serve.

Gradio keeps a visitor's values and queue in the process that answered first, so each visitor must
stay with one replica: Ray's consistent hashing sends all requests with one cookie to one of them.
Needs ``pip install "ray[serve]"``; GLASSBOX_TABS and GLASSBOX_CLASS_LINK act as with app.py.
"""

import argparse
import os

os.environ.setdefault("RAY_SERVE_SESSION_ID_HEADER_KEY", "cookie")  # before Ray is imported
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

from ray import serve
from ray.serve.config import HTTPOptions, RequestRouterConfig

from cvcore.engine.device import cpu_count

# Every open page holds one request, its heartbeat; what computes waits in Gradio's own queue.
MAX_REQUESTS = 1000
STICKY = RequestRouterConfig(
    request_router_class="ray.serve.experimental.consistent_hash_router:ConsistentHashRouter",
    request_router_kwargs={"num_fallback_replicas": 0},
)


def build_asgi():
    """The page of one replica, built in the replica's own process."""
    from demos import TABS, lesson, server
    from demos.page import LOOK, build_page

    lesson.prepare()
    wanted = os.environ.get("GLASSBOX_TABS") or ",".join(TABS)
    page = build_page([topic for topic in TABS if topic in wanted.split(",")])
    return server.build_replica(page, class_word=os.environ.get("GLASSBOX_CLASS_LINK", ""), **LOOK)


@serve.deployment(max_ongoing_requests=MAX_REQUESTS, request_router_config=STICKY)
@serve.ingress(build_asgi)
class Replica:
    """One copy of the page."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demos.replicas", description=__doc__)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--host", default=os.environ.get("GLASSBOX_HOST") or "127.0.0.1")
    parser.add_argument("--port", type=int, default=os.environ.get("GLASSBOX_PORT") or 7860)
    options = parser.parse_args()
    if os.environ.get("GLASSBOX_AUTH"):
        parser.error("replicas do not share who has logged in: use GLASSBOX_CLASS_LINK instead")
    serve.start(http_options=HTTPOptions(host=options.host, port=options.port))
    cores = cpu_count() / options.replicas
    page = Replica.options(num_replicas=options.replicas, ray_actor_options={"num_cpus": cores})
    serve.run(page.bind(), blocking=True)


if __name__ == "__main__":
    main()
