#!/usr/bin/python3
"""The workloads of the program bench in PyTorch, so that both can be compared on the same data in the same minute.

Started by bench with the directory of the shared data; answers one line on standard output to each on standard input:

    value FORMULATION/LINE THREADS      a number, computed by the first run: the same as ours, or the workload differs
    FORMULATION/LINE THREADS [RUNS]     the seconds of each run

FORMULATION is `published`, in which g_phi is evaluated for every synapse and the SIREN for every photoreceptor, or
`expert`, in which g_phi is evaluated once per neuron, the SIREN once per column, and each choice between equivalent
operations is made by measuring them. LINE.safetensors holds tensors and numbers; its `kind` says what to compute.
"""
import ctypes
import json
import os
import re
import signal
import sys
import time
import warnings

import torch
from torch.nn.functional import cross_entropy, linear, relu

PHOTORECEPTORS = 8  # per column, all of which see the same
TYPES = {"F32": torch.float32, "F64": torch.float64, "I32": torch.int32}


# ---- shared data ----


class Data:
    """Tensors and numbers of one workload. Index tensors become int64, as PyTorch wants them."""

    def __init__(self, path):
        with open(path, "rb") as file:
            raw = bytearray(file.read())
        start = 8 + int.from_bytes(raw[:8], "little")
        header = json.loads(raw[8:start])
        self.number = header.pop("__metadata__")
        self.tensor = {}
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            dtype = TYPES[entry["dtype"]]
            count = (last - first) // torch.empty(0, dtype=dtype).element_size()
            values = torch.frombuffer(raw, dtype=dtype, count=count, offset=start + first) if count else torch.empty(0)
            values = values.reshape(entry["shape"]).clone()
            self.tensor[name] = values.long() if dtype == torch.int32 else values

    def __getitem__(self, name):
        return self.tensor[name]

    def real(self, name):
        return float(self.number[name])

    def integer(self, name):
        return int(self.real(name))

    def parameters(self):
        """Copies: each way to compute begins from the same values."""
        return {
            name: torch.nn.Parameter(values.clone())
            for name, values in self.tensor.items()
            if re.match(r"(g_phi|f_theta|siren|convolution)\.|embedding$|W$", name)
        }


# ---- choosing between ways to compute the same ----


