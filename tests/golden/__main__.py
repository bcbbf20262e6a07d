"""``python -m tests.golden [TOPIC ...]`` writes the golden files."""

import sys

from tests import golden

for topic in sys.argv[1:] or golden.TOPICS:
    golden.write(topic)
