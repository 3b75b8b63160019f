"""The trained models that come with the package, each a folder."""

from importlib.resources import files
from pathlib import Path


def shipped_folder(name: str) -> Path:
    """Folder of a model of the package."""
    return Path(str(files("mobcg"))) / "models" / name
