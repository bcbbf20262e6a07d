"""What the four ways were measured to be worth, by ``python -m cvcore.training.ways``."""

FEW, MANY = 5, 40  # pictures a class, of ten classes
# By pictures and how many a class: of each way the share right, for three seeds.
MEASURED: dict[tuple[str, int], dict[str, tuple[float, ...]]] = {
    ("clothes", 5): {
        "scratch": (0.115, 0.135, 0.115),
        "frozen": (0.505, 0.565, 0.515),
        "stages": (0.535, 0.57, 0.5),
        "everything": (0.49, 0.535, 0.46),
    },
    ("clothes", 40): {
        "scratch": (0.3, 0.24, 0.26),
        "frozen": (0.715, 0.71, 0.715),
        "stages": (0.77, 0.78, 0.765),
        "everything": (0.785, 0.73, 0.77),
    },
    ("digits", 5): {
        "scratch": (0.145, 0.15, 0.15),
        "frozen": (0.785, 0.73, 0.715),
        "stages": (0.81, 0.71, 0.805),
        "everything": (0.835, 0.775, 0.8),
    },
    ("digits", 40): {
        "scratch": (0.785, 0.815, 0.71),
        "frozen": (0.87, 0.92, 0.87),
        "stages": (0.955, 0.94, 0.96),
        "everything": (0.97, 0.975, 0.945),
    },
}
