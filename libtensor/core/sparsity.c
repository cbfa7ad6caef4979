/* Making sparsities: CSR as given, CSC by counting sort, so entries of a column are in ascending row order. */
#include "config.h"
#include "core/sparsity.h"
#include "core/memory.h"

void tn_sparsity_free(tn_sparsity *s)
{
    if (!s) return;
    tn_free(s->row_start);
    tn_free(s->row);
    tn_free(s->col);
    tn_free(s->col_start);
    tn_free(s->csc_row);
    tn_free(s->csc_entry);
    tn_release(s);
}

int64_t tn_sparsity_entries(const tn_sparsity *sparsity)
{
    return sparsity ? sparsity->entries : 0;
}

static tn_sparsity *allocate(int64_t rows, int64_t cols, int64_t entries)
{
    tn_sparsity *s = tn_calloc(1, sizeof *s);
    if (!s) return NULL;
    *s = (tn_sparsity){.rows = rows, .cols = cols, .entries = entries};
    s->row_start = tn_alloc((size_t)(rows + 1) * sizeof *s->row_start);
    s->col_start = tn_alloc((size_t)(cols + 1) * sizeof *s->col_start);
    s->row = tn_alloc((size_t)entries * sizeof *s->row);
    s->col = tn_alloc((size_t)entries * sizeof *s->col);
    s->csc_row = tn_alloc((size_t)entries * sizeof *s->csc_row);
    s->csc_entry = tn_alloc((size_t)entries * sizeof *s->csc_entry);
    if (s->row_start && s->col_start && s->row && s->col && s->csc_row && s->csc_entry) return s;
    tn_sparsity_free(s);
    return NULL;
}

/* Fills the starts and the CSC half from row[] and col[]. */
static void complete(tn_sparsity *s)
{
    for (int64_t e = 0; e < s->entries; e++) {
        s->row_start[s->row[e] + 1]++;
        s->col_start[s->col[e] + 1]++;
    }
    for (int64_t i = 0; i < s->rows; i++) s->row_start[i + 1] += s->row_start[i];
    for (int64_t j = 0; j < s->cols; j++) s->col_start[j + 1] += s->col_start[j];
    for (int64_t e = 0; e < s->entries; e++) {
        int64_t place = s->col_start[s->col[e]]++;
        s->csc_row[place] = s->row[e];
        s->csc_entry[place] = (int32_t)e;
    }
    /* Each start has moved on to the next column's: move them back. */
    for (int64_t j = s->cols; j > 0; j--) s->col_start[j] = s->col_start[j - 1];
    s->col_start[0] = 0;
}

static bool sizes_are_possible(int64_t rows, int64_t cols, int64_t entries, tn_error *error)
{
    if (rows >= 0 && cols >= 0 && entries >= 0 && rows <= INT32_MAX && cols <= INT32_MAX && entries <= INT32_MAX)
        return true;
    tn_fail(error, TN_EINVAL, "sparsity: %lld entries in a matrix of %lld x %lld: sizes must be 0 to %d",
            (long long)entries, (long long)rows, (long long)cols, INT32_MAX);
    return false;
}

static bool are_there(int64_t entries, const int32_t *row, const int32_t *col, tn_error *error)
{
    if (!entries || (row && col)) return true;
    tn_fail(error, TN_EINVAL, "sparsity: %lld entries without a list of %s: NULL instead of one", (long long)entries,
            row ? "columns" : "rows");
    return false;
}

static bool is_inside(int64_t rows, int64_t cols, int64_t e, int32_t row, int32_t col, tn_error *error)
{
    if (row >= 0 && row < rows && col >= 0 && col < cols) return true;
    tn_fail(error, TN_EINVAL, "sparsity: entry %lld is (%d, %d), outside of %lld x %lld", (long long)e, row, col,
            (long long)rows, (long long)cols);
    return false;
}

/* From sorted lists. */
static tn_sparsity *make(int64_t rows, int64_t cols, int64_t entries, const int32_t *row, const int32_t *col,
                         tn_error *error)
{
    tn_sparsity *s = allocate(rows, cols, entries);
    if (!s) {
        tn_fail(error, TN_ENOMEM, "sparsity: no memory for %lld entries", (long long)entries);
        return NULL;
    }
    for (int64_t e = 0; e < entries; e++) {
        s->row[e] = row[e];
        s->col[e] = col[e];
    }
    complete(s);
    return s;
}

tn_sparsity *tn_sparsity_new(int64_t rows, int64_t cols, int64_t entries, const int32_t *row, const int32_t *col,
                             tn_error *error)
{
    if (!sizes_are_possible(rows, cols, entries, error) || !are_there(entries, row, col, error)) return NULL;
    for (int64_t e = 0; e < entries; e++) {
        if (!is_inside(rows, cols, e, row[e], col[e], error)) return NULL;
        if (e && (row[e] < row[e - 1] || (row[e] == row[e - 1] && col[e] <= col[e - 1]))) {
            tn_fail(error, TN_EINVAL, "sparsity: entry %lld is (%d, %d), after (%d, %d): %s", (long long)e, row[e],
                    col[e], row[e - 1], col[e - 1],
                    row[e] == row[e - 1] && col[e] == col[e - 1] ? "given twice" : "not sorted by (row, column)");
            return NULL;
        }
    }
    return make(rows, cols, entries, row, col, error);
}

