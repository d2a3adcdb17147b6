import GenkiHTTP

/// Adds up how far the files of an upload are.
final class UploadProgress {
  let transfer: HubTransfer
  private let total: Int
  private let sizes: [String: Int]
  private var done: [String: Int] = [:]
  private var sum = 0

  init(files: [UploadFile], transfer: HubTransfer) {
    self.transfer = transfer
    sizes = Dictionary(files.map { ($0.name, $0.bytes) }) { first, _ in first }
    total = files.reduce(0) { $0 + $1.bytes }
  }

  /// So much of a file is there; less than before never counts.
  func moved(_ bytes: Int, of name: String) {
    let old = done[name] ?? 0
    let new = max(old, min(bytes, sizes[name] ?? 0))
    done[name] = new
    sum += new - old
    transfer.onProgress(HubProgress(name: name, bytesDone: sum, bytesTotal: total))
  }

  /// All of a file is there.
  func finished(_ name: String) { moved(sizes[name] ?? 0, of: name) }
}
