// Activations, plain and as the gate of a product, forward and backward.
#include "GenkiKernelsTransformer.h"
#include "vector.h"

#define ROOT_2_OVER_PI 0.7978845608028654f
#define ROOT_HALF 0.7071067811865476f
#define INVERSE_ROOT_2_PI 0.3989422804014327f
#define CUBIC 0.044715f

// tanh(u) = 1 - 2 / (e^2u + 1)
#define TANH_LANES(result, u)                                                                      \
  do {                                                                                             \
    v16 e2_;                                                                                       \
    EXP_LANES(e2_, SPLAT(2.0f) * (u));                                                             \
    (result) = SPLAT(1.0f) - SPLAT(2.0f) / (e2_ + SPLAT(1.0f));                                    \
  } while (0)

// Phi(v), the normal distribution, and e^(-v^2/2): erf(z) for z >= 0 is 1 - (a1 t + ... + a5 t^5) e^(-z^2)
// with t = 1 / (1 + p z), off by at most 1.5e-7 (Abramowitz and Stegun 7.1.26).
#define NORMAL_LANES(distribution, exponential, v)                                                 \
  do {                                                                                             \
    v16 z_ = (v) * SPLAT(ROOT_HALF), e_z_, a_ = __builtin_elementwise_max(z_, -z_);                \
    EXP_LANES(e_z_, -a_ * a_);                                                                     \
    v16 t_ = SPLAT(1.0f) / (SPLAT(1.0f) + SPLAT(0.3275911f) * a_);                                 \
    v16 q_ = SPLAT(1.061405429f);                                                                  \
    q_ = q_ * t_ + SPLAT(-1.453152027f);                                                           \
    q_ = q_ * t_ + SPLAT(1.421413741f);                                                            \
    q_ = q_ * t_ + SPLAT(-0.284496736f);                                                           \
    q_ = q_ * t_ + SPLAT(0.254829592f);                                                            \
    v16 tail_ = SPLAT(0.5f) * q_ * t_ * e_z_;                                                      \
    i16 negative_ = z_ < SPLAT(0.0f);                                                              \
    (distribution) = (v16)(((i16)tail_ & negative_) | ((i16)(SPLAT(1.0f) - tail_) & ~negative_));  \
    (exponential) = e_z_;                                                                          \
  } while (0)

// 0.5 v (1 + tanh(sqrt(2/pi) (v + 0.044715 v^3))) and its slope.
#define GELU_TANH_VALUE(y, v)                                                                      \
  do {                                                                                             \
    v16 th_;                                                                                       \
    TANH_LANES(th_, SPLAT(ROOT_2_OVER_PI) * ((v) + SPLAT(CUBIC) * (v) * (v) * (v)));               \
    (y) = SPLAT(0.5f) * (v) * (SPLAT(1.0f) + th_);                                                 \
  } while (0)
#define GELU_TANH_SLOPE(y, d, v)                                                                   \
  do {                                                                                             \
    v16 th_;                                                                                       \
    TANH_LANES(th_, SPLAT(ROOT_2_OVER_PI) * ((v) + SPLAT(CUBIC) * (v) * (v) * (v)));               \
    v16 inner_ = SPLAT(ROOT_2_OVER_PI) * (SPLAT(1.0f) + SPLAT(3.0f * CUBIC) * (v) * (v));          \
    (y) = SPLAT(0.5f) * (v) * (SPLAT(1.0f) + th_);                                                 \
    (d) = SPLAT(0.5f) * (SPLAT(1.0f) + th_) +                                                      \
          SPLAT(0.5f) * (v) * (SPLAT(1.0f) - th_ * th_) * inner_;                                  \
  } while (0)

// v Phi(v) and its slope Phi(v) + v phi(v).
#define GELU_ERF_VALUE(y, v)                                                                       \
  do {                                                                                             \
    v16 share_, density_;                                                                          \
    NORMAL_LANES(share_, density_, v);                                                             \
    (void)density_;                                                                                \
    (y) = (v) * share_;                                                                            \
  } while (0)
#define GELU_ERF_SLOPE(y, d, v)                                                                    \
  do {                                                                                             \
    v16 share_, density_;                                                                          \
    NORMAL_LANES(share_, density_, v);                                                             \
    (y) = (v) * share_;                                                                            \
    (d) = share_ + (v) * density_ * SPLAT(INVERSE_ROOT_2_PI);                                      \
  } while (0)

