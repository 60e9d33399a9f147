"""Makes prepare.json: images brought into form by Pillow, to hold prepareImage against. Needs Pillow and numpy.

The inputs are made by a rule that the test repeats: byte i of an image is (i * i * step + i * 7) >> 3 & 255, which has
slow and fast changes.
"""

import base64
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageColor, ImageOps

# width, height, channels, step, size, channels of the result, fit
CASES = [
    (28, 28, 1, 3, 28, 1, "crop"),
    (28, 28, 1, 3, 32, 1, "crop"),
    (28, 28, 1, 5, 32, 3, "crop"),
    (32, 32, 3, 1, 16, 3, "crop"),
    (32, 32, 3, 1, 64, 1, "crop"),
    (45, 31, 3, 11, 24, 3, "crop"),
    (31, 45, 3, 11, 24, 3, "crop"),
    (31, 45, 1, 11, 24, 1, "stretch"),
    (50, 20, 3, 13, 32, 3, "stretch"),
    (45, 31, 3, 11, 24, 3, "pad"),
    (30, 47, 3, 11, 24, 1, "pad"),
    (17, 16, 1, 11, 16, 3, "pad"),
    (40, 40, 4, 9, 32, 3, "crop"),
    (33, 40, 4, 9, 32, 1, "pad"),
    (100, 77, 3, 1, 12, 3, "crop"),
    (211, 160, 3, 1, 8, 3, "stretch"),
    (160, 211, 4, 1, 9, 1, "pad"),
    (300, 9, 1, 1, 8, 1, "stretch"),
    (9, 300, 1, 1, 8, 1, "crop"),
    (178, 218, 3, 1, 64, 3, "celeba"),
    (178, 218, 3, 5, 32, 1, "celeba"),
    (178, 218, 1, 1, 148, 3, "celeba"),
    (178, 218, 4, 3, 160, 3, "celeba"),
]
PAD = "#205080"
BACKGROUND = "#f0c010"
LANCZOS = Image.Resampling.LANCZOS


def made(width, height, channels, step):
    i = np.arange(width * height * channels, dtype=np.int64)
    shape = (height, width) if channels == 1 else (height, width, channels)
    return Image.fromarray((((i * i * step + i * 7) >> 3) & 255).astype(np.uint8).reshape(shape))


def prepare(image, size, channels, fit):
    if image.mode == "RGBA":
        flat = Image.new("RGB", image.size, BACKGROUND)
        flat.paste(image.convert("RGB"), mask=image.getchannel("A"))
        image = flat
    image = image.convert("L" if channels == 1 else "RGB")
    width, height = image.size
    if fit == "celeba":
        # As torchvision does for the reference's CropCelebA64: Image.crop, then Resize(size).
        return image.crop((15, 40, 178 - 15, 218 - 30)).resize((size, size), Image.Resampling.BILINEAR)
    if (width, height) == (size, size):
        return image
    if fit == "stretch":
        return image.resize((size, size), LANCZOS, reducing_gap=3.0)
    if fit == "crop":
        # ImageOps.fit, which cannot be told a reducing gap.
        side = min(width, height)
        left, top = (width - side) * 0.5, (height - side) * 0.5
        box = (left, top, left + side, top + side)
        result = image.resize((size, size), LANCZOS, box=box, reducing_gap=3.0)
        if side / size < 6:
            assert result.tobytes() == ImageOps.fit(image, (size, size), LANCZOS).tobytes()
        return result
    # ImageOps.pad, likewise.
    inner = (size, max(1, round(height / width * size))) if width > height else (max(1, round(width / height * size)), size)
    part = image.resize(inner, LANCZOS, reducing_gap=3.0)
    colour = ImageColor.getrgb(PAD) if channels == 3 else ImageColor.getcolor(PAD, "L")
    result = Image.new(image.mode, (size, size), colour)
    result.paste(part, (round((size - inner[0]) * 0.5), round((size - inner[1]) * 0.5)))
    if max(width, height) / size < 6:
        assert result.tobytes() == ImageOps.pad(image, (size, size), LANCZOS, color=colour).tobytes()
    return result


cases = []
for width, height, channels, step, size, to, fit in CASES:
    result = prepare(made(width, height, channels, step), size, to, fit)
    cases.append(
        {
            **{"width": width, "height": height, "channels": channels, "step": step},
            "target": {"size": size, "channels": to, "fit": fit, "padColour": PAD, "background": BACKGROUND},
            "pixels": base64.b64encode(result.tobytes()).decode(),
        }
    )
content = {"madeBy": f"Pillow {PIL.__version__}", "cases": cases}
Path(__file__).with_name("prepare.json").write_text(json.dumps(content) + "\n")
