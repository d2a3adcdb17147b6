// SHA-256 of two independent streams side by side, on processors with instructions for it.
//
// The rounds of one stream wait for each other and leave half of the unit idle; a second stream fills
// it. Padding and the length at the end are the caller's.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Whether the processor can do it; nothing below may be called where this is 0.
int genki_sha256_supported(void);
// Takes up `count` blocks of 64 bytes into one state of eight words.
void genki_sha256_blocks(uint32_t *state, const void *data, size_t count);
// The same for two states and their data.
void genki_sha256_blocks_of_two(uint32_t *first, const void *first_data, uint32_t *second,
                                const void *second_data, size_t count);
