"""Makes `labels/`: images with labels in every form they come in, some of them without one.

`labels.json` beside it holds, for each source, the images in their order: the class that Python reads for it and the
number that is painted into all of its pixels.

Run: python make_labels.py  (NumPy 2.4, Pillow 13.0, pyarrow 26.0)
"""

import io
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

HERE = Path(__file__).parent / "labels"
SIDE = 8
expected = {}


def value(number):
    """The grey value of image `number`."""
    return 10 + 3 * number


def png(number):
    target = io.BytesIO()
    Image.new("L", (SIDE, SIDE), value(number)).save(target, "PNG")
    return target.getvalue()


def keep(name, *images):
    """images: (number, class or None) in the order of the source."""
    expected[name] = [{"value": value(number), "class": label} for number, label in images]


def write(name, data):
    target = HERE / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def make_arrays():
    stack = np.stack([np.full((SIDE, SIDE), value(i), np.uint8) for i in range(6)])
    for name, labels in {
        "partly": np.array([2, 0, -1, 1, -1, 2]),
        "nan": np.array([2, 0, math.nan, 1, math.nan, 2], np.float32),
        "texts": np.array(["dog", "cat", "", "cat", "", "dog"]),
    }.items():
        np.savez(HERE / f"{name}.npz", images=stack, labels=labels)
        classes = [None if str(x) in ("-1", "nan", "") else str(x).replace(".0", "") for x in labels]
        keep(f"{name}.npz", *enumerate(classes))


def make_parquet():
    names = ["ant", "bee", "cow", "doe"]
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

    def table(numbers, labels, kind):
        cells = pa.array([{"bytes": png(n), "path": f"{n}.png"} for n in numbers], image)
        columns = {"image": cells}
        if labels is not None:
            columns["label"] = pa.array(labels, kind)
        return pa.table(columns)

    hub = {"info": {"features": {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}}}
    meta = {b"huggingface": json.dumps(hub).encode()}
    (HERE / "hub").mkdir()
    train = table([0, 1, 2, 3], [0, 1, 2, 3], pa.int64()).replace_schema_metadata(meta)
    test = table([4, 5], [-1, None], pa.int64()).replace_schema_metadata(meta)
    pq.write_table(train, HERE / "hub" / "train.parquet")
    pq.write_table(test, HERE / "hub" / "test.parquet")
    keep("hub", *[(i, names[i]) for i in range(4)], (4, None), (5, None))
    # A test set without the column.
    (HERE / "no-column").mkdir()
    pq.write_table(table([0, 1, 2], [7, 5, 7], pa.int64()), HERE / "no-column" / "train.parquet")
    pq.write_table(table([3], None, None), HERE / "no-column" / "test.parquet")
    keep("no-column", (0, "7"), (1, "5"), (2, "7"), (3, None))
    pq.write_table(table([0, 1, 2, 3], [1.0, math.nan, 0.0, None], pa.float64()), HERE / "nan.parquet")
    keep("nan.parquet", (0, "1"), (1, None), (2, "0"), (3, None))
    pq.write_table(table([0, 1, 2], ["cat", "", "dog"], pa.string()), HERE / "texts.parquet")
    keep("texts.parquet", (0, "cat"), (1, None), (2, "dog"))


def make_folders():
    for name, number in {"cat/0": 0, "cat/1": 1, "dog/2": 2, "stray": 3}.items():
        write(f"loose/{name}.png", png(number))
    keep("loose", (0, "cat"), (1, "cat"), (2, "dog"), (3, None))


if __name__ == "__main__":
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    make_arrays()
    make_parquet()
    make_folders()
    (HERE.parent / "labels.json").write_text(json.dumps(expected, ensure_ascii=False, indent=2) + "\n")
