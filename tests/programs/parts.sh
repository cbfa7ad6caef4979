#!/bin/sh
# Recordings that lack parts, as real experiments do: what can be done is done, and what is missing is said.
. "$abs_top_srcdir/tests/programs/lib.sh"

expect 0 generate tiny.yaml -o recording.h5

# without OBJECT ...: a recording that lacks them, as part.h5, and nothing left of earlier ones.
without() {
    rm -rf run results
    cp recording.h5 part.h5
    "$inspect" drop part.h5 "$@" || fail "part.h5 cannot be made"
    dropped="$*"
}

# trains MODE [TEXT ...]: training works and says the texts; so does testing.
trains() {
    mode=$1
    shift
    expect 0 train tiny.yaml -d part.h5 -o run --set model.mode=$mode
    says "$@"
    expect 0 test_run run -d part.h5 -o results
    says "$@"
    # What was recovered is there whatever is missing; differences of voltages are one less than frames.
    frames=300
    case $dropped in */train/derivative*) frames=299 ;; esac
    "$inspect" tensors results/recovered.safetensors >tensors || fail "$said: recovered.safetensors is not read"
    movies=0
    [ $mode = known ] || movies=2
    [ "$(grep -c '^stimulus' tensors)" = $movies ] && [ "$(grep -c "^stimulus.* float32 $frames 7 " tensors)" = $movies ] ||
        fail "$said: recovered.safetensors: $(grep '^stimulus' tensors), expected $movies movies of $frames frames"
    grep -q '^weight float64' tensors || fail "$said: recovered.safetensors has no weights"
}

# refuses MODE TEXT: training in this mode is impossible.
refuses() {
    expect 3 train tiny.yaml -d part.h5 -o run --set model.mode=$1
    says "part.h5: " "$2"
    [ ! -e run ] || fail "$said: made a run"
}

# metrics null|known PATH ...: whether these metrics are null, or numbers.
metrics() {
    kind=$1
    shift
    "$inspect" json results/metrics.json "$@" >found || fail "metrics.json is not whole"
    case $kind in
    null) grep -v ' null$' found >&2 && fail "$said: metrics out of nothing" ;;
    known) grep -v ' -*[0-9][0-9.e+-]*$' found >&2 && fail "$said: metrics are missing" ;;
    esac
}
weights="weights.in_distribution.r2 weights.in_distribution.share_identifiable weights.published.r2_filtered"
constants="time_constant.in_distribution.r2 time_constant.published.slope resting_potential.published.r2"
types="embedding.accuracy embedding.ari embedding.nmi"
followed="one_step.rmse_mean one_step.pearson_mean rollout.rmse_mean rollout.pearson_mean"
stimulus="stimulus.r2 stimulus.r2_raw stimulus.r2_first_8527 stimulus.r2_solved stimulus.a stimulus.b"
oracle="rollout.oracle.rmse_mean rollout.oracle.pearson_sd"
yardstick="yardstick.weights.r2 yardstick.weights.r2_identifiable yardstick.time_constant.slope"

without /train/derivative /test/derivative
trains joint "no /train/derivative: the target is the finite difference of the voltage"
metrics known $weights $constants $types $followed $stimulus $oracle $yardstick
expect 0 test_run run -d part.h5 -o results --force --progress=plain --set test.video_step=1 --set test.video_frames=1000
grep -Eq '^video: 299 in |built without' err || fail "$said: not a video of 299 frames: $(grep video err)"

without /train/stimulus /test/stimulus
refuses known "does not fit model.mode: known, as it has no /train/stimulus"
trains joint "no /train/stimulus: training with known stimulus is impossible, and joint training cannot report"
metrics null $stimulus $oracle $yardstick
metrics known $weights $constants $types $followed
grep -q stimulus out && fail "the table has a stimulus"
[ ! -e results/stimulus.png ] || fail "a stimulus is drawn that nobody knows"

