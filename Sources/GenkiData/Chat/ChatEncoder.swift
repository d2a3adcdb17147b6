import GenkiFormats
import GenkiTemplates

/// The tokens of one example and which of them the model learns to say.
public struct EncodedExample: Equatable, Sendable {
  /// The ids.
  public internal(set) var tokens: [Int32] = []
  /// One entry a token: whether the model learns to say it.
  public internal(set) var isResponse: [Bool] = []
}

/// Turns conversations into tokens.
///
/// What somebody says is text, whatever it looks like: special tokens in it are encoded as text, and so are
/// tokens that end texts and those that the template frames turns with, so that it can neither end its turn
/// nor begin another. Other added tokens that are not special, as `<think>` often is, are tokens everywhere.
public struct ChatEncoder: Sendable {
  private enum Writer: Sendable {
    case builtIn(BuiltInEncoder)
    case own(ModelTemplate)
  }

  private let writer: Writer
  private let tokenizer: Tokenizer
  /// Added tokens that are not special and yet nobody's words: those that end a text or frame turns.
  private var framingIDs: Set<Int32>
  /// Ids that end a turn: these and special tokens.
  private var controlIDs: Set<Int32>
  /// How a conversation's refusal by the template begins.
  static let refusal = "the chat template refuses it: "

  /// - Throws: `DataError.missingToken` if the tokenizer lacks one of a built-in template's tokens, and the
  ///   format's own refusal.
  public init(
    tokenizer: Tokenizer, format: ChatFormat, endTokenIDs: [Int32],
    rules: DatasetOptions.Rules = .current
  ) throws {
    self.tokenizer = tokenizer
    framingIDs = Set(endTokenIDs)
    controlIDs = Set(tokenizer.addedTokens.filter(\.isSpecial).map(\.id)).union(endTokenIDs)
    switch format {
    case .builtIn(let template):
      writer = .builtIn(
        try BuiltInEncoder(
          tokenizer: tokenizer, template: template, endTokenIDs: endTokenIDs, rules: rules))
    case .own(let template):
      writer = .own(template)
      framingIDs.formUnion(frame(of: template))
      controlIDs.formUnion(framingIDs)
    case .refused(let error): throw error
    }
  }

  /// The added tokens that a template writes around turns, and not within a reply.
  private func frame(of template: ModelTemplate) -> Set<Int32> {
    let question = ChatMessage(role: .user, content: "?")
    let answer = ChatMessage(role: .assistant, content: "!")
    let added = Set(tokenizer.addedTokens.map(\.id))
    var frame: Set<Int32> = []
    for messages in [[question], [question, answer], [question, answer, question]] {
      // A template that refuses so short a conversation writes no frame here.
      let example = try? encode(Conversation(messages), template, addGenerationPrompt: false)
      guard let example else { continue }
      for (id, isReply) in zip(example.tokens, example.isResponse) where !isReply {
        if added.contains(id) { frame.insert(id) }
      }
    }
    return frame
  }

  /// The tokens of a conversation.
  ///
  /// - Parameter addGenerationPrompt: ends where the model is to reply.
  /// - Throws: `ExampleParser.Refusal` where the template refuses the conversation.
  public func encode(
    _ conversation: Conversation, addGenerationPrompt: Bool = false
  ) throws(ExampleParser.Refusal) -> EncodedExample {
    switch writer {
    case .builtIn(let encoder):
      if let reason = conversation.unwrittenByBuiltIns {
        throw ExampleParser.Refusal(reason: reason)
      }
      return try encoder.encode(
        conversation.messages, addGenerationPrompt: addGenerationPrompt)
    case .own(let template):
      return try encode(conversation, template, addGenerationPrompt: addGenerationPrompt)
    }
  }

  private func encode(
    _ conversation: Conversation, _ template: ModelTemplate, addGenerationPrompt: Bool
  ) throws(ExampleParser.Refusal) -> EncodedExample {
    if !template.mentions("tool_calls"),
      let reason = conversation.unwrittenCalls(by: "the base's template does not write")
    {
      throw ExampleParser.Refusal(reason: reason)
    }
    let text: RenderedText
    do {
      text = try template.render(conversation, addGenerationPrompt: addGenerationPrompt)
    } catch {
      if case .raised(let message) = error {
        throw ExampleParser.Refusal(reason: Self.refusal + message)
      }
      throw ExampleParser.Refusal(reason: "\(Self.refusal)\(error.what): \(error.why)")
    }
    let spans = LearnedSpan.spans(
      of: text, isLearned: conversation.messages.map(\.isLearned),
      replyStarts: template.replyStarts(in: conversation))
    let borders = Set(spans.flatMap { [$0.begin, $0.wordsEnd, $0.limit] }).sorted()
    let encoded = try tokenizer.encode(
      words: text.utf8, quoted: Self.quotedRanges(of: text), borders: borders,
      guarding: framingIDs)
    var example = EncodedExample(
      tokens: encoded.ids, isResponse: Array(repeating: false, count: encoded.ids.count))
    let counts = Dictionary(uniqueKeysWithValues: zip(borders, encoded.tokenCounts))
    for span in spans {
      for index in tokens(of: span, counts: counts, ids: encoded.ids) {
        example.isResponse[index] = true
      }
    }
    return example
  }

  /// The tokens of a part to be learned: all that hold some of its words, and those up to the first that
  /// ends it, if one does before somebody else speaks.
  private func tokens(
    of span: LearnedSpan, counts: [Int: Int], ids: [Int32]
  ) -> Range<Int> {
    guard let first = counts[span.begin], let words = counts[span.wordsEnd],
      let limit = counts[span.limit]
    else { return 0..<0 }
    // A token that reaches across the last word's end holds some of it.
    let reaches = span.wordsEnd < span.limit
    let end = (words..<max(words, limit)).first { controlIDs.contains(ids[$0]) }
    return first..<max(first, end.map { $0 + 1 } ?? (reaches ? words : limit))
  }

  /// The parts that are somebody's words.
  private static func quotedRanges(of text: RenderedText) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    for run in text.runs {
      defer { start = run.end }
      guard run.mark != 0, run.end > start else { continue }
      if let last = ranges.last, last.upperBound == start {
        ranges[ranges.count - 1] = last.lowerBound..<run.end
      } else {
        ranges.append(start..<run.end)
      }
    }
    return ranges
  }
}

extension Tokenizer {
  /// `encode(quoting:quoted:borders:guarding:)` for a conversation of a data line.
  func encode(
    words utf8: [UInt8], quoted: [Range<Int>], borders: [Int], guarding: Set<Int32>
  ) throws(ExampleParser.Refusal) -> (ids: [Int32], tokenCounts: [Int]) {
    do {
      return try encode(quoting: utf8, quoted: quoted, borders: borders, guarding: guarding)
    } catch let error as TokenizerError {
      throw ExampleParser.Refusal(reason: "its text has no tokens: \(error.why)")
    } catch {
      throw ExampleParser.Refusal(reason: "its text has no tokens: \(error)")
    }
  }
}
