/* The inside of a plan: what tn_plan_new compiles and tn_run walks.
 *
 * Compiling goes through these steps, one file each:
 *   plan_lower.c     a node may be given to its kernel in another form
 *   plan_collect.c   nodes that outputs need become vertices; equal ones merge; reshapes and repeats become views
 *   plan_fuse.c      products take over what elementwise readers would do to their results
 *   plan_divide.c    how the work of each vertex is cut into pieces (constants of the shapes, part of the result)
 *   plan_stage.c     stages: each is done before the next begins; chains: vertices of a stage that share a tile
 *   plan_stride.c    rows of large matrices get distances that caches like
 *   plan_memory.c    a place for every result: a tile's scratch, the arena, or the user's memory
 *   plan.c           instructions;  run.c  walks them
 * What can be seen of it: print.c, dot.c, buffers.c (memory), profile.c (time). */
#ifndef TN_GRAPH_PLAN_H
#define TN_GRAPH_PLAN_H

#include "core/gate.h"
#include "graph/graph.h"

#include <stdatomic.h>

/* Constants of the division of work. They are part of the result: sums are grouped by them. */
#ifdef TN_SMALL_TILES /* a test builds the planner so that small tensors have many tiles, segments and slices */
enum {
    TN_TILE_ROWS = 3,
    TN_TILE_ELEMENTS = 10,
    TN_SEGMENT_ROWS = 4,
    TN_SEGMENTS = 8,
    TN_PARTIAL_BYTES = 4096,
    TN_WIDE_ROWS = 30,
    TN_WIDE_COLUMNS = 5,
    TN_PACK_ROWS = 7,
    TN_STEP_ROWS = 2,
    TN_BLOCK_BYTES = 16,
    TN_CHEAP_COLUMNS = 8,
    TN_CHEAP_ELEMENTS = 1,
    TN_ALIASING_BYTES = 8,
};
#else
enum {
    TN_TILE_ROWS = 120,         /* rows of a matrix product done at a time */
    TN_TILE_ELEMENTS = 8192,    /* elements of an elementwise chain done at a time */
    TN_SEGMENT_ROWS = 192,      /* a segment of a sum has at least this many rows */
    TN_SEGMENTS = 64,           /* at most this many segments; a power of two, so they divide evenly over threads */
    TN_PARTIAL_BYTES = 8 << 20, /* the partial results of one sum take at most this */
    TN_WIDE_ROWS = 512,         /* a product of fewer rows ... */
    TN_WIDE_COLUMNS = 128,      /* ... with at least this many columns is cut by columns, of this many each */
    TN_PACK_ROWS = 96,          /* a product of at least so many rows has its second matrix packed beforehand */
    TN_STEP_ROWS = 12,          /* tiles are multiples of so many rows: those that a matrix kernel holds in registers */
    TN_BLOCK_BYTES = 24 << 10,  /* row-wise instructions go through a tile in blocks of at most so many bytes */
    TN_CHEAP_COLUMNS = 8,       /* a product with a matrix of at most so many columns is made again, not kept, ... */
    TN_CHEAP_ELEMENTS = 1 << 20, /* ... if its result has at least so many elements: more than caches keep */
    TN_ALIASING_BYTES = 4096,   /* rows that are a multiple of it apart fall into the same places of a cache */
};
#endif

typedef enum tn_vertex_kind {
    TN_VERTEX_LEAF,     /* memory that exists before the run */
    TN_VERTEX_ALIAS,    /* the memory of its input, `offset` elements in */
    TN_VERTEX_VIEW,     /* a repeated row, column or number, read through strides of 0 */
    TN_VERTEX_COMPUTED, /* has a kernel */
} tn_vertex_kind;

typedef enum tn_mode {
    TN_BY_ROWS,    /* work is cut into segments of items, done tile by tile */
    TN_BY_COLUMNS, /* work is cut into slices of columns */
    TN_UNCUT,
} tn_mode;

