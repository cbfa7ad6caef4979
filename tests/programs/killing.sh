#!/bin/sh
# kill -9 at random moments of a run that saves at every step: what is left loads, the run goes on, and it ends like one
# that nobody disturbed. In the environment KILLS says how often, SEED which moments.
. "$abs_top_srcdir/tests/programs/lib.sh"
kills=${KILLS-20}
seed=${SEED-$$}
often="--set training.checkpoint_minutes=0.00001"
kept="--set training.schedule=constant --set training.evaluate_every=7"

# loads NAME: prints the step of a checkpoint of the run; fails if it is damaged.
loads() { "$inspect" tensors "killed/$1" | sed -n 's/^step //p' | grep .; }

expect 0 generate tiny.yaml -o recording.h5
resume=
caught=0
for kill in $(seq "$kills"); do
    "$abs_top_builddir/ommatid-train" tiny.yaml -d recording.h5 -o killed $endless $often $kept $resume >out 2>err &
    wait_for killed/checkpoint.safetensors || break
    resume=--resume
    sleep "$(awk -v seed="$seed" -v n="$kill" 'BEGIN { srand(seed * 1000 + n); printf "%.3f", rand() * 0.8 }')"
    kill -9 $! 2>/dev/null || { fail "kill $kill: the run ended by itself"; cat err >&2; }
    wait $! 2>/dev/null
    ls -A killed | grep -v '^\.ommatid-lock$' | grep -qE 'tmp|new$|^\.ommatid' && caught=$((caught + 1))
    step=$(loads checkpoint.safetensors) || fail "kill $kill: the checkpoint is damaged or gone"
    [ ! -e killed/previous.checkpoint.safetensors ] || loads previous.checkpoint.safetensors >/dev/null ||
        fail "kill $kill: the checkpoint before it is damaged"
done
total=$((step - step % 5 + 15))
expect 0 train tiny.yaml -d recording.h5 -o killed $kept --set training.steps=$total --resume
expect 0 train tiny.yaml -d recording.h5 -o undisturbed $kept --set training.steps=$total
same_tensors undisturbed killed "killed $kills times, seed $seed"
for run in undisturbed killed; do without_clock $run/metrics.jsonl >$run.metrics; done
same undisturbed.metrics killed.metrics "killed $kills times, seed $seed"
holds_only killed checkpoint.safetensors previous.checkpoint.safetensors config.yaml metrics.jsonl
expect 0 test_run killed -d recording.h5 -o results
echo "killed $kills times (seed $seed) in $total steps, $caught times while something was being written"
finish
