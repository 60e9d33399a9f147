"""Writes the files in this folder with PyTorch, and the numbers that PyTorch reads from them. For development.

    python make_files.py

Needs torch 2.5 and nothing else. `zip.pth` and `older.pth` hold the same tensors in the two layouts; `big-endian.pth` is what
torch writes on a machine of the other byte order, made from `zip.pth` by hand as torch 2.5 reads it.
"""

import argparse
import collections
import io
import json
import pathlib
import struct
import zipfile

import torch

HERE = pathlib.Path(__file__).parent


def tensors() -> dict:
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8 - 1
    special = [0.0, -0.0, 1.0, -2.5, 65504.0, 2**-24, float("inf"), float("-inf")]
    state = collections.OrderedDict(
        float32=base,
        transposed=base.permute(2, 0, 1),
        row=base[1, 2],
        every_other=base[:, ::2, 1:3],
        repeated=torch.tensor([[1.5], [2.5]]).expand(2, 3),
        float16=torch.tensor(special, dtype=torch.float16),
        bfloat16=torch.tensor([1.0, -3.140625, 2**-126, -0.0], dtype=torch.bfloat16),
        float64=torch.tensor([0.1, -1e-300], dtype=torch.float64),
        int64=torch.tensor([2**53 - 1, -7], dtype=torch.int64),
        int32=torch.tensor([2**31 - 1, -5], dtype=torch.int32),
        int16=torch.tensor([-32768, 5], dtype=torch.int16),
        int8=torch.tensor([-128, 127], dtype=torch.int8),
        uint8=torch.tensor([0, 255], dtype=torch.uint8),
        bool=torch.tensor([True, False, True]),
        scalar=torch.tensor(3.25),
        empty=torch.zeros(0, 4),
        parameter=torch.nn.Parameter(torch.tensor([[1.0, 2.0], [3.0, 4.0]])),
    )
    # As a module's state_dict has it.
    state._metadata = collections.OrderedDict({"": {"version": 1}})
    return state


def numbers(value) -> dict:
    value = value.detach()
    flat = value.contiguous().flatten()
    listed = flat.to(torch.float64).tolist() if value.is_floating_point() else flat.tolist()
    return {"shape": list(value.shape), "values": [str(float(v)) if value.is_floating_point() else str(int(v)) for v in listed]}


def big_endian(source: pathlib.Path, target: pathlib.Path, state: dict) -> None:
    sizes = {}
    with zipfile.ZipFile(source) as archive:
        folder = archive.namelist()[0].split("/")[0]
        buffer = io.BytesIO()
        # Which storage has elements of how many bytes: by the order in which they are saved.
        seen = []
        for value in state.values():
            pointer = value.untyped_storage().data_ptr()
            if pointer not in seen or value.numel() == 0:
                seen.append(pointer)
                sizes[str(len(sizes))] = value.element_size()
        with zipfile.ZipFile(buffer, "w") as out:
            for name in archive.namelist():
                data = archive.read(name)
                key = name.split("/")[-1]
                if name == f"{folder}/byteorder":
                    data = b"big"
                elif name.startswith(f"{folder}/data/"):
                    size = sizes[key]
                    data = b"".join(data[i : i + size][::-1] for i in range(0, len(data), size))
                out.writestr(name, data)
    target.write_bytes(buffer.getvalue())
    # torch itself finds the same numbers.
    for name, value in torch.load(target, weights_only=True).items():
        assert torch.equal(value, state[name]), name


def main() -> None:
    torch.manual_seed(0)
    state = tensors()
    torch.save(state, HERE / "zip.pth")
    torch.save(state, HERE / "older.pth", _use_new_zipfile_serialization=False)
    torch.save(state, HERE / "protocol-5.pth", pickle_protocol=5)
    big_endian(HERE / "zip.pth", HERE / "big-endian.pth", state)
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.randn(2, 1, 4, 4)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": network.state_dict(),
        "optimizer_states": [optimizer.state_dict()],
        "hyper_parameters": argparse.Namespace(width=2, rate=0.1),
    }
    torch.save(checkpoint, HERE / "lightning.ckpt")
    torch.save(network, HERE / "module.pth")
    torch.jit.script(network).save(str(HERE / "script.pt"))
    expected = {
        "tensors": {name: numbers(value) for name, value in state.items()},
        "lightning": {
            **{f"state_dict.{name}": numbers(value) for name, value in checkpoint["state_dict"].items()},
            **{
                f"optimizer_states.0.state.{i}.{key}": numbers(value)
                for i, moments in optimizer.state_dict()["state"].items()
                for key, value in moments.items()
            },
        },
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