/* Where a result lives. */
typedef enum tn_home {
    TN_HOME_MEMORY, /* the arena, or memory of the user or a parameter set */
    TN_HOME_TILE,   /* a tile's scratch: only its chain needs it */
    TN_HOME_BLOCK,  /* a block's scratch: only its run of instructions needs it */
} tn_home;

typedef struct tn_vertex {
    const tn_node *node;
    tn_vertex_kind kind;
    tn_kernel kernel;
    int n_in, in[TN_MAX_INPUTS]; /* vertices */
    unsigned itemwise;           /* mask of inputs of which item i is enough for item i */
    bool elementwise, columns;   /* columns: may be cut by columns */
    bool strided;                /* rows of its inputs and of itself may be any distance apart */
    bool reduce;                 /* called with blocks of its inputs' items; out is one result per segment */
    bool combine;                /* sums the segments' results of its input */
    bool output;                 /* must outlive the run */
    int64_t offset;              /* of an alias */
    int group;                   /* what it is divided like */
    tn_mode mode;
    int stage, chain;
    tn_home home;
    int run;                     /* number of the run of row-wise instructions it is made in; they count up */
    int last_run;                /* of the last reader of the same chain */
    int slot;                    /* base of its memory */
    int64_t place;               /* bytes from that base */
    int64_t bytes;
    int last;                    /* stage of the last reader */
    int64_t stride;              /* elements from row to row, if these do not follow each other; else 0 */
    int partner;                 /* the vertex whose result is made together with this one's, or -1 */
    bool second;                 /* the partner's kernel makes both */
} tn_vertex;

/* All tensors with the same leading size are divided alike. */
typedef struct tn_group {
    int64_t items;    /* the leading size */
    int64_t rows;     /* largest number of matrix rows per item among matrix products */
    int64_t elements; /* largest number of elements per item */
    int64_t gathered; /* ... that one of a sparse operation takes from elsewhere */
    int64_t partial;  /* bytes of the largest sum over items */
    int64_t tile;     /* items done at a time */
    int64_t block;    /* items of a block of a tile, which fits into the nearest cache */
    int64_t step, steps; /* segments and tiles begin at multiples of `step` items */
    int64_t segments;
} tn_group;

/* A vertex's memory as an operand: how one block of it is found. */
typedef struct tn_operand {
    int slot;
    tn_home home;            /* in scratch, items count from the start of the tile, or of the block */
    int64_t offset;          /* bytes */
    int64_t item_step;       /* bytes per item; 0 if the whole is wanted */
    int64_t column_step;     /* bytes per column, when cut by columns */
    int64_t segment_step;    /* bytes per segment, for partial results */
    int64_t rows, cols;      /* of the whole, or per item if item_step */
    int64_t rs, cs;
} tn_operand;

typedef struct tn_instruction {
    tn_kernel kernel;
    const tn_node *node;
    int vertex, n_in;
    bool reduce;
    int run;                 /* how many instructions from here on are row-wise: a block may go through all of them */
    tn_operand out, in[TN_MAX_INPUTS];
    tn_operand second;       /* of a kernel for two */
} tn_instruction;

/* Instructions that run block by block, one after the other on each block. */
typedef struct tn_chain {
    int stage;
    tn_mode mode;
    int64_t items, tile, block, step, steps;
    int64_t columns;
    int64_t units;           /* pieces of work that threads take: segments, slices of columns, or 1 */
    int first, count;        /* instructions */
    int64_t scratch;         /* bytes a tile needs */
} tn_chain;

/* Chains that need nothing of each other; all of them are done before the next stage begins. */
typedef struct tn_stage {
    int first, count;    /* chains */
    int64_t units;       /* pieces of work, at least 1 */
    atomic_llong next;   /* the piece to be taken next */
    atomic_llong done;   /* pieces */
    tn_gate over;        /* open once all are done */
} tn_stage;

typedef struct tn_slot {
    char *base;
    const char *input;   /* name, if the user binds it */
} tn_slot;

