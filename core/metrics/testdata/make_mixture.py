"""Writes mixture.json: points, and the mixture that scikit-learn fits to them. Run with scikit-learn 1.9."""

import json
import pathlib

import numpy as np
from sklearn.mixture import GaussianMixture

FLOOR = 1e-4

random = np.random.default_rng(11)
labels = random.choice(3, size=400, p=[0.5, 0.3, 0.2])
spreads = random.normal(size=(3, 4, 4)) * 0.6
centres = random.normal(size=(3, 4)) * 3
points = np.round(centres[labels] + np.einsum("nij,nj->ni", spreads[labels], random.normal(size=(400, 4))), 4)
points = points.astype(np.float32).astype(np.float64)

model = GaussianMixture(
    3,
    covariance_type="full",
    tol=1e-9,
    max_iter=1000,
    n_init=5,
    reg_covar=FLOOR * points.var(axis=0).mean() + np.finfo(float).eps,
    random_state=0,
).fit(points)
order = np.argsort(-model.weights_)
one = GaussianMixture(1, covariance_type="full", reg_covar=model.reg_covar).fit(points)

pathlib.Path(__file__).with_name("mixture.json").write_text(
    json.dumps(
        {
            "count": len(points),
            "size": points.shape[1],
            "values": points.ravel().tolist(),
            "weights": model.weights_[order].tolist(),
            "means": model.means_[order].ravel().tolist(),
            "covariances": model.covariances_[order].ravel().tolist(),
            "factors": np.linalg.cholesky(model.covariances_[order]).ravel().tolist(),
            "shares": model.predict_proba(points)[:, order].ravel().tolist(),
            "logLikelihood": model.score(points),
            "logLikelihoodOfOne": one.score(points),
        }
    )
    + "\n"
)
