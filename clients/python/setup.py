"""The build of the package; what it says of itself stands in pyproject.toml, what is made for it in made.py."""
import pathlib
import sys

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import made  # noqa: E402


class Build(build_py):
    def run(self):
        super().run()
        made.complete(pathlib.Path(self.build_lib) / "paidan")


class Distribution(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        made.complete(pathlib.Path(base_dir) / "paidan")


setup(version=made.source("VERSION").read_text(encoding="ascii").strip(), cmdclass={"build_py": Build, "sdist": Distribution})
