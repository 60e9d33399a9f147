"""Makes the sources beside it, and `expected.json`: the pixels and classes in each, by NumPy.

Run: python make_fixtures.py  (NumPy 2.4, Pillow 13.0, pyarrow 26.0)
"""

import base64
import gzip
import io
import json
import shutil
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

HERE = Path(__file__).parent
N, H, W = 6, 9, 10
rng = np.random.default_rng(7)
grey = rng.integers(0, 256, (N, H, W), dtype=np.uint8)
grey[0, 0, :2] = 0, 255
rgb = rng.integers(0, 256, (N, H, W, 3), dtype=np.uint8)
rgb[0, 0, 0] = 0, 255, 7
labels = np.array([2, 0, 1, 1, 0, 2])
NAMES = ["Äpfel", "梨", "kiwi"]
expected = {}


def keep(name, pixels, classes=None):
    """pixels: N×H×W×C uint8; classes: a name or None for each."""
    pixels = np.ascontiguousarray(pixels)
    expected[name] = {
        "shape": list(pixels.shape),
        "pixels": base64.b64encode(pixels.tobytes()).decode(),
        "classes": [None] * len(pixels) if classes is None else list(classes),
    }


def png(array):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def folder(name):
    path = HERE / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def make_idx():
    def idx(array, kind=8):
        return struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()

    path = folder("idx")
    (path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(grey[:4]), mtime=0))
    (path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels[:4].astype(np.uint8)), mtime=0))
    (path / "t10k-images-idx3-ubyte").write_bytes(idx(grey[4:]))
    (path / "t10k-labels-idx1-ubyte").write_bytes(idx(labels[4:].astype(np.uint8)))
    keep("idx", grey[..., None], map(str, labels))
    keep("idx/train-images-idx3-ubyte.gz", grey[:4, ..., None], map(str, labels[:4]))
    keep("idx/t10k-images-idx3-ubyte", grey[4:, ..., None], map(str, labels[4:]))
    (HERE / "float.idx").write_bytes(idx((grey / 255).astype(">f4"), 0x0D))
    keep("float.idx", grey[..., None])


def make_npy():
    def write(name, array, pixels, version=None, classes=None):
        with open(HERE / name, "wb") as file:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                np.lib.format.write_array(file, array, version=version)
        keep(name, pixels, classes)

    g, c = grey[..., None], rgb
    planes = rgb.transpose(0, 3, 1, 2)
    write("uint8.npy", grey, g, (1, 0))
    write("version-2.npy", grey, g, (2, 0))
    write("version-3.npy", grey, g, (3, 0))
    write("nhwc.npy", rgb, c)
    write("nchw.npy", np.ascontiguousarray(planes), c)
    write("float32-unit.npy", (rgb / 255).astype(np.float32), c)
    write("float64-big-endian.npy", grey.astype(">f8"), g)
    half = (grey / np.float32(127.5) - 1).astype(np.float16)
    write("float16-signed.npy", half, np.rint((half.astype(np.float64) + 1) * 127.5).astype(np.uint8)[..., None])
    wide = rng.integers(0, 65536, (N, H, W), dtype=np.uint16)
    write("uint16.npy", wide, (wide >> 8).astype(np.uint8)[..., None])
    write("uint16-big-endian.npy", wide.astype(">u2"), (wide >> 8).astype(np.uint8)[..., None])
    write("int64.npy", grey.astype(np.int64), g)
    write("int8.npy", (grey.astype(np.int16) - 128).astype(np.int8), g)
    write("bool.npy", grey > 128, ((grey > 128) * 255).astype(np.uint8)[..., None])
    write("zero-one.npy", (grey > 128).astype(np.uint8), ((grey > 128) * 255).astype(np.uint8)[..., None])
    write("fortran.npy", np.asfortranarray(rgb), c)
    write("fortran-nchw-float.npy", np.asfortranarray((planes / 255).astype(np.float32)), c)
    square = rng.integers(0, 256, (N, 8, 8), dtype=np.uint8)
    write("flat.npy", square.reshape(N, 64), square[..., None])
    write("flat-colour.npy", rgb[:, :8, :8].transpose(0, 3, 1, 2).reshape(N, 192), rgb[:, :8, :8])
    write("one-image.npy", rgb[0], rgb[:1])
    write("one-image-fortran.npy", np.asfortranarray(rgb[0]), rgb[:1])
    path = folder("beside")
    np.save(path / "x_train.npy", rgb)
    np.save(path / "y_train.npy", labels)
    keep("beside/x_train.npy", rgb, map(str, labels))


def make_npz():
    names = [NAMES[i] for i in labels]
    split = {"x_test": rgb[4:], "y_test": labels[4:, None], "x_train": rgb[:4], "y_train": labels[:4, None]}
    np.savez(HERE / "stored.npz", **split)
    keep("stored.npz", rgb, map(str, labels))
    np.savez_compressed(HERE / "compressed.npz", **split)
    keep("compressed.npz", rgb, map(str, labels))
    np.savez_compressed(HERE / "texts.npz", images=(rgb / 255).astype(np.float32), labels=np.array(names))
    keep("texts.npz", rgb, names)
    one_hot = np.eye(3, dtype=np.float32)[labels]
    np.savez(HERE / "one-hot.npz", data=np.asfortranarray(grey), target=one_hot, note=np.array("hello"))
    keep("one-hot.npz", grey[..., None], map(str, labels))
    np.savez_compressed(HERE / "fortran-compressed.npz", np.asfortranarray(rgb), np.where(labels == 2, -1, labels))
    keep("fortran-compressed.npz", rgb, [None if i == 2 else str(i) for i in labels])
    # Labels of usual names beside images of any name.
    np.savez_compressed(HERE / "float-labels.npz", faces=rgb, y_train=labels.astype(np.float32), ages=labels / 2)
    keep("float-labels.npz", rgb, map(str, labels))
    np.savez_compressed(HERE / "unfit-labels.npz", x=grey, y=labels / 2, labels=labels[:4], targets=labels[:, None])
    keep("unfit-labels.npz", grey[..., None], map(str, labels))
    np.savez_compressed(HERE / "no-labels.npz", x=grey, y=labels[:4])
    keep("no-labels.npz", grey[..., None])


