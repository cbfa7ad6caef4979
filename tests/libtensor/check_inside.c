/* What can be seen of graphs and plans: text, pictures, memory and time. */
#include "config.h"
#include "graph/graph.h"
#include "graph/params.h"
#include "graph/plan.h"
#include "random_graph.h"
#include "oracle.h"
#include "testing.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define SAYS(text, words) ck_assert_msg(strstr(text, words) != NULL, "\"%s\" is not in:\n%s", words, text)

/* ---- what is looked at ---- */

/* A layer of sines on 500 points and its loss, with gradients: 3 -> 40 -> 1. */
typedef struct model {
    tn_params *params;
    tn_graph *g;
    tn_plan *plan;
    float *data;
} model;

static void declare(tn_params *params)
{
    tn_params_add(params, "a", TN_SHAPE(40, 3), (tn_init){TN_INIT_UNIFORM, -1, 1}, 0);
    tn_params_add(params, "b", TN_SHAPE(40), (tn_init){TN_INIT_UNIFORM, -1, 1}, 0);
    tn_params_add(params, "c", TN_SHAPE(1, 40), (tn_init){TN_INIT_UNIFORM, -1, 1}, 0);
    tn_params_seal(params, NULL);
}

static model new_model(unsigned options)
{
    enum { POINTS = 500 };
    model m = {.params = tn_params_new(TN_F32, 1), .g = tn_graph_new(TN_F32)};
    declare(m.params);
    tn_node *x = tn_input(m.g, "x", TN_F32, TN_SHAPE(POINTS, 3));
    tn_scope(m.g, "wave");
    tn_node *a = tn_param(m.g, m.params, "a"), *b = tn_param(m.g, m.params, "b");
    tn_node *y = tn_name(m.g, tn_sin(m.g, tn_linear(m.g, x, a, b)), "crest & <trough>");
    tn_scope_end(m.g);
    y = tn_linear(m.g, y, tn_param(m.g, m.params, "c"), NULL);
    tn_node *loss = tn_mean(m.g, tn_square(m.g, tn_scale(m.g, y, 0.25)), TN_ALL, false);
    tn_output(m.g, "loss", loss);
    tn_params_grad(m.g, loss, m.params);
    m.plan = tn_plan_new(m.g, options | TN_PLAN_SPREAD, NULL);
    m.data = tn_alloc(3 * POINTS * sizeof *m.data);
    tn_fill_normal(m.data, 3 * POINTS, 1, 2, 3);
    tn_bind(m.plan, "x", m.data, NULL);
    return m;
}

static void free_model(model *m)
{
    tn_plan_free(m->plan);
    tn_graph_free(m->g);
    tn_params_free(m->params);
    tn_free(m->data);
}

/* What a function prints; to be freed. */
static char *printed(void (*print)(const void *what, FILE *stream), const void *what)
{
    static char *text;
    static size_t length;
    FILE *stream = open_memstream(&text, &length);
    print(what, stream);
    fclose(stream);
    return text;
}

#define PRINTER(name, type, call)                                                                                      \
    static void name(const void *what, FILE *stream)                                                                   \
    {                                                                                                                  \
        const type *it = what;                                                                                         \
        call;                                                                                                          \
    }
PRINTER(graph_text, tn_graph, tn_graph_print(it, stream))
PRINTER(graph_picture, tn_graph, tn_graph_dot(it, stream))
PRINTER(plan_text, tn_plan, tn_plan_print(it, stream))
PRINTER(plan_picture, tn_plan, tn_plan_dot(it, stream))
PRINTER(memory_text, tn_plan, tn_plan_print_memory(it, stream))
PRINTER(profile_text, tn_plan, tn_profile_print(it, &((tn_peak){.flops = 1e12, .bandwidth = 1e11}), stream))

/* ---- text and pictures ---- */

static int count(const char *text, const char *words)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, words)); at++) n++;
    return n;
}

START_TEST(a_graph_prints_its_nodes_with_constants_places_and_scopes)
{
    model m = new_model(0);
    char *text = printed(graph_text, m.g);
    static const char *const words[] = {
        "input 'x' [500, 3]", "parameter 'a' [40, 3]", "linear [500, 40]", "sin 'crest & <trough>' [500, 40]",
        "(0.25)", "check_inside.c:", "  in wave", "  of mean", "second transposed", "gradient of %",
        "output 'loss' %", "gradient 'b' %",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) SAYS(text, words[i]);
    free(text);
    free_model(&m);
}
END_TEST

