#!/usr/bin/env python3
"""Writes tests/models/expected_statistics.h: what SciPy, NumPy and scikit-learn say about inputs that the tests make
themselves (hashed.h). Only needed to change the tests.

    python3 -m venv v && v/bin/pip install numpy scipy scikit-learn
    v/bin/python tests/tools/expected_statistics.py > tests/models/expected_statistics.h
"""
import warnings

import numpy as np
import scipy.optimize
import scipy.stats
import sklearn
import sklearn.metrics
import sklearn.mixture

warnings.simplefilter("ignore")


def hashed(i):
    i = np.asarray(i, dtype=np.uint64)
    i = (i ^ i >> np.uint64(16)) * np.uint64(0x85EBCA6B) & np.uint64(0xFFFFFFFF)
    i = (i ^ i >> np.uint64(13)) * np.uint64(0xC2B2AE35) & np.uint64(0xFFFFFFFF)
    return (i ^ i >> np.uint64(16)).astype(float) / 2.0**32


def show(name, values):
    values = np.atleast_1d(values)
    kind = "int32_t" if values.dtype.kind == "i" else "double"
    text = [str(v) if kind == "int32_t" else float(v).hex() for v in values.ravel()]
    lines, line = [], "   "
    for word in text:
        if len(line) + len(word) + 2 > 118:
            lines.append(line)
            line = "   "
        line += f" {word},"
    lines.append(line)
    print(f"static const {kind} {name}[{len(text)}] = {{")
    print("\n".join(lines))
    print("};\n")


def lines_and_ranks():
    """60 pairs, y depends on x; rounded copies have many ties."""
    i = np.arange(60)
    x = hashed(i) * 8 - 4
    y = 0.7 * x + hashed(i + 1000) * 3 + 2.5
    fit = scipy.stats.linregress(x, y)
    identity = 1 - ((y - x) ** 2).sum() / ((x - x.mean()) ** 2).sum()
    show("expected_line", [fit.slope, fit.intercept, fit.rvalue**2, identity])
    show("expected_spearman", scipy.stats.spearmanr(x, y).statistic)
    show("expected_spearman_ties", scipy.stats.spearmanr(np.floor(x), np.floor(y)).statistic)
    show("expected_ranks", scipy.stats.rankdata(np.floor(x)))
    show("expected_spread", [y.mean(), y.std(), y.std(ddof=1)])


def least_squares():
    """30 frames, 5 neurons, 3 columns; column 2 of neuron 1 is twice its column 0; column 1 of neuron 2 is constant;
    column 2 of neurons 3 and 4 is column 0 and a little more: just above and just below the rank threshold."""
    T, N, P = 30, 5, 3
    t, n = np.meshgrid(np.arange(T), np.arange(N), indexing="ij")
    x = [hashed(t * 64 + n * 4 + p) - 0.25 for p in range(P)]
    x[2][:, 1] = 2 * x[0][:, 1]
    x[1][:, 2] = 0.1
    x[2][:, 3] = x[0][:, 3] + 2.0**-18 * x[2][:, 3]
    x[2][:, 4] = x[0][:, 4] + 2.0**-21 * x[2][:, 4]
    y = 1.5 * x[0] - 0.5 * x[1] + 0.25 * x[2] + 3 + 0.5 * hashed(t * 64 + n * 4 + 3)
    coefficient, offset, r2 = np.zeros((P, N)), np.zeros(N), np.zeros(N)
    for i in range(N):
        a = np.stack([x[p][:, i] for p in range(P)], 1)
        c, b = a - a.mean(0), y[:, i] - y[:, i].mean()
        s = np.linalg.svd(c, compute_uv=False)
        if i >= 3:
            assert (s[-1] / s[0] > 1e-6) == (i == 3), s
        coefficient[:, i] = np.linalg.lstsq(c, b, rcond=1e-6)[0]
        offset[i] = y[:, i].mean() - a.mean(0) @ coefficient[:, i]
        r2[i] = 1 - ((b - c @ coefficient[:, i]) ** 2).sum() / (b**2).sum()
    show("expected_coefficients", coefficient)
    show("expected_offsets", offset)
    show("expected_fit_r2", r2)


def mixture():
    """600 points of 3 features around 4 places, 5 components, from clusters that have little to do with them."""
    n, F, K = 600, 3, 5
    i = np.arange(n)
    spread = [1.5 * (hashed(8 * i + f) + hashed(8 * i + f + 4) - 1) for f in range(F)]
    x = np.stack([(2.0 + f) * (i % 4 == f) + spread[f] for f in range(F)], 1)
    x[:, 2] += 0.5 * x[:, 0]
    start = (np.floor(hashed(i + 77777) * 3).astype(int) + i % 4) % K
    share = np.eye(K)[start]
    size = share.sum(0) + 10 * np.finfo(float).eps
    mean = share.T @ x / size[:, None]
    covariance = [(share[:, k] * (x - mean[k]).T) @ (x - mean[k]) / size[k] + 1e-6 * np.eye(F) for k in range(K)]
    precision = np.linalg.inv(covariance)
    for tol, iterations, name in ((1e-3, 100, "converged"), (0.0, 7, "stopped")):
        m = sklearn.mixture.GaussianMixture(K, tol=tol, max_iter=iterations, weights_init=size / n, means_init=mean,
                                            precisions_init=precision)
        label = m.fit_predict(x)
        show(f"expected_{name}_likelihood", m.lower_bound_)
        show(f"expected_{name}_iterations", int(m.n_iter_))
        show(f"expected_{name}_sizes", np.bincount(label, minlength=K).astype(np.int32))


def agreement():
    """500 points, 7 types, 9 clusters that know the type 60 % of the time."""
    i = np.arange(500)
    kind = np.floor(hashed(i) * 7).astype(int)
    cluster = np.where(hashed(i + 5000) < 0.6, kind + 1, np.floor(hashed(i + 9000) * 9).astype(int))
    table = sklearn.metrics.cluster.contingency_matrix(kind, cluster)
    rows, cols = scipy.optimize.linear_sum_assignment(table, maximize=True)
    show("expected_agreement", [table[rows, cols].sum() / 500, sklearn.metrics.adjusted_rand_score(kind, cluster),
                                sklearn.metrics.normalized_mutual_info_score(kind, cluster)])
    benefit = hashed(np.arange(40 * 65)).reshape(40, 65)
    show("expected_benefit", benefit[scipy.optimize.linear_sum_assignment(benefit, maximize=True)].sum())


print(f"/* Made by tests/tools/expected_statistics.py with SciPy {scipy.__version__}, NumPy {np.__version__}, "
      f"scikit-learn {sklearn.__version__}. */")
print("#ifndef MODELS_EXPECTED_STATISTICS_H\n#define MODELS_EXPECTED_STATISTICS_H\n\n#include <stdint.h>\n")
for part in (lines_and_ranks, least_squares, mixture, agreement):
    part()
print("#endif")
