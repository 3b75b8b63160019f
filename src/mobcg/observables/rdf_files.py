"""Columns of g(r) files: csv with a header, VOTCA's `x y flag` tables, GROMACS' xvg."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from mobcg.outcomes import CHECK_PATH, InputError, reason_of

ALLOWED = "allowed: csv with the columns r_nm,g (and g_err), a VOTCA table of r, g and flag, or the xvg of gmx rdf"


def read_columns(path: Path | str) -> pd.DataFrame:
    """The columns r_nm, g (and g_err) as text or numbers, unchecked. Raises InputError where the file or a column is missing."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", CHECK_PATH) from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder", "name the file of g(r) in it, such as rdf.csv") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: holds no text in UTF-8, so it is no table of g(r)", f"{ALLOWED}; unpacked, and saved as UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason_of(error)})") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "@"))]
    if not lines:
        raise InputError(f"{path}: cannot be read as csv or table (it holds no data)", "measure g(r) anew")
    labels = dict(re.findall(r'@\s*([xy])axis\s+label\s+"([^"]*)"', text))
    if labels.get("x", "r (nm)") not in ("r (nm)", "r"):
        raise InputError(f"{path}: this xvg shows {labels.get('y')!r} against {labels['x']!r}, no g(r): give the output of gmx rdf")
    return _table(path, lines) if _is_number(lines[0].split()[0]) and "," not in lines[0] else _csv(path, lines[0])


def _table(path: Path | str, lines: list[str]) -> pd.DataFrame:
    rows = [line.split() for line in lines if line.strip() != "&"]
    flagged = any(row[-1] in "iou" for row in rows)
    if flagged:
        rows = [row[:-1] for row in rows if row[-1] != "u"]
    if (rows and len(rows[0]) > 3) or (rows and len(rows[0]) == 3 and str(path).endswith(".xvg")):
        raise InputError(f"{path}: {len(rows[0]) - 1} columns behind r: a g(r) file holds one; run gmx rdf with one -sel")
    uneven = next((number for number, row in enumerate(rows, start=1) if len(row) != len(rows[0])), None)
    if uneven is not None or not rows or len(rows[0]) < 2:
        number = uneven or 1
        found = " ".join(rows[number - 1]) if rows else ""
        raise InputError(f"{path}: data row {number}: expected r and g, found {found!r}", ALLOWED)
    return pd.DataFrame(rows, columns=["r_nm", "g", "g_err"][: len(rows[0])])


def _csv(path: Path | str, header: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, comment="#", skipinitialspace=True, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as csv ({error})") from error
    missing = {"r_nm", "g"} - set(frame.columns)
    if missing:
        raise InputError(f"{path}: column {sorted(missing)[0]!r} is missing; found the line {header!r}", _header_advice(header))
    if isinstance(frame.index, pd.MultiIndex) or not isinstance(frame.index, pd.RangeIndex):
        raise InputError(
            f"{path}: more columns than names, which are {', '.join(map(str, frame.columns))}",
            "one name for each column, separated by commas; decimal points, no decimal commas",
        )
    return frame[[name for name in ("r_nm", "g", "g_err") if name in frame.columns]]


def _header_advice(header: str) -> str:
    """What to do about a first line that does not name the columns."""
    if ";" in header or "\t" in header:
        return "commas between the columns, and decimal points: sed 's/,/./g; s/[;\\t]/,/g' theirs.csv > rdf.csv"
    if _is_number(header.partition(",")[0]):
        return f"a first line with the names of the columns; {ALLOWED}"
    return ALLOWED


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
