/* Included by gemm_kernel.c once per number type: T, NAME(name), SPLAT(a), FMA(a, b, c), SUM(v), SQUARE, RELU(v),
 * WHERE(v, w). No include guard. */

typedef T NAME(vector) __attribute__((vector_size(BYTES), aligned(sizeof(T)), may_alias));
typedef struct NAME(tn_factor) NAME(factor);
typedef struct NAME(tn_ends) NAME(ends);
enum { NAME(WIDTH) = BYTES / sizeof(T), NAME(STRIP) = PAIR * NAME(WIDTH) };

/* The ends of what begins i rows below and j columns to the right. */
static inline __attribute__((always_inline)) NAME(ends) NAME(from)(NAME(ends) ends, int64_t i, int64_t j)
{
    if (ends.bias) ends.bias += j;
    if (ends.where) ends.where += i * ends.where_rs + j;
    return ends;
}

/* Ends of a product of which more is to come. */
static inline NAME(ends) NAME(open)(NAME(ends) ends, bool more)
{
    if (more) ends.relu = false, ends.where = NULL;
    return ends;
}

/* An element as it is stored. */
static inline T NAME(ended)(NAME(ends) ends, T sum, int64_t i, int64_t j)
{
    if (ends.relu && sum < 0) return 0;
    return ends.where && !(ends.where[i * ends.where_rs + j] > 0) ? 0 : sum;
}

#define AT(address, j) (*(NAME(vector) *)((address) + (j) * NAME(WIDTH)))

/* One block of C: `rows` rows and `vectors` vectors, both known when this is compiled into its caller. Rows of B are
 * contiguous. */
static inline __attribute__((always_inline)) void NAME(block)(const int rows, const int vectors, int64_t k,
                                                              NAME(factor) a, const T *b, int64_t rb, NAME(ends) ends,
                                                              T *c, int64_t rc)
{
    NAME(vector) sum[ROWS][PAIR], line[PAIR];
    const T *third[(ROWS + 2) / 3]; /* every third row: the addresses between need no register of their own */
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < vectors; j++)
            sum[i][j] = ends.add ? AT(c + i * rc, j) : ends.bias ? AT((T *)ends.bias, j) : (NAME(vector)){0};
    for (int i = 0; i < rows; i += 3) third[i / 3] = a.data + i * a.rs;
    for (int64_t p = 0; p < k; p++, b += rb) {
        for (int j = 0; j < vectors; j++) line[j] = AT((T *)b, j);
        for (int i = 0; i < rows; i++) {
            NAME(vector) factor = SPLAT(third[i / 3][i % 3 * a.rs]);
            for (int j = 0; j < vectors; j++) sum[i][j] = FMA(factor, line[j], sum[i][j]);
        }
        for (int i = 0; i < rows; i += 3) third[i / 3] += a.cs;
    }
    for (int i = 0; i < rows && ends.relu; i++)
        for (int j = 0; j < vectors; j++) sum[i][j] = RELU(sum[i][j]);
    for (int i = 0; i < rows && ends.where; i++)
        for (int j = 0; j < vectors; j++)
            sum[i][j] = WHERE(sum[i][j], AT((T *)ends.where + i * ends.where_rs, j));
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < vectors; j++) AT(c + i * rc, j) = sum[i][j];
}

/* A strip of C: one or two whole vectors wide, all rows. */
static inline __attribute__((always_inline)) void NAME(blocks)(const int vectors, int64_t m, int64_t k, NAME(factor) a,
                                                               const T *b, int64_t rb, NAME(ends) ends, T *c,
                                                               int64_t rc)
{
    for (; m >= ROWS; m -= ROWS, a.data += ROWS * a.rs, c += ROWS * rc, ends = NAME(from)(ends, ROWS, 0))
        NAME(block)(ROWS, vectors, k, a, b, rb, ends, c, rc);
#define REST(rows) case rows: NAME(block)(rows, vectors, k, a, b, rb, ends, c, rc); break;
    switch (m) {
        REST(1) REST(2) REST(3) REST(4) REST(5)
#if defined __AVX512F__
        REST(6) REST(7) REST(8) REST(9) REST(10) REST(11)
#endif
    }
#undef REST
}

static void NAME(pair)(int64_t m, int64_t k, NAME(factor) a, const T *b, int64_t rb, NAME(ends) ends, T *c,
                       int64_t rc)
{
    NAME(blocks)(PAIR, m, k, a, b, rb, ends, c, rc);
}

static void NAME(single)(int64_t m, int64_t k, NAME(factor) a, const T *b, int64_t rb, NAME(ends) ends, T *c,
                         int64_t rc)
{
    NAME(blocks)(1, m, k, a, b, rb, ends, c, rc);
}

