"""Packs long series of numbers into a page: logarithms or fixed points in 16 bits, differences, deflate, base64.

Twenty years of weeks, twelve sectors, two windows, four groups and four amounts are half a million numbers: eight
megabytes as JSON, about one this way. The counterpart that unpacks them in the browser is ``templates/trends.js``.
"""

from __future__ import annotations

import base64
import math
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A code is at most 0.05% off an amount of one or more; the largest is ten trillion dollars.
LARGEST_AMOUNT = 1e13
AMOUNT_SCALE = 65_535 / math.log1p(LARGEST_AMOUNT)
# -1 to 1 in steps of a ten-thousandth; 0 is left for "nothing".
RATIO_SCALE = 10_000


def amount_codes(amounts: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Codes of amounts from 0 up: ``round(log(1 + amount) * AMOUNT_SCALE)``; no number is 0, as none is."""
    known = np.nan_to_num(amounts, nan=0.0, posinf=LARGEST_AMOUNT, neginf=0.0)
    codes = np.rint(np.log1p(np.clip(known, 0, LARGEST_AMOUNT)) * AMOUNT_SCALE)
    return codes.astype(np.uint16)


def ratio_codes(ratios: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Codes of numbers from -1 to 1: ``round((ratio + 1) * RATIO_SCALE) + 1``; no number is 0."""
    codes = np.rint((np.clip(np.nan_to_num(ratios, nan=-1.0), -1, 1) + 1) * RATIO_SCALE) + 1
    return np.where(np.isnan(ratios), 0, codes).astype(np.uint16)


def pack(codes: NDArray[np.uint16]) -> str:
    """Pack an array along its last axis: neighbours in time are alike, so their differences are small and repeat."""
    differences = np.diff(codes, axis=-1, prepend=np.zeros((*codes.shape[:-1], 1), np.uint16)).astype(np.uint16)
    flat = differences.ravel()
    # High bytes and low bytes apart: the high ones are nearly all 0 or 255.
    planes = np.concatenate([(flat >> 8).astype(np.uint8), (flat & 0xFF).astype(np.uint8)])
    return base64.b64encode(zlib.compress(planes.tobytes(), level=9)).decode("ascii")


def unpack(packed: str, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """The codes again, as the browser reads them."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8).astype(np.uint16)
    high, low = planes[: planes.size // 2], planes[planes.size // 2 :]
    return np.cumsum(((high << 8) | low).reshape(shape), axis=-1, dtype=np.uint16)
