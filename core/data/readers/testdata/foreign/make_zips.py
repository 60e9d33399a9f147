"""Makes zip archives as other programs make them, and lists in zips.json the names that are in them.

Run with Python 3.11 or later:  python make_zips.py

sjis-5c.zip, infozip-utf8.zip (Info-ZIP 3.0 on Linux) and bytes-behind.zip are kept as they came. The names of archives
that do not say their encoding are Python's, by `metadata_encoding`.
"""

import json
import struct
import zipfile
import zlib
from pathlib import Path

HERE = Path(__file__).parent
WHEN = (2020, 1, 1, 0, 0, 0)
FAT, UNIX = 0, 3


def png(seed: int) -> bytes:
    """8 × 8 grey pixels."""
    rows = b"".join(b"\0" + bytes((seed * 37 + 8 * y + x) % 256 for x in range(8)) for y in range(8))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


class RawInfo(zipfile.ZipInfo):
    """An entry whose name is just these bytes, without a word on what they mean."""

    def __init__(self, raw: bytes, host: int = FAT, flags: int = 0, extra: bytes = b""):
        super().__init__("x", WHEN)
        self.filename = raw.decode("latin1")
        self.raw, self.flags, self.create_system, self.extra = raw, flags, host, extra
        self.external_attr = 0o644 << 16 if host == UNIX else 0x20

    def _encodeFilenameFlags(self):
        return self.raw, self.flags


def zip_of(*entries: zipfile.ZipInfo, at: bytes = b"") -> bytes:
    import io

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, info in enumerate(entries):
            archive.writestr(info, png(number))
    return at + target.getvalue()


def names(encoding: str, *texts: str, host: int = FAT) -> list[RawInfo]:
    return [RawInfo(text.encode(encoding), host) for text in texts]


def unicode_path(raw: bytes, name: str, crc: int | None = None) -> bytes:
    data = struct.pack("<BI", 1, zlib.crc32(raw) if crc is None else crc) + name.encode()
    return struct.pack("<HH", 0x7075, len(data)) + data


MADE = {
    "sjis-folders.zip": names("cp932", "予定表/写真.png", "予定表/ソ.png", "ソ/能.png", "ソ/表紙.png", "ソ/ﾃｽﾄ.png"),
    "sjis-unix.zip": names("cp932", "新しいフォルダー/暴れ馬.png", "薔薇/構.png", host=UNIX),
    "sjis-backslash.zip": names("cp932", "猫\\ソ.png", "犬\\表.png"),
    "cp437.zip": names("cp437", "Größe/Straße.png", "Käse/élève.png", "español/niño.png"),
    "cp437-unix.zip": names("cp437", "Bäume/Weiß.png", "Vögel/Hündchen.png", host=UNIX),
    "cp1252.zip": names("cp1252", "smørrebrød/œuvre.png", "Größe/l’été.png", "coração/São Paulo.png"),
    "cp1252-unix.zip": names("cp1252", "Müller/Ärger.png", "crème brûlée/a.png", host=UNIX),
    "gbk.zip": names("gbk", "猫/照片.png", "狗/图像.png"),
    "backslash.zip": names("ascii", "cat\\a.png", "cat\\b.png", "dog\\c.png", "dog\\d.png"),
    "backslash-unix.zip": names("ascii", "cat/a\\b.png", "dog/c.png", host=UNIX),
    "unicode-path.zip": [
        RawInfo(b"Gr__e/a.png", extra=unicode_path(b"Gr__e/a.png", "Größe/a.png")),
        RawInfo(b"Gr\x94\xe1e/b.png", extra=unicode_path(b"Gr\x94\xe1e/b.png", "Größe/b.png")),
        RawInfo(b"\x94\x4c/c.png", extra=unicode_path(b"\x94\x4c/c.png", "猫/c.png")),
        RawInfo(b"new/d.png", extra=unicode_path(b"old/d.png", "old/d.png")),
    ],
    "each-otherwise.zip": [
        RawInfo("猫/a.png".encode(), flags=0x800),
        RawInfo("Größe/b.png".encode(), host=UNIX),
        *names("cp437", "Käse/c.png", "plain/d.png"),
    ],
    "folder-with-data.zip": [RawInfo(b"cat/"), RawInfo(b"cat/a.png"), RawInfo(b"dog/b.png")],
}

EXPECTED = {
    "sjis-5c.zip": "cp932",
    "sjis-folders.zip": "cp932",
    "sjis-unix.zip": "cp932",
    "cp437.zip": "cp437",
    "cp437-unix.zip": "cp437",
    "cp1252.zip": "cp1252",
    "cp1252-unix.zip": "cp1252",
    "gbk.zip": "gbk",
    "infozip-utf8.zip": "utf-8",
    "bytes-behind.zip": "ascii",
}


def main() -> None:
    for name, entries in MADE.items():
        (HERE / name).write_bytes(zip_of(*entries))
    two = zip_of(*names("ascii", "a.png", "b.png"))
    (HERE / "bytes-before.zip").write_bytes(b"MZ" + bytes(range(256)) * 3 + two)
    (HERE / "bytes-before-and-behind.zip").write_bytes(b"\n" + two + b"\r\n<!-- behind -->\n")
    # As `zip -A` leaves it: the offsets count from the start of the file.
    target = HERE / "unpacks-itself.zip"
    target.write_bytes(b"MZ" + bytes(500))
    with zipfile.ZipFile(target, "a") as archive:
        for number, info in enumerate(names("ascii", "a.png", "b.png")):
            archive.writestr(info, png(number))
    listed = {}
    for name, encoding in EXPECTED.items():
        with zipfile.ZipFile(HERE / name, metadata_encoding=encoding) as archive:
            listed[name] = [info.filename for info in archive.infolist() if not info.is_dir()]
    (HERE / "zips.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
