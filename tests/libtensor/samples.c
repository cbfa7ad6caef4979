/* Example applications of every operation. */
#include "samples.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define IN2 g, in[0], in[1]
#define BUILD(name, expression)                                                                                        \
    static tn_node *build_##name(tn_graph *g, tn_node *const *in) { return expression; }

BUILD(add, tn_add(IN2))
BUILD(sub, tn_sub(IN2))
BUILD(mul, tn_mul(IN2))
BUILD(div, tn_div(IN2))
BUILD(div_no_nan, tn_div_no_nan(IN2))
BUILD(equal, tn_equal(IN2))
BUILD(where_positive, tn_where_positive(IN2))
BUILD(neg, tn_neg(g, in[0]))
BUILD(relu, tn_relu(g, in[0]))
BUILD(tanh, tn_tanh(g, in[0]))
BUILD(sigmoid, tn_sigmoid(g, in[0]))
BUILD(softplus, tn_softplus(g, in[0]))
BUILD(sin, tn_sin(g, in[0]))
BUILD(cos, tn_cos(g, in[0]))
BUILD(exp, tn_exp(g, in[0]))
BUILD(log, tn_log(g, in[0]))
BUILD(sqrt, tn_sqrt(g, in[0]))
BUILD(square, tn_square(g, in[0]))
BUILD(abs, tn_abs(g, in[0]))
BUILD(sign, tn_sign(g, in[0]))
BUILD(scale, tn_scale(g, in[0], -1.75))
BUILD(detach, tn_detach(g, in[0]))
BUILD(cast, tn_cast(g, tn_cast(g, in[0], TN_F32), TN_F64))
BUILD(matmul, tn_matmul(IN2))
BUILD(matmul_nt, tn_linear(g, in[0], in[1], NULL))
BUILD(linear, tn_linear(g, in[0], in[1], in[2]))
BUILD(sum_all, tn_sum(g, in[0], TN_ALL, false))
BUILD(sum_first, tn_sum(g, in[0], TN_AXIS(0), false))
BUILD(sum_last, tn_sum(g, in[0], TN_AXIS(1), true))
BUILD(sum_outer, tn_sum(g, in[0], TN_AXIS(0) | TN_AXIS(2), false))
BUILD(max_all, tn_max(g, in[0], TN_ALL, false))
BUILD(max_first, tn_max(g, in[0], TN_AXIS(0), true))
BUILD(max_last, tn_max(g, in[0], TN_AXIS(1), false))
BUILD(mean, tn_mean(g, in[0], TN_AXIS(1), false))
BUILD(norm1, tn_norm1(g, in[0], TN_ALL, false))
BUILD(norm2, tn_norm2(g, in[0], TN_AXIS(0), false))
BUILD(mse, tn_mse(IN2))
BUILD(reshape, tn_reshape(g, in[0], TN_SHAPE(tn_shape_size(tn_node_shape(in[0])))))
BUILD(broadcast, tn_broadcast(g, in[0], TN_SHAPE(2, 3, 4)))
BUILD(transpose, tn_transpose(g, in[0]))
BUILD(concat0, tn_concat(g, 2, in, 0))
BUILD(concat1, tn_concat(g, 3, in, 1))
BUILD(slice0, tn_slice(g, in[0], 0, 1, 2))
BUILD(slice1, tn_slice(g, in[0], 1, 1, 2))
BUILD(pad0, tn_mul(g, in[0], tn_slice(g, tn_concat(g, 2, (tn_node *[]){in[0], in[0]}, 0), 0, 1,
                                      tn_node_shape(in[0]).dim[0])))

/* A sparsity of 5 x 4 with an empty row and an empty column; its 7 entries are the first operand. Kept for the life of
 * the process, as graphs borrow it. */
static const tn_sparsity *pattern(void)
{
    static tn_sparsity *s;
    static const int32_t row[] = {0, 0, 1, 3, 3, 4, 4}, col[] = {0, 3, 1, 0, 1, 1, 3};
    if (!s) s = tn_sparsity_new(5, 4, 7, row, col, NULL);
    return s;
}

static const tn_sparsity *index_of_six(void)
{
    static tn_sparsity *s;
    static const int32_t index[] = {3, 0, 0, 2, 3, 3};
    if (!s) s = tn_index_new(6, 4, index, NULL);
    return s;
}

BUILD(spmm, tn_spmm(g, pattern(), in[0], in[1]))
BUILD(spmm_t, tn_spmm_t(g, pattern(), in[0], in[1]))
BUILD(sddmm, tn_sddmm(g, pattern(), in[0], in[1]))
BUILD(gather_rows, tn_gather_rows(g, index_of_six(), in[0]))
BUILD(segment_sum, tn_segment_sum(g, index_of_six(), in[0]))

#define ONE "3,4;0,4;1,1;5;;2,3,2;1,7;7,1"
#define TWO "3,4|3,4;4|3,4;3,4|4;3,1|1,4;0,3|0,3;0,3|1,3;1,1|1,1;|2,3;2,1,3|4,1;6|6;6|1;2,3,2|3,1"

