// Packing for the matrix product: panels of neighbouring rows of a, or columns of b, one step of k
// after the other, so that a tile reads both from front to back.
#pragma once
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#define AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")))
#define INLINE static inline __attribute__((always_inline))
#define MIN(x, y) ((x) < (y) ? (x) : (y))

enum { panel_rows = 14, panel_columns = 32, rows_shared = 4 };

AVX512 INLINE __mmask16 first_lanes(size_t count) {
  return (__mmask16)(count >= 16 ? 0xffff : (1u << count) - 1);
}

// Transposes 16 rows of 16 words.
#define DEFINE_TRANSPOSE(NAME, TARGET)                                                             \
  TARGET INLINE void NAME(__m512i r[16]) {                                                         \
    __m512i t[16];                                                                                 \
    for (int i = 0; i < 16; i += 2) {                                                              \
      t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);                                                \
      t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);                                            \
    }                                                                                              \
    for (int i = 0; i < 16; i += 4) {                                                              \
      r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);                                                \
      r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);                                            \
      r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);                                        \
      r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);                                        \
    }                                                                                              \
    for (int i = 0; i < 4; i++) {                                                                  \
      t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);                                           \
      t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);                                       \
      t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);                                  \
      t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);                                 \
    }                                                                                              \
    for (int i = 0; i < 4; i++) {                                                                  \
      r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);                                           \
      r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);                                       \
      r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);                                  \
      r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);                                 \
    }                                                                                              \
  }
DEFINE_TRANSPOSE(transpose_float32, AVX512)
DEFINE_TRANSPOSE(transpose_bfloat16, AVX512_BF16)

// The next 16 words of one row: floats, or pairs of values rounded to bfloat16; what lies beyond
// `left` elements is zero.
AVX512 INLINE __m512i words_float32(const float *x, size_t left) {
  return (__m512i)_mm512_maskz_loadu_ps(first_lanes(left), x);
}
AVX512_BF16 INLINE __m512i words_bfloat16(const float *x, size_t left) {
  __m512 low = _mm512_maskz_loadu_ps(first_lanes(left), x);
  __m512 high = left > 16 ? _mm512_maskz_loadu_ps(first_lanes(left - 16), x + 16)
                          : _mm512_setzero_ps();
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

// One step of 16 neighbouring columns: a row, or the pairs of two rows.
AVX512 INLINE __m512i step_float32(__m512 first, __m512 second) {
  (void)second;
  return (__m512i)first;
}
AVX512_BF16 INLINE __m512i step_bfloat16(__m512 first, __m512 second) {
  const __m512i interleaved =
      _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                       21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(interleaved, (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

// out[panel][step][width] from `lanes` lanes of `depth` elements: lane l, element d is x[l * ld + d],
// or x[d * ld + l] with `across`. The lanes that the last panel lacks are zero. Weights come from memory,
// so the lines of the next turn are asked for while this one is at work.
#define DEFINE_PACK(NAME, TARGET, STEP, WORDS, TRANSPOSE, STEP_OF)                                 \
  TARGET INLINE void NAME##_across(uint32_t *panel, size_t width, const float *x, size_t ld,       \
                                   size_t here, size_t depth, size_t begin, size_t end) {          \
    for (size_t s = begin; s < end; s++) {                                                         \
      const float *row = x + s * STEP * ld;                                                        \
      for (size_t c = 0; c < width; c += 16) {                                                     \
        __mmask16 mask = here > c ? first_lanes(here - c) : 0;                                     \
        __m512 first = _mm512_maskz_loadu_ps(mask, row + c), second = _mm512_setzero_ps();         \
        _mm_prefetch((const char *)(row + rows_shared * STEP * ld + c), _MM_HINT_T1);              \
        if (STEP == 2)                                                                             \
          _mm_prefetch((const char *)(row + (rows_shared * STEP + 1) * ld + c), _MM_HINT_T1);      \
        if (STEP == 2 && s * STEP + 1 < depth)                                                     \
          second = _mm512_maskz_loadu_ps(mask, row + ld + c);                                      \
        _mm512_mask_storeu_epi32(panel + s * width + c, first_lanes(width - c),                    \
                                 STEP_OF(first, second));                                          \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  TARGET INLINE void NAME##_along(uint32_t *panel, size_t width, const float *x, size_t ld,        \
                                  size_t here, size_t depth, size_t steps) {                       \
    for (size_t c = 0; c < width; c += 16)                                                         \
      for (size_t s = 0; s < steps; s += 16) {                                                     \
        __m512i rows[16];                                                                          \
        for (size_t i = 0; i < 16; i++) {                                                          \
          const float *row = x + (c + i) * ld + s * STEP;                                          \
          rows[i] = c + i < here ? WORDS(row, depth - s * STEP) : _mm512_setzero_si512();          \
          _mm_prefetch((const char *)(row + 16 * ld), _MM_HINT_T1);                                \
          if (STEP == 2) _mm_prefetch((const char *)(row + 16 * ld + 16), _MM_HINT_T1);            \
        }                                                                                          \
        TRANSPOSE(rows);                                                                           \
        const __mmask16 keep = first_lanes(width - c);                                             \
        if (steps - s >= 16)                                                                       \
          for (size_t i = 0; i < 16; i++)                                                          \
            _mm512_mask_storeu_epi32(panel + (s + i) * width + c, keep, rows[i]);                  \
        else                                                                                       \
          for (size_t i = 0; i < steps - s; i++)                                                   \
            _mm512_mask_storeu_epi32(panel + (s + i) * width + c, keep, rows[i]);                  \
      }                                                                                            \
  }                                                                                                \
  TARGET static void NAME(uint32_t *out, size_t width, const float *x, size_t ld, int across,      \
                          size_t lanes, size_t depth) {                                            \
    const size_t steps = (depth + STEP - 1) / STEP;                                                \
    /* Across, some rows of x at a time serve all panels: neighbouring panels share their lines. */ \
    for (size_t s = 0; across && s < steps; s += rows_shared)                                      \
      for (size_t first = 0; first < lanes; first += width)                                        \
        NAME##_across(out + first * steps, width, x + first, ld, MIN(lanes - first, width), depth, \
                      s, MIN(steps, s + rows_shared));                                             \
    for (size_t first = 0; !across && first < lanes; first += width)                               \
      NAME##_along(out + first * steps, width, x + first * ld, ld, MIN(lanes - first, width),      \
                   depth, steps);                                                                  \
  }
DEFINE_PACK(pack_float32, AVX512, 1, words_float32, transpose_float32, step_float32)
DEFINE_PACK(pack_bfloat16, AVX512_BF16, 2, words_bfloat16, transpose_bfloat16, step_bfloat16)