def seconds_of(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def seconds_when_warm(run):
    run()
    seconds = seconds_of(run)
    return min(seconds, seconds_of(run), seconds_of(run)) if seconds < 0.5 else seconds


def fastest(ways, measure):
    """The way of which measure(way) is the least; not measured where there is no choice."""
    return min(ways, key=measure) if len(ways) > 1 else ways[0]


# ---- sparse products: y[i] = sum over synapses e = (i <- j) of w[e] x[j], x [M, B] ----


class Synapses:
    """The synapses in the forms that the different ways to multiply want."""

    def __init__(self, source, target, rows, columns):
        self.source, self.target, self.rows, self.columns = source, target, rows, columns
        self.place, self.back_place = torch.stack([target, source]), torch.stack([source, target])
        self.start = self.starts(target, rows)
        self.back = torch.argsort(source, stable=True)  # by source, then by target
        self.back_start = self.starts(source, columns)
        self.back_target = target[self.back]
        self.chosen = {}

    @staticmethod
    def starts(index, n):
        count = torch.bincount(index, minlength=n)
        return torch.cat([torch.zeros(1, dtype=torch.int64), torch.cumsum(count, 0)])

    def ways(self, frames):
        """The fastest way forward, to w and to x, for so many frames."""
        if frames not in self.chosen:
            w, x, dy = torch.randn(len(self.source)), torch.randn(self.columns, frames), torch.randn(self.rows, frames)
            with torch.no_grad():
                self.chosen[frames] = tuple(
                    fastest(ways, lambda way: seconds_when_warm(lambda: way(self, a, b)))
                    for ways, a, b in ((FORWARD, w, x), (TO_W, dy, x), (TO_X, w, dy))
                )
        return self.chosen[frames]


def add_by_index(n, index, values):
    return torch.zeros(n, values.shape[1]).index_add(0, index, values)


def add_by_scatter(n, index, values):
    return torch.zeros(n, values.shape[1]).scatter_add(0, index[:, None].expand(-1, values.shape[1]), values)


def csr(start, index, w, shape):
    return torch._sparse_csr_tensor_unsafe(start, index, w, shape)


FORWARD = [
    lambda s, w, x: add_by_index(s.rows, s.target, w[:, None] * x[s.source]),
    lambda s, w, x: add_by_scatter(s.rows, s.target, w[:, None] * x[s.source]),
    lambda s, w, x: torch.sparse.mm(torch.sparse_coo_tensor(s.place, w, (s.rows, s.columns)), x),
    lambda s, w, x: csr(s.start, s.source, w, (s.rows, s.columns)) @ x,
]
TO_X = [
    lambda s, w, dy: add_by_index(s.columns, s.source, w[:, None] * dy[s.target]),
    lambda s, w, dy: add_by_scatter(s.columns, s.source, w[:, None] * dy[s.target]),
    lambda s, w, dy: torch.sparse.mm(torch.sparse_coo_tensor(s.back_place, w, (s.columns, s.rows)), dy),
    lambda s, w, dy: csr(s.back_start, s.back_target, w[s.back], (s.columns, s.rows)) @ dy,
]
TO_W = [
    lambda s, dy, x: (dy[s.target] * x[s.source]).sum(1),
    lambda s, dy, x: torch.einsum("ek,ek->e", dy[s.target], x[s.source]),
]


class ByHand(torch.autograd.Function):
    """Product and gradients, each in the fastest way: what an expert writes where PyTorch's own gradient is slow."""

    @staticmethod
    def forward(context, s, w, x):
        context.s = s
        context.save_for_backward(w, x)
        return s.ways(x.shape[1])[0](s, w, x)

    @staticmethod
    def backward(context, dy):
        s, (w, x) = context.s, context.saved_tensors
        _, to_w, to_x = s.ways(x.shape[1])
        return None, to_w(s, dy, x), to_x(s, w, dy)


PRODUCTS = [FORWARD[0], FORWARD[1], ByHand.apply]  # as functions with a gradient


# ---- the model ----


def mlp(p, name, layers, x):
    for i in range(layers):
        x = linear(x, p[f"{name}.{i}.weight"], p[f"{name}.{i}.bias"])
        if i < layers - 1:
            x = relu(x)
    return x[..., 0]


def siren(p, layers, x, omega=None):
    """sin(A x + b), or, with an omega, sin(omega (A x + b)) as published."""
    for i in range(layers + 2):
        x = linear(x, p[f"siren.{i}.weight"], p[f"siren.{i}.bias"])
        if i <= layers:
            x = torch.sin(x if omega is None else omega * x)
    return x[..., 0]


def beside(v, a):
    """v [n, B] and the embedding a [n, K] of its neurons -> [n, B, 1 + K]"""
    return torch.cat([v[..., None], a[:, None, :].expand(-1, v.shape[1], -1)], 2)


class Network:
    """What om_joint_step describes. Neurons are the leading axis and frames the second, as in our own model."""

    def __init__(self, d, published, product):
        self.published, self.product = published, product
        self.p = d.parameters()
        self.layers, self.xnorm = d.integer("layers"), d.real("xnorm") if "xnorm" in d.number else 0
        self.neurons = d.integer("neurons")
        self.source, self.target, self.column = d["source"], d["target"], d["column"]
        self.inputs, self.presynaptic = d["inputs"], d["presynaptic"]
        self.synapses = Synapses(self.source, self.target, self.neurons, self.neurons)

    def g(self, v, a):
        return mlp(self.p, "g_phi", self.layers, beside(v, a)) ** 2

    def f(self, v, a, m, stimulus):
        k = a[:, None, :].expand(-1, v.shape[1], -1)
        x = torch.cat([v[..., None], k, m[..., None], stimulus[..., None]], 2)
        return mlp(self.p, "f_theta", self.layers, x)

    def seen(self, field):
        """Stimulus [C, B] -> what each neuron sees [N, B]"""
        every = torch.zeros(self.neurons, field.shape[1])
        return every.index_copy(0, self.inputs, field[self.column[self.inputs]])

    def probes(self, first):
        return torch.stack([first, first + 0.05 * self.xnorm, torch.full_like(first, 2 * self.xnorm)], 1)

    def messages(self, v, probes):
        """m [N, B], and g_phi at the probes [N, 3] where they are given."""
        p, b = self.p, v.shape[1]
        a = p["embedding"]
        if self.published:
            g = self.g(v[self.source], a[self.source])
            target = self.target[:, None].expand(-1, b)
            m = torch.zeros(self.neurons, b).scatter_add(0, target, p["W"][:, None] * g)
            return m, self.g(probes, a.detach())
        if probes is None:
            return self.product(self.synapses, p["W"], self.g(v, a)), None
        fixed = a.detach()[:, None, :].expand(-1, 3, -1)
        both = torch.cat([a[:, None, :].expand(-1, b, -1), fixed], 1)
        x = torch.cat([torch.cat([v, probes], 1)[..., None], both], 2)
        g = mlp(p, "g_phi", self.layers, x) ** 2
        return self.product(self.synapses, p["W"], g[:, :b]), g[:, b:]


class NetworkStep(Network):
    def __init__(self, d, published, product):
        super().__init__(d, published, product)
        self.v, self.y = d["voltage"].t().contiguous(), d["derivative"].t().contiguous()
        self.batch = self.v.shape[1]
        self.coefficients = d["coefficients"].tolist()
        self.siren_layers, self.input_weight = d.integer("siren_layers"), self.coefficients[-1]
        self.field = d["stimulus"].t().contiguous() if self.siren_layers < 0 else None
        self.coordinates = d["coordinates"][0] if self.siren_layers >= 0 else None  # of the one window
        self.extra = "input_voltage" in d.tensor
        if self.extra:
            self.begin_input_only(d)

    def begin_input_only(self, d):
        names = ["input_voltage", "input_derivative", "presynaptic_voltage"]
        self.input_v, self.input_y, self.pre_v = (d[name].t().contiguous() for name in names)
        row, col = torch.full([self.neurons], -1), torch.full([self.neurons], -1)
        row[self.inputs] = torch.arange(len(self.inputs))
        col[self.presynaptic] = torch.arange(len(self.presynaptic))
        self.entries = torch.nonzero(row[self.target] >= 0)[:, 0]
        self.part = Synapses(col[self.source[self.entries]], row[self.target[self.entries]], len(self.inputs),
                             len(self.presynaptic))

    def input_residual(self, field):
        a = self.p["embedding"]
        g = self.g(self.pre_v, a[self.presynaptic])
        m = self.product(self.part, self.p["W"][self.entries], g)
        return self.f(self.input_v, a[self.inputs], m, field[self.column[self.inputs]]) - self.input_y

    def prediction(self, residual, extra_field):
        if not self.extra:
            return torch.linalg.vector_norm(residual)
        driven = torch.zeros(self.neurons, 1)
        driven[self.inputs] = 1
        ours = residual * driven
        squares = ours.square().sum() + self.input_residual(extra_field).square().sum()
        return torch.linalg.vector_norm(residual - ours) + self.input_weight * squares.sqrt()

    def loss(self):
        p, c, b = self.p, self.coefficients, self.batch
        field, extra_field = self.field, None
        if field is None:
            field = siren(p, self.siren_layers, self.coordinates)
            field, extra_field = field[:, :b], field[:, b:]
        m, g = self.messages(self.v, self.probes(self.v[:, 0]))
        residual = self.f(self.v, p["embedding"], m, self.seen(field)) - self.y
        norm = torch.linalg.vector_norm
        theta = [values for name, values in p.items() if name.startswith("f_theta")]
        phi = [values for name, values in p.items() if name.startswith("g_phi")]
        terms = [
            norm(relu(g[:, 0] - g[:, 1])),
            norm(g[:, 2] - 2 * self.xnorm),
            p["W"].abs().sum(),
            norm(p["W"]),
            sum(values.abs().sum() for values in phi),
            sum(values.abs().sum() for values in theta),
            sum(norm(values) for values in theta),
        ]
        return self.prediction(residual, extra_field) + sum(factor * term for factor, term in zip(c, terms))


class SirenStep:
    def __init__(self, d, published):
        self.p = d.parameters()
        self.layers = d.integer("siren_layers")
        repeats = PHOTORECEPTORS if published else 1
        self.omega = 1.0 if published else None
        self.x = d["coordinates"].repeat_interleave(repeats, 0)
        self.y = d["target"][:, 0].repeat_interleave(repeats)

    def loss(self):
        return torch.nn.functional.mse_loss(siren(self.p, self.layers, self.x, self.omega), self.y)


class ConvolutionStep:
    """Two layers of means over neighbours, with a weight for each edge; nodes of class -1 do not count."""

    def __init__(self, d, product):
        self.p, self.product = d.parameters(), product
        self.x, self.label = d["features"], d["label"]
        n = len(self.x)
        self.edges = Synapses(d["source"], d["target"], n, n)

    def loss(self):
        p, x = self.p, self.x
        for i in range(2):
            x = linear(x, p[f"convolution.{i}.weight"], p[f"convolution.{i}.bias"])
            x = self.product(self.edges, p["W"], x)
            if i == 0:
                x = relu(x)
        return cross_entropy(x, self.label, ignore_index=-1)


def training(model, rate, foreach):
    """One step, as a function that returns its loss."""
    optimizer = torch.optim.Adam(model.p.values(), lr=rate, foreach=foreach)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = model.loss()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


# ---- kinds of workloads: each gives the ways to compute one, as functions that make a run ----


def network(d, published):
    if published:
        return [lambda: training(NetworkStep(d, True, None), d.real("rate"), False)]
    return [lambda product=product: training(NetworkStep(d, False, product), d.real("rate"), False)
            for product in PRODUCTS]


def siren_kind(d, published):
    return [lambda foreach=foreach: training(SirenStep(d, published), d.real("rate"), foreach)
            for foreach in ([False] if published else [False, True])]


def convolution(d, published):
    return [lambda product=product, foreach=foreach: training(ConvolutionStep(d, product), d.real("rate"), foreach)
            for product in PRODUCTS for foreach in (False, True)]


def without_gradient(work):
    def run():
        with torch.no_grad():
            return work()

    return lambda: run


def products(d, published):
    n = d.integer("neurons")
    s, w, x, dy = Synapses(d["source"], d["target"], n, n), d["weight"], d["x"], d["dy"]
    forward, to_w, to_x = s.ways(x.shape[1])
    work = {
        "forward": lambda: (forward(s, w, x),),
        "to_w": lambda: (to_w(s, dy, x),),
        "to_x": lambda: (to_x(s, w, dy),),
        "backward": lambda: (to_w(s, dy, x), to_x(s, w, dy)),
    }
    return [without_gradient(work[d.number["which"]])]


def function(d, published):
    x, f = d["in"], getattr(torch, d.number["function"])
    out = torch.empty_like(x)
    return [without_gradient(lambda: (f(x, out=out),))]


def optimizer(d, published):
    rule, momentum = getattr(torch.optim, d.number["rule"]), d.real("momentum")
    options = {"momentum": momentum} if momentum else {}

    def make(foreach):
        p = [torch.nn.Parameter(values.clone()) for values in d.tensor.values()]
        for values in p:
            values.grad = torch.randn_like(values)
        return rule(p, lr=1e-7, foreach=foreach, **options).step

    return [lambda foreach=foreach: make(foreach) for foreach in (False, True)]


def dynamics(d, published):
    n, frames, dt, sigma = d.integer("neurons"), d.integer("frames"), d.real("delta_t"), d.real("sigma")
    s = Synapses(d["source"], d["target"], n, n)
    column, stimulus = d["column"], torch.cat([d["stimulus"], torch.zeros(1)])
    constant, factor = d["resting_potential"] + stimulus[column], dt / d["time_constant"]
    state = {"v": d["voltage"]}

    def run():
        v = state["v"]
        for _ in range(frames):
            drive = s.ways(1)[0](s, d["weight"], relu(v)[:, None])[:, 0]
            v = v + factor * (constant - v + drive) + sigma * torch.randn(n)
        state["v"] = v

    return [without_gradient(run)]


def rollout(d, published):
    frames, dt = d.integer("frames"), d.real("delta_t")

    model = Network(d, False, ByHand.apply)
    seen = model.seen(d["stimulus"][:, None])
    state = {"v": d["voltage"][:, None]}

    def run():
        v = state["v"]
        for _ in range(frames):
            m, _ = model.messages(v, None)
            v = (v + dt * model.f(v, model.p["embedding"], m, seen)).clamp(-100, 100)
        state["v"] = v
        return (v,)

    return [without_gradient(run)]


KINDS = {"network": network, "siren": siren_kind, "convolution": convolution, "products": products,
         "function": function, "optimizer": optimizer, "dynamics": dynamics, "rollout": rollout}
SQUARES = {"function"}  # the value is a sum of squares, else of magnitudes


# ---- answering ----


def value_of(result, kind):
    """A number to compare: the loss, or the sum over all results."""
    if isinstance(result, tuple):
        doubles = [values.double() for values in result]
        return sum((v.square() if kind in SQUARES else v.abs()).sum().item() for v in doubles)
    return float("nan") if result is None else result


class Peer:
    def __init__(self, directory):
        self.directory = directory
        self.line, self.runs = None, {}

    def prepare(self, workload):
        formulation, line = workload.split("/")
        if line != self.line:  # one line at a time: its tensors may be large
            self.line, self.runs = line, {}
            self.data = Data(os.path.join(self.directory, line + ".safetensors"))
        ways = KINDS[self.data.number["kind"]](self.data, formulation == "published")
        self.runs[workload] = fastest(ways, lambda make: seconds_when_warm(make()))()

    def value(self, workload):
        self.prepare(workload)
        return value_of(self.runs[workload](), self.data.number["kind"])

    def answer(self, words):
        only_value = words[0] == "value"
        workload, threads, count = (words[only_value:] + ["1"])[:3]
        torch.set_num_threads(int(threads))
        set_blas_threads(int(threads))
        if only_value:
            return [self.value(workload)]
        if workload not in self.runs:
            self.prepare(workload)
        return [seconds_of(self.runs[workload]) for _ in range(int(count))]


def blas_libraries():
    with open("/proc/self/maps") as maps:
        return sorted(set(re.findall(r"/\S*(?:openblas|blis|libblas|libmkl)\S*", maps.read())))


def set_blas_threads(threads):
    """Matrix products take the threads of the BLAS library, which PyTorch does not always set. BLIS takes them from
    BLIS_NUM_THREADS, which bench sets."""
    for path in blas_libraries():
        library = ctypes.CDLL(path)
        for name in ("openblas_set_num_threads", "bli_thread_set_num_threads"):
            if hasattr(library, name):
                getattr(library, name)(threads)


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # bench finishes its line, and then ends us
    torch.manual_seed(1)
    warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
    peer = Peer(sys.argv[1])
    print("PyTorch", torch.__version__, "with", ", ".join(blas_libraries()) or "a BLAS of its own", flush=True)
    for line in sys.stdin:
        try:
            print(*[repr(number) for number in peer.answer(line.split())], flush=True)
        except Exception as error:  # whatever it is, bench wants to know, and asks for the next line
            print("error", type(error).__name__, str(error).replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
