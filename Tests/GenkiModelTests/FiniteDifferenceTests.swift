import Foundation
import GenkiKernels
import GenkiModel
import TestSupport
import Testing

/// Every backward kernel against central differences of its forward kernel, at awkward sizes.
@Suite struct FiniteDifferenceTests {
  /// The law: for y = f(x) and a fixed direction g, d(Σ g·y)/dx_i equals (f(x + h e_i) − f(x − h e_i))·g / 2h.
  private func expectGradient(
    of function: ([Float]) -> [Float], at x: [Float], direction g: [Float], is found: [Float],
    tolerance: Double = 2e-3, _ what: Comment
  ) {
    let step: Float = 1e-2
    for index in x.indices {
      var up = x
      up[index] += step
      var down = x
      down[index] -= step
      let (high, low) = (function(up), function(down))
      var difference = 0.0
      for output in g.indices {
        difference += Double(g[output]) * (Double(high[output]) - Double(low[output]))
      }
      difference /= Double(up[index] - down[index])
      #expect(
        abs(difference - Double(found[index])) <= tolerance * max(1, abs(difference)), what)
    }
  }

  private func values(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Float(state >> 40) / Float(1 << 23) - 1) * scale
    }
  }

  @Test(arguments: [3, 16, 21, 48])
  func layerNorm(width: Int) {
    let rows = 3
    let epsilon: Float = 1e-5
    let x = values(rows * width, seed: 1)
    let (gamma, beta) = (values(width, seed: 2), values(width, seed: 3))
    let g = values(rows * width, seed: 4)
    func forward(_ x: [Float], _ gamma: [Float], _ beta: [Float]) -> [Float] {
      var out = x
      genki_layernorm_forward(&out, nil, nil, x, gamma, beta, rows, width, epsilon)
      return out
    }
    var (mean, rstd, out) = (values(rows, seed: 0), values(rows, seed: 0), x)
    genki_layernorm_forward(&out, &mean, &rstd, x, gamma, beta, rows, width, epsilon)
    var dx = [Float](repeating: 0, count: x.count)
    genki_layernorm_backward(&dx, g, x, gamma, mean, rstd, rows, width, 1)
    // In the place of the output's gradient, it is the same.
    var inPlace = g
    genki_layernorm_backward(&inPlace, inPlace, x, gamma, mean, rstd, rows, width, 0)
    #expect(inPlace == dx)
    var dgamma = [Float](repeating: 0, count: width)
    var dbeta = dgamma
    // Two shares of the columns, as two workers would take them.
    genki_layernorm_parameters(&dgamma, &dbeta, g, x, mean, rstd, rows, width, 0, width / 2)
    genki_layernorm_parameters(&dgamma, &dbeta, g, x, mean, rstd, rows, width, width / 2, width)
    expectGradient(
      of: { forward($0, gamma, beta) }, at: x, direction: g, is: dx, tolerance: 5e-3, "input")
    expectGradient(
      of: { forward(x, $0, beta) }, at: gamma, direction: g, is: dgamma, "gamma")
    expectGradient(of: { forward(x, gamma, $0) }, at: beta, direction: g, is: dbeta, "beta")
  }

  @Test(arguments: [(1, 3), (1, 40), (4, 16), (3, 5)], [Float(0), 1])
  func rmsNormOfWholeRowsAndOfHeads(shape: (groups: Int, width: Int), offset: Float) {
    let (groups, width) = shape
    let rows = 2
    let stride = groups * width + 3
    let epsilon: Float = 1e-6
    let x = values(rows * stride, seed: 5)
    let gamma = values(width, seed: 6)
    // The three floats behind the heads of a row belong to somebody else: no direction there.
    var g = values(rows * stride, seed: 7)
    for row in 0..<rows { for extra in 0..<3 { g[row * stride + groups * width + extra] = 0 } }
    func forward(_ x: [Float], _ gamma: [Float]) -> [Float] {
      var out = x
      genki_rmsnorm_forward(
        &out, stride, nil, x, stride, gamma, offset, rows, groups, width, epsilon)
      return out
    }
    var rstd = [Float](repeating: 0, count: rows * groups)
    var out = x
    genki_rmsnorm_forward(
      &out, stride, &rstd, x, stride, gamma, offset, rows, groups, width, epsilon)
    var dx = [Float](repeating: 0, count: x.count)
    genki_rmsnorm_backward(
      &dx, stride, g, stride, x, stride, gamma, offset, rstd, rows, groups, width, 0)
    var dgamma = [Float](repeating: 0, count: width)
    genki_rmsnorm_parameters(
      &dgamma, g, stride, x, stride, rstd, rows, groups, width, 0, width)
    expectGradient(
      of: { forward($0, gamma) }, at: x, direction: g, is: dx, tolerance: 5e-3, "input")
    expectGradient(of: { forward(x, $0) }, at: gamma, direction: g, is: dgamma, "gamma")
  }

  static let activations = [genki_gelu_tanh, genki_gelu_erf, genki_silu]

  @Test(arguments: activations.indices, [1, 16, 37])
  func activation(index: Int, count: Int) {
    let kind = Self.activations[index]
    let x = values(count, seed: 8, scale: 4)
    let g = values(count, seed: 9)
    var dx = x
    genki_activation_backward(kind, &dx, g, x, count)
    expectGradient(
      of: {
        var out = $0
        genki_activation_forward(kind, &out, $0, count)
        return out
      }, at: x, direction: g, is: dx, "input")
  }

  @Test(arguments: activations.indices, [1, 16, 37])
  func gated(index: Int, count: Int) {
    let kind = Self.activations[index]
    let (gate, up) = (values(count, seed: 10, scale: 4), values(count, seed: 11, scale: 2))
    let g = values(count, seed: 12)
    var (dgate, dup) = (gate, up)
    genki_gated_backward(kind, &dgate, &dup, g, gate, up, count)
    func forward(_ gate: [Float], _ up: [Float]) -> [Float] {
      var out = gate
      genki_gated_forward(kind, &out, gate, up, count)
      return out
    }
    expectGradient(of: { forward($0, up) }, at: gate, direction: g, is: dgate, "gate")
    expectGradient(of: { forward(gate, $0) }, at: up, direction: g, is: dup, "up")
    // What is computed where it lies is the same.
    var inPlace = g
    var upInPlace = up
    genki_gated_backward(kind, &inPlace, &upInPlace, inPlace, gate, up, count)
    #expect(inPlace == dgate && upInPlace == dup)
  }

  /// x Φ(x), with the error function of the C library in float64.
  @Test func exactGELUIsExactToItsBound() {
    for x in stride(from: Float(-12), through: 12, by: 0.0137) {
      var out: Float = 0
      genki_activation_forward(genki_gelu_erf, &out, [x], 1)
      let exact = Double(x) * 0.5 * complementaryError(-Double(x) / 2.0.squareRoot())
      // The bound of the polynomial, half of it for Φ, times x; and the rounding of float32.
      #expect(abs(Double(out) - exact) <= 0.8e-7 * abs(Double(x)) + 1.2e-7 * abs(exact))
    }
  }

  @Test func rotationTurnsBack() {
    // Three floats behind the turning ones of each head stay.
    let (rows, heads, half) = (3, 2, 5)
    let step = 2 * half + 3
    let stride = heads * step
    let x = values(rows * stride, seed: 13)
    let angles = values(8 * half, seed: 14, scale: 3)
    let cosines = angles.map(cosine)
    let sines = angles.map(sine)
    let positions: [Int32] = [0, 7, 3]
    var turned = x
    genki_rope(&turned, stride, cosines, sines, positions, rows, heads, step, half, 1)
    for index in x.indices where index % step >= 2 * half { #expect(turned[index] == x[index]) }
    #expect(turned != x)
    // A rotation keeps lengths, and its gradient is the rotation back.
    genki_rope(&turned, stride, cosines, sines, positions, rows, heads, step, half, -1)
    for (a, b) in zip(turned, x) { #expect(abs(a - b) < 1e-5) }
  }

  @Test(arguments: [2, 16, 33])
  func crossEntropy(width: Int) {
    let rows = 2
    let logits = values(rows * width, seed: 15, scale: 3)
    let targets: [Int32] = [0, Int32(width - 1)]
    let scale: Float = 0.25
    // In two pieces of columns, as the head makes them.
    let pieces = [0..<(width / 2 + 1), (width / 2 + 1)..<width].filter { !$0.isEmpty }
    var logSums = [Float](repeating: 0, count: rows)
    func forward(_ logits: [Float]) -> [Float] {
      var (largest, chosen) = (logSums, logSums)
      var losses = logSums
      genki_cross_entropy_begin(&largest, &logSums, rows)
      for piece in pieces {
        let part = Array(logits[piece.lowerBound...])
        genki_cross_entropy_add(
          &largest, &logSums, &chosen, part, width, piece.count, piece.lowerBound, targets, rows)
      }
      genki_cross_entropy_end(&losses, largest, &logSums, chosen, rows)
      return losses
    }
    for (row, loss) in forward(logits).enumerated() {
      let values = logits[(row * width)..<((row + 1) * width)].map { exp(Double($0)) }
      let expected = log(values.reduce(0, +)) - log(values[Int(targets[row])])
      #expect(abs(Double(loss) - expected) < 2e-6)
    }
    _ = forward(logits)
    var gradient = logits
    gradient.withUnsafeMutableBufferPointer { all in
      guard let base = all.baseAddress else { return }
      for piece in pieces {
        genki_cross_entropy_gradient(
          base + piece.lowerBound, width, piece.count, piece.lowerBound, targets, logSums, rows,
          scale)
      }
    }
    expectGradient(
      of: forward, at: logits, direction: [scale, scale], is: gradient, "logits")
  }

  @Test(arguments: [(0, 100), (4, 100), (4, 2), (0, 1)])
  func attentionSoftmax(firstQuery: Int, window: Int) {
    let rows = 3
    let keys = firstQuery + rows
    let width = 5
    let scores = values(rows * keys, seed: 16, scale: 2)
    let value = values(keys * width, seed: 17)
    let g = values(rows * width, seed: 18)
    func probabilities(_ scores: [Float]) -> [Float] {
      var p = scores
      genki_attention_softmax(&p, keys, nil, 0, rows, keys, firstQuery, 0, window)
      return p
    }
    func attend(_ scores: [Float]) -> [Float] {
      let p = probabilities(scores)
      return (0..<(rows * width)).map { index in
        (0..<keys).reduce(0) {
          $0 + p[index / width * keys + $1] * value[$1 * width + index % width]
        }
      }
    }
    let p = probabilities(scores)
    for row in 0..<rows {
      let query = firstQuery + row
      for key in 0..<keys {
        let visible = key <= query && key > query - window
        #expect((p[row * keys + key] > 0) == visible)
      }
    }
    // The recomputed probabilities are the stored ones.
    var (again, sums) = (scores, [Float](repeating: 0, count: rows))
    genki_attention_softmax(&again, keys, &sums, 1, rows, keys, firstQuery, 0, window)
    again = scores
    genki_attention_probabilities(&again, keys, sums, 1, rows, keys, firstQuery, 0, window)
    for (a, b) in zip(again, p) { #expect(abs(a - b) < 1e-6) }
    var dp = (0..<(rows * keys)).map { index in
      (0..<width).reduce(Float(0)) {
        $0 + g[index / keys * width + $1] * value[index % keys * width + $1]
      }
    }
    genki_attention_backward(&dp, p, keys, g, attend(scores), width, width, rows, keys)
    expectGradient(of: attend, at: scores, direction: g, is: dp, "scores")
  }

  @Test func embeddingGradientsAddUpRepeatedTokens() {
    let (rows, width) = (4, 6)
    let ids: [Int32] = [1, 0, 1, 1]
    let dx = values(rows * width, seed: 19)
    var table = [Float](repeating: 0, count: 2 * width)
    genki_embed_backward(&table, dx, 1, ids, -1, rows, width, 0, 4)
    genki_embed_backward(&table, dx, 1, ids, -1, rows, width, 4, width)
    for column in 0..<width {
      #expect(table[column] == dx[width + column])
      let sum = dx[column] + dx[2 * width + column] + dx[3 * width + column]
      #expect(abs(table[width + column] - sum) < 1e-6)
    }
    var scaled = [Float](repeating: 0, count: 2 * width)
    genki_embed_backward(&scaled, dx, 2, ids, 1, rows, width, 0, width)
    for column in 0..<width {
      #expect(scaled[column] == 2 * dx[width + column] && scaled[width + column] == 0)
    }
  }

  @Test func exponentialIsAccurateOverItsRange() {
    // softmax([x, 0]) gives e^x / (1 + e^x); the reference is float64.
    for x in stride(from: Float(-80), through: 0, by: 0.37) {
      var row: [Float] = [x, 0]
      genki_softmax_rows(&row, 2, 2, 1)
      let exact = exponential(Double(x)) / (1 + exponential(Double(x)))
      #expect(abs(Double(row[0]) - exact) <= 4e-7 * exact + 1e-37)
    }
  }
}
