// One row times a matrix: nothing is used twice, so what counts is to read the matrix at the speed of
// memory, whatever it is stored as.
#include "GenkiKernelsProduct.h"
#include "vector.h"

#include <string.h>

typedef uint16_t n16_unaligned __attribute__((vector_size(32), aligned(1)));
typedef float v16_bytewise __attribute__((vector_size(64), aligned(1)));
#define LOAD_NARROW(p) __builtin_convertvector(*(const n16_unaligned *)(p), u16)

// Sixteen stored elements as float32, exactly.
#define WIDEN_FLOAT32(p) ((v16) * (const v16_bytewise *)(p))
#define WIDEN_BFLOAT16(p) ((v16)(LOAD_NARROW(p) << 16))

// Exponent and mantissa of a half, moved to their places in a float32, are 2^112 times too small, which
// holds for subnormals, too; infinity and NaN have an exponent of all ones.
GENKI_INLINE void widen_float16(v16 *out, const unsigned char *p) {
  u16 half = LOAD_NARROW(p);
  u16 magnitude = half & 0x7FFFu;
  v16 scaled = (v16)(magnitude << 13) * SPLAT(0x1p112f);
  u16 special = (u16)(magnitude >= 0x7C00u) & 0x7F800000u;
  *out = (v16)((u16)scaled | special | (half & 0x8000u) << 16);
}

// Four rows are read at a time, each from its quarter of the matrix, because a core asks memory for more
// along several streams than along one. A line is asked for this many bytes ahead, past the caches that
// it would only push other things out of.
#define STREAMS 4
#define AHEAD 512
#define PREFETCH(p) __builtin_prefetch((p) + AHEAD, 0, 0)

// y[r] = alpha * (x . row r), or +=, of rows whose elements have `size` bytes.
#define ROW_PRODUCT(size, WIDEN)                                                                   \
  const unsigned char *matrix = b;                                                                 \
  const size_t step = 2 * GENKI_LANES, whole = k / step * step, rest = k - whole;                  \
  float last_x[2 * GENKI_LANES] = {0};                                                             \
  memcpy(last_x, x + whole, rest * sizeof *x);                                                     \
  size_t quarter = n / STREAMS;                                                                    \
  for (size_t r = 0; r < quarter + n % STREAMS; r++) {                                             \
    /* The rows that four do not divide come last, one by one. */                                  \
    int streams = r < quarter ? STREAMS : 1;                                                       \
    size_t first = r < quarter ? r : (STREAMS - 1) * quarter + r;                                  \
    const unsigned char *row[STREAMS];                                                             \
    v16 sum[STREAMS], w0, w1;                                                                      \
    for (int s = 0; s < STREAMS; s++) {                                                            \
      row[s] = matrix + (first + (s < streams ? (size_t)s * quarter : 0)) * ldb * (size);          \
      sum[s] = SPLAT(0.0f);                                                                        \
    }                                                                                              \
    if (streams == STREAMS)                                                                        \
      for (size_t i = 0; i < whole; i += step) {                                                   \
        v16 x0 = LOAD(x + i), x1 = LOAD(x + i + GENKI_LANES);                                      \
        for (int s = 0; s < STREAMS; s++) {                                                        \
          const unsigned char *p = row[s] + i * (size);                                            \
          PREFETCH(p);                                                                             \
          if ((size) == 4) PREFETCH(p + 64);                                                       \
          WIDEN(w0, p);                                                                            \
          WIDEN(w1, p + GENKI_LANES * (size));                                                     \
          sum[s] += w0 * x0;                                                                       \
          sum[s] += w1 * x1;                                                                       \
        }                                                                                          \
      }                                                                                            \
    else                                                                                           \
      for (size_t i = 0; i < whole; i += step) {                                                   \
        WIDEN(w0, row[0] + i * (size));                                                            \
        WIDEN(w1, row[0] + (i + GENKI_LANES) * (size));                                            \
        sum[0] += w0 * LOAD(x + i);                                                                \
        sum[0] += w1 * LOAD(x + i + GENKI_LANES);                                                  \
      }                                                                                            \
    for (int s = 0; s < streams; s++) {                                                            \
      float total;                                                                                 \
      if (rest) {                                                                                  \
        unsigned char last[2 * GENKI_LANES * (size)] = {0};                                        \
        memcpy(last, row[s] + whole * (size), rest * (size));                                      \
        WIDEN(w0, last);                                                                           \
        WIDEN(w1, last + GENKI_LANES * (size));                                                    \
        sum[s] += w0 * LOAD(last_x);                                                               \
        sum[s] += w1 * LOAD(last_x + GENKI_LANES);                                                 \
      }                                                                                            \
      SUM_LANES(total, sum[s]);                                                                    \
      float *out = y + first + (size_t)s * quarter;                                                \
      *out = alpha * total + (accumulate ? *out : 0.0f);                                           \
    }                                                                                              \
  }

