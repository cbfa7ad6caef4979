#!/usr/bin/env python3
"""Runs experiments with the fly's visual system (doc/fly.md) and prints a table of what they found.

    python3 fly-experiments.py --list
    python3 fly-experiments.py --data DATA --out OUT known-4 joint-4    # these
    python3 fly-experiments.py --out OUT --table                        # what there is so far

DATA holds the fly's circuit and the movies, OUT gets recordings, runs and results, each in a folder or a
file of its name. What is complete is not made again and a training that was stopped goes on, so the same command can be
given until all is done. The programs are those of PATH or of --programs; each command is printed before it runs.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys

CONFIGURATIONS = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../apps/data"))
KNOWN_4, JOINT_4, KNOWN_8, JOINT_8 = (
    os.path.join(CONFIGURATIONS, f"fly_extent{n}_{mode}.yaml") for n in (4, 8) for mode in ("known", "joint")
)

# Where no noise drives the neurons apart, the movies have to.
VARIED = '["videos/bikes.mp4", "videos/bigbuckbunny.mp4", "scene:moving_edges", "scene:white_noise"]'

# Recording -> its configuration and what is set.
RECORDINGS = {
    "extent4": (KNOWN_4, []),
    "extent4-seed2": (KNOWN_4, ["seed=2"]),
    "extent4-seed3": (KNOWN_4, ["seed=3"]),
    "extent4-sigma0": (KNOWN_4, ["simulation.sigma=0", f"stimulus.train={VARIED}"]),
    "extent4-sigma0.5": (KNOWN_4, ["simulation.sigma=0.5"]),
    "extent4-null100": (KNOWN_4, ["circuit.null_synapses=1"]),
    "extent4-null400": (KNOWN_4, ["circuit.null_synapses=4"]),
    "extent4-noise0.04": (KNOWN_4, ["simulation.measurement_noise=0.04"]),
    "extent8": (KNOWN_8, []),
}

# What only our recipe has, which the configurations of the fly use, is off in the published one.
PUBLISHED = ["model.recipe=published", "loss.f_theta_affine=0", "loss.W_silent=0"]
# A tenth of what keeps g_phi and f_theta simple: much noise shows them well, and without any they must be exact.
WEAK = ["loss.g_phi_L1=0.005", "loss.f_theta_L1=0.001", "loss.f_theta_L2=0.00002"]

# Where little sets the circuits apart that explain the data, long strides are what tells them apart.
FAST = [
    "training.steps=97000", "training.lr_weight=0.0027", "training.lr_embedding=0.004", "training.lr_mlp=0.012",
    "loss.equalize=0.6",
]

# Most steps with a movie that is solved for, as many as take the same time.
SOLVED = ["training.steps=19000", "training.solve_from=0.08", "training.solve_points=2048"]

# Run -> what it learns from, its configuration and what is set.
RUNS = {
    "known-8": ("extent8", KNOWN_8, []),
    "joint-8": ("extent8", JOINT_8, []),
    "known-4": ("extent4", KNOWN_4, []),
    "known-4-seed2": ("extent4-seed2", KNOWN_4, ["seed=2"]),
    "known-4-seed3": ("extent4-seed3", KNOWN_4, ["seed=3"]),
    "joint-4": ("extent4", JOINT_4, []),
    "joint-4-seed2": ("extent4-seed2", JOINT_4, ["seed=2"]),
    "joint-4-seed3": ("extent4-seed3", JOINT_4, ["seed=3"]),
    "joint-4-solved": ("extent4", JOINT_4, SOLVED),
    "sigma0": ("extent4-sigma0", KNOWN_4, WEAK + FAST),
    "sigma0.5": ("extent4-sigma0.5", KNOWN_4, WEAK),
    "null100": ("extent4-null100", KNOWN_4, []),
    "null400": ("extent4-null400", KNOWN_4, []),
    "noise0.04": ("extent4-noise0.04", KNOWN_4, []),
    "noise0.04-published": ("extent4-noise0.04", KNOWN_4, PUBLISHED),
}

# Test -> the run, the recording and what is set: each run on its own recording, and more.
TESTS = {name: (name, recording, []) for name, (recording, _, _) in RUNS.items()}
TESTS["known-8-ablated"] = ("known-8", "extent8", ["test.ablation=0.5"])
TESTS["known-4-quiet"] = ("known-4", "extent4-sigma0", [])
TESTS["known-4-ablated"] = ("known-4", "extent4", ["test.ablation=0.5"])


def steps_left(run):
    """A training that a signal stopped has not failed, but is not to be tested yet."""
    with open(os.path.join(run, "checkpoint.safetensors"), "rb") as file:
        about = json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]
    return int(re.search(r"^training:.*?^ +steps: (\d+)", about["config"], re.M | re.S)[1]) - int(about["step"])


class Programs:
    """The three programs, and where they read and write."""

    def __init__(self, args):
        self.args = args
        self.recorded = set()

    def call(self, program, *words):
        path = os.path.join(self.args.programs, program) if self.args.programs else program
        command = [path, *words]
        print("$", shlex.join(command), flush=True)
        if not self.args.dry_run:
            subprocess.run(command, check=True)

    def settings(self, own, testing=False):
        """What is set for all experiments goes to the programs that take it: ommatid-test has keys of its own."""
        common = [value for value in self.args.set if value.startswith("test.") == testing]
        return [word for value in own + common for word in ("--set", value)]

    def place(self, *names):
        return os.path.join(self.args.out, *names)

    def recording(self, name):
        path = self.place(name + ".h5")
        if name not in self.recorded and not os.path.exists(path):
            configuration, own = RECORDINGS[name]
            self.call("ommatid-generate", configuration, "--data-dir", self.args.data, "-o", path, *self.settings(own))
        self.recorded.add(name)
        return path

    def run(self, name):
        recording, configuration, own = RUNS[name]
        path = self.place(name)
        resume = ["--resume"] if os.path.exists(os.path.join(path, "checkpoint.safetensors")) else []
        recording = self.recording(recording)
        self.call("ommatid-train", configuration, "-d", recording, "-o", path, *resume, *self.settings(own))
        if not self.args.dry_run and steps_left(path) > 0:
            sys.exit(f"{path}: training was stopped, with {steps_left(path)} steps left")
        return path

    def test(self, name):
        run, recording, own = TESTS[name]
        results = self.place(name + "-results")
        if not os.path.exists(os.path.join(results, "report.html")):  # what a test writes last
            path, recording = self.run(run), self.recording(recording)
            words = ["--force", *self.settings(own, testing=True)]  # over what an interrupted test has left
            self.call("ommatid-test", path, "-d", recording, "-o", results, *words)


# ---- tables ---------------------------------------------------------------------------------------------------------

# Title of a column, and where its number is in metrics.json.
COLUMNS = [
    ("stimulus", "stimulus.r2"),
    ("solved for", "stimulus.r2_solved"),
    ("W", "weights.in_distribution.r2"),
    ("identifiable W", "weights.in_distribution.r2_identifiable"),
    ("tau", "time_constant.in_distribution.r2"),
    ("Vrest", "resting_potential.in_distribution.r2"),
    ("W, published read-out", "weights.published.r2"),
    ("slope", "weights.published.slope"),
    ("tau", "time_constant.published.r2"),
    ("Vrest", "resting_potential.published.r2"),
    ("clusters", "embedding.accuracy"),
    ("rollout r", "rollout.pearson_mean"),
    ("oracle", "rollout.oracle.pearson_mean"),
]


def find(metrics, path):
    for key in path.split("."):
        metrics = (metrics or {}).get(key)
    return metrics


def row(name, metrics):
    numbers = [find(metrics, path) for _, path in COLUMNS]
    cells = ["" if number is None else f"{number:.4f}" for number in numbers]
    seconds = round(find(metrics, "run.train_seconds"))
    return f"| {name} | " + " | ".join(cells) + f" | {seconds // 60}:{seconds % 60:02} |"


def table(args):
    print("| run | " + " | ".join(title for title, _ in COLUMNS) + " | training |")
    print("|---|" + "--:|" * (len(COLUMNS) + 1))
    for name in args.names:
        path = os.path.join(args.out, name + "-results", "metrics.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                print(row(name, json.load(file)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="experiments of --list; without, all of them")
    parser.add_argument("--data", default=".", help="folder of the circuit and the movies (default: this one)")
    parser.add_argument("--out", default=".", help="where recordings, runs and results go (default: here)")
    parser.add_argument("--programs", help="folder of the programs (default: PATH)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set in each configuration")
    parser.add_argument("--dry-run", action="store_true", help="print the commands, run nothing")
    parser.add_argument("--list", action="store_true", help="print the names of the experiments")
    parser.add_argument("--table", action="store_true", help="print a table of the results that there are")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in TESTS]
    if unknown:
        parser.error(f"no experiment {unknown[0]}: --list says which there are")
    args.names = args.names or list(TESTS)
    if args.list:
        print("\n".join(args.names))
    elif args.table:
        table(args)
    else:
        programs = Programs(args)
        for name in args.names:
            programs.test(name)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode if error.returncode > 0 else 1)
    except OSError as error:
        sys.exit(f"fly-experiments.py: {error}")
