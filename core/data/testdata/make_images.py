"""Damaged image files of every format."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

SIDE = 16


def pixels(side: int = SIDE, channels: int = 3, seed: int = 1) -> np.ndarray:
    shape = (side, side, channels) if channels > 1 else (side, side)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(form: str, image: Image.Image | None = None, **options) -> bytes:
    target = io.BytesIO()
    (image or Image.fromarray(pixels())).save(target, form, **options)
    return target.getvalue()


def png(seed: int = 1, side: int = SIDE, channels: int = 1) -> bytes:
    """A small good PNG."""
    return encoded("PNG", Image.fromarray(pixels(side, channels, seed)))


def chunk(kind: bytes, data: bytes, crc: int | None = None, length: int | None = None) -> bytes:
    check = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data) if length is None else length) + kind + data + struct.pack(">I", check)


def header(width=SIDE, height=SIDE, depth=8, colour=0, compression=0, filters=0, interlace=0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, compression, filters, interlace))


SIGNATURE = b"\x89PNG\r\n\x1a\n"
ROWS = b"".join(b"\0" + pixels(channels=1)[y].tobytes() for y in range(SIDE))
END = chunk(b"IEND", b"")


def png_of(*chunks: bytes) -> bytes:
    return SIGNATURE + b"".join(chunks) + END


def idat(rows: bytes = ROWS) -> bytes:
    return chunk(b"IDAT", zlib.compress(rows, 9))


def make(corpus) -> None:
    corpus.put("image/good.png", png())
    make_png(corpus)
    make_jpeg(corpus)
    make_gif(corpus)
    make_bmp(corpus)
    make_tiff(corpus)
    make_webp(corpus)
    make_pnm(corpus)
    make_others(corpus)


def make_png(corpus) -> None:
    good = png_of(header(), idat())
    add = corpus.image
    add("png-cut-signature.png", good[:5], "PNG that ends within its signature")
    add("png-cut-before-header.png", good[:8], "PNG that is its signature alone")
    add("png-cut-header.png", good[:20], "PNG that ends within its header")
    add("png-cut-after-header.png", good[:33], "PNG that ends after its header")
    add("png-cut-data.png", good[:90], "PNG that ends within its pixels")
    add("png-cut-end.png", good[:-12], "PNG without its end mark")
    palette = chunk(b"PLTE", bytes(range(48)))
    add("png-cut-palette.png", png_of(header(colour=3), palette, idat())[:50], "PNG that ends within its palette")
    add("png-no-palette.png", png_of(header(colour=3), idat()), "PNG with palette colours but no palette")
    add("png-short-palette.png", png_of(header(colour=3), palette, idat()), "PNG whose pixels name colours its palette has not")
    add("png-palette-length.png", png_of(header(colour=3), chunk(b"PLTE", bytes(47)), idat()), "PNG whose palette has no whole number of colours")
    add("png-no-pixels.png", png_of(header()), "PNG without pixels")
    add("png-header-checksum.png", good[:29] + b"\0\0\0\0" + good[33:], "PNG with a wrong checksum of its header")
    add("png-data-checksum.png", png_of(header(), chunk(b"IDAT", zlib.compress(ROWS), crc=1)), "PNG with a wrong checksum of its pixels")
    add("png-not-deflate.png", png_of(header(), chunk(b"IDAT", b"these are no compressed pixels")), "PNG whose pixels are not compressed as they should be")
    add("png-adler.png", png_of(header(), chunk(b"IDAT", zlib.compress(ROWS)[:-4] + bytes(4))), "PNG whose compressed data has a wrong checksum")
    add("png-few-rows.png", png_of(header(), idat(ROWS[: 17 * 9])), "PNG with fewer rows than its header says")
    add("png-many-rows.png", png_of(header(), idat(ROWS * 3)), "PNG with more rows than its header says")
    add("png-bomb-rows.png", png_of(header(), idat(bytes(16_000_000))), "PNG of 16 × 16 whose data unpacks to 16 MB")
    add("png-bomb-size.png", png_of(header(30_000, 30_000, 1), idat(bytes(1000))), "PNG that says it has 900 million pixels")
    add("png-bomb-greatest.png", png_of(header(2**31 - 1, 2**31 - 1), idat()), "PNG with the greatest size there is")
    add("png-bomb-line.png", png_of(header(99_000_000, 1, 16, 6), idat()), "PNG of one row that would take 792 MB")
    add("png-zero-width.png", png_of(header(width=0), idat()), "PNG of no width")
    add("png-depth-3.png", png_of(header(depth=3), idat()), "PNG of 3 bits a value")
    add("png-rgb-4-bits.png", png_of(header(depth=4, colour=2), idat()), "PNG with a depth its colours cannot have")
    add("png-colour-5.png", png_of(header(colour=5), idat()), "PNG of an unknown kind of colour")
    add("png-compression-1.png", png_of(header(compression=1), idat()), "PNG with an unknown compression")
    add("png-interlace-2.png", png_of(header(interlace=2), idat()), "PNG with an unknown interlacing")
    add("png-interlaced-short.png", png_of(header(interlace=1), idat(ROWS[:100])), "Interlaced PNG with too few pixels")
    add("png-filter-9.png", png_of(header(), idat(b"\x09" + ROWS[1:])), "PNG with a row filter there is not")
    add("png-chunk-length.png", SIGNATURE + header() + chunk(b"IDAT", zlib.compress(ROWS), length=0xFFFFFFF0), "PNG with a chunk that says it has 4 GB")
    add("png-two-headers.png", png_of(header(), header(), idat()), "PNG with two headers")
    add("png-header-late.png", png_of(idat(), header()), "PNG whose header comes behind its pixels")
    add("png-text-bomb.png", png_of(header(), chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(8_000_000), 9)), idat()), "PNG with a comment that unpacks to 8 MB")
    add("png-profile-bomb.png", png_of(header(), chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(8_000_000), 9)), idat()), "PNG with a colour profile that unpacks to 8 MB")
    add("png-unknown-chunk.png", png_of(header(), chunk(b"ABCD", b"x"), idat()), "PNG with a chunk one must know but nobody does")
    add("png-transparency-long.png", png_of(header(), chunk(b"tRNS", bytes(300)), idat()), "PNG with a transparency of the wrong length")
    add("png-trailing.png", good + b"more" * 40, "PNG with something behind its end")
    add("png-apng-no-frames.png", png_of(header(), chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), idat()), "Animated PNG that says it has two milliards of frames")


def make_jpeg(corpus) -> None:
    image = Image.fromarray(pixels())
    good = encoded("JPEG", image, quality=50)
    frame = good.index(b"\xff\xc0")
    tables, scan, quant = good.index(b"\xff\xc4"), good.index(b"\xff\xda"), good.index(b"\xff\xdb")
    add = corpus.image

    def patched(at: int, data: bytes) -> bytes:
        return good[:at] + data + good[at + len(data) :]

    add("jpeg-cut-start.jpg", good[:2], "JPEG that is its start mark alone")
    add("jpeg-cut-app.jpg", good[:12], "JPEG that ends within its first segment")
    add("jpeg-cut-quantization.jpg", good[: quant + 20], "JPEG that ends within its quantization tables")
    add("jpeg-cut-frame.jpg", good[: frame + 8], "JPEG that ends within its frame header")
    add("jpeg-cut-huffman.jpg", good[: tables + 12], "JPEG that ends within its Huffman tables")
    add("jpeg-cut-scan-header.jpg", good[: scan + 6], "JPEG that ends within its scan header")
    add("jpeg-cut-scan.jpg", good[: scan + 60], "JPEG that ends within its pixels")
    add("jpeg-cut-end.jpg", good[:-2], "JPEG without its end mark")
    add("jpeg-no-scan.jpg", good[:scan] + b"\xff\xd9", "JPEG without pixels")
    add("jpeg-no-frame.jpg", good[:frame] + good[tables:], "JPEG without a frame header")
    add("jpeg-no-quantization.jpg", good[:quant] + good[frame:], "JPEG without quantization tables")
    add("jpeg-no-huffman.jpg", good[:tables] + good[scan:], "JPEG without Huffman tables")
    add("jpeg-bomb-size.jpg", patched(frame + 5, b"\xff\xff\xff\xff"), "JPEG that says it has 65535 × 65535 pixels")
    add("jpeg-taller.jpg", patched(frame + 5, struct.pack(">HH", 4000, 16)), "JPEG that says it is taller than it is")
    add("jpeg-zero-height.jpg", patched(frame + 5, b"\0\0"), "JPEG of no height")
    add("jpeg-12-bits.jpg", patched(frame + 4, b"\x0c"), "JPEG of 12 bits a value")
    add("jpeg-lossless.jpg", patched(frame, b"\xff\xc3"), "Lossless JPEG")
    add("jpeg-arithmetic.jpg", patched(frame, b"\xff\xc9"), "JPEG in arithmetic coding")
    add("jpeg-components-9.jpg", patched(frame + 9, b"\x09"), "JPEG that says it has nine components")
    add("jpeg-sampling-0.jpg", patched(frame + 11, b"\0"), "JPEG with a sampling factor of 0")
    add("jpeg-huffman-wild.jpg", patched(tables + 5, b"\xff" * 16), "JPEG with an impossible Huffman table")
    add("jpeg-segment-length.jpg", patched(quant + 2, b"\0\0"), "JPEG with a segment of no length")
    add("jpeg-noise.jpg", good[: scan + 14] + bytes(i * 37 % 251 for i in range(200)) + b"\xff\xd9", "JPEG whose pixels are noise")
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded("JPEG", image, exif=exif)
    at = turned.index(b"MM\0*") if b"MM\0*" in turned else turned.index(b"II*\0")
    add("jpeg-exif-loop.jpg", turned[: at + 4] + struct.pack(">I", 0xFFFFFFFF) + turned[at + 8 :], "JPEG whose EXIF data leads out of the file")
    wide = bytearray(turned)
    place = turned.index(b"\x01\x12") if b"MM\0*" in turned else turned.index(b"\x12\x01")
    wide[place + 8 : place + 10] = b"\x00\x63"
    add("jpeg-orientation-99.jpg", bytes(wide), "JPEG turned in a way there is not")


def make_gif(corpus) -> None:
    good = encoded("GIF", Image.fromarray(pixels(channels=1) & 0x0F))
    frame = good.index(b"\x2c\0\0\0\0")
    add = corpus.image
    add("gif-cut-signature.gif", good[:6], "GIF that is its signature alone")
    add("gif-cut-screen.gif", good[:10], "GIF that ends within its screen descriptor")
    add("gif-cut-palette.gif", good[:20], "GIF that ends within its palette")
    add("gif-cut-frame.gif", good[: frame + 6], "GIF that ends within its frame header")
    add("gif-cut-data.gif", good[: frame + 40], "GIF that ends within its pixels")
    add("gif-cut-end.gif", good[:-1], "GIF without its end mark")
    add("gif-no-frame.gif", good[:frame] + b"\x3b", "GIF without a picture")
    add("gif-code-size.gif", good[: frame + 10] + b"\x0d" + good[frame + 11 :], "GIF with an impossible code size")
    add("gif-wild-codes.gif", good[: frame + 12] + b"\xff" * 40 + good[frame + 52 :], "GIF with codes there are not")
    add("gif-zero-size.gif", good[:6] + bytes(4) + good[10 : frame + 5] + bytes(4) + good[frame + 9 :], "GIF of no size")
    huge = b"\xff\xff\xff\xff"
    add("gif-bomb-size.gif", good[:6] + huge + good[10 : frame + 5] + huge + good[frame + 9 :], "GIF that says it has 65535 × 65535 pixels")
    add("gif-bomb-screen.gif", good[:6] + huge + good[10:], "Small GIF on a screen of 65535 × 65535 pixels")


def make_bmp(corpus) -> None:
    good = encoded("BMP")
    grey = encoded("BMP", Image.fromarray(pixels(channels=1)))
    add = corpus.image

    def patched(at: int, form: str, *values: int, of: bytes = good) -> bytes:
        data = struct.pack(form, *values)
        return of[:at] + data + of[at + len(data) :]

    add("bmp-cut-file-header.bmp", good[:10], "BMP that ends within its file header")
    add("bmp-cut-header.bmp", good[:30], "BMP that ends within its header")
    add("bmp-cut-palette.bmp", grey[:100], "BMP that ends within its palette")
    add("bmp-cut-pixels.bmp", good[:400], "BMP that ends within its pixels")
    add("bmp-header-size.bmp", patched(14, "<I", 9999), "BMP with a header of unknown size")
    add("bmp-bomb-size.bmp", patched(18, "<ii", 2**30, 2**30), "BMP that says it has 2³⁰ × 2³⁰ pixels")
    add("bmp-bomb-below-limit.bmp", patched(18, "<ii", 9_999, 9_999), "BMP of 16 × 16 that says it has 100 million pixels")
    add("bmp-negative-width.bmp", patched(18, "<i", -16), "BMP of negative width")
    add("bmp-zero-height.bmp", patched(22, "<i", 0), "BMP of no height")
    add("bmp-least-height.bmp", patched(22, "<i", -(2**31)), "BMP whose height has no opposite")
    add("bmp-bits-7.bmp", patched(28, "<H", 7), "BMP of 7 bits a pixel")
    add("bmp-compression-99.bmp", patched(30, "<I", 99), "BMP with an unknown compression")
    add("bmp-png-inside.bmp", patched(30, "<I", 5), "BMP with a PNG inside")
    add("bmp-pixels-far.bmp", patched(10, "<I", 0xFFFFFFF0), "BMP whose pixels lie behind its end")
    add("bmp-rle-cut.bmp", patched(30, "<I", 1, of=grey)[:1080], "BMP whose run lengths end early")
    add("bmp-rle-wild.bmp", patched(30, "<I", 1, of=grey)[:1078] + b"\xff\x01" * 40 + b"\0\x02\xff\xff\0\1", "BMP whose run lengths lead out of the picture")
    rle_bomb = patched(18, "<ii", 9_999, 9_999, of=patched(30, "<I", 1, of=grey))
    add("bmp-bomb-runs.bmp", rle_bomb[:1078] + b"\0\x01", "BMP of 100 million pixels that has none of them")
    add("bmp-mask-gap.bmp", patched(28, "<HI", 32, 3)[:54] + struct.pack("<III", 0xF0F0, 0xFF00, 0xFF) + bytes(1024), "BMP with colour masks that have gaps")


def tiff(tags: dict[int, tuple[int, int, int]], data: bytes, order: str = "<") -> bytes:
    """A TIFF of one directory behind its data; tags: number → (type, count, value or offset)."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    start = 8 + len(data) + len(data) % 2
    body = data + bytes(len(data) % 2) + struct.pack(order + "H", len(tags))
    for tag, (kind, count, value) in sorted(tags.items()):
        packed = struct.pack(order + "HH", value, 0) if kind == 3 and count == 1 else struct.pack(order + "I", value)
        body += struct.pack(order + "HHI", tag, kind, count) + packed
    return mark + struct.pack(order + "I", start) + body + bytes(4)


