"""Makes the image files beside it and `expected.json`: the pixels that Pillow gives for each.

Run: python make_fixtures.py  (NumPy 2.4, Pillow 13.0, tifffile 2026.3, pillow-heif 1.8); with names of its functions (`make_avif`) only those are run.

Forms that Pillow cannot write (interlaced PNG, PNG of 2, 4 and 16 bits, BMP of 16 bits and run lengths, PNM as text)
are written by hand here and read back by Pillow.
"""

import base64
import itertools
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent
HEIGHT, WIDTH = 13, 19
rng = np.random.default_rng(5)
expected = {}


def picture(height=HEIGHT, width=WIDTH, channels=3):
    """Smooth, with every channel of its own, so that JPEG stays close."""
    y, x = np.mgrid[:height, :width]
    a = np.stack(
        [x * 255 / (width - 1), y * 255 / (height - 1), (x + y) * 255 / (width + height - 2), 255 - x * 200 / width],
        axis=-1,
    )
    return np.round(a[..., :channels]).astype(np.uint8)


def reference(path):
    """The pixels by Pillow: uint8, height × width × (1, 3 or 4)."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I"):
        return (np.asarray(image).astype(np.int64) >> 8).astype(np.uint8)[..., None]
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return np.asarray(image.convert("RGBA"))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    return np.asarray(image.convert("RGB"))


def keep(name, pixels=None, tolerance=None):
    """tolerance: mean difference allowed where another decoder rounds otherwise."""
    pixels = (reference(HERE / name) if pixels is None else pixels).astype(np.uint8)
    height, width, channels = pixels.shape
    expected[name] = {
        "height": height,
        "width": width,
        "channels": channels,
        **({} if tolerance is None else {"tolerance": tolerance}),
        "deflated": base64.b64encode(zlib.compress(pixels.tobytes(), 9)).decode(),
    }


# --- PNG -------------------------------------------------------------------------------------------------------------
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filtered(rows, distance, filters):
    out, above = b"", bytes(len(rows[0]))
    for row, kind in zip(rows, filters):
        line = bytearray()
        for i, value in enumerate(row):
            a = row[i - distance] if i >= distance else 0
            c = above[i - distance] if i >= distance else 0
            b = above[i]
            line.append((value - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) & 255)
        out += bytes([kind]) + bytes(line)
        above = row
    return out


def png(samples, depth, colour_type, interlaced=False, palette=None, transparency=None, more=b"", idat=1):
    """samples: height × width × samples of the colour type, integers of `depth` bits."""
    height, width, count = samples.shape
    filters = itertools.cycle([0, 1, 2, 3, 4])
    raw = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if part.size == 0:
            continue
        rows = []
        for row in part.reshape(part.shape[0], -1):
            if depth == 16:
                rows.append(row.astype(">u2").tobytes())
            else:
                bits = "".join(format(int(v), f"0{depth}b") for v in row)
                bits += "0" * (-len(bits) % 8)
                rows.append(bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)))
        raw += filtered(rows, max(1, depth * count // 8), filters)
    data = b"\x89PNG\r\n\x1a\n"
    data += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced)))
    data += more
    if palette is not None:
        data += chunk(b"PLTE", palette)
    if transparency is not None:
        data += chunk(b"tRNS", transparency)
    compressed = zlib.compress(raw)
    size = -(-len(compressed) // idat)
    for i in range(0, len(compressed), size):
        data += chunk(b"IDAT", compressed[i : i + size])
    return data + chunk(b"IEND", b"")


def make_png():
    for colour_type, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
        for depth, interlaced, clear in itertools.product(depths, [False, True], [False, True]):
            if clear and colour_type >= 4:
                continue
            most = min(2**depth, 200 if colour_type == 3 else 2**16) - 1
            samples = rng.integers(0, most + 1, (HEIGHT, WIDTH, SAMPLES[colour_type]))
            samples[3:9] = samples[3, 3]
            palette = transparency = None
            if colour_type == 3:
                palette = rng.integers(0, 256, (most + 1, 3), dtype=np.uint8).tobytes()
                if clear:
                    transparency = rng.integers(0, 256, most // 2 + 1, dtype=np.uint8).tobytes()
            elif clear:
                transparency = samples[3, 3].astype(">u2").tobytes()
            name = f"png-{['grey', '', 'rgb', 'palette', 'grey-alpha', '', 'rgba'][colour_type]}-{depth}"
            name += ("-interlaced" if interlaced else "") + ("-trns" if clear else "") + ".png"
            (HERE / name).write_bytes(png(samples, depth, colour_type, interlaced, palette, transparency))
            if depth == 16 and colour_type in (0, 4) or depth == 16 and clear:
                # Pillow cuts 16-bit grey off at 255 and compares only upper bytes with the transparent colour.
                top = (samples >> 8).astype(np.uint8)
                if colour_type == 4:
                    keep(name, pixels=top[..., [0, 0, 0, 1]])
                elif clear:
                    alpha = np.where((samples == samples[3, 3]).all(-1, keepdims=True), 0, 255)
                    rgb = np.repeat(top, 3, -1) if colour_type == 0 else top
                    keep(name, pixels=np.concatenate([rgb, alpha], -1).astype(np.uint8))
                else:
                    keep(name)
            elif clear and colour_type == 0:
                # Pillow scales the pixels, but not the transparent value.
                rgb = np.repeat(samples * 255 // most, 3, -1)
                alpha = np.where(samples == samples[3, 3], 0, 255)
                keep(name, pixels=np.concatenate([rgb, alpha], -1).astype(np.uint8))
            else:
                keep(name)
    grey = np.arange(256, dtype=np.uint8)[::-1].repeat(3).tobytes()
    samples = rng.integers(0, 256, (HEIGHT, WIDTH, 1))
    (HERE / "png-palette-grey.png").write_bytes(png(samples, 8, 3, palette=grey))
    keep("png-palette-grey.png", pixels=reference(HERE / "png-palette-grey.png")[..., :1])
    (HERE / "png-one-pixel-interlaced.png").write_bytes(png(np.full((1, 1, 3), 77), 8, 2, True))
    keep("png-one-pixel-interlaced.png")
    gamma = chunk(b"gAMA", struct.pack(">I", 20000))
    (HERE / "png-gamma-many-idat.png").write_bytes(png(picture().astype(int), 8, 2, more=gamma, idat=9))
    keep("png-gamma-many-idat.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture()).save(HERE / "png-orientation-6.png", exif=exif)
    keep("png-orientation-6.png")
    # More than 64 MiB of pixels, in a small file: decoded another way than small ones.
    large = np.zeros((4100, 5500, 3), np.uint8)
    large[..., 1] = (np.arange(5500) // 100)[None]
    large[:, 2000:2100, 2] = 200
    Image.fromarray(large).save(HERE / "png-large.png", compress_level=9)


# --- JPEG, WebP, GIF --------------------------------------------------------------------------------------------------
def make_jpeg():
    rgb = Image.fromarray(picture())
    noise = Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
    rgb.convert("L").save(HERE / "jpeg-grey.jpg", quality=92)
    for name, subsampling in {"444": 0, "422": 1, "420": 2}.items():
        noise.save(HERE / f"jpeg-{name}.jpg", quality=90, subsampling=subsampling)
    noise.save(HERE / "jpeg-progressive.jpg", quality=90, progressive=True)
    noise.save(HERE / "jpeg-restarts.jpg", quality=90, restart_marker_blocks=2)
    noise.save(HERE / "jpeg-rgb.jpg", quality=90, keep_rgb=True)
    rgb.convert("CMYK").save(HERE / "jpeg-cmyk.jpg", quality=95)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        rgb.save(HERE / f"jpeg-orientation-{orientation}.jpg", quality=92, exif=exif)
    # Larger than what is decoded by WebAssembly.
    Image.fromarray(picture(400, 380)).save(HERE / "jpeg-large-420.jpg", quality=85, subsampling=2)
    Image.fromarray(picture(400, 380)).convert("L").save(HERE / "jpeg-large-grey.jpg", quality=85)
    exif = Image.Exif()
    exif[0x0112] = 8
    Image.fromarray(picture(400, 380)).save(HERE / "jpeg-large-orientation-8.jpg", quality=85, exif=exif)
    for path in sorted(HERE.glob("jpeg-*.jpg")):
        keep(path.name)


def make_webp():
    rgba = Image.fromarray(picture(channels=4))
    rgb = Image.fromarray(picture())
    rgb.save(HERE / "webp-lossless.webp", lossless=True)
    rgba.save(HERE / "webp-lossless-alpha.webp", lossless=True, exact=True)
    rgb.save(HERE / "webp-lossy.webp", quality=90)
    rgba.save(HERE / "webp-lossy-alpha.webp", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 5
    rgb.save(HERE / "webp-orientation-5.webp", lossless=True, exif=exif)
    rgb.save(HERE / "webp-animated.webp", save_all=True, append_images=[rgb.rotate(180)], lossless=True)
    for path in sorted(HERE.glob("webp-*.webp")):
        keep(path.name)


def make_gif():
    rgb = Image.fromarray(picture())
    rgb.quantize(64).save(HERE / "gif-palette.gif")
    rgb.quantize(16).save(HERE / "gif-interlaced.gif", interlace=1)
    rgb.quantize(8).save(HERE / "gif-transparent.gif", transparency=3)
    rgb.convert("L").save(HERE / "gif-grey.gif")
    rgb.save(HERE / "gif-animated.gif", save_all=True, append_images=[rgb.rotate(180)], duration=50)
    for path in sorted(HERE.glob("gif-*.gif")):
        image = Image.open(path)
        keep(path.name, pixels=np.asarray(image.convert("RGBA" if "transparency" in image.info else "RGB")))


# --- BMP, TIFF, PNM ---------------------------------------------------------------------------------------------------
def bmp(width, height, bits, compression, pixels, palette=b"", masks=b"", header=40):
    offset = 14 + header + len(masks) + len(palette)
    out = b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset)
    if header == 12:
        out += struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        out += struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 2835, 2835, 0, 0)
    return out + masks + palette + pixels


def rows_of(array, row_bytes):
    return b"".join(row.tobytes().ljust(row_bytes, b"\0") for row in array)


def rle8(indices):
    out = b""
    for row in indices[::-1]:
        for value, run in itertools.groupby(row.tolist()):
            out += bytes([len(list(run)), value])
        out += b"\0\0"
    return out + b"\0\1"


def make_bmp():
    rgb = Image.fromarray(picture())
    rgb.convert("1").save(HERE / "bmp-1.bmp")
    rgb.convert("L").save(HERE / "bmp-grey.bmp")
    rgb.quantize(50).save(HERE / "bmp-palette.bmp")
    rgb.save(HERE / "bmp-24.bmp")
    Image.fromarray(picture(channels=4)).save(HERE / "bmp-32.bmp")
    five = rng.integers(0, 2**15, (HEIGHT, WIDTH), dtype=np.uint16)
    (HERE / "bmp-555.bmp").write_bytes(bmp(WIDTH, HEIGHT, 16, 0, rows_of(five, 40)))
    six = rng.integers(0, 2**16, (HEIGHT, WIDTH), dtype=np.uint16)
    masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    (HERE / "bmp-565.bmp").write_bytes(bmp(WIDTH, HEIGHT, 16, 3, rows_of(six, 40), masks=masks))
    (HERE / "bmp-565-top-down.bmp").write_bytes(bmp(WIDTH, -HEIGHT, 16, 3, rows_of(six, 40), masks=masks))
    four = rng.integers(0, 2**32, (HEIGHT, WIDTH), dtype=np.uint32)
    (HERE / "bmp-32-no-alpha.bmp").write_bytes(bmp(WIDTH, HEIGHT, 32, 0, rows_of(four, WIDTH * 4)))
    colours = rng.integers(0, 256, (16, 4), dtype=np.uint8).tobytes()
    nibbles = rng.integers(0, 256, (HEIGHT, 10), dtype=np.uint8)
    (HERE / "bmp-4.bmp").write_bytes(bmp(WIDTH, HEIGHT, 4, 0, rows_of(nibbles, 12), palette=colours))
    colours256 = rng.integers(0, 256, (256, 4), dtype=np.uint8)
    indices = (np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) // 5 % 256).astype(np.uint8)
    (HERE / "bmp-rle8.bmp").write_bytes(bmp(WIDTH, HEIGHT, 8, 1, rle8(indices), palette=colours256.tobytes()))
    # A run, pixels told one by one (an odd number, so filled up), end of row, a jump, a run, a jump, a run, the end.
    runs = bytes([4, 7, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0, 2, 3, 2, 6, 9, 0, 2, 0, 9, 10, 5, 0, 1])
    (HERE / "bmp-rle8-jump.bmp").write_bytes(bmp(WIDTH, HEIGHT, 8, 1, runs, palette=colours256.tobytes()))
    runs = bytes([5, 0x12, 0, 5, 0x34, 0x56, 0x70, 0, 0, 0, 3, 0xAB, 0, 2, 1, 2, 4, 0xCD, 0, 2, 0, 9, 11, 0xEF, 0, 1])
    (HERE / "bmp-rle4.bmp").write_bytes(bmp(WIDTH, HEIGHT, 4, 2, runs, palette=colours))
    core = b"".join(bytes(c[:3]) for c in colours256.tolist())
    old = bmp(WIDTH, HEIGHT, 8, 0, rows_of(indices[::-1], 20), palette=core, header=12)
    (HERE / "bmp-os2.bmp").write_bytes(old)
    for path in sorted(HERE.glob("bmp-*.bmp")):
        keep(path.name)


def tiff16(samples, order):
    """An uncompressed TIFF of 16-bit samples, height × width × 3."""
    height, width, count = samples.shape
    data = samples.astype(f"{order}u2").tobytes()
    bits_at = 8
    data_at = bits_at + 2 * count
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, count, bits_at),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, data_at),
        (277, 3, 1, count),
        (278, 4, 1, height),
        (279, 4, 1, len(data)),
    ]
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", data_at + len(data))
    out += struct.pack(f"{order}{count}H", *[16] * count) + data + struct.pack(order + "H", len(entries))
    for tag, kind, n, value in entries:
        out += struct.pack(order + "HHI", tag, kind, n)
        out += struct.pack(order + "HH", value, 0) if kind == 3 and n == 1 else struct.pack(order + "I", value)
    return out + b"\0\0\0\0"


def make_tiff():
    rgb = Image.fromarray(picture())
    rgba = Image.fromarray(picture(channels=4))
    rgb.convert("1").save(HERE / "tiff-1.tif")
    rgb.convert("1").save(HERE / "tiff-group4.tif", compression="group4")
    rgb.convert("L").save(HERE / "tiff-grey.tif")
    rgb.convert("LA").save(HERE / "tiff-grey-alpha.tif")
    rgb.quantize(50).save(HERE / "tiff-palette.tif")
    rgb.save(HERE / "tiff-rgb.tif")
    rgb.save(HERE / "tiff-rgb-big.tif", big_tiff=True)
    rgba.save(HERE / "tiff-rgba-lzw.tif", compression="tiff_lzw")
    rgb.save(HERE / "tiff-deflate.tif", compression="tiff_adobe_deflate")
    rgb.save(HERE / "tiff-packbits.tif", compression="packbits")
    rgb.convert("CMYK").save(HERE / "tiff-cmyk.tif")
    sixteen = rng.integers(0, 2**16, (HEIGHT, WIDTH), dtype=np.uint16)
    Image.fromarray(sixteen).save(HERE / "tiff-grey-16.tif")
    rgb.save(HERE / "tiff-pages.tif", save_all=True, append_images=[rgb.rotate(180)])
    exif = Image.Exif()
    exif[0x0112] = 7
    rgb.save(HERE / "tiff-orientation-7.tif", exif=exif)
    rgb.save(HERE / "tiff-jpeg.tif", compression="jpeg", quality=92)
    for path in sorted(HERE.glob("tiff-*.tif")):
        keep(path.name)
    for name, order in {"tiff-rgb-16.tif": "<", "tiff-rgb-16-big-endian.tif": ">"}.items():
        (HERE / name).write_bytes(tiff16(rng.integers(0, 2**16, (HEIGHT, WIDTH, 3)), order))
        keep(name)


def make_pnm():
    rgb = Image.fromarray(picture())
    rgb.save(HERE / "pnm-p6.ppm")
    rgb.convert("L").save(HERE / "pnm-p5.pgm")
    rgb.convert("1").save(HERE / "pnm-p4.pbm")
    sixteen = rng.integers(0, 2**16, (HEIGHT, WIDTH), dtype=np.uint16)
    Image.fromarray(sixteen).save(HERE / "pnm-p5-16.pgm")
    values = rng.integers(0, 101, (HEIGHT, WIDTH, 3))
    text = "\n".join(" ".join(map(str, row.ravel())) for row in values)
    (HERE / "pnm-p3-100.ppm").write_text(f"P3\n# a remark\n{WIDTH} {HEIGHT} # another\n100\n{text}\n")
    grey = values[..., 0]
    text = "\n".join(" ".join(map(str, row)) for row in grey)
    (HERE / "pnm-p2-100.pgm").write_text(f"P2\n{WIDTH} {HEIGHT}\n100\n{text}\n")
    (HERE / "pnm-p5-100.pgm").write_bytes(f"P5 {WIDTH} {HEIGHT} 100\n".encode() + grey.astype(np.uint8).tobytes())
    bits = rng.integers(0, 2, (HEIGHT, WIDTH))
    text = "\n".join("".join(map(str, row)) for row in bits)
    (HERE / "pnm-p1.pbm").write_text(f"P1\n{WIDTH} {HEIGHT}\n{text}\n")
    for path in sorted(HERE.glob("pnm-*.p?m")):
        keep(path.name)


# --- Frames and canvases, orientation by XMP, AVIF --------------------------------------------------------------------
def lzw(indices):
    """GIF's compression without compressing: a clear code before the codes get longer."""
    bits, count = 0, 0
    for start in range(0, len(indices), 250):
        for code in [256, *indices[start : start + 250]]:
            bits |= code << count
            count += 9
    bits |= 257 << count
    data = bits.to_bytes(-(-(count + 9) // 8), "little")
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return b"\x08" + blocks + b"\0"


def gif(canvas, frame, own=None, shared=None, background=0, clear=None, interlaced=False):
    """frame: left, top, indices; own, shared: palettes of 256 colours."""
    left, top, indices = frame
    height, width = indices.shape
    out = b"GIF89a" + struct.pack("<HHBBB", *canvas, 0 if shared is None else 0xF7, background, 0)
    out += b"" if shared is None else shared
    if clear is not None:
        out += bytes([0x21, 0xF9, 4, 1, 0, 0, clear, 0])
    rows = [y for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, height, step)]
    data = indices[rows] if interlaced else indices
    flags = (0 if own is None else 0x87) | (0x40 if interlaced else 0)
    out += b"," + struct.pack("<HHHHB", left, top, width, height, flags) + (b"" if own is None else own)
    return out + lzw(data.ravel().tolist()) + b";"


def make_gif_canvas():
    frame = np.arange(70).reshape(7, 10).astype(np.uint8) + 40
    colours = [np.random.default_rng(i).integers(0, 256, 768, dtype=np.uint8).tobytes() for i in range(2)]
    canvas = WIDTH, HEIGHT
    for name, data in {
        "small": gif(canvas, (4, 3, frame), shared=colours[0]),
        "background": gif(canvas, (4, 3, frame), shared=colours[0], background=9),
        "clear": gif(canvas, (4, 3, frame), shared=colours[0], background=9, clear=50),
        "own-palette": gif(canvas, (0, 0, frame), own=colours[1], shared=colours[0]),
        "only-own-palette": gif(canvas, (9, 6, frame), own=colours[1]),
        "no-palette": gif(canvas, (4, 3, frame)),
        "beyond": gif(canvas, (12, 10, frame), shared=colours[0]),
        "interlaced": gif(canvas, (4, 3, frame), shared=colours[0], interlaced=True),
    }.items():
        (HERE / f"gif-canvas-{name}.gif").write_bytes(data)
        keep(f"gif-canvas-{name}.gif")


def xmp_of(orientation, element=False):
    told = f"><tiff:Orientation>{orientation}</tiff:Orientation></rdf:Description>"
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
        + (told if element else f' tiff:Orientation="{orientation}"/>')
        + "</rdf:RDF></x:xmpmeta>"
    ).encode()


