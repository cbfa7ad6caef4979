#!/bin/sh
# Programs that are stopped, killed, or have nobody who listens.
. "$abs_top_srcdir/tests/programs/lib.sh"
mkdir output

# begin PROGRAM ...: in the background, as $!.
begin() {
    said="$*"
    program=$1
    shift
    "$abs_top_builddir/$program" "$@" >out 2>err </dev/null &
}

# ends STATUS: the program in the background does, within seconds.
ends() {
    patience=200
    while kill -0 $! 2>/dev/null && [ $patience -gt 0 ]; do
        patience=$((patience - 1))
        sleep 0.1
    done
    [ $patience -gt 0 ] || { fail "$said: does not stop"; kill -9 $!; }
    wait $!
    status=$?
    [ $status = "$1" ] || { fail "$said: exit status $status, expected $1"; cat err >&2; }
}

# listens: waits until the program in the background has its own way of being stopped, as Linux shows.
listens() {
    patience=600
    until grep -q '^SigCgt:.*[4567cdef][0-9a-f][0-9a-f][0-9a-f]$' /proc/$!/status 2>/dev/null; do
        patience=$((patience - 1))
        [ $patience -gt 0 ] || { fail "$said: does not catch SIGTERM"; return; }
        sleep 0.1
    done
}

# has_temporary FOLDER [ENDING]: waits until something is being written there, whose name ends so.
has_temporary() {
    patience=600
    until ls -A "$1" 2>/dev/null | grep -q "^\.ommatid-.*${2-}\$"; do
        patience=$((patience - 1))
        [ $patience -gt 0 ] || { fail "$said: writes nothing"; return; }
        sleep 0.1
    done
}

# With nohup a closed terminal ends nothing.
expect 0 generate tiny.yaml -o watched.h5
said="nohup ommatid-train"
(trap '' HUP && exec "$abs_top_builddir/ommatid-train" tiny.yaml -d watched.h5 -o watched $endless \
    >out 2>err </dev/null) &
listens
kill -HUP $!
sleep 0.5
kill -0 $! 2>/dev/null || fail "$said: stopped"
kill -TERM $!
ends 0
rm -r watched watched.h5

# While scenes are drawn, which takes minutes at this size, and while frames are recorded.
begin ommatid-generate tiny.yaml -o output/recording.h5 --set circuit.extent=30 \
    --set 'stimulus.train=["scene:dead_leaves"]'
listens
sleep 1
kill -TERM $!
ends 1
says "stopped by a signal; nothing was written"
long="--set simulation.train_frames=200000"
begin ommatid-generate tiny.yaml -o output/recording.h5 $long
has_temporary output
kill -INT $!
ends 1
says "stopped by a signal; nothing was written"
holds_only output

# What a killed program leaves is hidden, and the next one removes it.
begin ommatid-generate tiny.yaml -o output/recording.h5 $long
has_temporary output
kill -9 $!
wait $! 2>/dev/null
[ ! -e output/recording.h5 ] || fail "$said: a recording, although killed"
expect 0 generate tiny.yaml -o output/recording.h5
holds_only output recording.h5

# The same of what libtensor writes for it: a test finds its folder empty but for what a killed one left.
expect 0 train tiny.yaml -d output/recording.h5 -o run
mkdir results
: >results/recovered.safetensors.tmp.99
expect 0 test_run run -d output/recording.h5 -o results --set test.video_frames=0
[ ! -e results/recovered.safetensors.tmp.99 ] || fail "$said: what a killed test left is still there"
rm -r results

# A test is stopped while it encodes its video: what is whole stays, and of the video nothing.
cp output/recording.h5 .
test_run run -d recording.h5 -o results --set test.video_frames=1 >out 2>err || fail "test: $(cat err)"
without=$(grep -o 'built without.*' err)
if [ -n "$without" ]; then echo "SKIPPED: stopping a video, as the programs are $without"
else
    for signal in TERM INT; do
        rm -rf results
        begin ommatid-test run -d recording.h5 -o results --set test.video_frames=300 --set test.video_step=1
        has_temporary results comparison.mp4
        kill -$signal $!
        ends 1
        says "stopped by a signal; the results are not complete"
        ls -A results | grep -vE '^[a-z_]*\.(json|safetensors|png)$' && fail "$said: partial files"
    done
    # Results in place of older ones: the report, which says that they belong together, is not the older one's.
    test_run run -d recording.h5 -o results --set test.video_frames=1 --force >out 2>err || fail "test: $(cat err)"
    [ -e results/report.html ] || fail "a test without a report"
    begin ommatid-test run -d recording.h5 -o results --set test.video_frames=300 --set test.video_step=1 --force
    has_temporary results comparison.mp4
    kill $!
    ends 1
    [ ! -e results/report.html ] || fail "an older report beside results that are not complete"
fi

# Whoever closes standard output or error, or lets it go to a full disk or nowhere, gets the same files.
generate tiny.yaml -o closed.h5 --progress=plain <&- >&- 2>&- || fail "standard streams closed: no recording"
same recording.h5 closed.h5 "standard streams closed"
train tiny.yaml -d recording.h5 -o closed --progress=json <&- >&- 2>&- || fail "standard streams closed: no run"
same_tensors run closed "standard streams closed"
train tiny.yaml -d recording.h5 -o full >/dev/full 2>/dev/full || fail "messages to a full disk: no run"
same_tensors run full "messages to a full disk"
train tiny.yaml -d recording.h5 -o piped --progress=plain 2>&1 | true
same_tensors run piped "a pipe that is closed"
for program in "train tiny.yaml --print-config" "train --help" "train --version" "train --help-config" \
    "train tiny.yaml -d recording.h5 --dry-run" "test_run run -d recording.h5 -o results --force"; do
    for where in /dev/full closed; do
        if [ $where = closed ]; then $program 2>err >&-; else $program 2>err >/dev/full; fi
        status=$?
        [ $status = 5 ] || fail "$program, standard output $where: exit status $status, expected 5"
        said=$program
        says ": standard output: "
    done
done
[ -s results/metrics.json ] || fail "no metrics where the table cannot be printed"

# A configuration may come through a pipe.
cat tiny.yaml | generate /dev/stdin -o piped.h5 -q || fail "a configuration from standard input"
same recording.h5 piped.h5 "a configuration from standard input"
finish
