// Products of row-major float32 matrices on processors with 512-bit vectors.
//
// Every element of the result is one chain of fused multiply-adds over k, cut into blocks whose length
// depends on nothing but the kind: how rows and columns are split over threads does not show in the
// result.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum genki_product_kind {
  genki_product_float32 = 0,
  // Both matrices are rounded to bfloat16 (to nearest, ties to even) as they are read; products are
  // exact and added in float32.
  genki_product_bfloat16 = 1,
};

// Whether this processor has the instructions that `kind` needs.
int genki_product_available(enum genki_product_kind kind);
// The bytes of scratch memory that a call needs; every thread has its own.
size_t genki_product_workspace_bytes(void);
// c[m, n] = alpha * a * b, or += with `accumulate`.
// a is [m, k], or [k, m] with `transpose_a`; b is [k, n], or [n, k] with `transpose_b`. ld* are the
// floats from one row to the next. `workspace` is aligned to 64 bytes.
void genki_product(enum genki_product_kind kind, size_t m, size_t n, size_t k, float alpha,
                   const float *a, size_t lda, int transpose_a, const float *b, size_t ldb,
                   int transpose_b, int accumulate, float *c, size_t ldc, void *workspace);

// What a matrix is stored as.
enum genki_stored_kind {
  genki_stored_float32 = 0,
  genki_stored_bfloat16 = 1,
  genki_stored_float16 = 2,
};

// y[n] = alpha * b * x, or += with `accumulate`, on every processor. b is [n, k], its rows `ldb` elements
// apart, at any address; its elements are widened exactly and summed in float32.
void genki_row_times_stored(enum genki_stored_kind kind, float *y, const float *x, const void *b,
                            size_t ldb, size_t n, size_t k, float alpha, int accumulate);
// The same without the processor's own conversion of halves.
void genki_row_times_stored_portably(enum genki_stored_kind kind, float *y, const float *x,
                                     const void *b, size_t ldb, size_t n, size_t k, float alpha,
                                     int accumulate);
// y[n] = alpha * x[k] * b, or +=; b is [k, n].
void genki_row_times_matrix(float *y, const float *x, const float *b, size_t ldb, size_t n,
                            size_t k, float alpha, int accumulate);