def make_xmp():
    rgb = Image.fromarray(picture())
    exif = Image.Exif()
    exif[0x0112] = 1
    rgb.save(HERE / "jpeg-xmp-6.jpg", xmp=xmp_of(6))
    rgb.save(HERE / "jpeg-xmp-element.jpg", xmp=xmp_of(5, element=True))
    rgb.save(HERE / "jpeg-xmp-and-exif.jpg", xmp=xmp_of(6), exif=exif)
    Image.fromarray(picture(400, 500)).save(HERE / "jpeg-xmp-large.jpg", xmp=xmp_of(8), quality=50)
    rgb.save(HERE / "webp-xmp-3.webp", xmp=xmp_of(3), lossless=True)
    rgb.save(HERE / "tiff-xmp-7.tif", tiffinfo={700: xmp_of(7)})
    for name, packed in {"png-xmp-8.png": False, "png-xmp-packed.png": True}.items():
        data = zlib.compress(xmp_of(8)) if packed else xmp_of(8)
        text = b"XML:com.adobe.xmp\0" + bytes([packed, 0]) + b"\0\0" + data
        (HERE / name).write_bytes(png(picture(), 8, 2, more=chunk(b"iTXt", text)))
    for path in sorted(HERE.glob("*-xmp-*")):
        keep(path.name)


