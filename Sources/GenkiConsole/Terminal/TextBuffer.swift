/// A text with a cursor between its characters.
package struct TextBuffer: Sendable, Equatable {
  package private(set) var characters: [Character] = []
  /// How many characters stand before the cursor.
  package private(set) var cursor = 0
  /// The bytes of the text in UTF-8.
  package private(set) var byteCount = 0

  /// A text, with the cursor at its end.
  package init(_ text: String = "") { insert(text) }

  package var isEmpty: Bool { characters.isEmpty }
  package var isAtEnd: Bool { cursor == characters.count }
  package var text: String { String(characters) }

  /// Puts a text where the cursor is, and the cursor behind it.
  package mutating func insert(_ text: String) {
    let added = Array(text)
    characters.insert(contentsOf: added, at: cursor)
    cursor += added.count
    byteCount += text.utf8.count
  }

  /// Moves or deletes; whether anything changed.
  package mutating func apply(_ key: Key) -> Bool {
    switch key {
    case .left: move(to: cursor - 1)
    case .right: move(to: cursor + 1)
    case .wordLeft: move(to: wordStart)
    case .wordRight: move(to: wordEnd)
    case .home: move(to: lineStart(of: cursor))
    case .end: move(to: lineEnd(of: cursor))
    case .backspace: remove(cursor - 1, cursor)
    case .delete: remove(cursor, cursor + 1)
    case .deleteWord: remove(wordStart, cursor)
    case .deleteToStart: remove(lineStart(of: cursor), cursor)
    case .deleteToEnd: remove(cursor, lineEnd(of: cursor))
    default: false
    }
  }

  /// Moves the cursor to a line above (-1) or below (1) at the same place; false if there is none.
  package mutating func moveLine(by step: Int) -> Bool {
    let start = lineStart(of: cursor)
    let column = cursor - start
    let target: Int
    if step < 0 {
      guard start > 0 else { return false }
      target = lineStart(of: start - 1)
    } else {
      let end = lineEnd(of: cursor)
      guard end < characters.count else { return false }
      target = end + 1
    }
    cursor = min(target + column, lineEnd(of: target))
    return true
  }

  private mutating func move(to place: Int) -> Bool {
    let place = min(max(place, 0), characters.count)
    defer { cursor = place }
    return place != cursor
  }

  private mutating func remove(_ first: Int, _ end: Int) -> Bool {
    guard first >= 0, end <= characters.count, first < end else { return false }
    byteCount -= characters[first..<end].reduce(0) { $0 + $1.utf8.count }
    characters.removeSubrange(first..<end)
    cursor = first
    return true
  }

  private func lineStart(of place: Int) -> Int {
    characters[..<place].lastIndex(of: "\n").map { $0 + 1 } ?? 0
  }

  private func lineEnd(of place: Int) -> Int {
    characters[place...].firstIndex(of: "\n") ?? characters.count
  }

  private var wordStart: Int {
    var place = cursor
    while place > 0, characters[place - 1].isWhitespace { place -= 1 }
    while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
    return place
  }

  private var wordEnd: Int {
    var place = cursor
    while place < characters.count, characters[place].isWhitespace { place += 1 }
    while place < characters.count, !characters[place].isWhitespace { place += 1 }
    return place
  }
}
