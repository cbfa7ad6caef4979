#!/usr/bin/env python3
"""Writes tests/data/operations.safetensors: what PyTorch computes for the samples of tests/libtensor/samples.c, in
float64. Only needed to change the tests; NumPy and PyTorch (Debian's python3-torch).

    tests/tools/make_operation_values.py tests/data/operations.safetensors

Case k of sample s holds the operands `s.k.a`, `s.k.b`, ..., the classes `s.k.class` where it takes some, the result
`s.k.y`, a random cotangent `s.k.dy` and the gradients to the operands `s.k.da`, ... """
import sys

import numpy as np
import torch
import torch.nn.functional as F

from safetensors_file import write

# The sparsity and the index of tests/libtensor/sample_places.c.
ROW, COLUMN, N, M = torch.tensor([0, 0, 1, 3, 3, 4, 4]), torch.tensor([0, 3, 1, 0, 1, 1, 3]), 5, 4
INDEX = torch.tensor([3, 0, 0, 2, 3, 3])


def matrix(w):
    return torch.zeros(N, M, dtype=w.dtype).index_put((ROW, COLUMN), w)


def sums(a, index, size):
    return torch.zeros(size, *a.shape[1:], dtype=a.dtype).index_add(0, index, a)


def maxima(a, index, size):
    places = index.reshape(-1, *[1] * (a.dim() - 1)).expand_as(a)
    out = torch.zeros(size, *a.shape[1:], dtype=a.dtype)
    return out.scatter_reduce(0, places, a, "amax", include_self=False)


def means(a, index, size):
    count = sums(torch.ones(len(index), dtype=a.dtype), index, size).clamp(min=1)
    return sums(a, index, size) / count.reshape(-1, *[1] * (a.dim() - 1))


def edge_softmax(a):
    out = torch.zeros_like(a)
    for row in range(N):
        out = out.index_put((torch.where(ROW == row)[0],), torch.softmax(a[ROW == row], 0))
    return out


