"""Two networks trained against each other while one watches: points in the plane, or digits.

Each name is imported when it is first asked for: some of them need PyTorch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
