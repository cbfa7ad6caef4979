#!/usr/bin/env python3
"""Turns a flyvis installation into a circuit/1 file for ommatid-generate.

flyvis (Lappalainen et al., Nature 634 (2024) 1132, https://github.com/TuragaLab/flyvis) comes with a connectome file
and, after `flyvis download-pretrained`, with trained models. Together they are a circuit:

    python3 flyvis-to-circuit.py --model data/results/flow/0000/000 -o circuits/fly-visual-system.json

Needs numpy and torch, but flyvis itself only to find its connectome file when --connectome does not name it; h5py where
a model has several checkpoints, PyYAML where its _meta.yaml is not JSON. doc/fly.md says more.
"""
import argparse
import importlib.util
import json
import os
import pickle
import re
import sys
import tempfile

import numpy as np

PAPER = "Lappalainen et al. 2024 (doi:10.1038/s41586-024-07939-3)"
CONNECTOME = "fib25-fib19_v2.2.json"
PARAMETERS = ("nodes_bias", "nodes_time_const", "edges_sign", "edges_syn_count", "edges_syn_strength")
TRAINED_EXTENT, TRAINED_FILL = 15, 1  # of the models that flyvis publishes
COUNT_AGREES = 1e-5  # a count that was not trained is exp(log(count)) in float32


class Mistake(Exception):
    """What is wrong with the input, in words."""


# ---- the connectome file: cell types and average filters --------------------------------------------------------


def find_connectome():
    """The connectome file of an installed flyvis, without importing it, which would load all of it."""
    package = importlib.util.find_spec("flyvis")
    for folder in package.submodule_search_locations or [] if package else []:
        path = os.path.join(folder, "connectome", CONNECTOME)
        if os.path.exists(path):
            return path
    raise Mistake(f"flyvis is not installed for this Python: name its {CONNECTOME} with --connectome")


def read_connectome(path):
    with open(path, encoding="utf-8") as file:
        try:
            spec = json.load(file)
        except ValueError as error:
            raise Mistake(f"{path}: not JSON: {error}") from error
    for key in ("nodes", "edges", "input_units", "output_units"):
        if not isinstance(spec, dict) or key not in spec:
            raise Mistake(f"{path}: no {key}, so this is no connectome file of flyvis")
    return spec


def stride_of(node):
    kind, numbers = node["pattern"]
    if kind == "stride":
        return [int(numbers[0]), int(numbers[1])]
    if kind == "tile":
        return [int(numbers), int(numbers)]
    raise Mistake(f"cell type {node['name']}: its pattern is {kind}, which circuit/1 cannot express")


def cell_types(spec):
    """Name -> stride and role, in the order of the file."""
    types = {}
    for node in spec["nodes"]:
        name = node["name"]
        if name in types:
            raise Mistake(f"cell type {name} is there twice")
        role = "input" if name in spec["input_units"] else "output" if name in spec["output_units"] else "hidden"
        types[name] = {"name": name, "stride": stride_of(node), "role": role}
    return types


# ---- gaps of the filters ------------------------------------------------------------------------------------------


