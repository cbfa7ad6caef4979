/* Operations of the user's: a row of the table is made of what the user gives, and from then on they are like others.
 * Each graph has its own rows, so nothing is global. */
#include "config.h"
#include "core/memory.h"
#include "graph/graph.h"
#include "ops/op.h"

#include <string.h>

/* A node's row is the first member, so it leads to the rest. */
struct tn_custom_op {
    tn_op op;
    const tn_operation *user;
    tn_custom_op *next;
};

static const tn_operation *user_of(const tn_node *node)
{
    return ((const tn_custom_op *)node->op)->user;
}

void tn_custom_free(tn_graph *g)
{
    for (int i = 0; i < g->n_nodes; i++) tn_release((void *)g->nodes[i]->attr.constants);
    for (tn_custom_op *op = g->custom, *next; op; op = next) {
        next = op->next;
        tn_release(op);
    }
}

bool tn_custom_same(const tn_node *a, const tn_node *b)
{
    if (!(a->op->flags & TN_OP_CUSTOM) || !user_of(a)->constants) return true;
    return !memcmp(a->attr.constants, b->attr.constants, user_of(a)->constants);
}

/* ---- shapes ---- */

static void shapes_of(const tn_node *node, tn_shape *shape)
{
    for (int k = 0; k < node->n_in; k++) shape[k] = node->in[k]->shape;
}

/* The operands in words. */
static tn_sentence operands(const tn_node *node)
{
    tn_sentence words = {""};
    for (int k = 0; k < node->n_in; k++) tn_say(&words, "%s%s", k ? ", " : " of ", tn_node_words(node->in[k]).text);
    return words;
}

static bool itemwise(const tn_operation *user, int operand)
{
    return !(user->whole >> operand & 1);
}

/* Where items of the result are made of the same items of operands, there must be as many. */
static tn_status check_items(const tn_node *node, tn_shape out, tn_error *why)
{
    const tn_operation *user = user_of(node);
    if (out.rank < 1)
        return tn_fail(why, TN_ESHAPE, "%s%s: its result has no axis, so it has no items; see TN_AT_ONCE", user->name,
                       operands(node).text);
    for (int k = 0; k < node->n_in; k++) {
        tn_shape in = node->in[k]->shape;
        if (itemwise(user, k) && (in.rank < 1 || in.dim[0] != out.dim[0]))
            return tn_fail(why, TN_ESHAPE,
                           "%s: %s has not %lld items, as the result %s has; an operand that all items need belongs to "
                           "`whole`", user->name, tn_node_words(node->in[k]).text, (long long)out.dim[0],
                           tn_shape_words(out).text);
    }
    return TN_OK;
}

static tn_status custom_shape(const tn_node *node, tn_shape *out, tn_error *why)
{
    const tn_operation *user = user_of(node);
    tn_shape in[TN_MAX_INPUTS];
    tn_error reason = {0};
    if (!node->op->kernel[node->dtype == TN_F64])
        return tn_fail(why, TN_EDTYPE, "%s%s: it has no kernel for %s", user->name, operands(node).text,
                       tn_dtype_name(node->dtype));
    if (user->kind == TN_BY_ELEMENTS) return tn_same_shape(node, out, why);
    if (node->n_in) *out = node->in[0]->shape;
    shapes_of(node, in);
    tn_status status = user->shape ? user->shape(node->n_in, in, node->attr.constants, out, &reason) : TN_OK;
    if (!status) status = reason.status; /* what a rule reports counts, whatever it returns */
    if (status) {
        const char *said = *reason.message ? reason.message : "its shape rule refuses them";
        return tn_fail(why, status, "%s%s: %s", user->name, operands(node).text, said);
    }
    if (!tn_shape_valid(*out))
        return tn_fail(why, TN_ESHAPE, "%s%s: its shape rule made %s, which " TN_NO_SHAPE, user->name,
                       operands(node).text, tn_shape_words(*out).text);
    return user->kind == TN_BY_ITEMS ? check_items(node, *out, why) : TN_OK;
}

