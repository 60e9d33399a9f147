"""Damaged IDX, CIFAR, npy and npz files."""

import io
import pickle
import struct
import zipfile

import numpy as np

from make_archives import gz, patched, tar_of, zip_of

COUNT, SIDE = 4, 16


def images(*shape: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape or (COUNT, SIDE, SIDE), dtype=np.uint8)


def make(corpus) -> None:
    make_idx(corpus)
    make_cifar(corpus)
    make_npy(corpus)
    make_npy_numbers(corpus)
    make_npz(corpus)


def idx(array: np.ndarray, kind: int = 8, shape=None) -> bytes:
    axes = array.shape if shape is None else shape
    return bytes([0, 0, kind, len(axes)]) + b"".join(struct.pack(">I", axis) for axis in axes) + array.tobytes()


def make_idx(corpus) -> None:
    good = idx(images())
    labels = idx(np.arange(COUNT, dtype=np.uint8))

    def add(name: str, data: bytes, what: str, **request) -> None:
        corpus.add(f"idx/{name}", data, what, **{"kind": "idx"} | request)

    add("cut-magic-ubyte", good[:3], "IDX that ends within its first four bytes")
    add("cut-header-ubyte", good[:10], "IDX that ends within its header")
    add("cut-data-ubyte", good[:700], "IDX that ends within its third image")
    add("cut-after-header-ubyte", good[:16], "IDX without images")
    add("more-ubyte", good + b"more", "IDX with something behind its end")
    add("empty-ubyte", b"", "Empty file as IDX")
    add("magic-ubyte", b"\1" + good[1:], "IDX that begins wrongly")
    add("type-7-ubyte", idx(images(), kind=7), "IDX of an unknown type")
    add("no-axes-ubyte", bytes([0, 0, 8, 0]) + bytes(100), "IDX without axes")
    add("axes-200-ubyte", bytes([0, 0, 8, 200]) + bytes(1000), "IDX of 200 axes")
    add("axes-5-ubyte", idx(np.zeros((1, 1, 1, 16, 16), np.uint8)), "IDX of five axes")
    add("count-zero-ubyte", idx(images(), shape=(0, SIDE, SIDE))[:16], "IDX of no images")
    add("width-zero-ubyte", idx(images(), shape=(4, 16, 0))[:16], "IDX of images without width")
    add("bomb-ubyte", idx(images(), shape=(0xFFFFFFFF,) * 3), "IDX that says it has 4 milliards of images")
    add("bomb-eight-axes-ubyte", idx(images(), shape=(0xFFFFFFFF,) * 8), "IDX with a size beyond all numbers")
    add("bomb-sides-ubyte", idx(images(), shape=(1, 40_000, 40_000)), "IDX that says it has one image of 1.6 milliards of pixels")
    add("labels-only-ubyte", labels, "IDX of labels as images")
    add("channels-5-ubyte", idx(images(2, 5, 16, 16)), "IDX of five channels")
    add("small-ubyte", idx(images(4, 4, 4)), "IDX of images of 4 × 4 pixels")
    add("float-nan-ubyte", idx(np.full((2, 16, 16), np.nan, ">f4"), kind=13), "IDX of numbers that are none")
    add("int-range-ubyte", idx(np.full((2, 16, 16), 10**6, ">i4"), kind=12), "IDX of whole numbers that are no pixels")
    add("gz-cut-ubyte.gz", gz(good)[:200], "Compressed IDX that ends within its data")
    add("gz-short-ubyte.gz", gz(good[:700]), "Compressed IDX with fewer images than it says")
    add("gz-more-ubyte.gz", gz(good + b"more"), "Compressed IDX with something behind its end")
    add("gz-checksum-ubyte.gz", gz(good)[:-8] + b"abcdefgh", "Compressed IDX with a wrong checksum")
    add("gz-bomb-ubyte.gz", gz(idx(np.zeros(30_000_000, np.uint8), shape=(4, SIDE, SIDE))), "Compressed IDX of four images that unpacks to 30 MB")
    bad_labels = {
        "labels-3": (labels[:4] + struct.pack(">I", 3) + bytes(3), "IDX with three labels for four images"),
        "labels-cut": (labels[:-2], "IDX whose labels end early"),
        "labels-empty": (b"", "IDX whose labels are an empty file"),
        "labels-images": (good, "IDX with images as labels"),
        "labels-text": (b"0\n1\n2\n3\n", "IDX with text as labels"),
        "labels-float": (idx(np.full(4, 0.5, ">f4"), kind=13), "IDX with labels that are not whole numbers"),
    }
    for name, (data, what) in bad_labels.items():
        corpus.put(f"idx/{name}-idx1-ubyte", data)
        add(f"{name}-images-idx3-ubyte", good, what, labelsPath=f"idx/{name}-idx1-ubyte")
    add("labels-gone-images-idx3-ubyte", good, "IDX whose labels do not exist", labelsPath="idx/gone")
    corpus.put("idx/beside-labels-idx1-ubyte", idx(np.arange(7, dtype=np.uint8)))
    add("beside-images-idx3-ubyte", good, "IDX with seven labels beside its four images")


