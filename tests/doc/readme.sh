#!/bin/sh
# What the README says is true: its commands work as they are, and leave what it says. The programs are made to do
# little, by settings that follow those of the command; how long the demo takes and what it finds is
# tests/doc/demo.sh's to say.
. "$abs_top_srcdir/tests/doc/lib.sh"
readme=$abs_top_srcdir/README.md
commands() { sed -n 's|^    ||p' "$readme" | sed -e ':a' -e '/\\$/ { N; s/\\\n *//; ba' -e '}'; }

commands | head -n 2 >first
printf '%s\n' './bootstrap && ./configure && make -j2 demo' './bootstrap && ./configure && make -j2 check' >wanted
same wanted first "README.md does not begin with its two commands"
[ "$(awk '/^    / {print NR; exit}' "$readme")" -lt 8 ] || fail "README.md: the first command comes late"
[ -x "$abs_top_srcdir/bootstrap" ] || [ ! -w "$abs_top_srcdir" ] || fail "bootstrap cannot be run"

"$abs_top_srcdir/configure" --help >options
for option in $(grep -oE '`--(disable|without)-[a-z]*`' "$readme" | tr -d '`' | sort -u); do
    grep -q -e "^  $option " options || fail "configure has no $option"
done
for path in $(grep -oE '`(doc|apps)/[a-z_/.]*`|`[A-Z]+(\.md)?`' "$readme" | tr -d '`' | sort -u); do
    [ "$path" = doc/html ] || [ -e "$abs_top_srcdir/$path" ] || fail "README.md: there is no $path"
done
if [ ! -x "$abs_top_builddir/ommatid-generate" ]; then
    echo "SKIPPED: the programs, which were not built"
    finish
fi

OMMATID_DATA=$abs_top_srcdir/apps/data
export OMMATID_DATA
mkdir apps movie-a movie-b demo
ln -s "$OMMATID_DATA" apps/data
cp "$abs_top_srcdir/tests/data/grey.png" movie-a
cp "$abs_top_srcdir/tests/data/grey.png" movie-b

# little PROGRAM SETTING ...: the program, as ./PROGRAM, with these settings.
little() {
    program=$1
    shift
    { printf '#!/bin/sh\nexec "%s" "$@" --quiet' "$abs_top_builddir/$program"; printf " --set '%s'" "$@"; } >$program
    chmod +x $program
}
little ommatid-generate circuit.extent=1 simulation.train_frames=300 simulation.test_frames=60
little ommatid-train model.hidden_dim=16 siren.hidden_dim=16 siren.layers=1 training.steps=10 training.evaluate_every=5
little ommatid-test test.video_frames=6 test.readout_frames=200 test.clusters=10

# A recording of one's own has no truth, and often no derivative.
sed -n '/^```yaml/,/^```$/p' "$readme" | grep -v '^```' >own.yaml
./ommatid-generate apps/data/demo.yaml -o own.h5 || fail "own.h5 cannot be made"
"$abs_top_builddir/tests/programs/inspect" drop own.h5 /truth /test /train/derivative /train/stimulus ||
    fail "own.h5 cannot be made"

commands | grep '^\./ommatid-' >own.commands
[ "$(wc -l <own.commands)" -ge 7 ] || fail "README.md: commands on data of one's own are missing"
while read -r command; do
    sh -c "$command" </dev/null >said 2>&1 || fail "$command: exit status $?: $(cat said)"
done <own.commands
for path in results/report.html own-results/report.html own-results/recovered.safetensors; do
    [ -s $path ] || fail "no $path"
done

sh "$abs_top_srcdir/apps/demo.sh" apps/data >said 2>&1 || fail "the demo: exit status $?: $(cat said)"
for path in $(grep -oE '`demo/[a-z0-9_/.]*`' "$readme" | tr -d '`'); do
    [ -e $path ] || { [ $path = demo/results/comparison.mp4 ] && grep -q "built without" said; } || fail "no $path"
done
finish
