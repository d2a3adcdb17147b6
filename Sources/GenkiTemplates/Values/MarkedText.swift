/// A text whose every byte knows whose words it is, as Python has texts: code points, no graphemes.
///
/// Mostly a text has one origin; `runs` are there only where it has several.
struct MarkedText: Sendable {
  typealias Run = RenderedText.Run

  /// UTF-8, always valid.
  var bytes: [UInt8]
  /// The mark of all bytes where there are no runs.
  var mark: Int32
  /// Empty, or ascending ends up to `bytes.count`.
  var runs: [Run]
  /// markupsafe's Markup: what is added to it gets escaped. `safe` and `escape` make it.
  var isMarkup = false

  init(_ bytes: [UInt8], mark: Int32 = 0) {
    self.bytes = bytes
    self.mark = mark
    runs = []
  }

  init(_ text: String, mark: Int32 = 0) { self.init(Array(text.utf8), mark: mark) }

  init(bytes: [UInt8], runs: [Run]) {
    self.bytes = bytes
    if runs.count <= 1 {
      mark = runs.first?.mark ?? 0
      self.runs = []
    } else {
      mark = 0
      self.runs = runs
    }
  }

  static let empty = MarkedText([])

  var isEmpty: Bool { bytes.isEmpty }

  /// The text as Swift has it, for messages and names.
  var string: String { String(decoding: bytes, as: UTF8.self) }

  /// The highest mark in it: what is made from this text as a whole is of that origin.
  var highestMark: Int32 {
    guard !runs.isEmpty else { return mark }
    return runs.reduce(0) { max($0, $1.mark) }
  }

  /// The highest mark that touches a place, for what is left of a text when nothing is left.
  func mark(around lower: Int, _ upper: Int) -> Int32 {
    guard !runs.isEmpty else { return mark }
    var start = 0
    var highest: Int32 = 0
    for run in runs {
      if start <= upper, run.end >= lower { highest = max(highest, run.mark) }
      if start > upper { break }
      start = run.end
    }
    return highest
  }

  /// The bytes from `lower` to `upper`, which are boundaries of code points.
  func slice(_ lower: Int, _ upper: Int) -> MarkedText {
    if lower == 0, upper == bytes.count { return self }
    var result: MarkedText
    if runs.isEmpty || lower >= upper {
      result = MarkedText(
        lower < upper ? Array(bytes[lower..<upper]) : [], mark: mark(around: lower, upper))
    } else {
      result = MarkedText(bytes: Array(bytes[lower..<upper]), runs: runs(from: lower, to: upper))
    }
    result.isMarkup = isMarkup
    return result
  }

  /// The runs of a part, counted from its beginning.
  private func runs(from lower: Int, to upper: Int) -> [Run] {
    var result: [Run] = []
    var start = 0
    for run in runs {
      defer { start = run.end }
      if run.end < lower { continue }
      if start > upper { break }
      let end = min(run.end, upper) - lower
      let begin = max(start, lower) - lower
      if begin < end || (run.end == start && run.mark != 0) {
        if let last = result.last, last.mark == run.mark {
          result[result.count - 1].end = end
        } else {
          result.append(Run(end: end, mark: run.mark))
        }
      }
    }
    return result
  }

  /// What `strip` leaves; marked texts that lose all their bytes still say where they stood.
  func stripped(_ lower: Int, _ upper: Int) -> MarkedText {
    guard !runs.isEmpty, lower < upper, lower > 0 || upper < bytes.count else {
      return slice(lower, upper)
    }
    var builder = MarkedTextBuilder()
    var start = 0
    for run in runs {
      let begin = min(max(start, lower), upper)
      let end = min(max(run.end, lower), upper)
      builder.append(bytes[begin..<end], mark: run.mark)
      start = run.end
    }
    var result = builder.text
    result.isMarkup = isMarkup
    return result
  }

  /// The same text with a mark of at least `floor` everywhere.
  func marked(atLeast floor: Int32) -> MarkedText {
    guard floor > 0 else { return self }
    var result = self
    result.mark = max(mark, floor)
    for index in result.runs.indices {
      result.runs[index].mark = max(result.runs[index].mark, floor)
    }
    return result
  }

  /// Whether both have the same code points; marks do not count.
  static func sameText(_ left: MarkedText, _ right: MarkedText) -> Bool {
    left.bytes == right.bytes
  }
}
