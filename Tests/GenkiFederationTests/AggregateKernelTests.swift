import GenkiCore
import GenkiKernels
import Testing

/// The vectorised kernels against the same operations one by one: every bit must agree.
struct AggregateKernelTests {
  /// Lengths around the vector width and the block sizes.
  static let lengths = [1, 7, 8, 15, 16, 17, 255, 257, 513, 1_000]

  static func values(_ count: Int, seed: UInt64) -> [Float] {
    var random = DeterministicRandom(seed: seed, domain: "test/kernel")
    return (0..<count).map { _ in Float(random.gaussian()) * Float(1 << random.next(below: 12)) }
  }

  /// Sixteen interleaved sums and a fixed tree, as the header says.
  static func dot(_ x: [Float], _ y: [Float]) -> Double {
    var lanes = [Double](repeating: 0, count: 16)
    let whole = x.count / 16 * 16
    for index in 0..<whole { lanes[index % 16] += Double(x[index]) * Double(y[index]) }
    var tail = 0.0
    for index in whole..<x.count { tail += Double(x[index]) * Double(y[index]) }
    let s = (0..<8).map { lanes[$0] + lanes[$0 + 8] }
    return (((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))) + tail
  }

  @Test(arguments: lengths) func sumsFollowTheStatedOrder(count: Int) {
    let (x, y) = (Self.values(count, seed: 1), Self.values(count, seed: 2))
    #expect(genki_sum_of_squares(x, count).bitPattern == Self.dot(x, x).bitPattern)
    #expect(genki_dot_product(x, y, count).bitPattern == Self.dot(x, y).bitPattern)
  }