def make_cifar(corpus) -> None:
    def records(label_bytes: int, *labels: int) -> bytes:
        return b"".join(bytes([0] * (label_bytes - 1) + [label]) + bytes([label * 20 % 256]) * 3072 for label in labels)

    good = records(1, 1, 2)

    def add(name: str, data: bytes, what: str, **request) -> None:
        corpus.add(f"cifar/{name}", data, what, **{"kind": "cifar"} | request)

    add("cut/data_batch_1.bin", good[:-10], "CIFAR batch that ends within its second image")
    add("more/data_batch_1.bin", good + b"x", "CIFAR batch with a byte too many")
    add("empty/data_batch_1.bin", b"", "Empty CIFAR batch")
    add("label/data_batch_1.bin", records(1, 200, 2), "CIFAR batch with a label of 200 at its start")
    add("label-late/data_batch_1.bin", records(1, *range(10), *range(8), 77), "CIFAR batch with a label of 77 at its end")
    add("fine/train.bin", records(2, 99, 100), "CIFAR-100 batch with a fine label of 100")
    corpus.put("cifar/mixed/test.bin", records(2, 5))
    add("mixed/data_batch_1.bin", good, "CIFAR-10 and CIFAR-100 together", after=["cifar/mixed/test.bin"])
    add("guessed/data_batch_1.bin", good[:-10], "CIFAR batch that ends early, its kind guessed", kind=None)
    pickled = pickle.dumps({b"data": [1], b"labels": [0]}, protocol=2)
    add("python/data_batch_1", pickled, "Pickled CIFAR batch", kind=None)
    members = [(f"cifar-10-batches-py/{name}", pickled) for name in ("data_batch_1", "data_batch_2", "test_batch")]
    add("python.tar.gz", gz(tar_of(*members)), "Python version of CIFAR", kind=None)
    add("cut.tar.gz", gz(tar_of(("cifar-10-batches-bin/data_batch_1.bin", good[:-10]))), "Archive with a CIFAR batch that ends early", kind=None)
    add("evil.pkl", b"cos\nsystem\n(S'touch /tmp/pwned'\ntR.", "Pickle that runs a command", kind=None)


def npy(array: np.ndarray, version=None) -> bytes:
    target = io.BytesIO()
    np.lib.format.write_array(target, array, version=version)
    return target.getvalue()


