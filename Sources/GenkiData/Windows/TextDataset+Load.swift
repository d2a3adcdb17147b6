import Foundation
import GenkiCore
import GenkiFormats

extension TextDataset {
  /// Reads a data file and cuts it into windows.
  ///
  /// Plain text is one stream of tokens, cut every `blockSize`; what does not fill a window at its
  /// end is not used. Documents of JSONL (`text`) make a stream too, each as the tokenizer's
  /// post-processor has it and ended by the end token, whose last window is filled up. In both, added
  /// tokens in the text are recognised. Conversations are one window each, with loss on the words to be
  /// learned and their end token only; added tokens in their content stay text. The windows of documents
  /// come before those of conversations.
  ///
  /// - Throws: `DataError` for a file that cannot be used, `FileError` for one that cannot be read.
  public static func load(
    path: String, tokenizer: Tokenizer, options: DatasetOptions
  ) throws -> TextDataset {
    guard (1...DatasetOptions.blockSizeMax).contains(options.blockSize) else {
      throw DataError.blockSize(options.blockSize)
    }
    return try MappedFiles.checked {
      try load(checked: path, tokenizer: tokenizer, options: options)
    }
  }

  private static func load(
    checked path: String, tokenizer: Tokenizer, options: DatasetOptions
  ) throws -> TextDataset {
    let file = try open(path: path, options: options)
    let segments: [WindowSegment]
    var report: FileReport
    switch try kind(of: path, options: options) {
    case .text:
      (segments, report) = try loadText(file, tokenizer: tokenizer, options: options)
    case .jsonLines:
      (segments, report) = try loadLines(file, tokenizer: tokenizer, options: options)
    }
    report.windows = segments.reduce(0) { $0 + $1.windowCount }
    let dataset = TextDataset(
      name: (path as NSString).lastPathComponent, blockSize: options.blockSize,
      report: DataReport(files: [report]), segments: segments)
    if let size = options.vocabularySize, dataset.largestTokenID >= size {
      throw DataError.vocabulary(path: path, token: Int(dataset.largestTokenID), size: size)
    }
    return dataset
  }

  /// Reads several data files into one data set.
  ///
  /// - Throws: as `load(path:tokenizer:options:)`; `DataError.noFiles` for none.
  public static func load(
    paths: [String], tokenizer: Tokenizer, options: DatasetOptions
  ) throws -> TextDataset {
    try load(paths.map { (path: $0, options: options) }, tokenizer: tokenizer)
  }

  /// Reads several data files into one data set, each with its own options of one block size.
  ///
  /// - Throws: as `load(path:tokenizer:options:)`; `DataError.noFiles` for none.
  public static func load(
    _ files: [(path: String, options: DatasetOptions)], tokenizer: Tokenizer
  ) throws -> TextDataset {
    guard let first = files.first else { throw DataError.noFiles }
    let datasets = try files.map {
      try load(path: $0.path, tokenizer: tokenizer, options: $0.options)
    }
    guard datasets.count > 1 else { return datasets[0] }
    let name = (first.path as NSString).lastPathComponent + " and \(files.count - 1) more"
    return TextDataset(name: name, joining: datasets)
  }

  /// Refuses a file that is no data for any model: a folder, an empty file, a table, something binary.
  ///
  /// - Throws: `DataError`, `FileError`.
  public static func check(path: String) throws {
    let options = DatasetOptions(blockSize: 1)
    try MappedFiles.checked {
      let file = try open(path: path, options: options)
      _ = try kind(of: path, options: options)
      try TextCheck.requireText(file.bytes, path: path, wholly: false)
    }
  }

  /// How a file is read.
  ///
  /// - Throws: `DataError.table`.
  static func kind(of path: String, options: DatasetOptions) throws -> FileReport.Kind {
    switch options.format {
    case .text: .text
    case .jsonLines: .jsonLines
    case .byName: try FileReport.Kind(path: path, rules: options.rules)
    case .named(let name): try FileReport.Kind(path: name, rules: options.rules)
    }
  }

  static func open(path: String, options: DatasetOptions) throws -> MappedFile {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw DataError.folder(path: path)
    }
    let file = try MappedFile(path: path)
    guard !file.bytes.isEmpty else { throw DataError.empty(path: path) }
    guard file.bytes.count <= options.fileBytesMaximum else {
      throw DataError.tooLarge(
        path: path, bytes: file.bytes.count, limit: options.fileBytesMaximum)
    }
    file.advise(.sequential)
    return file
  }

  private static func loadText(
    _ file: MappedFile, tokenizer: Tokenizer, options: DatasetOptions
  ) throws -> ([WindowSegment], FileReport) {
    try TextCheck.requireText(file.bytes, path: file.path, wholly: true)
    try TextCheck.requireUTF8(file.bytes, path: file.path)
    var report = FileReport(path: file.path, kind: .text, bytes: file.bytes.count)
    var text = file.bytes
    if text.starts(with: TextCheck.byteOrderMark) {
      text = UnsafeRawBufferPointer(rebasing: text.dropFirst(TextCheck.byteOrderMark.count))
      report.notes.append("the byte order mark at its start is not used")
    }
    report.lines = lineCount(of: text)
    let crLines = crLineCount(of: text)
    if crLines > 0 {
      report.notes.append("\(crLines) lines end in CR LF, which is learned as it stands")
    }
    report.notes += TextCheck.linesNote(text, options: options)
    report.notes += frameNote(tokenizer)
    let tokens = tokenizer.encode(utf8: text, addedTokens: true, template: false)
    let stream = TokenStream(tokens: tokens, blockSize: options.blockSize, keepsRest: false)
    guard stream.windowCount > 0 else {
      throw DataError.tooFewTokens(
        path: file.path, tokens: tokens.count, blockSize: options.blockSize)
    }
    report.examples = 1
    report.tokens = tokens.count
    return ([.stream(stream)], report)
  }

  /// A remark on what the tokenizer puts around a text, which a stream does without.
  private static func frameNote(_ tokenizer: Tokenizer) -> [String] {
    let parts = [("before", tokenizer.templatePrefix), ("behind", tokenizer.templateSuffix)]
      .filter { !$0.1.isEmpty }
      .map { "\(tokenizer.decode($0.1).quoted()) \($0.0)" }
    guard !parts.isEmpty else { return [] }
    return [
      "the tokenizer puts \(parts.joined(separator: " and ")) a text; plain text is one stream and"
        + " gets none"
    ]
  }

  private static func lineCount(of text: UnsafeRawBufferPointer) -> Int {
    let ended = text.count { $0 == UInt8(ascii: "\n") }
    return text.last == UInt8(ascii: "\n") ? ended : ended + 1
  }

  private static func crLineCount(of text: UnsafeRawBufferPointer) -> Int {
    var count = 0
    var previous: UInt8 = 0
    for byte in text {
      if byte == UInt8(ascii: "\n"), previous == UInt8(ascii: "\r") { count += 1 }
      previous = byte
    }
    return count
  }
}
