// The element-wise and row-wise parts of a transformer, forward and backward, in float32.
// Matrices are row-major. `+=` in a comment means that the output is added to.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Normalisation. x and out hold `rows` groups of `groups` vectors of `width` floats; vector g of row
// r starts at r * stride + g * width. mean and rstd hold rows * groups values.
// LayerNorm: out = (x - mean) / sqrt(var + epsilon) * gamma + beta (beta may be NULL).
void genki_layernorm_forward(float *out, float *mean, float *rstd, const float *x,
                             const float *gamma, const float *beta, size_t rows, size_t width,
                             float epsilon);
// dx (+)= the gradient of the input; `accumulate` 0 overwrites. dx may be dy itself then.
void genki_layernorm_backward(float *dx, const float *dy, const float *x, const float *gamma,
                              const float *mean, const float *rstd, size_t rows, size_t width,
                              int accumulate);
// dgamma[c] +=, dbeta[c] += for the columns first ..< last.
void genki_layernorm_parameters(float *dgamma, float *dbeta, const float *dy, const float *x,
                                const float *mean, const float *rstd, size_t rows, size_t width,
                                size_t first, size_t last);
// RMSNorm: out = x / sqrt(mean(x^2) + epsilon) * (gamma + offset); Gemma's offset is 1.
void genki_rmsnorm_forward(float *out, size_t out_stride, float *rstd, const float *x,
                           size_t x_stride, const float *gamma, float offset, size_t rows,
                           size_t groups, size_t width, float epsilon);
// dx (+)= the gradient of the input; `accumulate` 0 overwrites. dx may be dy itself then.
void genki_rmsnorm_backward(float *dx, size_t dx_stride, const float *dy, size_t dy_stride,
                            const float *x, size_t x_stride, const float *gamma, float offset,
                            const float *rstd, size_t rows, size_t groups, size_t width,
                            int accumulate);
// dgamma[c] += for the columns first ..< last of each vector.
void genki_rmsnorm_parameters(float *dgamma, const float *dy, size_t dy_stride, const float *x,
                              size_t x_stride, const float *rstd, size_t rows, size_t groups,
                              size_t width, size_t first, size_t last);

// Activations: GELU in its tanh form, 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), and in its exact
// form, 0.5 x (1 + erf(x / sqrt(2))); SiLU, x / (1 + e^-x).
enum genki_activation { genki_gelu_tanh, genki_gelu_erf, genki_silu };
// out = f(x).
void genki_activation_forward(enum genki_activation kind, float *out, const float *x,
                              size_t count);
// dx = dy * f'(x); dx may be dy.
void genki_activation_backward(enum genki_activation kind, float *dx, const float *dy,
                               const float *x, size_t count);
// out = f(gate) * up.
void genki_gated_forward(enum genki_activation kind, float *out, const float *gate,
                         const float *up, size_t count);
// dgate and dup from dy; either may be dy.
void genki_gated_backward(enum genki_activation kind, float *dgate, float *dup, const float *dy,
                          const float *gate, const float *up, size_t count);

// Rotary positions: pairs (i, i + half) of each head turn by the angle of the row's position; what
// lies behind the first 2 * half floats of a head stays. x[rows][stride], a head every head_step floats;
// cosine and sine [positions][half]; row r has position positions[r]. direction 1 turns forward, -1
// back (the gradient).
void genki_rope(float *x, size_t stride, const float *cosine, const float *sine,
                const int32_t *positions, size_t rows, size_t heads, size_t head_step, size_t half,
                float direction);

// Attention. scores[rows][ld] against `keys` keys, the first of which is key first_key of the
// sequence; row r is query first_query + r and sees the keys j with
// query - window < j <= query. Turns scores into probabilities in place (0 where unseen) and
// writes log(sum(exp)) of each row, at log_sum[r * log_sum_stride].
void genki_attention_softmax(float *scores, size_t ld, float *log_sum, size_t log_sum_stride,
                             size_t rows, size_t keys, size_t first_query, size_t first_key,
                             size_t window);
