"""Writes the files in this folder with the Python package: good ones, and its verdict on damaged ones.

    python make_fixtures.py            writes dtypes.safetensors and verdicts.json
    python make_fixtures.py check FILE reads a file that this project wrote and prints what it holds

Needs safetensors 0.8 and torch 2.13. The verdict on a damaged file is None (accepted) or the package's message.
"""

import base64
import json
import struct
import sys
import tempfile
from pathlib import Path

import safetensors
import torch
from safetensors import safe_open
from safetensors.torch import save_file

HERE = Path(__file__).parent


def good() -> None:
    save_file(
        {
            "f32": torch.tensor([[0.1, -2.5], [3e38, -0.0]], dtype=torch.float32),
            "f32.special": torch.tensor([float("inf"), float("-inf"), float("nan"), 1e-45], dtype=torch.float32),
            # 1, largest, smallest normal, largest and smallest subnormal, −0, infinities
            "f16": torch.tensor(
                [1.0, 65504.0, 2**-14, 2**-14 - 2**-24, 2**-24, -0.0, float("inf"), float("-inf"), -1.0009765625],
                dtype=torch.float16,
            ),
            "bf16": torch.tensor([1.0, -3.140625, 3.3895e38, 2**-126, 2**-133, -0.0, float("inf")], dtype=torch.bfloat16),
            "f64": torch.tensor([0.1, -1e-300, 2.0**53 + 2], dtype=torch.float64),
            "i64.scalar": torch.tensor(2**53 + 1, dtype=torch.int64),
            "i64": torch.tensor([[-(2**62)], [7]], dtype=torch.int64),
            "i32": torch.tensor([1, -2, 2**31 - 1], dtype=torch.int32),
            "i16": torch.tensor([-32768, 5], dtype=torch.int16),
            "i8": torch.tensor([-128, 127], dtype=torch.int8),
            "u8": torch.tensor([0, 255], dtype=torch.uint8),
            "bool": torch.tensor([True, False, True]),
            "zero-d": torch.tensor(-1.5, dtype=torch.float32),
            "empty": torch.zeros([0, 3], dtype=torch.float32),
            "empty.in.the.middle": torch.zeros([2, 0, 3], dtype=torch.float16),
            "encoder.enc.28x28_conv.weight": torch.arange(18, dtype=torch.float32).reshape(2, 1, 3, 3) / 7,
        },
        HERE / "dtypes.safetensors",
        metadata={"format": "pt", "note": "grüße"},
    )


