#pragma once
#include <stddef.h>
#include <stdint.h>

// Chains of independent multiply-adds in registers: `rounds` times sixteen vectors of sixteen floats,
// so 2 * 16 * 16 * rounds operations. The result depends on all of them.
float genki_bench_multiply_add(size_t rounds, float factor);

// Reads `count` floats once; the result depends on all of them.
float genki_bench_read(const float *values, size_t count);
