"""From plain mappings or files to a checked Config, with messages that name the key, what was found and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mobcg.config import Config
from mobcg.outcomes import CHECK_PATH, InputError, reason_of

LISTS = {"liquids": "[benzene]", "methods": "[inversion, network]", "templates": "[{liquid: ethylbenzene, parameter_sets: 2}]"}
"""Examples of the lists that are no ranges."""

INDENT = "keys and values as in config/demo.yaml, indented by spaces"
"""What to do about a file that is no configuration."""


def parse_config(content: Mapping[str, Any], source: str = "config") -> Config:
    """Check `content` and return the Config.

    Raises InputError with one line for each problem: the key's path, what was found, what is allowed; for an unknown key the nearest
    known one.
    """
    try:
        return Config.model_validate(dict(content))
    except ValidationError as error:
        problems = dict.fromkeys(line for detail in error.errors() for line in _describe(detail).splitlines())
        text = "\n".join([f"{source}: {len(problems)} problem(s)", *(f"  {problem}" for problem in problems)])
        raise InputError(text, "change these keys; config/default.yaml has each with its meaning and range") from None


def read_config(*paths: Path | str) -> Config:
    """Read yaml files, later ones laid over earlier ones key by key (lists replaced), and check the result."""
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            content = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
            raise InputError(f"{path}: cannot be read as yaml: {place}{error.problem or error.context}", INDENT) from error
        except FileNotFoundError:
            raise InputError(f"{path}: no such file", f"{CHECK_PATH}: the repository's root, where config/default.yaml is") from None
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InputError(f"{path}: cannot be read as yaml ({reason_of(error)})", CHECK_PATH) from error
        if not isinstance(content, dict):
            raise InputError(f"{path}: expected keys and values, found {type(content).__name__}", INDENT)
        merged = overlaid(merged, content)
    return parse_config(merged, " + ".join(map(str, paths)))


def overlaid(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """`overlay` laid over `base`: mappings key by key, everything else replaced."""
    result = dict(base)
    for key, value in overlay.items():
        below = result.get(key)
        result[key] = overlaid(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result


def _describe(detail: ErrorDetails) -> str:
    location = detail["loc"]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    found = detail["input"]
    if detail["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"{path}: unknown key; {hint}known here: {', '.join(known)}"
    if detail["type"] == "missing":
        number = isinstance(location[-1], int)
        return f"{path}: this number is missing; a range is [low, high]" if number else f"{path}: this key is missing"
    message = _expected(detail) or detail["msg"].removeprefix("Value error, ")
    if not location:
        return message
    if isinstance(found, Mapping) and detail["type"] == "value_error":
        return f"{path}: {message}"
    return f"{path}: found {found!r}; {message[0].lower()}{message[1:]}"


def _expected(detail: ErrorDetails) -> str:
    """What is allowed in the words of a yaml file, for those kinds of errors that pydantic tells in Python's."""
    location, found = detail["loc"], detail["input"]
    match detail["type"]:
        case "model_type" | "model_attributes_type" if found is None:
            return "nothing stands below it: indent its keys or remove it"
        case "model_type" | "model_attributes_type":
            return f"should be keys and values, indented below it: {', '.join(_known_keys(location))}"
        case "tuple_type":
            return f"should be a list, for example {LISTS.get(str(location[-1]), '[1.0, 2.0], low and high')}"
        case "too_long":
            return "should be a list of two numbers, [low, high]"
        case "string_type" if location == ("liquids",) and isinstance(found, list | tuple):
            return "should be text, a folder; the liquids to evaluate are evaluation.liquids, a list indented below `evaluation:`"
        case "string_type":
            return "should be text"
    return ""


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Config
    for part in location:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        models = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not models:
            return []
        model = models[0]
    return sorted(model.model_fields)
