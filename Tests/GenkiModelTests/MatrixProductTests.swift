import Foundation
import GenkiTensor
import Testing

/// The matrix products against sums in float64, at the edges of tiles and blocks.
@Suite struct MatrixProductTests {
  struct Shape: CustomTestStringConvertible {
    let (m, n, k): (Int, Int, Int)
    var transposeA = false
    var transposeB = false
    var testDescription: String {
      "\(m) x \(n) x \(k)\(transposeA ? " aT" : "")\(transposeB ? " bT" : "")"
    }
  }

  static let shapes: [Shape] = {
    let sizes = [
      (1, 1, 1), (3, 2, 5), (14, 32, 16), (13, 31, 15), (15, 33, 17), (1, 100, 64), (29, 16, 2),
      (7, 17, 385), (14, 400, 384), (20, 40, 769), (16, 16, 1600), (1010, 3, 40), (1023, 33, 7),
      (5, 8, 576), (40, 385, 33),
    ]
    return sizes.flatMap { size in
      [false, true].flatMap { a in
        [false, true].map {
          Shape(m: size.0, n: size.1, k: size.2, transposeA: a, transposeB: $0)
        }
      }
    }
  }()

  static let kernels = ProductKernel.allCases.filter(\.isAvailable)

  /// A matrix with rows longer than needed; what lies beyond a row's end must not be read or written.
  private struct Matrix {
    let rows: Int
    let columns: Int
    let stride: Int
    var values: [Float]

    init(_ rows: Int, _ columns: Int, seed: UInt64, filling: Float? = nil) {
      self.rows = rows
      self.columns = columns
      stride = columns + 3
      values = [Float](repeating: .nan, count: rows * (columns + 3))
      var state = seed
      for row in 0..<rows {
        for column in 0..<columns {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          values[row * stride + column] =
            filling ?? Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
        }
      }
    }

    func rounded(_ kernel: ProductKernel, _ row: Int, _ column: Int) -> Double {
      let value = values[row * stride + column]
      guard kernel == .wideBFloat16 else { return Double(value) }
      let bits = value.bitPattern
      return Double(Float(bitPattern: (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000))
    }
  }

  private func withProduct<R>(
    _ kernel: ProductKernel, _ body: (MatrixProduct) throws -> R
  ) rethrows -> R {
    let workspace = UnsafeMutableRawPointer.allocate(
      byteCount: max(64, kernel.workspaceBytes), alignment: 64)
    defer { workspace.deallocate() }
    // Whatever lay there before must not matter.
    memset(workspace, 0xff, max(64, kernel.workspaceBytes))
    return try body(MatrixProduct(kernel: kernel, workspace: workspace))
  }

  @Test(arguments: kernels, shapes)
  func agreesWithSumsInDoublePrecision(kernel: ProductKernel, shape: Shape) {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    let a = shape.transposeA ? Matrix(k, m, seed: 1) : Matrix(m, k, seed: 1)
    let b = shape.transposeB ? Matrix(n, k, seed: 2) : Matrix(k, n, seed: 2)
    for (alpha, accumulates) in [(Float(1), false), (0.5, true)] {
      var out = Matrix(m, n, seed: 3, filling: accumulates ? 2 : .nan)
      withProduct(kernel) {
        $0.multiply(
          m: m, n: n, k: k, alpha: alpha, a.values, lda: a.stride, transposeA: shape.transposeA,
          b.values, ldb: b.stride, transposeB: shape.transposeB, accumulate: accumulates,
          into: &out.values, ldc: out.stride)
      }
      var largest = 0.0  // in units of the sum of the absolute products
      for row in 0..<m {
        for column in 0..<n {
          var (sum, size) = (0.0, 1.0)
          for d in 0..<k {
            let product =
              a.rounded(kernel, shape.transposeA ? d : row, shape.transposeA ? row : d)
              * b.rounded(kernel, shape.transposeB ? column : d, shape.transposeB ? d : column)
            sum += product
            size += abs(product)
          }
          let expected = Double(alpha) * sum + (accumulates ? 2 : 0)
          let error = abs(Double(out.values[row * out.stride + column]) - expected)
          largest = max(largest, error / size)
        }
      }
      #expect(largest <= 3e-7, "\(largest)")
      for row in 0..<m {
        let beyond = out.values[(row * out.stride + n)..<((row + 1) * out.stride)]
        #expect(beyond.filter { !$0.isNaN }.isEmpty)
      }
    }
  }

  @Test(arguments: kernels.filter { $0 != .openBLAS })
  func aPartOfTheRowsIsTheSameToTheBit(kernel: ProductKernel) {
    let (m, n, k) = (37, 50, 900)
    let a = Matrix(m, k, seed: 4)
    let b = Matrix(n, k, seed: 5)
    var whole = [Float](repeating: 0, count: m * n)
    var parts = whole
    withProduct(kernel) { product in
      product.multiply(
        m: m, n: n, k: k, a.values, lda: a.stride, b.values, ldb: b.stride, transposeB: true,
        into: &whole, ldc: n)
      a.values.withUnsafeBufferPointer { left in
        parts.withUnsafeMutableBufferPointer { out in
          guard let left = left.baseAddress, let out = out.baseAddress else { return }
          for (first, count) in [(0, 1), (1, 20), (21, 16)] {
            product.multiply(
              m: count, n: n, k: k, left + first * a.stride, lda: a.stride, b.values,
              ldb: b.stride, transposeB: true, into: out + first * n, ldc: n)
          }
        }
      }
    }
    #expect(parts == whole)
  }

  @Test(
    arguments: [(1, 1), (5, 16), (3, 63), (128, 64), (200, 65), (17, 200), (300, 577)],
    [false, true])
  func aSingleRowAgrees(size: (n: Int, k: Int), transposeB: Bool) {
    let (n, k) = size
    let x = Matrix(1, k, seed: 6)
    let b = transposeB ? Matrix(n, k, seed: 7) : Matrix(k, n, seed: 7)
    for (alpha, accumulates) in [(Float(1), false), (-0.5, true)] {
      var y = [Float](repeating: accumulates ? 2 : .nan, count: n)
      MatrixProduct.multiplyRow(
        n: n, k: k, alpha: alpha, x.values, b.values, ldb: b.stride, transposeB: transposeB,
        accumulate: accumulates, into: &y)
      for column in 0..<n {
        var sum = 0.0
        for d in 0..<k {
          sum +=
            x.rounded(.float32, 0, d)
            * b.rounded(.float32, transposeB ? column : d, transposeB ? d : column)
        }
        let expected = Double(alpha) * sum + (accumulates ? 2 : 0)
        #expect(abs(Double(y[column]) - expected) < 4e-5)
      }
    }
  }

  @Test func precisionsNameTheirKernels() throws {
    let (exact, auto) = (ComputePrecision.float32, ComputePrecision.auto)
    #expect(try exact.kernel() == .float32)
    #expect(ProductKernel.float32 != .wideBFloat16)
    if ProductKernel.wideBFloat16.isAvailable {
      #expect(try auto.kernel() == .wideBFloat16)
      #expect(try ComputePrecision.bf16.kernel() == .wideBFloat16)
    } else {
      #expect(try auto.kernel() == .float32)
      #expect(throws: TensorError.noBFloat16) { _ = try ComputePrecision.bf16.kernel() }
    }
  }
}
