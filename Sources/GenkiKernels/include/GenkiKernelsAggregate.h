// Kernels of aggregation and similarity whose results are the same bits on every processor:
// every operation is a single IEEE 754 one in a fixed order, without contraction or reassociation.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Sum of squares in float64. Sixteen interleaved partial sums, then a fixed tree.
double genki_sum_of_squares(const float *x, size_t count);
// Dot product in float64, in the same order.
double genki_dot_product(const float *x, const float *y, size_t count);

// out = model - base; out may be model
void genki_subtract(float *out, const float *model, const float *base, size_t count);
// sum += coefficient * x, the product rounded before the addition
void genki_accumulate_scaled(float *sum, const float *x, float coefficient, size_t count);
// sum += coefficient * (model - base)
void genki_accumulate_change(float *sum, const float *model, const float *base, float coefficient,
                             size_t count);
// out = base + coefficient * x; out may be base
void genki_add_scaled(float *out, const float *base, const float *x, float coefficient,
                      size_t count);

// Elements begin..begin+count-1 of the row-major product left[rows,rank] * right[rank,columns],
// k ascending from 0.
void genki_low_rank_product(float *out, const float *left, const float *right, size_t rank,
                            size_t columns, size_t begin, size_t count);

// Sorts each coordinate of the rows in place: afterwards rows[0][i] <= rows[1][i] <= ...
// The values must not be NaN.
void genki_sort_coordinates(float *const *rows, size_t row_count, size_t count);
// out[i] = mean of rows[first][i] .. rows[last - 1][i], summed in row order
void genki_mean_of_rows(float *out, float *const *rows, size_t first, size_t last, size_t count);

// out = square roots of softmax(logits) at temperature 1; returns 0 if that is not finite.
int genki_root_probabilities(float *out, const float *logits, size_t count);
// out[0..kept-1] = roots[ids[...]], out[kept] = the root of what is left of the probability.
void genki_gather_root_probabilities(float *out, const float *roots, const int32_t *ids,
                                     size_t kept);
