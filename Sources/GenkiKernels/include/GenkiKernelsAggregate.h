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
// sum += coefficients[j] * (models[j] - base) for j = 0, 1, ..., one after the other
void genki_accumulate_changes(float *sum, const float *const *models, const float *coefficients,
                              size_t model_count, const float *base, size_t count);

// The running sum of squares of a stretch of 65,536 elements or less, which may be passed over in
// pieces whose lengths are multiples of 16 but for the last; all zeros at first.
#define GENKI_SQUARES_STATE 17
// What genki_sum_of_squares gives for the whole stretch.
double genki_squares_total(const double *state);
// state[j] takes up the squares of models[j] - base
void genki_change_squares(double *state, const float *const *models, size_t model_count,
                          const float *base, size_t count);
// Both in one pass: the squares, and sum as in genki_accumulate_changes
void genki_accumulate_changes_and_squares(float *sum, double *state, const float *const *models,
                                          const float *coefficients, size_t model_count,
                                          const float *base, size_t count);
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
