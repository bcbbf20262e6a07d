from . import (
    activation_maximization,
    hooks,
    latent_paths,
    map_grid,
    masks,
    receptive_field,
    stages,
)

__all__ = [
    "activation_maximization",
    "hooks",
    "latent_paths",
    "map_grid",
    "masks",
    "receptive_field",
    "stages",
]
