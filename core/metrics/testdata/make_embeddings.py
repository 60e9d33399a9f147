"""Writes embeddings.json: points, and what scikit-learn says of them. Run with scikit-learn 1.9."""

import json
import pathlib

import numpy as np
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.manifold._t_sne import _joint_probabilities
from sklearn.neighbors import KNeighborsClassifier
from sklearn.model_selection import LeaveOneOut, cross_val_score

random = np.random.default_rng(7)


def clusters(count, size, groups):
    """Groups of different widths along a bent line: neither too easy nor without structure."""
    labels = np.arange(count) % groups
    centres = np.cumsum(random.normal(size=(groups, size)) * 2.5, axis=0)
    points = centres[labels] + random.normal(size=(count, size)) * (0.4 + 0.5 * labels[:, None])
    return np.round(points, 4), labels


small, small_labels = clusters(60, 6, 3)
large, _ = clusters(240, 8, 6)
wide = np.round(random.normal(size=(16, 520)) * np.linspace(3, 0.1, 520), 2)


def pca(points):
    model = PCA(n_components=2, svd_solver="full")
    scores = model.fit_transform(points)
    return {"scores": scores.ravel().tolist(), "explained": model.explained_variance_ratio_.tolist()}


def divergence(points, perplexity):
    model = TSNE(method="exact", init="pca", perplexity=perplexity, random_state=0)
    model.fit(points)
    return float(model.kl_divergence_)


def shape(points):
    return {"count": len(points), "size": points.shape[1], "values": points.ravel().tolist()}


result = {
    "small": {
        **shape(small),
        "labels": small_labels.tolist(),
        "pca": pca(small),
        "perplexity": 12,
        "joint": [float(f"{p:.9g}") for p in _joint_probabilities(squareform(pdist(small, "sqeuclidean")), 12, 0)],
        "divergence": divergence(small, 12),
        "meanDistance": float(pdist(small).mean()),
        "agreement": float(cross_val_score(KNeighborsClassifier(1), small, small_labels, cv=LeaveOneOut()).mean()),
    },
    "large": {**shape(large), "perplexity": 30, "divergence": divergence(large, 30)},
    "wide": {**shape(wide), "pca": pca(wide)},
}
target = pathlib.Path(__file__).with_name("embeddings.json")
target.write_text(json.dumps(result, separators=(",", ":")) + "\n")
