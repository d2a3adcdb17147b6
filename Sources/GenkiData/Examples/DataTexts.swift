import GenkiCore

/// The texts of data files as a finetune reads them, for whoever learns from the text alone.
public enum DataTexts {
  /// Hands every text of a file to `body`: a plain text as a whole; of JSONL each document and, of
  /// conversations, what each turn says. Names of fields and of speakers are no text.
  ///
  /// - Returns: What became of the file; `tokens` and `windows` are 0.
  /// - Throws: `DataError` for a file that cannot be used, `FileError` for one that cannot be read.
  public static func read(
    path: String, options: DatasetOptions = DatasetOptions(blockSize: 1),
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> FileReport {
    try MappedFiles.checked {
      let file = try TextDataset.open(path: path, options: options)
      switch try TextDataset.kind(of: path, options: options) {
      case .text: return try readText(file, options: options, body)
      case .jsonLines: return try readLines(file, options: options, body)
      }
    }
  }

  private static func readText(
    _ file: MappedFile, options: DatasetOptions,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> FileReport {
    try TextCheck.requireText(file.bytes, path: file.path, wholly: true)
    try TextCheck.requireUTF8(file.bytes, path: file.path)
    var report = FileReport(path: file.path, kind: .text, bytes: file.bytes.count)
    report.examples = 1
    report.notes += TextCheck.linesNote(file.bytes, options: options)
    let isMarked = file.bytes.starts(with: TextCheck.byteOrderMark)
    try body(
      UnsafeRawBufferPointer(
        rebasing: file.bytes.dropFirst(isMarked ? TextCheck.byteOrderMark.count : 0)))
    return report
  }

  private static func readLines(
    _ file: MappedFile, options: DatasetOptions,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> FileReport {
    try TextCheck.requireText(file.bytes, path: file.path, wholly: false)
    var reader = JSONLinesReader(path: file.path, bytes: file.bytes.count, options: options)
    var count = 0
    try reader.read(file.bytes) { example, _ in
      count += 1
      switch example {
      case .text(var text): try text.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
      case .conversation(let conversation):
        for var content in conversation.messages.map(\.content) {
          try content.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
        }
      }
    }
    var report = reader.report
    report.examples = count
    return report
  }
}
