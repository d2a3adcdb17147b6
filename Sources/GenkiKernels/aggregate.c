// Sums over models that must give the same bits on every processor and for any thread count.
//
// Vectors of eight lanes are lowered to whatever the processor has; each lane is an independent
// IEEE 754 operation, so the width that executes it does not show in the result.
#include "GenkiKernelsAggregate.h"

#include <math.h>
#include <string.h>

#pragma clang fp contract(off) reassociate(off)

#if defined(__x86_64__) && defined(__linux__)
#define ANY_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ANY_PROCESSOR
#endif

typedef float float8 __attribute__((vector_size(32)));
typedef double double8 __attribute__((vector_size(64)));

enum { lanes = 8 };

#define LOAD_DOUBLES(vector, source)               \
  do {                                             \
    float8 loaded;                                 \
    memcpy(&loaded, (source), sizeof loaded);      \
    (vector) = __builtin_convertvector(loaded, double8); \
  } while (0)

// Models whose streams are read at the same time: their sums fit the registers, and several
// streams keep the memory busier than one does. The processor stops to fetch ahead at the end of a
// page, so this asks for what lies so many elements ahead; beyond a mapping that does nothing.
enum { streams = 5, ahead = 384 };

#define TREE_SUM(s) \
  ((((s)[0] + (s)[4]) + ((s)[2] + (s)[6])) + (((s)[1] + (s)[5]) + ((s)[3] + (s)[7])))

ANY_PROCESSOR
double genki_sum_of_squares(const float *x, size_t count) {
  double8 even = {0}, odd = {0}, value;
  size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    LOAD_DOUBLES(value, x + i);
    even += value * value;
    LOAD_DOUBLES(value, x + i + lanes);
    odd += value * value;
  }
  double tail = 0;
  for (; i < count; i++) tail += (double)x[i] * (double)x[i];
  double8 sum = even + odd;
  return TREE_SUM(sum) + tail;
}

ANY_PROCESSOR
double genki_dot_product(const float *x, const float *y, size_t count) {
  double8 even = {0}, odd = {0}, left, right;
  size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    LOAD_DOUBLES(left, x + i);
    LOAD_DOUBLES(right, y + i);
    even += left * right;
    LOAD_DOUBLES(left, x + i + lanes);
    LOAD_DOUBLES(right, y + i + lanes);
    odd += left * right;
  }
  double tail = 0;
  for (; i < count; i++) tail += (double)x[i] * (double)y[i];
  double8 sum = even + odd;
  return TREE_SUM(sum) + tail;
}

ANY_PROCESSOR
void genki_subtract(float *out, const float *model, const float *base,
                    size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = model[i] - base[i];
}

ANY_PROCESSOR
void genki_accumulate_scaled(float *restrict sum, const float *restrict x, float coefficient,
                             size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += coefficient * x[i];
}

ANY_PROCESSOR
void genki_accumulate_changes(float *restrict sum, const float *const *models,
                              const float *coefficients, size_t model_count,
                              const float *restrict base, size_t count) {
  typedef float float16 __attribute__((vector_size(64)));
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    float16 low, high, base_low, base_high, value;
    memcpy(&low, sum + i, sizeof low);
    memcpy(&high, sum + i + 16, sizeof high);
    memcpy(&base_low, base + i, sizeof base_low);
    memcpy(&base_high, base + i + 16, sizeof base_high);
    for (size_t model = 0; model < model_count; model++) {
      memcpy(&value, models[model] + i, sizeof value);
      low += coefficients[model] * (value - base_low);
      memcpy(&value, models[model] + i + 16, sizeof value);
      high += coefficients[model] * (value - base_high);
    }
    memcpy(sum + i, &low, sizeof low);
    memcpy(sum + i + 16, &high, sizeof high);
  }
  for (; i < count; i++) {
    float value = sum[i];
    for (size_t model = 0; model < model_count; model++)
      value += coefficients[model] * (models[model][i] - base[i]);
    sum[i] = value;
  }
}

