import ArgumentParser
import Foundation
import GenkiConsole

/// The number of worker threads.
struct ThreadOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Worker threads; default: one for each processor.")
  var threads: Int?

  /// The checked number.
  func count() throws -> Int {
    if let threads { try UsageError.check("--threads", threads, in: 1...256) }
    return threads ?? ProcessInfo.processInfo.activeProcessorCount
  }
}
