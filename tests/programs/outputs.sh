#!/bin/sh
# Where results cannot go: nothing is destroyed, and nothing partial is left behind.
. "$abs_top_srcdir/tests/programs/lib.sh"

expect 0 generate tiny.yaml -o recording.h5
expect 0 train tiny.yaml -d recording.h5 -o run
expect 0 test_run run -d recording.h5 -o results --set test.video_frames=0
cp tiny.yaml tiny.copy
cp recording.h5 recording.copy
cp -r run run.copy

# Results that exist stay unless --force is given, even then if they are not of the right kind.
expect 3 generate tiny.yaml -o recording.h5
says "recording.h5: exists; --force replaces it"
expect 3 generate tiny.yaml -o run --force
says "run: exists and is not a file"
expect 3 generate tiny.yaml -o /dev/full --force
says "/dev/full: exists and is not a file"
for program in "train tiny.yaml" "test_run run"; do
    expect 3 $program -d recording.h5 -o results
    says "results: is not empty; --force writes into it"
    expect 3 $program -d recording.h5 -o tiny.yaml --force
    says "tiny.yaml: exists and is not a directory"
done
expect 3 train tiny.yaml -d recording.h5 --dump-step tiny.yaml --frames 1
says "tiny.yaml: is the input tiny.yaml; the output needs a file of its own"

# An output that is an input as well would destroy it, whatever its name there.
ln -s tiny.yaml link
ln recording.h5 second.h5
printf 'YUV4MPEG2 W40 H40 F25:1 Cmono\nFRAME\n%1600s' x >movie.y4m
for output in tiny.yaml ./tiny.yaml "$PWD/tiny.yaml" link movie.y4m builtin.json; do
    cp "$OMMATID_DATA/builtin.json" .
    expect 3 generate tiny.yaml -o "$output" --force --set circuit.file=builtin.json \
        --set 'stimulus.train=["scene:gratings"]' --set 'stimulus.test=[movie.y4m]'
    says "$output: is the input "
done
expect 3 env OMMATID_DATA=. "$abs_top_builddir/ommatid-generate" tiny.yaml -o builtin.json --force
says "builtin.json: is the input "
rm builtin.json
# The built-in circuit and the scenes are no files of the folder.
for output in builtin scene:gratings; do
    : >"$output"
    expect 0 generate tiny.yaml -o "$output" --force --set circuit.file=builtin --set 'stimulus.train=["scene:gratings"]'
    rm "$output"
done
for output in tiny.yaml recording.h5 second.h5 run/checkpoint.safetensors run/previous.checkpoint.safetensors \
    run/config.yaml run/metrics.jsonl; do
    expect 3 train tiny.yaml -d recording.h5 -o run --dump-step "$output" --frames 1,2 --force
    says "$output: is the input"
done

for name in metrics.json recovered.safetensors report.html comparison.mp4 stimulus.png embedding.png; do
    for input in recording.h5 run/checkpoint.safetensors run/metrics.jsonl; do
        rm -rf taken
        mkdir taken
        ln "$input" taken/$name
        for dry in "" --dry-run; do
            expect 3 test_run run -d recording.h5 -o taken --force $dry
            says "taken/$name: is the input $input"
            holds_only taken $name
        done
    done
done

# A symbolic link stays, and the file it leads to is written, if that may be.
mkdir elsewhere
expect 0 train tiny.yaml -d recording.h5 --dump-step elsewhere/step --frames 1,2
cp elsewhere/step step.copy
: >elsewhere/kept
ln -s elsewhere/kept kept
ln -s elsewhere/new new
for program in "generate tiny.yaml -o" "train tiny.yaml -d recording.h5 --frames 1,2 --dump-step"; do
    expect 3 $program kept
    says "kept: exists; --force replaces it"
    expect 0 $program new
    expect 0 $program kept --force
    holds_only elsewhere step kept new
    [ -h new ] && [ -h kept ] || fail "$program: a link was replaced"
    [ ! -s new ] || cmp -s elsewhere/new elsewhere/kept || fail "$program: links lead to something else"
    : >elsewhere/kept
    [ -s elsewhere/new ] || fail "$program: what the link leads to was not written"
    cp elsewhere/new latest
    rm elsewhere/new
