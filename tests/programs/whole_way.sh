#!/bin/sh
# Generate, train, test: every file and every number that users are promised.
. "$abs_top_srcdir/tests/programs/lib.sh"

expect 0 generate tiny.yaml -o recording.h5
says "training frames: 300" "test frames: 60"
expect 0 train tiny.yaml -d recording.h5 -o run
says "train: 30"
holds_only run checkpoint.safetensors previous.checkpoint.safetensors metrics.jsonl config.yaml
[ "$(grep -c '^{"step": [0-9]*, "loss": [0-9.e-]*, .*}$' run/metrics.jsonl)" = 6 ] || fail "metrics.jsonl: not 6 lines"
"$inspect" tensors run/checkpoint.safetensors >tensors || fail "the checkpoint is not read"
for tensor in g_phi.0.weight g_phi.2.bias f_theta.0.weight f_theta.2.bias siren.0.weight siren.2.bias embedding W; do
    for kind in "" optimizer/first/ optimizer/second/; do
        grep -q "^$kind$tensor float32" tensors || fail "the checkpoint has no $kind$tensor"
    done
done
grep -qx "step 30" tensors || fail "the checkpoint is not of step 30"

expect 0 test_run run -d recording.h5 -o results --set test.readout_frames=300
for word in weights "time constants" "resting potentials" "cell types" stimulus "picture (median)" \
    "one step r (train)" "rollout r (train)" "results: results"; do
    grep -q "$word" out || fail "the table has no $word"
done
figures=
video=
if built_with CAIRO; then
    for name in embedding functions resting_potentials rollout stimulus time_constants training type_errors weights; do
        figures="$figures $name.png"
    done
    built_with FFMPEG && video=comparison.mp4
fi
holds_only results metrics.json recovered.safetensors report.html $figures $video
grep -q '</html>' results/report.html || fail "the report is not whole"
for figure in $figures; do
    [ "$(head -c 4 results/$figure | tail -c 3)" = PNG ] || fail "$figure is no picture"
done
if [ -z "$video" ]; then
    says "no video: built without cairo or FFmpeg"
    echo "SKIPPED: the video, as the programs are built without cairo or FFmpeg"
else
    grep "built without" err && fail "$said: warns of a library that is there"
    set -- $("$inspect" movie results/comparison.mp4)
    [ "${1-}" = 6 ] || fail "the video has ${1-no} frames, expected 6"
    [ $((${2-1} % 2 + ${3-1} % 2)) = 0 ] || fail "the video measures $2 x $3, expected even sizes"
fi

readouts() { for r in in_distribution published; do for k; do echo "$part.$r.$k"; done; done; }
keys=$(
    for k in r2 r2_raw r2_first_8527 r2_solved a b; do echo stimulus.$k; done
    for k in r2 slope r2_identity r2_identifiable share_identifiable spearman; do echo weights.in_distribution.$k; done
    for k in r2 slope r2_filtered; do echo weights.published.$k; done
    for part in time_constant resting_potential; do readouts r2 slope; echo $part.in_distribution.r2_identity; done
    for k in accuracy ari nmi; do echo embedding.$k; done
    for part in weights time_constant resting_potential; do
        for k in r2 slope r2_identity; do echo yardstick.$part.$k; done
    done
    for k in r2_identifiable share_identifiable spearman; do echo yardstick.weights.$k; done
    for k in r2 slope r2_identity; do echo by_synapse_type.$k; done
    for part in one_step rollout rollout.oracle; do
        for k in rmse_mean rmse_sd pearson_mean pearson_sd; do echo $part.$k; done
    done
)
expect 0 "$inspect" json results/metrics.json $keys
grep -v ' -*[0-9][0-9.e+-]*$' out >&2 && fail "a metric is no number, although the recording has everything"
expect 0 "$inspect" json results/metrics.json format run.steps run.train_seconds run.seed run.program
grep -qx 'run.steps 30' out || fail "metrics.json: steps"
grep -qx 'run.seed 1' out || fail "metrics.json: seed"
grep -qx 'run.program "ommatid [0-9].*"' out || fail "metrics.json: program"

