#!/usr/bin/env python3
"""Writes tests/data/optimizers.safetensors: the first steps of PyTorch's optimizers, in float64. Only needed to change
the tests; NumPy and PyTorch (Debian's python3-torch).

    tests/tools/make_optimizer_values.py tests/data/optimizers.safetensors

Two tensors, a and b, of one group each: `begin.a` their values, `gradient.a` their gradients, one a step. Each case
holds `CASE.settings`, numbers in the order of SETTINGS, `CASE.a` the values after each step, and the moments after the
last one, `CASE.a.first` and `CASE.a.second`, where there are some."""
import sys

import numpy as np
import torch

from safetensors_file import write

SHAPES, STEPS = {"a": (3, 4), "b": (5,)}, 6
SETTINGS = ["kind", "momentum", "nesterov", "beta1", "beta2", "epsilon", "decay_a", "decay_b", "clip_norm",
            "clip_value", "rate_a", "rate_b"]

# The kinds of tensor.h in its order, what PyTorch calls the settings, and where it keeps the moments.
ADAM = (lambda s: dict(betas=(s["beta1"], s["beta2"]), eps=s["epsilon"]), "exp_avg", "exp_avg_sq")
KINDS = [
    (torch.optim.SGD, lambda s: dict(momentum=s["momentum"], nesterov=bool(s["nesterov"])), "momentum_buffer", None),
    (torch.optim.Adam, *ADAM),
    (torch.optim.AdamW, *ADAM),
    (torch.optim.RMSprop, lambda s: dict(momentum=s["momentum"], alpha=s["beta2"], eps=s["epsilon"]),
     "momentum_buffer", "square_avg"),
]

RATES = dict(rate_a=0.1, rate_b=0.03)
CASES = {
    "sgd": dict(kind=0),
    "sgd_decay": dict(kind=0, decay_a=0.3, decay_b=0.07),
    "sgd_momentum": dict(kind=0, momentum=0.8),
    "sgd_nesterov": dict(kind=0, momentum=0.8, nesterov=1, decay_a=0.2, decay_b=0.2),
    "adam": dict(kind=1, beta1=0.9, beta2=0.999, epsilon=1e-8),
    "adam_decay": dict(kind=1, beta1=0.7, beta2=0.9, epsilon=1e-2, decay_a=0.4, decay_b=0.1),
    "adam_clip_norm": dict(kind=1, beta1=0.9, beta2=0.99, epsilon=0.1, clip_norm=2.5),
    "adamw": dict(kind=2, beta1=0.9, beta2=0.999, epsilon=1e-8, decay_a=0.01, decay_b=0.01),
    "adamw_groups": dict(kind=2, beta1=0.6, beta2=0.95, epsilon=1e-3, decay_a=1.5, decay_b=0),
    "rmsprop": dict(kind=3, beta2=0.99, epsilon=1e-8),
    "rmsprop_decay": dict(kind=3, beta2=0.8, epsilon=1e-2, decay_a=0.3, decay_b=0.3),
    "rmsprop_momentum": dict(kind=3, momentum=0.7, beta2=0.9, epsilon=1e-4, clip_value=0.8),
}


def clip(parameters, settings):
    """Not clip_grad_norm_, which divides by the norm + 1e-6."""
    norm = torch.sqrt(sum((p.grad**2).sum() for p in parameters))
    for p in parameters:
        if 0 < settings["clip_norm"] < norm:
            p.grad *= settings["clip_norm"] / norm
        if settings["clip_value"]:
            p.grad.clamp_(-settings["clip_value"], settings["clip_value"])


def train(settings, begin, gradient):
    parameters = {name: torch.nn.Parameter(torch.tensor(value)) for name, value in begin.items()}
    groups = [dict(params=[p], lr=settings["rate_" + name], weight_decay=settings["decay_" + name])
              for name, p in parameters.items()]
    make, options, first, second = KINDS[settings["kind"]]
    optimizer = make(groups, lr=1, **options(settings))
    values = {name: [] for name in parameters}
    for step in range(STEPS):
        for name, p in parameters.items():
            p.grad = torch.tensor(gradient[name][step])
        clip(parameters.values(), settings)
        optimizer.step()
        for name, p in parameters.items():
            values[name].append(p.detach().numpy().copy())
    out = {name: np.array(steps) for name, steps in values.items()}
    for name, p in parameters.items():
        for moment, key in (("first", first), ("second", second)):
            if optimizer.state[p].get(key) is not None:
                out[f"{name}.{moment}"] = optimizer.state[p][key].numpy()
    return out


random = np.random.default_rng(5)
begin = {name: random.normal(size=shape) for name, shape in SHAPES.items()}
gradient = {name: random.normal(size=(STEPS, *shape)) for name, shape in SHAPES.items()}
out = {f"begin.{name}": value for name, value in begin.items()}
out |= {f"gradient.{name}": value for name, value in gradient.items()}
for case, chosen in CASES.items():
    settings = dict.fromkeys(SETTINGS, 0) | RATES | chosen
    out[f"{case}.settings"] = np.array([settings[name] for name in SETTINGS], dtype=float)
    out |= {f"{case}.{key}": value for key, value in train(settings, begin, gradient).items()}
write(sys.argv[1], out)
print(f"{sys.argv[1]}: {len(CASES)} cases, {len(out)} tensors, PyTorch {torch.__version__}")
