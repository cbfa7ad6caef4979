#!/usr/bin/env python3
"""Makes tests/data/builtin_extent2.json: the built-in circuit at extent 2, and 100 frames of its noise-free dynamics.

    python3 tests/tools/make_circuit_golden.py apps/data/builtin.json tests/data/builtin_extent2.json

Written apart from the C code, from the definitions: dictionaries instead of index arithmetic, dense float64 matrices
instead of sparse sums. Run it again when the built-in circuit changes; nothing else needs Python.
"""
import json
import sys

import numpy as np

EXTENT = 2
DELTA_T = 0.02
FRAMES = 100
SETTLE_FRAMES = 100
SETTLE_GREY = 0.5
EVERY = 4  # frames between two that are stored


def columns_of(extent):
    cells = range(-extent, extent + 1)
    return [(u, v) for u in cells for v in cells if abs(u + v) <= extent]


def expand(diagram, columns):
    """Neurons as a list of (type, column), synapses as sorted list of (target, source, weight)."""
    neurons, number = [], {}
    for t, cell in enumerate(diagram["cell_types"]):
        for c, (u, v) in enumerate(columns):
            if u % cell["stride"][0] == 0 and v % cell["stride"][1] == 0:
                number[cell["name"], u, v] = len(neurons)
                neurons.append((t, c))
    synapses = []
    for kind in diagram["synapses"]:
        for du, dv, count in kind["offsets"]:
            for u, v in columns:
                source = number.get((kind["source"], u, v))
                target = number.get((kind["target"], u + du, v + dv))
                if source is not None and target is not None:
                    synapses.append((target, source, kind["sign"] * kind["strength"] * count))
    return neurons, sorted(synapses)


def made_up_movie(columns):
    """[FRAMES, C] in [0, 1]: a grating that drifts and turns, a bar that crosses it, and a flash."""
    x = np.array([u + v / 2 for u, v in columns])
    y = np.array([v * np.sqrt(3) / 2 for _, v in columns])
    t = np.arange(FRAMES)[:, None] * DELTA_T
    angle = 0.7 * t
    grating = 0.5 + 0.35 * np.sin(1.9 * (x * np.cos(angle) + y * np.sin(angle)) - 9.0 * t)
    bar = 0.4 * np.exp(-((x - 4.1 * t + 3.7) ** 2) / 0.6)
    flash = 0.3 * ((t > 1.2) & (t < 1.5))
    return np.round(np.clip(grating + bar - flash, 0, 1), 6)


def simulate(tau, rest, weight, is_input, column, movie):
    """Voltage [FRAMES + 1, N] and derivative [FRAMES, N], explicit Euler in float64."""

    def total(v, luminance):
        return -v + rest + weight @ np.maximum(v, 0) + is_input * luminance[column]

    v = rest.copy()
    grey = np.full(movie.shape[1], SETTLE_GREY)
    for _ in range(SETTLE_FRAMES):
        v = v + DELTA_T * total(v, grey) / np.maximum(tau, DELTA_T)
    voltage, derivative = [v], []
    for luminance in movie:
        derivative.append(total(voltage[-1], luminance) / tau)
        voltage.append(voltage[-1] + DELTA_T * derivative[-1])
    return np.array(voltage), np.array(derivative)


def digits(array):
    return [digits(row) for row in array] if np.ndim(array) else float(f"{array:.8g}")


def main(circuit_path, golden_path):
    with open(circuit_path, encoding="utf-8") as file:
        diagram = json.load(file)
    columns = columns_of(EXTENT)
    neurons, synapses = expand(diagram, columns)
    cells = [diagram["cell_types"][t] for t, _ in neurons]
    column = np.array([c for _, c in neurons])
    single = lambda values: np.array(values, np.float32).astype(np.float64)
    tau = single([cell["time_constant"] for cell in cells])
    rest = single([cell["resting_potential"] for cell in cells])
    is_input = np.array([cell["role"] == "input" for cell in cells], int)
    weight = np.zeros((len(neurons), len(neurons)))
    for target, source, w in synapses:
        weight[target, source] = np.float32(w)
    movie = made_up_movie(columns)
    voltage, derivative = simulate(tau, rest, weight, is_input, column, movie)
    golden = {
        "extent": EXTENT,
        "delta_t": DELTA_T,
        "settle_frames": SETTLE_FRAMES,
        "settle_grey": SETTLE_GREY,
        "type_names": [cell["name"] for cell in diagram["cell_types"]],
        "lattice_u": [u for u, _ in columns],
        "lattice_v": [v for _, v in columns],
        "type": [t for t, _ in neurons],
        "column": column.tolist(),
        "u": [columns[c][0] for c in column],
        "v": [columns[c][1] for c in column],
        "is_input": is_input.tolist(),
        "time_constant": digits(tau),
        "resting_potential": digits(rest),
        "source": [s for _, s, _ in synapses],
        "target": [t for t, _, _ in synapses],
        "weight": digits([w for _, _, w in synapses]),
        "luminance": digits(movie),
        "frame": list(range(0, FRAMES, EVERY)),
        "voltage": digits(voltage[:-1:EVERY]),
        "derivative": digits(derivative[::EVERY]),
        "final_voltage": digits(voltage[-1]),
    }
    with open(golden_path, "w", encoding="utf-8") as file:
        lines = (f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in golden.items())
        file.write("{" + ",\n ".join(lines) + "}\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
