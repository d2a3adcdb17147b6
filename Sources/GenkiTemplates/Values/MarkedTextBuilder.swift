/// Puts a text together; neighbours of one origin become one run.
struct MarkedTextBuilder {
  private(set) var bytes: [UInt8] = []
  private var runs: [RenderedText.Run] = []

  var count: Int { bytes.count }

  /// Makes room for so many bytes and runs.
  mutating func reserve(_ byteCount: Int, runs runCount: Int) {
    bytes.reserveCapacity(byteCount)
    runs.reserveCapacity(runCount)
  }

  /// Appends bytes of one origin; empty ones leave a run if they are marked.
  mutating func append(_ more: some Collection<UInt8>, mark: Int32) {
    bytes.append(contentsOf: more)
    extendRun(mark)
  }

  mutating func append(byte: UInt8, mark: Int32) {
    bytes.append(byte)
    extendRun(mark)
  }

  mutating func append(_ text: StaticString, mark: Int32) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    extendRun(mark)
  }

  mutating func append(_ text: MarkedText) {
    if text.runs.isEmpty {
      append(text.bytes, mark: text.mark)
      return
    }
    let offset = bytes.count
    bytes.append(contentsOf: text.bytes)
    for run in text.runs {
      if let last = runs.last, last.mark == run.mark {
        runs[runs.count - 1].end = offset + run.end
      } else {
        runs.append(RenderedText.Run(end: offset + run.end, mark: run.mark))
      }
    }
  }

  private mutating func extendRun(_ mark: Int32) {
    let end = bytes.count
    if let last = runs.last {
      if last.mark == mark {
        runs[runs.count - 1].end = end
      } else if last.end < end || mark != 0 {
        runs.append(RenderedText.Run(end: end, mark: mark))
      }
    } else if end > 0 || mark != 0 {
      runs.append(RenderedText.Run(end: end, mark: mark))
    }
  }

  /// What was put together.
  var text: MarkedText { MarkedText(bytes: bytes, runs: runs) }

  /// The runs, also where there is only one.
  var allRuns: [RenderedText.Run] { runs }
}
