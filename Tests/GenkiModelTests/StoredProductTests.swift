import GenkiKernels
import Testing

/// One row times stored matrices beside plain loops in float64.
@Suite struct StoredProductTests {
  typealias Kernel =
    @Sendable (
      genki_stored_kind, UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafeRawPointer, Int,
      Int, Int, Float, Int32
    ) -> Void

  struct Way: CustomTestStringConvertible {
    let name: String
    let kind: genki_stored_kind
    let kernel: Kernel
    var testDescription: String { name }
    var size: Int { kind == genki_stored_float32 ? 4 : 2 }

    /// The bytes of a value, rounded to the kind, and what they stand for.
    func stored(_ value: Float) -> (bytes: [UInt8], value: Double) {
      switch kind {
      case genki_stored_float32:
        return (withUnsafeBytes(of: value) { Array($0) }, Double(value))
      case genki_stored_bfloat16:
        let bits = UInt16(truncatingIfNeeded: value.bitPattern >> 16)
        let kept = Float(bitPattern: UInt32(bits) << 16)
        return (withUnsafeBytes(of: bits) { Array($0) }, Double(kept))
      default:
        let half = StoredProductTests.half(value)
        return (withUnsafeBytes(of: half.bits) { Array($0) }, half.value)
      }
    }
  }

  static let ways: [Way] = [
    Way(
      name: "float32", kind: genki_stored_float32,
      kernel: { genki_row_times_stored($0, $1, $2, $3, $4, $5, $6, $7, $8) }),
    Way(
      name: "bfloat16", kind: genki_stored_bfloat16,
      kernel: { genki_row_times_stored($0, $1, $2, $3, $4, $5, $6, $7, $8) }),
    Way(
      name: "float16", kind: genki_stored_float16,
      kernel: { genki_row_times_stored($0, $1, $2, $3, $4, $5, $6, $7, $8) }),
    Way(
      name: "float16, portable", kind: genki_stored_float16,
      kernel: { genki_row_times_stored_portably($0, $1, $2, $3, $4, $5, $6, $7, $8) }),
  ]

  /// A half near a value, by its definition: sign, exponent and ten bits, subnormals included.
  static func half(_ value: Float) -> (bits: UInt16, value: Double) {
    let sign: UInt16 = value < 0 ? 0x8000 : 0
    let magnitude = Double(value.magnitude)
    if magnitude < 0x1p-14 {
      let mantissa = UInt16(magnitude * 0x1p24)
      return (sign | mantissa, (value < 0 ? -1 : 1) * Double(mantissa) * 0x1p-24)
    }
    let exponent = magnitude.exponent
    let mantissa = UInt16((magnitude.significand - 1) * 1024)
    let kept =
      (1 + Double(mantissa) / 1024) * Double(sign: .plus, exponent: Int(exponent), significand: 1)
    return (sign | UInt16(Int(exponent) + 15) << 10 | mantissa, value < 0 ? -kept : kept)
  }

  private static func value(_ index: Int, _ seed: Int) -> Float {
    let mixed = UInt32(truncatingIfNeeded: (index + 1) &* 2_654_435_761 &+ seed &* 40_503)
    let unit = Float(Int32(bitPattern: mixed ^ mixed >> 15)) * 0x1p-31
    // Some are as small as a half's subnormals.
    return index % 11 == 0 ? unit * 1e-5 : unit
  }

  @Test(
    arguments: ways,
    [(1, 1), (3, 7), (4, 16), (5, 31), (7, 32), (9, 33), (12, 64), (17, 100), (6, 577)])
  func productsAgreeAtAnyAddress(way: Way, size: (n: Int, k: Int)) {
    let (n, k) = size
    let stride = k + 3
    let x = (0..<k).map { Self.value($0, 1) }
    for offset in [0, 1, 2, 6] {
      var bytes = [UInt8](repeating: 0xFF, count: offset)
      var values: [Double] = []
      for index in 0..<n * stride {
        let (stored, value) = way.stored(Self.value(index, 2))
        bytes += stored
        values.append(value)
      }
      for (alpha, accumulates) in [(Float(1), false), (-0.5, true)] {
        var y = [Float](repeating: accumulates ? 2 : .nan, count: n + 1)
        y[n] = 7
        bytes.withUnsafeBytes { matrix in
          guard let base = matrix.baseAddress else { return }
          way.kernel(
            way.kind, &y, x, base + offset, stride, n, k, alpha, accumulates ? 1 : 0)
        }
        for row in 0..<n {
          let sum = (0..<k).reduce(0.0) { $0 + Double(x[$1]) * values[row * stride + $1] }
          let expected = Double(alpha) * sum + (accumulates ? 2 : 0)
          #expect(abs(Double(y[row]) - expected) < 4e-5)
        }
        #expect(y[n] == 7)
      }
    }
  }

  /// Infinity and NaN in a half come out as such, zeros keep their sign.
  @Test(arguments: ways.filter { $0.kind == genki_stored_float16 })
  func everyHalfIsWidenedExactly(way: Way) {
    for first in stride(from: 0, to: 1 << 16, by: 64) {
      let halves = (first..<first + 64).map { UInt16($0) }
      var y = [Float](repeating: 0, count: 64)
      halves.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        way.kernel(way.kind, &y, [1], base, 1, 64, 1, 1, 0)
      }
      var expected = [Float](repeating: 0, count: 64)
      halves.withUnsafeBytes { genki_float16_to_float32(&expected, $0.baseAddress, 64) }
      for (found, value) in zip(y, expected) {
        #expect(found == value || found.isNaN && value.isNaN)
      }
    }
  }
}