// The sums of squares of `used` models, and with `sum` also the weighted sum of their changes.
// `used` and `weighted` are constants where this is called, so each call is its own loop.
static inline __attribute__((always_inline)) void measure_changes(
    float *restrict sum, double *restrict state, const float *const *models,
    const float *coefficients, size_t used, int weighted, const float *restrict base,
    size_t count) {
  double8 even[streams], odd[streams];
  for (size_t model = 0; model < used; model++) {
    memcpy(&even[model], state + GENKI_SQUARES_STATE * model, sizeof(double8));
    memcpy(&odd[model], state + GENKI_SQUARES_STATE * model + lanes, sizeof(double8));
  }
  size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    float8 base_low, base_high, low, high;
    memcpy(&base_low, base + i, sizeof base_low);
    memcpy(&base_high, base + i + lanes, sizeof base_high);
    if (weighted) {
      memcpy(&low, sum + i, sizeof low);
      memcpy(&high, sum + i + lanes, sizeof high);
    }
#pragma clang loop unroll(full)
    for (size_t model = 0; model < used; model++) {
      float8 first, second;
      __builtin_prefetch(models[model] + i + ahead);
      memcpy(&first, models[model] + i, sizeof first);
      memcpy(&second, models[model] + i + lanes, sizeof second);
      first -= base_low;
      second -= base_high;
      if (weighted) {
        low += coefficients[model] * first;
        high += coefficients[model] * second;
      }
      double8 value = __builtin_convertvector(first, double8);
      even[model] += value * value;
      value = __builtin_convertvector(second, double8);
      odd[model] += value * value;
    }
    if (weighted) {
      memcpy(sum + i, &low, sizeof low);
      memcpy(sum + i + lanes, &high, sizeof high);
    }
  }
  for (size_t model = 0; model < used; model++) {
    double tail = state[GENKI_SQUARES_STATE * model + 2 * lanes];
    for (size_t j = i; j < count; j++) {
      float change = models[model][j] - base[j];
      if (weighted) sum[j] += coefficients[model] * change;
      tail += (double)change * (double)change;
    }
    memcpy(state + GENKI_SQUARES_STATE * model, &even[model], sizeof(double8));
    memcpy(state + GENKI_SQUARES_STATE * model + lanes, &odd[model], sizeof(double8));
    state[GENKI_SQUARES_STATE * model + 2 * lanes] = tail;
  }
}

ANY_PROCESSOR
void genki_change_squares(double *state, const float *const *models, size_t model_count,
                          const float *base, size_t count) {
  size_t model = 0;
  for (; model + streams <= model_count; model += streams)
    measure_changes(NULL, state + GENKI_SQUARES_STATE * model, models + model, NULL, streams, 0,
                    base, count);
  for (; model < model_count; model++)
    measure_changes(NULL, state + GENKI_SQUARES_STATE * model, models + model, NULL, 1, 0, base,
                    count);
}

ANY_PROCESSOR
void genki_accumulate_changes_and_squares(float *sum, double *state, const float *const *models,
                                          const float *coefficients, size_t model_count,
                                          const float *base, size_t count) {
  size_t model = 0;
  for (; model + streams <= model_count; model += streams)
    measure_changes(sum, state + GENKI_SQUARES_STATE * model, models + model,
                    coefficients + model, streams, 1, base, count);
  for (; model < model_count; model++)
    measure_changes(sum, state + GENKI_SQUARES_STATE * model, models + model,
                    coefficients + model, 1, 1, base, count);
}

double genki_squares_total(const double *state) {
  double8 even, odd;
  memcpy(&even, state, sizeof even);
  memcpy(&odd, state + lanes, sizeof odd);
  double8 sum = even + odd;
  return TREE_SUM(sum) + state[2 * lanes];
}

ANY_PROCESSOR
void genki_add_scaled(float *out, const float *base, const float *x, float coefficient,
                      size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = base[i] + coefficient * x[i];
}

