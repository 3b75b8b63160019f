"""Numbers for readers: values with their errors, rounded to what the error allows."""

from __future__ import annotations

import math
from typing import TypeVar

Item = TypeVar("Item")

DASH = "\N{EN DASH}"


def with_error(value: float | None, error: float | None = None) -> str:
    """`1.23 ± 0.04`: the error to one significant digit (two where that digit is 1), the value to the same place.

    Without a usable error the value has three significant digits; an unknown value is a dash.
    """
    if value is None or not math.isfinite(value):
        return DASH
    if error is None or not math.isfinite(error) or error <= 0:
        return plain(value)
    exponent = math.floor(math.log10(error))
    digits = (1 if error / 10**exponent < 1.95 else 0) - exponent
    size = max(abs(value), error)
    if size < 1e-4 or size >= 1e6:
        shift = math.floor(math.log10(size))
        places = max(digits + shift, 0)
        return f"({value / 10**shift:.{places}f} ± {error / 10**shift:.{places}f})e{shift}"
    if digits <= 0:
        return f"{round(value, digits):.0f} ± {round(error, digits):.0f}"
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def plain(value: float | None, digits: int = 3) -> str:
    """`value` with `digits` significant digits, no exponent between 1e-4 and 1e6."""
    if value is None or not math.isfinite(value):
        return DASH
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{max(places, 0)}f}"


def duration(seconds: float | None) -> str:
    """A span of time in the largest units that fit: `12 s`, `34 min`, `5.6 h`, `7.8 days`."""
    if seconds is None or not math.isfinite(seconds):
        return DASH
    for size, unit in ((86400 * 2, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            scale = 86400 if unit == "days" else size
            return f"{plain(seconds / scale)} {unit}"
    return f"{plain(seconds)} s"


def evenly(items: list[Item], limit: int) -> list[Item]:
    """At most `limit` of `items`, chosen evenly, the first and the last among them."""
    if len(items) <= limit:
        return list(items)
    if limit <= 1:
        return list(items[:limit])
    return [items[round(position * (len(items) - 1) / (limit - 1))] for position in range(limit)]