enum { TN_SLOT_ARENA, TN_SLOT_CONSTANTS, TN_SLOT_FIRST_FREE };

typedef struct tn_profile tn_profile; /* profile.h */

struct tn_plan {
    const tn_graph *g;
    unsigned options;
    tn_vertex *vertices;
    int n_vertices, vertices_capacity;
    int *vertex_of; /* [nodes of g] or -1 */
    tn_node **made; /* nodes of the plan's own (plan_lower.c) */
    int n_made, made_capacity;
    tn_group *groups;
    int n_groups, groups_capacity;
    int *output_vertex; /* [n_outputs] */
    int n_outputs;      /* of g, when it was planned */
    tn_slot *slots;
    int n_slots, slots_capacity;
    double *constants;
    int n_constants;
    tn_instruction *instructions;
    int n_instructions;
    tn_chain *chains;
    int n_chains, chains_capacity;
    tn_stage *stages;
    int n_stages;
    char *arena, *scratch;
    int64_t arena_bytes, scratch_bytes; /* scratch: of one thread */
    int threads;
    tn_profile *profile; /* NULL without TN_PLAN_PROFILE */
};

/* For tests, beside the options of tensor.h. */
enum {
    TN_PLAN_SPREAD = 1 << 16, /* as many threads as are set, even where there is nothing for them to do */
    TN_PLAN_REPEAT = 1 << 17, /* marked segments are computed again, even where that saves no memory */
    TN_PLAN_OPTIONS = TN_PLAN_UNFUSED | TN_PLAN_CHECK | TN_PLAN_PROFILE | TN_PLAN_ACCUMULATE | TN_PLAN_KEEP |
                      TN_PLAN_SPREAD | TN_PLAN_REPEAT, /* all */
};

/* The memory behind an input of a vertex, with aliases and views followed. */
typedef struct tn_source {
    int root;       /* a leaf or a computed vertex */
    int64_t offset; /* elements */
    bool itemwise;  /* item i of the root is enough for item i of the reader */
    int64_t step;   /* elements from what item i of the reader wants to what item i + 1 wants; 0: all want the whole */
    bool direct;    /* not repeated: has the reader's own strides */
    int64_t rows, cols, rs, cs;
} tn_source;

tn_source tn_plan_source(const tn_plan *plan, const tn_vertex *reader, int input);

/* Whether a node is a copy that is to be made when the gradient has arrived, instead of keeping what it is a copy of.
 * Where nothing waits for that gradient, or the plan keeps everything, copies are twins of what they copy. */
bool tn_plan_is_late(const tn_plan *plan, const tn_node *node);

/* Puts v's node into the form that its kernel likes. *before is left as it is, or becomes a vertex that is to join the
 * plan first, as v's input 1. Errors: TN_ENOMEM. */
tn_status tn_plan_lower(tn_plan *plan, tn_vertex *v, tn_vertex *before);
/* Whether a product has so few rows and so many columns that it is cut by columns. */
bool tn_plan_is_wide(const tn_node *product);

tn_status tn_plan_collect(tn_plan *plan, tn_error *error);
tn_status tn_plan_fuse(tn_plan *plan, tn_error *error);
tn_status tn_plan_divide(tn_plan *plan, tn_error *error);
tn_status tn_plan_stage(tn_plan *plan, tn_error *error);
tn_status tn_plan_stride(tn_plan *plan, tn_error *error);
tn_status tn_plan_place(tn_plan *plan, tn_error *error);

/* The group of a leading size, made if it is new; -1 when out of memory. */
int tn_plan_group(tn_plan *plan, int64_t items);
/* Adds a vertex; -1 when out of memory. */
int tn_plan_add_vertex(tn_plan *plan, const tn_vertex *vertex);

/* Sums (or takes the maximum of) the segments' results, in order. */
tn_kernel tn_combine_kernel(const tn_node *node);
/* Adds a result to what is in its memory, elementwise. */
tn_kernel tn_accumulate_kernel(const tn_node *node);

#endif
