/// What a request was sent with and nobody may read: its authorization, and the values of its query,
/// which of a signed address are the right to use it.
///
/// Servers repeat such things in their answers, above all where they refuse them; whoever quotes an
/// answer takes them out first.
struct HTTPSecrets: Sendable, Hashable {
  /// Shorter values of a query are no secrets, and would be found in every text.
  private static let charactersMinimum = 8
  private static let mark = "(secret)"

  /// The longest first: one may hold another.
  private let words: [String]

  init(_ request: HTTPRequest) {
    var words: Set<String> = []
    if let value = request.authorization?.headerValue {
      words.insert(value)
      if let word = value.split(separator: " ").last { words.insert(String(word)) }
    }
    for pair in request.url.query?.split(separator: "&") ?? [] {
      let value = pair.drop { $0 != "=" }.dropFirst()
      words.insert(String(value))
      words.insert(Self.decoded(value))
    }
    self.words = words.filter { $0.utf8.count >= Self.charactersMinimum }
      .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
  }

  /// Without any.
  init() { words = [] }

  /// A text in which none of them is left.
  func removed(from text: String) -> String {
    var text = text
    for word in words where text.contains(word) {
      text.replace(word, with: Self.mark)
    }
    return text
  }

  /// A value as it was before it was percent-encoded.
  private static func decoded(_ value: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(value.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension HTTPSecrets: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// How many there are.
  var description: String { "\(words.count) secrets" }
  /// The same.
  var debugDescription: String { description }
  /// None of them.
  var customMirror: Mirror { Mirror(self, children: []) }
}
