"""Makes the damaged and hostile files of corpus/ and lists them in corpus.json.

Run with Python 3.11 or later, NumPy, Pillow and PyArrow:  python make_corpus.py

What is expected of each file (`message`, or `count` and `skipped`) is written by hand into corpus.json and kept by
this script; new files get no expectation, and the test fails until they have one. Files that are too large to be kept
are made by the test itself.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FOLDER = HERE / "corpus"
LIST = HERE / "corpus.json"
EXPECTATIONS = ("message", "count", "skipped", "description")


class Corpus:
    def __init__(self, known: dict):
        self.known = known
        self.cases: list[dict] = []

    def put(self, name: str, data: bytes) -> None:
        """A file that is no case by itself: a good image, labels."""
        target = FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        assert not target.exists() or target.read_bytes() == data, name
        target.write_bytes(data)

    def add(
        self,
        name: str,
        data: bytes,
        what: str,
        *,
        case: str | None = None,
        before=(),
        after=(),
        pixels: np.ndarray | None = None,
        **request,
    ) -> None:
        """A file and how it is opened.

        case: its name in the list, when one file is opened in several ways
        before, after: files opened with it
        pixels: of all its images as they must be after the import, uint8
        request: the rest of the SourceRequest; `kind` is guessed when left out
        """
        self.put(name, data)
        title = case or name
        entry = {"name": title, "what": what, "paths": [*before, name, *after]}
        if request:
            entry["request"] = request
        if pixels is not None:
            entry["fingerprint"] = "sha256:" + hashlib.sha256(pixels.tobytes()).hexdigest()
        old = self.known.get(title, {})
        entry.update({key: old[key] for key in EXPECTATIONS if key in old})
        assert title not in (c["name"] for c in self.cases), title
        self.cases.append(entry)

    def image(self, name: str, data: bytes, what: str) -> None:
        """A bad image, opened together with a good one."""
        self.add(f"image/{name}", data, what, before=["image/good.png"], kind="files")

    def write(self) -> None:
        LIST.write_text(json.dumps(self.cases, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    sys.dont_write_bytecode = True
    import make_archives
    import make_arrays
    import make_images
    import make_tables

    known = {case["name"]: case for case in json.loads(LIST.read_text("utf-8"))} if LIST.exists() else {}
    shutil.rmtree(FOLDER, ignore_errors=True)
    corpus = Corpus(known)
    for module in (make_images, make_archives, make_arrays, make_tables):
        module.make(corpus)
    corpus.write()
    largest = max(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    print(f"{len(corpus.cases)} cases; the largest file has {largest} bytes")


if __name__ == "__main__":
    main()
