"""
PSNR and SSIM of scikit-image: make_ssim.py > ssim.json

For development only; needs numpy and scikit-image. Images follow from whole numbers, as in make_fixtures.py.
"""

import json

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def image(height, width, channels, seed):
    i = np.arange(height * width * channels, dtype=np.int64)
    return ((i * 7919 + seed * 104729 + i * i * 31) % 256).astype(np.uint8).reshape(height, width, channels)


def case(height, width, channels):
    a = image(height, width, channels, 5)
    b = ((3 * a.astype(int) + image(height, width, channels, 7)) // 4).astype(np.uint8)
    x, y = a / 255, b / 255
    side = min(height, width)
    window = min(11, side if side % 2 else side - 1)
    options = {} if window == 11 else {"truncate": (window // 2) / 1.5}
    # With gaussian_weights the window follows from truncate, 3.5 by default: 11 pixels.
    if options:
        import skimage.metrics._structural_similarity as module

        original = module.gaussian
        module.gaussian = lambda image, **given: original(image, **{**given, **options})
    value = structural_similarity(
        x,
        y,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1,
        channel_axis=-1,
        **({} if window == 11 else {"win_size": window}),
    )
    if options:
        module.gaussian = original
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "ssim": float(value),
        "psnr": float(peak_signal_noise_ratio(x, y, data_range=1)),
    }


print(json.dumps([case(*shape) for shape in [(28, 28, 1), (32, 32, 3), (17, 23, 3), (11, 11, 1), (8, 8, 1), (5, 9, 3)]]))