START_TEST(a_product_says_which_matrix_is_transposed)
{
    for (int second = 0; second < 2; second++) {
        tn_graph *g = tn_graph_new(TN_F32);
        tn_node *a = tn_input(g, "a", TN_F32, TN_SHAPE(4, 4)), *t = tn_transpose(g, a);
        tn_matmul(g, second ? a : t, second ? t : a);
        char *text = printed(graph_text, g);
        ck_assert_int_eq(count(text, "first transposed"), !second);
        ck_assert_int_eq(count(text, "second transposed"), second);
        free(text);
        tn_graph_free(g);
    }
}
END_TEST

START_TEST(a_plan_prints_where_results_live_and_come_from)
{
    model m = new_model(0);
    char *text = printed(plan_text, m.plan);
    static const char *const words[] = {"sin and cos 'crest & <trough>' [500, 40]", "-> block", "-> arena, ",
                                        "-> gradient, ", "sum of segments", "in wave", "check_inside.c:", "tiles of "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) SAYS(text, words[i]);
    free(text);
    free_model(&m);
}
END_TEST

/* The sum with what is there reads it as well. */
START_TEST(a_plan_that_accumulates_says_so)
{
    model m = new_model(TN_PLAN_PROFILE), adding = new_model(TN_PLAN_PROFILE | TN_PLAN_ACCUMULATE);
    int sums = 0;
    for (int i = 0; i < tn_profile_count(m.plan); i++)
        ck_assert_str_ne(tn_profile_at(m.plan, i, NULL).operation, "accumulate");
    tn_run(adding.plan, NULL);
    for (int i = 0; i < tn_profile_count(adding.plan); i++) {
        tn_profile_row row = tn_profile_at(adding.plan, i, NULL);
        if (strcmp(row.operation, "accumulate")) continue;
        double size = (double)tn_shape_size(tn_node_shape(row.node));
        ck_assert_double_eq(row.flop, size);
        ck_assert_double_ge(row.bytes, 2 * 4 * size);
        sums++;
    }
    ck_assert_int_eq(sums, 3);
    free_model(&m);
    free_model(&adding);
}
END_TEST

/* Graphviz itself, where it is installed, reads the picture. */
static void draw(const char *text)
{
    if (system("command -v dot >/dev/null")) {
        printf("SKIPPED: dot is missing\n");
        return;
    }
    char command[300];
    snprintf(command, sizeof command, "dot -Tsvg >%s 2>&1", scratch_path("picture.svg"));
    FILE *dot = popen(command, "w");
    fputs(text, dot);
    ck_assert_msg(pclose(dot) == 0, "dot cannot read:\n%.500s", text);
    FILE *picture = fopen(scratch_path("picture.svg"), "r");
    char first[5] = "";
    ck_assert_uint_eq(fread(first, 1, 4, picture), 4);
    ck_assert_msg(!strcmp(first, "<?xm"), "dot warns of:\n%.500s", text);
    fclose(picture);
}

START_TEST(a_picture_of_a_graph_has_every_node_and_every_use_of_one)
{
    model m = new_model(0);
    char *text = printed(graph_picture, m.g);
    int numbers = 0, inputs = 0;
    for (int id = 0; id < m.g->n_nodes; id++) {
        numbers += !strcmp(m.g->nodes[id]->op->name, "constant");
        inputs += m.g->nodes[id]->n_in;
    }
    ck_assert_int_eq(count(text, "<<b>") - count(text, "label=<<b>wave") - 1, m.g->n_nodes - numbers);
    ck_assert_int_eq(count(text, "-> n"), inputs);
    ck_assert_int_eq(count(text, "-> o"), m.g->n_outputs);
    ck_assert_int_eq(count(text, "{"), count(text, "}"));
    SAYS(text, "crest &amp; &lt;trough&gt;");
    SAYS(text, "label=<<b>wave</b>>");
    SAYS(text, "label=<<b>gradient</b>>");
    draw(text);
    free(text);
    free_model(&m);
}
END_TEST

