"""Classical features: what was measured in pictures by hand before networks learnt what to measure.

Each name is imported when it is first asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