  @Test(arguments: lengths) func elementsAreRoundedAfterEachOperation(count: Int) {
    let (x, y, z) = (
      Self.values(count, seed: 3), Self.values(count, seed: 4), Self.values(count, seed: 5)
    )
    let coefficient: Float = 0.3
    var out = [Float](repeating: 0, count: count)
    genki_subtract(&out, x, y, count)
    #expect(out == zip(x, y).map { $0 - $1 })
    out = z
    genki_accumulate_scaled(&out, x, coefficient, count)
    #expect(
      out
        == zip(z, x).map { sum, value in
          let product = coefficient * value; return sum + product
        })
    genki_add_scaled(&out, x, y, coefficient, count)
    #expect(
      out
        == zip(x, y).map { base, value in
          let product = coefficient * value; return base + product
        })
  }

  /// Numbers of models around the number of streams, in one piece and in several.
  @Test(arguments: [1, 4, 5, 6, 11], lengths)
  func changesOfSeveralModelsAreThoseOfEachAlone(models: Int, count: Int) {
    let base = Self.values(count, seed: 20)
    let values = (0..<models).map { Self.values(count, seed: UInt64(30 + $0)) }
    let coefficients = (0..<models).map { 0.3 / Float($0 + 1) }
    let changes = values.map { zip($0, base).map { $0 - $1 } }
    var expected = Self.values(count, seed: 21)
    for (change, coefficient) in zip(changes, coefficients) {
      for index in 0..<count {
        let product = coefficient * change[index]
        expected[index] += product
      }
    }
    let buffers = values.map { row in
      let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
      buffer.initialize(from: row, count: count)
      return buffer
    }
    defer { buffers.forEach { $0.deallocate() } }
    let size = Int(GENKI_SQUARES_STATE)
    var sum = Self.values(count, seed: 21)
    genki_accumulate_changes(
      &sum, buffers.map { UnsafePointer($0) }, coefficients, models, base, count)
    #expect(sum == expected)
    sum = Self.values(count, seed: 21)
    var squares = [Double](repeating: 0, count: size * models)
    var both = squares
    for start in stride(from: 0, to: count, by: 64) {
      let part = buffers.map { UnsafePointer($0 + start) as UnsafePointer<Float>? }
      let length = min(64, count - start)
      base.withUnsafeBufferPointer { base in
        guard let base = base.baseAddress else { return }
        genki_change_squares(&squares, part, models, base + start, length)
        sum.withUnsafeMutableBufferPointer { sum in
          guard let sum = sum.baseAddress else { return }
          genki_accumulate_changes_and_squares(
            sum + start, &both, part, coefficients, models, base + start, length)
        }
      }
    }
    #expect(sum == expected)
    for (model, change) in changes.enumerated() {
      let total = squares.withUnsafeBufferPointer { states in
        states.baseAddress.map { genki_squares_total($0 + size * model) }
      }
      #expect(total?.bitPattern == genki_sum_of_squares(change, count).bitPattern)
    }
    #expect(both == squares)
  }

  @Test(arguments: [(1, 1, 1), (5, 3, 7), (4, 600, 16), (9, 17, 2)])
  func productsSumOverTheRankInOrder(rows: Int, columns: Int, rank: Int) {
    let left = Self.values(rows * rank, seed: 6)
    let right = Self.values(rank * columns, seed: 7)
    var expected = [Float](repeating: 0, count: rows * columns)
    for row in 0..<rows {
      for column in 0..<columns {
        for k in 0..<rank {
          let product = left[row * rank + k] * right[k * columns + column]
          expected[row * columns + column] += product
        }
      }
    }
    var out = [Float](repeating: .nan, count: rows * columns)
    genki_low_rank_product(&out, left, right, rank, columns, 0, out.count)
    #expect(out == expected)
    // Any stretch of it, whatever rows it begins and ends in.
    let (begin, end) = (out.count / 3, out.count - out.count / 5)
    var part = [Float](repeating: .nan, count: end - begin)
    genki_low_rank_product(&part, left, right, rank, columns, begin, end - begin)
    #expect(part == Array(expected[begin..<end]))
  }

  @Test(arguments: [1, 2, 3, 5, 8], [1, 300]) func coordinatesAreSorted(rows: Int, count: Int) {
    var values = (0..<rows).map { Self.values(count, seed: UInt64(10 + $0)) }
    let expected = (0..<count).map { place in values.map { $0[place] }.sorted() }
    let buffers = values.map { row in
      let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
      buffer.initialize(from: row, count: count)
      return buffer
    }
    defer { buffers.forEach { $0.deallocate() } }
    let pointers: [UnsafeMutablePointer<Float>?] = buffers
    genki_sort_coordinates(pointers, rows, count)
    values = buffers.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
    #expect((0..<count).map { place in values.map { $0[place] } } == expected)
    var mean = [Float](repeating: 0, count: count)
    genki_mean_of_rows(&mean, pointers, 0, rows, count)
    #expect(
      mean == expected.map { $0.reduce(0 as Float, +) / Float(rows) })
  }

  @Test func rootsOfProbabilitiesAreThoseOfTheSoftmax() {
    let logits = Self.values(1_000, seed: 8).map { max(-60, min(60, $0 / 50)) } + [-500]
    var roots = [Float](repeating: 0, count: logits.count)
    #expect(genki_root_probabilities(&roots, logits, logits.count) == 1)
    let largest = Double(logits.max() ?? 0)
    let weights = logits.map { value in exp2((Double(value) - largest) / 0.6931471805599453) }
    let total = weights.reduce(0, +)
    for (root, weight) in zip(roots, weights) {
      let expected = (weight / total).squareRoot()
      // The difference of two float32 logits is rounded before the exponential.
      #expect(abs(Double(root) - expected) <= 3e-6 * expected + 1e-18)
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func logitsThatAreNotFiniteAreRefused(value: Float) {
    var roots = [Float](repeating: 0, count: 3)
    #expect(genki_root_probabilities(&roots, [0, value, 1], 3) == 0)
  }

  private func exp2(_ value: Double) -> Double {
    var result = 1.0
    var term = 1.0
    let whole = value.rounded()
    let rest = (value - whole) * 0.6931471805599453
    for k in 1..<20 {
      term *= rest / Double(k)
      result += term
    }
    return result * Double(sign: .plus, exponent: Int(max(-1_000, whole)), significand: 1)
  }
}
