"""Damaged zip, tar and gzip archives."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib

import numpy as np

from make_images import pixels, png

WHEN = (2020, 1, 1, 0, 0, 0)
A, B = png(1), png(2)
BOTH = np.stack([pixels(channels=1, seed=1), pixels(channels=1, seed=2)])
LONG = "語" * 80 + ".png"  # 244 bytes
LONG_ASCII = "a" * 246 + ".png"


def zip_of(*entries, method=zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    """entries: (name, data) or (ZipInfo, data)"""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in entries:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, WHEN)
            if not isinstance(name, zipfile.ZipInfo):
                info.compress_type = method
                info.external_attr = 0o644 << 16
            archive.writestr(info, data)
        archive.comment = comment
    return target.getvalue()


def patched(data: bytes, at: int, form: str, *values: int) -> bytes:
    new = struct.pack(form, *values)
    return data[:at] + new + data[at + len(new) :]


def make(corpus) -> None:
    make_zip(corpus)
    make_zip_entries(corpus)
    make_tar(corpus)
    make_gzip(corpus)


def make_zip(corpus) -> None:
    good = zip_of(("a.png", A), ("b.png", B))
    packed = zip_of(("a.png", A), ("b.png", B), method=zipfile.ZIP_DEFLATED)
    central, end = good.index(b"PK\1\2"), good.index(b"PK\5\6")

    def add(name: str, data: bytes, what: str, **request) -> None:
        corpus.add(f"zip/{name}", data, what, **request)

    add("cut-signature.zip", good[:4], "Zip that ends after its first four bytes")
    add("cut-local-header.zip", good[:20], "Zip that ends within its first local header")
    add("cut-data.zip", good[:100], "Zip that ends within its first file")
    add("cut-before-directory.zip", good[:central], "Zip that ends before its table of contents")
    add("cut-directory.zip", good[: central + 30], "Zip that ends within its table of contents")
    add("cut-before-end.zip", good[:end], "Zip without its end record")
    add("cut-end.zip", good[:-3], "Zip that ends within its end record")
    add("cut-start.zip", good[40:], "Zip whose first 40 bytes are lost")
    add("hole.zip", good[:60] + good[80:], "Zip that has lost 20 bytes of its first file")
    add("no-files.zip", zip_of(), "Empty zip")
    add("only-folders.zip", zip_of(("a/", b""), ("b/", b"")), "Zip with folders only")
    add("no-images.zip", zip_of(("readme.txt", b"hello"), ("data.csv", b"1,2")), "Zip without images")
    add("only-clutter.zip", zip_of(("__MACOSX/._a.png", b"x"), (".DS_Store", b"x")), "Zip with what a Mac leaves behind")
    add("text.zip", b"This is no archive.\n" * 10, "Text called zip")
    add("empty.zip", b"", "Empty file called zip")
    add("count-too-large.zip", patched(good, end + 8, "<HH", 9, 9), "Zip that says it has nine entries but has two")
    add("count-too-small.zip", patched(good, end + 8, "<HH", 1, 1), "Zip that says it has one entry but has two")
    add("count-zero.zip", patched(good, end + 8, "<HH", 0, 0), "Zip that says it has no entries but has two")
    add("directory-far.zip", patched(good, end + 16, "<I", 0x7FFFFFF0), "Zip whose table of contents lies behind its end")
    add("directory-signature.zip", patched(good, central, "<I", 0), "Zip whose table of contents begins wrongly")
    add("disk-2.zip", patched(good, end + 4, "<HH", 1, 1), "Second part of a zip in several parts")
    add("comment-cut.zip", zip_of(("a.png", A), comment=b"long comment")[:-4], "Zip that ends within its comment")
    add("comment-fake-end.zip", zip_of(("a.png", A), comment=b"PK\5\6" + bytes(18)), "Zip with a second end record in its comment")
    zip64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 2, 2, end - central, central)
    locator = struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    last = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    add("zip64.zip", good[:end] + zip64 + locator + last, "Good zip64", pixels=BOTH)
    add("zip64-no-locator.zip", good[:end] + last, "Zip64 without its locator")
    add("zip64-cut.zip", good[:end] + zip64[:20] + locator + last, "Zip64 with half an end record")
    add("zip64-far.zip", good[:end] + zip64 + struct.pack("<IIQI", 0x07064B50, 0, 2**62, 1) + last, "Zip64 whose end record lies far behind its end")
    add("zip64-count.zip", good[:end] + patched(zip64, 24, "<QQ", 2**60, 2**60) + locator + last, "Zip64 that says it has 2⁶⁰ entries")
    add("zip64-directory.zip", good[:end] + patched(zip64, 48, "<Q", 2**63) + locator + last, "Zip64 whose table of contents lies beyond all numbers")
    add("many-entries.zip", patched(good, end + 8, "<HH", 65_534, 65_534), "Zip that says it has 65,534 entries but has two")
    add("as-tar.zip", good, "Good zip that is opened as tar", case="zip/as-tar.zip as tar", kind="tar")
    add("packed-hole.zip", packed[:60] + packed[80:], "Compressed zip that has lost 20 bytes of its first file")


def make_zip_entries(corpus) -> None:
    good = zip_of(("a.png", A), ("b.png", B))
    packed = zip_of(("a.png", A), ("b.png", B), method=zipfile.ZIP_DEFLATED)
    second = good.index(b"PK\3\4", 4)
    central = good.index(b"PK\1\2")
    second_central = good.index(b"PK\1\2", central + 4)

    def add(name: str, data: bytes, what: str, **request) -> None:
        corpus.add(f"zip/{name}", data, what, **request)

    def both(at: int, form: str, *values: int, of: bytes = good) -> bytes:
        """Changes a field of the second file: `at` within its local header; it lies two bytes later in the table."""
        local = of.index(b"PK\3\4", 4)
        table = of.index(b"PK\1\2", of.index(b"PK\1\2") + 4)
        return patched(patched(of, local + at, form, *values), table + at + 2, form, *values)

    add("entry-local-signature.zip", patched(good, second, "<I", 0), "Zip with a file whose local header begins wrongly")
    add("entry-offset-far.zip", patched(good, second_central + 42, "<I", 0x7FFFFFF0), "Zip with a file that lies behind its end")
    add("entry-same-offset.zip", patched(good, second_central + 42, "<I", 0), "Zip with two entries of the same bytes")
    add("entry-checksum.zip", both(14, "<I", 0x12345678), "Zip with a file of the wrong checksum")
    add("entry-size.zip", patched(good, second_central + 24, "<I", 5), "Zip with a stored file of two sizes")
    add("entry-size-packed-small.zip", both(22, "<I", 100, of=packed), "Zip with a file that unpacks to more than it says")
    add("entry-size-packed-large.zip", both(22, "<I", 9_999, of=packed), "Zip with a file that unpacks to less than it says")
    add("entry-size-4-gb.zip", both(22, "<I", 0xFFFFFFF0, of=packed), "Zip with a small file that says it has 4 GB")
    add("entry-packed-size-4-gb.zip", both(18, "<I", 0x7FFFFFF0, of=packed), "Zip with a file that says it is compressed to 2 GB")
    add("entry-damaged.zip", packed[: second + 60] + b"\xff" * 20 + packed[second + 80 :], "Zip with a file whose compressed data is overwritten")
    add("entry-encrypted.zip", both(6, "<H", 1), "Zip with an encrypted file")
    add("all-encrypted.zip", patched(patched(both(6, "<H", 1), 6, "<H", 1), central + 8, "<H", 1), "Encrypted zip")
    add("strong-encryption.zip", both(6, "<H", 0x41), "Zip in strong encryption")
    for method, name in ((9, "deflate64"), (12, "bzip2"), (14, "lzma"), (93, "zstd"), (99, "aes")):
        add(f"entry-{name}.zip", both(8, "<H", method), f"Zip with a file compressed as {name}")
    add("entry-bzip2-real.zip", zip_of(("a.png", A), ("b.png", B), method=zipfile.ZIP_BZIP2), "Zip compressed by bzip2 altogether")
    packed_bomb = zip_of(("a.png", A), ("bomb.png", bytes(64_000_000)), method=zipfile.ZIP_DEFLATED)
    add("entry-bomb.zip", packed_bomb, "Zip with 64 MB of zeros called PNG")
    add("slip.zip", zip_of(("../../slip.png", A), ("b.png", B)), "Zip with a name that leads out of it")
    add("slip-backslash.zip", zip_of(("..\\..\\slip.png", A), ("b.png", B)), "Zip with a name that leads out of it on Windows")
    add("slip-middle.zip", zip_of(("a/../../slip.png", A), ("b.png", B)), "Zip with a name that leads out of it half-way")
    add("absolute.zip", zip_of(("/etc/slip.png", A), ("b.png", B)), "Zip with an absolute name")
    add("absolute-windows.zip", zip_of(("C:/slip.png", A), ("b.png", B)), "Zip with an absolute name of Windows")
    link = zipfile.ZipInfo("link.png", WHEN)
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    add("link.zip", zip_of((link, b"/etc/passwd"), ("b.png", B)), "Zip with a symbolic link")
    add("duplicate.zip", zip_of(("a.png", A), ("c.png", B)).replace(b"c.png", b"a.png"), "Zip with two files of one name")
    add("nul-name.zip", zip_of(("a_x.png", A), ("b.png", B)).replace(b"a_x.png", b"a\0x.png"), "Zip with a zero byte in a name")
    add("not-utf8-name.zip", zip_of(("é.png", A), ("b.png", B)).replace("é".encode(), b"\xff\xfe"), "Zip with a name that is not the UTF-8 it says it is")
    old = zip_of(("ab.png", A), ("b.png", B)).replace(b"ab.png", b"\x81\x84.png")
    add("cp437-name.zip", old, "Good zip with a name in the letters of DOS", pixels=BOTH)
    add("languages.zip", zip_of(("猫/一.png", A), ("щенок/два.png", B), ("قطة/٣.png", png(3)), ("🐱/😀.png", png(4))), "Good zip with names in many languages")
    add("long-names.zip", zip_of((LONG, A), (LONG_ASCII, B)), "Good zip with names of 250 characters", pixels=BOTH)
    add("long-path.zip", zip_of(("/".join(["folder"] * 600) + "/a.png", A), ("b.png", B)), "Good zip with a path of 4,000 characters")
    add("upper-case.zip", zip_of(("A.PNG", A), ("a.png", B)), "Good zip with names that differ in case only")
    add("nested.zip", zip_of(("inner.zip", good), ("b.png", B)), "Zip within a zip")
    add("empty-entry.zip", zip_of(("a.png", b""), ("b.png", B)), "Zip with an empty file")
    add("newline-name.zip", zip_of(("a\nb.png", A), ("b.png", B)), "Zip with a line break in a name")
    add("extra-damaged.zip", patched(good, second_central + 30, "<H", 3), "Zip with an extra field that reaches into what follows")
    extra = zipfile.ZipInfo("a.png", WHEN)
    extra.extra = struct.pack("<HH", 1, 99)
    add("extra-length.zip", zip_of((extra, A), ("b.png", B)), "Zip with a zip64 field that is shorter than it says")


def tar_of(*members, form=tarfile.PAX_FORMAT) -> bytes:
    """members: (name, data), or a TarInfo alone"""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            name, data = member
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    # Python fills up to 10,240 bytes.
    data = target.getvalue().rstrip(b"\0")
    return data + bytes(-len(data) % 512 + 1024)


def with_header(tar: bytes, at: int, field: int, value: bytes) -> bytes:
    """Changes a field of the header at `at` and mends its checksum."""
    block = bytearray(tar[at : at + 512])
    block[field : field + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return tar[:at] + bytes(block) + tar[at + 512 :]


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def make_tar(corpus) -> None:
    good = tar_of(("a.png", A), ("b.png", B))
    second = 1024 if len(A) <= 512 else 1536

    def add(name: str, data: bytes, what: str, **request) -> None:
        corpus.add(f"tar/{name}", data, what, **request)

    add("cut-header.tar", good[:300], "Tar that ends within its first header")
    add("cut-header-as-tar.tar", good[:300], "Tar that ends within its first header, opened as tar", kind="tar")
    add("cut-data.tar", good[:700], "Tar that ends within its first file")
    add("cut-second-header.tar", good[: second + 100], "Tar that ends within its second header")
    add("cut-second-data.tar", good[: second + 600], "Tar that ends within its second file")
    add("cut-filling.tar", good[: second + 512 + len(B)], "Tar that ends with the last byte of its last file")
    add("no-end.tar", good[:-1024], "Tar without its end blocks")
    add("checksum.tar", good[:second] + b"x" + good[second + 1 :], "Tar with a header of the wrong checksum")
    add("first-checksum.tar", b"x" + good[1:], "Tar whose first header has the wrong checksum", kind="tar")
    add("text.tar", b"no archive\n" * 60, "Text called tar", kind="tar")
    add("empty.tar", b"", "Empty file called tar")
    add("zeros.tar", bytes(10_240), "Tar without files")
    add("no-images.tar", tar_of(("readme.txt", b"hello")), "Tar without images")
    add("size-letters.tar", with_header(good, second, 124, b"not a number"), "Tar with a size that is no number")
    add("size-huge.tar", with_header(good, second, 124, b"77777777777\0"), "Tar with a file that says it has 8 GB")
    add("size-binary.tar", with_header(good, second, 124, b"\x80" + b"\xff" * 11), "Tar with a file of more bytes than there are numbers")
    add("size-negative.tar", with_header(good, second, 124, b"\xff" * 12), "Tar with a file of a negative size")
    add("slip.tar", tar_of(("../../slip.png", A), ("b.png", B)), "Tar with a name that leads out of it")
    add("absolute.tar", tar_of(("/etc/slip.png", A), ("b.png", B)), "Tar with an absolute name")
    add("symlink.tar", tar_of(special("link.png", tarfile.SYMTYPE, "/etc/passwd"), ("b.png", B)), "Tar with a symbolic link")
    add("hardlink.tar", tar_of(("b.png", B), special("link.png", tarfile.LNKTYPE, "b.png")), "Tar with a hard link")
    add("device.tar", tar_of(special("null.png", tarfile.CHRTYPE), special("pipe.png", tarfile.FIFOTYPE), ("b.png", B)), "Tar with a device and a pipe")
    add("duplicate.tar", tar_of(("a.png", A), ("a.png", B)), "Tar with two files of one name")
    add("languages.tar", tar_of(("猫/一.png", A), ("щенок/два.png", B), ("قطة/٣.png", png(3))), "Good tar with names in many languages")
    add("long-names-pax.tar", tar_of((LONG, A), (LONG_ASCII, B)), "Good tar with names of 250 characters (pax)", pixels=BOTH)
    add("long-names-gnu.tar", tar_of((LONG, A), (LONG_ASCII, B), form=tarfile.GNU_FORMAT), "Good tar with names of 250 characters (GNU)", pixels=BOTH)
    pax = tar_of((LONG, A), ("b.png", B))
    add("pax-cut.tar", pax[:600], "Tar that ends within a pax header")
    add("pax-record.tar", pax[:512] + b"9x" + pax[514:], "Tar with a pax record whose length is no number")
    add("pax-huge.tar", with_header(pax, 0, 124, b"77777777777\0"), "Tar with a pax header that says it has 8 GB")
    record = b"22 size=-999999999999\n"
    add("pax-size.tar", with_header(pax, 0, 124, b"%011o\0" % len(record))[:512] + record + bytes(512 - len(record)) + good, "Tar with a pax size below zero")
    add("empty-member.tar", tar_of(("a.png", b""), ("b.png", B)), "Tar with an empty file")
    add("damaged-member.tar", tar_of(("a.png", A[:60]), ("b.png", B)), "Tar with a damaged image")
    add("as-zip.tar", good, "Good tar that is opened as zip", kind="zip")


def gz(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)


def make_gzip(corpus) -> None:
    tar = tar_of(("a.png", A), ("b.png", B))
    good = gz(tar)

    def add(name: str, data: bytes, what: str, **request) -> None:
        corpus.add(f"gzip/{name}", data, what, **request)

    add("good.tar.gz", good, "Good tar.gz", pixels=BOTH)
    add("cut-header.tar.gz", good[:6], "tar.gz that ends within gzip's header")
    add("cut-data.tar.gz", good[: len(good) // 2], "tar.gz that ends within its data")
    add("cut-checksum.tar.gz", good[:-5], "tar.gz that ends within its checksum")
    add("checksum.tar.gz", good[:-8] + b"abcd" + good[-4:], "tar.gz with a wrong checksum")
    add("length.tar.gz", good[:-4] + b"abcd", "tar.gz with a wrong length")
    add("damaged.tar.gz", good[:60] + b"\xff" * 20 + good[80:], "tar.gz whose data is overwritten")
    add("method.tar.gz", good[:2] + b"\x07" + good[3:], "tar.gz with an unknown compression")
    add("trailing.tar.gz", good + b"more" * 10, "tar.gz with something behind its end")
    add("two-members.tar.gz", gz(tar[:700]) + gz(tar[700:]), "Good tar.gz in two gzip members", pixels=BOTH)
    add("twice.tar.gz", gz(good), "tar.gz that is compressed twice")
    add("text.gz", gz(b"no archive\n" * 60), "Compressed text")
    add("image.png.gz", gz(A), "Compressed image")
    add("nothing.gz", gz(b""), "Compressed nothing")
    add("tar-cut.tar.gz", gz(tar[:700]), "Good gzip of a tar that ends early")
    add("tar-slip.tar.gz", gz(tar_of(("../../slip.png", A), ("b.png", B))), "tar.gz with a name that leads out of it")
    add("tar-link.tar.gz", gz(tar_of(special("link.png", tarfile.SYMTYPE, "/etc/passwd"), ("b.png", B))), "tar.gz with a symbolic link")
    add("tar-duplicate.tar.gz", gz(tar_of(("a.png", A), ("a.png", B))), "tar.gz with two files of one name")
    zeros = gz(tar_of(("bomb.png", bytes(64_000_000)), ("b.png", B)))
    add("tar-bomb.tar.gz", zeros, "tar.gz with 64 MB of zeros called PNG")
    add("not-gzip.tar.gz", zlib.compress(tar), "tar.gz that is zlib and not gzip")
    add("bzip2.tar.bz2", b"BZh91AY&SY" + bytes(100), "tar.bz2")
    add("xz.tar.xz", b"\xfd7zXZ\0" + bytes(100), "tar.xz")
    add("seven.7z", b"7z\xbc\xaf\x27\x1c" + bytes(100), "7z archive")
    add("rar.rar", b"Rar!\x1a\x07\x01\0" + bytes(100), "RAR archive")
    add("zstd.tar.zst", b"\x28\xb5\x2f\xfd" + bytes(100), "tar.zst")