def tiff_tags(**changes: int) -> dict[int, tuple[int, int, int]]:
    values = {"width": SIDE, "height": SIDE, "bits": 8, "compression": 1, "photometric": 1, "offset": 8, "samples": 1,
              "rows": SIDE, "bytes": SIDE * SIDE} | changes
    numbers = {"width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262, "offset": 273,
               "samples": 277, "rows": 278, "bytes": 279, "format": 339}
    wide = ("width", "height", "offset", "rows", "bytes")
    return {numbers[name]: (4 if name in wide else 3, 1, value) for name, value in values.items()}


def make_tiff(corpus) -> None:
    data = pixels(channels=1).tobytes()
    good = tiff(tiff_tags(), data)
    add = corpus.image

    def without(tag: int) -> dict[int, tuple[int, int, int]]:
        return {number: value for number, value in tiff_tags().items() if number != tag}

    add("tiff-cut-header.tif", good[:6], "TIFF that ends within its header")
    add("tiff-cut-directory.tif", good[:-30], "TIFF that ends within its directory")
    add("tiff-cut-pixels.tif", tiff(tiff_tags(bytes=200), data[:200])[:60], "TIFF that ends within its pixels")
    add("tiff-directory-far.tif", good[:4] + struct.pack("<I", 0x7FFFFFF0) + good[8:], "TIFF whose directory lies behind its end")
    add("tiff-directory-loop.tif", good[:-4] + good[4:8], "TIFF whose directories go in a circle")
    add("tiff-no-width.tif", tiff(without(256), data), "TIFF that does not tell its width")
    add("tiff-no-strips.tif", tiff(without(273), data), "TIFF that does not tell where its pixels are")
    add("tiff-strip-far.tif", tiff(tiff_tags(offset=0x7FFFFFF0), data), "TIFF whose pixels lie behind its end")
    add("tiff-strip-short.tif", tiff(tiff_tags(bytes=100), data), "TIFF with fewer pixels than it says")
    add("tiff-zero-width.tif", tiff(tiff_tags(width=0), data), "TIFF of no width")
    add("tiff-bomb-size.tif", tiff(tiff_tags(width=60_000, height=60_000, rows=60_000), data), "TIFF that says it has 3.6 milliards of pixels")
    add("tiff-bomb-below-limit.tif", tiff(tiff_tags(width=9_999, height=9_999, rows=9_999), data), "TIFF of 16 × 16 that says it has 100 million pixels")
    packed = zlib.compress(bytes(9_999 * 4_000), 9)
    add("tiff-bomb-deflate.tif", tiff(tiff_tags(compression=8, bytes=len(packed)), packed), "TIFF of 16 × 16 whose data unpacks to 40 MB")
    add("tiff-samples-900.tif", tiff(tiff_tags(samples=900), data), "TIFF of 900 channels")
    add("tiff-compression-65000.tif", tiff(tiff_tags(compression=65_000), data), "TIFF with an unknown compression")
    add("tiff-deflate-damaged.tif", tiff(tiff_tags(compression=8), data), "TIFF whose data does not unpack")
    add("tiff-lzw-damaged.tif", tiff(tiff_tags(compression=5), data), "TIFF whose LZW codes are noise")
    add("tiff-float.tif", tiff(tiff_tags(bits=32, format=3, bytes=1024), np.linspace(0, 1, 256, dtype="<f4").tobytes()), "TIFF of floating-point numbers")
    add("tiff-bits-3.tif", tiff(tiff_tags(bits=3), data), "TIFF of 3 bits a value")


