"""
Where each tensor lies in torchvision's MobileNetV2 file: make_mobilenet_offsets.py FILE.pth > mobilenet-v2-offsets.json

For development only. The file has PyTorch's older layout: three small pickles, the pickled dictionary, a pickled list of
storages, then each storage as its length (8 bytes) and its numbers. Set-up reads tensors at the places found here and
unpickles nothing.
"""

import collections
import hashlib
import json
import pickle
import struct
import sys


class Names(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if module == "torch":
            return type(name, (), {})
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid):
        return pid[2]


with open(sys.argv[1], "rb") as file:
    raw = file.read()
    file.seek(0)
    for _ in range(3):
        pickle.load(file)
    tensors = Names(file).load()
    storages = pickle.load(file)
    at = file.tell()

places = {}
for storage in storages:
    (count,) = struct.unpack("<q", raw[at : at + 8])
    found = [(name, t) for name, t in tensors.items() if t[0] == storage]
    is_long = all(name.endswith("num_batches_tracked") for name, _ in found)
    for name, (_, offset, size, _) in found:
        if not is_long and name.startswith("features."):
            places[name] = [at + 8 + 4 * offset, list(size)]
    at += 8 + count * (8 if is_long else 4)
assert at == len(raw), (at, len(raw))

lines = [f"    {json.dumps(name)}: {json.dumps(places[name])}" for name in tensors if name in places]
print("{")
print(f'  "sha256": "{hashlib.sha256(raw).hexdigest()}",')
print('  "tensors": {')
print(",\n".join(lines))
print("  }\n}")
