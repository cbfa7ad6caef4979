# What the scripts that run the programs share. `make check` sets abs_top_srcdir and abs_top_builddir. Sourcing this
# enters a fresh temporary folder, removed at the end; its name has a space, as those of users do.
set -u
inspect=$abs_top_builddir/tests/programs/inspect
OMMATID_DATA=$abs_top_srcdir/apps/data
export OMMATID_DATA

LC_ALL=C
export LC_ALL

# What makes a run of ommatid-train one that only a signal ends. Should that fail, the time does: no test may hang.
endless="--set training.schedule=constant --set training.steps=1000000000 --max-minutes 5"

failures=0
temporary=$(mktemp -d "${TMPDIR:-/tmp}/ommatid-test.XXXXXX") || exit 99
trap 'cd /; chmod -R u+w "$temporary"; rm -rf "$temporary"' EXIT
trap 'exit 99' HUP INT TERM
mkdir "$temporary/some folder" && cd "$temporary/some folder" || exit 99

generate() { "$abs_top_builddir/ommatid-generate" "$@"; }
train() { "$abs_top_builddir/ommatid-train" "$@"; }
test_run() { "$abs_top_builddir/ommatid-test" "$@"; }

# built_with LIBRARY: whether the programs are, CAIRO or FFMPEG.
built_with() { grep -q "^#define HAVE_$1 1" "$abs_top_builddir/config.h"; }

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect STATUS COMMAND ...: runs it, its output going to `out` and `err`.
expect() {
    wanted=$1
    shift
    said="$*"
    "$@" >out 2>err </dev/null
    status=$?
    [ "$status" -eq "$wanted" ] || { fail "$said: exit status $status, expected $wanted"; cat err >&2; }
}

# says TEXT ...: whether the latest command printed each on standard error.
says() {
    for text; do
        grep -qF -- "$text" err || { fail "$said: did not say '$text' but:"; cat err >&2; }
    done
}

# expect_full_disk BLOCKS PROGRAM ...: runs it where no file may become larger than so many blocks of 512 bytes.
expect_full_disk() {
    blocks=$1
    shift
    said="$* on a disk of $blocks blocks"
    (ulimit -f $blocks && "$abs_top_builddir/$@") >out 2>err </dev/null
    status=$?
    [ $status -eq 5 ] || { fail "$said: exit status $status"; cat err >&2; }
}

# same A B WHAT: whether two files hold the same bytes.
same() { cmp "$1" "$2" >&2 || fail "$3: $1 and $2 differ"; }

# same_tensors RUN RUN WHAT: whether the checkpoints hold the same parameters, moments and counters.
same_tensors() {
    for checked in "$1" "$2"; do
        "$inspect" tensors "$checked/checkpoint.safetensors" >"$checked.tensors" || fail "$3: $checked is not read"
    done
    same "$1.tensors" "$2.tensors" "$3"
}

# The metrics without what depends on the clock.
without_clock() { sed -e 's/"\(train_\)*seconds": [^,}]*//' "$1"; }

# holds_only FOLDER NAME ...: whether the folder holds these entries and no other, hidden ones included.
holds_only() {
    folder=$1
    shift
    for entry; do echo "$entry"; done | sort >"$temporary/expected"
    ls -A "$folder" | sort >"$temporary/found"
    cmp -s "$temporary/expected" "$temporary/found" || fail "$folder: $(diff "$temporary/expected" "$temporary/found")"
}

# wait_for FILE: until it is there, a minute at most.
wait_for() {
    patience=600
    while [ ! -e "$1" ]; do
        patience=$((patience - 1))
        [ $patience -gt 0 ] || { fail "$1 did not appear"; return 1; }
        sleep 0.1
    done
}

# A circuit, a model and scenes so small that each program takes a moment.
cat >tiny.yaml <<'end'
circuit: {extent: 1}
stimulus: {train: ["scene:moving_edges"]}
simulation: {train_frames: 300, test_frames: 60}
model: {hidden_dim: 16}
siren: {hidden_dim: 16, layers: 1, omega_t: 50, omega_x: 3, omega_y: 3}
training: {steps: 30, batch: 2, input_frames: 4, log_every: 5, evaluate_every: 10}
test: {video_frames: 6, readout_frames: 200, clusters: 10}
end

finish() { exit $((failures > 0)); }
