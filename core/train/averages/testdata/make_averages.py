"""
Reference values for averages of power function profiles, made with numpy alone: the weights' walk is averaged step by step
as it goes, exponents are roots of the paper's polynomial, and the best sum of snapshots is found by least squares over
profiles on a fine grid of times.  python make_averages.py > averages.json
"""
import json

import numpy as np

STEPS, EVERY, GRID = 600, 50, 240_000


def exponent(length):
    roots = np.roots([1, 7, 16 - length**-2, 12 - length**-2])
    return float(roots[np.isreal(roots)].real.max())


def average(walk, gamma, upto):
    value = 0.0
    for t in range(1, upto + 1):
        keep = (1 - 1 / t) ** (gamma + 1)
        value = keep * value + (1 - keep) * walk[t - 1]
    return value


rng = np.random.default_rng(3)
walk = np.round(np.cumsum(rng.normal(size=STEPS)) * 0.05 + np.log1p(np.arange(STEPS)), 5)
tracked = [exponent(length) for length in (0.05, 0.1)]
times = list(range(EVERY, STEPS + 1, EVERY))
snapshots = [(t, gamma) for t in times for gamma in tracked]
grid = (np.arange(GRID) + 0.5) / GRID * STEPS


def profile(t, gamma):
    return np.where(grid <= t, (gamma + 1) * (grid / t) ** gamma / t, 0)


columns = np.stack([profile(*snapshot) for snapshot in snapshots], 1)
values = np.array([average(walk, gamma, t) for t, gamma in snapshots])
made = {}
for length in (0.03, 0.05, 0.08, 0.15, 0.25):
    gamma = exponent(length)
    shares, *_ = np.linalg.lstsq(columns, profile(STEPS, gamma), rcond=None)
    made[str(length)] = {
        "made": float(shares @ values),
        "true": float(average(walk, gamma, STEPS)),
        "sum": float(shares.sum()),
    }
print(
    json.dumps(
        {
            "exponents": {str(s): exponent(s) for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.28)},
            "times": times,
            "walk": walk.tolist(),
            "snapshots": values.tolist(),
            "averages": made,
        }
    )
)