START_TEST(a_picture_of_a_plan_has_every_instruction_in_its_stage_and_chain)
{
    for (unsigned options = 0; options <= TN_PLAN_PROFILE; options += TN_PLAN_PROFILE) {
        model m = new_model(options);
        ck_assert_int_eq(tn_run(m.plan, NULL), TN_OK);
        char *text = printed(plan_picture, m.plan);
        ck_assert_int_eq(count(text, "        v"), m.plan->n_instructions);
        ck_assert_int_eq(count(text, "cluster_stage"), m.plan->n_stages);
        ck_assert_int_eq(count(text, "cluster_chain"), m.plan->n_chains);
        ck_assert_int_eq(count(text, "-> o"), m.plan->n_outputs);
        ck_assert_int_eq(count(text, "<<b>constant"), 0); /* numbers are no memory */
        ck_assert_int_eq(count(text, " ms, "), options ? m.plan->n_instructions : 0);
        SAYS(text, "crest &amp; &lt;trough&gt;");
        SAYS(text, "arena ");
        draw(text);
        free(text);
        free_model(&m);
    }
}
END_TEST

static void copy(const tn_piece *piece)
{
    memcpy(piece->out, piece->in[0], (size_t)piece->size * sizeof(float));
}

/* Any name is allowed to operations of users; Graphviz reads labels as a kind of HTML. */
START_TEST(pictures_escape_the_names_of_operations)
{
    static const tn_operation odd = {.name = "a<b & \"c\">", .kind = TN_BY_ELEMENTS, .operands = 1,
                                     .kernel_f32 = copy};
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(3));
    tn_output(g, "y", tn_custom(g, &odd, 1, &x, NULL));
    tn_plan *plan = tn_plan_new(g, 0, NULL);
    char *text[] = {printed(graph_picture, g), printed(plan_picture, plan)};
    for (int i = 0; i < 2; i++) {
        SAYS(text[i], "label=<<b>a&lt;b &amp; &quot;c&quot;&gt;</b>");
        draw(text[i]);
        free(text[i]);
    }
    tn_plan_free(plan);
    tn_graph_free(g);
}
END_TEST

START_TEST(pictures_do_not_depend_on_the_decimal_point_of_the_language)
{
    model m = new_model(0);
    char *text[2];
    for (int german = 0; german < 2; german++) {
        if (german && !setlocale(LC_NUMERIC, "de_DE.UTF-8")) printf("SKIPPED: there is no German locale\n");
        text[german] = printed(plan_picture, m.plan);
        draw(text[german]);
    }
    ck_assert_ptr_null(strstr(text[1], "penwidth=0,"));
    free(text[0]);
    free(text[1]);
    free_model(&m);
}
END_TEST

/* All operations, and all ways of cutting and sharing them. */
START_TEST(graphs_and_plans_of_every_kind_can_be_looked_at)
{
    random_graph r = random_graph_new((uint64_t)_i, _i % 2 ? TN_F64 : TN_F32);
    tn_plan *plan = tn_plan_new(r.g, TN_PLAN_PROFILE | (_i % 3 ? 0 : TN_PLAN_UNFUSED), NULL);
    void **memory = oracle_bind(r.g, plan);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    static void (*const printers[])(const void *, FILE *) = {plan_text, plan_picture, memory_text, profile_text};
    for (int i = 0; i < 6; i++) {
        char *text = i < 4 ? printed(printers[i], plan) : printed(i == 4 ? graph_text : graph_picture, r.g);
        ck_assert_uint_gt(strlen(text), 100);
        const char *bad = strstr(text, " nan") ? strstr(text, " nan") : strstr(text, "(null)");
        ck_assert_msg(bad == NULL, "%.200s", bad - 100);
        if (_i < 3 && strstr(text, "digraph")) draw(text);
        free(text);
    }
    oracle_unbind(r.g, memory);
    tn_plan_free(plan);
    random_graph_free(&r);
}
END_TEST

/* ---- memory ---- */