def make_webp(corpus) -> None:
    lossy = encoded("WEBP", quality=50)
    lossless = encoded("WEBP", lossless=True)
    add = corpus.image
    add("webp-cut-riff.webp", lossy[:10], "WebP that ends within its first header")
    add("webp-cut-header.webp", lossy[:14], "WebP that ends before its first chunk")
    add("webp-cut-frame.webp", lossy[:26], "WebP that ends within its frame header")
    add("webp-cut-pixels.webp", lossy[:60], "WebP that ends within its pixels")
    add("webp-lossless-cut.webp", lossless[:60], "Lossless WebP that ends within its pixels")
    add("webp-lossless-damaged.webp", lossless[:30] + bytes(200) + lossless[230:], "Lossless WebP whose data is overwritten")
    add("webp-lossy-damaged.webp", lossy[:40] + b"\xff" * 60 + lossy[100:], "Lossy WebP whose data is overwritten")
    add("webp-start-code.webp", lossy[:23] + b"abc" + lossy[26:], "WebP without the mark before its frame")
    add("webp-length.webp", lossy[:4] + struct.pack("<I", 0xFFFFFFF0) + lossy[8:], "WebP that says it has 4 GB")
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + b"\xff\xff\xff\xff\xff\xff"
    add("webp-bomb-canvas.webp", b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas, "WebP with a canvas of 16 million × 16 million")
    add("webp-no-image.webp", b"RIFF" + struct.pack("<I", 4 + 10) + b"WEBPEXIF" + struct.pack("<I", 2) + b"xx", "WebP without a picture")
    empty = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + b"\x0f\0\0\x0f\0\0" + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    add("webp-no-frames.webp", b"RIFF" + struct.pack("<I", 4 + len(empty)) + b"WEBP" + empty, "Animated WebP without frames")


