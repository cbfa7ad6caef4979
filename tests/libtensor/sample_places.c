/* Sparsities for samples: see sample_places.h. */
#include "sample_places.h"
#include "core/sparsity.h"

#include <check.h>
#include <stdlib.h>

enum { MOST = 4096 };

static tn_sparsity *kept[MOST];

static const tn_sparsity *keep(tn_sparsity *s, const tn_error *error)
{
    if (!s) ck_abort_msg("%s", error->message);
    for (int i = 0; i < MOST; i++)
        if (!kept[i]) return kept[i] = s;
    ck_abort_msg("too many sparsities");
    return NULL;
}

static const tn_sparsity *find(int64_t rows, int64_t cols, int64_t entries, bool index)
{
    for (int i = 0; i < MOST && kept[i]; i++)
        if (kept[i]->rows == rows && kept[i]->cols == cols && kept[i]->entries == entries && kept[i]->index == index)
            return kept[i];
    return NULL;
}

static uint32_t draw(int64_t i)
{
    uint32_t bits[4];
    tn_random_bits(1, 2, (uint64_t)i, bits);
    return bits[0];
}

/* Goes through all places, and takes each with the probability that is left. */
static tn_sparsity *draw_places(int64_t rows, int64_t cols, int64_t entries, tn_error *error)
{
    int32_t *row = calloc((size_t)entries + 1, sizeof *row), *col = calloc((size_t)entries + 1, sizeof *col);
    int64_t n = 0;
    for (int64_t at = 0; at < rows * cols && n < entries; at++) {
        if (draw(at) % (uint64_t)(rows * cols - at) >= (uint64_t)(entries - n)) continue;
        row[n] = (int32_t)(at / cols);
        col[n++] = (int32_t)(at % cols);
    }
    tn_sparsity *s = tn_sparsity_new(rows, cols, entries, row, col, error);
    free(row);
    free(col);
    return s;
}

const tn_sparsity *places(int64_t rows, int64_t cols, int64_t entries)
{
    static const int32_t row[] = {0, 0, 1, 3, 3, 4, 4}, col[] = {0, 3, 1, 0, 1, 1, 3};
    const tn_sparsity *found = find(rows, cols, entries, false);
    tn_error error = {0};
    if (found) return found;
    if (rows == 5 && cols == 4 && entries == 7) return keep(tn_sparsity_new(5, 4, 7, row, col, &error), &error);
    return keep(draw_places(rows, cols, entries, &error), &error);
}

const tn_sparsity *index_of(int64_t rows, int64_t cols)
{
    static const int32_t six[] = {3, 0, 0, 2, 3, 3};
    const tn_sparsity *found = find(rows, cols, rows, true);
    tn_error error = {0};
    if (found) return found;
    int32_t *index = calloc((size_t)rows + 1, sizeof *index);
    for (int64_t r = 0; r < rows; r++) index[r] = rows == 6 && cols == 4 ? six[r] : (int32_t)(draw(r) % (uint64_t)cols);
    tn_sparsity *s = tn_index_new(rows, cols, index, &error);
    free(index);
    return keep(s, &error);
}