/* A strip that ends within a vector: done in a copy of C, block by block. B is filled up with zeros. */
static void NAME(edge)(int64_t m, int64_t n, int64_t k, NAME(factor) a, const T *b, int64_t rb, NAME(ends) ends,
                       T *c, int64_t rc)
{
    T copy[ROWS * NAME(STRIP)] = {0};
    for (; m > 0; m -= ROWS, a.data += ROWS * a.rs, c += ROWS * rc, ends = NAME(from)(ends, ROWS, 0)) {
        int64_t rows = m < ROWS ? m : ROWS;
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < n; j++)
                copy[i * NAME(STRIP) + j] = ends.add ? c[i * rc + j] : ends.bias ? ends.bias[j] : 0;
        (n > NAME(WIDTH) ? NAME(pair) : NAME(single))(rows, k, a, b, rb, (NAME(ends)){.add = true}, copy, NAME(STRIP));
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < n; j++) c[i * rc + j] = NAME(ended)(ends, copy[i * NAME(STRIP) + j], i, j);
    }
}

/* A strip of the next n columns, or as many of them as it has. */
static void NAME(strip)(int64_t m, int64_t n, int64_t k, NAME(factor) a, const T *b, int64_t rb, NAME(ends) ends,
                        T *c, int64_t rc)
{
    if (n >= NAME(STRIP)) NAME(pair)(m, k, a, b, rb, ends, c, rc);
    else if (n == NAME(WIDTH)) NAME(single)(m, k, a, b, rb, ends, c, rc);
    else NAME(edge)(m, n, k, a, b, rb, ends, c, rc);
}

/* Copies the transpose of n rows of `depth` contiguous elements: squares, then what is left beside and below them. */
static void NAME(turned)(T *to, int64_t to_rs, int64_t depth, int64_t n, const T *from, int64_t from_rs)
{
    int64_t wide = n / SQUARE * SQUARE, deep = depth / SQUARE * SQUARE;
    for (int64_t j = 0; j < wide; j += SQUARE)
        for (int64_t p = 0; p < deep; p += SQUARE)
            NAME(turn)(to + p * to_rs + j, to_rs, from + j * from_rs + p, from_rs);
    for (int64_t j = 0; j < n; j++)
        for (int64_t p = j < wide ? deep : 0; p < depth; p++) to[p * to_rs + j] = from[j * from_rs + p];
}

/* Copies depth x n elements of B to rows of `width` elements, filled up with zeros. */
static void NAME(gather)(T *to, int64_t width, int64_t depth, int64_t n, NAME(factor) b)
{
    for (int64_t p = 0; p < depth && n < width; p++)
        for (int64_t j = n; j < width; j++) to[p * width + j] = 0;
    if (b.rs == 1 && b.cs != 1) {
        NAME(turned)(to, width, depth, n, b.data, b.cs);
        return;
    }
    if (b.cs == 1 && n == NAME(STRIP)) /* of a length known beforehand */
        for (int64_t p = 0; p < depth; p++) memcpy(to + p * width, b.data + p * b.rs, NAME(STRIP) * sizeof(T));
    else
        for (int64_t p = 0; p < depth; p++)
            for (int64_t j = 0; j < n; j++) to[p * width + j] = b.data[p * b.rs + j * b.cs];
}

/* Whether reading neighbours in that direction in turn evicts them from the cache: they fall into the same places. */
static inline bool NAME(far)(int64_t stride)
{
    return stride * (int64_t)sizeof(T) >= FAR && stride * (int64_t)sizeof(T) % FAR < 64;
}

/* Copies rows x depth elements of A, so that each block of C reads them near each other. */
static NAME(factor) NAME(gather_rows)(T *to, int64_t rows, int64_t depth, NAME(factor) a)
{
    bool by_rows = a.cs == 1;
    NAME(factor) copy = {to, by_rows ? DEPTH : 1, by_rows ? 1 : ROWS};
    if (by_rows)
        for (int64_t i = 0; i < rows; i++) memcpy(to + i * DEPTH, a.data + i * a.rs, (size_t)depth * sizeof(T));
    else if (a.rs == 1 && rows == ROWS)
        for (int64_t p = 0; p < depth; p++) memcpy(to + p * ROWS, a.data + p * a.cs, ROWS * sizeof(T));
    else
        for (int64_t p = 0; p < depth; p++)
            for (int64_t i = 0; i < rows; i++) to[p * ROWS + i] = a.data[i * a.rs + p * a.cs];
    return copy;
}

