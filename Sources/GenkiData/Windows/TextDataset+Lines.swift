import GenkiCore
import GenkiFormats

extension TextDataset {
  /// The windows of a JSONL file: its documents as one stream, then a window for each conversation.
  static func loadLines(
    _ file: MappedFile, tokenizer: Tokenizer, options: DatasetOptions
  ) throws -> ([WindowSegment], FileReport) {
    try TextCheck.requireText(file.bytes, path: file.path, wholly: false)
    var reader = JSONLinesReader(
      path: file.path, bytes: file.bytes.count, options: options)
    var lines = LineTokens(tokenizer: tokenizer, options: options)
    try reader.read(file.bytes) { example, line in
      switch example {
      case .text(let text): lines.append(document: text)
      case .conversation(let conversation):
        try lines.append(conversation, line: line)
      }
    }
    var report = reader.report
    lines.complete(&report)
    let stream = TokenStream(
      tokens: lines.documents, blockSize: options.blockSize, keepsRest: true)
    let segments = [WindowSegment.stream(stream), .examples(lines.rows)]
      .filter { $0.windowCount > 0 }
    guard !segments.isEmpty else {
      if !report.linesWithoutResponse.isEmpty {
        throw DataError.noResponses(
          path: file.path, skipped: report.linesWithoutResponse.count,
          blockSize: options.blockSize)
      }
      throw DataError.tooFewTokens(path: file.path, tokens: report.tokens, blockSize: 1)
    }
    return (segments, report)
  }
}

/// The tokens of a JSONL file's examples.
private struct LineTokens {
  private(set) var documents: [Int32] = []
  private(set) var rows: ExampleRows
  private let tokenizer: Tokenizer
  private let options: DatasetOptions
  private let addsEnd: Bool
  private var encoder: ChatEncoder?
  private var documentCount = 0
  private var conversationCount = 0
  private var truncatedCount = 0
  private var thoughtfulCount = 0
  private var equippedCount = 0
  private var linesWithoutResponse: [Int] = []

  init(tokenizer: Tokenizer, options: DatasetOptions) {
    self.tokenizer = tokenizer
    self.options = options
    rows = ExampleRows(blockSize: options.blockSize)
    let endsItself = tokenizer.templateSuffix.contains { $0 == options.endToken.id }
    addsEnd = options.rules == .first || !endsItself
  }

  /// Adds a document as the tokenizer's post-processor has it, with one end token behind it; under the
  /// first rules without the post-processor, and with an end token whatever the text ends in.
  mutating func append(document: String) {
    let tokens = tokenizer.encode(
      document, addedTokens: true, template: options.rules == .current)
    documents += tokens
    documentCount += 1
    guard let end = options.endToken.id, addsEnd else { return }
    if options.rules == .first || tokens.last != end { documents.append(end) }
  }

  /// Adds a conversation as the template writes it.
  ///
  /// - Throws: `ExampleParser.Refusal` where the template refuses it.
  mutating func append(_ conversation: Conversation, line: Int) throws {
    let encoder = try encoder ?? makeEncoder()
    self.encoder = encoder
    let example = try encoder.encode(conversation)
    if conversation.messages.contains(where: { $0.reasoning != nil }) { thoughtfulCount += 1 }
    if !conversation.tools.isEmpty { equippedCount += 1 }
    switch rows.append(example) {
    case .whole: conversationCount += 1
    case .truncated:
      conversationCount += 1
      truncatedCount += 1
    case .withoutResponse: linesWithoutResponse.append(line)
    }
  }

  /// Enters what became of the examples.
  func complete(_ report: inout FileReport) {
    report.examples = documentCount + conversationCount
    report.truncatedExamples = truncatedCount
    report.linesWithoutResponse = linesWithoutResponse
    report.beginTokens =
      options.rules == .first ? 0 : documentCount * tokenizer.templatePrefix.count
    report.tokens = documents.count - report.beginTokens + rows.tokens.count
    let isPlain = encoder != nil && options.chat.isPlain
    if isPlain { report.notes.append("conversations are written in the plain template") }
    if encoder != nil, case .own(let template) = options.chat {
      report.notes += template.unreadArguments.map {
        "chat template argument \($0.quoted()) is not read by the template"
      }
    }
    if thoughtfulCount > 0, !options.chat.writes("reasoning_content") {
      report.notes.append(
        "'reasoning_content' of \(thoughtfulCount) lines is not used: the template does not write it"
      )
    }
    if equippedCount > 0, !options.chat.writes("tools") {
      report.notes.append(
        "'tools' of \(equippedCount) lines is not used: the template does not write it")
    }
    if let remark = options.endToken.remark, isPlain || documentCount > 0 {
      report.notes.append(remark)
    }
  }

  private func makeEncoder() throws -> ChatEncoder {
    try ChatEncoder(
      tokenizer: tokenizer, format: options.chat, endTokenIDs: options.endTokenIDs,
      rules: options.rules)
  }
}