def make_cifar():
    pixels = rng.integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    # Few different values, so that the files stay small in the repository.
    pixels[:, 1:] = pixels[:, :1]
    which = np.array([3, 9, 0, 1, 5])
    words = [f"class {i}" for i in range(10)]
    planes = pixels.transpose(0, 3, 1, 2).reshape(5, -1)
    records = np.concatenate([which[:, None].astype(np.uint8), planes], 1)
    path = folder("cifar-10-batches-bin")
    records[4:].tofile(path / "test_batch.bin")
    records[:2].tofile(path / "data_batch_1.bin")
    records[2:4].tofile(path / "data_batch_2.bin")
    (path / "batches.meta.txt").write_text("\n".join(words) + "\n\n")
    keep("cifar-10-batches-bin", pixels, [words[i] for i in which])
    keep("cifar-10-batches-bin/data_batch_1.bin", pixels[:2], [words[i] for i in which[:2]])
    with tarfile.open(HERE / "cifar-10-binary.tar.gz", "w:gz") as tar:
        for name in ["data_batch_1.bin", "batches.meta.txt", "data_batch_2.bin", "test_batch.bin"]:
            tar.add(path / name, f"cifar-10-batches-bin/{name}")
    keep("cifar-10-binary.tar.gz", pixels, [words[i] for i in which])
    fine = np.array([99, 0, 42])
    coarse = np.array([19, 0, 7])
    two = np.stack([coarse, fine], 1).astype(np.uint8)
    np.concatenate([two, planes[:3]], 1).tofile(HERE / "cifar-100.bin")
    keep("cifar-100.bin", pixels[:3], map(str, fine))


def make_archives():
    files = [(f"set/train/{NAMES[labels[i]]}/{i}.png", png(rgb[i])) for i in range(N)]
    classes = [NAMES[i] for i in labels]
    for name, method in {"stored.zip": zipfile.ZIP_STORED, "deflated.zip": zipfile.ZIP_DEFLATED}.items():
        with zipfile.ZipFile(HERE / name, "w", method) as archive:
            archive.mkdir("set")
            for file, data in files:
                archive.writestr(file, data)
            archive.writestr("__MACOSX/set/._0.png", b"junk")
        keep(name, rgb, classes)
    with zipfile.ZipFile(HERE / "zip64.zip", "w") as archive:
        for file, data in files:
            with archive.open(file, "w", force_zip64=True) as entry:
                entry.write(data)
    keep("zip64.zip", rgb, classes)
    for name, form in {"ustar.tar": tarfile.USTAR_FORMAT, "gnu.tar": tarfile.GNU_FORMAT, "pax.tar": tarfile.PAX_FORMAT}.items():
        # Longer than the 100 bytes that a plain header has; ustar cuts it at a slash.
        deep = "a/" * 40 + "deep" if form == tarfile.USTAR_FORMAT else "très-" * 45
        with tarfile.open(HERE / name, "w", format=form) as tar:
            for file, data in files:
                info = tarfile.TarInfo(f"./{deep}/{file}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        keep(name, rgb, classes)
    with tarfile.open(HERE / "images.tar.gz", "w:gz") as tar:
        for file, data in files:
            info = tarfile.TarInfo(file)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    keep("images.tar.gz", rgb, classes)
    path = folder("images")
    for file, data in files:
        target = path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    order = sorted(range(N), key=lambda i: files[i][0])
    keep("images", rgb[order], [classes[i] for i in order])


def make_parquet():
    features = {"image": {"_type": "Image"}, "label": {"names": NAMES, "_type": "ClassLabel"}}
    meta = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    data = [png(image) for image in rgb]
    structs = pa.array(
        [{"bytes": b, "path": f"{i}.png"} for i, b in enumerate(data)],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    table = pa.table({"image": structs, "label": pa.array(labels, pa.int64())}).replace_schema_metadata(meta)
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        name = f"hub-{codec}.parquet"
        pq.write_table(table, HERE / name, compression=codec, row_group_size=4)
        keep(name, rgb, [NAMES[i] for i in labels])
    table = pa.table({"kind": [NAMES[i] for i in labels], "img": pa.array(data, pa.binary()), "y": labels})
    pq.write_table(table, HERE / "plain-pages-2.parquet", data_page_version="2.0", data_page_size=300, use_dictionary=False)
    keep("plain-pages-2.parquet", rgb, map(str, labels))
    images = {"image": pa.array(data, pa.binary())}
    missing = np.where(labels == 2, np.nan, labels)
    pq.write_table(pa.table(images | {"label": missing.astype(np.float32)}), HERE / "float-labels.parquet")
    keep("float-labels.parquet", rgb, [None if i == 2 else str(i) for i in labels])
    pq.write_table(pa.table(images | {"label": labels / 2}), HERE / "unfit-labels.parquet")
    keep("unfit-labels.parquet", rgb)
    pq.write_table(pa.table(images | {"labels": [[int(i)] for i in labels]}), HERE / "list-labels.parquet")
    keep("list-labels.parquet", rgb)


for make in (make_idx, make_npy, make_npz, make_cifar, make_archives, make_parquet):
    make()
lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(expected[name])}" for name in sorted(expected))
(HERE / "expected.json").write_text("{\n" + lines + "\n}\n")
print(len(expected), "sources")
