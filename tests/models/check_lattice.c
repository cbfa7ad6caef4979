/* The lattice: its columns, and its symmetries as a group of permutations. */
#include "config.h"
#include "models.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static om_lattice *lattice;

static void make_lattice(void)
{
    lattice = om_lattice_new(4, NULL);
    ck_assert_ptr_nonnull(lattice);
}

static void free_lattice(void)
{
    om_lattice_free(lattice);
}

START_TEST(columns_stand_in_ascending_order_and_are_found_again)
{
    for (int32_t n = 0; n <= 9; n++) {
        om_lattice *each = om_lattice_new(n, NULL);
        int32_t count = 0;
        for (int32_t u = -n - 2; u <= n + 2; u++)
            for (int32_t v = -n - 2; v <= n + 2; v++) {
                bool inside = abs(u) <= n && abs(v) <= n && abs(u + v) <= n;
                ck_assert_int_eq(om_lattice_column(each, u, v), inside ? count : -1);
                if (!inside) continue;
                ck_assert_int_eq(each->u[count], u);
                ck_assert_int_eq(each->v[count], v);
                count++;
            }
        ck_assert_int_eq(each->extent, n);
        ck_assert_int_eq(each->columns, count);
        ck_assert_int_eq(each->columns, 3 * n * (n + 1) + 1);
        om_lattice_free(each);
    }
}
END_TEST

START_TEST(far_away_is_outside)
{
    const int32_t far[] = {INT32_MIN, -1000000, 1000000, INT32_MAX};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            ck_assert_int_eq(om_lattice_column(lattice, far[i], far[j]), -1);
            ck_assert_int_eq(om_lattice_column(lattice, far[i], 0), -1);
            ck_assert_int_eq(om_lattice_column(lattice, 0, far[j]), -1);
        }
}
END_TEST

static double distance(int32_t a, int32_t b)
{
    const float *p = lattice->position + 2 * a, *q = lattice->position + 2 * b;
    return hypot((double)p[0] - q[0], (double)p[1] - q[1]);
}

START_TEST(positions_are_those_of_the_plane)
{
    int32_t c = om_lattice_column(lattice, -1, 3);
    ck_assert_float_eq_tol(lattice->position[2 * c], 0.5f, 1e-7f);
    ck_assert_float_eq_tol(lattice->position[2 * c + 1], 2.59807621f, 1e-6f);
    int32_t centre = om_lattice_column(lattice, 0, 0), near = 0;
    for (int32_t other = 0; other < lattice->columns; other++) near += fabs(distance(centre, other) - 1) < 1e-6;
    ck_assert_int_eq(near, 6);
}
END_TEST

static void permutation_of(int symmetry, int32_t *p)
{
    ck_assert_int_eq(om_lattice_symmetry(lattice, symmetry, p, NULL), TN_OK);
}

static void compose(int32_t *out, const int32_t *second, const int32_t *first)
{
    for (int32_t c = 0; c < lattice->columns; c++) out[c] = second[first[c]];
}

enum { C = 61 };

START_TEST(a_symmetry_is_a_permutation_that_keeps_all_distances)
{
    int32_t p[C];
    bool reached[C] = {false};
    permutation_of(_i, p);
    for (int32_t c = 0; c < C; c++) {
        ck_assert(p[c] >= 0 && p[c] < C && !reached[p[c]]);
        reached[p[c]] = true;
        for (int32_t d = 0; d < C; d++) ck_assert_double_eq_tol(distance(p[c], p[d]), distance(c, d), 1e-5);
    }
}
END_TEST

