#!/usr/bin/env python3
"""A made-up flyvis installation that holds a given circuit, and the comparison of two circuit files.

    python3 flyvis_installation.py make CIRCUIT FOLDER FILL   connectome.json, model/chkpts/chkpt_00000, ...
    python3 flyvis_installation.py same CIRCUIT CIRCUIT       whether they are equal but for roundings to float32

The installation is written as flyvis writes: parameters in the order of first appearance in a list of all synapses,
which is made here synapse by synapse, as flyvis makes it, on the lattice of extent 15. Offsets that flyvis would add by
itself are left out of the connectome file.
"""
import importlib.util
import json
import os
import sys

import numpy as np

EXTENT = 15
here = os.path.dirname(os.path.abspath(__file__))


def converter():
    path = os.path.join(here, "..", "..", "doc", "examples", "flyvis-to-circuit.py")
    spec = importlib.util.spec_from_file_location("converter", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without_fill(offsets, fill, fill_gaps):
    """The shortest beginning of the offsets that is completed to all of them."""
    known = len(offsets)
    for n in range(len(offsets) - 1, 2, -1):
        if offsets[n][2] != fill:
            break
        if fill_gaps(offsets[:n], fill) == offsets:
            known = n
    return offsets[:known]


def connectome_of(circuit, fill):
    roles = {"input": [], "hidden": [], "output": []}
    for cell in circuit["cell_types"]:
        roles[cell["role"]].append(cell["name"])
    nodes = [{"name": c["name"], "pattern": ["stride", c["stride"]], "bias": 3.5} for c in circuit["cell_types"]]
    fill_gaps = converter().fill_gaps
    edges = [{"src": s["source"], "tar": s["target"], "alpha": s["sign"], "lambda_mult": 1.0, "edge_type": "chem",
              "offsets": [[o[:2], o[2]] for o in without_fill(s["offsets"], fill, fill_gaps)]}
             for s in circuit["synapses"]]
    # flyvis' own file has a synapse type between cells of a coarse lattice that never meet: it has no parameters.
    coarse = [c["name"] for c in circuit["cell_types"] if c["stride"][0] > 1]
    taken = {(e["src"], e["tar"]) for e in edges}
    lonely = next(((a, b) for a in coarse for b in coarse if (a, b) not in taken), None)
    if lonely:
        edges.insert(len(edges) // 2, {"src": lonely[0], "tar": lonely[1], "alpha": 1, "lambda_mult": 1.0,
                                       "offsets": [[[1, 0], 1]]})
    return {"nodes": nodes, "edges": edges, "receptors": [], "input_units": roles["input"],
            "output_units": roles["output"]}


def every_synapse(circuit):
    """(source type, target type, du, dv) of each synapse on the lattice, in flyvis' order."""
    columns = [(u, v) for u in range(-EXTENT, EXTENT + 1)
               for v in range(max(-EXTENT, -EXTENT - u), min(EXTENT, EXTENT - u) + 1)]
    cells = {c["name"]: [(u, v) for u, v in columns if u % c["stride"][0] == 0 and v % c["stride"][1] == 0]
             for c in circuit["cell_types"]}
    there = {name: set(places) for name, places in cells.items()}
    for s in circuit["synapses"]:
        for du, dv, _ in s["offsets"]:
            for u, v in cells[s["source"]]:
                if (u + du, v + dv) in there[s["target"]]:
                    yield s["source"], s["target"], du, dv


def parameters_of(circuit):
    counts = {(s["source"], s["target"], du, dv): n for s in circuit["synapses"] for du, dv, n in s["offsets"]}
    kinds = {(s["source"], s["target"]): s for s in circuit["synapses"]}
    keys = list(dict.fromkeys(every_synapse(circuit)))
    pairs = list(dict.fromkeys(key[:2] for key in keys))
    return {
        "nodes_bias": [c["resting_potential"] for c in circuit["cell_types"]],
        "nodes_time_const": [c["time_constant"] for c in circuit["cell_types"]],
        "edges_sign": [kinds[p]["sign"] for p in pairs],
        "edges_syn_count": np.log([counts[k] for k in keys]),
        "edges_syn_strength": [kinds[p]["strength"] for p in pairs],
    }


def make(path, folder, fill):
    import torch

    with open(path, encoding="utf-8") as file:
        circuit = json.load(file)
    connectome = connectome_of(circuit, fill)
    os.makedirs(os.path.join(folder, "model", "chkpts"))
    with open(os.path.join(folder, "connectome.json"), "w", encoding="utf-8") as file:
        json.dump(connectome, file, indent=4)
    meta = {"config": {"type": "NetworkDir", "network": {"connectome": {
        "type": "ConnectomeFromAvgFilters", "file": "fib25-fib19_v2.2.json", "extent": EXTENT, "n_syn_fill": fill}}},
        "status": "done"}
    with open(os.path.join(folder, "model", "_meta.yaml"), "w", encoding="utf-8") as file:
        json.dump(meta, file)
    network = {k: torch.nn.Parameter(torch.tensor(np.array(v), dtype=torch.float32))
               for k, v in parameters_of(circuit).items()}
    torch.save({"network": network, "decoder": {"flow": {"weight": torch.zeros(2)}}, "optim": {"state": {}},
                "time": "Thu Jan  1 00:00:00 1970", "val_loss": np.float64(5.1), "iteration": 250000, "dt": 0.02},
               os.path.join(folder, "model", "chkpts", "chkpt_00000"))
    listed = sum(len(e["offsets"]) for e in connectome["edges"])
    print(f"{len(connectome['edges'])} synapse types, {listed} offsets, "
          + ", ".join(f"{len(v)} {k}" for k, v in network.items()))


def same(a, b, where):
    if isinstance(a, dict):
        assert isinstance(b, dict) and list(a) == list(b), f"{where}: {b} instead of {a}"
        for key in a:
            same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list):
        assert isinstance(b, list) and len(a) == len(b), f"{where}: {b} instead of {a}"
        for i, (x, y) in enumerate(zip(a, b)):
            same(x, y, f"{where}[{i}]")
    elif isinstance(a, str):
        assert a == b, f"{where}: {b} instead of {a}"
    else:
        assert np.float32(a) == np.float32(b), f"{where}: {b} instead of {a}"


def compare(first, second):
    circuits = []
    for path in (first, second):
        with open(path, encoding="utf-8") as file:
            circuits.append(json.load(file))
    for key in ("cell_types", "synapses"):
        same(circuits[0][key], circuits[1][key], key)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    else:
        compare(sys.argv[2], sys.argv[3])
