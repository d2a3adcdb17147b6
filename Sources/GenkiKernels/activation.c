// GELU and gated SiLU, forward and backward, and rotary positions.
#include "GenkiKernelsTransformer.h"
#include "vector.h"

#define ROOT_2_OVER_PI 0.7978845608028654f
#define CUBIC 0.044715f

// tanh(u) = 1 - 2 / (e^2u + 1)
#define TANH_LANES(result, u)                                                                      \
  do {                                                                                             \
    v16 e2_;                                                                                       \
    EXP_LANES(e2_, SPLAT(2.0f) * (u));                                                             \
    (result) = SPLAT(1.0f) - SPLAT(2.0f) / (e2_ + SPLAT(1.0f));                                    \
  } while (0)

GENKI_CLONES
void genki_gelu_forward(float *out, const float *x, size_t count) {
  for (size_t i = 0; i < count; i += GENKI_LANES) {
    size_t n = count - i;
    v16 v, t;
    if (n >= GENKI_LANES) v = LOAD(x + i);
    else LOAD_PART(v, x + i, n, 0.0f);
    TANH_LANES(t, SPLAT(ROOT_2_OVER_PI) * (v + SPLAT(CUBIC) * v * v * v));
    v16 y = SPLAT(0.5f) * v * (SPLAT(1.0f) + t);
    if (n >= GENKI_LANES) STORE(out + i, y);
    else STORE_PART(out + i, n, y);
  }
}

GENKI_CLONES
void genki_gelu_backward(float *dx, const float *dy, const float *x, size_t count) {
  for (size_t i = 0; i < count; i += GENKI_LANES) {
    size_t n = count - i;
    v16 v, g, t;
    if (n >= GENKI_LANES) {
      v = LOAD(x + i);
      g = LOAD(dy + i);
    } else {
      LOAD_PART(v, x + i, n, 0.0f);
      LOAD_PART(g, dy + i, n, 0.0f);
    }
    TANH_LANES(t, SPLAT(ROOT_2_OVER_PI) * (v + SPLAT(CUBIC) * v * v * v));
    v16 slope = SPLAT(ROOT_2_OVER_PI) * (SPLAT(1.0f) + SPLAT(3.0f * CUBIC) * v * v);
    v16 d = SPLAT(0.5f) * (SPLAT(1.0f) + t) +
            SPLAT(0.5f) * v * (SPLAT(1.0f) - t * t) * slope;
    v16 r = g * d;
    if (n >= GENKI_LANES) STORE(dx + i, r);
    else STORE_PART(dx + i, n, r);
  }
}

GENKI_CLONES
void genki_silu_product_forward(float *out, const float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i += GENKI_LANES) {
    size_t n = count - i;
    v16 g, u, e;
    if (n >= GENKI_LANES) {
      g = LOAD(gate + i);
      u = LOAD(up + i);
    } else {
      LOAD_PART(g, gate + i, n, 0.0f);
      LOAD_PART(u, up + i, n, 0.0f);
    }
    EXP_LANES(e, -g);
    v16 y = g / (SPLAT(1.0f) + e) * u;
    if (n >= GENKI_LANES) STORE(out + i, y);
    else STORE_PART(out + i, n, y);
  }
}

GENKI_CLONES
void genki_silu_product_backward(float *dgate, float *dup, const float *dy, const float *gate,
                                 const float *up, size_t count) {
  for (size_t i = 0; i < count; i += GENKI_LANES) {
    size_t n = count - i;
    v16 g, u, d, e;
    if (n >= GENKI_LANES) {
      g = LOAD(gate + i);
      u = LOAD(up + i);
      d = LOAD(dy + i);
    } else {
      LOAD_PART(g, gate + i, n, 0.0f);
      LOAD_PART(u, up + i, n, 0.0f);
      LOAD_PART(d, dy + i, n, 0.0f);
    }
    EXP_LANES(e, -g);
    v16 sigmoid = SPLAT(1.0f) / (SPLAT(1.0f) + e);
    v16 from_up = d * g * sigmoid;
    v16 from_gate = d * u * sigmoid * (SPLAT(1.0f) + g * (SPLAT(1.0f) - sigmoid));
    if (n >= GENKI_LANES) {
      STORE(dup + i, from_up);
      STORE(dgate + i, from_gate);
    } else {
      STORE_PART(dup + i, n, from_up);
      STORE_PART(dgate + i, n, from_gate);
    }
  }
}

GENKI_CLONES
void genki_rope(float *x, size_t stride, const float *cosine, const float *sine,
                const int32_t *positions, size_t rows, size_t heads, size_t half,
                float direction) {
  for (size_t r = 0; r < rows; r++) {
    const float *c = cosine + (size_t)positions[r] * half, *s = sine + (size_t)positions[r] * half;
    for (size_t h = 0; h < heads; h++) {
      float *a = x + r * stride + h * 2 * half, *b = a + half;
      for (size_t i = 0; i < half; i++) {
        float u = a[i], v = b[i], t = s[i] * direction;
        a[i] = u * c[i] - v * t;
        b[i] = v * c[i] + u * t;
      }
    }
  }
}
