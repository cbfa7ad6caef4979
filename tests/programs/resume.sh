#!/bin/sh
# A run that was interrupted and resumed ends like one that was not, bit for bit.
. "$abs_top_srcdir/tests/programs/lib.sh"
program=$abs_top_builddir/ommatid-train

# same_runs A B WHAT: parameters, moments, counters and metrics.
same_runs() {
    same_tensors "$1" "$2" "$3"
    for compared in "$1" "$2"; do without_clock "$compared/metrics.jsonl" >"$compared.metrics"; done
    same "$1.metrics" "$2.metrics" "$3"
}

expect 0 generate tiny.yaml -o recording.h5
whole="--set training.schedule_steps=30 --set training.epochs=3 --set training.restart_adam=true"
solved="siren.windows=2 --set training.solve_from=0.2 --set training.solve_every=8 --set training.solve_frames=100"
for mode in joint known bank solved; do
    part=model.mode=$mode
    [ $mode = bank ] && part=siren.windows=2
    [ $mode = solved ] && part=$solved
    expect 0 train tiny.yaml -d recording.h5 -o $mode $whole --set $part
    expect 0 train tiny.yaml -d recording.h5 -o $mode.parts $whole --set $part --set training.steps=20 \
        --set training.epochs=2
    cp $mode.parts/checkpoint.safetensors $mode.20
    expect 0 train tiny.yaml -d recording.h5 -o $mode.parts $whole --set $part --resume
    says "training.steps is 30 from here on; it was 20"
    same_runs $mode $mode.parts "20 steps and 10 more"
done
# The second part begins where its share says: of 0.07 * 100 steps with the eighth.
expect 0 train tiny.yaml -d recording.h5 -o eighth --set training.schedule_steps=100 --set training.solve_from=0.07 \
    --set training.steps=8
"$inspect" tensors eighth/checkpoint.safetensors | grep -q solved/frames || fail "$said: nothing is solved for"

# Each turn solves for other frames.
for turn in solved.20 solved/checkpoint.safetensors; do "$inspect" tensors $turn | grep solved/frames; done >turns
[ "$(sort -u turns | grep -c .)" = 2 ] || fail "two turns of solving have the frames $(cat turns)"

# Frames in a wrong order, which are searched by halving, are not believed: they are solved for again.
cp -r solved.parts reversed
cp solved.20 reversed/checkpoint.safetensors
"$inspect" reverse reversed/checkpoint.safetensors solved/frames || fail "reversed/checkpoint.safetensors not made"
expect 0 train tiny.yaml -d recording.h5 -o reversed $whole --set $solved --set training.steps=21 --resume
for turn in solved.20 reversed/checkpoint.safetensors; do "$inspect" tensors $turn | grep solved/frames; done >turns
[ "$(sort -u turns | grep -c .)" = 1 ] || fail "a reversed turn of solving is believed: $(cat turns)"

# Where the stimulus is known, what is set for recovering it matters nothing.
expect 0 train tiny.yaml -d recording.h5 -o known $whole --set model.mode=known --resume --set training.steps=35 \
    --set training.solve_from=0.5 --set training.lr_siren=0.5 --set siren.layers=2
says "training.steps is 35 from here on; it was 30"
grep -E 'solve_from|siren' err && fail "$said: $(cat err)"

# The second part of a joint run may be asked for late: what it would have solved for is solved for then.
expect 0 train tiny.yaml -d recording.h5 -o belated $whole --set training.steps=20
expect 0 train tiny.yaml -d recording.h5 -o belated $whole --resume --set training.solve_from=0.1
says "training.solve_from is 0.1 from here on; it was 1"
"$inspect" tensors belated/checkpoint.safetensors | grep -q solved/frames || fail "$said: nothing is solved for"
expect 0 train tiny.yaml -d recording.h5 -o joint $whole --resume
says "nothing to do: 30 steps are made"
expect 3 train tiny.yaml -d recording.h5 -o joint $whole --resume --set siren.layers=2
says "joint/checkpoint.safetensors: siren.layers was 1 when the run began and is 2 now"
same_tensors joint joint.parts "a refused resume"

# Fewer steps than are made: there is nothing to go back to, and nothing changes.
cp -r joint more
expect 0 train tiny.yaml -d recording.h5 -o more $whole --resume --set training.steps=20
says "nothing to do: 30 steps are made, and training.steps is 20; a run does not go back"
grep -q warning err && fail "$said: warns of what does not happen"
diff -r joint more >&2 || fail "$said: the run has changed"

