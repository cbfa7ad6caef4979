#!/bin/sh
# Neither memory nor the number of open files grows with the length of a recording or of a run, but for the movie that
# ommatid-test writes of a joint model; and --dry-run tells how much memory training and testing take. Prints what it
# measured.
. "$abs_top_srcdir/tests/programs/lib.sh"

# peak PROGRAM ...: the most memory it held, kB.
peak() {
    name=$1
    shift
    "$inspect" peak "$abs_top_builddir/$name" "$@" -q 2>err || { fail "$name: $(cat err)"; echo 0; }
}

# within SHORT LONG WHAT: LONG may exceed SHORT by 5 percent.
within() {
    echo "$3: $1 kB for 2,000 frames, $2 kB for 20,000"
    [ "$1" -gt 0 ] && [ $((100 * $2)) -le $((105 * $1)) ] || fail "$3: memory grows with the number of frames"
}

sed 's/extent: 1/extent: 3/; s/steps: 30/steps: 300/; s/evaluate_every: 10/evaluate_every: 100/' tiny.yaml >small.yaml
for frames in 2000 20000; do
    size="--set simulation.train_frames=$frames --set simulation.test_frames=100"
    eval "generating_$frames=\$(peak ommatid-generate small.yaml -o $frames.h5 $size)"
    for mode in joint known; do
        eval "${mode}_$frames=\$(peak ommatid-train small.yaml -d $frames.h5 -o $mode.$frames --set model.mode=$mode)"
        eval "testing_${mode}_$frames=\$(peak ommatid-test $mode.$frames -d $frames.h5 -o $mode.$frames.results)"
    done
done
within "$generating_2000" "$generating_20000" ommatid-generate
within "$joint_2000" "$joint_20000" "ommatid-train, joint"
within "$known_2000" "$known_20000" "ommatid-train, known stimulus"
movie=$((2 * 4 * 37 * (20000 - 2000) / 1000)) # kB: as the SIREN holds it and as the equations ask for it
within "$testing_joint_2000" $((testing_joint_20000 - movie)) "ommatid-test, joint, without the movie"
within "$testing_known_2000" "$testing_known_20000" "ommatid-test, known stimulus"

# foretold KB PERCENT PROGRAM ...: whether --dry-run says so much memory, give or take so many percent.
foretold() {
    taken=$1
    off=$2
    shift 2
    said=$("$abs_top_builddir/$@" --dry-run | sed -n 's/^memory  *\(about \)*\([0-9]*\) MB.*/\2/p')
    echo "$*: $taken kB, --dry-run says $said MB"
    [ $((100000000 * said)) -ge $((1024 * taken * (100 - off))) ] &&
        [ $((100000000 * said)) -le $((1024 * taken * (100 + off))) ] ||
        fail "$* --dry-run: another memory than that of the run"
}
for mode in joint known; do
    eval "training=\$${mode}_2000 testing=\$testing_${mode}_2000"
    foretold "$training" 10 ommatid-train small.yaml -d 2000.h5 --set model.mode=$mode
    foretold "$testing" 20 ommatid-test $mode.2000 -d 2000.h5
done

# Open files and memory of a long run that saves and evaluates all the time: the least of the first and of the last
# samples, since files are open while they are written.
"$abs_top_builddir/ommatid-train" tiny.yaml -d 2000.h5 -o long $endless \
    --set training.checkpoint_minutes=0.00001 >out 2>err &
wait_for long/previous.checkpoint.safetensors
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$!/status; }
for sample in $(seq 100); do
    [ "$sample" != 30 ] || early=$(resident)
    ls /proc/$!/fd 2>/dev/null | wc -l
    sleep 0.1
done >files
late=$(resident)
kill -TERM $!
wait $! || fail "the long run: $(cat err)"
first=$(head -n 30 files | sort -n | head -n 1)
last=$(tail -n 30 files | sort -n | head -n 1)
most=$(sort -n files | tail -n 1)
echo "ommatid-train, $("$inspect" tensors long/checkpoint.safetensors | sed -n 's/^step //p') steps, each saved:" \
    "$first files open at the beginning, $last at the end, $most at most; $early kB resident, then $late kB"
[ "$first" -gt 3 ] && [ "$last" = "$first" ] || fail "the number of open files changes"
[ $((100 * late)) -le $((102 * early)) ] || fail "memory grows with the number of steps"
[ "$most" -le $((first + 3)) ] || fail "more files are open than one that is being written"
finish
