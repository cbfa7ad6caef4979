#!/bin/sh
# The whole way once, on the built-in circuit and scenes: generate, train, test. Run by `make demo` in the build
# directory, with the directory of the configuration as argument; leaves everything in ./demo.
set -eu
trap 'exit 130' INT # ommatid-train ends well after one; not every shell would end with it
data=$1
OMMATID_DATA=$data
export OMMATID_DATA

./ommatid-generate "$data/demo.yaml" -o demo/recording.h5 --force
./ommatid-train "$data/demo.yaml" -d demo/recording.h5 -o demo/run --force
./ommatid-test demo/run -d demo/recording.h5 -o demo/results --force
echo "numbers: demo/results/recovered.safetensors"
echo "video:   demo/results/comparison.mp4"
echo "report:  demo/results/report.html"
