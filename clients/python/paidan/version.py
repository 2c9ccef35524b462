"""The package's version: that of the paidan it was built from."""

from importlib import resources

__version__ = resources.files(__package__).joinpath("VERSION").read_text(encoding="ascii").strip()
