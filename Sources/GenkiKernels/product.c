// The blocked matrix product: panels of a and b are packed into scratch memory, rounded there to
// bfloat16 if that is the kind, and multiplied tile by tile with the sums in registers.
//
// One packed word is one step of k: a float, or two neighbouring bfloat16 values. A tile of 14 x 32
// keeps 28 accumulators, two words of b and one broadcast word of a in the 32 vector registers. The a
// panel (21 KB) stays in the first-level cache, the b block (576 KB) in the second.
// The scheme is that of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
// (ACM TOMS 34, 2008).
#include "GenkiKernelsProduct.h"

#if defined(__x86_64__)
#include "product_pack.h"

enum {
  steps_in_block = 384,    // words of k that are summed in registers
  columns_in_block = 384,  // columns of b packed at a time
  rows_in_block = 1008,    // rows of a packed at a time
};

#define FMA_FLOAT32(sum, a, b) \
  _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum)
#define FMA_BFLOAT16(sum, a, b) _mm512_dpbf16_ps(sum, (__m512bh)(a), (__m512bh)(b))

// c[rows][16 * vectors] from one panel of a and one of b; `rows` and `vectors` are constants.
#define UNROLLED _Pragma("clang loop unroll(full)")
#define DEFINE_TILE(NAME, TARGET, FMA)                                                             \
  TARGET INLINE void NAME(const int rows, const int vectors, const uint32_t *a, const uint32_t *b, \
                          size_t steps, float alpha, int accumulate, float *c, size_t ldc,         \
                          __mmask16 mask0, __mmask16 mask1) {                                      \
    __m512 sum[panel_rows][2];                                                                     \
    UNROLLED                                                                                       \
    for (int r = 0; r < rows; r++) {                                                               \
      sum[r][0] = _mm512_setzero_ps();                                                             \
      sum[r][1] = _mm512_setzero_ps();                                                             \
    }                                                                                              \
    /* The result's lines come from far; the sums take thousands of cycles. */                     \
    UNROLLED                                                                                       \
    for (int r = 0; r < rows; r++) {                                                               \
      _mm_prefetch((const char *)(c + (size_t)r * ldc), _MM_HINT_T0);                              \
      if (vectors > 1) _mm_prefetch((const char *)(c + (size_t)r * ldc + 16), _MM_HINT_T0);        \
    }                                                                                              \
    for (size_t s = 0; s < steps; s++) {                                                           \
      __m512i b0 = _mm512_loadu_si512(b + s * panel_columns);                                      \
      __m512i b1 = vectors > 1 ? _mm512_loadu_si512(b + s * panel_columns + 16) : b0;              \
      UNROLLED                                                                                     \
      for (int r = 0; r < rows; r++) {                                                             \
        __m512i x = _mm512_set1_epi32((int)a[s * panel_rows + (size_t)r]);                         \
        sum[r][0] = FMA(sum[r][0], x, b0);                                                         \
        if (vectors > 1) sum[r][1] = FMA(sum[r][1], x, b1);                                        \
      }                                                                                            \
    }                                                                                              \
    const __m512 scale = _mm512_set1_ps(alpha);                                                    \
    UNROLLED                                                                                       \
    for (int r = 0; r < rows; r++) {                                                               \
      UNROLLED                                                                                     \
      for (int v = 0; v < vectors; v++) {                                                          \
        float *place = c + (size_t)r * ldc + 16 * v;                                               \
        __mmask16 mask = v ? mask1 : mask0;                                                        \
        __m512 y = _mm512_mul_ps(sum[r][v], scale);                                                \
        if (accumulate) y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(mask, place));                  \
        _mm512_mask_storeu_ps(place, mask, y);                                                     \
      }                                                                                            \
    }                                                                                              \
  }
DEFINE_TILE(tile_float32, AVX512, FMA_FLOAT32)
DEFINE_TILE(tile_bfloat16, AVX512_BF16, FMA_BFLOAT16)

#define TILE_OF(TILE, ROWS)                                                                        \
  case ROWS:                                                                                       \
    if (mask1) TILE(ROWS, 2, a, b, steps, alpha, accumulate, c, ldc, mask0, mask1);                \
    else TILE(ROWS, 1, a, b, steps, alpha, accumulate, c, ldc, mask0, mask1);                      \
    break;
