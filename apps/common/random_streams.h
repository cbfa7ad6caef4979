/* The streams of random numbers of the programs: each use of a seed has its own, so that no two draw the same numbers.
 * Those below 64 belong to the models (models/streams.h). */
#ifndef OM_RANDOM_STREAMS_H
#define OM_RANDOM_STREAMS_H

enum {
    OM_STREAM_PROCESS = 64,     /* noise of a recording's voltages, of training and of test */
    OM_STREAM_MEASUREMENT = 66, /* noise of measuring them, likewise */
    OM_STREAM_SPLIT = 128, /* movies into train and test */
    OM_STREAM_ORDER,       /* of the sequences */
    OM_STREAM_PLACE,       /* of a crop within the frame */
    OM_STREAM_START,       /* of a sequence within its movie */
    OM_STREAM_SCENE,       /* the seed of each sequence of a scene */
    OM_STREAM_DRAW,        /* what the scenes are made of */
    OM_STREAM_FRAMES = 192,     /* order in which frames are learned, */
    OM_STREAM_INPUT_FRAMES,     /* input-only ones, */
    OM_STREAM_SOLVED_FRAMES,    /* those whose stimulus is solved for, */
    OM_STREAM_WINDOWS = 256,    /* those of each window of the SIREN: 256 of them, */
    OM_STREAM_POINTS = 512,     /* and the points at which each learns a solved stimulus: 256 */
};

#endif