static tn_division divide_items(const tn_node *node)
{
    return (tn_division){.access = TN_ITEMS, .itemwise = ((1u << node->n_in) - 1) & ~user_of(node)->whole};
}

static tn_division divide_nothing(const tn_node *node)
{
    (void)node;
    return (tn_division){.access = TN_WHOLE};
}

static double custom_cost(const tn_node *node)
{
    tn_shape in[TN_MAX_INPUTS];
    shapes_of(node, in);
    return user_of(node)->cost(node->n_in, in, node->shape, node->attr.constants);
}

/* ---- kernels ---- */

static void call_user(const tn_node *node, const tn_piece *piece)
{
    (node->dtype == TN_F64 ? user_of(node)->kernel_f64 : user_of(node)->kernel_f32)(piece);
}

static tn_piece piece_of(const tn_node *node)
{
    tn_piece piece = {.n = node->n_in, .shape = node->shape, .constants = node->attr.constants};
    shapes_of(node, piece.in_shape);
    return piece;
}

/* Some items of the result, or all of it. */
static void run_items(const tn_call *c)
{
    tn_piece piece = piece_of(c->node);
    piece.first = c->item;
    piece.items = c->items;
    piece.size = c->out.rows * c->out.cols;
    piece.out = c->out.data;
    for (int k = 0; k < piece.n; k++) piece.in[k] = c->in[k].data;
    call_user(c->node, &piece);
}

enum { PART = 512 };

/* n neighbours of a row: in place, or copies of the one number that is repeated along the row. */
static const void *neighbours(const tn_matrix *m, int64_t row, int64_t first, int64_t n, size_t size, char *copies)
{
    const char *at = (const char *)m->data + (size_t)(row * m->rs + first * m->cs) * size;
    for (int64_t i = 0; i < n && !m->cs; i++) memcpy(copies + (size_t)i * size, at, size);
    return m->cs ? at : copies;
}

/* Elements, in runs of neighbours. */
static void run_elements(const tn_call *c)
{
    size_t size = tn_dtype_size(c->node->dtype);
    tn_piece piece = piece_of(c->node);
    _Alignas(64) char copies[TN_MAX_INPUTS][PART * sizeof(double)];
    int64_t rows, cols, longest = INT64_MAX;
    tn_extent(c, piece.n, &rows, &cols);
    for (int k = 0; k < piece.n; k++)
        if (!c->in[k].cs) longest = PART;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t first = 0; first < cols; first += piece.size) {
            piece.size = piece.items = cols - first < longest ? cols - first : longest;
            piece.out = (char *)c->out.data + (size_t)(r * c->out.rs + first) * size;
            for (int k = 0; k < piece.n; k++)
                piece.in[k] = neighbours(&c->in[k], r, first, piece.size, size, copies[k]);
            call_user(c->node, &piece);
        }
}

/* ---- gradients ---- */

/* What the user's rule makes has the place of its own calls; what was made before still waits for that of tn_grad. */
static tn_node *custom_gradient(tn_graph *g, tn_node *y, tn_node *dy, int i)
{
    const tn_node *operand = y->in[i];
    int placed = g->placed;
    g->placed = g->n_nodes;
    tn_node *made = user_of(y)->gradient(g, y->in, y, dy, i, y->attr.constants);
    g->placed = placed;
    if (!made || g->error.status || !tn_graph_owns(g, "its gradient rule", 1, &made)) return made;
    if (tn_shape_equal(made->shape, operand->shape) && made->dtype == operand->dtype) return made;
    return tn_graph_fail(g, TN_ESHAPE, "the rule made %s (%s) for operand %d, %s (%s), which it must be like",
                         tn_node_words(made).text, tn_dtype_name(made->dtype), i, tn_node_words(operand).text,
                         tn_dtype_name(operand->dtype));
}

/* ---- rows ---- */

