import GenkiCore

/// Why a data file cannot be used as a whole. Bad lines that can be skipped are in `DataReport`.
public enum DataError: ReportableError, Equatable {
  case folder(path: String)
  case empty(path: String)
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// Not text; `found` says what it looks like.
  case binary(path: String, found: String)
  case invalidUTF8(path: String, line: Int, offset: Int)
  /// A table, whose columns nobody has named yet.
  case table(path: String, format: TableFormat)
  /// One JSON document instead of one a line.
  case jsonArray(path: String)
  /// More bad lines than the limits allow; the first of them are quoted.
  case tooManyBadLines(path: String, bad: Int, lines: Int, first: [BadLine], limit: String)
  /// All lines are blank.
  case noExamples(path: String)
  /// Every example's prompt alone fills the block.
  case noResponses(path: String, skipped: Int, blockSize: Int)
  /// Not even one window.
  case tooFewTokens(path: String, tokens: Int, blockSize: Int)
  case noFiles
  case blockSize(Int)
  /// Under the first rules: a template that is none of those built in.
  case unknownChatTemplate(path: String)
  /// A template with something that is not run, or that is no template.
  case chatTemplate(path: String, why: String)
  /// A list of templates of which none counts.
  case noDefaultTemplate(path: String, names: [String])
  case chatTemplateName(String)
  case chatTemplateArguments(reason: String)
  /// The template's control token is not in the tokenizer.
  case missingToken(template: String, token: String)
  /// The tokenizer makes ids that the model has no row for.
  case vocabulary(path: String, token: Int, size: Int)
  /// `tokenizer_config.json` has something else than we expect.
  case tokenizerConfiguration(path: String, key: String, reason: String)

  /// The kind, and with it the exit code.
  public var kind: ErrorKind {
    switch self {
    case .noFiles, .blockSize, .chatTemplateName, .chatTemplateArguments: .usage
    default: .invalidData
    }
  }

  /// What failed, naming the file.
  public var what: String {
    switch self {
    case .folder(let path), .empty(let path), .tooLarge(let path, _, _), .binary(let path, _),
      .table(let path, _), .jsonArray(let path), .tooManyBadLines(let path, _, _, _, _),
      .noExamples(let path),
      .noResponses(let path, _, _), .tooFewTokens(let path, _, _), .vocabulary(let path, _, _):
      "data file '\(path)'"
    case .invalidUTF8(let path, let line, _): "data file '\(path)', line \(line)"
    case .noFiles: "training data"
    case .blockSize: "block size"
    case .unknownChatTemplate(let path), .chatTemplate(let path, _),
      .noDefaultTemplate(let path, _):
      "chat template in '\(path)'"
    case .chatTemplateArguments: "chat template arguments"
    case .chatTemplateName(let name): "chat template '\(name)'"
    case .missingToken(let template, _): "chat template '\(template)'"
    case .tokenizerConfiguration(let path, let key, _): "'\(path)', key '\(key)'"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .folder: "it is a folder"
    case .empty: "it is empty"
    case .tooLarge(_, let bytes, let limit): "it has \(bytes) bytes, the limit is \(limit)"
    case .binary(_, let found): "it is not text: \(found)"
    case .table(_, let format): "it is \(format.name), which is not read"
    case .invalidUTF8(_, _, let offset): "the byte at offset \(offset) is not UTF-8"
    case .jsonArray: "it is one JSON array, not one JSON object a line"
    case .tooManyBadLines(_, let bad, let lines, let first, let limit):
      "\(bad) of its first \(lines) lines are bad, at most \(limit) are skipped: "
        + first.map { "line \($0.line): \($0.reason)" }.joined(separator: "; ")
        + (bad > first.count ? "; …" : "")
    case .noExamples: "all its lines are blank"
    case .noResponses(_, let skipped, let blockSize):
      "in all \(skipped) examples the prompt alone fills the block of \(blockSize) tokens"
    case .tooFewTokens(_, let tokens, let blockSize):
      "\(tokens) tokens; one window of block size \(blockSize) needs \(blockSize + 1)"
    case .noFiles: "no file is named"
    case .blockSize(let size): "\(size) is not between 1 and \(DatasetOptions.blockSizeMax)"
    case .unknownChatTemplate:
      "it is none of those that the rules of this round know, which do not run templates"
    case .chatTemplate(_, let why): why
    case .noDefaultTemplate(_, let names):
      "it is a list without one named 'default'; it has "
        + (names.isEmpty ? "none" : names.prefix(10).map { $0.quoted() }.joined(separator: ", "))
    case .chatTemplateArguments(let reason): reason
    case .chatTemplateName: "there is none of this name"
    case .missingToken(_, let token): "the tokenizer has no token '\(token)'"
    case .vocabulary(_, let token, let size):
      "the tokenizer gives token id \(token), the model knows ids below \(size)"
    case .tokenizerConfiguration(_, _, let reason): reason
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .folder: "name the files in it"
    case .empty, .noExamples, .noFiles: nil
    case .tooLarge: "split it into several files"
    case .binary: "unpack or convert it to UTF-8 text or JSONL"
    case .invalidUTF8: "convert it, for example with: iconv -f ISO-8859-1 -t UTF-8"
    case .table(_, let format):
      "make JSONL of it and name its columns as docs/data-files.md says: \(format.conversion)"
    case .jsonArray: "convert it with: jq -c '.[]' FILE.json > FILE.jsonl"
    case .tooManyBadLines(_, _, _, let first, _)
    where first.allSatisfy { $0.reason.hasPrefix(ChatEncoder.refusal) }:
      "write the conversations as the base's template wants them, or choose another by name: "
        + ChatTemplate.names.joined(separator: ", ")
    case .tooManyBadLines:
      "each line is a JSON object with messages, conversations, instruction and output, prompt and "
        + "completion, question and answer, or text; see docs/data-files.md"
    case .noResponses: "use a larger block size"
    case .tooFewTokens: "add text or use a smaller block size"
    case .blockSize: nil
    case .chatTemplateArguments: "write a JSON object such as {\"enable_thinking\": false}"
    case .unknownChatTemplate, .chatTemplateName, .chatTemplate, .noDefaultTemplate:
      "choose one of \(ChatTemplate.names.joined(separator: ", "))"
    case .missingToken: "choose the template 'plain', or a base whose tokenizer has the token"
    case .vocabulary: "use the tokenizer that belongs to the model"
    case .tokenizerConfiguration: nil
    }
  }
}
