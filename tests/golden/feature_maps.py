"""Grids of maps, and how channels differ between two frames."""

import numpy as np

from cvcore.feature_maps.channels import compare_maps
from cvcore.probes.map_grid import draw_grid, fit_maps
from demos.feature_maps.live import draw_changes, tell_browser
from tests.golden import pack

# shape, lowest value, width of the grid, what the colours span, the range of "global"
GRIDS = (
    ((6, 13, 13), 0, 40, "channel", None), ((5, 12, 9), -2, 40, "channel", None),
    ((6, 13, 13), 0, 24, "layer", None), ((7, 3, 4), -2, 60, "layer", None),
    ((3, 4, 4), 0, 33, "global", (0, 6)), ((2, 5, 5), -2, 30, "global", (-5, 3)),
    ((2, 3, 3), 0.5, 2, "channel", None),
)  # fmt: skip
ASPECT = 1.4


def build() -> dict:
    rng, grids = np.random.default_rng(0), []
    for shape, low, width, scale, span in GRIDS:
        maps = rng.uniform(low, 6, shape).astype(np.float32)
        maps[0] = 1  # a constant one
        fit = fit_maps(maps, width, aspect=ASPECT)
        grid = draw_grid(fit, scale=scale, value_range=span, aspect=ASPECT).image
        grids.append({
            "maps": pack(maps), "width": width, "scale": scale, "range": span, "fit": pack(fit),
            "grid": pack(grid),
        })  # fmt: skip
    first, second = (rng.normal(0, 1, (9, 4, 5)).astype(np.float32) for _ in range(2))
    second[4] = first[4]
    reaction = compare_maps(first, second)
    return {
        "grids": grids, "aspect": ASPECT, "colours": tell_browser(None)["colours"],
        "first": pack(first), "second": pack(second), "changes": draw_changes(reaction),
        "order": reaction.order.tolist(),
    }  # fmt: skip
