"""Makes tar archives with GNU tar and lists in tars.json what GNU tar unpacks from them.

Run with Python 3.11 or later and GNU tar 1.34 on a disk that keeps holes:  python make_tars.py

All are kept compressed, because holes that were not left out compress well; the test unpacks them for the plain form.
"""

import gzip
import hashlib
import json
import os
import struct
import subprocess
import tempfile
from pathlib import Path

from make_zips import png

HERE = Path(__file__).parent
COMMON = ["--owner=0", "--group=0", "--numeric-owner", "--mtime=2020-01-01", "--sort=name"]


def bmp(side: int, spots) -> bytes:
    """A black BMP of 24 bits with some bytes at some places."""
    row = -(-side * 3 // 4) * 4
    head = b"BM" + struct.pack("<IHHI", 54 + row * side, 0, 0, 54)
    head += struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, row * side, 2835, 2835, 0, 0)
    body = bytearray(row * side)
    for at, data in spots:
        body[at : at + len(data)] = data
    return head + bytes(body)


def write_with_holes(target: Path, data: bytes) -> None:
    with target.open("wb") as file:
        for at in range(0, len(data), 4096):
            part = data[at : at + 4096]
            if any(part):
                file.seek(at)
                file.write(part)
        file.truncate(len(data))


def tar(folder: Path, *options: str) -> bytes:
    return subprocess.run(["tar", *COMMON, *options, "-C", str(folder), "-cf", "-", "."], check=True, capture_output=True).stdout


def unpacked(data: bytes) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        options = ["--ignore-zeros", "--no-same-owner", "-C", folder, "-xf", "-"]
        done = subprocess.run(["tar", *options], input=data, capture_output=True)
        assert done.returncode in (0, 2), done.stderr
        root = os.fsencode(folder)
        found = {}
        for at, _, files in os.walk(root):
            for name in files:
                whole = os.path.join(at, name)
                # What is left out of an import, too.
                if os.path.islink(whole) or not os.path.isfile(whole):
                    continue
                relative = os.path.relpath(whole, root)
                with open(whole, "rb") as file:
                    found[relative.decode("utf-8", "surrogateescape")] = hashlib.sha256(file.read()).hexdigest()
        return dict(sorted(found.items()))


def main() -> None:
    listed = {}

    def keep(name: str, data: bytes) -> None:
        (HERE / f"{name}.tar.gz").write_bytes(gzip.compress(data, 9, mtime=0))
        listed[name] = unpacked(data)

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("cat", "dog"):
            (folder / name).mkdir()
        for number in range(4):
            (folder / ("cat" if number < 2 else "dog") / f"{number}.png").write_bytes(png(number))
        plain = tar(folder)
        keep("plain", plain)
        write_with_holes(folder / "cat/hole.bmp", bmp(96, [(10, b"\xff" * 200), (13_000, b"\x80" * 30)]))
        # More stretches than an old header holds, and than its first extension does.
        write_with_holes(folder / "dog/many.bmp", bmp(400, [(12_288 * k + 100, bytes([k + 1]) * 40) for k in range(30)]))
        write_with_holes(folder / "dog/end.bmp", bmp(96, [(96 * 96 * 3 - 5, b"\x11" * 5)]))
        keep("sparse-gnu", tar(folder, "--sparse", "--format=gnu"))
        for version in ("0.0", "0.1", "1.0"):
            keep(f"sparse-pax-{version}", tar(folder, "--sparse", "--format=pax", f"--sparse-version={version}"))

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in (".store", "cat", "dog"):
            (folder / name).mkdir()
        (folder / ".store/9.png").write_bytes(png(9))
        for number in range(2):
            (folder / f"cat/{number}.png").write_bytes(png(number))
        os.link(folder / ".store/9.png", folder / "dog/2.png")
        os.link(folder / "cat/0.png", folder / "dog/3.png")
        os.link(folder / "cat/0.png", folder / "dog/4.png")
        for form in ("gnu", "pax"):
            keep(f"hard-links-{form}", tar(folder, f"--format={form}"))

    ends = plain.rstrip(b"\0")
    whole = ends + bytes(-len(ends) % 512)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "dog").mkdir()
        (folder / "dog/5.png").write_bytes(png(5))
        keep("several", plain + tar(folder) + tar(folder, "--transform=s/5/6/"))
    keep("no-mark", whole)
    keep("no-filling", ends)
    keep("bytes-behind", whole + bytes(1024) + b"<!-- behind -->\n")

    with tempfile.TemporaryDirectory() as scratch:
        folder = os.fsencode(scratch)
        for number, name in enumerate(("Größe", "Straße", "Käse")):
            os.mkdir(os.path.join(folder, name.encode("latin1")))
            for half in range(2):
                with open(os.path.join(folder, name.encode("latin1"), b"%d.png" % half), "wb") as file:
                    file.write(png(2 * number + half))
        keep("latin1-names", tar(Path(scratch), "--format=gnu"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("cat", "dog"):
            (folder / name).mkdir()
        (folder / "broken.png").write_bytes(png(0)[:60])
        for number in range(4):
            (folder / ("cat" if number < 2 else "dog") / f"{number}.png").write_bytes(png(number))
        os.mkfifo(folder / "dog/pipe.png")
        os.symlink("0.png", folder / "cat/link.png")
        keep("loose-broken", tar(folder))
    (HERE / "tars.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
