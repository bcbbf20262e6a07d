"""A picture in the manner of another: found step by step, or painted in one pass.

Each name is imported when it is first asked for: most of them need PyTorch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