START_TEST(buffers_account_for_all_memory_of_a_plan)
{
    model m = new_model(_i ? TN_PLAN_UNFUSED : 0);
    int64_t gradients = 0, parameters = 0, inputs = 0, arena = 0, tiles = 0, largest = 0;
    int kinds[TN_BUFFER_TILES + 1] = {0};
    for (int i = 0; i < tn_plan_buffer_count(m.plan); i++) {
        tn_buffer b = tn_plan_buffer_at(m.plan, i);
        kinds[b.kind]++;
        if (b.kind == TN_BUFFER_PARAMETER) parameters += b.bytes;
        if (b.kind == TN_BUFFER_GRADIENT) gradients += (b.bytes + 63) / 64 * 64;
        if (b.kind == TN_BUFFER_INPUT) inputs += b.bytes;
        if (b.kind == TN_BUFFER_TILES) tiles += b.bytes;
        bool own = b.kind >= TN_BUFFER_CONSTANT;
        ck_assert_int_eq(b.owned, own);
        if (own && b.kind != TN_BUFFER_CONSTANT && b.kind != TN_BUFFER_TILES) {
            arena += b.bytes;
            if (b.bytes > largest) largest = b.bytes;
        }
        ck_assert(b.first_stage >= 0 && b.first_stage <= b.last_stage && b.last_stage < m.plan->n_stages);
        if (b.kind == TN_BUFFER_PARAMETER || b.kind == TN_BUFFER_INPUT) ck_assert_ptr_nonnull(b.name);
    }
    ck_assert_int_eq(parameters, 4 * (120 + 40 + 40));
    ck_assert_int_eq(gradients, 512 + 192 + 192);
    ck_assert_int_eq(inputs, 4 * 1500);
    ck_assert_int_eq(tiles + m.plan->arena_bytes, (int64_t)tn_plan_memory(m.plan));
    ck_assert_int_ge(arena, m.plan->arena_bytes); /* results share it */
    ck_assert_int_ge(m.plan->arena_bytes, largest);
    ck_assert_int_eq(kinds[TN_BUFFER_OUTPUT], 1);
    ck_assert_int_eq(kinds[TN_BUFFER_TILES], 1);
    ck_assert_int_ge(kinds[TN_BUFFER_PARTIAL], 1);
    ck_assert_int_eq(kinds[TN_BUFFER_FORWARD] > 0, _i); /* fused, they stay in tiles */
    ck_assert_int_ge(kinds[TN_BUFFER_BACKWARD], 1);
    free_model(&m);
}
END_TEST

START_TEST(the_memory_report_names_the_largest_results_and_when_most_is_needed)
{
    model m = new_model(TN_PLAN_UNFUSED);
    char *text = printed(memory_text, m.plan);
    static const char *const words[] = {"most is needed in stage",    "parameter, not of the plan",
                                        "tiles, of all threads",      " 80 kB  ",
                                        "[500, 40] (check_inside.c:", "the largest in stage"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) SAYS(text, words[i]);
    free(text);
    free_model(&m);
    for (int kind = 0; kind <= TN_BUFFER_TILES; kind++)
        for (int other = 0; other < kind; other++)
            ck_assert_str_ne(tn_buffer_kind_name((tn_buffer_kind)kind), tn_buffer_kind_name((tn_buffer_kind)other));
    ck_assert_str_eq(tn_buffer_kind_name((tn_buffer_kind)99), "unknown");
}
END_TEST

/* ---- time ---- */

START_TEST(a_profile_has_the_time_of_every_instruction_of_every_run)
{
    static const struct {
        unsigned options;
        int threads;
    } ways[] = {{0, 1}, {0, 2}, {TN_PLAN_UNFUSED, 2}, {TN_PLAN_CHECK, 1}};
    enum { RUNS = 5 };
    tn_set_threads(ways[_i].threads);
    model m = new_model(ways[_i].options | TN_PLAN_PROFILE);
    ck_assert_int_eq(tn_profile_count(m.plan), m.plan->n_instructions);
    for (int again = 0; again < 2; again++) {
        for (int run = 0; run < RUNS; run++) ck_assert_int_eq(tn_run(m.plan, NULL), TN_OK);
        tn_profile_total total = tn_profile_sum(m.plan);
        double working = 0;
        for (int i = 0; i < tn_profile_count(m.plan); i++) {
            tn_profile_row row = tn_profile_at(m.plan, i, NULL);
            ck_assert_int_ge(row.calls, RUNS);
            ck_assert_int_eq(row.calls % RUNS, 0);
            ck_assert(row.seconds > 0 && row.share == 0 && row.bytes >= 0);
            working += row.seconds;
        }
        ck_assert_int_eq(total.runs, RUNS);
        ck_assert_int_le(total.threads, ways[_i].threads);
        ck_assert_double_eq_tol(total.working, working, 1e-12);
        ck_assert_double_le(working, total.seconds * total.threads);
        ck_assert_double_eq_tol(total.waiting, total.seconds * total.threads - working, 1e-12);
        tn_profile_reset(m.plan);
        ck_assert_int_eq(tn_profile_sum(m.plan).runs, 0);
    }
    free_model(&m);
}
END_TEST

