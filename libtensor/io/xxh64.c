/* XXH64: four lanes over stripes of 32 bytes, then the rest. */
#include "config.h"
#include "io/xxh64.h"

#include <endian.h>
#include <string.h>

enum { STRIPE = 32 };

static const uint64_t prime1 = 0x9E3779B185EBCA87, prime2 = 0xC2B2AE3D27D4EB4F, prime3 = 0x165667B19E3779F9,
                      prime4 = 0x85EBCA77C2B2AE63, prime5 = 0x27D4EB2F165667C5;

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t word64(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

static uint64_t word32(const unsigned char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return le32toh(word);
}

static uint64_t mix(uint64_t lane, uint64_t word)
{
    return rotate(lane + word * prime2, 31) * prime1;
}

static void add_stripe(tn_xxh64 *hash, const unsigned char *bytes)
{
    for (int i = 0; i < 4; i++) hash->lane[i] = mix(hash->lane[i], word64(bytes + 8 * i));
}

void tn_xxh64_begin(tn_xxh64 *hash, uint64_t seed)
{
    *hash = (tn_xxh64){.lane = {seed + prime1 + prime2, seed + prime2, seed, seed - prime1}, .seed = seed};
}

void tn_xxh64_add(tn_xxh64 *hash, const void *data, size_t bytes)
{
    if (!bytes) return;
    const unsigned char *at = data;
    size_t waiting = hash->length % STRIPE;
    hash->length += bytes;
    if (waiting) {
        size_t taken = bytes < STRIPE - waiting ? bytes : STRIPE - waiting;
        memcpy(hash->pending + waiting, at, taken);
        if (waiting + taken < STRIPE) return;
        add_stripe(hash, hash->pending);
        at += taken;
        bytes -= taken;
    }
    for (; bytes >= STRIPE; at += STRIPE, bytes -= STRIPE) add_stripe(hash, at);
    if (bytes) memcpy(hash->pending, at, bytes);
}

static uint64_t converge(const tn_xxh64 *hash)
{
    if (hash->length < STRIPE) return hash->seed + prime5;
    const uint64_t *lane = hash->lane;
    uint64_t sum = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
    for (int i = 0; i < 4; i++) sum = (sum ^ mix(0, lane[i])) * prime1 + prime4;
    return sum;
}

uint64_t tn_xxh64_end(const tn_xxh64 *hash)
{
    uint64_t sum = converge(hash) + hash->length;
    const unsigned char *at = hash->pending, *end = at + hash->length % STRIPE;
    for (; end - at >= 8; at += 8) sum = rotate(sum ^ mix(0, word64(at)), 27) * prime1 + prime4;
    for (; end - at >= 4; at += 4) sum = rotate(sum ^ word32(at) * prime1, 23) * prime2 + prime3;
    for (; at < end; at++) sum = rotate(sum ^ *at * prime5, 11) * prime1;
    sum = (sum ^ sum >> 33) * prime2;
    sum = (sum ^ sum >> 29) * prime3;
    return sum ^ sum >> 32;
}
