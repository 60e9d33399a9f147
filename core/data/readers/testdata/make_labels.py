"""Makes `labels/`: images with labels in every form they come in, some of them without one.

`labels.json` beside it holds, for each source, the images in their order: the class that Python reads for it and the
number that is painted into all of its pixels.

Run: python make_labels.py  (NumPy 2.4, Pillow 13.0, pyarrow 26.0)
"""

import csv
import io
import json
import math
import shutil
import tarfile
import zipfile
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


def archive(name, files, mode="w"):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode, format=tarfile.USTAR_FORMAT) as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    write(name, target.getvalue())


def make_dataset_json():
    """As dataset_tool.py of StyleGAN and EDM writes it: the parts 00000 and 00001 are no classes."""
    names = [f"{i // 3:05d}/img{i:08d}.png" for i in range(6)]
    files = {name: png(i) for i, name in enumerate(names)}
    labels = [3, 0, 3, 1, 0, 1]
    listed = json.dumps({"labels": [[name, label] for name, label in zip(names, labels)]}).encode()
    for name, data in (files | {"dataset.json": listed}).items():
        write(f"edm/{name}", data)
    keep("edm", *[(i, str(label)) for i, label in enumerate(labels)])

    def pack(name, told, *images):
        with zipfile.ZipFile(HERE / name, "w") as target:
            for path, data in (files | {"dataset.json": json.dumps(told).encode()}).items():
                target.writestr(zipfile.ZipInfo(path), data)
        keep(name, *images)

    pack("edm.zip", {"labels": [[n, x] for n, x in zip(names, labels)]}, *[(i, str(x)) for i, x in enumerate(labels)])
    # One image that is not listed, one that has no label, and a path as Windows writes it.
    some = [[names[0], 3], [names[1], -1], [names[2].replace("/", "\\"), 3], [names[3], 1], [names[4], None]]
    pack("edm-some.zip", {"labels": some}, (0, "3"), (1, None), (2, "3"), (3, "1"), (4, None), (5, None))
    hot = [[n, [int(k == x) for k in range(4)]] for n, x in zip(names, labels)]
    pack("edm-one-hot.zip", {"labels": hot}, *[(i, str(x)) for i, x in enumerate(labels)])
    pack("edm-none.zip", {"labels": None}, *[(i, None) for i in range(6)])
    for name, data in files.items():
        write(f"parts/{name}", data)
    keep("parts", *[(i, None) for i in range(6)])


def make_metadata():
    """Hugging Face's image folder: https://huggingface.co/docs/datasets/image_dataset"""
    names = ["0.png", "1.png", "sub/2, three.png", "3.png"]
    for i, name in enumerate(names):
        write(f"csv/{name}", png(i))
        write(f"jsonl/train/{name}", png(i))
        write(f"captions/{'ab'[i % 2]}/{Path(name).name}", png(i))
    rows = [["file_name", "text", "label"], [names[0], 'say "hi",\nyou', "1.0"], [names[1], "", "0.0"], [names[2], "x", ""]]
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    write("csv/metadata.csv", b"\xef\xbb\xbf" + target.getvalue().encode())
    read = {row["file_name"]: row["label"] for row in csv.DictReader(io.StringIO(target.getvalue()))}
    classes = [str(int(float(read[name]))) if read.get(name) else None for name in names]
    keep("csv", *[(i, classes[i]) for i in (0, 1, 3, 2)])
    lines = [{"file_name": names[0], "label": "dog"}, {"file_name": names[1], "label": None}, {"file_name": names[2], "label": "cat"}]
    write("jsonl/train/metadata.jsonl", "\n".join(map(json.dumps, lines)).encode())
    keep("jsonl", (0, "dog"), (1, None), (3, None), (2, "cat"))
    # Captions are no labels: the folders are the classes.
    write("captions/metadata.csv", b"file_name,text\na/0.png,first\n")
    keep("captions", (0, "a"), (2, "a"), (1, "b"), (3, "b"))


def make_pairs():
    """WebDataset: the files of an example share their name up to the first point."""
    def example(i, **fields):
        return {f"{i:06d}.{ending}": data for ending, data in fields.items()}

    cls = {}
    for i, label in enumerate([7, 11, 7, None]):
        cls |= example(i, png=png(i), **({} if label is None else {"cls": str(label).encode()}))
    archive("cls.tar", cls)
    archive("cls.tar.gz", cls, "w:gz")
    for name in ("cls.tar", "cls.tar.gz"):
        keep(name, (0, "7"), (1, "11"), (2, "7"), (3, None))
    info = {}
    for i, label in enumerate(["dog", "cat", "dog"]):
        info |= example(i, json=json.dumps({"caption": "x" * 500, "size": [8, 8], "label": label}).encode(), png=png(i))
    archive("json.tar", info)
    keep("json.tar", (0, "dog"), (1, "cat"), (2, "dog"))
    # Two shards of one set: every name comes twice, and class 1 in the second only.
    for shard in range(2):
        files = {}
        for i in range(2):
            files |= example(i, cls=str(shard * i).encode(), png=png(2 * shard + i))
        archive(f"shards/set-{shard:06d}.tar", files)
    keep("shards", (0, "0"), (1, "0"), (2, "0"), (3, "1"))
    # Class folders of which each shard holds one.
    archive("folder-shards/a.tar", {"cat/0.png": png(0), "cat/1.png": png(1)})
    archive("folder-shards/b.tar.gz", {"dog/0.png": png(2), "cat/0.png": png(3)}, "w:gz")
    keep("folder-shards", (0, "cat"), (1, "cat"), (2, "dog"), (3, "cat"))


def make_hive():
    files = {"label=cat/a": 0, "label=big%20dog/a": 1, "label=__HIVE_DEFAULT_PARTITION__/a": 2, "label=cat/b": 3}
    for name, number in files.items():
        write(f"hive/split=train/{name}.png", png(number))
    keep("hive", (2, None), (1, "big dog"), (0, "cat"), (3, "cat"))
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    for i, name in enumerate(["class=1", "class=0"]):
        target = io.BytesIO()
        cells = pa.array([{"bytes": png(2 * i + k), "path": None} for k in range(2)], image)
        pq.write_table(pa.table({"image": cells}), target)
        write(f"hive-table/{name}/part-0.parquet", target.getvalue())
    keep("hive-table", (2, "0"), (3, "0"), (0, "1"), (1, "1"))


if __name__ == "__main__":
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    make_arrays()
    make_parquet()
    make_folders()
    make_dataset_json()
    make_metadata()
    make_pairs()
    make_hive()
    (HERE.parent / "labels.json").write_text(json.dumps(expected, ensure_ascii=False, indent=2) + "\n")