def npy_with(header: str, data: bytes = b"") -> bytes:
    text = header.encode("latin1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data


def described(shape: str, descr: str = "'|u1'", fortran: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"


def make_npy(corpus) -> None:
    good = npy(images())
    data = images().tobytes()

    def add(name: str, content: bytes, what: str, **request) -> None:
        corpus.add(f"npy/{name}.npy", content, what, **request)

    add("cut-magic", good[:4], "npy that ends within its first bytes")
    add("cut-magic-as-npy", good[:4], "npy that ends within its first bytes, opened as npy", kind="npy")
    add("cut-version", good[:7], "npy that ends within its version")
    add("cut-length", good[:9], "npy that ends within the length of its header")
    add("cut-header", good[:60], "npy that ends within its header")
    add("cut-data", good[:700], "npy that ends within its third image")
    add("more", good + b"more", "npy with something behind its end")
    add("empty", b"", "Empty file called npy")
    add("magic", b"x" + good[1:], "npy that begins wrongly", kind="npy")
    add("version-9", good[:6] + b"\x09" + good[7:], "npy of version 9")
    add("version-2", npy(images(), (2, 0)), "Good npy of version 2", pixels=images())
    add("version-3", npy(images(), (3, 0)), "Good npy of version 3", pixels=images())
    add("header-4-gb", b"\x93NUMPY\2\0" + struct.pack("<I", 0xFFFFFFF0) + b"{", "npy whose header says it has 4 GB")
    add("header-no-dictionary", npy_with("[1, 2, 3]", data), "npy whose header is no dictionary")
    add("header-no-shape", npy_with("{'descr': '|u1', 'fortran_order': False, }", data), "npy whose header has no shape")
    add("header-code", npy_with("__import__('os').system('touch /tmp/pwned')", data), "npy whose header is a program")
    add("header-nested", npy_with("{" * 5000, data), "npy whose header has 5,000 braces")
    add("header-spaces", npy_with("{'descr'" + " " * 30_000 + "x", data), "npy whose header is made to be slow to read")
    add("shape-negative", npy_with(described("(-4, 16, 16)"), data), "npy of a negative number of images")
    add("shape-words", npy_with(described("(four, 16, 16)"), data), "npy whose shape is in words")
    add("shape-none", npy_with(described("()"), b"x"), "npy of a single number")
    add("shape-one-axis", npy(images(256)), "npy of one axis")
    add("shape-five-axes", npy(images(1, 1, 1, 16, 16)), "npy of five axes")
    add("shape-channels-5", npy(images(2, 16, 16, 5)), "npy of five channels")
    add("shape-zero", npy(np.zeros((0, 16, 16), np.uint8)), "npy of no images")
    add("shape-no-width", npy(np.zeros((4, 16, 0), np.uint8)), "npy of images without width")
    add("shape-small", npy(images(4, 4, 4)), "npy of images of 4 × 4 pixels")
    add("shape-64-axes", npy_with(described("(" + "1, " * 64 + ")"), b"x"), "npy of 64 axes")
    add("bomb-count", npy_with(described("(1000000000000, 16, 16)"), data), "npy that says it has a billion images")
    add("bomb-digits", npy_with(described("(" + "9" * 40 + ", 16, 16)"), data), "npy whose number of images has 40 digits")
    add("bomb-product", npy_with(described("(4294967296, 4294967296, 4294967296)"), data), "npy with a size beyond all numbers")
    add("bomb-sides", npy_with(described("(1, 40000, 40000)"), data), "npy that says it has one image of 1.6 milliards of pixels")
    add("fortran-word", npy_with(described("(4, 16, 16)", fortran="maybe"), data), "npy whose order is a wrong word")
    add("layout-wrong", npy(images(2, 5, 16, 16)), "npy whose channels cannot be told", layout="NCHW")
    objects = np.array([images()[0], None], dtype=object)
    add("objects", npy(objects), "npy of Python objects")
    add("objects-evil", npy_with(described("(4,)", "'|O'"), b"cos\nsystem\n(S'touch /tmp/pwned'\ntR."), "npy of objects that run a command")
    add("records", npy(np.zeros(4, [("image", "u1", (16, 16)), ("label", "u1")])), "npy of records")
    add("complex", npy(np.zeros((2, 16, 16), np.complex64)), "npy of complex numbers")
    add("times", npy(np.zeros((2, 16, 16), "datetime64[s]")), "npy of times")
    add("raw", npy(np.zeros((2, 16, 16), "V3")), "npy of raw bytes")
    add("texts", npy(np.full((2, 16, 16), "cat")), "npy of texts")
    add("long-double", npy_with(described("(2, 16, 16)", "'<f16'"), bytes(8192)), "npy of 128-bit numbers")
    add("type-unknown", npy_with(described("(4, 16, 16)", "'?!'"), data), "npy of an unknown type")
    add("type-u3", npy_with(described("(4, 16, 16)", "'<u3'"), data * 3), "npy of 24-bit numbers")
    add("pickle", pickle.dumps([1, 2, 3]), "Pickle called npy")
    add("pickle-as-npy", pickle.dumps([1, 2, 3]), "Pickle opened as npy", kind="npy")
    bad_labels = {
        "labels-3": (npy(np.arange(3)), "npy with three labels for four images"),
        "labels-cut": (npy(np.arange(4))[:-8], "npy whose labels end early"),
        "labels-float": (npy(np.array([0, 1, 0.5, 2])), "npy with labels that are not whole numbers"),
        "labels-nan": (npy(np.array([0, 1, np.nan, 2])), "Good npy with NaN for a missing label"),
        "labels-2-axes": (npy(np.ones((4, 3), np.uint8)), "npy with labels of two axes"),
        "labels-objects": (npy(np.array(["cat", "dog", None, 1], dtype=object)), "npy with Python objects as labels"),
        "labels-text": (b"cat\ndog\ncat\ndog\n", "npy with a text file as labels"),
        "labels-negative": (npy(np.array([0, -1, 1, 1])), "Good npy with an image without a label"),
        "labels-words": (npy(np.array(["猫", "собака", "قطة", "a" * 200])), "Good npy with labels in many languages"),
    }
    for name, (content, what) in bad_labels.items():
        corpus.put(f"npy/{name}.labels", content)
        add(name, good, what, labelsPath=f"npy/{name}.labels")
    add("labels-gone", good, "npy whose labels do not exist", labelsPath="npy/gone.npy")


def make_npy_numbers(corpus) -> None:
    def add(name: str, content: np.ndarray, what: str, pixels: np.ndarray | None = None) -> None:
        corpus.add(f"npy/{name}.npy", npy(content), what, pixels=pixels)

    add("fortran", np.asfortranarray(images()), "Good npy in Fortran order", images())
    add("fortran-colour", np.asfortranarray(images(3, 16, 16, 3)), "Good npy in Fortran order, RGB", images(3, 16, 16, 3))
    add("fortran-one", np.asfortranarray(images(16, 24, 3)), "Good npy in Fortran order, one image")
    add("big-endian-u2", (images().astype(">u2") * 257), "Good npy of big-endian 16-bit numbers", images())
    add("big-endian-f4", (images() / 255).astype(">f4"), "Good npy of big-endian floating-point numbers", images())
    add("big-endian-f8-fortran", np.asfortranarray((images() / 255).astype(">f8")), "Good npy, big-endian and in Fortran order", images())
    add("half", (images() / 255).astype("<f2"), "Good npy of 16-bit floating-point numbers", images())
    add("bool", images() > 127, "Good npy of truth values", (images() > 127) * np.uint8(255))
    add("int64", images().astype("<i8"), "Good npy of 64-bit numbers", images())
    good = (images(8, 16, 16) / 255).astype("<f4")

    def with_value(value: float) -> np.ndarray:
        array = good.copy()
        array[2, 3, 4] = value
        return array

    add("nan", with_value(np.nan), "npy with NaN in one image")
    add("infinity", with_value(np.inf), "npy with infinity in one image")
    add("minus-infinity", with_value(-np.inf), "npy with minus infinity in one image")
    add("all-nan", np.full((4, 16, 16), np.nan, "<f4"), "npy of NaN only")
    add("value-far", with_value(1e30), "npy with a huge number in one image")
    add("values-wide", good * 1000, "npy of numbers from 0 to 1000")
    add("values-standardised", (good - 0.5) * 8, "npy of standardised numbers")
    add("values-equal", np.zeros((4, 16, 16), "<f4"), "Good npy of zeros")


def npz(method=zipfile.ZIP_STORED, **arrays: np.ndarray | bytes) -> bytes:
    members = ((f"{name}.npy", array if isinstance(array, bytes) else npy(array)) for name, array in arrays.items())
    return zip_of(*members, method=method)


def make_npz(corpus) -> None:
    labels = np.arange(COUNT)
    good = npz(images=images(), labels=labels)
    packed = npz(zipfile.ZIP_DEFLATED, images=images(), labels=labels)

    def add(name: str, data: bytes, what: str, **request) -> None:
        corpus.add(f"npz/{name}.npz", data, what, **request)

    add("cut", good[:600], "npz that ends within its first array")
    add("cut-directory", good[:-40], "npz that ends within its table of contents")
    add("cut-member", npz(images=npy(images())[:700], labels=labels), "npz with an array that ends early")
    add("cut-header", npz(images=npy(images())[:60], labels=labels), "npz with an array that ends within its header")
    add("more-member", npz(images=npy(images()) + b"more", labels=labels), "npz with an array that goes on behind its end")
    add("checksum", patched(patched(good, 14, "<I", 1), good.index(b"PK\1\2") + 16, "<I", 1), "npz with an array of the wrong checksum")
    add("packed-damaged", packed[:300] + b"\xff" * 60 + packed[360:], "npz whose compressed array is overwritten")
    add("empty-member", npz(images=b""), "npz with an empty array file")
    add("no-images", npz(weights=np.zeros(100), names=np.array(["a"])), "npz without images")
    add("no-members", npz(), "npz without arrays", kind="npz")
    add("objects", npz(images=np.array([images()[0], None], dtype=object), labels=labels), "npz of Python objects")
    add("object-labels", npz(images=images(), labels=np.array(["a", None, 1, 2], dtype=object)), "npz with Python objects as labels")
    add("zero", npz(images=np.zeros((0, 16, 16), np.uint8), labels=np.zeros(0, int)), "npz of no images")
    add("labels-count", npz(images=images(), labels=np.arange(3)), "npz with three labels for four images", labelsKey="labels")
    add("labels-count-guessed", npz(images=images(), labels=np.arange(3)), "npz with three labels for four images, their name guessed")
    add("labels-float", npz(images=images(), labels=np.array([0.5, 1, 2, 3])), "npz with labels that are not whole numbers")
    add("labels-one-hot", npz(images=images(), labels=np.ones((4, 4), int)), "npz with labels that are not one-hot")
    add("key-gone", good, "npz without the array that was asked for", imagesKey="pictures")
    add("labels-key-gone", good, "npz without the labels that were asked for", labelsKey="classes")
    add("key-texts", npz(images=images(), names=np.array(["a", "b"])), "npz whose array of images holds texts", imagesKey="names")
    mixed = npz(x_train=images(), x_test=images(2, 20, 20))
    add("mixed-sizes", mixed, "npz with images of two sizes")
    add("mixed-channels", npz(x_train=images(), x_test=images(2, 16, 16, 3)), "npz with grey and colour images")
    encrypted = patched(patched(good, 6, "<H", 1), good.index(b"PK\1\2") + 8, "<H", 1)
    add("encrypted", encrypted, "npz with an encrypted array")
    add("bzip2", npz(zipfile.ZIP_BZIP2, images=images()), "npz compressed by bzip2")
    add("duplicate", npz(images=images(), imagex=images()).replace(b"imagex", b"images"), "npz with two arrays of one name")
    bomb = npz(zipfile.ZIP_DEFLATED, images=npy(images()) + bytes(64_000_000))
    add("bomb", bomb, "npz with an array of four images that unpacks to 64 MB")
    declared = npy_with(described("(1000000000000, 16, 16)"), images().tobytes())
    add("bomb-count", npz(images=declared), "npz that says it has a billion images")
    add("bomb-sides", npz(images=npy_with(described("(1, 40000, 40000)"), bytes(100))), "npz that says it has one image of 1.6 milliards of pixels")
    add("fortran-packed", npz(zipfile.ZIP_DEFLATED, images=np.asfortranarray(images()), labels=labels), "Good compressed npz in Fortran order", pixels=images())
    add("languages", npz(**{"картинки": images(), "метки": labels}), "Good npz with names in Russian", pixels=images())
