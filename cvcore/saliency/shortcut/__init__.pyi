from .evidence import (
    Evidence as Evidence,
)
from .evidence import (
    OwnAnswer as OwnAnswer,
)
from .evidence import (
    explain_own as explain_own,
)
from .evidence import (
    gather as gather,
)
from .evidence import (
    occlude as occlude,
)
from .evidence import (
    place_own as place_own,
)
from .scenes import (
    BACKGROUNDS as BACKGROUNDS,
)
from .scenes import (
    Scenes as Scenes,
)
from .scenes import (
    compose as compose,
)
from .scenes import (
    make_pairs as make_pairs,
)
from .scenes import (
    make_training as make_training,
)
from .settings import (
    PAIRS as PAIRS,
)
from .settings import (
    ShortcutSettings as ShortcutSettings,
)
from .training import (
    Progress as Progress,
)
from .training import (
    prepare as prepare,
)
from .training import (
    train as train,
)

__all__ = [
    "BACKGROUNDS",
    "PAIRS",
    "Evidence",
    "OwnAnswer",
    "Progress",
    "Scenes",
    "ShortcutSettings",
    "compose",
    "explain_own",
    "gather",
    "make_pairs",
    "make_training",
    "occlude",
    "place_own",
    "prepare",
    "train",
]
