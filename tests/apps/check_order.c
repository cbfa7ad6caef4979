/* The order in which frames are visited. */
#include "config.h"
#include "training/order.h"
#include "testing.h"

#include <stdbool.h>
#include <stdlib.h>

/* One epoch of the order, [frames]; to be freed. */
static int64_t *epoch_of(uint64_t seed, uint32_t stream, int64_t frames, int64_t epoch)
{
    int64_t *order = malloc((size_t)frames * sizeof *order);
    for (int64_t k = 0; k < frames; k++) order[k] = om_order_at(seed, stream, frames, epoch * frames + k);
    return order;
}

/* How many places of two orders have the same frame. */
static int64_t alike(const int64_t *a, const int64_t *b, int64_t frames)
{
    int64_t count = 0;
    for (int64_t k = 0; k < frames; k++) count += a[k] == b[k];
    return count;
}

/* The smallest numbers, those around the squares of powers of two that the network is made for, and an odd one. */
static const int64_t sizes[] = {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4096, 4097, 5003};
enum { SIZES = sizeof sizes / sizeof *sizes };

START_TEST(every_epoch_shows_each_frame_once)
{
    int64_t frames = sizes[_i];
    for (int64_t epoch = 0; epoch < 4; epoch++) {
        int64_t *order = epoch_of(7, 2, frames, epoch);
        bool *seen = calloc((size_t)frames, sizeof *seen);
        for (int64_t k = 0; k < frames; k++) {
            ck_assert(order[k] >= 0 && order[k] < frames);
            ck_assert(!seen[order[k]]);
            seen[order[k]] = true;
        }
        free(order);
        free(seen);
    }
}
END_TEST

/* By chance, one frame on average is in the same place of two orders, and in one of ten million pairs ten are. */
START_TEST(epochs_seeds_and_streams_have_orders_of_their_own)
{
    enum { FRAMES = 1000, ORDERS = 6 };
    static const struct { uint64_t seed; uint32_t stream; int64_t epoch; } of[ORDERS] = {
        {7, 2, 0}, {7, 2, 1}, {7, 2, 2}, {8, 2, 0}, {7 + (UINT64_C(1) << 40), 2, 0}, {7, 3, 0},
    };
    int64_t *order[ORDERS];
    for (int i = 0; i < ORDERS; i++) order[i] = epoch_of(of[i].seed, of[i].stream, FRAMES, of[i].epoch);
    for (int i = 0; i < ORDERS; i++)
        for (int k = 0; k < i; k++) ck_assert_int_lt(alike(order[i], order[k], FRAMES), 10);
    int64_t *again = epoch_of(7, 2, FRAMES, 0);
    ck_assert_int_eq(alike(again, order[0], FRAMES), FRAMES);
    for (int i = 0; i < ORDERS; i++) free(order[i]);
    free(again);
}
END_TEST

/* Of 6 frames, 6000 epochs show each 1000 times in each place, give or take 29. */
START_TEST(every_frame_comes_as_often_in_every_place)
{
    enum { FRAMES = 6, EPOCHS = 6000 };
    int count[FRAMES][FRAMES] = {0};
    for (int64_t place = 0; place < FRAMES * EPOCHS; place++)
        count[place % FRAMES][om_order_at(1, 0, FRAMES, place)]++;
    for (int i = 0; i < FRAMES * FRAMES; i++) {
        ck_assert_int_gt(count[i / FRAMES][i % FRAMES], 850);
        ck_assert_int_lt(count[i / FRAMES][i % FRAMES], 1150);
    }
}
END_TEST

/* Frames that follow one another in the recording do not in an epoch: a step shall see different things. */
START_TEST(neighbours_are_torn_apart)
{
    enum { FRAMES = 10000 };
    int64_t *order = epoch_of(1, 0, FRAMES, 0), near = 0;
    for (int k = 1; k < FRAMES; k++) near += llabs(order[k] - order[k - 1]) < FRAMES / 100; /* 2 % by chance */
    ck_assert_int_gt(near, 100);
    ck_assert_int_lt(near, 300);
    free(order);
}
END_TEST

int main(void)
{
    TCase *order = tcase_create("order");
    tcase_add_loop_test(order, every_epoch_shows_each_frame_once, 0, SIZES);
    tcase_add_test(order, epochs_seeds_and_streams_have_orders_of_their_own);
    tcase_add_test(order, every_frame_comes_as_often_in_every_place);
    tcase_add_test(order, neighbours_are_torn_apart);
    return run_cases("order", order, NULL);
}
