// Conversions between float32 and the 16-bit storage formats of safetensors files.
//
// Integer arithmetic and single roundings only, so the results are the same on every processor. Each
// loop is compiled for several instruction sets and chosen at start.
#include "GenkiKernelsConvert.h"
#include "vector.h"

#include <string.h>

static inline uint16_t load16(const unsigned char *in) {
  uint16_t value;
  memcpy(&value, in, sizeof value);
  return value;
}

GENKI_CLONES
void genki_bfloat16_to_float32(float *out, const void *in, size_t count) {
  const unsigned char *source = in;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)load16(source + 2 * i) << 16;
    memcpy(out + i, &bits, sizeof bits);
  }
}

// A subnormal half of mantissa m is m * 2^-24, which float32 holds exactly; an exponent of 31 stands
// for infinity and NaN, whose payload moves up with the mantissa.
GENKI_CLONES
void genki_float16_to_float32(float *out, const void *in, size_t count) {
  const unsigned char *source = in;
  for (size_t i = 0; i < count; i++) {
    uint32_t half = load16(source + 2 * i);
    uint32_t sign = (half & 0x8000u) << 16;
    uint32_t magnitude = half & 0x7FFFu;
    uint32_t normal = (magnitude << 13) + (112u << 23);
    uint32_t special = (magnitude << 13) | 0x7F800000u;
    float small = (float)(int32_t)magnitude * 0x1p-24f;
    uint32_t subnormal;
    memcpy(&subnormal, &small, sizeof subnormal);
    uint32_t bits = magnitude >= 0x7C00u ? special : magnitude < 0x0400u ? subnormal : normal;
    bits |= sign;
    memcpy(out + i, &bits, sizeof bits);
  }
}

// Adding 0x7FFF plus the lowest kept bit rounds to nearest, ties to even; it carries into the
// exponent and, at the top, into infinity as it should. NaN keeps its upper payload and is quieted.
GENKI_CLONES
void genki_float32_to_bfloat16(uint16_t *out, const float *in, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, in + i, sizeof bits);
    uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    uint32_t quiet = (bits >> 16) | 0x0040u;
    out[i] = (uint16_t)((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded);
  }
}

// Values below 2^-14 become subnormal halves: adding 0.5 to a magnitude leaves the rounded multiple of
// 2^-24 in the lowest mantissa bits. Larger ones are rounded in their bits like bfloat16 above;
// from 65520 on the result is infinity.
GENKI_CLONES
void genki_float32_to_float16(uint16_t *out, const float *in, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, in + i, sizeof bits);
    uint32_t sign = (bits >> 16) & 0x8000u;
    uint32_t magnitude = bits & 0x7FFFFFFFu;
    // Larger values take another way: the clamp keeps NaN and infinity out of the addition.
    uint32_t clamped = magnitude < 0x38800000u ? magnitude : 0u;
    float small;
    memcpy(&small, &clamped, sizeof small);
    small += 0.5f;
    uint32_t subnormal;
    memcpy(&subnormal, &small, sizeof subnormal);
    subnormal -= 0x3F000000u;
    uint32_t normal = (magnitude - (112u << 23) + 0x0FFFu + ((magnitude >> 13) & 1u)) >> 13;
    uint32_t nan = ((magnitude >> 13) & 0x03FFu) | 0x7E00u;
    uint32_t half = magnitude > 0x7F800000u    ? nan
                    : magnitude >= 0x477FF000u ? 0x7C00u
                    : magnitude < 0x38800000u  ? subnormal
                                               : normal;
    out[i] = (uint16_t)(sign | half);
  }
}

// Looks at blocks whose check has no branch, then finds the place in the block.
GENKI_CLONES
size_t genki_first_nonfinite(const float *in, size_t count) {
  enum { block = 4096 };
  for (size_t start = 0; start < count; start += block) {
    size_t end = count - start < block ? count : start + block;
    uint32_t found = 0;
    for (size_t i = start; i < end; i++) {
      uint32_t bits;
      memcpy(&bits, in + i, sizeof bits);
      found |= (bits & 0x7F800000u) == 0x7F800000u;
    }
    if (!found) continue;
    for (size_t i = start; i < end; i++) {
      uint32_t bits;
      memcpy(&bits, in + i, sizeof bits);
      if ((bits & 0x7F800000u) == 0x7F800000u) return i;
    }
  }
  return count;
}