def file_of(header, data=0, claimed=None) -> bytes:
    """A file with this header (text, bytes or an object) and this many bytes of tensors."""
    raw = header if isinstance(header, bytes) else (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", len(raw) if claimed is None else claimed) + raw + bytes(data)


def entry(begin, end, shape=None, dtype="F32"):
    return {"dtype": dtype, "shape": [(end - begin) // 4] if shape is None else shape, "data_offsets": [begin, end]}


def damaged() -> dict:
    one = json.dumps(entry(0, 4))
    two = {"a": entry(0, 8), "b": entry(8, 12)}
    shape = lambda text, size=4: file_of('{"a":{"dtype":"F32","shape":%s,"data_offsets":[0,%d]}}' % (text, size), size)
    offsets = lambda text, size=4: file_of('{"a":{"dtype":"F32","shape":[1],"data_offsets":%s}}' % text, size)
    return {
        "empty file": b"",
        "seven bytes": b"\x02\0\0\0\0\0\0",
        "no header": file_of(""),
        "only a length": file_of("", claimed=2),
        "header over 100 MB": file_of("{}", claimed=100_000_001),
        "header of 2^63 bytes": file_of("{}", claimed=2**63),
        "header of 2^64 - 1 bytes": file_of("{}", claimed=2**64 - 1),
        "header longer than the file": file_of('{"a":', claimed=500),
        "header one byte longer than the file": file_of("{}", claimed=3),
        "not UTF-8": file_of(b'{"\xff":' + one.encode() + b"}", 4),
        "UTF-8 cut short": file_of(b'{"\xc3"}'),
        "UTF-8 of a surrogate": file_of(b'{"\xed\xa0\x80":' + one.encode() + b"}", 4),
        "overlong UTF-8": file_of(b'{"\xc0\xaf":' + one.encode() + b"}", 4),
        "byte order mark": file_of(b"\xef\xbb\xbf{}"),
        "leading space": file_of(" {}"),
        "leading newline": file_of("\n{}"),
        "a list": file_of("[]"),
        "a string": file_of('"a"'),
        "null": file_of("null"),
        "not JSON": file_of('{"a": nope}'),
        "trailing comma": file_of('{"a":%s,}' % one, 4),
        "comment": file_of("{}//"),
        "two objects": file_of("{}{}"),
        "zero bytes as padding": file_of(b"{}\0\0\0\0\0\0"),
        "single quotes": file_of("{'a':%s}" % one, 4),
        "raw newline in a name": file_of('{"a\nb":%s}' % one, 4),
        "escaped surrogate alone": file_of('{"\\ud800":%s}' % one, 4),
        "escaped surrogate alone in metadata": file_of('{"__metadata__":{"a":"\\udc00"}}'),
        "bad escape": file_of('{"\\x41":%s}' % one, 4),
        "NaN": shape("[NaN]"),
        "Infinity": shape("[Infinity]"),
        "-Infinity offset": offsets("[-Infinity,4]"),
        "number too large for a double": shape("[1e999]"),
        "a tensor twice": file_of('{"a":%s,"a":%s}' % (one, one), 4),
        "a tensor twice, one escaped": file_of('{"a":%s,"\\u0061":%s}' % (one, one), 4),
        "a tensor twice, the first wrong": file_of('{"a":1,"a":%s}' % one, 4),
        "dtype twice": file_of('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
        "offsets twice": file_of('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[0,4]}}', 4),
        "metadata twice": file_of('{"__metadata__":{},"__metadata__":{}}'),
        "a key of the metadata twice": file_of('{"__metadata__":{"a":"1","a":"2"}}'),
        "metadata of a number": file_of('{"__metadata__":{"a":1}}'),
        "metadata of null": file_of('{"__metadata__":{"a":null}}'),
        "metadata of an object": file_of('{"__metadata__":{"a":{}}}'),
        "metadata a list": file_of('{"__metadata__":[]}'),
        "metadata a string": file_of('{"__metadata__":"a"}'),
        "metadata null": file_of('{"__metadata__":null}'),
        "metadata a tensor": file_of('{"__metadata__":%s}' % one, 4),
        "tensor a list": file_of('{"a":["F32",[1],[0,4]]}', 4),
        "tensor null": file_of('{"a":null}'),
        "no dtype": file_of('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4),
        "no shape": file_of('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4),
        "no offsets": file_of('{"a":{"dtype":"F32","shape":[1]}}', 4),
        "an unknown field": file_of('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"note":1}}', 4),
        "dtype in lower case": file_of({"a": entry(0, 4, dtype="f32")}, 4),
        "dtype of nothing": file_of({"a": entry(0, 4, dtype="")}, 4),
        "dtype F128": file_of({"a": entry(0, 16, [1], "F128")}, 16),
        "dtype a number": file_of({"a": entry(0, 4, dtype=32)}, 4),
        "dtype inherited": file_of({"a": entry(0, 4, dtype="constructor")}, 4),
        "shape negative": shape("[-1]"),
        "shape minus zero": shape("[-0]", 0),
        "shape fractional": shape("[0.5]", 2),
        "shape 1.0": shape("[1.0]"),
        "shape 1e0": shape("[1e0]"),
        "shape of text": shape('["1"]'),
        "shape of null": shape("[null]"),
        "shape a number": shape("1"),
        "shape nested": shape("[[1]]"),
        "shape too large": shape("[2]"),
        "shape too small": shape("[1]", 8),
        "shape overflows": shape("[4294967296,4294967296]", 8),
        "shape overflows to the right size": shape("[4611686018427387905,4]", 16),
        "shape overflows in bytes": shape("[4611686018427387904]", 0),
        "shape overflows before a zero": shape("[4611686018427387904,16,0]", 0),
        "dimension of 2^64": shape("[18446744073709551616]", 0),
        "dimension of 2^64 beside a zero": shape("[0,18446744073709551616]", 0),
        "dimension beyond the exact integers beside a zero": shape("[0,9007199254740993]", 0),
        "offsets reversed": offsets("[4,0]"),
        "offsets negative": offsets("[-4,0]"),
        "offsets fractional": offsets("[0.5,4.5]", 5),
        "offsets 0.0": offsets("[0.0,4]"),
        "offsets of text": offsets('["0","4"]'),
        "offsets one": offsets("[4]"),
        "offsets three": offsets("[0,4,8]", 8),
        "offsets beyond the file": offsets("[0,8]", 4),
        "offsets far beyond the file": offsets("[1000000,1000004]"),
        "offsets beyond the exact integers": offsets("[9007199254740992,9007199254740996]"),
        "offsets of 2^64": offsets("[0,18446744073709551616]"),
        "wrong size for the dtype": file_of({"a": entry(0, 4, [1], "F16")}, 4),
        "overlap": file_of({"a": entry(0, 8), "b": entry(4, 12)}, 12),
        "same bytes": file_of({"a": entry(0, 8), "b": entry(0, 8)}, 8),
        "one within another": file_of({"a": entry(0, 12), "b": entry(4, 8)}, 12),
        "hole": file_of({"a": entry(0, 4), "b": entry(8, 12)}, 12),
        "hole at the beginning": file_of({"a": entry(4, 8)}, 8),
        "hole before an empty tensor": file_of({"a": entry(0, 4), "b": entry(8, 8, [0])}, 4),
        "empty tensor within another": file_of({"a": entry(0, 8), "b": entry(4, 4, [0])}, 8),
        "truncated by a byte": file_of(two, 11),
        "truncated to the header": file_of(two, 0),
        "a byte too many": file_of(two, 13),
        "bytes without tensors": file_of("{}", 4),
        "a very deep header": file_of('{"a":' + "[" * 500 + "]" * 500 + "}"),
        # What the format allows:
        "good": file_of(two, 12),
        "nothing in it": file_of("{}"),
        "padded with spaces": file_of("{}      "),
        "padded with other white space": file_of("{}\n\t\r "),
        "white space inside": file_of('{ "a" : ' + one + " }", 4),
        "no name": file_of('{"":%s}' % one, 4),
        "name with an escape": file_of('{"\\ud83d\\ude00\\n":%s}' % one, 4),
        "name with a quote": file_of('{"a\\"b\\\\":%s}' % one, 4),
        "inherited names": file_of('{"__proto__":%s,"toString":%s}' % (one, json.dumps(entry(4, 8))), 8),
        "other order": file_of({"b": entry(8, 12), "a": entry(0, 8)}, 12),
        "empty tensors": file_of({"a": entry(0, 0, [0]), "b": entry(0, 4), "c": entry(4, 4, [2, 0])}, 4),
        "not aligned": file_of({"a": entry(0, 1, [1], "U8"), "b": entry(1, 5, [1])}, 5),
        "a number": file_of({"a": entry(0, 8, [], "I64")}, 8),
        "empty metadata": file_of('{"__metadata__":{}}'),
        "metadata last": file_of('{"a":%s,"__metadata__":{"b":"c"}}' % one, 4),
        "metadata with keys that look twice": file_of('{"a":%s,"__metadata__":{"a":"\\"a\\":","b":"{"}}' % one, 4),
        "float8": file_of({"a": entry(0, 4, [4], "F8_E4M3")}, 4),
        "float4": file_of({"a": entry(0, 2, [4], "F4")}, 2),
        "complex": file_of({"a": entry(0, 8, [1], "C64")}, 8),
    }


def verdict(content: bytes):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.safetensors"
        file.write_bytes(content)
        try:
            with safe_open(file, "pt") as opened:
                opened.keys()
        except Exception as error:  # the package has several kinds
            return str(error).replace(str(file), "FILE")
    return None


def main() -> None:
    if sys.argv[1:2] == ["check"]:
        with safe_open(sys.argv[2], "pt") as opened:
            print("metadata", opened.metadata())
            for name in opened.keys():
                tensor = opened.get_tensor(name)
                print(name, tensor.dtype, list(tensor.shape), tensor.flatten()[:4].tolist())
        return
    good()
    files = {name: {"file": base64.b64encode(content).decode(), "python": verdict(content)} for name, content in damaged().items()}
    (HERE / "verdicts.json").write_text(json.dumps({"safetensors": safetensors.__version__, "files": files}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
