"""Features that the published code makes with weights from a rule: make_features.py DINOV2_REPOSITORY > features.json

For development only; needs torch 2.5, torchvision, pytorch-fid 0.3.0, torch-fidelity 0.4.0, Pillow and a clone of DINOv2's
repository. The weights of these networks are in no package, so each number of a weight follows from its tensor's place among
the names in alphabetical order and from its own place (`rule`), here and in test-weights.ts.
"""

import json
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from PIL import Image

warnings.filterwarnings("ignore")


def image(height, width, channels, seed):
    """As in core/metrics/testdata/make_fixtures.py."""
    i = np.arange(height * width * channels, dtype=np.int64)
    return ((i * 7919 + seed * 104729 + i * i * 31) % 256).astype(np.uint8).reshape(height, width, channels)


def uniform(tensor, count):
    """From -1 to 1, by the last step of MurmurHash3."""
    h = (np.arange(1, count + 1, dtype=np.uint64) * 0x9E3779B1 + tensor * 0x85EBCA77).astype(np.uint32)
    h ^= h >> 16
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> 13
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> 16
    return h.astype(np.float64) / 2**31 - 1


def rule(name, tensor, shape):
    u = uniform(tensor, int(np.prod(shape)))
    inputs = int(np.prod(shape[1:]))
    if len(shape) == 4:
        values = u * np.sqrt(6 / inputs)
    elif len(shape) == 2:
        values = u * np.sqrt(3 / inputs)
    elif name.endswith("running_var"):
        values = 1 + 0.5 * u
    elif name.endswith("gamma"):
        values = 0.5 + 0.2 * u
    elif name.endswith("weight"):
        values = 1 + 0.2 * u
    else:
        values = 0.2 * u
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def weights(shapes):
    return {name: rule(name, i, shapes[name]) for i, name in enumerate(sorted(shapes))}


def needed(module, leave_out):
    return {
        name: tuple(value.shape)
        for name, value in module.state_dict().items()
        if not name.endswith("num_batches_tracked") and not name.startswith(leave_out)
    }


def told(features):
    features = features.double()
    return {
        "every10th": features[::10].tolist(),
        "sum": float(features.sum()),
        "largest": float(features.abs().max()),
    }


IMAGES = [(28, 28, 1), (32, 32, 3), (300, 400, 3)]


def rgb(shape):
    return np.broadcast_to(image(*shape, 7), (*shape[:2], 3)).copy()


def inception():
    from pytorch_fid import inception as fid

    fid.load_state_dict_from_url = lambda *_, **__: None
    torchvision.models.inception.Inception3.load_state_dict = lambda *_: None
    network = fid.fid_inception_v3()
    state = weights(needed(network, ("fc", "AuxLogits")))
    torch.nn.Module.load_state_dict(network, state, strict=False)
    fid.fid_inception_v3 = lambda: network
    model = fid.InceptionV3([3], resize_input=True, normalize_input=True).eval()
    result = []
    for shape in IMAGES:
        x = torch.from_numpy(rgb(shape)).permute(2, 0, 1)[None].float() / 255
        result.append(told(model(x)[0].flatten()))
    return result, state


def inception_tf1(state):
    from torch_fidelity import feature_extractor_inceptionv3 as fidelity

    fidelity.load_state_dict_from_url = lambda *_, **__: None
    fidelity.FeatureExtractorInceptionV3.load_state_dict = lambda *_: None
    model = fidelity.FeatureExtractorInceptionV3("inception", ["2048"])
    torch.nn.Module.load_state_dict(model, state, strict=False)
    return [told(model(torch.from_numpy(rgb(shape)).permute(2, 0, 1)[None])[0].flatten()) for shape in IMAGES]


def dinov2(width, depth, heads):
    from functools import partial

    from dinov2.layers import MemEffAttention, NestedTensorBlock
    from dinov2.models.vision_transformer import DinoVisionTransformer

    model = DinoVisionTransformer(
        img_size=518,
        patch_size=14,
        init_values=1.0,
        ffn_layer="mlp",
        block_chunks=0,
        interpolate_antialias=False,
        interpolate_offset=0.1,
        embed_dim=width,
        depth=depth,
        num_heads=heads,
        mlp_ratio=4,
        block_fn=partial(NestedTensorBlock, attn_class=MemEffAttention),
    ).eval()
    state = weights(needed(model, ("mask_token",)))
    model.load_state_dict(state, strict=False)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    result = []
    for shape in IMAGES:
        small = np.array(Image.fromarray(rgb(shape)).resize((224, 224), Image.Resampling.BICUBIC))
        x = (torch.from_numpy(small).float() / 255 - mean) / std
        result.append(told(model(x.permute(2, 0, 1)[None])[0]))
    return {"shape": {"width": width, "depth": depth, "heads": heads}, "images": result}


def resized():
    """A few pixels of each way to resize."""
    pixels = {}
    x = torch.from_numpy(rgb((28, 28, 1))).permute(2, 0, 1)[None].float()
    from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x as tf1

    pixels["half-pixel"] = F.interpolate(x, size=(299, 299), mode="bilinear", align_corners=False)[0, 0].flatten()[::997].tolist()
    pixels["corner"] = tf1(x, size=(299, 299), align_corners=False)[0, 0].flatten()[::997].tolist()
    bicubic = Image.fromarray(image(300, 400, 3, 7)).resize((224, 224), Image.Resampling.BICUBIC)
    pixels["bicubic"] = np.array(bicubic).flatten()[::997].tolist()
    return pixels


@torch.no_grad()
def main():
    sys.path.insert(0, sys.argv[1])
    pytorch_fid, state = inception()
    print(
        json.dumps(
            {
                "images": [{"height": h, "width": w, "channels": c} for h, w, c in IMAGES],
                "resized": resized(),
                "inception": pytorch_fid,
                "inception-tf1": inception_tf1(state),
                "dinov2-small": dinov2(384, 12, 6),
                # As wide as ViT-L/14, with two of its blocks.
                "dinov2": dinov2(1024, 2, 16),
            }
        )
    )


main()
