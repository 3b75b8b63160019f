"""Models on disk: a folder with weights.pt (tensors only) and model.json (shape, grids, options, provenance)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mobcg.files import read_json, temporary_name, versions, write_json
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.published import PublishedModel
from mobcg.outcomes import InputError

FORMAT_VERSION = 1

Model = FlagshipModel | PublishedModel


def save(model: Model, folder: Path | str, provenance: Mapping[str, Any] | None = None) -> None:
    """Write a model; model.json comes last, without it the folder is unfinished. provenance: options, seed, hashes; anything JSON holds."""
    directory = Path(folder)
    (directory / "model.json").unlink(missing_ok=True)
    with temporary_name(directory / "weights.pt") as temporary:
        torch.save(model.state_dict(), temporary)
    content = {
        "format_version": FORMAT_VERSION,
        "kind": model.kind,
        **model.description(),
        "provenance": dict(provenance or {}),
        "versions": versions(),
    }
    write_json(directory / "model.json", content)


def load(folder: Path | str) -> Model:
    """Read a model; its predictions equal those before saving exactly. No code is executed from the files.

    Raises InputError where the folder is not a complete model.
    """
    directory = Path(folder)
    try:
        description = read_json(directory / "model.json")
    except FileNotFoundError as error:
        raise InputError(f"{directory}: no trained model here (model.json is missing); train one or name another folder") from error
    except ValueError as error:
        raise InputError(f"{directory / 'model.json'}: damaged ({error})") from error
    kinds: dict[str, type[FlagshipModel] | type[PublishedModel]] = {"flagship": FlagshipModel, "published": PublishedModel}
    if description.get("format_version") != FORMAT_VERSION or description.get("kind") not in kinds:
        found = f"format {description.get('format_version')!r}, kind {description.get('kind')!r}"
        raise InputError(f"{directory / 'model.json'}: found {found}; allowed: format {FORMAT_VERSION}, kind {' or '.join(kinds)}")
    try:
        model = kinds[description["kind"]].from_description(description)
        model.load_state_dict(torch.load(directory / "weights.pt", weights_only=True))
    except Exception as error:
        raise InputError(f"{directory}: the weights do not fit the description or are damaged ({str(error).splitlines()[0]})") from error
    model.eval()
    return model


def describe(folder: Path | str) -> dict[str, Any]:
    """The content of model.json: kind, settings, grids, provenance."""
    return read_json(Path(folder) / "model.json")
