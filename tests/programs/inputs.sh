#!/bin/sh
# Inputs that are missing, damaged, of another kind or of another experiment, and numbers that run away.
. "$abs_top_srcdir/tests/programs/lib.sh"

expect 0 generate tiny.yaml -o recording.h5
expect 0 generate tiny.yaml -o larger.h5 --set circuit.extent=2 --set simulation.train_frames=20
expect 0 generate tiny.yaml -o rewired.h5 --set circuit.null_synapses=0.2 --seed 1
expect 0 generate tiny.yaml -o rewired.otherwise.h5 --set circuit.null_synapses=0.2 --seed 2
expect 0 train tiny.yaml -d recording.h5 -o run
expect 0 train tiny.yaml -d rewired.h5 -o rewired
mkdir folder empty
mkfifo pipe

expect 5 generate nowhere.yaml -o new.h5
says "nowhere.yaml: No such file or directory"
expect 5 generate folder -o new.h5
says "folder: Is a directory"
expect 3 generate recording.h5 -o new.h5
says "recording.h5:1: not YAML"

# with SETTING STATUS SAYING ...: generate with that setting.
with() {
    setting=$1 wanted_status=$2
    shift 2
    expect "$wanted_status" generate tiny.yaml -o new.h5 --set "$setting"
    says "$@"
    [ ! -e new.h5 ] || fail "$setting: a recording all the same"
}
with circuit.file=nowhere.json 5 "nowhere.json: No such file or directory"
with circuit.file=folder 5 "folder: is not a regular file"
with circuit.file=pipe 5 "pipe: is not a regular file"
mkdir waiting
mkfifo waiting/frame.png
with 'stimulus.train=[waiting, waiting]' 5 "frame.png: is not a regular file"
echo '{"format": "circuit/1", "name": "blind", "synapses": [], "cell_types": [{"name": "A", "stride": [1, 1],
    "role": "hidden", "time_constant": 0.05, "resting_potential": 0.5}]}' >blind.json
expect 0 generate tiny.yaml -o blind.h5 --set circuit.file=blind.json
says "no neuron is an input"
with circuit.file=tiny.yaml 3 "tiny.yaml: line 1"
with circuit.file=/dev/null 5 "/dev/null: is not a regular file"
with 'stimulus.train=[nowhere.mp4]' 5 "nowhere.mp4: No such file or directory"
with 'stimulus.train=[empty]' 3 "empty: the folder holds neither images nor movies"
with 'stimulus.train=[pipe, ./pipe]' 3 "pipe: neither a file nor a folder of images"
with 'stimulus.train=[tiny.yaml, ./tiny.yaml]' 3 "tiny.yaml: "
with 'stimulus.train=[]' 3 "stimulus.train: no movie, expected one or more to learn from"
with 'stimulus.train=[movie.y4m]' 5 "movie.y4m: No such file or directory"
with simulation.delta_t=1 4 "the time step is more than twice a time constant: the time step is 1 s"

for kind in "nowhere.h5 5 No such file or directory" "folder 5 is not a regular file" "pipe 5 is not a regular file" \
    "tiny.yaml 3 is not an HDF5 file" "/dev/null 5 is not a regular file" "empty.h5 3 is not an HDF5 file" \
    "cut.h5 3 cannot be opened"; do
    : >empty.h5
    head -c 100000 recording.h5 >cut.h5
    set -- $kind
    path=$1 wanted_status=$2
    shift 2
    expect "$wanted_status" train tiny.yaml -d "$path" -o new
    says "ommatid-train: $path: $*"
    expect "$wanted_status" test_run run -d "$path" -o new
    says "ommatid-test: $path: $*"
    [ ! -e new ] || fail "$path: results all the same"
done