static tn_op row_of(const tn_operation *user)
{
    bool elements = user->kind == TN_BY_ELEMENTS;
    tn_kernel run = elements ? run_elements : run_items;
    return (tn_op){
        .name = user->name,
        .about = "an operation of the user's",
        .arity = user->operands,
        .flags = TN_OP_CUSTOM | (elements ? TN_OP_ELEMENTWISE : 0),
        .flop = user->flop,
        .shape = custom_shape,
        .division = elements ? tn_divide_elementwise : user->kind == TN_BY_ITEMS ? divide_items : divide_nothing,
        .kernel = {user->kernel_f32 ? run : NULL, user->kernel_f64 ? run : NULL},
        .gradient = user->gradient ? custom_gradient : NULL,
        .cost = user->cost ? custom_cost : NULL,
    };
}

/* The graph's row of an operation, made at its first use; NULL when out of memory. */
static const tn_op *find_row(tn_graph *g, const tn_operation *user)
{
    for (const tn_custom_op *row = g->custom; row; row = row->next)
        if (row->user == user) return &row->op;
    tn_custom_op *row = tn_calloc(1, sizeof *row);
    if (!row) return NULL;
    *row = (tn_custom_op){.op = row_of(user), .user = user, .next = g->custom};
    g->custom = row;
    return &row->op;
}

bool tn_custom_copy(tn_graph *g, tn_node *copy)
{
    if (!(copy->op->flags & TN_OP_CUSTOM)) return true;
    const tn_operation *user = user_of(copy);
    const tn_op *row = find_row(g, user);
    void *constants = user->constants ? tn_calloc(1, user->constants) : NULL;
    if (!row || (user->constants && !constants)) {
        tn_release(constants);
        return false;
    }
    copy->op = row;
    copy->attr.constants = constants ? memcpy(constants, copy->attr.constants, user->constants) : NULL;
    return true;
}

/* What is wrong with the operation itself, or NULL. */
static const char *mistake_in(const tn_operation *user)
{
    bool elements = user->kind == TN_BY_ELEMENTS;
    if (user->kind != TN_BY_ELEMENTS && user->kind != TN_BY_ITEMS && user->kind != TN_AT_ONCE)
        return "there is no such kind";
    if (user->operands < 0 || user->operands > TN_MAX_INPUTS) return "operands must be 0 to 16";
    if (!user->kernel_f32 && !user->kernel_f64) return "it has no kernel";
    if (!user->operands && (elements || !user->shape)) return "without operands it wants a shape rule";
    if (elements && user->shape) return "element by element, the shape is that of the operands, and not for a rule";
    if (user->whole && user->kind != TN_BY_ITEMS) return "`whole` is for TN_BY_ITEMS";
    if (user->whole >> user->operands) return "`whole` has bits of operands that it has not";
    if (user->flop && user->cost) return "flop and cost exclude each other";
    return NULL;
}

tn_node *tn_custom(tn_graph *g, const tn_operation *operation, int n, tn_node *const *operands, const void *constants)
{
    if (tn_has_failed(g)) return tn_failed(g);
    if (!operation || !operation->name || !*operation->name)
        return tn_graph_fail(g, TN_EINVAL, "tn_custom: the operation or its name is missing");
    const char *name = operation->name, *mistake = mistake_in(operation);
    if (mistake) return tn_graph_fail(g, TN_EINVAL, "%s: %s", name, mistake);
    if (tn_op_find(name)) return tn_graph_fail(g, TN_ENAME, "%s: the library has an operation of that name", name);
    if (operation->constants && !constants) return tn_graph_fail(g, TN_EINVAL, "%s: its constants are missing", name);
    tn_attr attr = {0};
    char *copy = tn_calloc(1, operation->constants);
    const tn_op *row = find_row(g, operation);
    if (!copy || !row) {
        tn_release(copy);
        return tn_graph_fail(g, TN_ENOMEM, "no memory for the operation %s", name);
    }
    if (operation->constants) attr.constants = memcpy(copy, constants, operation->constants);
    tn_node *node = operation->kind == TN_BY_ELEMENTS ? tn_apply_elementwise(g, row, n, operands, &attr)
                                                      : tn_apply_op(g, row, n, operands, &attr);
    if (g->error.status || !operation->constants) tn_release(copy);
    return node;
}
