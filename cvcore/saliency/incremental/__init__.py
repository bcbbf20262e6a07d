"""Many changed copies of one picture, computing only what changed; PyTorch comes with its parts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, ["folded", "local_linearisation", "network", "network_tail", "workers"]
)
