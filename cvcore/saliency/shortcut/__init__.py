"""A classifier that is right for the wrong reason: trained where the background gives the class
away, and the maps that find it out.

Ribeiro et al., "Why Should I Trust You?", KDD 2016 (arXiv:1602.04938), had a husky taken for a wolf
because of the snow behind it. Each name is imported when it is first asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
