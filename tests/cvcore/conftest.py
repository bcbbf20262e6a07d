"""What several test files of the package share."""

from pathlib import Path

import pytest

from tests.support.exported import export_once


@pytest.fixture(scope="session")
def exported() -> Path:
    """The bundled classifier as an ONNX file, in the cache folder that all tests share."""
    return export_once("efficientnet_lite0")