/* Several strips at once whose part of B is copied, DEPTH steps of k at a time; and A as well, where it is spread. */
static void NAME(copied)(int64_t m, int64_t n, int64_t k, NAME(factor) a, NAME(factor) b, NAME(ends) ends, T *c,
                         int64_t rc)
{
    T strips[STRIPS][DEPTH * NAME(STRIP)] __attribute__((aligned(64))), near[ROWS * DEPTH];
    bool spread = NAME(far)(a.rs) || NAME(far)(a.cs);
    do {
        int64_t depth = k < DEPTH ? k : DEPTH;
        for (int64_t j = 0; j < n; j += NAME(STRIP))
            NAME(gather)(strips[j / NAME(STRIP)], NAME(STRIP), depth, n - j < NAME(STRIP) ? n - j : NAME(STRIP),
                         (NAME(factor)){b.data + j * b.cs, b.rs, b.cs});
        for (int64_t i = 0; i < m; i += ROWS) {
            int64_t rows = m - i < ROWS ? m - i : ROWS;
            NAME(factor) part = {a.data + i * a.rs, a.rs, a.cs};
            if (spread) part = NAME(gather_rows)(near, rows, depth, part);
            for (int64_t j = 0; j < n; j += NAME(STRIP))
                NAME(strip)(rows, n - j, depth, part, strips[j / NAME(STRIP)], NAME(STRIP),
                            NAME(open)(NAME(from)(ends, i, j), k > depth), c + i * rc + j, rc);
        }
        a.data += depth * a.cs;
        b.data += depth * b.rs;
        k -= depth;
        ends.add = true;
    } while (k > 0);
}

static void NAME(product)(int64_t m, int64_t n, int64_t k, NAME(factor) a, NAME(factor) b, NAME(ends) ends, T *c,
                          int64_t rc)
{
    int64_t j = 0;
    bool in_place = b.cs == 1 && (m <= 2 * ROWS || !(NAME(far)(b.rs) || NAME(far)(a.rs) || NAME(far)(a.cs)));
    if (in_place) /* whole vectors; the last strip may be a single one */
        for (; n - j >= NAME(WIDTH); j += n - j < NAME(STRIP) ? NAME(WIDTH) : NAME(STRIP))
            NAME(strip)(m, n - j < NAME(STRIP) ? NAME(WIDTH) : NAME(STRIP), k, a, b.data + j, b.rs,
                        NAME(from)(ends, 0, j), c + j, rc);
    for (; j < n; j += STRIPS * NAME(STRIP)) {
        int64_t width = n - j < STRIPS * NAME(STRIP) ? n - j : STRIPS * NAME(STRIP);
        NAME(copied)(m, width, k, a, (NAME(factor)){b.data + j * b.cs, b.rs, b.cs}, NAME(from)(ends, 0, j), c + j, rc);
    }
}

static void NAME(pack)(T *strips, int64_t k, int64_t n, NAME(factor) b)
{
    for (int64_t j = 0; j < n; j += TN_STRIP(sizeof(T)), strips += k * TN_STRIP(sizeof(T)))
        NAME(gather)(strips, TN_STRIP(sizeof(T)), k, n - j < TN_STRIP(sizeof(T)) ? n - j : TN_STRIP(sizeof(T)),
                     (NAME(factor)){b.data + j * b.cs, b.rs, b.cs});
}

static void NAME(packed)(int64_t m, int64_t n, int64_t k, NAME(factor) a, const T *strips, NAME(ends) ends, T *c,
                         int64_t rc)
{
    for (int64_t first = 0; first < n; first += TN_STRIP(sizeof(T)), strips += k * TN_STRIP(sizeof(T)))
        for (int64_t j = 0; j < TN_STRIP(sizeof(T)) && first + j < n; j += NAME(STRIP))
            NAME(strip)(m, n - first - j, k, a, strips + j, TN_STRIP(sizeof(T)), NAME(from)(ends, 0, first + j),
                        c + first + j, rc);
}

/* The sum of LANES partial sums, each over every LANES-th element; what is left over comes last. */
static inline T NAME(dot)(int64_t k, const T *a, const T *b)
{
    enum { VECTORS = TN_LANES / NAME(WIDTH) };
    NAME(vector) lane[VECTORS] = {{0}};
    int64_t p = 0;
    for (; p + TN_LANES <= k; p += TN_LANES)
        for (int j = 0; j < VECTORS; j++) lane[j] = FMA(AT((T *)a + p, j), AT((T *)b + p, j), lane[j]);
    for (int half = VECTORS / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++) lane[j] += lane[j + half];
    T sum = SUM(lane[0]);
    for (; p < k; p++) sum += a[p] * b[p];
    return sum;
}

static void NAME(dots)(int64_t m, int64_t n, int64_t k, NAME(factor) a, NAME(factor) b, NAME(ends) ends, T *c,
                       int64_t rc)
{
    T column[TN_THIN][DEPTH];
    bool plain = !ends.relu && !ends.where;
    do {
        int64_t depth = k < DEPTH ? k : DEPTH;
        for (int64_t j = 0; j < n; j++)
            for (int64_t p = 0; p < depth; p++) column[j][p] = b.data[p * b.rs + j * b.cs];
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                T sum = NAME(dot)(depth, a.data + i * a.rs, column[j]), *to = c + i * rc + j;
                sum = ends.add ? *to + sum : ends.bias ? ends.bias[j] + sum : sum;
                *to = plain ? sum : NAME(ended)(NAME(open)(ends, k > depth), sum, i, j);
            }
        a.data += depth;
        b.data += depth * b.rs;
        k -= depth;
        ends.add = true;
    } while (k > 0);
}
#undef AT