static tn_profile_row row_of(const tn_plan *plan, const char *operation)
{
    for (int i = 0; i < tn_profile_count(plan); i++) {
        tn_profile_row row = tn_profile_at(plan, i, &((tn_peak){.flops = 1e12, .bandwidth = 1e11}));
        if (!strcmp(row.operation, operation)) return row;
    }
    ck_abort_msg("%s has no row", operation);
}

/* A sine of a product [500, 40] stays in a tile, so that it reads and writes no memory but for its first reader. */
START_TEST(a_profile_counts_arithmetic_and_memory)
{
    model m = new_model(TN_PLAN_PROFILE), unfused = new_model(TN_PLAN_PROFILE | TN_PLAN_UNFUSED);
    for (int run = 0; run < 3; run++) tn_run(m.plan, NULL), tn_run(unfused.plan, NULL);
    tn_profile_row linear = row_of(unfused.plan, "linear"), sine = row_of(unfused.plan, "sin");
    ck_assert_double_eq(linear.flop, 3 * 2.0 * 500 * 3 * 40);
    ck_assert_double_eq(sine.flop, 3 * 20.0 * 500 * 40);
    ck_assert_double_eq(sine.bytes, 3 * 2.0 * 4 * 500 * 40);
    ck_assert_double_ge(linear.bytes, 3 * 4.0 * (500 * 3 + 40 * 3 + 40 + 500 * 40));
    ck_assert_str_eq(sine.name, "crest & <trough>");
    ck_assert_str_eq(sine.scope, "wave");
    ck_assert(!sine.gradient && sine.line > 0 && strstr(sine.file, "check_inside.c"));
    ck_assert_double_eq_tol(sine.share * sine.seconds / tn_profile_sum(unfused.plan).threads,
                            sine.flop / 1e12 > sine.bytes / 1e11 ? sine.flop / 1e12 : sine.bytes / 1e11, 1e-15);
    tn_profile_row both = row_of(m.plan, "sin and cos");
    ck_assert_double_eq(both.flop, 3 * 40.0 * 500 * 40);
    ck_assert_double_eq(both.bytes, 0); /* one hands the other on in the cache, and so on to the sums */
    ck_assert(row_of(m.plan, "sum of segments").flop > 0 && row_of(m.plan, "mul").gradient);
    free_model(&m);
    free_model(&unfused);
}
END_TEST

/* Both have to be kept until the norm is known. */
START_TEST(a_profile_counts_both_results_of_an_operation_that_has_two)
{
    enum { ROWS = 500, WIDTH = 40 };
    tn_graph *g = tn_graph_new(TN_F32);
    tn_node *x = tn_input(g, "x", TN_F32, TN_SHAPE(ROWS, 3)), *a = tn_input(g, "a", TN_F32, TN_SHAPE(WIDTH, 3)), *da;
    tn_grad(g, tn_norm2(g, tn_sin(g, tn_linear(g, x, a, NULL)), TN_ALL, false), 1, &a, &da);
    tn_output(g, "da", da);
    tn_plan *plan = tn_plan_new(g, TN_PLAN_PROFILE, NULL);
    void **memory = oracle_bind(g, plan);
    ck_assert_int_eq(tn_run(plan, NULL), TN_OK);
    ck_assert_double_eq(row_of(plan, "sin and cos").bytes, 2.0 * 4 * ROWS * WIDTH);
    oracle_unbind(g, memory);
    tn_plan_free(plan);
    tn_graph_free(g);
}
END_TEST