done
same latest step.copy "--dump-step through a link"
longest=$(printf '%0250d' 1)
expect 0 train tiny.yaml -d recording.h5 --dump-step "elsewhere/$longest" --frames 1,2
same "elsewhere/$longest" step.copy "--dump-step to a long name"

# Results of an older test that the new one has none of do not pass for new ones, and nothing else is removed.
expect 0 train tiny.yaml -d recording.h5 -o known --set model.mode=known --set model.embedding_dim=3
expect 0 test_run known -d recording.h5 -o known.results
ls -A known.results >wanted
cp -r results mixed
: >mixed/comparison.mp4
: >mixed/stimulus.png
: >mixed/embedding.png
: >mixed/notes.txt
ln -sf ../elsewhere/recovered mixed/recovered.safetensors
expect 0 test_run known -d recording.h5 -o mixed --force
holds_only mixed $(cat wanted) notes.txt
same elsewhere/recovered known.results/recovered.safetensors "recovered.safetensors, through a link to nothing yet"

# Directories that are not there, or in which nothing may be made.
expect 5 generate tiny.yaml -o nowhere/x
says "nowhere: No such file or directory"
expect 5 generate tiny.yaml -o tiny.yaml/x
says "tiny.yaml/x: Not a directory"
expect 5 train tiny.yaml -d recording.h5 -o tiny.yaml/run
says "tiny.yaml/run: Not a directory"
expect 5 train tiny.yaml -d recording.h5 --dump-step nowhere/step --frames 1
says "nowhere: No such file or directory"
mkdir locked
chmod a-w locked
if [ -w locked ]; then echo "SKIPPED: directories that may not be written to, as everything is allowed to this user"
else
    expect 5 generate tiny.yaml -o locked/recording.h5
    says "locked: Permission denied"
    expect 5 train tiny.yaml -d recording.h5 -o locked/run
    says "locked/run: Permission denied"
    expect 5 test_run run -d recording.h5 -o locked
    says "locked: Permission denied"
fi
same tiny.yaml tiny.copy "the configuration was written to"
same recording.h5 recording.copy "the recording was written to"
diff -r run run.copy >&2 || fail "the run was written to"

# Disks that are full from the beginning to just before the end.
mkdir small
for blocks in 2 8 40 200 400 600; do
    expect_full_disk $blocks ommatid-generate tiny.yaml -o small/recording.h5
    says "small/recording.h5: "
    holds_only small
done
for blocks in 2 8 20 60; do
    rm -rf small
    expect_full_disk $blocks ommatid-train tiny.yaml -d recording.h5 -o small
    says "small/"
    ls -A small | grep -vE '^(config.yaml|metrics.jsonl)$' && fail "$said: partial files"
done
cp -r run spare
expect_full_disk 20 ommatid-train tiny.yaml -d recording.h5 -o run --resume --set training.steps=60
for name in checkpoint.safetensors previous.checkpoint.safetensors; do
    same spare/$name run/$name "a checkpoint that could not be written cost the run one that it had"
done
rm -r spare
says "run/checkpoint.safetensors: cannot be written: File too large"
same_tensors run run.copy "a checkpoint that found no room replaced the one before"
holds_only run checkpoint.safetensors previous.checkpoint.safetensors config.yaml metrics.jsonl
for blocks in 2 40 100 200 300 600; do
    rm -rf small
    expect_full_disk $blocks ommatid-test run -d recording.h5 -o small
    says "small/"
    ls -A small | grep -vE '^[a-z].*\.(json|safetensors|png|mp4)$' && fail "$said: partial files"
done
finish
