#!/bin/sh
# Wrong configurations and wrong options: the exit status tells the kind, the message the place, the key, the value and
# what was expected, and nothing is written.
. "$abs_top_srcdir/tests/programs/lib.sh"

# wrong TEXT SAYING ...: a configuration of that text (as printf takes it) is refused.
wrong() {
    printf -- "$1" >wrong.yaml
    shift
    expect 3 generate wrong.yaml -o recording.h5
    says "ommatid-generate: wrong.yaml:" "$@"
}
wrong '' ":1: no keys"
wrong '# nothing\n' ":1: no keys"
wrong '---\n...\n' ":2: expected keys with values, found nothing"
wrong '42\n' ":1: expected keys with values, found '42'"
wrong '[1, 2]\n' ":1: expected keys with values, found a list"
wrong 'seed: 1\nsed: 2\n' ":2: unknown key sed; did you mean seed?"
wrong 'simulaton:\n  sigma: 1\n' ":2: unknown key simulaton.sigma; did you mean simulation.sigma?"
wrong 'seed: 1\n\nseed: 2\n' ":3: seed: given a second time, first on line 1"
wrong 'seed: 1\n---\nseed: 2\n' ":2: a second document"
wrong 'simulation: 5\n' ":1: simulation: expected a section with indented keys, found '5'"
wrong 'simulation:\n  sigma: 0.05x\n' ":2: simulation.sigma: expected a number in [0, 100], found '0.05x'"
wrong 'simulation: {sigma: 0,05}\n' ":1:"
wrong 'simulation: {sigma: .nan}\n' "simulation.sigma: expected a number in [0, 100], found '.nan'"
wrong 'simulation: {sigma: nan}\n' "found 'nan'"
wrong 'simulation: {sigma: inf}\n' "found 'inf'"
wrong 'simulation: {sigma: 1e999}\n' "found '1e999'"
wrong 'simulation: {sigma: 0x1p3}\n' "found '0x1p3'"
wrong 'simulation: {sigma: -0.1}\n' "found '-0.1'"
wrong 'simulation: {sigma: }\n' "found nothing"
wrong 'simulation: {sigma: [1]}\n' "found a list"
wrong 'simulation: {sigma: "1"}\n' "found the quoted text '1'"
wrong 'simulation: {delta_t: 0}\n' "simulation.delta_t: expected a number in [1e-06, 1], found '0'"
wrong 'simulation: {train_frames: 1e3}\n' "expected a whole number in [2, 100000000], found '1e3'"
wrong 'seed: 99999999999999999999999\n' "seed: expected a whole number in [0, 9007199254740991]"
wrong 'seed: 1_000\n' "found '1_000'"
wrong 'model: {mode: Joint}\n' "model.mode: expected one of joint|known, found 'Joint'"
wrong 'stimulus: {shuffle: yes}\n' "stimulus.shuffle: expected true or false, found 'yes'"
wrong 'stimulus: {train: [""]}\n' "stimulus.train[0]: expected a name, found an empty text"
wrong 'stimulus: {train: [a.mp4, ~]}\n' "stimulus.train[1]: expected a name, found '~'"
wrong 'stimulus: {scales: [1, 2x]}\n' "stimulus.scales[1]: expected a number in [1, 100], found '2x'"
wrong 'stimulus: {train: movie.mp4}\n' "stimulus.train: expected a list [a, b] of names, found 'movie.mp4'"
wrong 'stimulus: {train: [[a]]}\n' "found a list"
wrong 'seed: &a 1\nthreads: *a\n' ":1: anchors and aliases"
wrong 'seed: !!int 1\n' ":1: tags (!) are not used here"
wrong 'a:\n\tb: 1\n' ":2: not YAML:"
wrong 'seed: "1\n' "not YAML:"
wrong 'seed: 1\n\377\n' ":2: not YAML:"
wrong 'seed: 1\000\n' "not YAML:"
wrong "$(printf '%%0500d: 1' 0)\n" "unknown key 000"
wrong "$(awk 'BEGIN { for (i = 0; i < 3000; i++) printf "[" }')\n" ":1:"
head -c 2000000 /dev/zero | tr '\0' '#' >wrong.yaml
expect 3 generate wrong.yaml -o recording.h5
says "wrong.yaml: larger than"

# From the command line, values are as strict.
overridden() {
    expect 3 generate tiny.yaml -o recording.h5 --set "$1"
    says "command line: $2"
}
overridden sigma=1 "unknown key sigma; did you mean simulation.sigma?"
overridden simulation.sigma=1,5 "simulation.sigma: expected a number in [0, 100], found '1,5'"
overridden simulation.sigma= "simulation.sigma: no value"
overridden threads=2000 "threads: expected a whole number in [0, 1024], found '2000'"
OMP_NUM_THREADS=100000 expect 3 generate tiny.yaml -o recording.h5
says "OMP_NUM_THREADS: 100000 threads, expected at most 1024"
overridden stimulus.train=scene:gratings "stimulus.train: expected a list"
expect 3 generate tiny.yaml -o recording.h5 --set 'stimulus.train=["scene:rain"]'
says "scene rain is unknown; there are dead_leaves"

# What doc/fly.md tells to set can be set, in the configurations that it names.
sets=$(grep -o -- '--set [a-z_.]*=[^ `|]*' "$abs_top_srcdir/doc/fly.md" | sed 's/--set //' | sort -u)
[ "$(echo "$sets" | wc -l)" -ge 8 ] || fail "doc/fly.md: sets only $sets"
for set in $sets; do
    expect 0 generate "$OMMATID_DATA/fly_extent2_known.yaml" --print-config --set "$set"
done
for name in $(grep -o 'fly_extent[0-9]_[a-z]*\.yaml' "$abs_top_srcdir/doc/fly.md" | sort -u); do
    [ -e "$OMMATID_DATA/$name" ] || fail "doc/fly.md: there is no $name"
done

expect 2 generate -o recording.h5
says "expected CONFIG"
expect 2 generate tiny.yaml tiny.yaml -o recording.h5
says "too many arguments: 'tiny.yaml'"
expect 2 generate tiny.yaml
says "where to?"
expect 2 generate tiny.yaml -o recording.h5 --nonsense
says "nonsense"
expect 2 train tiny.yaml -o run
says "which recording?"
expect 2 train tiny.yaml -d recording.h5
says "where to?"
expect 2 train tiny.yaml -d recording.h5 -o run --resume --force
says "--resume goes on with a run, --force begins a new one"
for minutes in 0 -1 nan 1x 1,5 ''; do
    expect 2 train tiny.yaml -d recording.h5 -o run --max-minutes "$minutes"
    says "--max-minutes: $minutes is not a number above 0"
done
for program in "generate tiny.yaml" "train tiny.yaml -d recording.h5" "test_run run -d recording.h5"; do
    expect 2 $program -o ''
    says "--output: the path is empty"
done
expect 2 train tiny.yaml -d recording.h5 --dump-step '' --frames 1
says "--dump-step: the path is empty"
expect 2 train tiny.yaml -d recording.h5 --dump-step step.safetensors
says "--dump-step and --frames go together"
for option in --resume --profile "--max-minutes 1"; do
    expect 2 train tiny.yaml -d recording.h5 -o run --dump-step step.safetensors --frames 1 $option
    says "--dump-step trains nothing; leave out "
done
expect 5 test_run run -o results
says "run/checkpoint.safetensors: No such file or directory"
holds_only . err out tiny.yaml wrong.yaml

# What --print-config says can be read, and is then the same. It needs no recording.
expect 0 train tiny.yaml --print-config
expect 0 generate tiny.yaml --print-config
cp out printed.yaml
expect 0 generate printed.yaml --print-config
same printed.yaml out "--print-config of what --print-config printed"
finish