/* On one thread, as waiting for another may take so long that all shares round to 0. */
START_TEST(a_profile_prints_by_operation_scope_and_node_longest_first)
{
    tn_set_threads(1);
    model m = new_model(TN_PLAN_PROFILE), plain = new_model(0);
    char *text = printed(profile_text, m.plan);
    SAYS(text, "no run yet");
    free(text);
    for (int run = 0; run < 20; run++) tn_run(m.plan, NULL);
    text = printed(profile_text, m.plan);
    static const char *const words[] = {
        "profile: 20 runs on", "waiting",          "GFLOP/s",           "of peak",       "operation\n",
        "scope\n",             "wave, gradient\n", "outside of scopes", "sin and cos\n", "in wave  check_inside.c:",
        "node\n",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) SAYS(text, words[i]);
    double last = 101, sum = 0, working, waiting, other;
    const char *first_line = "profile: 20 runs on 1 threads, %lf ms a run, %lf %% of it in operations, %lf %% waiting";
    ck_assert_int_eq(sscanf(text, first_line, &other, &working, &waiting), 3);
    ck_assert_double_eq_tol(working + waiting, 100, 0.2);
    char *line = strstr(text, "operation\n") + 10;
    for (; *line != '\n'; line = strchr(line, '\n') + 1) {
        double share = strtod(line, NULL);
        ck_assert_double_le(share, last);
        last = share;
        sum += share;
    }
    ck_assert(sum > 0 && sum < 101);
    free(text);
    text = printed(profile_text, plain.plan);
    SAYS(text, "made without TN_PLAN_PROFILE");
    ck_assert_int_eq(tn_profile_count(plain.plan), 0);
    ck_assert_int_eq(tn_profile_sum(plain.plan).runs, 0);
    tn_profile_reset(plain.plan);
    free(text);
    free_model(&m);
    free_model(&plain);
}
END_TEST

START_TEST(a_profile_changes_no_bit_of_the_results)
{
    for (int threads = 1; threads <= 4; threads *= 2) {
        tn_set_threads(threads);
        model m = new_model(TN_PLAN_PROFILE), plain = new_model(0);
        tn_run(m.plan, NULL), tn_run(plain.plan, NULL);
        size_t bytes = (size_t)m.params->length * sizeof(float);
        ck_assert_int_eq(memcmp(m.params->grad, plain.params->grad, bytes), 0);
        ck_assert_int_eq(memcmp(tn_result(m.plan, "loss"), tn_result(plain.plan, "loss"), sizeof(float)), 0);
        free_model(&m);
        free_model(&plain);
    }
}
END_TEST

int main(void)
{
    TCase *shown = tcase_create("text and pictures"), *memory = tcase_create("memory"), *time = tcase_create("time");
    tcase_set_timeout(shown, 30);
    tcase_add_test(shown, a_graph_prints_its_nodes_with_constants_places_and_scopes);
    tcase_add_test(shown, a_product_says_which_matrix_is_transposed);
    tcase_add_test(shown, a_plan_prints_where_results_live_and_come_from);
    tcase_add_test(shown, a_plan_that_accumulates_says_so);
    tcase_add_test(shown, a_picture_of_a_graph_has_every_node_and_every_use_of_one);
    tcase_add_test(shown, a_picture_of_a_plan_has_every_instruction_in_its_stage_and_chain);
    tcase_add_test(shown, pictures_escape_the_names_of_operations);
    tcase_add_test(shown, pictures_do_not_depend_on_the_decimal_point_of_the_language);
    tcase_add_loop_test(shown, graphs_and_plans_of_every_kind_can_be_looked_at, 0, 40);
    tcase_add_loop_test(memory, buffers_account_for_all_memory_of_a_plan, 0, 2);
    tcase_add_test(memory, the_memory_report_names_the_largest_results_and_when_most_is_needed);
    tcase_add_loop_test(time, a_profile_has_the_time_of_every_instruction_of_every_run, 0, 4);
    tcase_add_test(time, a_profile_counts_arithmetic_and_memory);
    tcase_add_test(time, a_profile_counts_both_results_of_an_operation_that_has_two);
    tcase_add_test(time, a_profile_prints_by_operation_scope_and_node_longest_first);
    tcase_add_test(time, a_profile_changes_no_bit_of_the_results);
    return run_cases("inside", shown, memory, time, NULL);
}
