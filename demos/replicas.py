"""``python -m demos.replicas``: several copies of the page behind one address, by Ray Serve.

Gradio keeps a visitor's values and queue in the process that answered first, so each visitor must
stay with one replica: Ray's consistent hashing sends all requests with one cookie to one of them.
Needs ``pip install "ray[serve]"``; GLASSBOX_TABS and GLASSBOX_CLASS_LINK act as with app.py.
"""

import os

os.environ.setdefault("RAY_SERVE_SESSION_ID_HEADER_KEY", "cookie")  # before Ray is imported
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

from ray import serve
from ray.serve.config import HTTPOptions, RequestRouterConfig

from cvcore.core.errors import SetupError
from cvcore.engine import device
from demos.command import build, read_options
from demos.machine import check_address
from demos.options import Parser, add_address, add_environment, parse_arguments, parse_count

# Every open page holds one request, its heartbeat; what computes waits in Gradio's own queue.
MAX_REQUESTS = 1000
STICKY = RequestRouterConfig(
    request_router_class="ray.serve.experimental.consistent_hash_router:ConsistentHashRouter",
    request_router_kwargs={"num_fallback_replicas": 0},
)


def build_asgi():
    """The page of one replica, built in the replica's own process."""
    options = read_options([])
    page = build(options)
    from demos import server
    from demos.page import LOOK

    return server.build_replica(page, class_word=options.class_link, **LOOK)


@serve.deployment(max_ongoing_requests=MAX_REQUESTS, request_router_config=STICKY)
@serve.ingress(build_asgi)
class Replica:
    """One copy of the page."""


def main() -> None:
    parser = Parser(prog="python -m demos.replicas", description=__doc__)
    parser.add_argument("--replicas", type=parse_count, default=2)
    add_address(parser)
    options = parser.parse_args()
    add_environment(parser, options)
    parse_arguments([])  # what each replica reads
    try:
        check_address(options.host, options.port)
        device.check_choice()
    except SetupError as error:
        parser.error(str(error))
    if os.environ.get("GLASSBOX_AUTH"):
        parser.error("replicas do not share who has logged in: use GLASSBOX_CLASS_LINK instead")
    serve.start(http_options=HTTPOptions(host=options.host, port=options.port))
    cores = device.cpu_count() / options.replicas
    page = Replica.options(num_replicas=options.replicas, ray_actor_options={"num_cpus": cores})
    serve.run(page.bind(), blocking=True)


if __name__ == "__main__":
    main()
