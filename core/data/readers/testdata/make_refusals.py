"""Makes `refusals/`: files that are well made, but hold no images.

Run: python make_refusals.py  (NumPy 2.4)
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "refusals"
HERE.mkdir(exist_ok=True)
rng = np.random.default_rng(1)
# What pytorch-fid and clean-fid keep, here of 64 features; 64 of them look like images of 8 × 8.
features = rng.standard_normal((100, 64))
np.savez(HERE / "fid.npz", mu=features.mean(0), sigma=np.cov(features, rowvar=False))
np.savez_compressed(HERE / "fid-packed.npz", mu=features[:, :12].mean(0), sigma=np.cov(features[:, :12], rowvar=False))
np.savez(HERE / "empty.npz", images=np.zeros((0, 32, 32, 3), np.uint8), labels=np.zeros(0, np.int64))
np.savez(HERE / "empty-list.npz", np.zeros(0))
np.save(HERE / "empty.npy", np.zeros((0,), np.uint8))
one = rng.integers(0, 256, (3, 12, 16), dtype=np.uint8)
np.save(HERE / "one-image.npy", one)
np.savez(HERE / "one-image.npz", image=one)
np.savez(HERE / "three-images.npz", images=one, labels=[0, 1, 1])