def part(a, axis):
    size = a.shape[axis]
    return a.narrow(axis, size // 3, (size + 1) // 2)


def split(a):
    x, y, z = a.chunk(3, 1)
    return x * (y - z)


def one_hot(a, places):
    inside = (places >= 0) & (places < a.shape[-1])
    return a * F.one_hot(places.clamp(0, a.shape[-1] - 1), a.shape[-1]) * inside.unsqueeze(-1)


def cross_entropy(a, places):
    return F.cross_entropy(a.reshape(-1, a.shape[-1]), places.reshape(-1), ignore_index=-1)


def hinge(z):
    return torch.where(z > 0, 0.5 * (1 - z).clamp(min=0) ** 2, 0.5 - z)


ONE, TWO, SPARSE = "3,4;5;;2,3,2", "3,4|3,4;4|3,4;3,1|1,4;|2,3;2,1,3|4,1", "7|4,3;7|4"
EDGES, SEGMENTS = "7,3;7;7,2,2", "6,3;6;6,2,2"

# sample: function, shapes of the operands, range of each operand (the last one for all that follow)
CASES = {
    "add": (torch.add, TWO, (-2, 2)),
    "sub": (torch.sub, TWO, (-2, 2)),
    "mul": (torch.mul, TWO, (-2, 2)),
    "div": (torch.div, TWO, (0.5, 2)),
    "div_no_nan": (torch.div, TWO, (0.5, 2)),
    "equal": (lambda a, b: (a == b).double(), TWO, (-2, 2)),
    "less": (lambda a, b: (a < b).double(), TWO, (-2, 2)),
    "minimum": (torch.minimum, TWO, (-2, 2)),
    "maximum": (torch.maximum, TWO, (-2, 2)),
    "pow": (torch.pow, TWO, (0.3, 2.5), (-2, 2)),
    "where_positive": (lambda a, b: torch.where(b > 0, a, torch.zeros_like(a)), TWO, (-2, 2)),
    "where": (lambda c, a, b: torch.where(c > 0, a, b), "3,4|3,4|3,4;4|3,1|;2,1,3|4,1|4,3", (-2, 2)),
    "neg": (torch.neg, ONE, (-2, 2)),
    "relu": (F.relu, ONE, (-2, 2)),
    "tanh": (torch.tanh, ONE, (-2, 2)),
    "sigmoid": (torch.sigmoid, ONE, (-4, 4)),
    "softplus": (F.softplus, ONE, (-4, 4)),
    "sin": (torch.sin, ONE, (-9, 9)),
    "cos": (torch.cos, ONE, (-9, 9)),
    "tan": (torch.tan, ONE, (-1.2, 1.2)),
    "exp": (torch.exp, ONE, (-2, 2)),
    "expm1": (torch.expm1, ONE, (-2, 2)),
    "log": (torch.log, ONE, (0.01, 3)),
    "log1p": (torch.log1p, ONE, (-0.5, 3)),
    "erf": (torch.erf, ONE, (-2, 2)),
    "erfc": (torch.erfc, ONE, (-2, 5)),
    "sqrt": (torch.sqrt, ONE, (0.1, 3)),
    "rsqrt": (torch.rsqrt, ONE, (0.1, 3)),
    "reciprocal": (torch.reciprocal, ONE, (0.1, 3)),
    "square": (torch.square, ONE, (-2, 2)),
    "abs": (torch.abs, ONE, (-2, 2)),
    "sign": (torch.sign, ONE, (-2, 2)),
    "scale": (lambda a: -1.75 * a, ONE, (-2, 2)),
    "detach": (torch.detach, ONE, (-2, 2)),
    "cast": (lambda a: a.float().double(), ONE, (-2, 2)),
    "leaky_relu": (lambda a: F.leaky_relu(a, 0.3), ONE, (-2, 2)),
    "elu": (lambda a: F.elu(a, 1.7), ONE, (-2, 2)),
    "gelu": (F.gelu, ONE, (-3, 3)),
    "silu": (F.silu, ONE, (-4, 4)),
    "clip": (lambda a: a.clamp(-0.9, 1.3), ONE, (-2, 2)),
    "matmul": (torch.matmul, "3,4|4,2;2,3,4|4,5", (-1, 1)),
    "matmul_nt": (lambda a, b: a @ b.T, "3,4|2,4;2,3,4|5,4", (-1, 1)),
    "matmul_t": (lambda a, b: a @ b.mT, "3,4|2,4;2,3,4|2,5,4", (-1, 1)),
    "t_matmul": (lambda a, b: a.mT @ b, "4,3|4,2;3,4,2|4,5;2,4,3|2,4,5", (-1, 1)),
    "t_matmul_t": (lambda a, b: a.mT @ b.mT, "4,3|2,4;2,4,3|2,5,4", (-1, 1)),
    "linear": (F.linear, "3,4|2,4|2;2,3,4|5,4|5", (-1, 1)),
    "batched_matmul": (torch.matmul, "2,3,4|2,4,5;3,2,4|4,5;2,3,1,4|3,4,2;5,1,3,2|2,2,4;3,4|2,4,2", (-1, 1)),
    "outer": (torch.outer, "3|4", (-1, 1)),
    "dot": (torch.dot, "4|4", (-1, 1)),
    "sum_all": (torch.sum, "3,4;5", (-1, 1)),
    "sum_first": (lambda a: a.sum(0), "3,4;2,3,4", (-1, 1)),
    "sum_last": (lambda a: a.sum(1, keepdim=True), "3,4;2,3,4", (-1, 1)),
    "sum_outer": (lambda a: a.sum((0, 2)), "2,3,4", (-1, 1)),
    "max_all": (torch.amax, "3,4;5", (-1, 1)),
    "max_first": (lambda a: a.amax(0, keepdim=True), "3,4;2,3,4", (-1, 1)),
    "max_last": (lambda a: a.amax(1), "3,4", (-1, 1)),
    "min_all": (torch.amin, "3,4;5", (-1, 1)),
    "min_outer": (lambda a: a.amin((0, 2), keepdim=True), "2,3,4", (-1, 1)),
    "mean": (lambda a: a.mean(1), "3,4;2,3,4", (-1, 1)),
    "var": (lambda a: a.var(0, unbiased=False), "3,4;2,3,4", (-1, 1)),
    "var_sample": (lambda a: a.var(1, unbiased=True, keepdim=True), "3,4;2,3,4", (-1, 1)),
    "prod_all": (torch.prod, "3,4;5", (0.5, 1.5)),
    "prod_first": (lambda a: a.prod(0, keepdim=True), "3,4;7,1;2,3,2", (-1, 1)),
    "prod_outer": (lambda a: a.prod(2).prod(0), "2,3,3", (-1, 1)),
    "norm1": (lambda a: torch.linalg.vector_norm(a, 1), "3,4", (-1, 1)),
    "norm2": (lambda a: torch.linalg.vector_norm(a, 2, 0), "3,4;2,3,2", (-1, 1)),
    "logsumexp": (lambda a: a.logsumexp(1), "3,4;2,3,4", (-30, 30)),
    "logsumexp_outer": (lambda a: a.logsumexp((0, 2), keepdim=True), "2,3,4", (-3, 3)),
    "softmax_first": (lambda a: a.softmax(0), "3,4;5;2,3,4", (-3, 3)),
    "softmax_last": (lambda a: a.softmax(1), "3,4;2,3,4", (-30, 30)),
    "log_softmax_first": (lambda a: a.log_softmax(0), "3,4;5;2,3,4", (-3, 3)),
    "log_softmax_last": (lambda a: a.log_softmax(1), "3,4;2,3,4", (-30, 30)),
    "layer_norm": (lambda a: F.layer_norm(a, a.shape[-1:], eps=0.1), "3,4;2,3,4;6", (-1, 1)),
    "layer_norm_affine": (lambda a, w, b: F.layer_norm(a, w.shape, w, b, 1e-3), "3,4|4|4;2,3,5|5|5", (0.5, 2)),
    "argmax_first": (lambda a: a.argmax(0).double(), "3,4;7;2,3,4", (-1, 1)),
    "argmax_last": (lambda a: a.argmax(-1).double(), "3,4;7;2,3,4", (-1, 1)),
    "mse": (F.mse_loss, "3,4|3,4", (-1, 1)),
    "l1": (F.l1_loss, "3,4|3,4", (-1, 1)),
    "distance": (torch.dist, "3,4|3,4", (-1, 1)),
    "huber": (lambda a, b: F.huber_loss(a, b, delta=0.7), "3,4|3,4", (-1, 1)),
    "binary_cross_entropy": (F.binary_cross_entropy_with_logits, "3,4|3,4", (-5, 5), (0, 1)),
    "cross_entropy": (cross_entropy, "6,5;2,3,5", (-3, 3)),
    "cross_entropy_soft": (lambda a, b: F.cross_entropy(a, b.softmax(-1)), "3,4|3,4", (-3, 3)),
    "cross_entropy_weights": (lambda a, b: -(b * a.log_softmax(-1)).sum() / b.sum(), "3,4|3,4", (0.1, 1)),
    "one_hot": (one_hot, "6,5;2,3,5;5", (-1, 1)),
    "reshape": (torch.flatten, "3,4;2,3,2", (-1, 1)),
    "broadcast": (lambda a: a.expand(2, 3, 4), "3,4;;2,1,4;1,3,1;3,1", (-1, 1)),
    "broadcast_rows": (lambda a: a.expand(3, a.shape[0], 2), "4,1;5,2", (-1, 1)),
    "transpose": (lambda a: a.mT, "3,4;2,3,4", (-1, 1)),
    "permute_cycle": (lambda a: a.permute(2, 0, 1), "2,3,4", (-1, 1)),
    "permute_inner": (lambda a: a.permute(0, 3, 1, 2), "2,3,4,2", (-1, 1)),
    "concat0": (lambda a, b: torch.cat((a, b), 0), "3,4|2,4", (-1, 1)),
    "concat1": (lambda a, b, c: torch.cat((a, b, c), 1), "3,4|3,1|3,2", (-1, 1)),
    "stack0": (lambda a, b: torch.stack((a, b), 0), "3,4|3,4;3|3", (-1, 1)),
    "stack_last": (lambda a, b, c: torch.stack((a, b, c), -1), "3,4|3,4|3,4", (-1, 1)),
    "split": (split, "2,3;4,6;2,9,2", (-1, 1)),
    "slice0": (lambda a: part(a, 0), "3,4;7", (-1, 1)),
    "slice1": (lambda a: part(a, 1), "3,4;2,7,2", (-1, 1)),
    "pad0": (lambda a: F.pad(a, [0, 0] * (a.dim() - 1) + [1, 2]), "3,4;4;2,3,2", (-1, 1)),
    "pad1": (lambda a: F.pad(a, [0, 0] * (a.dim() - 2) + [2, 0]), "3,4;2,3,2", (-1, 1)),
    "squeeze": (lambda a: a.squeeze(1), "3,1;2,1,3", (-1, 1)),
    "unsqueeze": (lambda a: a.unsqueeze(1), "3;2,3", (-1, 1)),
    "spmm": (lambda w, x: torch.tensordot(matrix(w), x, 1), SPARSE, (-1, 1)),
    "spmm_t": (lambda w, x: torch.tensordot(matrix(w).T, x, 1), "7|5,3;7|5", (-1, 1)),
    "sddmm": (lambda y, x: (y[ROW] * x[COLUMN]).reshape(7, -1).sum(1), "5,3|4,3;5|4;5,2,2|4,2,2", (-1, 1)),
    "edge_gather_row": (lambda a: a[ROW], "5,3;5;5,2,2", (-1, 1)),
    "edge_gather_column": (lambda a: a[COLUMN], "4,3;4;4,2,2", (-1, 1)),
    "edge_sum_row": (lambda a: sums(a, ROW, N), EDGES, (-1, 1)),
    "edge_sum_column": (lambda a: sums(a, COLUMN, M), EDGES, (-1, 1)),
    "edge_max_row": (lambda a: maxima(a, ROW, N), EDGES, (-1, 1)),
    "edge_max_column": (lambda a: maxima(a, COLUMN, M), EDGES, (-1, 1)),
    "edge_softmax": (edge_softmax, EDGES, (-20, 20)),
    "gather_rows": (lambda a: a[INDEX], "4,3;4;4,2,2", (-1, 1)),
    "segment_sum": (lambda a: sums(a, INDEX, 4), SEGMENTS, (-1, 1)),
    "segment_mean": (lambda a: means(a, INDEX, 4), SEGMENTS, (-1, 1)),
    "segment_max": (lambda a: maxima(a, INDEX, 4), SEGMENTS, (-1, 1)),
    "index_select": (lambda a: a.index_select(1, INDEX), "3,4;2,4,3", (-1, 1)),
    "scatter_add": (lambda a, b: a.index_add(0, INDEX, b), "4,3|6,3;4|6", (-1, 1)),
    "gabor": (lambda a: torch.exp(-a * a / 2) * torch.cos(2.5 * a + 0.4), ONE, (-2, 2)),
    "hinge": (lambda a, b: hinge(a * b), TWO, (-1.5, 1.5)),
    "polynomial": (lambda a, c: sum(c[k] * a**k for k in range(len(c))), "3,4|3;5|1;2,3,2|4", (-1, 1)),
    "cumulative_first": (lambda a: a.cumsum(0), "3,4;5;2,3,2", (-1, 1)),
    "cumulative_last": (lambda a: a.flip(-1).cumsum(-1).flip(-1), "3,4;5;2,3,2", (-1, 1)),
}
TAKE_CLASSES = {"cross_entropy", "one_hot"}


def shape_of(text):
    return [int(size) for size in text.split(",") if size]


def evaluate(name, function, shapes, ranges, random):
    operands = []
    for k, text in enumerate(shapes.split("|")):
        low, high = ranges[min(k, len(ranges) - 1)]
        operands.append(torch.tensor(random.uniform(low, high, shape_of(text)), requires_grad=True))
    tensors = dict(zip("abcd", operands))
    if name in TAKE_CLASSES:
        size = operands[0].shape
        tensors["class"] = torch.tensor(random.integers(-1, size[-1], size[:-1]))
    y = function(*tensors.values())
    dy = torch.tensor(random.uniform(-1, 1, y.shape))
    gradients = [None] * len(operands)
    if y.requires_grad:
        gradients = torch.autograd.grad(y, operands, dy, allow_unused=True)
    for letter, operand, gradient in zip("abcd", operands, gradients):
        tensors["d" + letter] = torch.zeros_like(operand) if gradient is None else gradient
    return {**tensors, "y": y, "dy": dy}


random = np.random.default_rng(4)
out = {}
for name, (function, shapes, *ranges) in CASES.items():
    for k, case in enumerate(shapes.split(";")):
        for key, value in evaluate(name, function, case, ranges, random).items():
            out[f"{name}.{k}.{key}"] = value.detach().numpy()
write(sys.argv[1], out)
print(f"{sys.argv[1]}: {len(CASES)} samples, {len(out)} tensors, PyTorch {torch.__version__}")
