"""Autoencoders, trained while one watches: a picture through a narrow bottleneck, and back.

Each name is imported when it is first asked for: most of them need PyTorch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