// v / (1 + e^-v) and its slope.
#define SILU_VALUE(y, v)                                                                           \
  do {                                                                                             \
    v16 ev_;                                                                                       \
    EXP_LANES(ev_, -(v));                                                                          \
    (y) = (v) / (SPLAT(1.0f) + ev_);                                                               \
  } while (0)
#define SILU_SLOPE(y, d, v)                                                                        \
  do {                                                                                             \
    v16 ev_;                                                                                       \
    EXP_LANES(ev_, -(v));                                                                          \
    v16 sigmoid_ = SPLAT(1.0f) / (SPLAT(1.0f) + ev_);                                              \
    (y) = (v) * sigmoid_;                                                                          \
    (d) = sigmoid_ * (SPLAT(1.0f) + (v) * (SPLAT(1.0f) - sigmoid_));                               \
  } while (0)

#define READ(name, p, i, n)                                                                        \
  v16 name;                                                                                        \
  if ((n) >= GENKI_LANES) name = LOAD((p) + (i));                                                  \
  else LOAD_PART(name, (p) + (i), n, 0.0f)
#define WRITE(p, i, n, value)                                                                      \
  do {                                                                                             \
    if ((n) >= GENKI_LANES) STORE((p) + (i), value);                                               \
    else STORE_PART((p) + (i), n, value);                                                          \
  } while (0)
#define EACH(i, n, count)                                                                          \
  for (size_t i = 0, n = (count); i < (count); i += GENKI_LANES, n = (count) - i)

#define FORWARD(VALUE)                                                                             \
  EACH(i, n, count) {                                                                              \
    READ(v, x, i, n);                                                                              \
    v16 y;                                                                                         \
    VALUE(y, v);                                                                                   \
    WRITE(out, i, n, y);                                                                           \
  }
#define BACKWARD(SLOPE)                                                                            \
  EACH(i, n, count) {                                                                              \
    READ(v, x, i, n);                                                                              \
    READ(g, dy, i, n);                                                                             \
    v16 y, d;                                                                                      \
    SLOPE(y, d, v);                                                                                \
    (void)y;                                                                                       \
    WRITE(dx, i, n, g * d);                                                                        \
  }
#define GATED_FORWARD(VALUE)                                                                       \
  EACH(i, n, count) {                                                                              \
    READ(g, gate, i, n);                                                                           \
    READ(u, up, i, n);                                                                             \
    v16 y;                                                                                         \
    VALUE(y, g);                                                                                   \
    WRITE(out, i, n, y * u);                                                                       \
  }
#define GATED_BACKWARD(SLOPE)                                                                      \
  EACH(i, n, count) {                                                                              \
    READ(g, gate, i, n);                                                                           \
    READ(u, up, i, n);                                                                             \
    READ(t, dy, i, n);                                                                             \
    v16 y, d;                                                                                      \
    SLOPE(y, d, g);                                                                                \
    WRITE(dup, i, n, t * y);                                                                       \
    WRITE(dgate, i, n, t * u * d);                                                                 \
  }
#define EACH_ACTIVATION(LOOP, FORM)                                                                \
  switch (kind) {                                                                                  \
  case genki_gelu_tanh: LOOP(GELU_TANH_##FORM) break;                                              \
  case genki_gelu_erf: LOOP(GELU_ERF_##FORM) break;                                                \
  case genki_silu: LOOP(SILU_##FORM) break;                                                        \
  }

GENKI_CLONES
void genki_activation_forward(enum genki_activation kind, float *out, const float *x,
                              size_t count) {
  EACH_ACTIVATION(FORWARD, VALUE)
}

GENKI_CLONES
void genki_activation_backward(enum genki_activation kind, float *dx, const float *dy,
                               const float *x, size_t count) {
  EACH_ACTIVATION(BACKWARD, SLOPE)
}

GENKI_CLONES
void genki_gated_forward(enum genki_activation kind, float *out, const float *gate,
                         const float *up, size_t count) {
  EACH_ACTIVATION(GATED_FORWARD, VALUE)
}

GENKI_CLONES
void genki_gated_backward(enum genki_activation kind, float *dgate, float *dup, const float *dy,
                          const float *gate, const float *up, size_t count) {
  EACH_ACTIVATION(GATED_BACKWARD, SLOPE)
}
