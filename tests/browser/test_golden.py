"""The modules that answer in a visitor's browser, checked in a browser against what the Python side
has written: the very tests that ``npm test`` runs in Node."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = sorted(path.name for path in (ROOT / "tests" / "js").glob("*_in_browser.test.js"))
SITE = "http://golden.test"
IN_NODE = {"node:assert/strict": "assert", "node:test": "test", "node:fs": "fs"}
SHIMS = {name: f"/tests/js/browser/{file}.js" for name, file in IN_NODE.items()}
PAGE = f'<!doctype html><script type="importmap">{json.dumps({"imports": SHIMS})}</script>'
KINDS = {".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json"}


@pytest.fixture
def site(page, traffic):
    """The repository's scripts and golden files, at an address that exists in this page alone."""

    def answer(route) -> None:
        path = ROOT / urlsplit(route.request.url).path.lstrip("/")
        if path == ROOT:
            route.fulfill(body=PAGE, content_type="text/html")
        elif path.suffix in KINDS and path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=KINDS[path.suffix])
        else:
            route.fulfill(status=404)

    traffic.own.add(SITE)
    page.route(f"{SITE}/**", answer)
    page.goto(SITE)
    yield page
    page.unroute(f"{SITE}/**")
    traffic.own.discard(SITE)


def test_modules_answer_as_the_python_side_in_a_browser(site):
    assert TESTS
    result = site.evaluate(
        """async names => {
          for (const name of names) await import(`/tests/js/${name}`);
          return (await import('node:test')).runAll();
        }""",
        [*TESTS, "pictures.test.js"],
    )
    assert result["count"] > len(TESTS)
    assert result["failures"] == []
