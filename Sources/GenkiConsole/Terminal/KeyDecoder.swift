/// Makes keys of the bytes that a terminal sends; pieces may end anywhere.
///
/// Understood are UTF-8, the control keys of readline, the cursor and editing keys of ANSI terminals and
/// bracketed paste. Other escape sequences are swallowed whole.
package struct KeyDecoder {
  private enum State {
    case ground
    case escape
    case sequence([UInt8])
    /// One byte follows, as application cursor keys have it.
    case single
    case paste([UInt8])
  }

  /// Longer sequences are no key that anybody knows; they are still swallowed to their end.
  private static let sequenceBytesMaximum = 16
  private static let pasteEnd = Array("\u{1B}[201~".utf8)

  private let pasteBytesMaximum: Int
  private var state = State.ground
  /// Bytes of characters that wait for what follows them.
  private var characters: [UInt8] = []
  private var keys: [Key] = []

  /// A decoder that keeps pasted texts up to so many bytes.
  package init(pasteBytesMaximum: Int) { self.pasteBytesMaximum = pasteBytesMaximum }

  /// An escape key was pressed, or a sequence has begun: the next bytes tell, if they come soon.
  package var isWithinEscape: Bool {
    if case .escape = state { return true }
    return false
  }

  /// The keys that are certain after some more bytes.
  package mutating func append(_ bytes: some Sequence<UInt8>) -> [Key] {
    for byte in bytes { take(byte) }
    flushCharacters(isCertain: false)
    defer { keys.removeAll() }
    return keys
  }

  /// Nothing followed an escape: it was the key of that name, which does nothing.
  package mutating func endEscape() {
    if isWithinEscape { state = .ground }
  }

  /// Forgets what has begun.
  package mutating func reset() {
    state = .ground
    characters.removeAll()
  }

  private mutating func take(_ byte: UInt8) {
    switch state {
    case .ground: takeGround(byte)
    case .escape: takeEscape(byte)
    case .sequence(let bytes): takeSequence(bytes, byte)
    case .single:
      state = .ground
      add(Self.cursorKey(byte, isWord: false))
    case .paste(var bytes):
      // The copy in the state goes first, so that the bytes are appended in place.
      state = .ground
      takePaste(&bytes, byte)
    }
  }

  private mutating func takeGround(_ byte: UInt8) {
    if byte >= 0x20, byte != 0x7F {
      characters.append(byte)
      return
    }
    flushCharacters(isCertain: true)
    switch byte {
    case 0x1B: state = .escape
    case 0x09: keys.append(.text("\t"))
    default: add(Self.controlKey(byte))
    }
  }

  private static func controlKey(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x01: .home
    case 0x02: .left
    case 0x04: .endOfInput
    case 0x05: .end
    case 0x06: .right
    case 0x08, 0x7F: .backspace
    case 0x0A, 0x0D: .enter
    case 0x0B: .deleteToEnd
    case 0x0C: .clearScreen
    case 0x0E: .down
    case 0x10: .up
    case 0x15: .deleteToStart
    case 0x17: .deleteWord
    default: nil
    }
  }

  private mutating func takeEscape(_ byte: UInt8) {
    state = .ground
    switch byte {
    case 0x1B: state = .escape
    case UInt8(ascii: "["): state = .sequence([])
    case UInt8(ascii: "O"): state = .single
    case 0x0A, 0x0D: keys.append(.newLine)
    case 0x7F, 0x08: keys.append(.deleteWord)
    case UInt8(ascii: "b"): keys.append(.wordLeft)
    case UInt8(ascii: "f"): keys.append(.wordRight)
    default: break
    }
  }

  private mutating func takeSequence(_ bytes: [UInt8], _ byte: UInt8) {
    guard (0x40...0x7E).contains(byte) else {
      // A control character in a sequence is a broken sequence.
      state =
        byte < 0x20 || byte > 0x7E
        ? .ground : .sequence(bytes.count < Self.sequenceBytesMaximum ? bytes + [byte] : bytes)
      return
    }
    state = .ground
    let parameters = String(decoding: bytes, as: UTF8.self).split(separator: ";")
    if byte == UInt8(ascii: "~") {
      if parameters.first == "200" {
        state = .paste([])
      } else {
        add(Self.editingKey(parameters.first ?? ""))
      }
    } else {
      add(Self.cursorKey(byte, isWord: parameters.count > 1))
    }
  }

  private static func editingKey(_ number: Substring) -> Key? {
    switch number {
    case "1", "7": .home
    case "3": .delete
    case "4", "8": .end
    default: nil
    }
  }

  private static func cursorKey(_ byte: UInt8, isWord: Bool) -> Key? {
    switch byte {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): isWord ? .wordRight : .right
    case UInt8(ascii: "D"): isWord ? .wordLeft : .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    default: nil
    }
  }

  private mutating func takePaste(_ bytes: inout [UInt8], _ byte: UInt8) {
    bytes.append(byte)
    let endCount = Self.pasteEnd.count
    if byte == Self.pasteEnd.last, bytes.suffix(endCount).elementsEqual(Self.pasteEnd) {
      let isTooLong = bytes.count > pasteBytesMaximum + endCount
      let text = String(decoding: bytes.dropLast(endCount), as: UTF8.self)
      keys.append(isTooLong ? .pasteTooLong : .paste(LineEnds.unified(text)))
      return
    }
    // Beyond the limit only as much is kept as tells that it was passed, and where it ends.
    if bytes.count > pasteBytesMaximum + 2 * endCount {
      bytes.removeSubrange(pasteBytesMaximum..<(pasteBytesMaximum + 1))
    }
    state = .paste(bytes)
  }

  private mutating func add(_ key: Key?) {
    if let key { keys.append(key) }
  }

  /// Makes text of the bytes; the last character may still be coming unless `isCertain`.
  private mutating func flushCharacters(isCertain: Bool) {
    guard !characters.isEmpty else { return }
    let held = isCertain ? 0 : Self.incompleteSuffixLength(characters)
    let whole = characters.dropLast(held)
    if !whole.isEmpty { keys.append(.text(String(decoding: whole, as: UTF8.self))) }
    characters.removeFirst(whole.count)
  }

  /// How many bytes at the end begin a character that has not come whole.
  private static func incompleteSuffixLength(_ bytes: [UInt8]) -> Int {
    for (index, byte) in bytes.reversed().prefix(3).enumerated() {
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : byte >= 0x80 ? 0 : 1
      if length > 0 { return length > index + 1 ? index + 1 : 0 }
    }
    return 0
  }
}

/// Line ends of texts from elsewhere.
package enum LineEnds {
  /// The text with `\n` for each `\r\n` and `\r`.
  package static func unified(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var follows = false
    for scalar in text.unicodeScalars {
      if scalar == "\r" || scalar == "\n" {
        if !(scalar == "\n" && follows) { result.append("\n") }
      } else {
        result.append(scalar)
      }
      follows = scalar == "\r"
    }
    return String(result)
  }
}
