"""
What others compute of the same features and images: make_fixtures.py MOBILENET.pth > measures.json

For development only; needs numpy, scipy, prdc, POT, torch-fidelity 0.4.0 and torchvision. Features and images follow from whole
numbers, so that nothing but results needs to be kept.
"""

import contextlib
import json
import sys

import numpy as np
import ot
import prdc
import scipy.linalg
import torch
import torchvision
from PIL import Image
from torch_fidelity.metric_kid import kernel_mmd


def features(count, size, kind):
    """kind 0 and 1: two sets that overlap; values of float32."""
    i = np.arange(count, dtype=np.int64)[:, None]
    k = np.arange(size, dtype=np.int64)[None]
    values = (i * 7919 + k * 104729 + i * k * (31 + 2 * kind) + i * i * 13 * k) % 1009 / 1009
    return (values * (1 + 0.1 * kind) + 0.2 * kind * (k % 3 == 0)).astype(np.float32)


def image(height, width, channels, seed):
    i = np.arange(height * width * channels, dtype=np.int64)
    return ((i * 7919 + seed * 104729 + i * i * 31) % 256).astype(np.uint8).reshape(height, width, channels)


def frechet(x, y):
    x, y = x.astype(float), y.astype(float)
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = scipy.linalg.sqrtm(a @ b)
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * np.trace(root).real)


def authenticity(train, samples):
    """Share of authentic samples, after Alaa et al. 2022."""
    among = np.linalg.norm(train[:, None] - train[None], axis=2)
    np.fill_diagonal(among, np.inf)
    to = np.linalg.norm(train[:, None] - samples[None], axis=2)
    return float((among.min(0)[to.argmin(0)] < to.min(0)).mean())


def vendi(x):
    x = x.astype(float)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    w = np.linalg.eigvalsh(x @ x.T / len(x))
    w = w[w > 0]
    return float(np.exp(-(w * np.log(w)).sum()))


def directions(count, size):
    values = features(count, size, 0).astype(float) - 0.5
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


def sliced(x, y):
    """Mean of the squared Wasserstein distance along 40 directions."""
    along = directions(40, x.shape[1]).astype(float).T
    return float(ot.sliced_wasserstein_distance(x.astype(float), y.astype(float), projections=along) ** 2)


def measures(count, size):
    x, y = features(count, size, 0), features(count, size, 1)
    kernel = {"kid_kernel": "poly", "kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    kid = kernel_mmd(x.astype(float), y.astype(float), **kernel)
    with contextlib.redirect_stdout(sys.stderr):  # it prints
        manifold = {k: float(v) for k, v in prdc.compute_prdc(x.astype(float), y.astype(float), 5).items()}
    return {
        "count": count,
        "size": size,
        "frechet": frechet(x, y),
        "kernel": float(kid),
        **manifold,
        "authentic": authenticity(x.astype(float), y.astype(float)),
        "vendi": vendi(x),
        "sliced": sliced(x, y),
        "slicedUnequal": sliced(x, y[: count * 2 // 3 + 1]),
    }


def resized(height, width, size):
    plane = Image.fromarray(image(height, width, 1, 5)[:, :, 0].astype(np.float32), "F")
    values = np.asarray(plane.resize((size, size), Image.BILINEAR), dtype=float)
    return {"height": height, "width": width, "size": size, "values": [round(v, 4) for v in values.ravel().tolist()]}


def mobilenet(file, height, width, channels):
    network = torchvision.models.mobilenet_v2()
    network.load_state_dict(torch.load(file, weights_only=True))
    network.eval()
    x = torch.tensor(image(height, width, channels, 7), dtype=torch.float64).permute(2, 0, 1)[None]
    x = torch.nn.functional.interpolate(x, (224, 224), mode="bilinear", antialias=True, align_corners=False)
    x = (x / 255).float().expand(1, 3, 224, 224)
    x = (x - torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    with torch.no_grad():
        values = network.features(x).mean((2, 3))[0].double().numpy()
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "every40th": [float(f"{v:.7g}") for v in values[::40]],
        "sum": float(values.sum()),
        "largest": float(values.max()),
    }


json.dump(
    {
        "measures": [measures(300, 16), measures(40, 64)],
        "deficient": {"count": 50, "size": 2048, "frechet": frechet(features(50, 2048, 0), features(50, 2048, 1))},
        "resized": [resized(5, 7, 9), resized(40, 13, 6)],
        "mobilenet": [mobilenet(sys.argv[1], *s) for s in ((28, 28, 1), (32, 32, 3), (300, 200, 3))],
    },
    sys.stdout,
    indent=1,
)
print()
