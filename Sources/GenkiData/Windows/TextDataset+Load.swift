import Foundation
import GenkiCore
import GenkiFormats

extension TextDataset {
  /// Reads a data file and cuts it into windows.
  ///
  /// Plain text is one stream of tokens, cut every `blockSize`; what does not fill a window at its
  /// end is not used. Documents of JSONL (`text`) make a stream too, each ended by the end token,
  /// whose last window is filled up. In both, added tokens in the text are recognised. Conversations
  /// are one window each, with loss on the assistant's words and their end token only; added tokens in
  /// their content stay text. The windows of documents come before those of conversations.
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
    switch format(of: path, options: options) {
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
    guard let first = paths.first else { throw DataError.noFiles }
    let datasets = try paths.map { try load(path: $0, tokenizer: tokenizer, options: options) }
    guard datasets.count > 1 else { return datasets[0] }
    let name = (first as NSString).lastPathComponent + " and \(paths.count - 1) more"
    return TextDataset(name: name, joining: datasets)
  }

  static func format(of path: String, options: DatasetOptions) -> FileReport.Kind {
    switch options.format {
    case .text: .text
    case .jsonLines: .jsonLines
    case .byName:
      ["jsonl", "ndjson", "json"].contains((path as NSString).pathExtension.lowercased())
        ? .jsonLines : .text
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

  // MARK: Plain text

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

  // MARK: JSONL

  private static func loadLines(
    _ file: MappedFile, tokenizer: Tokenizer, options: DatasetOptions
  ) throws -> ([WindowSegment], FileReport) {
    try TextCheck.requireText(file.bytes, path: file.path, wholly: false)
    var reader = JSONLinesReader(
      path: file.path, bytes: file.bytes.count, options: options)
    var documents: [Int32] = []
    var rows = ExampleRows(blockSize: options.blockSize)
    var encoder: ChatEncoder?
    var exampleCount = 0
    var truncatedCount = 0
    var linesWithoutResponse: [Int] = []
    try reader.read(file.bytes) { example, line in
      switch example {
      case .text(let text):
        documents += tokenizer.encode(text, addedTokens: true, template: false)
        if let end = options.endTokenID { documents.append(end) }
        exampleCount += 1
      case .conversation(let messages):
        let made = try encoder ?? makeEncoder(tokenizer: tokenizer, options: options)
        encoder = made
        switch rows.append(made.encode(messages)) {
        case .whole: exampleCount += 1
        case .truncated:
          exampleCount += 1
          truncatedCount += 1
        case .withoutResponse: linesWithoutResponse.append(line)
        }
      }
    }
    var report = reader.report
    report.examples = exampleCount
    report.truncatedExamples = truncatedCount
    report.linesWithoutResponse = linesWithoutResponse
    report.tokens = documents.count + rows.tokens.count
    if encoder != nil, options.chatTemplate == .plain {
      report.notes.append("conversations are written in the plain template")
    }
    let stream = TokenStream(tokens: documents, blockSize: options.blockSize, keepsRest: true)
    let segments = [WindowSegment.stream(stream), .examples(rows)].filter { $0.windowCount > 0 }
    guard !segments.isEmpty else {
      if !linesWithoutResponse.isEmpty {
        throw DataError.noResponses(
          path: file.path, skipped: linesWithoutResponse.count, blockSize: options.blockSize)
      }
      throw DataError.tooFewTokens(path: file.path, tokens: report.tokens, blockSize: 1)
    }
    return (segments, report)
  }

  private static func makeEncoder(
    tokenizer: Tokenizer, options: DatasetOptions
  ) throws -> ChatEncoder {
    if let path = options.unrecognisedTemplatePath {
      throw DataError.unknownChatTemplate(path: path)
    }
    return try ChatEncoder(
      tokenizer: tokenizer, template: options.chatTemplate, endTokenID: options.endTokenID)
  }
}
