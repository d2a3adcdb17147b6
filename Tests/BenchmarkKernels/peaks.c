// What the machine can do at most, to compare kernels with: multiply-adds in registers, and reads.
#include "BenchmarkKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__x86_64__)
#define BENCH_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BENCH_CLONES
#endif
#define LANES 16
#define CHAINS 16

typedef float lanes __attribute__((vector_size(64)));
typedef float lanes_unaligned __attribute__((vector_size(64), aligned(4)));

BENCH_CLONES
float genki_bench_multiply_add(size_t rounds, float factor) {
#pragma clang fp contract(fast)
  lanes sum[CHAINS];
  lanes scale = {0};
  scale = scale + factor;
  for (int c = 0; c < CHAINS; c++) sum[c] = scale * (float)(c + 1);
  for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < CHAINS; c++) sum[c] = sum[c] * scale + scale;
  }
  float total = 0;
  for (int c = 0; c < CHAINS; c++)
    for (int l = 0; l < LANES; l++) total += sum[c][l];
  return total;
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bf16")))
float genki_bench_multiply_add_bfloat16(size_t rounds, float factor) {
  __m512 sum[CHAINS];
  __m512bh scale = _mm512_cvtne2ps_pbh(_mm512_set1_ps(factor), _mm512_set1_ps(factor));
  for (int c = 0; c < CHAINS; c++) sum[c] = _mm512_set1_ps((float)c);
  for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < CHAINS; c++) sum[c] = _mm512_dpbf16_ps(sum[c], scale, scale);
  }
  float total = 0;
  for (int c = 0; c < CHAINS; c++)
    for (int l = 0; l < LANES; l++) total += sum[c][l];
  return total;
}
#else
float genki_bench_multiply_add_bfloat16(size_t rounds, float factor) {
  return genki_bench_multiply_add(rounds, factor);
}
#endif

BENCH_CLONES
float genki_bench_read_along_four(const float *values, size_t count) {
  lanes sum[8] = {{0}};
  const size_t quarter = count / 4;
  size_t i = 0;
  for (; i + 2 * LANES <= quarter; i += 2 * LANES)
#pragma clang loop unroll(full)
    for (int s = 0; s < 4; s++) {
      const float *place = values + (size_t)s * quarter + i;
      __builtin_prefetch(place + 8 * LANES, 0, 0);
      __builtin_prefetch(place + 9 * LANES, 0, 0);
      sum[2 * s] += *(const lanes_unaligned *)place;
      sum[2 * s + 1] += *(const lanes_unaligned *)(place + LANES);
    }
  float total = 0;
  for (; i < quarter; i++)
    for (int s = 0; s < 4; s++) total += values[(size_t)s * quarter + i];
  for (size_t c = 4 * quarter; c < count; c++) total += values[c];
  for (int c = 0; c < 8; c++)
    for (int l = 0; l < LANES; l++) total += sum[c][l];
  return total;
}

BENCH_CLONES
float genki_bench_read(const float *values, size_t count) {
  lanes sum[8] = {{0}};
  size_t i = 0;
  for (; i + 8 * LANES <= count; i += 8 * LANES)
#pragma clang loop unroll(full)
    for (int c = 0; c < 8; c++) sum[c] += *(const lanes_unaligned *)(values + i + c * LANES);
  float total = 0;
  for (; i < count; i++) total += values[i];
  for (int c = 0; c < 8; c++)
    for (int l = 0; l < LANES; l++) total += sum[c][l];
  return total;
}