// One row's stretch: out[j] = sum over k of left[k] * right[k][j].
ANY_PROCESSOR
static void product_row(float *restrict out, const float *restrict left,
                        const float *restrict right, size_t rank, size_t columns, size_t count) {
  enum { block = 512 };
  for (size_t start = 0; start < count; start += block) {
    size_t length = count - start < block ? count - start : block;
    float *target = out + start;
    for (size_t j = 0; j < length; j++) target[j] = 0;
    for (size_t k = 0; k < rank; k++) {
      const float factor = left[k];
      const float *source = right + k * columns + start;
      for (size_t j = 0; j < length; j++) target[j] += factor * source[j];
    }
  }
}

void genki_low_rank_product(float *out, const float *left, const float *right, size_t rank,
                            size_t columns, size_t begin, size_t count) {
  if (columns == 0) return;
  size_t row = begin / columns, column = begin % columns;
  while (count > 0) {
    size_t stretch = columns - column < count ? columns - column : count;
    product_row(out, left + row * rank, right + column, rank, columns, stretch);
    out += stretch;
    count -= stretch;
    row += 1;
    column = 0;
  }
}

// Odd-even transposition: a fixed network of minima and maxima over contiguous stretches.
ANY_PROCESSOR
void genki_sort_coordinates(float *const *rows, size_t row_count, size_t count) {
  enum { block = 256 };
  for (size_t start = 0; start < count; start += block) {
    size_t length = count - start < block ? count - start : block;
    for (size_t pass = 0; pass < row_count; pass++) {
      for (size_t row = pass % 2; row + 1 < row_count; row += 2) {
        float *restrict low = rows[row] + start;
        float *restrict high = rows[row + 1] + start;
        for (size_t i = 0; i < length; i++) {
          float a = low[i], b = high[i];
          int swap = b < a;
          low[i] = swap ? b : a;
          high[i] = swap ? a : b;
        }
      }
    }
  }
}

ANY_PROCESSOR
void genki_mean_of_rows(float *restrict out, float *const *rows, size_t first, size_t last,
                        size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = 0;
  for (size_t row = first; row < last; row++) {
    const float *restrict values = rows[row];
    for (size_t i = 0; i < count; i++) out[i] += values[i];
  }
  const float divisor = (float)(last - first);
  for (size_t i = 0; i < count; i++) out[i] /= divisor;
}

// exp(x) for x <= 0 in float32: x = n ln 2 + r, a polynomial of degree 7 in r, times 2^n.
// Below -87 the result would leave the normal numbers and is taken at -87.
static inline __attribute__((always_inline)) float exp_of_nonpositive(float x) {
  x = x < -87.0f ? -87.0f : x;
  const float rounder = 12582912.0f;  // 1.5 * 2^23
  float n = (x * 1.44269504f + rounder) - rounder;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

ANY_PROCESSOR
int genki_root_probabilities(float *restrict out, const float *restrict logits, size_t count) {
  if (count == 0) return 0;
  float largest = logits[0];
  for (size_t i = 0; i < count; i++) {
    float value = logits[i];
    if (!(value - value == 0)) return 0;
    largest = value > largest ? value : largest;
  }
  for (size_t i = 0; i < count; i++) out[i] = exp_of_nonpositive((logits[i] - largest) * 0.5f);
  const float scale = (float)(1.0 / sqrt(genki_sum_of_squares(out, count)));
  for (size_t i = 0; i < count; i++) out[i] *= scale;
  return 1;
}

void genki_gather_root_probabilities(float *out, const float *roots, const int32_t *ids,
                                     size_t kept) {
  double probability = 0;
  for (size_t i = 0; i < kept; i++) {
    float root = roots[ids[i]];
    out[i] = root;
    probability += (double)root * (double)root;
  }
  double rest = 1 - probability;
  out[kept] = rest > 0 ? (float)sqrt(rest) : 0;
}