def make_avif():
    rgb = picture(40, 56)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(rgb[..., 0]).save(HERE / "avif-grey.avif")
    Image.fromarray(rgb).save(HERE / "avif-rgb.avif")
    Image.fromarray(picture(33, 41, 4)).save(HERE / "avif-alpha.avif", subsampling="4:4:4")
    Image.fromarray(rgb).save(HERE / "avif-orientation-6.avif", subsampling="4:4:4", exif=exif)
    for path in sorted(HERE.glob("avif-*.avif")):
        # Colours of half the resolution are spread otherwise, and 4:4:4 is rounded otherwise.
        keep(path.name, tolerance=1.5)


def spread_out(ycbcr, across, down):
    """Units of TIFF's YCbCr: brightnesses of across × down pixels, then the two colour differences of the first."""
    height, width = ycbcr.shape[:2]
    padded = np.pad(ycbcr, ((0, -height % down), (0, -width % across), (0, 0)), mode="edge")
    units = padded.reshape(padded.shape[0] // down, down, padded.shape[1] // across, across, 3).transpose(0, 2, 1, 3, 4)
    bright = units[..., 0].reshape(*units.shape[:2], -1)
    data = np.concatenate([bright, units[:, :, 0, 0, 1:]], -1).astype(np.uint8)
    padded[..., 1:] = padded[::down, ::across, 1:].repeat(down, 0).repeat(across, 1)
    return data.tobytes(), padded[:height, :width]


def make_tiff_kinds():
    import tifffile

    rgb = Image.fromarray(picture())
    for compression in (None, "tiff_adobe_deflate", "tiff_lzw", "packbits"):
        kind = (compression or "raw").removeprefix("tiff_")
        rgb.convert("YCbCr").save(HERE / f"tiff-ycbcr-{kind}.tif", compression=compression)
        # libtiff turns what is compressed into RGB in numbers of its own.
        keep(f"tiff-ycbcr-{kind}.tif", tolerance=None if compression is None else 1)
        lab = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        Image.fromarray(lab, "LAB").save(HERE / f"tiff-lab-{kind}.tif", compression=compression)
        keep(f"tiff-lab-{kind}.tif", tolerance=2)
    full = np.asarray(rgb.convert("YCbCr"))
    for across, down in ((2, 2), (2, 1), (4, 2)):
        data, pixels = spread_out(full, across, down)
        name = f"tiff-ycbcr-{across}{down}.tif"
        tags = [(256, 4, 1, WIDTH), (257, 4, 1, HEIGHT), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 6), (273, 4, 1, 14)]
        tags += [(277, 3, 1, 3), (278, 4, 1, HEIGHT), (279, 4, 1, len(data)), (530, 3, 2, across | down << 16)]
        out = b"II*\0" + struct.pack("<IHHH", 14 + len(data), 8, 8, 8) + data + struct.pack("<H", len(tags))
        (HERE / name).write_bytes(out + b"".join(struct.pack("<HHII", *tag) for tag in tags) + b"\0\0\0\0")
        keep(name, np.asarray(Image.fromarray(pixels, "YCbCr").convert("RGB")))
    rgb.convert("LA").save(HERE / "tiff-grey-alpha-deflate.tif", compression="tiff_adobe_deflate")
    keep("tiff-grey-alpha-deflate.tif")
    rgb.quantize(50).save(HERE / "tiff-palette-lzw.tif", compression="tiff_lzw")
    keep("tiff-palette-lzw.tif")
    noise = np.random.default_rng(4).integers(0, 256, (40, 50, 5), dtype=np.uint8)
    wide = np.random.default_rng(4).integers(0, 2**16, (40, 50, 3), dtype=np.uint16)

    def write(name, array, pixels, **options):
        tifffile.imwrite(HERE / f"tiff-{name}.tif", array, metadata=None, **options)
        keep(f"tiff-{name}.tif", pixels)

    colour, grey = noise[..., :3], noise[..., :1]
    write("zstd", colour, colour, compression="zstd", photometric="rgb")
    write("zstd-strips", colour, colour, compression="zstd", predictor=2, rowsperstrip=7, photometric="rgb")
    write("zstd-grey-16", wide[..., 0], wide[..., :1] >> 8, compression="zstd", predictor=2)
    write("zstd-cmyk", noise[..., :4], np.asarray(Image.fromarray(noise[..., :4], "CMYK").convert("RGB")), compression="zstd", photometric="separated")
    write("tiled", colour, colour, tile=(16, 32), compression="deflate", photometric="rgb")
    write("tiled-raw-16", wide, wide >> 8, tile=(16, 16), photometric="rgb", byteorder=">")
    write("planes", colour.transpose(2, 0, 1), colour, photometric="rgb", planarconfig="separate", compression="lzw", rowsperstrip=9)
    write("lzw-predictor-16", wide, wide >> 8, photometric="rgb", compression="lzw", predictor=2)
    write("white-is-zero", noise[..., 0], 255 - grey, photometric="miniswhite")
    write("white-is-zero-16", wide[..., 0], (65535 - wide[..., :1]) >> 8, photometric="miniswhite")
    write("rgb-and-two", noise, colour, photometric="rgb", extrasamples=[0, 0])
    write("rgb-and-alpha-and-one", noise, noise[..., :4], photometric="rgb", extrasamples=[2, 0])
    small = np.minimum(noise[..., :4], noise[..., 3:4])
    write("multiplied-alpha", small, np.asarray(Image.frombytes("RGBA", (50, 40), small.tobytes(), "raw", "RGBa")), photometric="rgb", extrasamples=[1])
    # Fewer bits than the file has room for.
    twelve = wide >> 4
    write("grey-12", twelve[..., 0], twelve[..., :1] >> 4)
    write("rgb-12", twelve, twelve >> 4, photometric="rgb", compression="deflate")
    write("grey-8-in-16", noise[..., 0].astype(np.uint16), grey)
    for name, samples, kind in (
        ("grey-12", twelve[:13, :19, :1], 0),
        ("rgb-12", twelve[:13, :19], 2),
        ("grey-8-in-16", noise[:13, :19, :1], 0),
        ("rgba-12", np.dstack([twelve[:13, :19], wide[:13, :19, :1]]), 6),
        ("grey-alpha-12", np.dstack([twelve[:13, :19, :1], twelve[:13, :19, :1]]), 4),
    ):
        (HERE / f"png-{name}.png").write_bytes(png(samples.astype(int), 16, kind))
        shifts = {"rgba-12": [4, 4, 4, 8], "grey-8-in-16": [0]}.get(name, [4] * samples.shape[2])
        pixels = np.dstack([samples[..., i].astype(int) >> shift for i, shift in enumerate(shifts)]).astype(np.uint8)
        keep(f"png-{name}.png", pixels if kind != 4 else pixels[..., [0, 0, 0, 1]])