# Not a number in a recording, where it is met first.
for series in voltage derivative stimulus; do
    cp recording.h5 spoilt.h5
    "$inspect" spoil spoilt.h5 /train/$series nan
    [ $series = stimulus ] && of=column || of=neuron
    expect 3 train tiny.yaml -d spoilt.h5 -o spoilt --force --set model.mode=known --set training.batch=300
    says "spoilt.h5: /train/$series[0, 0], frame 0 of $of 0, is nan, expected a finite number"
done

# The stimulus that a model is given, or compared with, is looked at before an older run is replaced.
cp -r run kept
for mode in known joint; do
    expect 3 train tiny.yaml -d spoilt.h5 -o kept --force --set model.mode=$mode
    same_tensors run kept "a run was replaced before the stimulus was read"
done

# A frame that cannot be used, met in the middle: what was learned before it is saved, and goes on.
cp recording.h5 spoilt.h5
"$inspect" spoil spoilt.h5 /train/derivative nan
long="--set training.steps=400 --set training.evaluate_every=0 --set loss.equalize=0"
expect 3 train tiny.yaml -d spoilt.h5 -o broken $long
says "/train/derivative[0, 0], frame 0" "the state after step " " is saved; go on with --resume"
expect 0 train tiny.yaml -d recording.h5 -o broken $long --resume
expect 0 train tiny.yaml -d recording.h5 -o whole $long
same_tensors broken whole "a run that went on after a frame that could not be used"

# Columns that are elsewhere, or at one place, matter to a joint model alone.
cp recording.h5 moved.h5
"$inspect" spoil moved.h5 /lattice/position 0.25
cp -r run unmarked
"$inspect" older unmarked/checkpoint.safetensors
expect 3 test_run run -d moved.h5 --dry-run
says "run/checkpoint.safetensors: was trained on another circuit than that of the recording: /lattice/position"
expect 3 train tiny.yaml -d moved.h5 -o run --resume --set training.steps=60
expect 0 test_run unmarked -d moved.h5 --dry-run
"$inspect" zero moved.h5 /lattice/position
expect 3 train tiny.yaml -d moved.h5 -o new
says "moved.h5: /lattice/position: columns 0 and 1 are both at (0, 0)"
[ ! -e new ] || fail "two columns at one place: a run all the same"
expect 0 train tiny.yaml -d moved.h5 --dry-run --set model.mode=known