#define ROW_ARGUMENTS                                                                              \
  float *y, const float *x, const void *b, size_t ldb, size_t n, size_t k, float alpha,            \
      int accumulate

#define SET_FLOAT32(out, p) ((out) = WIDEN_FLOAT32(p))
GENKI_CLONES
static void row_times_float32(ROW_ARGUMENTS) { ROW_PRODUCT(4, SET_FLOAT32) }

#define SET_BFLOAT16(out, p) ((out) = WIDEN_BFLOAT16(p))
GENKI_CLONES
static void row_times_bfloat16(ROW_ARGUMENTS) { ROW_PRODUCT(2, SET_BFLOAT16) }

#define SET_FLOAT16(out, p) widen_float16(&(out), p)
GENKI_CLONES
static void row_times_float16(ROW_ARGUMENTS) { ROW_PRODUCT(2, SET_FLOAT16) }

#if defined(__x86_64__)
// The processors of x86-64-v3 and later widen halves by an instruction.
typedef _Float16 h16_unaligned __attribute__((vector_size(32), aligned(1)));
#define CONVERT_FLOAT16(out, p)                                                                    \
  ((out) = __builtin_convertvector(*(const h16_unaligned *)(p), v16))
__attribute__((target("arch=x86-64-v4")))
static void row_times_float16_wide(ROW_ARGUMENTS) { ROW_PRODUCT(2, CONVERT_FLOAT16) }
__attribute__((target("arch=x86-64-v3")))
static void row_times_float16_converting(ROW_ARGUMENTS) { ROW_PRODUCT(2, CONVERT_FLOAT16) }
#endif

void genki_row_times_stored(enum genki_stored_kind kind, float *y, const float *x, const void *b,
                            size_t ldb, size_t n, size_t k, float alpha, int accumulate) {
  switch (kind) {
    case genki_stored_float32: row_times_float32(y, x, b, ldb, n, k, alpha, accumulate); return;
    case genki_stored_bfloat16: row_times_bfloat16(y, x, b, ldb, n, k, alpha, accumulate); return;
    case genki_stored_float16:
#if defined(__x86_64__)
      if (__builtin_cpu_supports("x86-64-v4"))
        row_times_float16_wide(y, x, b, ldb, n, k, alpha, accumulate);
      else if (__builtin_cpu_supports("x86-64-v3"))
        row_times_float16_converting(y, x, b, ldb, n, k, alpha, accumulate);
      else
#endif
        row_times_float16(y, x, b, ldb, n, k, alpha, accumulate);
      return;
  }
}

void genki_row_times_stored_portably(enum genki_stored_kind kind, float *y, const float *x,
                                     const void *b, size_t ldb, size_t n, size_t k, float alpha,
                                     int accumulate) {
  if (kind == genki_stored_float16) row_times_float16(y, x, b, ldb, n, k, alpha, accumulate);
  else genki_row_times_stored(kind, y, x, b, ldb, n, k, alpha, accumulate);
}

// Columns c ..< c + vectors * 16 of one row times a matrix.
#define COLUMN_BLOCK(vectors)                                                                      \
  for (; c + (vectors) * GENKI_LANES <= n; c += (vectors) * GENKI_LANES) {                         \
    v16 sum[vectors];                                                                              \
    for (int v = 0; v < (vectors); v++) sum[v] = SPLAT(0.0f);                                      \
    for (size_t i = 0; i < k; i++) {                                                               \
      const float *row = b + i * ldb + c;                                                          \
      v16 factor = SPLAT(x[i]);                                                                    \
      for (int v = 0; v < (vectors); v++) {                                                        \
        __builtin_prefetch(row + 4 * ldb + v * GENKI_LANES, 0, 3);                                 \
        sum[v] += factor * LOAD(row + v * GENKI_LANES);                                            \
      }                                                                                            \
    }                                                                                              \
    for (int v = 0; v < (vectors); v++) {                                                          \
      float *out = y + c + v * GENKI_LANES;                                                        \
      v16 s = sum[v] * SPLAT(alpha);                                                               \
      if (accumulate) s += LOAD(out);                                                              \
      STORE(out, s);                                                                               \
    }                                                                                              \
  }

GENKI_CLONES
void genki_row_times_matrix(float *y, const float *x, const float *b, size_t ldb, size_t n,
                            size_t k, float alpha, int accumulate) {
  size_t c = 0;
  COLUMN_BLOCK(8)
  COLUMN_BLOCK(4)
  COLUMN_BLOCK(1)
  for (; c < n; c++) {
    float sum = 0.0f;
    for (size_t i = 0; i < k; i++) sum += x[i] * b[i * ldb + c];
    y[c] = alpha * sum + (accumulate ? y[c] : 0.0f);
  }
}
