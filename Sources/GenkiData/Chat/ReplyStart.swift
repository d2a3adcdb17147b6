import GenkiTemplates

/// What a template writes between a user's last word and a reply, found out by asking it.
struct ReplyStart: Sendable, Equatable {
  /// A longer start is none: it would not be a header.
  private static let bytesMax = 64 << 10

  /// What is written more when a reply is asked for; empty where that makes no difference.
  private let prompt: BorderedPattern
  /// The same from its end.
  private let reversedPrompt: BorderedPattern
  /// Everything behind the user's last word.
  private let closing: [UInt8]

  /// Asks a template for the shortest conversation, with and without the start of a reply. A template that
  /// refuses even that says nothing.
  init(
    _ render: (_ conversation: Conversation, _ addsPrompt: Bool) throws -> RenderedText
  ) {
    let question = Conversation([ChatMessage(role: .user, content: "?")])
    guard let asked = try? render(question, true), let told = try? render(question, false) else {
      self.init(prompt: [], closing: [])
      return
    }
    let closing = Self.tail(of: asked)
    let common = zip(closing, Self.tail(of: told)).prefix { $0 == $1 }.count
    self.init(prompt: Array(closing[common...]), closing: closing)
  }

  /// A start as somebody knows it.
  init(prompt: [UInt8], closing: [UInt8]) {
    let isHeader = closing.count <= Self.bytesMax
    self.prompt = BorderedPattern(isHeader ? prompt : [])
    reversedPrompt = BorderedPattern(isHeader ? prompt.reversed() : [])
    self.closing = isHeader ? closing : []
  }

  /// What follows the last word of a turn.
  private static func tail(of text: RenderedText) -> [UInt8] {
    guard let last = text.runs.last(where: { $0.mark != 0 }) else { return [] }
    return Array(text.utf8[last.end...])
  }

  /// How many bytes of what stands before a reply's first word do not belong to the reply.
  ///
  /// - Parameters:
  ///   - between: What the template wrote between the words before and the reply's first one.
  ///   - starts: The starts that the template writes, the one that counts first.
  static func length(in between: ArraySlice<UInt8>, starts: [ReplyStart]) -> Int {
    for start in starts {
      if let end = start.reversedPrompt.firstEnd(in: between.reversed()) {
        return between.count - end + start.prompt.bytes.count
      }
    }
    // The start that is asked for may write more than the one in the middle of a conversation.
    if starts.contains(where: { $0.prompt.overlap(atEndOf: between) > 0 }) { return between.count }
    // Without one, a blank that the template puts before a reply belongs to it, a header does not.
    let closed = starts.first { start in
      between.starts(with: start.closing)
        && between.dropFirst(start.closing.count).allSatisfy(Self.isBlank)
    }
    return closed?.closing.count ?? between.count
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}

/// A pattern that is looked for in time that grows with the text alone, after Knuth, Morris and Pratt.
private struct BorderedPattern: Sendable, Equatable {
  let bytes: [UInt8]
  /// Of each beginning of the pattern the length of its longest border.
  private let borders: [Int]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var borders: [Int] = []
    for byte in bytes {
      guard var length = borders.last else {
        borders.append(0)
        continue
      }
      while length > 0, bytes[length] != byte { length = borders[length - 1] }
      borders.append(bytes[length] == byte ? length + 1 : 0)
    }
    self.borders = borders
  }

  /// Behind the first place of the whole pattern; nil for none and for an empty pattern.
  func firstEnd(in text: some Sequence<UInt8>) -> Int? {
    guard !bytes.isEmpty else { return nil }
    var matched = 0
    for (index, byte) in text.enumerated() {
      matched = next(matched, byte)
      if matched == bytes.count { return index + 1 }
    }
    return nil
  }

  /// How much of the pattern's beginning a text ends in.
  func overlap(atEndOf text: ArraySlice<UInt8>) -> Int {
    guard !bytes.isEmpty else { return 0 }
    return text.suffix(bytes.count).reduce(0) { next($0, $1) }
  }

  private func next(_ matched: Int, _ byte: UInt8) -> Int {
    var length = matched == bytes.count ? borders[matched - 1] : matched
    while length > 0, bytes[length] != byte { length = borders[length - 1] }
    return bytes[length] == byte ? length + 1 : 0
  }
}
