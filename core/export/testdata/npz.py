"""Makes npz.json: what NumPy has in the files of an npz, to hold writeZip and the npy headers against. Needs NumPy.

With a path as argument it checks an exported npz instead: `npz.py FILE.npz` prints the arrays it holds.
"""

import base64
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np


def saved(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()


if len(sys.argv) > 1:
    assert zipfile.ZipFile(sys.argv[1]).testzip() is None
    for name, array in np.load(sys.argv[1], allow_pickle=False).items():
        print(name, array.dtype, array.shape, array.reshape(-1)[:8].tolist())
    sys.exit()

pixels = ((np.arange(3 * 8 * 8 * 3) * 37) % 256).astype(np.uint8).reshape(3, 8, 8, 3)
content = {
    "madeBy": f"NumPy {np.__version__}",
    "images": saved(pixels),
    "labels": saved(np.array([1, 0, 1], np.uint8)),
    "wide_labels": saved(np.array([1, 300, 65535], "<u2")),
    "class_names": saved(np.array(["cat", "Größe 🐈"])),
    "held_out": saved(np.array([False, True, False])),
}
Path(__file__).with_name("npz.json").write_text(json.dumps(content, indent=1) + "\n")
