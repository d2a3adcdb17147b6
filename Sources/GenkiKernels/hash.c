// SHA-256 (FIPS 180-4) by the processor's own instructions, one or two streams at a time.
//
// The instructions keep the state as two vectors, (a b e f) and (c d g h), highest word first.
#include "GenkiKernelsHash.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

int genki_sha256_supported(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

typedef struct {
  __m128i abef, cdgh;
} vectors;

WITH_SHA static inline __attribute__((always_inline)) vectors load_state(const uint32_t *state) {
  __m128i low = _mm_loadu_si128((const __m128i *)state);
  __m128i high = _mm_loadu_si128((const __m128i *)(state + 4));
  low = _mm_shuffle_epi32(low, 0xB1);
  high = _mm_shuffle_epi32(high, 0x1B);
  return (vectors){_mm_alignr_epi8(low, high, 8), _mm_blend_epi16(high, low, 0xF0)};
}

WITH_SHA static inline __attribute__((always_inline)) void store_state(uint32_t *state,
                                                                       vectors held) {
  __m128i low = _mm_shuffle_epi32(held.abef, 0x1B);
  __m128i high = _mm_shuffle_epi32(held.cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

// `streams` is a constant where this is called.
WITH_SHA static inline __attribute__((always_inline)) void take_up(
    uint32_t *const *states, const unsigned char *const *data, size_t count, int streams) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  vectors held[2];
  for (int s = 0; s < streams; s++) held[s] = load_state(states[s]);
  for (size_t block = 0; block < count; block++) {
    vectors before[2];
    __m128i schedule[2][4];
    for (int s = 0; s < streams; s++) before[s] = held[s];
#pragma clang loop unroll(full)
    for (int step = 0; step < 16; step++) {
      const __m128i constants = _mm_load_si128((const __m128i *)(round_constants + 4 * step));
#pragma clang loop unroll(full)
      for (int s = 0; s < streams; s++) {
        __m128i *w = schedule[s];
        __m128i words;
        if (step < 4) {
          words = _mm_loadu_si128((const __m128i *)(data[s] + 64 * block + 16 * step));
          words = _mm_shuffle_epi8(words, big_endian);
        } else {
          words = _mm_sha256msg1_epu32(w[step & 3], w[(step + 1) & 3]);
          words = _mm_add_epi32(words, _mm_alignr_epi8(w[(step + 3) & 3], w[(step + 2) & 3], 4));
          words = _mm_sha256msg2_epu32(words, w[(step + 3) & 3]);
        }
        w[step & 3] = words;
        words = _mm_add_epi32(words, constants);
        held[s].cdgh = _mm_sha256rnds2_epu32(held[s].cdgh, held[s].abef, words);
        words = _mm_shuffle_epi32(words, 0x0E);
        held[s].abef = _mm_sha256rnds2_epu32(held[s].abef, held[s].cdgh, words);
      }
    }
    for (int s = 0; s < streams; s++) {
      held[s].abef = _mm_add_epi32(held[s].abef, before[s].abef);
      held[s].cdgh = _mm_add_epi32(held[s].cdgh, before[s].cdgh);
    }
  }
  for (int s = 0; s < streams; s++) store_state(states[s], held[s]);
}

WITH_SHA
void genki_sha256_blocks(uint32_t *state, const void *data, size_t count) {
  uint32_t *const states[1] = {state};
  const unsigned char *const sources[1] = {data};
  take_up(states, sources, count, 1);
}

WITH_SHA
void genki_sha256_blocks_of_two(uint32_t *first, const void *first_data, uint32_t *second,
                                const void *second_data, size_t count) {
  uint32_t *const states[2] = {first, second};
  const unsigned char *const sources[2] = {first_data, second_data};
  take_up(states, sources, count, 2);
}

#else

int genki_sha256_supported(void) { return 0; }
void genki_sha256_blocks(uint32_t *state, const void *data, size_t count) {
  (void)state, (void)data, (void)count;
  __builtin_trap();
}
void genki_sha256_blocks_of_two(uint32_t *first, const void *first_data, uint32_t *second,
                                const void *second_data, size_t count) {
  (void)first, (void)first_data, (void)second, (void)second_data, (void)count;
  __builtin_trap();
}

#endif