# What is refused is not preceded by warnings of what would happen otherwise.
for refused in siren.layers=2 model.hidden_dim=17; do
    expect 3 train tiny.yaml -d recording.h5 -o joint $whole --resume --set training.steps=60 --set training.batch=3 \
        --set $refused
    says "${refused%=*} was "
    grep -q warning err && fail "$said: warns, and then refuses"
done

# What a signal does must not depend on who started the test: nohup, cron and others have SIGHUP ignored, and a program
# leaves it so. A shell cannot undo that; env can.
signals="TERM USR1 HUP"
heard="env --default-signal=HUP"
$heard true 2>/dev/null || {
    echo "SKIPPED: SIGHUP, as env has no --default-signal"
    signals="TERM USR1"
    heard=
}

recording=recording.h5
# start WORD ...: a run without end in the background, $!, that has saved some checkpoints.
saving="--set training.schedule=constant --set training.checkpoint_minutes=0.0001 --set training.evaluate_every=7"
start() {
    rm -rf stopped
    $heard "$program" tiny.yaml -d $recording -o stopped $endless $saving "$@" >out 2>err &
    wait_for stopped/previous.checkpoint.safetensors
}
steps_made() { "$inspect" tensors $1/checkpoint.safetensors | sed -n 's/^step //p'; }

# stops_by SIGNAL WORD ...: a run so set goes on after it as if nothing had been.
stops_by() {
    signal=$1
    shift
    start "$@"
    kill -$signal $!
    wait $!
    status=$?
    [ $status = 0 ] || fail "stopped by SIG$signal: exit status $status"
    made=$(steps_made stopped)
    said="SIG$signal $*"
    says "stopped after step $made of 1000000000 (a signal asked for it); go on with --resume"
    holds_only stopped checkpoint.safetensors config.yaml metrics.jsonl previous.checkpoint.safetensors
    total=$((made - made % 5 + 15)) # a multiple of log_every: both write their last line there
    expect 0 train tiny.yaml -d $recording -o stopped $saving "$@" --set training.steps=$total --resume
    rm -rf unbroken
    expect 0 train tiny.yaml -d $recording -o unbroken $saving "$@" --set training.steps=$total
    same_runs unbroken stopped "stopped by SIG$signal after step $made of $total"
}
for signal in $signals; do stops_by $signal; done
# Solving for thousands of frames before each step takes most of the time: this signal comes in the middle of it.
expect 0 generate tiny.yaml -o many.h5 --set simulation.train_frames=20000
recording=many.h5
stops_by TERM --set training.solve_from=0 --set training.solve_every=1 --set training.solve_frames=20000
recording=recording.h5

# The same with the time over; the limit counts from where the run goes on.
expect 0 train tiny.yaml -d recording.h5 -o late $endless $saving --max-minutes 0.001
says "(the time is over); go on with --resume"
made=$(steps_made late)
expect 0 train tiny.yaml -d recording.h5 -o late $endless $saving --max-minutes 0.001 --resume
[ "$(steps_made late)" -gt "$made" ] || fail "--max-minutes: no step after --resume"

# Two SIGINT in a row end it at once, at any moment; the run can be resumed all the same.
start
kill -INT $!
kill -INT $! 2>/dev/null
wait $!
expect 0 train tiny.yaml -d recording.h5 -o stopped $endless $saving --max-minutes 0.001 --resume

# A damaged checkpoint: the one before it is taken, be it of the beginning or of the end, and the damaged one is kept
# aside.
for minutes in 10 0.00001; do
    rm -rf damaged
    expect 0 train tiny.yaml -d recording.h5 -o damaged $whole --set training.checkpoint_minutes=$minutes
    rm -rf intact
    cp -r damaged intact
    head -c 20000 intact/checkpoint.safetensors >damaged/checkpoint.safetensors
    expect 0 train tiny.yaml -d recording.h5 -o damaged $whole --resume
    says "damaged/checkpoint.safetensors" "taking damaged/previous.checkpoint.safetensors instead"
    same_tensors joint damaged "resumed from the checkpoint before a damaged one"
    [ "$(wc -c <damaged/damaged.checkpoint.safetensors)" -eq 20000 ] || fail "the damaged checkpoint was not kept aside"
done

# Even where the one before it has all steps.
cp intact/checkpoint.safetensors damaged/previous.checkpoint.safetensors
echo >damaged/checkpoint.safetensors
expect 0 train tiny.yaml -d recording.h5 -o damaged $whole --resume
says "nothing to do"
same_tensors joint damaged "all steps were made, but the checkpoint damaged"
finish
