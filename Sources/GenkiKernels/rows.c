// Biases, embeddings, dropout, and the optimiser's step.
#include "GenkiKernelsTransformer.h"
#include "vector.h"

GENKI_CLONES
void genki_add_bias(float *x, size_t stride, const float *bias, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < width; c++) x[r * stride + c] += bias[c];
}

GENKI_CLONES
void genki_set_bias(float *x, size_t stride, const float *bias, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < width; c++) x[r * stride + c] = bias[c];
}

GENKI_CLONES
void genki_column_sums(float *out, const float *x, size_t stride, size_t rows, size_t first,
                       size_t last) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = first; c < last; c++) out[c] += x[r * stride + c];
}

GENKI_CLONES
void genki_add(float *out, const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] += x[i];
}

GENKI_CLONES
void genki_scale(float *out, const float *x, float scale, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = scale * x[i];
}

GENKI_CLONES
void genki_join(float *out, const float *x, float scale, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] + scale * out[i];
}

GENKI_CLONES
void genki_embed(float *out, const float *token_table, float scale, const float *position_table,
                 const int32_t *ids, const int32_t *positions, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    const float *t = token_table + (size_t)ids[r] * width;
    float *o = out + r * width;
    if (position_table) {
      const float *p = position_table + (size_t)positions[r] * width;
      for (size_t c = 0; c < width; c++) o[c] = scale * t[c] + p[c];
    } else {
      for (size_t c = 0; c < width; c++) o[c] = scale * t[c];
    }
  }
}

GENKI_CLONES
void genki_embed_backward(float *table, const float *dx, float scale, const int32_t *ids,
                          int32_t left_out, size_t rows, size_t width, size_t first, size_t last) {
  for (size_t r = 0; r < rows; r++) {
    if (ids[r] == left_out) continue;
    float *t = table + (size_t)ids[r] * width;
    const float *d = dx + r * width;
    for (size_t c = first; c < last; c++) t[c] += scale * d[c];
  }
}

// SplitMix64's finaliser: every bit of the input changes every bit of the output.
GENKI_INLINE uint64_t mixed(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

GENKI_CLONES
void genki_dropout(float *out, const float *x, size_t rows, size_t width, size_t first_row,
                   uint64_t key, float probability, int accumulate) {
  const uint32_t threshold = (uint32_t)((double)probability * 16777216.0);
  const float scale = 1.0f / (1.0f - probability);
  for (size_t i = 0; i < rows * width; i++) {
    uint64_t hash = mixed(key + 0x9e3779b97f4a7c15u * ((uint64_t)(first_row * width + i) + 1));
    float kept = (uint32_t)(hash >> 40) >= threshold ? x[i] * scale : 0.0f;
    out[i] = accumulate ? out[i] + kept : kept;
  }
}

GENKI_CLONES
void genki_adamw(float *w, const float *g, float *m, float *v, size_t count,
                 const struct genki_adamw_factors *f) {
  const float keep = f->keep, size = f->step_size, gain1 = f->gain1, beta2 = f->beta2;
  const float gain2 = f->gain2, inverse_root = f->inverse_root_correction2;
  const float epsilon = f->epsilon, scale = f->gradient_scale;
  size_t i = 0;
  for (; i + GENKI_LANES <= count; i += GENKI_LANES) {
    v16 gi = LOAD(g + i) * SPLAT(scale);
    v16 mi = LOAD(m + i), vi = LOAD(v + i);
    mi = mi + (gi - mi) * SPLAT(gain1);
    vi = vi * SPLAT(beta2) + gi * gi * SPLAT(gain2);
    v16 root = __builtin_elementwise_sqrt(vi) * SPLAT(inverse_root) + SPLAT(epsilon);
    STORE(m + i, mi);
    STORE(v + i, vi);
    STORE(w + i, LOAD(w + i) * SPLAT(keep) - SPLAT(size) * mi / root);
  }
  for (; i < count; i++) {
    float gi = g[i] * scale;
    m[i] = m[i] + (gi - m[i]) * gain1;
    v[i] = v[i] * beta2 + gi * gi * gain2;
    w[i] = w[i] * keep - size * m[i] / (__builtin_elementwise_sqrt(v[i]) * inverse_root + epsilon);
  }
}
