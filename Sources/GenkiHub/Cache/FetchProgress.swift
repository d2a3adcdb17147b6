import GenkiHTTP

/// How far all files of a fetch are together: told in order, and never less than before.
final class FetchProgress: Sendable {
  private let bytesTotal: Int
  // Reports are made under this lock, which keeps their order.
  private let done = Guarded([String: Int]())
  private let onProgress: @Sendable (HubProgress) -> Void

  init(_ files: [HubEntry], onProgress: @escaping @Sendable (HubProgress) -> Void) {
    bytesTotal = files.reduce(0) { $0 + $1.bytes }
    self.onProgress = onProgress
  }

  /// Reports that so many bytes of a file are there, which is no news if more were.
  func report(_ entry: HubEntry, bytesDone: Int) {
    let bytes = min(max(0, bytesDone), entry.bytes)
    done.withLock { done in
      guard bytes > done[entry.name] ?? -1 else { return }
      done[entry.name] = bytes
      onProgress(
        HubProgress(
          name: entry.name, bytesDone: done.values.reduce(0, +), bytesTotal: bytesTotal))
    }
  }
}
