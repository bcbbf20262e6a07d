"""A siamese network trained while one watches, on digits: so nobody's face is needed.

One network makes numbers of both pictures of a pair (Bromley et al., NIPS 1993), and a loss on
their distance brings pictures of one digit together and others apart. Two digits, ``UNSEEN``, are
never shown: whether it can tell even those apart is what it is asked at the end. Each name is
imported when it is first asked for: most of them need PyTorch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