def cross(a, b, c):
    """Twice the area of the triangle a, b, c: positive where it turns left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def convex_hull(points):
    """Corners counterclockwise (Andrew, Information Processing Letters 9 (1979) 216)."""
    points = sorted(set(points))

    def chain(path):
        corners = []
        for p in path:
            while len(corners) > 1 and cross(corners[-2], corners[-1], p) <= 0:
                corners.pop()
            corners.append(p)
        return corners[:-1]

    return chain(points) + chain(points[::-1])


def within(hull, p):
    """Whether flyvis counts a lattice point as within the hull. A ray to one side crosses the boundary an odd number
    of times; of the points on the boundary itself, those count that matplotlib's contains_points counts, as the
    published number of synapses depends on it."""
    inside = False
    for a, b in zip(hull, hull[1:] + hull[:1]):
        above = [corner[1] >= p[1] for corner in (a, b)]
        if above[0] != above[1]:
            left = (b[1] - p[1]) * (a[0] - b[0]) >= (b[0] - p[0]) * (a[1] - b[1])
            inside ^= left == above[1]
    return inside


def fill_gaps(offsets, count):
    """Offsets [du, dv, count] of a filter with those added that were not seen though they lie between others."""
    if not count or len(offsets) < 3:
        return offsets
    known = {(du, dv) for du, dv, _ in offsets}
    hull = convex_hull(known)
    us, vs = zip(*known)
    box = [(u, v) for u in range(min(us), max(us) + 1) for v in range(min(vs), max(vs) + 1)]
    return offsets + [[u, v, count] for u, v in box if (u, v) not in known and within(hull, (u, v))]


# ---- which parameters there are -----------------------------------------------------------------------------------


def columns_of(extent):
    cells = range(-extent, extent + 1)
    return [(u, v) for u in cells for v in cells if abs(u + v) <= extent]


def places(cell, columns):
    return {(u, v) for u, v in columns if u % cell["stride"][0] == 0 and v % cell["stride"][1] == 0}


def synapse_types(spec, types, extent, fill):
    """The filters, and of each offset whether the lattice of the trained model has such a synapse: only then does it
    have parameters. Two cell types on coarser lattices meet at few offsets, or at none."""
    columns = columns_of(extent)
    where = {name: places(cell, columns) for name, cell in types.items()}
    found, seen = [], set()
    for edge in spec["edges"]:
        pair = (edge["src"], edge["tar"])
        if not set(pair) <= set(types):
            raise Mistake(f"synapses {pair[0]} -> {pair[1]}: no such cell type")
        if pair in seen:
            raise Mistake(f"synapses {pair[0]} -> {pair[1]} are there twice")
        seen.add(pair)
        offsets = fill_gaps([[int(du), int(dv), n] for (du, dv), n in edge["offsets"]], fill)
        source, target = (where[name] for name in pair)
        exists = [any((u + du, v + dv) in target for u, v in source) for du, dv, _ in offsets]
        found.append({"pair": pair, "sign": edge.get("alpha"), "offsets": offsets, "exists": exists})
    return found


# ---- the trained model --------------------------------------------------------------------------------------------


class Nothing:
    """Stands for whatever a checkpoint holds beside tensors: a pickle may name any function, and none is called."""

    def __init__(self, *_, **__):
        pass

    def __call__(self, *_, **__):
        return self

    def __setstate__(self, _):
        pass

    def __setitem__(self, *_):
        pass

    def append(self, _):
        pass

    def extend(self, _):
        pass


class SafePickle:
    """Given to torch.load instead of pickle: reads tensors and dictionaries only."""

    KNOWN = {("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"),
             ("torch._utils", "_rebuild_parameter")}

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            storage = module in ("torch", "torch.cuda") and name.endswith("Storage")
            return super().find_class(module, name) if storage or (module, name) in SafePickle.KNOWN else Nothing

    @staticmethod
    def load(file, **options):
        return SafePickle.Unpickler(file, **options).load()


def read_parameters(path):
    """Parameters by name, as float64 arrays."""
    try:
        import torch
    except ImportError as error:
        raise Mistake("torch is needed to read checkpoints: pip install torch") from error
    try:
        checkpoint = torch.load(path, map_location="cpu", pickle_module=SafePickle, weights_only=False)
    except OSError:
        raise
    except Exception as error:  # torch raises whatever comes
        raise Mistake(f"{path}: torch cannot read it as a checkpoint: {error}") from error
    network = checkpoint.get("network") if isinstance(checkpoint, dict) else None
    if not isinstance(network, dict):
        raise Mistake(f"{path}: no \"network\" in it, so this is no checkpoint of a flyvis model")
    found = {}
    for name in PARAMETERS:
        if not hasattr(network.get(name), "detach"):
            raise Mistake(f"{path}: no parameter {name}; there are {', '.join(map(str, network))}")
        found[name] = network[name].detach().double().numpy().reshape(-1)
        if not np.isfinite(found[name]).all():
            raise Mistake(f"{path}: {name}: not all numbers are finite")
    return found


def best_checkpoint(folder):
    """That of the smallest validation loss, as flyvis chooses."""
    chkpts = os.path.join(folder, "chkpts")
    numbered = {}
    for name in os.listdir(chkpts) if os.path.isdir(chkpts) else []:
        if re.fullmatch(r"chkpt_\d+", name):
            numbered[int(name[6:])] = os.path.join(chkpts, name)
    paths = [numbered[i] for i in sorted(numbered)]
    if not paths:
        raise Mistake(f"{folder}: no chkpts/chkpt_* in it; --model wants the directory of one model, such as "
                      "results/flow/0000/000")
    if len(paths) == 1:
        return paths[0]
    losses = os.path.join(folder, "validation", "loss.h5")
    try:
        import h5py

        with h5py.File(losses, "r") as file:
            loss = np.atleast_1d(file["data"][()])
    except (ImportError, OSError, KeyError) as error:
        raise Mistake(f"{folder} has {len(paths)} checkpoints, and which is the best {losses} would tell ({error}): "
                      f"give one of them as --model, such as {paths[-1]}") from error
    if len(loss) != len(paths):
        raise Mistake(f"{losses}: {len(loss)} losses of {len(paths)} checkpoints: give one of them as --model")
    return paths[int(np.argmin(loss))]


def settings_of(folder):
    """Extent and fill that the model was trained with, from its _meta.yaml, which is JSON as a rule."""
    path = os.path.join(folder, "_meta.yaml")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        meta = json.loads(text)
    except ValueError:
        try:
            import yaml

            meta = yaml.safe_load(text)
        except Exception as error:  # no PyYAML, or no YAML
            raise Mistake(f"{path}: cannot be read ({error}); give --extent and --fill") from error
    try:
        return meta["config"]["network"]["connectome"]
    except (KeyError, TypeError):
        return {}


# ---- together -----------------------------------------------------------------------------------------------------


def check_length(name, values, expected, what):
    if len(values) != expected:
        raise Mistake(f"the checkpoint has {len(values)} values of {name}, but the connectome {expected} {what}: was "
                      "the model trained with another connectome file, --extent or --fill?")


def shortest(value):
    """The float32 number with as few digits as tell it from its neighbours."""
    return float(np.format_float_positional(np.float32(value)))


def fill_in_types(types, parameters):
    for name, what in (("nodes_time_const", "time_constant"), ("nodes_bias", "resting_potential")):
        check_length(name, parameters[name], len(types), "cell types")
        for cell, value in zip(types.values(), parameters[name]):
            cell[what] = shortest(value)
    for cell in types.values():
        if cell["time_constant"] <= 0:
            raise Mistake(f"cell type {cell['name']}: its time constant is {cell['time_constant']}, not above 0")


def offsets_with_counts(kind, trained):
    """Counts of the checkpoint; that of the connectome where it is the same but for rounding, or has no parameter."""
    offsets, changed = [], 0
    for (du, dv, count), exists in zip(kind["offsets"], kind["exists"]):
        value = float(np.exp(next(trained))) if exists else count
        if abs(value - count) <= COUNT_AGREES * abs(count):
            value = count
        else:
            value = shortest(value)
            changed += 1
        offsets.append([du, dv, value])
    return offsets, changed


def fill_in_synapses(kinds, parameters):
    """Synapses of circuit/1, and how many counts differ from the connectome's. A type without any synapse on the
    lattice has no parameters; it is left out."""
    kinds = [kind for kind in kinds if any(kind["exists"])]
    check_length("edges_sign", parameters["edges_sign"], len(kinds), "synapse types")
    check_length("edges_syn_strength", parameters["edges_syn_strength"], len(kinds), "synapse types")
    counts = sum(sum(kind["exists"]) for kind in kinds)
    check_length("edges_syn_count", parameters["edges_syn_count"], counts, "offsets of synapses")
    synapses, changed, trained = [], 0, iter(parameters["edges_syn_count"])
    for kind, sign, strength in zip(kinds, parameters["edges_sign"], parameters["edges_syn_strength"]):
        words = "synapses {} -> {}".format(*kind["pair"])
        if abs(sign) != 1 or kind["sign"] not in (None, sign):
            raise Mistake(f"{words}: sign {sign:g} in the checkpoint, {kind['sign']} in the connectome: do they belong "
                          "together?")
        if strength < 0:
            raise Mistake(f"{words}: strength {strength:g} is negative")
        offsets, differ = offsets_with_counts(kind, trained)
        changed += differ
        synapses.append({"source": kind["pair"][0], "target": kind["pair"][1], "sign": int(sign),
                         "strength": shortest(strength), "offsets": offsets})
    return synapses, changed


def circuit_text(name, source, types, synapses):
    """JSON with a cell type or a synapse type on each line."""
    units = {"time_constant": "s", "resting_potential": "dimensionless voltage", "strength": "voltage per synapse"}
    lists = [("cell_types", types), ("synapses", synapses)]
    parts = [f'"{key}": {json.dumps(value)}' for key, value in
             (("format", "circuit/1"), ("name", name), ("source", source), ("units", units))]
    parts += [f'"{key}": [\n' + ",\n".join("  " + json.dumps(row) for row in rows) + "]" for key, rows in lists]
    return "{" + ",\n ".join(parts) + "}\n"


def write(path, text, force):
    """The whole file or none, and not over another unasked."""
    if os.path.exists(path) and not force:
        raise Mistake(f"{path} is there already; --force replaces it")
    folder = os.path.dirname(os.path.abspath(path))
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".circuit")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def convert(arguments):
    folder = arguments.model
    if os.path.isfile(folder):  # a checkpoint; its model is the folder around it, or around chkpts
        checkpoint, folder = folder, os.path.dirname(os.path.abspath(folder))
        folder = os.path.dirname(folder) if os.path.basename(folder) == "chkpts" else folder
    else:
        checkpoint = best_checkpoint(folder)
    settings = settings_of(folder)
    extent = settings.get("extent", TRAINED_EXTENT) if arguments.extent is None else arguments.extent
    fill = settings.get("n_syn_fill", TRAINED_FILL) if arguments.fill is None else arguments.fill
    connectome = arguments.connectome or find_connectome()
    spec = read_connectome(connectome)
    types = cell_types(spec)
    parameters = read_parameters(checkpoint)
    fill_in_types(types, parameters)
    synapses, changed = fill_in_synapses(synapse_types(spec, types, extent, fill), parameters)
    trained = "/".join(os.path.abspath(folder).split(os.sep)[-3:])
    stem = os.path.splitext(os.path.basename(connectome))[0]
    source = f"{PAPER}; flyvis connectome {stem}, trained model {trained}"
    write(arguments.output, circuit_text(arguments.name, source, types.values(), synapses), arguments.force)
    offsets = sum(len(kind["offsets"]) for kind in synapses)
    print(f"{arguments.output}: {len(types)} cell types, {len(synapses)} synapse types, {offsets} offsets "
          f"(from {checkpoint}, extent {extent}, fill {fill:g})")
    if changed:
        print(f"{changed} synapse counts are those of the checkpoint, which differ from the connectome's")


def main():
    parser = argparse.ArgumentParser(
        description="Turns a flyvis connectome file and a trained flyvis model into a circuit/1 file.",
        epilog="The parameters of a checkpoint have no names, only an order that follows from the lattice on which "
               "the model was trained: --extent and --fill are those of that training, whatever the extent that "
               "ommatid-generate will use.")
    parser.add_argument("--model", required=True, metavar="PATH",
                        help="a model's directory, such as data/results/flow/0000/000, or one of its checkpoints")
    parser.add_argument("--connectome", metavar="FILE",
                        help=f"the connectome file; left out: {CONNECTOME} of the flyvis installed for this Python")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the circuit file to be written")
    parser.add_argument("--extent", type=int, metavar="N",
                        help=f"radius of the trained model; left out: what its _meta.yaml says, or {TRAINED_EXTENT}")
    parser.add_argument("--fill", type=float, metavar="N",
                        help="synapse count of gaps in the filters, 0: none; left out: what _meta.yaml says, or "
                             f"{TRAINED_FILL}")
    parser.add_argument("--name", default="fly-visual-system", help="the circuit's name (%(default)s)")
    parser.add_argument("--force", action="store_true", help="replace the output")
    try:
        convert(parser.parse_args())
    except (Mistake, OSError) as error:
        sys.exit(f"flyvis-to-circuit.py: {error}")


if __name__ == "__main__":
    main()