def make_heic():
    import pillow_heif

    pillow_heif.register_heif_opener()
    rgb = picture(40, 56)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(rgb[..., 0]).save(HERE / "heic-grey.heic")
    Image.fromarray(rgb).save(HERE / "heic-rgb.heic")
    Image.fromarray(picture(33, 41, 4)).save(HERE / "heic-alpha.heic")
    Image.fromarray(rgb).save(HERE / "heic-orientation-6.heic", exif=exif)
    for path in sorted(HERE.glob("heic-*.heic")):
        # Another build of the same library.
        keep(path.name, tolerance=0.3)


def make_stack():
    """Pages with a thumbnail and a mask among them, not in expected.json: page i has i · 20 + 3 x + y."""
    import tifffile

    y, x = np.mgrid[:12, :16]
    with tifffile.TiffWriter(HERE / "stack.tif") as tiff:
        for i in range(7):
            page = (i * 20 + 3 * x + y).astype(np.uint8)
            tiff.write(page, metadata=None, compression=["zstd", None, "deflate"][i % 3])
            if i == 2:
                tiff.write(page[::2, ::2], metadata=None, subfiletype=1)
                tiff.write(page > 50, metadata=None, subfiletype=4)


named = sys.argv[1:]
if named:
    expected.update(json.loads((HERE / "expected.json").read_text()))
    for name in named:
        globals()[name]()
else:
    for make in (make_png, make_jpeg, make_webp, make_gif, make_bmp, make_tiff, make_pnm):
        make()
    for make in (make_gif_canvas, make_xmp, make_avif, make_tiff_kinds, make_heic, make_stack):
        make()
lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(expected[name])}" for name in sorted(expected))
(HERE / "expected.json").write_text("{\n" + lines + "\n}\n")
print(len(expected), "images")
