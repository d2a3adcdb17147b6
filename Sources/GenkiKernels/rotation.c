// Rotary positions.
#include "GenkiKernelsTransformer.h"
#include "vector.h"

GENKI_CLONES
void genki_rope(float *x, size_t stride, const float *cosine, const float *sine,
                const int32_t *positions, size_t rows, size_t heads, size_t head_step, size_t half,
                float direction) {
  for (size_t r = 0; r < rows; r++) {
    const float *c = cosine + (size_t)positions[r] * half, *s = sine + (size_t)positions[r] * half;
    for (size_t h = 0; h < heads; h++) {
      float *a = x + r * stride + h * head_step, *b = a + half;
      for (size_t i = 0; i < half; i++) {
        float u = a[i], v = b[i], t = s[i] * direction;
        a[i] = u * c[i] - v * t;
        b[i] = v * c[i] + u * t;
      }
    }
  }
}
