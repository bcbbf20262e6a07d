"""Wide colours and high dynamic range, as newer phones film, on an ordinary screen.

Untreated they look grey: their signal leaves room for what is brighter than white, and for colours
that sRGB does not have. Formulas: ITU-R BT.2100 (PQ, HLG), BT.2408 (white lies at 203 cd/m²).
"""

from functools import cache
from typing import Any

import numpy as np

WHITE = 203.0  # cd/m²
PQ, HLG = 16, 18  # transfer characteristics, as numbered in ITU-T H.273
# Primaries by their number there, with the matrix from linear light in them to linear sRGB.
_BT2020, _P3 = 9, 12
_TO_SRGB = {
    _BT2020: ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187)),
    _P3: ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979)),
}


def to_srgb(image: np.ndarray, frame: Any) -> np.ndarray:
    """The picture (H, W, 3) of a decoded frame in sRGB; what is brighter than white is white."""
    transfer, primaries = int(frame.color_trc), int(frame.color_primaries)
    if transfer in (PQ, HLG) and primaries not in (1, _P3):
        primaries = _BT2020
    if transfer not in (PQ, HLG) and primaries not in _TO_SRGB:
        return image
    light = _light_of_signal(transfer)[image]
    if transfer == HLG:  # the screen's own curve: BT.2100's system gamma for 1,000 cd/m²
        luminance = light @ np.array([0.2627, 0.6780, 0.0593], np.float32)
        light *= (1000 / WHITE) * luminance[..., None] ** 0.2
    if primaries in _TO_SRGB:
        light = light @ np.array(_TO_SRGB[primaries], np.float32).T
    steps = len(_signal_of_light(transfer)) - 1
    places = np.rint(np.clip(light, 0, 1) * steps).astype(np.int32)
    return _signal_of_light(transfer)[places]


@cache
def _light_of_signal(transfer: int) -> np.ndarray:
    """Linear light, 1 for white, of the signals 0 to 255."""
    signal = np.arange(256) / 255
    if transfer == PQ:
        power = signal ** (1 / 78.84375)
        light = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
        light = 10_000 / WHITE * light ** (1 / 0.1593017578125)
    elif transfer == HLG:
        bright = (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
        light = np.where(signal <= 0.5, signal**2 / 3, bright)
    else:
        light = signal**2.4  # BT.1886
    return light.astype(np.float32)


@cache
def _signal_of_light(transfer: int) -> np.ndarray:
    """sRGB, uint8, of linear light in equal steps from 0 to 1."""
    light = np.linspace(0, 1, 1 << 14)
    if transfer not in (PQ, HLG):
        signal = light ** (1 / 2.4)  # greys stay as they are
    else:
        signal = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * signal).astype(np.uint8)