# What was recovered is there as numbers, and they are those that were compared with the truth.
compared=
for part in weight time_constant resting_potential; do
    compared="$compared $part truth/$part published/$part truth/$part"
done
for r in weights.in_distribution weights.published time_constant.in_distribution time_constant.published \
    resting_potential.in_distribution resting_potential.published; do
    "$inspect" json results/metrics.json $r.r2 $r.r2_identity | awk '{print $2}' | xargs printf '%.3f %.3g\n'
done >wanted
"$inspect" json results/metrics.json stimulus.r2 stimulus.r2_raw | awk '{print $2}' | xargs printf '%.3f %.3g\n' >>wanted
"$inspect" json results/metrics.json stimulus.r2_solved | awk '{printf "%.3f\n", $2}' >>wanted
expect 0 "$inspect" scores results/recovered.safetensors recording.h5 $compared stimulus train/stimulus \
    stimulus_solved train/stimulus
sed '$s/ .*//' out >found
same found wanted "recovered.safetensors"
"$inspect" tensors results/recovered.safetensors | sed -n 's/ [0-9a-f]\{16\}$//p' | sort >found
synapses=$("$inspect" tensors run/checkpoint.safetensors | sed -n 's/^W float32 \([0-9]*\) .*/\1/p')
neurons=$("$inspect" tensors run/checkpoint.safetensors | sed -n 's/^embedding float32 \([0-9]*\) .*/\1/p')
sort >wanted <<end
source int32 $synapses
target int32 $synapses
weight float64 $synapses
identifiable int32 $synapses
published/weight float64 $synapses
time_constant float64 $neurons
resting_potential float64 $neurons
published/time_constant float64 $neurons
published/resting_potential float64 $neurons
input_gain float64 $neurons
is_input int32 $neurons
column int32 $neurons
stimulus float32 300 7
stimulus_solved float32 300 7
end
same found wanted "the tensors of recovered.safetensors"

# A number for each cell type and each type of synapses.
entries() { "$inspect" json results/metrics.json "$1" | tr ',' '\n' | grep -c . ; }
for list in time_constant_rmse resting_potential_rmse rollout_rmse rollout_pearson oracle_rmse oracle_pearson; do
    [ "$(entries by_type.$list)" = "$(entries by_type.names)" ] || fail "by_type.$list: not one for each name"
done
for list in target synapses true_mean learned_mean rmse share_identifiable; do
    [ "$(entries by_synapse_type.$list)" = "$(entries by_synapse_type.source)" ] ||
        fail "by_synapse_type.$list: not one for each type of synapses"
done
for end in source target; do
    "$inspect" json results/metrics.json by_synapse_type.$end | sed 's/^[^[]*//' | tr ',' '\n' | tr -d '][ ' >$end
done
[ -z "$(paste source target | sort | uniq -d)" ] || fail "by_synapse_type: a type of synapses is there twice"
sum=$("$inspect" json results/metrics.json by_synapse_type.synapses | tr -c '0-9\n' '\n' |
    awk '{n += $1} END {print n}')
expect 0 generate tiny.yaml --dry-run
grep -q " $sum synapses" out || fail "by_synapse_type.synapses: $sum in all, but $(grep synapses out)"
# The targets have no noise, so the data determine the circuit.
expect 0 "$inspect" json results/metrics.json yardstick.weights.r2_identity yardstick.time_constant.r2_identity
grep -v ' \(1.0\|0.99999[0-9]*\)$' out >&2 && fail "the yardstick does not find the circuit"

# What is said without a terminal is lines, and nothing at all when asked for.
expect 0 test_run run -d recording.h5 -o results --force --quiet
[ ! -s out ] && ! grep -v "built without" err || fail "--quiet is not quiet"
expect 0 train tiny.yaml -d recording.h5 -o other --progress=json
grep -qv '^{.*}$' err && fail "--progress=json: other than JSON"
expect 0 train tiny.yaml -d recording.h5 -o run --force --set training.steps=20
"$inspect" tensors run/checkpoint.safetensors | grep -qx "step 20" || fail "--force does not begin anew"
finish