def make_pnm(corpus) -> None:
    data = pixels(channels=1).tobytes()
    add = corpus.image
    add("pnm-cut-width.pgm", b"P5", "PGM that is its first two letters alone")
    add("pnm-cut-size.pgm", b"P5\n16", "PGM that ends within its header")
    add("pnm-cut-greatest.pgm", b"P5\n16 16\n", "PGM that ends before its greatest value")
    add("pnm-cut-pixels.pgm", b"P5\n16 16\n255\n" + data[:200], "PGM that ends within its pixels")
    add("pnm-16-bits-short.pgm", b"P5\n16 16\n65535\n" + data, "PGM of 16 bits with half of its pixels")
    add("pnm-letters.ppm", b"P3\n16 16\n255\nred green blue\n" + b"1 " * 768, "PPM with words where numbers should be")
    add("pnm-negative.pgm", b"P2\n-16 16\n255\n" + b"1 " * 256, "PGM of negative width")
    add("pnm-greatest-0.pgm", b"P5\n16 16\n0\n" + data, "PGM whose greatest value is 0")
    add("pnm-greatest-70000.pgm", b"P5\n16 16\n70000\n" + data * 2, "PGM whose greatest value is more than 16 bits hold")
    add("pnm-value-above.pgm", b"P2\n16 16\n9\n" + b"99 " * 256, "PGM with a value above its greatest")
    add("pnm-text-short.pgm", b"P2\n16 16\n255\n" + b"1 " * 200 + b" " * 60, "PGM as text with too few values")
    add("pnm-bits-short.pbm", b"P1\n16 16\n" + b"10" * 100, "PBM as text with too few bits")
    add("pnm-bits-packed-short.pbm", b"P4\n16 16\n" + bytes(20), "PBM with too few rows")
    add("pnm-zero.pgm", b"P5\n0 16\n255\n", "PGM of no width")
    add("pnm-bomb-size.pgm", b"P5\n60000 60000\n255\n" + data, "PGM that says it has 3.6 milliards of pixels")
    add("pnm-bomb-below-limit.ppm", b"P6\n9999 9999\n255\n" + data, "PPM of 256 bytes that says it has 100 million pixels")
    add("pnm-digits.pgm", b"P5\n" + b"9" * 4000, "PGM whose width has 4,000 digits")
    add("pnm-comment-endless.pgm", b"P5\n#" + b"x" * 4000, "PGM that is all comment")


