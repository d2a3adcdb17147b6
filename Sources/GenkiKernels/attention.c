// The softmax of causal attention, whole or in a window, forward and backward.
#include "GenkiKernelsTransformer.h"
#include "vector.h"

// The visible keys of a query, as columns of its row of scores.
GENKI_INLINE void visible(size_t query, size_t first_key, size_t keys, size_t window, size_t *low,
                          size_t *high) {
  size_t first = query + 1 > window ? query + 1 - window : 0;
  size_t end = query + 1;
  *low = first > first_key ? first - first_key : 0;
  *high = end > first_key ? end - first_key : 0;
  if (*high > keys) *high = keys;
  if (*low > *high) *low = *high;
}

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

// x = e^(x - shift); returns the sum.
GENKI_INLINE float exponentials(float *x, size_t count, float shift) {
  v16 total = SPLAT(0.0f), part, e;
  size_t c;
  float sum;
  for (c = 0; c + GENKI_LANES <= count; c += GENKI_LANES) {
    EXP_LANES(e, LOAD(x + c) - SPLAT(shift));
    STORE(x + c, e);
    total += e;
  }
  SUM_LANES(sum, total);
  if (c < count) {
    LOAD_PART(part, x + c, count - c, 0.0f);
    EXP_LANES(e, part - SPLAT(shift));
    STORE_PART(x + c, count - c, e);
    for (; c < count; c++) sum += x[c];
  }
  return sum;
}

GENKI_CLONES
void genki_attention_softmax(float *scores, size_t ld, float *log_sum, size_t log_sum_stride,
                             size_t rows, size_t keys, size_t first_query, size_t first_key,
                             size_t window) {
  for (size_t r = 0; r < rows; r++) {
    float *row = scores + r * ld;
    size_t low, high;
    visible(first_query + r, first_key, keys, window, &low, &high);
    for (size_t c = 0; c < low; c++) row[c] = 0.0f;
    for (size_t c = high; c < keys; c++) row[c] = 0.0f;
    float top = row_max(row + low, high - low);
    float sum = exponentials(row + low, high - low, top);
    float inverse = 1.0f / sum;
    for (size_t c = low; c < high; c++) row[c] *= inverse;
    if (log_sum) log_sum[r * log_sum_stride] = top + __builtin_logf(sum);
  }
}

GENKI_CLONES
void genki_attention_probabilities(float *scores, size_t ld, const float *log_sum,
                                   size_t log_sum_stride, size_t rows, size_t keys,
                                   size_t first_query, size_t first_key, size_t window) {
  for (size_t r = 0; r < rows; r++) {
    float *row = scores + r * ld;
    size_t low, high;
    visible(first_query + r, first_key, keys, window, &low, &high);
    for (size_t c = 0; c < low; c++) row[c] = 0.0f;
    for (size_t c = high; c < keys; c++) row[c] = 0.0f;
    (void)exponentials(row + low, high - low, log_sum[r * log_sum_stride]);
  }
}

GENKI_CLONES
void genki_attention_backward(float *dp, const float *p, size_t ld, const float *d_out,
                              const float *out, size_t stride, size_t width, size_t rows,
                              size_t keys) {
  for (size_t r = 0; r < rows; r++) {
    const float *g = d_out + r * stride, *o = out + r * stride, *pr = p + r * ld;
    float *dr = dp + r * ld, dot = 0.0f;
    for (size_t c = 0; c < width; c++) dot += g[c] * o[c];
    for (size_t c = 0; c < keys; c++) dr[c] = pr[c] * (dr[c] - dot);
  }
}

GENKI_CLONES
void genki_cross_entropy_forward(float *losses, const float *logits, size_t ld, size_t width,
                                 const int32_t *targets, size_t rows) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = logits + r * ld;
    float top = row_max(row, width), sum;
    v16 total = SPLAT(0.0f), part, e;
    size_t c;
    for (c = 0; c + GENKI_LANES <= width; c += GENKI_LANES) {
      EXP_LANES(e, LOAD(row + c) - SPLAT(top));
      total += e;
    }
    if (c < width) {
      LOAD_PART(part, row + c, width - c, -3.0e38f);
      EXP_LANES(e, part - SPLAT(top));
      total += e;
    }
    SUM_LANES(sum, total);
    losses[r] = __builtin_logf(sum) - (row[targets[r]] - top);
  }
}

GENKI_CLONES
void genki_cross_entropy_backward(float *losses, float *logits, size_t ld, size_t width,
                                  const int32_t *targets, size_t rows, float scale) {
  for (size_t r = 0; r < rows; r++) {
    float *row = logits + r * ld;
    float top = row_max(row, width), chosen = row[targets[r]] - top;
    float sum = exponentials(row, width, top);
    float factor = scale / sum;
    size_t c;
    for (c = 0; c + GENKI_LANES <= width; c += GENKI_LANES)
      STORE(row + c, LOAD(row + c) * SPLAT(factor));
    for (; c < width; c++) row[c] *= factor;
    row[targets[r]] -= scale;
    losses[r] = __builtin_logf(sum) - chosen;
  }
}

GENKI_CLONES
void genki_softmax_rows(float *x, size_t ld, size_t width, size_t rows) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * ld;
    float sum = exponentials(row, width, row_max(row, width));
    for (size_t c = 0; c < width; c++) row[c] /= sum;
  }
}
