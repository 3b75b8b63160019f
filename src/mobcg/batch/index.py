"""The index of a batch: which samples it made, how each ended, and checksums of their files; the one file that Snakemake knows of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mobcg.files import read_json, write_json
from mobcg.outcomes import InputError
from mobcg.results import checksum_of

FOLDER = "batches"
"""Of the indexes, beside the folders of a stage's samples."""

SUMMARY = "summary.json"
"""Written last of a sample's files."""


def finished(folder: Path, files: Iterable[str], inputs_hash: str) -> bool:
    """Whether the sample in `folder` is complete and was made from exactly the inputs of that hash."""
    try:
        made_from = read_json(folder / SUMMARY).get("inputs_hash")
    except (OSError, ValueError):
        return False
    return made_from == inputs_hash and all((folder / name).exists() for name in files)


def write_index(path: Path, folders: Mapping[str, Path], files: Sequence[str]) -> None:
    """Write the index of finished samples, given by name and result folder. The same files give the same index, byte for byte."""
    samples = {}
    for sample, folder in folders.items():
        summary = read_json(folder / SUMMARY)
        checksums = {name: checksum_of(folder / name) for name in files}
        samples[sample] = {"outcome": summary["outcome"], "inputs_hash": summary["inputs_hash"], "files": checksums}
    write_json(path, {"samples": samples})


def sample_folders(stage: Path, samples: Iterable[str], made: Iterable[Path | str], files: Sequence[str]) -> dict[str, Path]:
    """Result folders of `samples` in the folder `stage`, of which a reader needs `files`; `made`: what its job was promised to be there.

    Where `made` names indexes of batches, the files are compared with them. Raises InputError for one that was lost or changed.
    """
    folders = {sample: stage / sample for sample in samples}
    for index in (Path(path) for path in made):
        if index.parent == stage / FOLDER:
            known = _read(index)
            for sample in known.keys() & folders.keys():
                for name in files:
                    _check(folders[sample] / name, known[sample].get(name), index)
    return folders


def _read(index: Path) -> dict[str, dict[str, str]]:
    try:
        return {sample: entry["files"] for sample, entry in read_json(index)["samples"].items()}
    except (OSError, KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise InputError(f"{index}: cannot be read as the index of a batch ({error}).\n{_remedy(index)}") from error


def _check(path: Path, checksum: str | None, index: Path) -> None:
    try:
        found = checksum_of(path)
    except FileNotFoundError:
        raise InputError(f"{path}: lost; it was there when its batch was finished, {index}.\n{_remedy(index)}") from None
    if found != checksum:
        raise InputError(f"{path}: not what it was when its batch was finished, {index}.\n{_remedy(index, path)}")


def _remedy(index: Path, changed: Path | None = None) -> str:
    files = f"{index}" if changed is None else f"{changed} {index}"
    return f"To make it again, and nothing else: rm {files}; then the campaign's own command once more"
