import COpenBLAS

/// Products of row-major float32 matrices, by OpenBLAS on the calling thread.
public enum MatrixProduct {
  private static let oneThread: Void = openblas_set_num_threads(1)

  /// Makes every call run on the thread that makes it; parallelism is `WorkerPool`'s.
  public static func useOneThreadPerCall() { oneThread }

  /// The name of the processor kernel that OpenBLAS chose.
  public static var kernelName: String {
    guard let name = openblas_get_corename() else { return "unknown" }
    return String(cString: name)
  }

  /// out[m, n] = alpha · a · b + beta · out.
  ///
  /// - Parameters:
  ///   - m: Rows of the result.
  ///   - n: Columns of the result.
  ///   - k: The length of the sums.
  ///   - a: a[m, k], or a[k, m] with `transposeA`; `lda` floats from one row to the next.
  ///   - b: b[k, n], or b[n, k] with `transposeB`; `ldb` floats from one row to the next.
  ///   - out: `ldc` floats from one row to the next.
  @inline(__always)
  public static func multiply(
    m: Int, n: Int, k: Int, alpha: Float = 1, _ a: UnsafePointer<Float>, lda: Int,
    transposeA: Bool = false, _ b: UnsafePointer<Float>, ldb: Int, transposeB: Bool = false,
    beta: Float = 0, into out: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    guard m > 0, n > 0 else { return }
    if m == 1 && ldc >= n && !transposeA {
      // One row: a matrix-vector product reads b at memory speed, where sgemm would pack it first.
      cblas_sgemv(
        CblasRowMajor, transposeB ? CblasNoTrans : CblasTrans, Int32(transposeB ? n : k),
        Int32(transposeB ? k : n), alpha, b, Int32(ldb), a, 1, beta, out, 1)
      return
    }
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b, Int32(ldb), beta, out, Int32(ldc))
  }
}