// Recomputes the probabilities in place from scores and the stored log(sum(exp)).
void genki_attention_probabilities(float *scores, size_t ld, const float *log_sum,
                                   size_t log_sum_stride, size_t rows, size_t keys,
                                   size_t first_query, size_t first_key, size_t window);
// ds[r][j] = p[r][j] * (dp[r][j] - dot(do[r], o[r])), in place over dp; d_out and out have `width`
// floats a row at the given stride.
void genki_attention_backward(float *dp, const float *p, size_t ld, const float *d_out,
                              const float *out, size_t stride, size_t width, size_t rows,
                              size_t keys);

// Cross-entropy of `rows` rows whose logits come some columns at a time: begin, add for every column
// once, end. targets[rows] are columns of the whole rows.
void genki_cross_entropy_begin(float *largest, float *sum, size_t rows);
// logits[rows][ld] are the columns first ..< first + width; largest and sum are the running maximum
// and sum(exp(logits - largest)); chosen becomes the target's logit when it is among them.
void genki_cross_entropy_add(float *largest, float *sum, float *chosen, const float *logits,
                             size_t ld, size_t width, size_t first, const int32_t *targets,
                             size_t rows);
// losses[r] = log(sum(exp(logits))) - logits[target] in nats; sum becomes log(sum(exp(logits))).
void genki_cross_entropy_end(float *losses, const float *largest, float *sum, const float *chosen,
                             size_t rows);
// logits of the columns first ..< first + width become scale * (softmax - onehot), in place.
void genki_cross_entropy_gradient(float *logits, size_t ld, size_t width, size_t first,
                                  const int32_t *targets, const float *log_sum, size_t rows,
                                  float scale);
// Softmax of each row, in place.
void genki_softmax_rows(float *x, size_t ld, size_t width, size_t rows);

// Rows. x[r] += bias.
void genki_add_bias(float *x, size_t stride, const float *bias, size_t rows, size_t width);
// x[r] = bias.
void genki_set_bias(float *x, size_t stride, const float *bias, size_t rows, size_t width);
// out[c] += sum over rows of x[r][c] for the columns first ..< last.
void genki_column_sums(float *out, const float *x, size_t stride, size_t rows, size_t first,
                       size_t last);
// out += x.
void genki_add(float *out, const float *x, size_t count);
// out = scale * x; out may be x.
void genki_scale(float *out, const float *x, float scale, size_t count);
// out = x + scale * out: a branch joins the residual stream x.
void genki_join(float *out, const float *x, float scale, size_t count);
// out[r] = scale * token_table[ids[r]] + position_table[positions[r]]; position_table may be NULL.
void genki_embed(float *out, const float *token_table, float scale, const float *position_table,
                 const int32_t *ids, const int32_t *positions, size_t rows, size_t width);
// table[ids[r]][first ..< last] += scale * dx[r][first ..< last], rows in ascending order; those
// whose id is `left_out` give nothing.
void genki_embed_backward(float *table, const float *dx, float scale, const int32_t *ids,
                          int32_t left_out, size_t rows, size_t width, size_t first, size_t last);
// Inverted dropout: out = x * keep / (1 - probability); element (r, c) of the matrix is kept by a
// hash of (key, (first_row + r) * width + c), so that any part can be made again.
void genki_dropout(float *out, const float *x, size_t rows, size_t width, size_t first_row,
                   uint64_t key, float probability, int accumulate);

// AdamW with decoupled decay, as PyTorch computes it. The factors come in float64 arithmetic from the
// caller, rounded once.
struct genki_adamw_factors {
  float keep;                      // 1 - rate * decay
  float step_size;                 // rate / (1 - beta1^t)
  float gain1;                     // 1 - beta1
  float beta2;                     //
  float gain2;                     // 1 - beta2
  float inverse_root_correction2;  // 1 / sqrt(1 - beta2^t)
  float epsilon;                   //
  float gradient_scale;            // the clipping factor
};
// g *= gradient_scale; m += (g - m) * gain1; v = beta2 * v + gain2 * g^2;
// w = keep * w - step_size * m / (sqrt(v) * inverse_root_correction2 + epsilon).
void genki_adamw(float *w, const float *g, float *m, float *v, size_t count,
                 const struct genki_adamw_factors *factors);
