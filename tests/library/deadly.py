"""A parent whose chunk ends every worker that executes it."""

import os
from dataclasses import dataclass

from mobcg.library.parent import Parent


@dataclass(frozen=True)
class Deadly(Parent):
    home: int = 0

    def __getattribute__(self, name: str) -> object:
        if name == "potential" and os.getpid() != object.__getattribute__(self, "home"):
            os._exit(1)
        return object.__getattribute__(self, name)
