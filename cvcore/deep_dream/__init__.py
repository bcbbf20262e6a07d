"""DeepDream: a picture changed until a layer of a network answers more strongly.

Each name is imported when it is first asked for: most of them need PyTorch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
