#!/bin/sh
# Movies of all kinds: odd sizes, one frame, folders, links, names with spaces.
. "$abs_top_srcdir/tests/programs/lib.sh"

# movie WIDTH HEIGHT FRAMES: as YUV4MPEG2, which needs no encoder: a grey that changes from frame to frame.
movie() {
    printf 'YUV4MPEG2 W%d H%d F25:1 C420jpeg\n' $1 $2
    awk -v pixels=$(($1 * $2 + 2 * (($1 + 1) / 2) * (($2 + 1) / 2))) -v frames=$3 'BEGIN {
        for (k = 0; k < frames; k++) {
            printf "FRAME\n"
            for (i = 0; i < pixels; i++) printf "%c", 33 + (k * 7 + i) % 90
        }
    }'
}
# A PNG image of one grey pixel.
image() { cat "$abs_top_srcdir/tests/data/grey.png"; }

# recorded TRAIN TEST [OPTION ...]: a recording of these movies, as movie.h5.
recorded() {
    train_list=$1 test_list=$2
    shift 2
    expect 0 generate tiny.yaml -o movie.h5 --force --set "stimulus.train=[$train_list]" \
        --set "stimulus.test=[$test_list]" "$@"
}

mkdir images
image >images/one.png
recorded images images
recorded images images --set stimulus.time=linear --set stimulus.crops=3 --set 'stimulus.scales=[1, 1.6]'
cp movie.h5 first.h5
recorded '"images/", images/../images' ./images --set stimulus.max_frames=1
: >images/two.png
expect 3 generate tiny.yaml -o new.h5 --set 'stimulus.train=[images, images]'
says "images/two.png: not read as a PNG image"

expect 3 generate tiny.yaml -o images/one.png --force --set 'stimulus.train=[images, images]'
says "images/one.png: lies in the input"
mkdir false
image >false/frame.jpg
expect 3 generate tiny.yaml -o new.h5 --set 'stimulus.train=[false, false]'
says "frame.jpg: not a JPEG image"
printf '\377\330\377\333\000\003' >false/frame.jpg
expect 3 generate tiny.yaml -o new.h5 --set 'stimulus.train=[false, false]'
says "frame.jpg: a truncated JPEG image"

movie 40 40 3 >even.y4m
expect 3 generate tiny.yaml -o new.h5 --set 'stimulus.train=[even.y4m]'
says "stimulus.train: 1 movie: at least two are needed"
if ! generate tiny.yaml -o new.h5 -q --set 'stimulus.train=[even.y4m, even.y4m]' 2>err &&
    grep -q "without FFmpeg" err; then
    echo "SKIPPED: movie files, as the programs are built without FFmpeg"
    finish
fi
movie 17 13 4 >"odd sizes.y4m"
movie 1 1 2 >pixel.y4m
movie 900 2 2 >wide.y4m
movie 40 40 1 >frame.y4m
movie 40 40 0 >none.y4m
: >empty.y4m
recorded '"odd sizes.y4m"' pixel.y4m
recorded wide.y4m frame.y4m --set stimulus.symmetries=none --set stimulus.shuffle=false
recorded frame.y4m frame.y4m --set stimulus.time=nearest
recorded "\"$PWD/odd sizes.y4m\"" even.y4m
head -c 5000 even.y4m >cut.y4m
for broken in none.y4m empty.y4m cut.y4m; do
    expect 3 generate tiny.yaml -o new.h5 --force --set "stimulus.train=[$broken]" --set 'stimulus.test=[even.y4m]'
    says "$broken: "
done

# A folder of movies is the movies in it, in the order of their names, whatever else is there.
for order in "a b c" "c b a"; do
    rm -rf collection
    mkdir -p collection/d
    for name in $order; do movie 41 39 $(printf '%d' "'$name") >collection/$name.y4m; done
    image >collection/d/one.png
    ln -s c.y4m collection/link.y4m
    echo "of whom these are" >collection/notes.txt
    recorded collection even.y4m
    mv movie.h5 "order $order.h5"
done
same "order a b c.h5" "order c b a.h5" "movies in another order of the directory"

# Relative names start from the configuration, or from --data-dir.
mkdir elsewhere
mv even.y4m elsewhere
sed 's,"scene:moving_edges",even.y4m,; s,train: \[,test: [even.y4m]\, &,' tiny.yaml >elsewhere/there.yaml
expect 0 generate elsewhere/there.yaml -o movie.h5 --force
cp elsewhere/there.yaml here.yaml
expect 5 generate here.yaml -o movie.h5 --force
says "even.y4m: No such file or directory"
expect 0 generate here.yaml -o other.h5 --data-dir elsewhere
same movie.h5 other.h5 "--data-dir"
finish
