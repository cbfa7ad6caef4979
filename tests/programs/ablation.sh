#!/bin/sh
# Ablation: the same synapses are silenced in the learned and in the true circuit, whose rollouts are compared.
. "$abs_top_srcdir/tests/programs/lib.sh"

# Models that did not learn, alike but for their weights: W 0, or not.
expect 0 generate tiny.yaml -o recording.h5 --set simulation.sigma=0
for init in zero normal; do
    expect 0 train tiny.yaml -d recording.h5 -o $init --set model.mode=known --set model.weight_init=$init \
        --set training.lr_mlp=0 --set training.lr_embedding=0 --set training.lr_weight=0
done

# ablate RUN SHARE: its test, and the metrics in `found`.
ablate() {
    expect 0 test_run $1 -d recording.h5 -o results --force --set test.ablation=$2
    "$inspect" json results/metrics.json rollout.rmse_mean ablation.rmse_mean ablation.unaware.rmse_mean \
        ablation.share ablation.frames >found || fail "$said: metrics are missing"
}
metric() { sed -n "s/^$1 //p" found; }

expect 0 test_run normal -d recording.h5 -o results
"$inspect" json results/metrics.json ablation | grep -q ' null$' || fail "an ablation that nobody asked for"

# Without noise the recording is the true circuit's rollout. A share that makes no synapse changes nothing.
ablate normal 1e-9
[ "$(metric ablation.rmse_mean)" = "$(metric rollout.rmse_mean)" ] || fail "no synapse silenced: $(cat found)"
expr "$(metric ablation.unaware.rmse_mean)" : '0\(\.0\)*$' >/dev/null || fail "no synapse silenced: $(cat found)"
[ "$(metric ablation.frames)" = 60 ] || fail "not 60 frames: $(cat found)"
normal=$(metric rollout.rmse_mean)

# Without any synapse, weights that were learned no longer matter; the true ones are missed.
ablate normal 1
grep -q 'ablation r .*unaware' out || fail "the table has no ablation"
all=$(metric ablation.rmse_mean)
expr "$(metric ablation.unaware.rmse_mean)" : '0\(\.0\)*$' >/dev/null && fail "the true circuit lost nothing"
[ "$(metric rollout.rmse_mean)" = "$normal" ] || fail "an ablation changes the rollout of the whole circuit"
ablate zero 1
[ "$(metric ablation.rmse_mean)" = "$all" ] || fail "silenced synapses still speak: $all, $(cat found)"
[ "$(metric rollout.rmse_mean)" != "$normal" ] || fail "weights do not matter at all"

"$inspect" drop recording.h5 /truth || fail "no truth cannot be made"
expect 0 test_run normal -d recording.h5 -o results --force --set test.ablation=0.5
says "no ablation: it takes the whole /truth and the stimulus of the recording"
finish
