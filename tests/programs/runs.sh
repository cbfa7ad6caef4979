#!/bin/sh
# What is in a run is safe: from a second program, from a new run, from being taken for damaged, and the user's own
# files from the run.
. "$abs_top_srcdir/tests/programs/lib.sh"

expect 0 generate tiny.yaml -o recording.h5
expect 0 train tiny.yaml -d recording.h5 -o run
steps_made() { "$inspect" tensors $1/checkpoint.safetensors | sed -n 's/^step //p'; }

# unchanged WHAT: the run is as it was when run.copy was made of it.
unchanged() {
    diff -r run run.copy >&2 || fail "$1: the run has changed"
}
cp -r run run.copy

# The configuration given may be the run's own only if nothing is changed in it.
expect 0 train run/config.yaml -d recording.h5 -o run --resume
unchanged "a run resumed with its own configuration"
cp tiny.yaml run/config.yaml
cp tiny.yaml run.copy/config.yaml
ln -s run/config.yaml link.yaml
for given in run/config.yaml link.yaml; do
    for how in --resume --force "--force --dry-run"; do
        expect 3 train $given -d recording.h5 -o run $how --set training.steps=60
        says "run/config.yaml: is the configuration given, and the run would write another text into it"
        unchanged "$said"
    done
done
cp recording.h5 run/metrics.jsonl
expect 3 train tiny.yaml -d run/metrics.jsonl -o run --force
says "run/metrics.jsonl: is the input run/metrics.jsonl"
cp run.copy/metrics.jsonl run

# A dry run of --resume finds what the other would, and tells the time of what is left.
expect 0 train tiny.yaml -d recording.h5 -o run --resume --dry-run --set training.steps=1000
grep -q "for the last 9[0-9]* steps" out || fail "$said: $(cat out)"
expect 5 train tiny.yaml -d recording.h5 -o nowhere --resume --dry-run
says "nowhere/checkpoint.safetensors"
expect 3 train tiny.yaml -d recording.h5 -o run --resume --dry-run --set seed=77
says "seed was " " when the run began and is 77 now"
unchanged "a dry run of --resume"

# What is not a file in place of one of them: nothing happens to the others, and nobody waits for a pipe.
for name in config.yaml metrics.jsonl checkpoint.safetensors; do
    for kind in mkdir mkfifo; do
        rm run/$name
        $kind run/$name
        for how in --resume --force; do
            expect 3 train tiny.yaml -d recording.h5 -o run $how
            says "run/$name: exists and is not a file"
        done
        rm -r run/$name
        cp run.copy/$name run
        unchanged "$said"
    done
done

# A new run in place of an older one: the older one's checkpoints stay until the new one has its first.
expect_full_disk 20 ommatid-train tiny.yaml -d recording.h5 -o run --force
says "run/checkpoint.safetensors: cannot be written: File too large"
unchanged "a new run that found no room"
"$abs_top_builddir/ommatid-train" tiny.yaml -d recording.h5 -o run --force $endless >out 2>err &
patience=600
while [ -e run/previous.checkpoint.safetensors ] && [ $patience -gt 0 ]; do
    patience=$((patience - 1))
    sleep 0.1
done
[ "$(steps_made run)" = 0 ] || fail "a new run: the checkpoint before its first is not gone, or there is no first"

# While it is trained, nobody else may.
for how in "train tiny.yaml $endless --resume" "train tiny.yaml --force" "train tiny.yaml" "test_run run --force"; do
    expect 5 $how -d recording.h5 -o run
    says "run: is being trained by process $! on "
done
expect 0 test_run run -d recording.h5 -o results --set test.video_frames=0
kill -9 $!
wait $! 2>/dev/null
[ "$(steps_made run)" = 0 ] || fail "two programs on one run: the checkpoint has changed"
expect 0 train tiny.yaml -d recording.h5 -o run --resume
holds_only run checkpoint.safetensors previous.checkpoint.safetensors config.yaml metrics.jsonl
same_tensors run run.copy "a run that was killed and another that was not"

# Only a checkpoint that is damaged or not there has the one before it stand in.
rm run/checkpoint.safetensors
expect 0 test_run run -d recording.h5 --dry-run
says "run/checkpoint.safetensors: No such file or directory; taking run/previous.checkpoint.safetensors instead"
ln -s checkpoint.safetensors run/checkpoint.safetensors
expect 5 test_run run -d recording.h5 --dry-run
says "ommatid-test: run/checkpoint.safetensors: Too many levels of symbolic links"
expect 5 train tiny.yaml -d recording.h5 -o run --resume
says "run/checkpoint.safetensors: Too many levels of symbolic links"
rm run/checkpoint.safetensors
mkfifo run/checkpoint.safetensors
expect 5 test_run run -d recording.h5 --dry-run
says "ommatid-test: run/checkpoint.safetensors: is not a regular file"
rm run/checkpoint.safetensors
cp run.copy/checkpoint.safetensors run
chmod a-r run/checkpoint.safetensors
if [ -r run/checkpoint.safetensors ]; then
    echo "SKIPPED: checkpoints that may not be read, as everything is allowed to this user"
else
    expect 5 train tiny.yaml -d recording.h5 -o run --resume
    says "ommatid-train: run/checkpoint.safetensors: Permission denied"
fi
finish
