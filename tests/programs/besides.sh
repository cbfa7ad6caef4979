#!/bin/sh
# What the programs do besides their work: say what they would do, write one step down, say where time and memory went,
# explain themselves.
. "$abs_top_srcdir/tests/programs/lib.sh"

expect 0 generate tiny.yaml -o recording.h5
expect 0 train tiny.yaml -d recording.h5 -o run
rm out err
TMPDIR=$PWD # where trials are made, which are not to stay either
export TMPDIR
ls -AR >"$temporary/before"

# --dry-run reads everything and writes nothing, with and without a place to write to.
# dry WORDS PROGRAM ...: prints a line that begins with each of the words.
dry() {
    words=$1
    shift
    expect 0 "$@" --dry-run
    for word in $words; do grep -q "^$word  *.*[0-9]" out || fail "$said: nothing about $word"; done
    [ ! -s err ] || fail "$said: complains"
}
for place in "" "-o new"; do
    dry "circuit frames memory disk time" generate tiny.yaml $place
    dry "recording model memory disk time" train tiny.yaml -d recording.h5 $place
    dry "recording model memory disk time" train tiny.yaml -d recording.h5 $place --set model.mode=known
    dry "recording model memory disk then time" train tiny.yaml -d recording.h5 $place --set training.solve_from=0.5
    dry "run model memory disk time" test_run run -d recording.h5 $place
done
dry "step disk" train tiny.yaml -d recording.h5 --dump-step new.safetensors --frames 0,299
dry "step disk" train tiny.yaml -d recording.h5 -o run --dump-step new.safetensors --frames 0,299
expect 3 train tiny.yaml -d recording.h5 --dry-run --dump-step recording.h5 --frames 0
expect 3 train tiny.yaml -d recording.h5 --dry-run --dump-step new.safetensors --frames 300
TMPDIR=$PWD/nowhere expect 0 generate tiny.yaml --dry-run
grep -q "^time  *unknown, as no trial can be recorded: .*nowhere" out || fail "no folder for trials: no word about time"
rm out err
ls -AR >"$temporary/after"
same "$temporary/before" "$temporary/after" "--dry-run wrote something"
expect 3 generate tiny.yaml -o recording.h5 --dry-run
says "recording.h5: exists; --force replaces it"
for program in "train tiny.yaml" "test_run run"; do
    expect 3 $program -d recording.h5 -o run --dry-run
    says "run: is not empty; --force writes into it"
    expect 3 $program -d recording.h5 -o tiny.yaml --dry-run --force
    says "tiny.yaml: exists and is not a directory"
    expect 0 $program -d recording.h5 -o run --dry-run --force
done
expect 3 train tiny.yaml -d tiny.yaml --dry-run
expect 5 test_run nowhere -d recording.h5 --dry-run
expect 5 generate tiny.yaml -o new.h5 --dry-run --set simulation.train_frames=100000000 --set circuit.extent=20
says "new.h5: needs" "and the disk has"

# --dump-step: all of one step, at the initial or at the learned parameters; the same values each time.
expect 0 train tiny.yaml -d recording.h5 --dump-step initial --frames 0,299,7
expect 0 train tiny.yaml -d recording.h5 -o run --dump-step learned --frames 0,299,7
expect 0 train tiny.yaml -d recording.h5 -o run --dump-step again --frames 0,299,7
same learned again "--dump-step, twice"
"$inspect" tensors learned >tensors || fail "--dump-step: not read"
for tensor in 'param/W float32 545' 'grad/W float32 545' 'grad/siren.0.weight float32 16 3' 'loss float32' \
    'param/embedding float32 99 2' 'term/prediction float32' 'term/g_phi_diff float32' 'term/W_L1 float32' \
    'frames int32 3' 'field float32 3 7' 'message float32 3 99' 'predicted_derivative float32 3 99'; do
    grep -qE "^$tensor [0-9a-f]{16}\$" tensors || fail "--dump-step: no tensor $tensor"
done
expect 0 train tiny.yaml -d recording.h5 --dump-step bank --frames 0,299,7 --set siren.windows=4
"$inspect" tensors bank >tensors.bank || fail "--dump-step: not read"
for tensor in 'grad/siren.3.2.bias float32 1' 'field float32 3 7'; do
    grep -qE "^$tensor [0-9a-f]{16}\$" tensors.bank || fail "--dump-step of a bank of SIRENs: no tensor $tensor"
done
learned_w=$("$inspect" tensors run/checkpoint.safetensors | sed -n 's/^W //p')
grep -qx "param/W $learned_w" tensors || fail "--dump-step: other parameters than those of the run"
"$inspect" tensors initial | grep -qx "param/W $learned_w" &&
    fail "--dump-step without a run: not the initial parameters"
expect 0 train --help
tr -s ' \n' ' ' <out | grep -q "the parameters are those of the run given with -o" || fail "$said: whose parameters?"
expect 3 train tiny.yaml -d recording.h5 -o run --dump-step learned --frames 1
says "learned: exists; --force replaces it"
many=$(awk 'BEGIN { for (i = 0; i < 2000; i++) printf "1," }')1
for frames in '' , 1, ,1 -1 300 1x 1.5 99999999999999999999 "$many"; do
    expect 3 train tiny.yaml -d recording.h5 --dump-step new --frames "$frames"
    says "--frames " "wanted are at most 1024 numbers of 0 to 299 between commas"
done
[ ! -e new ] || fail "--dump-step with a wrong list of frames wrote something"

# --profile: the same training, and where its time and memory went.
expect 0 train tiny.yaml -d recording.h5 -o profiled --profile
for words in "^profile: [0-9]* runs on" "of peak  *operation" " siren, gradient$" \
    "^memory: arena .*most is needed in"; do
    grep -q "$words" out || fail "$said: does not print '$words'"
done
"$inspect" tensors profiled/checkpoint.safetensors | grep -q "^W $learned_w" || fail "$said: learned something else"

for program in generate train test_run; do
    expect 0 $program --help
    grep -q "Exit status: 0 done" out || fail "$program --help: no exit statuses"
    grep -q "Examples:" out || fail "$program --help: no examples"
    expect 0 $program --version
    grep -q "(ommatid) [0-9]" out || fail "$program --version: no version"
    expect 0 $program --help-config
    grep -q "^seed" out || fail "$program --help-config: no seed"
done

# A thread that cannot be started is called that. Its stack is to be larger than the memory there may be.
narrow() { (ulimit -s 8000000 && ulimit -v 6000000 && "$@"); }
if narrow train --version >/dev/null 2>&1; then
    expect 1 narrow train tiny.yaml -d recording.h5 -o narrow --threads 1
    says "cannot start the thread that reads batches: " "ulimit"
else
    echo "SKIPPED: a thread that cannot be started, as limits cannot be set, or do not leave room for the program"
fi
finish
