"""Counts parameters and FLOPs of the official implementation's AutoEncoder with PyTorch's own counter.

    python count_flops.py PATH_TO_THE_REFERENCE      writes flops.json beside this script

The reference resamples with grouped convolutions, and its blocks that go up double the image before the 1×1
convolution of the skip; both are counted apart, because this project averages or repeats pixels instead and
convolves first.
"""

import json
import sys
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

HERE = Path(__file__).parent
sys.path.insert(0, sys.argv[1])
from networks.autoencoder import AutoEncoder, UNetBlock  # noqa: E402

CASES = {
    "mnist": dict(img_resolution=28, in_channels=1, out_channels=2, model_channels=64, channel_mult_enc=[2, 2, 2], num_blocks_enc=2, attn_resolutions=[14], z_channels=1),
    "cifar10": dict(img_resolution=32, in_channels=3, out_channels=6, model_channels=128, channel_mult_enc=[2, 2, 4], num_blocks_enc=4, attn_resolutions=[16, 8], z_channels=16),
    "celeba64": dict(img_resolution=64, in_channels=3, out_channels=6, model_channels=128, channel_mult_enc=[1, 2, 2, 4], num_blocks_enc=2, attn_resolutions=[16, 8], z_channels=64),
    "vector": dict(img_resolution=16, in_channels=3, out_channels=3, model_channels=12, channel_mult_enc=[1, 3], num_blocks_enc=1, attn_resolutions=[16], z_channels=5, final_dim=5),
}


def count(case: dict) -> dict:
    net = AutoEncoder(**case, channel_mult_dec=case["channel_mult_enc"], num_blocks_dec=case["num_blocks_enc"], dropout=0.0)
    size = case["img_resolution"]
    found: list[int] = []
    for block in net.decoder.dec.values():
        if isinstance(block, UNetBlock) and block.conv0.up:
            block.skip.register_forward_hook(
                lambda module, _, out: found.append(2 * module.weight.numel() * out.shape[2] * out.shape[3])
            )

    def conv(x, w, bias, stride, padding, dilation, transposed, output_padding, groups, out_val=None, **_):
        flops = conv_flop_count(x.shape, w.shape, out_val.shape, transposed=transposed)
        return 0 if groups > 1 else flops

    conv._get_raw = True
    x = torch.zeros(1, case["in_channels"], size, size)

    def forward():
        emb = net.time_embedding(torch.zeros(1))
        mu, std = net.encoder(x, emb)
        return net.decoder(mu + std, emb)

    mapping = {torch.ops.aten.convolution: conv}
    with FlopCounterMode(display=False, custom_mapping=mapping) as counter:
        forward()
    up_skips = sum(found)
    with FlopCounterMode(display=False) as plain:
        forward()
    with FlopCounterMode(display=False) as both:
        forward().sum().backward()
    return {
        "parameters": sum(p.numel() for p in net.parameters()),
        # FLOPs of one image
        "forward": plain.get_total_flops(),
        "filters": plain.get_total_flops() - counter.get_total_flops(),
        "upSkips": up_skips,
        "forwardAndBackward": both.get_total_flops(),
    }


if __name__ == "__main__":
    result = {name: count(case) for name, case in CASES.items()}
    (HERE / "flops.json").write_text(json.dumps({"torch": torch.__version__, "cases": result}, indent=1) + "\n")
    print(json.dumps(result, indent=1))
