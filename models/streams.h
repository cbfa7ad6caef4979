/* The streams of random numbers. Each use of a seed has its own, so that no two draw the same numbers. */
#ifndef OM_STREAMS_H
#define OM_STREAMS_H

enum {
    OM_STREAM_NULL_SYNAPSES = 1,
    OM_STREAM_HIDDEN_SYNAPSES = 2,
    OM_STREAM_ABLATION = 3,
    OM_STREAM_CLUSTERS = 4,
};

#endif
