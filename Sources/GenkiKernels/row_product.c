// One row times a matrix: nothing is used twice, so what counts is to read the matrix in one stream.
#include "GenkiKernelsProduct.h"
#include "vector.h"

// The line that is asked for this far ahead, in floats: the processor's own prefetching stops at the
// end of a page.
#define AHEAD 512
#define PREFETCH(p) __builtin_prefetch((p) + AHEAD, 0, 3)

GENKI_CLONES
void genki_row_times_transposed(float *y, const float *x, const float *b, size_t ldb, size_t n,
                                size_t k, float alpha, int accumulate) {
  for (size_t r = 0; r < n; r++) {
    const float *row = b + r * ldb;
    v16 s0 = SPLAT(0.0f), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * GENKI_LANES <= k; i += 4 * GENKI_LANES) {
      PREFETCH(row + i);
      PREFETCH(row + i + GENKI_LANES);
      PREFETCH(row + i + 2 * GENKI_LANES);
      PREFETCH(row + i + 3 * GENKI_LANES);
      s0 += LOAD(row + i) * LOAD(x + i);
      s1 += LOAD(row + i + GENKI_LANES) * LOAD(x + i + GENKI_LANES);
      s2 += LOAD(row + i + 2 * GENKI_LANES) * LOAD(x + i + 2 * GENKI_LANES);
      s3 += LOAD(row + i + 3 * GENKI_LANES) * LOAD(x + i + 3 * GENKI_LANES);
    }
    for (; i + GENKI_LANES <= k; i += GENKI_LANES) s0 += LOAD(row + i) * LOAD(x + i);
    float sum;
    s0 = (s0 + s1) + (s2 + s3);
    SUM_LANES(sum, s0);
    for (; i < k; i++) sum += row[i] * x[i];
    y[r] = alpha * sum + (accumulate ? y[r] : 0.0f);
  }
}

GENKI_CLONES
void genki_row_times_matrix(float *y, const float *x, const float *b, size_t ldb, size_t n,
                            size_t k, float alpha, int accumulate) {
  enum { vectors = 8, block = vectors * GENKI_LANES };
  size_t c = 0;
  for (; c + block <= n; c += block) {
    v16 sum[vectors];
    for (int v = 0; v < vectors; v++) sum[v] = SPLAT(0.0f);
    for (size_t i = 0; i < k; i++) {
      const float *row = b + i * ldb + c;
      v16 factor = SPLAT(x[i]);
      for (int v = 0; v < vectors; v++) {
        __builtin_prefetch(row + 4 * ldb + v * GENKI_LANES, 0, 3);
        sum[v] += factor * LOAD(row + v * GENKI_LANES);
      }
    }
    for (int v = 0; v < vectors; v++) {
      float *out = y + c + v * GENKI_LANES;
      v16 s = sum[v] * SPLAT(alpha);
      if (accumulate) s += LOAD(out);
      STORE(out, s);
    }
  }
  for (; c < n; c++) {
    float sum = 0.0f;
    for (size_t i = 0; i < k; i++) sum += x[i] * b[i * ldb + c];
    y[c] = alpha * sum + (accumulate ? y[c] : 0.0f);
  }
}
