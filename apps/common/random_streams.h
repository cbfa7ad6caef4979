/* The streams of random numbers of the stimulus: each use of a seed has its own, so that no two draw the same numbers.
 * Those below 128 belong to the models and to the recording of frames. */
#ifndef OM_RANDOM_STREAMS_H
#define OM_RANDOM_STREAMS_H

enum {
    OM_STREAM_SPLIT = 128, /* movies into train and test */
    OM_STREAM_ORDER,       /* of the sequences */
    OM_STREAM_PLACE,       /* of a crop within the frame */
    OM_STREAM_START,       /* of a sequence within its movie */
    OM_STREAM_SCENE,       /* the seed of each sequence of a scene */
    OM_STREAM_DRAW,        /* what the scenes are made of */
};

#endif
