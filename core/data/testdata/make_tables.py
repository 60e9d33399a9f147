"""Damaged Parquet files."""

import io
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from make_images import encoded, pixels, png

ROWS = 6
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def table(values: list, labels: list | None = None, **columns) -> pa.Table:
    arrays = {"image": pa.array(values, IMAGE)}
    if labels is not None:
        arrays["label"] = pa.array(labels, pa.int64())
    return pa.table(arrays | columns)


def cell(data: bytes | None, path: str | None = None) -> dict:
    return {"bytes": data, "path": path}


def parquet(content: pa.Table, **options) -> bytes:
    target = io.BytesIO()
    pq.write_table(content, target, **{"compression": "none", "use_dictionary": False, "write_statistics": False} | options)
    return target.getvalue()


def hub(names: list[str]) -> dict[bytes, bytes]:
    """The metadata that Hugging Face's `datasets` writes, with names of classes."""
    listed = ", ".join(f'"{name}"' for name in names)
    return {
        b"huggingface": (
            '{"info": {"features": {"image": {"_type": "Image"}, "label": {"names": [' + listed + '], "_type": "ClassLabel"}}}}'
        ).encode()
    }


def make(corpus) -> None:
    images = [cell(png(seed)) for seed in range(ROWS)]
    good = parquet(table(images, [0, 1] * 3))
    footer = struct.unpack("<I", good[-8:-4])[0]
    start = len(good) - 8 - footer

    def add(name: str, data: bytes, what: str, **request) -> None:
        corpus.add(f"parquet/{name}.parquet", data, what, **request)

    add("cut-magic", good[:3], "Parquet that ends within its first bytes", kind="parquet")
    add("cut-page", good[:200], "Parquet that ends within its first page")
    add("cut-footer", good[: start + 40], "Parquet that ends within its footer")
    add("cut-end", good[:-2], "Parquet that ends within its last bytes")
    add("cut-start", good[100:], "Parquet whose first bytes are lost", kind="parquet")
    add("hole", good[:100] + good[160:], "Parquet that has lost 60 bytes of its first page")
    add("empty", b"", "Empty file called Parquet")
    add("text", b"PAR1 but nothing else", "Text that begins as Parquet does")
    add("footer-length", good[:-8] + struct.pack("<I", 0x7FFFFFF0) + good[-4:], "Parquet whose footer says it has 2 GB")
    add("footer-length-zero", good[:-8] + struct.pack("<I", 0) + good[-4:], "Parquet whose footer says it has no bytes")
    add("footer-damaged", good[:start] + bytes([0xFF]) * 60 + good[start + 60 :], "Parquet whose footer is overwritten")
    add("footer-noise", good[:start] + bytes(i * 37 % 251 for i in range(footer)) + good[-8:], "Parquet whose footer is noise")
    add("encrypted", good[:-4] + b"PARE", "Parquet with an encrypted footer")
    add("page-header", good[:4] + b"\xff" * 12 + good[16:], "Parquet whose first page begins wrongly")
    add("page-damaged", good[:60] + b"\xff" * 80 + good[140:], "Parquet whose first page is overwritten")
    snappy = parquet(table(images, [0, 1] * 3), compression="snappy")
    add("snappy-damaged", snappy[:50] + b"\xff" * 100 + snappy[150:], "Parquet whose snappy data is overwritten")
    gzipped = parquet(table(images, [0, 1] * 3), compression="gzip")
    add("gzip-damaged", gzipped[:60] + b"\xff" * 100 + gzipped[160:], "Parquet whose gzip data is overwritten")
    zstd = parquet(table(images, [0, 1] * 3), compression="zstd")
    add("zstd-damaged", zstd[:60] + b"\xff" * 100 + zstd[160:], "Parquet whose zstd data is overwritten")
    add("zstd", zstd, "Good Parquet compressed by zstd")
    add("no-rows", parquet(table([], [])), "Parquet without rows")
    add("no-images", parquet(pa.table({"text": ["a", "b"], "label": [0, 1]})), "Parquet without images")
    add("only-numbers", parquet(pa.table({"pixel": pa.array(range(100), pa.int32())})), "Parquet of one column of numbers")
    add("null", parquet(table([*images[:5], cell(None)], [0, 1] * 3)), "Parquet with a row without an image")
    add("null-struct", parquet(table([*images[:5], None], [0, 1] * 3)), "Parquet with a row that is null")
    add("all-null", parquet(table([cell(None)] * 3, [0, 1, 0])), "Parquet whose images are all missing")
    add("paths-only", parquet(table([cell(None, f"/data/{i}.png") for i in range(3)], [0, 1, 0])), "Parquet with paths instead of images")
    add("bad-image", parquet(table([*images[:5], cell(png(9)[:60])], [0, 1] * 3)), "Parquet with a damaged image")
    add("empty-image", parquet(table([*images[:5], cell(b"")], [0, 1] * 3)), "Parquet with an empty image")
    add("text-image", parquet(table([*images[:5], cell(b"cat")], [0, 1] * 3)), "Parquet with text instead of an image")
    bytes_only = pa.table({"image": pa.array([png(seed) for seed in range(ROWS)], pa.binary())})
    add("plain-bytes", parquet(bytes_only), "Good Parquet with a plain column of bytes")
    sizes = [cell(encoded("PNG", Image.fromarray(pixels(side)))) for side in (16, 20, 33)]
    add("mixed-sizes", parquet(table(sizes, [0, 1, 0])), "Good Parquet with images of three sizes")
    add("label-negative", parquet(table(images, [0, -1, 1, 0, 1, 0])), "Good Parquet with an image without a label")
    named = table(images, [0, 1, 7, 0, 1, 0]).replace_schema_metadata(hub(["cat", "dog"]))
    add("label-range", parquet(named), "Parquet with a label of 7 where there are two classes")
    labelled = table(images, [0, 1] * 3).replace_schema_metadata(hub(["猫", "собака"]))
    add("languages", parquet(labelled), "Good Parquet with class names in two languages")
    add("metadata-damaged", parquet(table(images, [0, 1] * 3).replace_schema_metadata({b"huggingface": b"{not json"})), "Parquet with damaged metadata of the hub")
    add("label-null", parquet(table(images, [0, None, 1, 0, 1, 0])), "Good Parquet with a missing label")
    halves = table(images).append_column("label", pa.array([0.5] * ROWS, pa.float64()))
    add("label-float", parquet(halves), "Parquet with labels that are not whole numbers")
    add("images-key-gone", good, "Parquet without the column that was asked for", imagesKey="picture")
    add("labels-key-gone", good, "Parquet without the labels that were asked for", labelsKey="class")
    add("images-key-numbers", good, "Parquet whose column of images holds numbers", imagesKey="label")
    lists = pa.table({"image": pa.array([np.zeros(256, np.uint8).tolist()] * 2, pa.list_(pa.uint8()))})
    add("lists", parquet(lists), "Parquet with pixels as lists of numbers")
    nested = pa.table({"row": pa.array([{"image": cell(png())}], pa.struct([("image", IMAGE)]))})
    add("nested", parquet(nested), "Parquet with images deep inside")
    bomb = parquet(table([cell(bytes(64_000_000))], [0]), compression="gzip")
    add("bomb", bomb, "Parquet with 64 MB of zeros as an image")
    add("row-groups", parquet(table(images, [0, 1] * 3), row_group_size=1), "Good Parquet of six row groups")
    add("dictionary", parquet(table([images[0]] * 3, [0, 1, 0]), use_dictionary=True), "Good Parquet whose images are told by a dictionary")
