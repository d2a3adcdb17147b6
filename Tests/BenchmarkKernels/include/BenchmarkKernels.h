#pragma once
#include <stddef.h>
#include <stdint.h>

// Chains of independent multiply-adds in registers: `rounds` times sixteen vectors of sixteen floats,
// so 2 * 16 * 16 * rounds operations. The result depends on all of them.
float genki_bench_multiply_add(size_t rounds, float factor);

// The same with pairs of bfloat16 values, so twice as many operations; only for processors that have
// the instructions (genki_product_available).
float genki_bench_multiply_add_bfloat16(size_t rounds, float factor);

// Reads `count` floats once; the result depends on all of them.
float genki_bench_read(const float *values, size_t count);
// The same along four streams at once, for which a core may ask memory for more.
float genki_bench_read_along_four(const float *values, size_t count);