# Metadata that are none.
for wrong in "circuit xyz" "lattice 12" "seed 4.5" "optimizer_steps 4.5"; do
    rm -rf odd
    mkdir odd
    cp run/checkpoint.safetensors odd
    "$inspect" meta odd/checkpoint.safetensors ${wrong% *} ${wrong#* }
    expect 3 test_run odd -d recording.h5 --dry-run
    says "odd/checkpoint.safetensors: the metadata ${wrong% *} is ${wrong#* }, not "
done

# A true circuit that runs away at once has no score.
cp recording.h5 wild.h5
"$inspect" spoil wild.h5 /truth/resting_potential 3e38
expect 0 train tiny.yaml -d recording.h5 -o given --set model.mode=known --set training.evaluate_every=0
expect 0 test_run given -d wild.h5 -o wild.results --set test.video_frames=0 --set test.ablation=0.5
says "warning: the true circuit ran away after 1 of 60 frames"
says "warning: one of the circuits of the ablation ran away after 1 of 60 frames"
for score in rollout.oracle ablation ablation.unaware; do
    "$inspect" json wild.results/metrics.json $score.frames $score.rmse_mean >found
    printf '%s.frames 1\n%s.rmse_mean null\n' $score $score >wanted
    same found wanted "the scores of what ran away: $score"
done

# A loss that runs away: the node is named, and the checkpoint is of the last good step.
wild="--set model.layers=8 --set training.lr_mlp=10 --set training.evaluate_every=0"
expect 4 train tiny.yaml -d recording.h5 -o wild $wild
says "the loss of step" "is not finite: element" " of " " is inf; the latest checkpoint keeps the last good state"
"$inspect" tensors wild/checkpoint.safetensors >/dev/null || fail "no checkpoint after a loss that is not finite"
expect 4 train tiny.yaml -d recording.h5 -o wild $wild --resume
expect 0 train tiny.yaml -d recording.h5 -o wild $wild --resume --set training.lr_mlp=0.001
expect 0 test_run wild -d recording.h5 -o results

# Paths that are empty, or hold a line break.
for empty in "train tiny.yaml -o new -d" "test_run run -o new -d" "test_run run -d recording.h5 -o" \
    "generate tiny.yaml --data-dir" "train tiny.yaml -d recording.h5 --frames 1 --dump-step" "generate -o new.h5"; do
    expect 2 $empty ""
    says "is empty"
done
expect 5 train tiny.yaml -o new -d "no
where.h5"
says "ommatid-train: no\\nwhere.h5: No such file or directory"

expect 0 test_run wild --print-config
expect 2 test_run wild -o new
says "which recording? Give -d RECORDING"

# Runs that are none, and checkpoints that are cut or of another circuit.
expect 5 test_run nowhere -d recording.h5 -o new
says "nowhere/checkpoint.safetensors: No such file or directory"
expect 3 test_run run/checkpoint.safetensors -d recording.h5 -o new
says "run/checkpoint.safetensors: is not a folder, expected that of a run"
expect 5 train tiny.yaml -d recording.h5 -o empty --resume
says "empty/checkpoint.safetensors: No such file or directory"
for size in 0 7 100 5000 34000; do
    rm -rf cut
    mkdir cut
    head -c $size run/checkpoint.safetensors >cut/checkpoint.safetensors
    expect 3 test_run cut -d recording.h5 -o new
    says "cut/checkpoint.safetensors: "
    expect 3 train tiny.yaml -d recording.h5 -o cut --resume
    says "cut/checkpoint.safetensors: "
    holds_only cut checkpoint.safetensors
done
cp tiny.yaml cut/checkpoint.safetensors
cp tiny.yaml cut/previous.checkpoint.safetensors
expect 3 test_run cut -d recording.h5 -o new
says "cut/checkpoint.safetensors: " "cut/previous.checkpoint.safetensors: "
expect 3 test_run run -d larger.h5 -o new
says "run/checkpoint.safetensors: the tensor embedding is float32 [99, 2], but configuration and recording ask for"
expect 3 test_run rewired -d rewired.otherwise.h5 -o new
says "rewired/checkpoint.safetensors: was trained on another circuit than that of the recording"
expect 3 train tiny.yaml -d rewired.otherwise.h5 -o rewired --resume
says "was trained on another circuit"

# What the model is was settled when it was trained.
for setting in siren.hidden_dim=99 siren.omega_t=3 'siren={omega_t: 3}' model.mode=known training.steps=5 loss.W_L1=1 \
    circuit.extent=2; do
    expect 2 test_run run -d recording.h5 -o new --set "$setting"
    says "ommatid-test: --set ${setting%%=*}: was settled when the run was trained; what may be set here is " \
        "seed, threads, test.rollout_frames"
done
expect 3 test_run run -d recording.h5 -o new --set siren.nonsense=99
says "unknown key siren.nonsense"
expect 0 test_run run -d recording.h5 --dry-run --threads 1 --set 'test={readout_frames: 100}' --set description=x

# Another recording of the same circuit: other noise, other frames, another time step. Old checkpoints cannot tell.
expect 0 train tiny.yaml -d recording.h5 -o known --set model.mode=known
cp -r run old
"$inspect" older old/checkpoint.safetensors
for other in "--seed 2: it has as many frames, but other voltages" \
    "--set simulation.train_frames=200: it has 200 frames to learn from, not 300" \
    "--set simulation.delta_t=0.01: its delta_t is 0.01 s, not 0.02 s"; do
    how=${other#*: }
    expect 0 generate tiny.yaml -o other.h5 --force ${other%%: *}
    for mode in run known; do
        expect 3 train tiny.yaml -d other.h5 -o $mode --resume --set training.steps=60 \
            --set model.mode=$([ $mode = run ] && echo joint || echo known)
        says "$mode/checkpoint.safetensors: was trained on another recording than the one given: $how"
        grep -q warning err && fail "$said: warns, and then refuses"
    done
    expect 3 test_run run -d other.h5 -o new
    says "run/checkpoint.safetensors: was trained on another recording than the one given: $how" \
        "(--other-recording tests it all the same)"
    [ ! -e new ] || fail "$said: results all the same"
    expect 0 test_run run -d other.h5 --dry-run --other-recording
    says "warning: run/checkpoint.safetensors was trained on another recording than the one given: $how"
    expect 0 test_run known -d other.h5 --dry-run
    says "warning: known/checkpoint.safetensors was trained on another recording than the one given: $how"
    expect 0 train tiny.yaml -d other.h5 -o run --dump-step new --frames 1 --dry-run
    says "warning: run was trained on another recording than the one given: $how"
    expect 0 test_run old -d other.h5 --dry-run
    grep -q "another recording" err && fail "$said: says of an old checkpoint what it cannot know"
done
expect 0 generate tiny.yaml -o other.h5 --force --compress
expect 0 train tiny.yaml -d other.h5 -o run --resume --set training.steps=40
expect 0 train tiny.yaml -d recording.h5 -o old --resume --set training.steps=40
"$inspect" tensors run/checkpoint.safetensors >"$temporary/run"
"$inspect" tensors old/checkpoint.safetensors >"$temporary/old"
same "$temporary/run" "$temporary/old" "a run and its old checkpoint"

# The metrics of a run: lines that are none stop nothing, a pipe is no file.
sed -i '1s/^/hello\n/' run/metrics.jsonl
expect 0 train tiny.yaml -d other.h5 -o run --resume --set training.steps=41
says "warning: run/metrics.jsonl:1: "
[ "$(head -n 1 run/metrics.jsonl)" = hello ] || fail "--resume: a line that is none was dropped"
expect 0 test_run run -d recording.h5 -o results --force --set test.video_frames=0
says "warning: run/metrics.jsonl:1: "
rm run/metrics.jsonl
mkfifo run/metrics.jsonl
expect 5 test_run run -d recording.h5 -o results --force
says "run/metrics.jsonl: is not a regular file"
expect 5 test_run run -d recording.h5 --dry-run
says "run/metrics.jsonl: is not a regular file"
rm run/metrics.jsonl
many=$(printf 'R1,%.0s' $(seq 100)) # more than there are
for choice in "traces=[nobody] no cell type nobody" "traces=[${many}nobody] no cell type nobody" \
    "column=7 7 is not below the 7 columns"; do
    expect 3 test_run run -d recording.h5 --dry-run --set "test.${choice%% *}"
    says "test.${choice%%=*}: " "${choice#* }"
    expect 3 test_run run -d recording.h5 -o new --set "test.${choice%% *}"
    says "test.${choice%%=*}: " "${choice#* }"
    [ ! -e new ] || fail "$said: results all the same"
done
expect 3 train tiny.yaml -d recording.h5 -o new --set siren.windows=3
says "training.input_frames: 4 is not a multiple above 0 of siren.windows, 3"
expect 3 train tiny.yaml -d recording.h5 -o new --set siren.windows=2 --set training.input_frames=0
says "training.input_frames: 0 is not a multiple above 0 of siren.windows, 2"
expect 0 train tiny.yaml -d recording.h5 -o windowless --set siren.windows=2 --set model.mode=known
expect 3 train tiny.yaml -d recording.h5 -o new --set siren.windows=2 --set siren.form=published
says "siren.windows: 2: the published form of the SIREN has one window"
[ ! -e new.h5 ] || fail "a recording was written"
finish
