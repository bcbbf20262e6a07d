"""What the browser packs of a folder is what the server would take."""

import re
from pathlib import Path

from cvcore.core.folders import PICTURE_SUFFIXES
from demos.classification import folder


def test_the_script_knows_the_same_names_of_pictures():
    script = Path(folder.__file__).with_name("static") / "folder.js"
    words = re.search(r"const SUFFIXES = \((.+?)\)\.split", script.read_text("utf-8"), re.DOTALL)[1]
    names = " ".join(re.findall(r"'([^']*)'", words)).split()
    assert [f".{name}" for name in names] == list(PICTURE_SUFFIXES)
