#!/usr/bin/env python3
"""Writes tests/data/readout.safetensors: what the model of joint_step.h5 does at the frames of the in-distribution
read-out, and what the read-outs must give. Only needed to change the tests; NumPy and h5py.

    tests/tools/readout_fixture.py joint_step.h5 tests/data/readout.safetensors [neurons]

The model is evaluated here by the formulas of models.h and read out by numpy.linalg.lstsq; the script stops
unless that reproduces the file's own metrics to 1e-12. To keep the fixture small, f is kept for the first `neurons`
(30), which include every input neuron. """
import sys

import h5py
import numpy as np

from safetensors_file import write


def mlp(p, name, *inputs):
    x = np.concatenate(inputs, -1)
    for k in range(3):
        x = (np.maximum(x, 0) if k else x) @ p[f"{name}.{k}.weight"].T + p[f"{name}.{k}.bias"]
    return x[..., 0]


def siren(p, x, omega):
    layer = 0
    while f"siren.{layer + 1}.weight" in p:
        x = np.sin(omega * (x @ p[f"siren.{layer}.weight"].T + p[f"siren.{layer}.bias"]))
        layer += 1
    return (x @ p[f"siren.{layer}.weight"].T + p[f"siren.{layer}.bias"])[..., 0] ** 2


def evaluate(h5):
    """v, m, I, f, g^2 [K, N] and the stimulus per column [K, C] at the frames of the read-out."""
    p = {name: h5["param"][name][()] for name in h5["param"]}
    frames = h5["metric/in_distribution/frames"][()]
    T = len(h5["voltage"])
    assert list(frames) == [i * (T - 1) // (len(frames) - 1) for i in range(len(frames))]
    v = h5["voltage"][()][frames]
    a = np.broadcast_to(p["embedding"], (*v.shape, 2))
    g2 = mlp(p, "g_phi", v[..., None], a) ** 2
    m = np.zeros_like(v)
    for e, (source, target) in enumerate(zip(h5["source"][()], h5["target"][()])):
        m[:, target] += p["W"][e] * g2[:, source]
    position = h5["position"][()] * h5.attrs["xy_scale"]
    x = np.empty((len(frames), len(position), 3))
    x[..., 0] = frames[:, None] * h5.attrs["t_scale"]
    x[..., 1:] = position
    field = siren(p, x, h5.attrs["omega"])
    inputs = h5.attrs["n_inputs"]
    stimulus = np.zeros_like(v)
    stimulus[:, :inputs] = field[:, h5["column"][()][:inputs]]
    f = mlp(p, "f_theta", v[..., None], a, m[..., None], stimulus[..., None])
    return p["W"], v, m, stimulus, f, g2, field


def least_squares(columns, y):
    a = np.stack(columns, 1)
    c = np.linalg.lstsq(a - a.mean(0), y - y.mean(), rcond=1e-6)[0]
    return [*c, y.mean() - a.mean(0) @ c]


def read_out(h5, W, v, m, stimulus, f, g2):
    source, target, N = h5["source"][()], h5["target"][()], v.shape[1]
    cv, cm, c0, s, o = np.zeros((5, N))
    for i in range(N):
        columns = [v[:, i], m[:, i]] + ([stimulus[:, i]] if i < h5.attrs["n_inputs"] else [])
        cv[i], cm[i], *_, c0[i] = least_squares(columns, f[:, i])
        if (v[:, i] > 0).sum() > 4:
            s[i], o[i] = least_squares([np.maximum(v[:, i], 0)], g2[:, i])
    tau = -1 / cv
    rest = tau * c0
    np.add.at(rest, target, W * cm[target] * tau[target] * o[source])
    return {"W": W * cm[target] * tau[target] * s[source], "time_constant": tau, "resting_potential": rest}


def main(source, destination, neurons=30):
    with h5py.File(source) as h5:
        W, v, m, stimulus, f, g2, field = evaluate(h5)
        mine, golden = read_out(h5, W, v, m, stimulus, f, g2), h5["metric/in_distribution"]
        for name, x in mine.items():
            error = abs(x - golden[name][()]).max() / abs(golden[name][()]).max()
            print(f"{name}: {error:.1e} of the largest value")
            assert error < 1e-12
        tensors = {"v": v, "g2": g2, "f": f[:, : int(neurons)], "stimulus": field, "W": W}
        tensors |= {name: h5[name][()] for name in ("column", "source", "target")}
        tensors |= {f"in_distribution/{name}": golden[name][()] for name in mine}
        write(destination, tensors)


main(*sys.argv[1:])
