// Largest elements and exponentials of rows, for the softmaxes.
#pragma once
#include "vector.h"

GENKI_INLINE float row_max(const float *x, size_t count) {
  v16 best = SPLAT(-3.0e38f), part;
  size_t c;
  float top;
  for (c = 0; c + GENKI_LANES <= count; c += GENKI_LANES)
    best = __builtin_elementwise_max(best, LOAD(x + c));
  if (c < count) {
    LOAD_PART(part, x + c, count - c, -3.0e38f);
    best = __builtin_elementwise_max(best, part);
  }
  MAX_LANES(top, best);
  return top;
}

// x = e^(x - shift); returns the sum, which is not finite if an element is not.
GENKI_INLINE float exponentials(float *x, size_t count, float shift) {
  v16 total = SPLAT(0.0f), part, e;
  size_t c;
  float sum;
  for (c = 0; c + GENKI_LANES <= count; c += GENKI_LANES) {
    v16 d = LOAD(x + c) - SPLAT(shift);
    EXP_LANES(e, d);
    e += d * SPLAT(0.0f);
    STORE(x + c, e);
    total += e;
  }
  SUM_LANES(sum, total);
  if (c < count) {
    LOAD_PART(part, x + c, count - c, 0.0f);
    part -= SPLAT(shift);
    EXP_LANES(e, part);
    e += part * SPLAT(0.0f);
    STORE_PART(x + c, count - c, e);
    for (; c < count; c++) sum += x[c];
  }
  return sum;
}
