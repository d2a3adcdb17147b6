// The softmax of causal attention, whole or in a window, forward and backward.
#include "GenkiKernelsTransformer.h"
#include "exponentials.h"

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
void genki_softmax_rows(float *x, size_t ld, size_t width, size_t rows) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * ld;
    float sum = exponentials(row, width, row_max(row, width));
    for (size_t c = 0; c < width; c++) row[c] /= sum;
  }
}
