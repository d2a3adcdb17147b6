import BenchmarkKernels
import Foundation
import GenkiTensor
import Synchronization

/// What this machine can do at most, measured: multiply-adds in a precision and reads of memory.
package struct MachinePeaks: Sendable, Equatable {
  /// Operations a second, a multiply-add counted as two.
  package let operationsPerSecond: Double
  /// Bytes read a second from memory that no cache holds.
  package let readBytesPerSecond: Double

  /// As genki_bench_multiply_add counts.
  private static let operationsPerRound = 2.0 * 16 * 16
  private static let rounds = 4_000_000
  private static let repetitions = 5
  /// Larger than any cache.
  private static let readBytes = 512 << 20

  /// Measures both with this number of threads; the best of a few runs counts.
  ///
  /// - Parameter kernel: Decides the precision of the multiply-adds.
  package static func measure(threads: Int, kernel: ProductKernel) throws -> MachinePeaks {
    let isNarrow = kernel == .wideBFloat16
    let pool = WorkerPool(count: threads)
    let sink = Atomic<UInt32>(0)
    let operations = best(of: repetitions) {
      pool.run { _ in
        let result =
          isNarrow
          ? genki_bench_multiply_add_bfloat16(rounds, 0.5) : genki_bench_multiply_add(rounds, 0.5)
        sink.bitwiseXor(result.bitPattern, ordering: .relaxed)
      }
    }
    let arena = try Arena(byteCount: readBytes)
    arena.touch()
    let values: UnsafeMutableBufferPointer<Float> = arena.take(readBytes / 4 - 64)
    let reads =
      [genki_bench_read, genki_bench_read_along_four].map { read in
        best(of: repetitions) {
          pool.split(values.count, grain: 1 << 16) { range, _ in
            guard let base = values.baseAddress else { return }
            let result = read(base + range.lowerBound, range.count)
            sink.bitwiseXor(result.bitPattern, ordering: .relaxed)
          }
        }
      }.min() ?? .infinity
    return MachinePeaks(
      operationsPerSecond: operationsPerRound * (isNarrow ? 2 : 1) * Double(rounds * pool.count)
        / operations,
      readBytesPerSecond: Double(values.count * 4) / reads)
  }

  private static func best(of count: Int, _ body: () -> Void) -> Double {
    var result = Double.infinity
    for _ in 0..<count {
      let begin = MachineFigures.monotonicSeconds
      body()
      result = min(result, MachineFigures.monotonicSeconds - begin)
    }
    return result
  }
}