#define DEFINE_TILES(NAME, TARGET, TILE)                                                           \
  TARGET static void NAME(size_t rows, const uint32_t *a, const uint32_t *b, size_t steps,         \
                          float alpha, int accumulate, float *c, size_t ldc, __mmask16 mask0,      \
                          __mmask16 mask1) {                                                       \
    switch (rows) {                                                                                \
      TILE_OF(TILE, 1) TILE_OF(TILE, 2) TILE_OF(TILE, 3) TILE_OF(TILE, 4) TILE_OF(TILE, 5)         \
      TILE_OF(TILE, 6) TILE_OF(TILE, 7) TILE_OF(TILE, 8) TILE_OF(TILE, 9) TILE_OF(TILE, 10)        \
      TILE_OF(TILE, 11) TILE_OF(TILE, 12) TILE_OF(TILE, 13) TILE_OF(TILE, 14)                      \
    }                                                                                              \
  }
DEFINE_TILES(tiles_float32, AVX512, tile_float32)
DEFINE_TILES(tiles_bfloat16, AVX512_BF16, tile_bfloat16)

#define DEFINE_PRODUCT(NAME, TARGET, STEP, PACK, TILES)                                            \
  TARGET static void NAME(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,   \
                          int transpose_a, const float *b, size_t ldb, int transpose_b,            \
                          int accumulate, float *c, size_t ldc, uint32_t *packed_a,                \
                          uint32_t *packed_b) {                                                    \
    const size_t most = (size_t)steps_in_block * STEP;                                             \
    for (size_t p = 0; p < k; p += most) {                                                         \
      const size_t depth = MIN(k - p, most), steps = (depth + STEP - 1) / STEP;                    \
      for (size_t i = 0; i < m; i += rows_in_block) {                                              \
        const size_t rows = MIN(m - i, rows_in_block);                                             \
        PACK(packed_a, panel_rows, transpose_a ? a + p * lda + i : a + i * lda + p, lda,           \
             transpose_a, rows, depth);                                                            \
        for (size_t j = 0; j < n; j += columns_in_block) {                                         \
          const size_t columns = MIN(n - j, columns_in_block);                                     \
          PACK(packed_b, panel_columns, transpose_b ? b + j * ldb + p : b + p * ldb + j, ldb,      \
               !transpose_b, columns, depth);                                                      \
          for (size_t r = 0; r < rows; r += panel_rows)                                            \
            for (size_t q = 0; q < columns; q += panel_columns)                                    \
              TILES(MIN(rows - r, panel_rows), packed_a + r * steps, packed_b + q * steps, steps,  \
                    alpha, accumulate || p > 0, c + (i + r) * ldc + j + q, ldc,                    \
                    first_lanes(columns - q), columns - q > 16 ? first_lanes(columns - q - 16) : 0); \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
  }
DEFINE_PRODUCT(product_float32, AVX512, 1, pack_float32, tiles_float32)
DEFINE_PRODUCT(product_bfloat16, AVX512_BF16, 2, pack_bfloat16, tiles_bfloat16)

int genki_product_available(enum genki_product_kind kind) {
  int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return kind == genki_product_bfloat16 ? wide && __builtin_cpu_supports("avx512bf16") : wide;
}

size_t genki_product_workspace_bytes(void) {
  return 4 * (size_t)(rows_in_block + columns_in_block) * steps_in_block;
}

void genki_product(enum genki_product_kind kind, size_t m, size_t n, size_t k, float alpha,
                   const float *a, size_t lda, int transpose_a, const float *b, size_t ldb,
                   int transpose_b, int accumulate, float *c, size_t ldc, void *workspace) {
  uint32_t *packed_a = workspace;
  uint32_t *packed_b = packed_a + (size_t)rows_in_block * steps_in_block;
  if (k == 0 && !accumulate)
    for (size_t i = 0; i < m; i++)
      for (size_t j = 0; j < n; j++) c[i * ldc + j] = 0.0f;
  if (kind == genki_product_bfloat16)
    product_bfloat16(m, n, k, alpha, a, lda, transpose_a, b, ldb, transpose_b, accumulate, c, ldc,
                     packed_a, packed_b);
  else
    product_float32(m, n, k, alpha, a, lda, transpose_a, b, ldb, transpose_b, accumulate, c, ldc,
                    packed_a, packed_b);
}

#else

int genki_product_available(enum genki_product_kind kind) {
  (void)kind;
  return 0;
}

size_t genki_product_workspace_bytes(void) { return 0; }

// Callers ask genki_product_available first.
void genki_product(enum genki_product_kind kind, size_t m, size_t n, size_t k, float alpha,
                   const float *a, size_t lda, int transpose_a, const float *b, size_t ldb,
                   int transpose_b, int accumulate, float *c, size_t ldc, void *workspace) {
  __builtin_trap();
}

#endif