static const sample samples[] = {
    {"add", TWO, build_add, -2, 2},
    {"sub", TWO, build_sub, -2, 2},
    {"mul", TWO, build_mul, -2, 2},
    {"div", TWO, build_div, 0.5, 2},
    {"div_no_nan", TWO, build_div_no_nan, 0.5, 2},
    {"equal", TWO, build_equal, -2, 2},
    {"where_positive", TWO, build_where_positive, -2, 2},
    {"neg", ONE, build_neg, -2, 2},
    {"relu", ONE, build_relu, -2, 2},
    {"tanh", ONE, build_tanh, -2, 2},
    {"sigmoid", ONE, build_sigmoid, -4, 4},
    {"softplus", ONE, build_softplus, -4, 4},
    {"sin", ONE, build_sin, -9, 9},
    {"cos", ONE, build_cos, -9, 9},
    {"exp", ONE, build_exp, -2, 2},
    {"log", ONE, build_log, 0.5, 3},
    {"sqrt", ONE, build_sqrt, 0.5, 3},
    {"square", ONE, build_square, -2, 2},
    {"abs", ONE, build_abs, -2, 2},
    {"sign", ONE, build_sign, -2, 2},
    {"scale", ONE, build_scale, -2, 2},
    {"detach", ONE, build_detach, -2, 2},
    {"cast", ONE, build_cast, -2, 2},
    {"matmul", "3,4|4,2;0,4|4,2;1,4|4,1;3,0|0,2;2,3,4|4,5;30,20|20,17", build_matmul, -1, 1},
    {"matmul", "3,4|2,4;0,4|2,4;1,4|1,4;2,3,4|5,4;30,20|17,20", build_matmul_nt, -1, 1},
    {"linear", "3,4|2,4|2;0,4|2,4|2;1,1|1,1|1;2,3,4|5,4|5;30,20|17,20|17;7,3|40,3|40;9,40|1,40|1;5,600|3,600|3",
     build_linear, -1, 1},
    {"sum", ONE ";600,2;40", build_sum_all, -1, 1},
    {"sum", "3,4;0,4;1,4;4,1;2,3,4;600;40;3,0", build_sum_first, -1, 1},
    {"sum", "3,4;0,4;1,4;4,1;2,3,4;3,40;2,0", build_sum_last, -1, 1},
    {"sum", "2,3,4;1,3,1;2,0,4;0,2,3", build_sum_outer, -1, 1},
    {"max", "3,4;1,1;5;2,3,2;40", build_max_all, -1, 1},
    {"max", "3,4;1,4;4,1;2,3,4;600", build_max_first, -1, 1},
    {"max", "3,4;1,4;4,1;0,3;3,40", build_max_last, -1, 1},
    {"mean", "3,4;1,4;4,1;2,3,4;0,3", build_mean, -1, 1},
    {"norm1", "3,4;0,4;1,1;6", build_norm1, -1, 1},
    {"norm2", "3,4;1,4;6;2,3,2", build_norm2, -1, 1},
    {"mse", "3,4|3,4;1|1;2,3,2|2,3,2", build_mse, -1, 1},
    {"reshape", ONE, build_reshape, -1, 1},
    {"broadcast", "2,3,4;3,4;4;;1,1;2,1,4;2,3,1;1,3,1;3,1", build_broadcast, -1, 1},
    {"transpose", "3,4;0,4;1,1;2,3,4;2,3,4,2", build_transpose, -1, 1},
    {"concat", "3,4|2,4;0,4|2,4;3|2;1,2,2|2,2,2", build_concat0, -1, 1},
    {"concat", "3,4|3,1|3,2;0,4|0,1|0,2;3,0|3,1|3,2;2,2,2|2,1,2|2,3,2", build_concat1, -1, 1},
    {"slice", "3,4;4;3,2,2;3,0", build_slice0, -1, 1},
    {"slice", "3,4;0,4;2,3,2", build_slice1, -1, 1},
    {"pad", "3,4;1,1;2,3,2", build_pad0, -1, 1},
    {"spmm", "7|4,3;7|4;7|4,1;7|4,4;7|4,2,2;7|4,0", build_spmm, -1, 1},
    {"spmm_t", "7|5,3;7|5;7|5,4", build_spmm_t, -1, 1},
    {"sddmm", "5,3|4,3;5|4;5,2,2|4,2,2", build_sddmm, -1, 1},
    {"gather_rows", "4,3;4;4,2,2", build_gather_rows, -1, 1},
    {"segment_sum", "6,3;6;6,2,2", build_segment_sum, -1, 1},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static int cases(const sample *s)
{
    int n = 1;
    for (const char *c = s->shapes; *c; c++) n += *c == ';';
    return n;
}

int example_count(void)
{
    int n = 0;
    for (int i = 0; i < SAMPLES; i++) n += cases(&samples[i]);
    return n;
}

example example_at(int i)
{
    const sample *s = samples;
    while (i >= cases(s)) i -= cases(s++);
    const char *text = s->shapes;
    for (; i > 0; text++) i -= *text == ';';
    example e = {.sample = s, .n = 1};
    snprintf(e.text, sizeof e.text, "%s %.*s", s->op, (int)strcspn(text, ";"), text);
    for (; *text && *text != ';'; text++) {
        tn_shape *shape = &e.shape[e.n - 1];
        if (*text == '|') e.n++;
        else if (*text == ',') continue;
        else {
            char *end;
            shape->dim[shape->rank++] = strtoll(text, &end, 10);
            text = end - 1;
        }
    }
    return e;
}

bool has_sample(const char *op)
{
    for (int i = 0; i < SAMPLES; i++)
        if (!strcmp(samples[i].op, op)) return true;
    return false;
}
