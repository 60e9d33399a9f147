"""Makes `value-ranges/`: arrays whose first images do not show what the numbers of all mean, and `expected.json`, the
8-bit pixels by NumPy.

Run: python make_value_ranges.py  (NumPy 2.4)
"""

import base64
import gzip
import json
import struct
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "value-ranges"
N, SIDE, DARK = 150, 8, 140
rng = np.random.default_rng(12)
expected = {}


def keep(name, pixels, words):
    pixels = np.ascontiguousarray(pixels.astype(np.uint8))
    expected[name] = {"words": words, "deflated": base64.b64encode(zlib.compress(pixels.tobytes(), 9)).decode()}


def fading(low, high, dark, dtype):
    """Numbers from low to high, those of the first images below `dark`."""
    values = rng.integers(low, high + 1, (N, SIDE, SIDE)).astype(np.float64)
    values[:DARK] = rng.integers(max(low, 0), dark + 1, (DARK, SIDE, SIDE))
    values[-1, 0, :2] = low, high
    return values.astype(dtype)


def make():
    images = fading(0, 255, 1, np.uint8)
    np.savez_compressed(HERE / "fade-in.npz", x=images)
    keep("fade-in.npz", images, None)
    (HERE / "fade-in-idx3-ubyte.gz").write_bytes(
        gzip.compress(struct.pack(">HBB3I", 0, 8, 3, *images.shape) + images.tobytes(), mtime=0)
    )
    keep("fade-in-idx3-ubyte.gz", images, None)
    np.savez_compressed(HERE / "fade-in-float.npz", x=(images / 1).astype(np.float32))
    keep("fade-in-float.npz", images, "float32 values from 0 to 255")
    np.savez_compressed(HERE / "fade-in-fortran.npz", x=np.asfortranarray(images))
    keep("fade-in-fortran.npz", images, None)
    np.savez_compressed(HERE / "zero-one.npz", x=images % 2)
    keep("zero-one.npz", images % 2 * 255, "uint8 values from 0 to 1")
    # A part of a data set that is nearly black by itself.
    np.savez_compressed(HERE / "dark-test.npz", x_train=images[130:], x_test=images[:130])
    keep("dark-test.npz", np.concatenate([images[130:], images[:130]]), None)
    signed = np.where(np.arange(N)[:, None, None] < DARK, images // 255 * 255, images) / 127.5 - 1
    signed[:DARK] = np.abs(signed[:DARK])
    signed = signed.astype(np.float32)
    np.savez_compressed(HERE / "signed-late.npz", x=signed)
    keep("signed-late.npz", np.rint((signed.astype(np.float64) + 1) * 127.5), "float32 values from -1 to 1")
    late = fading(-128, 127, 100, np.int8)
    np.savez_compressed(HERE / "int8-late.npz", x=late)
    keep("int8-late.npz", late.astype(np.int16) + 128, "int8 values from -128 to 127")
    for bits in (10, 12, 14, 16):
        wide = fading(0, 2**bits - 1, 255, np.uint16)
        np.savez_compressed(HERE / f"wide-{bits}.npz", x=wide)
        keep(f"wide-{bits}.npz", wide >> (bits - 8), f"uint16 values from 0 to {2**bits - 1}")
    twelve = rng.integers(0, 4096, (6, SIDE, SIDE))
    twelve[0, 0, 0] = 4095
    np.save(HERE / "twelve-bits.npy", twelve)
    keep("twelve-bits.npy", twelve >> 4, "int64 values from 0 to 4095")
    np.save(HERE / "bytes-in-sixteen.npy", images[DARK:].astype(">u2"))
    keep("bytes-in-sixteen.npy", images[DARK:], "uint16 values from 0 to 255")


HERE.mkdir(exist_ok=True)
make()
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
