"""What pyproject.toml cannot say: the assets, which stand beside the package, go into it."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["cvcore*", "demos*"]), "cvcore.assets"],
    package_dir={"cvcore.assets": "assets"},
)
