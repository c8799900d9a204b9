"""The command line: every command, its help, and what an operator is told when something is wrong."""

from chatsvc.cli.root import main

__all__ = ["main"]
