// The cross-entropy over logits that come a few columns at a time, and its gradient.
#include "GenkiKernelsTransformer.h"
#include "exponentials.h"

void genki_cross_entropy_begin(float *largest, float *sum, size_t rows) {
  for (size_t r = 0; r < rows; r++) {
    largest[r] = -3.0e38f;
    sum[r] = 0.0f;
  }
}

// Sum of e^(x - shift), not finite if an element is not.
GENKI_INLINE float sum_of_exponentials(const float *x, size_t count, float shift) {
  v16 total = SPLAT(0.0f), d, e;
  size_t c;
  float sum;
  for (c = 0; c + GENKI_LANES <= count; c += GENKI_LANES) {
    d = LOAD(x + c) - SPLAT(shift);
    EXP_LANES(e, d);
    total += e + d * SPLAT(0.0f);
  }
  SUM_LANES(sum, total);
  if (c < count) {
    LOAD_PART(d, x + c, count - c, 0.0f);
    d -= SPLAT(shift);
    EXP_LANES(e, d);
    e += d * SPLAT(0.0f);
    for (size_t l = 0; l < count - c; l++) sum += e[l];
  }
  return sum;
}

GENKI_CLONES
void genki_cross_entropy_add(float *largest, float *sum, float *chosen, const float *logits,
                             size_t ld, size_t width, size_t first, const int32_t *targets,
                             size_t rows) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = logits + r * ld;
    float top = row_max(row, width), before = largest[r];
    if (top > before) {
      float shrink = 0.0f;
      if (sum[r] != 0.0f) {
        v16 e;
        EXP_LANES(e, SPLAT(before - top));
        shrink = e[0];
      }
      largest[r] = top;
      sum[r] *= shrink;
    } else {
      top = before;
    }
    sum[r] += sum_of_exponentials(row, width, top);
    size_t target = (size_t)targets[r];
    if (target >= first && target < first + width) chosen[r] = row[target - first];
  }
}

void genki_cross_entropy_end(float *losses, const float *largest, float *sum, const float *chosen,
                             size_t rows) {
  for (size_t r = 0; r < rows; r++) {
    float log_sum = __builtin_logf(sum[r]);
    losses[r] = log_sum - (chosen[r] - largest[r]);
    sum[r] = largest[r] + log_sum;
  }
}

GENKI_CLONES
void genki_cross_entropy_gradient(float *logits, size_t ld, size_t width, size_t first,
                                  const int32_t *targets, const float *log_sum, size_t rows,
                                  float scale) {
  for (size_t r = 0; r < rows; r++) {
    float *row = logits + r * ld;
    v16 e, shift = SPLAT(log_sum[r]), part;
    size_t c;
    for (c = 0; c + GENKI_LANES <= width; c += GENKI_LANES) {
      EXP_LANES(e, LOAD(row + c) - shift);
      STORE(row + c, e * SPLAT(scale));
    }
    if (c < width) {
      LOAD_PART(part, row + c, width - c, 0.0f);
      EXP_LANES(e, part - shift);
      e *= SPLAT(scale);
      STORE_PART(row + c, width - c, e);
    }
    size_t target = (size_t)targets[r];
    if (target >= first && target < first + width) row[target - first] -= scale;
  }
}
