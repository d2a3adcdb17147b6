/// A text in which a backslash takes their meaning away from separators and from itself.
struct EscapedText: Equatable {
  private struct Piece: Equatable {
    let character: Character
    let isEscaped: Bool
  }

  private var pieces: [Piece] = []

  private init(_ pieces: some Sequence<Piece>) { self.pieces = Array(pieces) }

  /// Reads a text; nil where a backslash stands before anything but a separator or a backslash.
  init?(_ text: String, separators: Set<Character>) {
    var isEscaped = false
    for character in text {
      if isEscaped {
        guard separators.contains(character) || character == "\\" else { return nil }
        pieces.append(Piece(character: character, isEscaped: true))
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        pieces.append(Piece(character: character, isEscaped: false))
      }
    }
    if isEscaped { return nil }
  }

  /// The text without its backslashes.
  var text: String { String(pieces.map(\.character)) }

  /// The parts between separators that have their meaning.
  func split(_ separator: Character, most count: Int = .max) -> [EscapedText] {
    pieces.split(maxSplits: count - 1, omittingEmptySubsequences: false) {
      $0.character == separator && !$0.isEscaped
    }.map { EscapedText($0) }
  }
}
