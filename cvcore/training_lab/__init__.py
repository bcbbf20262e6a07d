"""Training, watched and steered: a small network learns while every choice can be turned.

Each name is imported when it is first asked for: most of them need PyTorch and Lightning.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
