#!/bin/sh
# The same inputs give the same bits, on one thread, two and four.
. "$abs_top_srcdir/tests/programs/lib.sh"

solving="--set training.solve_from=0.3 --set training.solve_every=8 --set training.solve_frames=100
    --set training.solve_points=60"

# Threads are asked for in the environment: the configuration, which files quote, stays the same.
for threads in 1 2 4; do
    OMP_NUM_THREADS=$threads
    export OMP_NUM_THREADS
    expect 0 generate tiny.yaml -o recording$threads.h5 --set simulation.measurement_noise=0.01
    expect 0 train tiny.yaml -d recording1.h5 -o run$threads
    expect 0 train tiny.yaml -d recording1.h5 -o known$threads --set model.mode=known
    expect 0 train tiny.yaml -d recording1.h5 -o bank$threads --set siren.windows=2
    expect 0 train tiny.yaml -d recording1.h5 -o solved$threads $solving
    expect 0 test_run run1 -d recording1.h5 -o results$threads
done
sleep 1 # a file that remembers when it was made differs by then
expect 0 generate tiny.yaml -o again.h5 --set simulation.measurement_noise=0.01
expect 0 generate tiny.yaml -o other.h5 --set simulation.measurement_noise=0.01 --seed 2

for threads in 2 4; do same recording1.h5 recording$threads.h5 "recordings, by the number of threads"; done
same recording1.h5 again.h5 "recordings made at different times"
cmp -s recording1.h5 other.h5 && fail "another seed gives the same recording"
for run in run known bank solved; do
    without_clock ${run}1/metrics.jsonl >${run}1.metrics
    for threads in 2 4; do
        same_tensors ${run}1 $run$threads "training, by the number of threads"
        without_clock $run$threads/metrics.jsonl >$run$threads.metrics
        same ${run}1.metrics $run$threads.metrics "metrics of training, by the number of threads"
        same ${run}1/config.yaml $run$threads/config.yaml "configurations"
    done
done
for file in results1/*; do
    case $file in *.mp4) continue ;; esac # the codec's own bits are not ours
    for threads in 2 4; do
        same "$file" "results$threads/${file#results1/}" "results, by the number of threads"
    done
done

# What a run has learned depends neither on what is shown meanwhile nor on how often it is saved.
expect 0 train tiny.yaml -d recording1.h5 -o busy --progress=json --set training.evaluate_every=3 \
    --set training.log_every=1 --set training.checkpoint_minutes=0.00001
same_tensors run1 busy "training with more reports"
expect 0 train tiny.yaml -d recording1.h5 -o other --seed 2
"$inspect" tensors other/checkpoint.safetensors >other.tensors
cmp -s run1.tensors other.tensors && fail "another seed gives the same parameters"
finish
