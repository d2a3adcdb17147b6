// Conversions between float32 and the 16-bit storage formats of safetensors files.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Sources may be unaligned. bfloat16 rounds to nearest even and keeps NaN quiet; float16 follows
// IEEE 754 with subnormals, infinities and NaN.
void genki_bfloat16_to_float32(float *out, const void *in, size_t count);
void genki_float16_to_float32(float *out, const void *in, size_t count);
void genki_float32_to_bfloat16(uint16_t *out, const float *in, size_t count);
void genki_float32_to_float16(uint16_t *out, const float *in, size_t count);
// Index of the first element that is not finite, or count.
size_t genki_first_nonfinite(const float *in, size_t count);