/* Writes from[0..n) to `to` in the order of their keys; equal keys keep their order. counts has keys + 1 places. */
static void sort_by(const int32_t *key, int64_t keys, int64_t *counts, int64_t n, const int32_t *from, int32_t *to)
{
    for (int64_t k = 0; k <= keys; k++) counts[k] = 0;
    for (int64_t i = 0; i < n; i++) counts[key[i] + 1]++;
    for (int64_t k = 0; k < keys; k++) counts[k + 1] += counts[k];
    for (int64_t i = 0; i < n; i++) to[counts[key[from[i]]]++] = from[i];
}

/* What sorting needs. */
typedef struct sorting {
    int64_t *counts;
    int32_t *order, *spare, *row, *col;
} sorting;

/* Numbers the different edges in their order; -1 and the error if one is not wanted. */
static int64_t number_edges(const sorting *s, int64_t edges, const int32_t *row, const int32_t *col,
                            tn_duplicates duplicates, int32_t *entry, tn_error *error)
{
    int64_t n = 0;
    for (int64_t i = 0; i < edges; i++) {
        int32_t e = s->order[i];
        bool again = n && row[e] == s->row[n - 1] && col[e] == s->col[n - 1];
        if (again && duplicates == TN_DUPLICATES_REFUSE) {
            tn_fail(error, TN_EINVAL, "sparsity: edges %d and %d are both (%d, %d)", s->order[i - 1], e, row[e],
                    col[e]);
            return -1;
        }
        if (!again) {
            s->row[n] = row[e];
            s->col[n++] = col[e];
        }
        if (entry) entry[e] = (int32_t)(n - 1);
    }
    return n;
}

tn_sparsity *tn_sparsity_from_edges(int64_t rows, int64_t cols, int64_t edges, const int32_t *row, const int32_t *col,
                                    tn_duplicates duplicates, int32_t *entry, tn_error *error)
{
    if (!sizes_are_possible(rows, cols, edges, error) || !are_there(edges, row, col, error)) return NULL;
    if (duplicates != TN_DUPLICATES_REFUSE && duplicates != TN_DUPLICATES_ADD) {
        tn_fail(error, TN_EINVAL, "sparsity: there is no way %d to treat equal edges", (int)duplicates);
        return NULL;
    }
    for (int64_t e = 0; e < edges; e++)
        if (!is_inside(rows, cols, e, row[e], col[e], error)) return NULL;
    size_t n = (size_t)edges;
    sorting s = {.counts = tn_calloc((size_t)(rows > cols ? rows : cols) + 1, sizeof *s.counts),
                 .order = tn_calloc(n, sizeof *s.order), .spare = tn_calloc(n, sizeof *s.spare),
                 .row = tn_calloc(n, sizeof *s.row), .col = tn_calloc(n, sizeof *s.col)};
    tn_sparsity *made = NULL;
    if (!s.counts || !s.order || !s.spare || !s.row || !s.col)
        tn_fail(error, TN_ENOMEM, "sparsity: no memory for %lld edges", (long long)edges);
    else {
        for (int64_t e = 0; e < edges; e++) s.order[e] = (int32_t)e;
        sort_by(col, cols, s.counts, edges, s.order, s.spare);
        sort_by(row, rows, s.counts, edges, s.spare, s.order);
        int64_t entries = number_edges(&s, edges, row, col, duplicates, entry, error);
        if (entries >= 0) made = make(rows, cols, entries, s.row, s.col, error);
    }
    tn_release(s.counts);
    tn_release(s.order);
    tn_release(s.spare);
    tn_release(s.row);
    tn_release(s.col);
    return made;
}

tn_sparsity *tn_index_new(int64_t rows, int64_t cols, const int32_t *index, tn_error *error)
{
    if (rows < 0 || cols < 0 || rows > INT32_MAX || cols > INT32_MAX) {
        tn_fail(error, TN_EINVAL, "index: %lld rows of %lld: sizes must be 0 to %d", (long long)rows, (long long)cols,
                INT32_MAX);
        return NULL;
    }
    if (rows && !index) {
        tn_fail(error, TN_EINVAL, "index: %lld rows without a list: NULL instead of one", (long long)rows);
        return NULL;
    }
    for (int64_t r = 0; r < rows; r++)
        if (index[r] < 0 || index[r] >= cols) {
            tn_fail(error, TN_EINVAL, "index: entry %lld is %d, not 0 to %lld", (long long)r, index[r],
                    (long long)cols - 1);
            return NULL;
        }
    tn_sparsity *s = allocate(rows, cols, rows);
    if (!s) {
        tn_fail(error, TN_ENOMEM, "index: no memory for %lld entries", (long long)rows);
        return NULL;
    }
    for (int64_t r = 0; r < rows; r++) {
        s->row[r] = (int32_t)r;
        s->col[r] = index[r];
    }
    complete(s);
    s->index = true;
    return s;
}
