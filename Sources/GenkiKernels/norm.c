// LayerNorm and RMSNorm, forward and backward.
#include "GenkiKernelsTransformer.h"
#include "vector.h"

#define EACH_LANES(c, width) for (c = 0; c + GENKI_LANES <= (width); c += GENKI_LANES)

GENKI_INLINE float row_sum(const float *x, size_t width) {
  size_t c;
  v16 total = SPLAT(0.0f), part;
  float sum;
  EACH_LANES(c, width) total += LOAD(x + c);
  if (c < width) {
    LOAD_PART(part, x + c, width - c, 0.0f);
    total += part;
  }
  SUM_LANES(sum, total);
  return sum;
}

GENKI_CLONES
void genki_layernorm_forward(float *out, float *mean, float *rstd, const float *x,
                             const float *gamma, const float *beta, size_t rows, size_t width,
                             float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *xr = x + r * width;
    float *yr = out + r * width;
    float m = row_sum(xr, width) / (float)width;
    v16 total = SPLAT(0.0f), part;
    float variance;
    size_t c;
    EACH_LANES(c, width) {
      v16 d = LOAD(xr + c) - SPLAT(m);
      total += d * d;
    }
    if (c < width) {
      LOAD_PART(part, xr + c, width - c, m);
      part -= SPLAT(m);
      total += part * part;
    }
    SUM_LANES(variance, total);
    float s = 1.0f / __builtin_sqrtf(variance / (float)width + epsilon);
    EACH_LANES(c, width) {
      v16 y = (LOAD(xr + c) - SPLAT(m)) * SPLAT(s) * LOAD(gamma + c);
      if (beta) y += LOAD(beta + c);
      STORE(yr + c, y);
    }
    for (; c < width; c++) yr[c] = (xr[c] - m) * s * gamma[c] + (beta ? beta[c] : 0.0f);
    if (mean) mean[r] = m;
    if (rstd) rstd[r] = s;
  }
}

GENKI_CLONES
void genki_layernorm_backward(float *dx, const float *dy, const float *x, const float *gamma,
                              const float *mean, const float *rstd, size_t rows, size_t width,
                              int accumulate) {
  for (size_t r = 0; r < rows; r++) {
    const float *xr = x + r * width, *gr = dy + r * width;
    float *dr = dx + r * width;
    float m = mean[r], s = rstd[r], sum, dot;
    v16 total = SPLAT(0.0f), product = SPLAT(0.0f);
    size_t c;
    EACH_LANES(c, width) {
      v16 g = LOAD(gr + c) * LOAD(gamma + c);
      total += g;
      product += g * (LOAD(xr + c) - SPLAT(m));
    }
    SUM_LANES(sum, total);
    SUM_LANES(dot, product);
    for (size_t t = c; t < width; t++) {
      float g = gr[t] * gamma[t];
      sum += g;
      dot += g * (xr[t] - m);
    }
    float a = sum / (float)width, b = dot * s * s / (float)width;
    EACH_LANES(c, width) {
      v16 g = LOAD(gr + c) * LOAD(gamma + c);
      v16 d = (g - SPLAT(a) - (LOAD(xr + c) - SPLAT(m)) * SPLAT(b)) * SPLAT(s);
      if (accumulate) d += LOAD(dr + c);
      STORE(dr + c, d);
    }
    for (; c < width; c++) {
      float d = (gr[c] * gamma[c] - a - (xr[c] - m) * b) * s;
      dr[c] = accumulate ? dr[c] + d : d;
    }
  }
}

GENKI_CLONES
void genki_layernorm_parameters(float *dgamma, float *dbeta, const float *dy, const float *x,
                                const float *mean, const float *rstd, size_t rows, size_t width,
                                size_t first, size_t last) {
  for (size_t r = 0; r < rows; r++) {
    const float *xr = x + r * width, *gr = dy + r * width;
    float m = mean[r], s = rstd[r];
    for (size_t c = first; c < last; c++) {
      dgamma[c] += gr[c] * ((xr[c] - m) * s);
      if (dbeta) dbeta[c] += gr[c];
    }
  }
}

GENKI_CLONES
void genki_rmsnorm_forward(float *out, size_t out_stride, float *rstd, const float *x,
                           size_t x_stride, const float *gamma, float offset, size_t rows,
                           size_t groups, size_t width, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t g = 0; g < groups; g++) {
      const float *xr = x + r * x_stride + g * width;
      float *yr = out + r * out_stride + g * width;
      v16 total = SPLAT(0.0f), part;
      float sum;
      size_t c;
      EACH_LANES(c, width) {
        v16 v = LOAD(xr + c);
        total += v * v;
      }
      if (c < width) {
        LOAD_PART(part, xr + c, width - c, 0.0f);
        total += part * part;
      }
      SUM_LANES(sum, total);
      float s = 1.0f / __builtin_sqrtf(sum / (float)width + epsilon);
      EACH_LANES(c, width)
        STORE(yr + c, LOAD(xr + c) * SPLAT(s) * (LOAD(gamma + c) + SPLAT(offset)));
      for (; c < width; c++) yr[c] = xr[c] * s * (gamma[c] + offset);
      if (rstd) rstd[r * groups + g] = s;
    }
  }
}

GENKI_CLONES
void genki_rmsnorm_backward(float *dx, size_t dx_stride, const float *dy, size_t dy_stride,
                            const float *x, size_t x_stride, const float *gamma, float offset,
                            const float *rstd, size_t rows, size_t groups, size_t width,
                            int accumulate) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t g = 0; g < groups; g++) {
      const float *xr = x + r * x_stride + g * width, *gr = dy + r * dy_stride + g * width;
      float *dr = dx + r * dx_stride + g * width;
      float s = rstd[r * groups + g], dot;
      v16 product = SPLAT(0.0f);
      size_t c;
      EACH_LANES(c, width) 
        product += LOAD(gr + c) * (LOAD(gamma + c) + SPLAT(offset)) * LOAD(xr + c);
      SUM_LANES(dot, product);
      for (size_t t = c; t < width; t++) dot += gr[t] * (gamma[t] + offset) * xr[t];
      float b = dot * s * s / (float)width;
      EACH_LANES(c, width) {
        v16 d = (LOAD(gr + c) * (LOAD(gamma + c) + SPLAT(offset)) - LOAD(xr + c) * SPLAT(b)) *
                SPLAT(s);
        if (accumulate) d += LOAD(dr + c);
        STORE(dr + c, d);
      }
      for (; c < width; c++) {
        float d = (gr[c] * (gamma[c] + offset) - xr[c] * b) * s;
        dr[c] = accumulate ? dr[c] + d : d;
      }
    }
  }
}

GENKI_CLONES
void genki_rmsnorm_parameters(float *dgamma, const float *dy, size_t dy_stride, const float *x,
                              size_t x_stride, const float *rstd, size_t rows, size_t groups,
                              size_t width, size_t first, size_t last) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t g = 0; g < groups; g++) {
      const float *xr = x + r * x_stride + g * width, *gr = dy + r * dy_stride + g * width;
      float s = rstd[r * groups + g];
      for (size_t c = first; c < last; c++) dgamma[c] += gr[c] * (xr[c] * s);
    }
  }
}
