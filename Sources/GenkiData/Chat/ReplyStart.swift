import GenkiTemplates

/// What a template writes between a user's last word and a reply, found out by asking it.
struct ReplyStart: Sendable, Equatable {
  /// What is written more when a reply is asked for; empty where that makes no difference.
  private(set) var prompt: [UInt8] = []
  /// Everything behind the user's last word.
  private(set) var closing: [UInt8] = []

  /// Asks a template for the shortest conversation, with and without the start of a reply. A template that
  /// refuses even that says nothing.
  init(
    _ render: (_ conversation: Conversation, _ addsPrompt: Bool) throws -> RenderedText
  ) {
    let question = Conversation([ChatMessage(role: .user, content: "?")])
    guard let asked = try? render(question, true), let told = try? render(question, false) else {
      return
    }
    closing = Self.tail(of: asked)
    let common = zip(closing, Self.tail(of: told)).prefix { $0 == $1 }.count
    prompt = Array(closing[common...])
  }

  /// A start as somebody knows it.
  init(prompt: [UInt8], closing: [UInt8]) {
    self.prompt = prompt
    self.closing = closing
  }

  /// What follows the last word of a turn.
  private static func tail(of text: RenderedText) -> [UInt8] {
    guard let last = text.runs.last(where: { $0.mark != 0 }) else { return [] }
    return Array(text.utf8[last.end...])
  }

  /// How many bytes of what stands before a reply's first word do not belong to the reply.
  ///
  /// - Parameter between: What the template wrote between the words before and the reply's first one.
  func length(in between: ArraySlice<UInt8>) -> Int {
    if let end = Self.end(ofLast: prompt, in: between) { return end }
    // The start that is asked for may write more than the one in the middle of a conversation.
    let overlap = min(prompt.count, between.count)
    if overlap > 0,
      (1...overlap).contains(where: { between.suffix($0).elementsEqual(prompt[..<$0]) })
    {
      return between.count
    }
    // Without one, a blank that the template puts before a reply belongs to it, a header does not.
    if between.starts(with: closing), between.dropFirst(closing.count).allSatisfy(Self.isBlank) {
      return closing.count
    }
    return between.count
  }

  private static func end(ofLast part: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
    guard !part.isEmpty, part.count <= text.count else { return nil }
    let text = Array(text)
    return stride(from: text.count - part.count, through: 0, by: -1)
      .first { text[$0..<$0 + part.count].elementsEqual(part) }
      .map { $0 + part.count }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }
}
