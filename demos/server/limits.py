"""How many visitors may do what at once, how much and how long: everything in one place."""

# Quick answers (a classification, a slider): several side by side, so that nobody waits long.
LIGHT = {"concurrency_id": "light", "concurrency_limit": 4}
# Explanations of a few seconds (Grad-CAM ...): in a queue of their own, never behind a dream.
STEADY = {"concurrency_id": "steady", "concurrency_limit": 2}
# Long work (dreams, style runs, training): two at a time over all tabs; the others see their place
# in the queue, and light work goes on beside them.
HEAVY = {"concurrency_id": "heavy", "concurrency_limit": 2}
# Long work ends at its first step after this long, whatever it was asked for.
LONGEST_SECONDS = 300
# Films made anew for browsers without H.264, beside the queue; so many more may wait for that.
FILMS_AT_ONCE, FILMS_WAITING = 1, 32
SENDING_SECONDS = 60  # for a film on its way here, as the others wait meanwhile
# Requests waiting over all tabs. A class of thirty fits twice.
MAX_QUEUE = 64
# Threads that run handlers: a class of cameras, the light and the heavy places, and some to spare.
MAX_THREADS = 40
# Pictures and films that a visitor sent lie on the disk for an hour from their last use, so that a
# lesson's picture does not vanish under the visitor; then they are deleted.
KEPT_SECONDS = 3600
# The whole of a request: a file of the largest size as base64, and some to spare.
MAX_REQUEST_BYTES = 60_000_000
# A network that nobody asked for in ten minutes is let go; the next visitor loads it again.
IDLE_SECONDS = 600
WARM_SECONDS = 2.0  # after the start: networks are made ready once the page is up
# How often idle networks are looked for and free memory is handed back.
TIDY_SECONDS = 20
# Heaps that all threads share, one a core of a small server: with more, each keeps its own rest.
MALLOC_ARENAS = 2
