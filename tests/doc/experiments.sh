#!/bin/sh
# doc/examples/fly-experiments.py runs the programs on what it says, goes on where it was stopped, and prints a table.
. "$abs_top_srcdir/tests/doc/lib.sh"
[ -x "$abs_top_builddir/ommatid-generate" ] || { echo "SKIPPED: the programs were not built"; exit 77; }
command -v python3 >/dev/null || { echo "SKIPPED: no python3"; exit 77; }
experiments() {
    python3 -B "$abs_top_srcdir/doc/examples/fly-experiments.py" --programs "$abs_top_builddir" --out . "$@"
}

# Every experiment names a recording, a run and a configuration that are there.
experiments --list >names || fail "--list: exit status $?"
experiments --dry-run >commands || fail "--dry-run: exit status $?"
[ "$(grep -c ommatid-test commands)" = "$(grep -c . names)" ] || fail "not every experiment is tested: $(cat commands)"
tr ' ' '\n' <commands | grep '[.]yaml$' | sort -u >files
[ -s files ] || fail "no configurations in $(cat commands)"
while read -r file; do [ -e "$file" ] || fail "no configuration $file"; done <files
[ "$(sort commands | grep ommatid-generate | uniq -d)" = "" ] || fail "a recording is made twice"
experiments nothing 2>said && fail "an experiment that is none is run"
grep -q "no experiment nothing" said || fail "said $(cat said)"

data=$OMMATID_SHARED/data
[ -e "$data/circuits/fly-visual-system.json" ] || { echo "SKIPPED: running one, without the fly's circuit"; finish; }
for value in simulation.train_frames=60 simulation.test_frames=20 training.steps=2 test.clusters=5 \
    test.readout_frames=20 test.yardstick_frames=0; do
    set -- "$@" --set $value
done
experiments --data "$data" "$@" known-4 >said 2>&1 || fail "known-4: $(tail -n 3 said)"
experiments --table >table
grep -Eq '^\| known-4 \|  \|  \| [-0-9.]+ \| .* \| 0:[0-9]+ \|$' table || fail "the table is $(cat table)"
experiments --data "$data" "$@" known-4 >said 2>&1
[ -s said ] && fail "what is complete is made again: $(cat said)"
finish
