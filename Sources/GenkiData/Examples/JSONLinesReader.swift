import GenkiCore

/// Goes through the lines of a JSONL file and collects what is wrong with them.
struct JSONLinesReader {
  private let options: DatasetOptions
  private(set) var report: FileReport
  /// How many lines have a field that is not used.
  private var unusedFields: [String: Int] = [:]

  init(path: String, bytes: Int, options: DatasetOptions) {
    self.options = options
    report = FileReport(path: path, kind: .jsonLines, bytes: bytes)
  }

  /// Hands every example with its line number to `body`, in order; one that it refuses is a bad line, too.
  ///
  /// - Throws: `DataError.jsonArray`, `.noExamples`, `.tooManyBadLines`, and what `body` throws.
  mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ body: (DataExample, _ line: Int) throws -> Void
  ) throws {
    var rest = bytes
    if rest.starts(with: TextCheck.byteOrderMark) {
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(TextCheck.byteOrderMark.count))
    }
    var crLines = 0
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
      var line = UnsafeRawBufferPointer(rebasing: rest[..<end])
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(end + 1))
      if line.last == UInt8(ascii: "\r") {
        crLines += 1
        line = UnsafeRawBufferPointer(rebasing: line.dropLast())
      }
      report.lines += 1
      if line.allSatisfy(Self.isBlank) {
        report.blankLines += 1
        continue
      }
      try read(line: line, body)
    }
    if crLines > 0 { report.notes.append("\(crLines) lines end in CR LF; the CR is not used") }
    for (field, lines) in unusedFields.sorted(by: { $0.key < $1.key }) {
      report.notes.append("'\(field)' of \(lines) lines is not used")
    }
    try requireEnoughGoodLines()
  }

  private mutating func read(
    line: UnsafeRawBufferPointer, _ body: (DataExample, _ line: Int) throws -> Void
  ) throws {
    do {
      let example = try ExampleParser.parse(
        line, bytesMax: options.lineBytesMaximum, rules: options.rules)
      try body(example.example, report.lines)
      for field in example.unusedFields { unusedFields[field, default: 0] += 1 }
    } catch let refusal as ExampleParser.Refusal {
      let isFirst = report.lines - report.blankLines == 1
      if isFirst, line.first(where: { !Self.isBlank($0) }) == UInt8(ascii: "[") {
        throw DataError.jsonArray(path: report.path)
      }
      report.badLines.append(
        BadLine(file: report.path, line: report.lines, reason: refusal.reason))
      if report.badLines.count > options.badLinesMaximum {
        throw tooManyBadLines("\(options.badLinesMaximum)")
      }
    }
  }

  private func requireEnoughGoodLines() throws {
    let used = report.lines - report.blankLines
    guard used > 0 else { throw DataError.noExamples(path: report.path) }
    if Double(report.badLines.count) > options.badFractionMaximum * Double(used) {
      let percent = Int(options.badFractionMaximum * 100)
      throw tooManyBadLines("\(percent) % of the lines that are not blank")
    }
  }

  private func tooManyBadLines(_ limit: String) -> DataError {
    .tooManyBadLines(
      path: report.path, bad: report.badLines.count, lines: report.lines,
      first: Array(report.badLines.prefix(3)), limit: limit)
  }

  /// White space as JSON and terminals have it.
  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}
