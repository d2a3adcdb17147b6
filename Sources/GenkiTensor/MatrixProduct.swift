import COpenBLAS
import GenkiKernels

/// Products of row-major float32 matrices on the calling thread; every worker has its own value.
public struct MatrixProduct {
  /// What computes them.
  public let kernel: ProductKernel
  private let workspace: UnsafeMutableRawPointer
  private static let oneThread: Void = openblas_set_num_threads(1)

  /// - Parameter workspace: `kernel.workspaceBytes` bytes, aligned to 64; used by one thread at a time.
  public init(kernel: ProductKernel, workspace: UnsafeMutableRawPointer) {
    self.kernel = kernel
    self.workspace = workspace
  }

  /// Another kernel with the scratch memory of `other`; one of both works at a time.
  ///
  /// `kernel` needs no more scratch memory than that of `other`.
  public init(kernel: ProductKernel, sharing other: MatrixProduct) {
    precondition(kernel.workspaceBytes <= other.kernel.workspaceBytes, "both fit")
    self.init(kernel: kernel, workspace: other.workspace)
  }

  /// Makes every call run on the thread that makes it; parallelism is `WorkerPool`'s.
  public static func useOneThreadPerCall() { oneThread }

  /// The name of the processor kernel that OpenBLAS chose.
  public static var openBLASKernelName: String {
    guard let name = openblas_get_corename() else { return "unknown" }
    return String(cString: name)
  }

  /// out[m, n] = alpha · a · b, added to out with `accumulate`.
  ///
  /// - Parameters:
  ///   - m: Rows of the result.
  ///   - n: Columns of the result.
  ///   - k: The length of the sums.
  ///   - a: a[m, k], or a[k, m] with `transposeA`; `lda` floats from one row to the next.
  ///   - b: b[k, n], or b[n, k] with `transposeB`; `ldb` floats from one row to the next.
  ///   - out: `ldc` floats from one row to the next.
  @inline(__always)
  public func multiply(
    m: Int, n: Int, k: Int, alpha: Float = 1, _ a: UnsafePointer<Float>, lda: Int,
    transposeA: Bool = false, _ b: UnsafePointer<Float>, ldb: Int, transposeB: Bool = false,
    accumulate: Bool = false, into out: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    guard m > 0, n > 0 else { return }
    switch kernel {
    case .openBLAS:
      cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda),
        b, Int32(ldb), accumulate ? 1 : 0, out, Int32(ldc))
    case .wideFloat32:
      genki_product(
        genki_product_float32, m, n, k, alpha, a, lda, transposeA ? 1 : 0, b, ldb,
        transposeB ? 1 : 0, accumulate ? 1 : 0, out, ldc, workspace)
    case .wideBFloat16:
      genki_product(
        genki_product_bfloat16, m, n, k, alpha, a, lda, transposeA ? 1 : 0, b, ldb,
        transposeB ? 1 : 0, accumulate ? 1 : 0, out, ldc, workspace)
    }
  }

  /// y[n] = alpha · x · b, added to y with `accumulate`: one row, at the speed of reading b.
  @inline(__always)
  public static func multiplyRow(
    n: Int, k: Int, alpha: Float = 1, _ x: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    ldb: Int, transposeB: Bool = false, accumulate: Bool = false,
    into y: UnsafeMutablePointer<Float>
  ) {
    guard n > 0 else { return }
    if transposeB {
      genki_row_times_stored(
        genki_stored_float32, y, x, b, ldb, n, k, alpha, accumulate ? 1 : 0)
    } else {
      genki_row_times_matrix(y, x, b, ldb, n, k, alpha, accumulate ? 1 : 0)
    }
  }
}