without /test/stimulus
trains known
says "no /test/stimulus: errors on frames that were not learned cannot be reported"
"$inspect" json results/metrics.json rollout.split | grep -q train || fail "the split is not train"

without /truth
trains joint "no /truth: how well weights, time constants and resting potentials were recovered cannot be reported"
metrics null $weights $constants $oracle $yardstick by_synapse_type
metrics known $types $followed $stimulus

without /truth/time_constant
trains joint
says "no /truth/time_constant: how well it was recovered cannot be reported"
metrics null time_constant.in_distribution.r2 $oracle
metrics known $weights resting_potential.published.r2

without /circuit/type /circuit/type_names
trains joint
says "no /circuit/type and /circuit/type_names: nothing can be reported by cell type"
metrics null $types by_type by_synapse_type
metrics known $weights $constants $followed

# A lattice of positions only: nothing says which columns are neighbours, so there is no video; that is said even when
# nothing else is.
without /lattice/u /lattice/v
trains joint
says "warning: no video: "
expect 0 test_run run -d part.h5 -o results --force --quiet
says "warning: no video: it shows columns on the lattice, and the recording has no /lattice/u and /lattice/v"
[ "$(wc -l <err)" = 1 ] || fail "--quiet: more than the warning"

# Nor is there one of a lattice that cannot be drawn: a column lies far off. That is said first.
without /circuit/type /circuit/type_names
"$inspect" spoil part.h5 /lattice/u 20000
trains joint
expect 0 test_run run -d part.h5 -o results --force
says "no video: "
if ! grep -q 'built without' err; then
    says "part.h5: /lattice: column 0 lies at (20000, 0), too far out"
    [ "$(grep -n 'no video' err | cut -d: -f1)" = 1 ] || fail "$said: the warning is not the first thing said"
    [ -s results/report.html ] && [ -s results/stimulus.png ] || fail "$said: more is missing than the video"
fi
[ ! -e results/comparison.mp4 ] || fail "$said: a video all the same"

without /lattice
refuses joint "does not fit model.mode: joint, as it has no /lattice"
trains known

# Nothing but what is compulsory for each mode.
without /truth /test /train/derivative /train/stimulus /circuit/type /circuit/type_names /lattice/u /lattice/v
trains joint "/train/derivative" "/train/stimulus" "/truth"
says "no video"
metrics null $weights $constants $types $stimulus $oracle $yardstick
metrics known $followed
grep -q '^one step r (train)  *[0-9.-]*[0-9]$' out || fail "$said: the table tells nothing that is known: $(cat out)"
grep -q ' -  ' out && fail "$said: the table has lines of what is not known: $(cat out)"
without /truth /test /train/derivative /circuit/type /circuit/type_names /lattice
trains known "/train/derivative" "/truth"
metrics null $weights $constants $types $stimulus $oracle $yardstick
metrics known $followed

without /circuit/is_input /circuit/column
refuses joint "no /circuit/is_input and /circuit/column: the stimulus drives no neuron"
rm -rf run results
cp recording.h5 part.h5
"$inspect" zero part.h5 /circuit/is_input
refuses joint "does not fit model.mode: joint, as /circuit/is_input is 0 for every neuron"
trains known
without /circuit/column
refuses joint "part.h5: /circuit/column is missing, which /circuit/is_input needs"
# Voltages of another zero are no error, but nearly all that they tell is lost.
without /test
"$inspect" zero part.h5 /train/voltage
expect 0 train tiny.yaml -d part.h5 -o run --dry-run
says "/train/voltage: 99 of 99 neurons are never above 0, where neurons begin to send to others"
says "/train/voltage: its standard deviation is 0, expected about 1"
expect 0 train tiny.yaml -d recording.h5 -o run --dry-run
grep -q "standard deviation" err && fail "$said: warns of voltages as they should be"
without /circuit/source
refuses joint "part.h5: /circuit/source is missing: nothing can be learned without the circuit"
without /train/voltage
refuses known "part.h5: /train/voltage is missing: there is nothing to learn from"
finish