def make_others(corpus) -> None:
    add = corpus.image
    add("empty.png", b"", "Empty file")
    add("one-byte.png", b"\x89", "File of one byte")
    add("zeros.png", bytes(400), "Zeros called PNG")
    add("text.jpg", b"This is not the picture you are looking for.\n", "Text called JPEG")
    add("page.jpg", b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "Error page of a web server called JPEG")
    add("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>', "SVG drawing")
    add("entities.svg", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg>&b;</svg>', "SVG with entities within entities")
    add("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "HEIC photograph of which only the beginning is whole")
    add("web.avif", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(100), "AVIF image of which only the beginning is whole")
    add("film.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + bytes(100), "Video")
    add("layers.psd", b"8BPS\0\1" + bytes(100), "Photoshop document")
    add("letter.pdf", b"%PDF-1.7\n" + bytes(100), "PDF document")
    add("pixel.ico", encoded("ICO", Image.fromarray(pixels())), "Icon")
    add("old.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "JPEG 2000 image")
    add("new.jxl", b"\xff\x0a" + bytes(100), "JPEG XL image")
    add("float.pfm", b"PF\n4 4\n-1.0\n" + bytes(192), "PFM image")
    add("script.png", b"#!/bin/sh\nrm -rf /\n", "Program called PNG")
    add("archive.png", b"PK\x03\x04" + bytes(60), "Zip archive called PNG")
    add("tiny.png", png(side=7), "Image of 7 × 7 pixels")
    add("line.png", encoded("PNG", Image.fromarray(np.zeros((1, 4000), np.uint8))), "Image of 4000 × 1 pixels")
