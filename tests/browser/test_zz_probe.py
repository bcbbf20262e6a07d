import time, pytest, threading
from tests.conftest import *
from tests.support.visitor import Visitor
pytestmark = pytest.mark.browser
def test_a(page, open_tab, serve, traffic):
    t0=time.time()
    served = serve("classification", "deep_dream")
    print("served", time.time()-t0); v = Visitor(served.url); print("visitor", time.time()-t0)
    t=time.time(); import sys
    panel = open_tab("classification", beside=("deep_dream",))
    print("opened", time.time()-t, flush=True)
    panel.locator("#classification-bars").get_by_text("%").first.wait_for()
    q = served.blocks._queue
    for _ in range(60):
        jobs=[(e.fn.name, e._id[:4], round(e.run_time,1)) for job in q.active_jobs for e in job or ()]
        waiting=[(k,[e.fn.name for e in one.queue]) for k,one in q.event_queue_per_concurrency_id.items() if one.queue]
        print(round(time.time()-t,1), jobs, waiting, len(traffic.asked), flush=True)
        if not jobs and not waiting: break
        page.evaluate("() => new Promise(d => setTimeout(d, 500))")
