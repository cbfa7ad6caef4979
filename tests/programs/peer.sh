#!/bin/sh
# The PyTorch peer of bench computes what we do, on every line that has one: sizes are tiny, times mean nothing.
. "$abs_top_srcdir/tests/programs/lib.sh"

python=/usr/bin/python3
$python -c 'import torch' 2>/dev/null || { echo "SKIPPED: there is no python3-torch"; exit 77; }
expect 0 "$abs_top_builddir/tests/bench/bench" --smoke --threads 2 --programs "$abs_top_builddir" --json lines.jsonl \
    --peer="$abs_top_srcdir/tests/bench/peer_pytorch.py" --python $python
grep -i 'the peer answered' err >&2 && fail "the peer failed"
lines=$(grep -c '"expert":{"seconds"' lines.jsonl)
[ "$lines" -gt 20 ] || fail "only $lines lines have a peer"
grep '"agrees": *false' lines.jsonl >&2 && fail "the peer computes something else"
finish