START_TEST(symmetries_are_the_documented_ones)
{
    int32_t rotation[C], mirror[C];
    permutation_of(1, rotation);
    permutation_of(6, mirror);
    for (int32_t c = 0; c < C; c++) {
        int32_t u = lattice->u[c], v = lattice->v[c];
        ck_assert_int_eq(rotation[c], om_lattice_column(lattice, -v, u + v));
        ck_assert_int_eq(mirror[c], om_lattice_column(lattice, u + v, -v));
        /* 60 degrees from x towards y; y to -y */
        const float *p = lattice->position + 2 * c, *q = lattice->position + 2 * rotation[c],
                    *m = lattice->position + 2 * mirror[c];
        ck_assert_float_eq_tol(q[0], p[0] / 2 - (float)sqrt(0.75) * p[1], 1e-5f);
        ck_assert_float_eq_tol(q[1], (float)sqrt(0.75) * p[0] + p[1] / 2, 1e-5f);
        ck_assert_float_eq_tol(m[0], p[0], 1e-5f);
        ck_assert_float_eq_tol(m[1], -p[1], 1e-5f);
    }
}
END_TEST

START_TEST(symmetries_form_the_group_of_the_hexagon)
{
    int32_t identity[C], each[OM_SYMMETRIES][C], product[C];
    for (int32_t c = 0; c < C; c++) identity[c] = c;
    for (int s = 0; s < OM_SYMMETRIES; s++) permutation_of(s, each[s]);
    ck_assert_mem_eq(each[0], identity, sizeof identity);
    for (int s = 0; s < OM_SYMMETRIES; s++)
        for (int t = 0; t < s; t++) ck_assert_mem_ne(each[s], each[t], sizeof identity);

    memcpy(product, identity, sizeof product);
    for (int r = 0; r < 6; r++) compose(product, each[1], product);
    ck_assert_mem_eq(product, identity, sizeof identity);
    compose(product, each[6], each[6]);
    ck_assert_mem_eq(product, identity, sizeof identity);
    /* Number 6 m + r: mirror first, then rotate. */
    for (int r = 1; r < 6; r++) {
        compose(product, each[r], each[6]);
        ck_assert_mem_eq(product, each[6 + r], sizeof identity);
        compose(product, each[1], each[r - 1]);
        ck_assert_mem_eq(product, each[r], sizeof identity);
    }
    /* A mirrored rotation is the rotation the other way. */
    compose(product, each[1], each[6]);
    compose(product, each[6], product);
    ck_assert_mem_eq(product, each[5], sizeof identity);
}
END_TEST

START_TEST(an_unknown_symmetry_is_refused)
{
    int32_t p[C];
    for (int i = 0; i < 2; i++) {
        tn_error error = {0};
        ck_assert_int_eq(om_lattice_symmetry(lattice, i ? 12 : -1, p, &error), TN_EINVAL);
        ck_assert_ptr_nonnull(strstr(error.message, i ? "symmetry 12" : "symmetry -1"));
    }
}
END_TEST

START_TEST(an_impossible_extent_is_refused)
{
    const int32_t bad[] = {-1, INT32_MIN, 26755, INT32_MAX};
    for (int i = 0; i < 4; i++) {
        tn_error error = {0};
        ck_assert_ptr_null(om_lattice_new(bad[i], &error));
        ck_assert_int_eq(error.status, TN_EINVAL);
        ck_assert_ptr_nonnull(strstr(error.message, "expected 0 to 26754"));
    }
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
    om_lattice_free(NULL);
    om_circuit_free(NULL);
}
END_TEST

int main(void)
{
    TCase *columns = tcase_create("columns");
    tcase_add_checked_fixture(columns, make_lattice, free_lattice);
    tcase_add_test(columns, columns_stand_in_ascending_order_and_are_found_again);
    tcase_add_test(columns, far_away_is_outside);
    tcase_add_test(columns, positions_are_those_of_the_plane);
    tcase_add_test(columns, an_impossible_extent_is_refused);
    tcase_add_test(columns, freeing_nothing_is_allowed);
    TCase *symmetries = tcase_create("symmetries");
    tcase_add_checked_fixture(symmetries, make_lattice, free_lattice);
    tcase_add_loop_test(symmetries, a_symmetry_is_a_permutation_that_keeps_all_distances, 0, OM_SYMMETRIES);
    tcase_add_test(symmetries, symmetries_are_the_documented_ones);
    tcase_add_test(symmetries, symmetries_form_the_group_of_the_hexagon);
    tcase_add_test(symmetries, an_unknown_symmetry_is_refused);
    return run_cases("lattice", columns, symmetries, NULL);
}
