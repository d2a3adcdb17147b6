// Sixteen-lane vectors for the kernels: the same lanes and the same order of additions on every
// processor, compiled once for each instruction set and chosen when the program is loaded.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define GENKI_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GENKI_CLONES
#endif
#define GENKI_INLINE static inline __attribute__((always_inline))
#define GENKI_LANES 16

typedef float v16 __attribute__((vector_size(64)));
typedef float v16_unaligned __attribute__((vector_size(64), aligned(4)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef uint32_t u16 __attribute__((vector_size(64)));

#define LOAD(p) ((v16) * (const v16_unaligned *)(p))
#define STORE(p, x) (*(v16_unaligned *)(p) = (x))
#define SPLAT(x) ((v16){(x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x)})

// The last, incomplete lanes of a row: the missing ones hold `fill`.
#define LOAD_PART(result, p, count, fill)                                                         \
  do {                                                                                             \
    float part_[GENKI_LANES];                                                                      \
    for (int l_ = 0; l_ < GENKI_LANES; l_++) part_[l_] = (size_t)l_ < (count) ? (p)[l_] : (fill);  \
    (result) = LOAD(part_);                                                                        \
  } while (0)
#define STORE_PART(p, count, x)                                                                    \
  do {                                                                                             \
    float part_[GENKI_LANES];                                                                      \
    STORE(part_, x);                                                                               \
    for (size_t l_ = 0; l_ < (count); l_++) (p)[l_] = part_[l_];                                   \
  } while (0)

// Sums and maxima of the lanes, pairwise, in a fixed order.
#define SUM_LANES(result, x)                                                                       \
  do {                                                                                             \
    float s_[GENKI_LANES];                                                                         \
    STORE(s_, x);                                                                                  \
    for (int w_ = 8; w_ > 0; w_ /= 2)                                                              \
      for (int l_ = 0; l_ < w_; l_++) s_[l_] += s_[l_ + w_];                                       \
    (result) = s_[0];                                                                              \
  } while (0)
#define MAX_LANES(result, x)                                                                       \
  do {                                                                                             \
    float s_[GENKI_LANES];                                                                         \
    STORE(s_, x);                                                                                  \
    for (int w_ = 8; w_ > 0; w_ /= 2)                                                              \
      for (int l_ = 0; l_ < w_; l_++) s_[l_] = s_[l_] > s_[l_ + w_] ? s_[l_] : s_[l_ + w_];        \
    (result) = s_[0];                                                                              \
  } while (0)

// e^x of every lane for x <= 88: range reduction by ln 2 in two parts, then the minimax polynomial
// of degree 6 on [-ln2/2, ln2/2]; relative error below 2e-7. Below -87 the result is about 1e-38.
#define EXP_LANES(result, value)                                                                   \
  do {                                                                                             \
    v16 x_ = (value);                                                                              \
    x_ = __builtin_elementwise_max(x_, SPLAT(-87.0f));                                             \
    x_ = __builtin_elementwise_min(x_, SPLAT(88.0f));                                              \
    v16 n_ = x_ * SPLAT(1.44269504088896341f) + SPLAT(12582912.0f);                                \
    i16 e_ = ((i16)n_ << 23) + (127 << 23);                                                        \
    n_ = n_ - SPLAT(12582912.0f);                                                                  \
    v16 r_ = x_ - n_ * SPLAT(0.693359375f);                                                        \
    r_ = r_ - n_ * SPLAT(-2.12194440e-4f);                                                         \
    v16 p_ = SPLAT(1.9875691500e-4f);                                                              \
    p_ = p_ * r_ + SPLAT(1.3981999507e-3f);                                                        \
    p_ = p_ * r_ + SPLAT(8.3334519073e-3f);                                                        \
    p_ = p_ * r_ + SPLAT(4.1665795894e-2f);                                                        \
    p_ = p_ * r_ + SPLAT(1.6666665459e-1f);                                                        \
    p_ = p_ * r_ + SPLAT(5.0000001201e-1f);                                                        \
    p_ = p_ * r_ * r_ + r_ + SPLAT(1.0f);                                                          \
    (result) = p_ * (v16)e_;                                                                       \
  } while (0)
