/* XXH64, the hash of payloads. */
#include "config.h"
#include "io/xxh64.h"
#include "testing.h"

/* The test buffer and the numbers of xxHash's own self-test. */
START_TEST(xxh64_gives_the_published_numbers_in_one_piece_and_in_many)
{
    static const struct {
        size_t bytes;
        uint64_t seed, expected;
    } cases[] = {
        {0, 0, 0xEF46DB3751D8E999},   {0, 2654435761, 0xAC75FDA2929B17EF},  {1, 0, 0xE934A84ADB052768},
        {4, 0, 0x9136A0DCA57457EE},   {14, 0, 0x8282DCC4994E35C8},          {14, 2654435761, 0xC3BD6BF63DEB6DF0},
        {32, 0, 0x18B216492BB44B70},  {33, 0, 0x55C8DC3E578F5B59},          {64, 0, 0xEF558F8ACAC2B5CD},
        {222, 0, 0xB641AE8CB691C174}, {222, 2654435761, 0x20CB8AB7AE10C14A}};
    unsigned char buffer[222];
    uint64_t generator = 2654435761;
    for (size_t i = 0; i < sizeof buffer; i++, generator *= 11400714785074694797u)
        buffer[i] = (unsigned char)(generator >> 56);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t piece = 1; piece <= 222; piece += 17) {
            tn_xxh64 hash;
            tn_xxh64_begin(&hash, cases[i].seed);
            for (size_t at = 0; at < cases[i].bytes; at += piece)
                tn_xxh64_add(&hash, buffer + at, piece < cases[i].bytes - at ? piece : cases[i].bytes - at);
            ck_assert_uint_eq(tn_xxh64_end(&hash), cases[i].expected);
        }
}
END_TEST

int main(void)
{
    TCase *hash = tcase_create("hash");
    tcase_add_test(hash, xxh64_gives_the_published_numbers_in_one_piece_and_in_many);
    return run_cases("xxh64", hash, NULL);
}
