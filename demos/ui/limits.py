"""How many visitors may do what at once, in one place."""

# Quick answers (a classification, a slider): several side by side, so that nobody waits long.
LIGHT = {"concurrency_id": "light", "concurrency_limit": 4}
# Long work (dreams, style runs, training): two at a time over all tabs; the others see their place
# in the queue, and light work goes on beside them.
HEAVY = {"concurrency_id": "heavy", "concurrency_limit": 2}
# Webcams: each open camera holds one place for as long as it streams.
LIVE = {"concurrency_limit": 30, "time_limit": 120}
LIVE_EVERY_SECONDS = 0.05
# Requests waiting over all tabs; a camera counts while it joins. A class of thirty fits twice.
MAX_QUEUE = 64
