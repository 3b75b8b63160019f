"""The command line as a whole: where every command's errors end up."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from mobcg.cli.errors import BAD_INPUT, STOPPED, show, tell

ClickException: Any = typer.BadParameter.__mro__[2]
"""The base of click's errors, whether typer uses click or brings its own copy of it."""


class Program(TyperGroup):
    """All verbs. Whatever ends one early becomes two lines and an exit code, never a bare traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command and leave with its exit code."""
        words = list(sys.argv[1:] if args is None else args)
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except (KeyboardInterrupt, typer.Abort):
            code = STOPPED
        except ClickException as error:
            sys.exit(self._usage(error))
        except Exception as error:
            sys.exit(tell(error, words, self._verb(words)))
        if code == STOPPED:
            show("stopped", "the same command again; whole files that were written stay")
        sys.exit(code if isinstance(code, int) else 0)

    def _verb(self, words: Sequence[str]) -> str:
        path, group = ["mobcg"], self
        for word in words:
            commands: dict[str, Any] = getattr(group, "commands", {})
            if word in commands:
                path, group = [*path, word], commands[word]
        return " ".join(path)

    def _usage(self, error: Any) -> int:
        context = getattr(error, "ctx", None)
        if type(error).__name__ == "NoArgsIsHelpError":  # the help is shown already where rich draws it
            if error.message:
                typer.echo(error.message)
            return int(error.exit_code)
        path = " ".join(["mobcg", *context.command_path.split()[1:]]) if context is not None else "mobcg"
        message = " ".join(error.format_message().split()).replace("Value error, ", "", 1).rstrip(".")
        show(message[:1].lower() + message[1:] if message[1:2].islower() else message, f"{path} --help lists what there is, with examples")
        return BAD_INPUT
