#!/bin/sh
# doc/examples/flyvis-to-circuit.py makes of a flyvis installation (a made-up one, as flyvis itself is not here) the
# circuit that it holds.
. "$abs_top_srcdir/tests/programs/lib.sh"

for python in python3 /usr/bin/python3 ''; do
    [ -z "$python" ] || $python -c 'import numpy, torch' 2>/dev/null || continue
    break
done
[ -n "$python" ] || { echo "SKIPPED: no python3 with numpy and torch"; exit 77; }
installation() { $python -B "$abs_top_srcdir/tests/tools/flyvis_installation.py" "$@"; }
convert() { $python -B "$abs_top_srcdir/doc/examples/flyvis-to-circuit.py" "$@"; }

# round CIRCUIT FILL: a circuit goes into an installation and comes out again.
round() {
    rm -rf flyvis circuit.json
    expect 0 installation make "$1" flyvis "$2"
    cp out made
    expect 0 convert --model flyvis/model --connectome flyvis/connectome.json -o circuit.json
    expect 0 installation same "$1" circuit.json
}

# The programs' own circuit has gaps that nobody filled.
round "$OMMATID_DATA/builtin.json" 0
expect 0 generate tiny.yaml -o recording.h5 --set circuit.file=circuit.json

refuses() {
    text=$1
    shift
    expect 1 convert --connectome flyvis/connectome.json --model flyvis/model -o other.json "$@"
    says "flyvis-to-circuit.py: " "$text"
    [ ! -e other.json ] || fail "$said: wrote a circuit"
}
refuses "circuit.json is there already" -o circuit.json
expect 0 convert --model flyvis/model/chkpts/chkpt_00000 --connectome flyvis/connectome.json -o circuit.json --force
refuses "was the model trained with another connectome file, --extent or --fill?" --fill 1
refuses "no nodes, so this is no connectome file" --connectome flyvis/model/_meta.yaml
refuses "torch cannot read it as a checkpoint" --model flyvis/connectome.json
refuses "flyvis: no chkpts/chkpt_* in it" --model flyvis
refuses "No such file or directory" --connectome nowhere.json
sed 's/"alpha": -1/"alpha": 1/' flyvis/connectome.json >signs.json
refuses "do they belong together?" --connectome signs.json
# The connectome file of an installed flyvis is found, and flyvis is not run for it.
mkdir -p installed/flyvis/connectome
echo 'raise SystemExit("imported")' >installed/flyvis/__init__.py
cp flyvis/connectome.json installed/flyvis/connectome/fib25-fib19_v2.2.json
PYTHONPATH="$PWD/installed" expect 0 convert --model flyvis/model -o found.json --extent 15 --fill 0
expect 0 installation same circuit.json found.json
expect 1 convert --model flyvis/model -o other.json
says "flyvis is not installed for this Python"

printf 'config: [' >flyvis/model/_meta.yaml
refuses "_meta.yaml: cannot be read" --fill 0

# Of several checkpoints, that of the smallest loss; here it is the only one that can be read.
rm flyvis/model/_meta.yaml
cp flyvis/connectome.json flyvis/model/chkpts/chkpt_00001
refuses "give one of them as --model" --fill 0
if $python -c 'import h5py' 2>/dev/null; then
    mkdir flyvis/model/validation
    $python -c 'import h5py; h5py.File("flyvis/model/validation/loss.h5", "w")["data"] = [5.1, 5.2]'
    expect 0 convert --connectome flyvis/connectome.json --model flyvis/model -o other.json --fill 0
    same circuit.json other.json "the best checkpoint, and extent and fill by hand"
else
    echo "SKIPPED: several checkpoints, as python3 has no h5py"
fi

fly=$OMMATID_SHARED/data/circuits/fly-visual-system.json
[ -e "$fly" ] || { echo "SKIPPED: the fly's visual system, as $fly is not there"; finish; }
round "$fly" 1
# So many has flyvis' own file; the rest lies in gaps.
grep -q '^605 synapse types, 2140 offsets, .* 604 edges_sign, 2355 edges_syn_count,' made || fail "made: $(cat made)"
expect 0 generate tiny.yaml --dry-run --set circuit.file=circuit.json --set circuit.extent=2
grep -q "65 types, 1203 neurons, 28904 synapses, 19 columns" out || fail "circuit.json at extent 2: $(cat out)"
finish
