/// The symbols that a piece starts as before anything merges: the ids of its bytes (byte-level BPE) or
/// of its characters.
///
/// A character without an id becomes its bytes' tokens (`byte_fallback`) or the unknown token. A byte
/// that byte-level BPE has no id for is dropped, as the reference library does.
struct SymbolTable: Sendable {
  /// What a piece is taken apart into.
  enum Kind: Sendable, Equatable {
    case bytes
    /// Tokens of single bytes for characters without an id, and the token of unknown text.
    case characters(fallback: Bool, unknown: Int32?, fusesUnknown: Bool)
  }

  /// Stands for a symbol that has no id.
  static let none: Int32 = -1
  /// Stands for a symbol whose only id is one that is not to be given.
  static let refused = Int32.min

  let kind: Kind
  /// The id of a piece of one byte, or `none`.
  let singleIDs: [Int32]
  private let fallbackIDs: [Int32]
  /// The token of unknown text, or `none`.
  let unknownID: Int32
  private let fusesUnknown: Bool
  private let vocabulary: Vocabulary
  private let refusedIDs: Set<Int32>

  /// The symbols of a vocabulary; a symbol's id is none of `refusing`.
  init(_ vocabulary: Vocabulary, kind: Kind, refusing: Set<Int32> = []) {
    self.vocabulary = vocabulary
    self.kind = kind
    refusedIDs = refusing
    func allowed(_ id: Int32, else other: Int32) -> Int32 { refusing.contains(id) ? other : id }
    var singleIDs = vocabulary.byteIDs
    var fallbackIDs: [Int32] = []
    var unknownID = Self.none
    var fusesUnknown = false
    switch kind {
    case .bytes: singleIDs = singleIDs.map { allowed($0, else: Self.refused) }
    case .characters(let fallback, let unknown, let fuses):
      fusesUnknown = fuses
      if fallback {
        fallbackIDs = Self.fallbackIDs(vocabulary).map { allowed($0, else: Self.none) }
      }
      unknownID = unknown.map { allowed($0, else: Self.refused) } ?? Self.none
      singleIDs = singleIDs.enumerated().map { byte, id in
        let id = allowed(id, else: Self.none)
        if id != Self.none { return id }
        let byteID = fallbackIDs.isEmpty ? Self.none : fallbackIDs[byte]
        return byteID != Self.none ? byteID : unknownID
      }
    }
    self.singleIDs = singleIDs
    self.fallbackIDs = fallbackIDs
    self.unknownID = unknownID
    self.fusesUnknown = fusesUnknown
  }

  /// Whether every text becomes symbols of its own, none dropped and none unknown.
  var coversEveryText: Bool {
    let needed = kind == .bytes ? singleIDs : fallbackIDs
    return !needed.isEmpty && !needed.contains { $0 < 0 }
  }

  /// Whether no symbol is ever dropped.
  var dropsNothing: Bool { coversEveryText || unknownID != Self.none }

  /// The ids of the tokens `<0x00>` to `<0xFF>`, or `none`.
  static func fallbackIDs(_ vocabulary: Vocabulary) -> [Int32] {
    (UInt8.min...UInt8.max).map { byte in
      let hex = String(byte, radix: 16, uppercase: true)
      return vocabulary.id(of: "<0x\(byte < 16 ? "0" : "")\(hex)>") ?? none
    }
  }

  /// Calls `body` with each symbol of a piece of valid UTF-8 and where its text ends in the piece.
  /// There are at most as many as the piece has bytes.
  @inline(__always)
  func forEach(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ body: (_ id: Int32, _ end: Int) -> Void
  ) {
    guard kind == .bytes else {
      forEachCharacter(bytes, count, body)
      return
    }
    for index in 0..<count {
      let id = singleIDs[Int(bytes[index])]
      if id != Self.none { body(id, index + 1) }
    }
  }

  private func forEachCharacter(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ body: (_ id: Int32, _ end: Int) -> Void
  ) {
    var offset = 0
    // Where unknown text ends whose token has not been given yet.
    var unknownEnd = 0
    while offset < count {
      let start = offset
      offset = min(offset + UTF8Text.scalar(bytes, offset).length, count)
      let id = self.id(bytes + start, offset - start)
      if id != Self.none {
        if unknownEnd > 0 { body(unknownID, unknownEnd) }
        unknownEnd = 0
        body(id, offset)
      } else if hasFallback(bytes + start, offset - start) {
        // The reference library gives these before unknown text that stands in front of them.
        for index in start..<offset { body(fallbackIDs[Int(bytes[index])], index + 1) }
      } else if unknownID != Self.none {
        if unknownEnd > 0, !fusesUnknown { body(unknownID, unknownEnd) }
        unknownEnd = offset
      }
    }
    if unknownEnd > 0 { body(unknownID, unknownEnd) }
  }

  /// The id of a character in the vocabulary.
  @inline(__always)
  func id(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    if count == 1, vocabulary.byteIDs[Int(bytes[0])] >= 0, refusedIDs.isEmpty {
      return vocabulary.byteIDs[Int(bytes[0])]
    }
    guard let id = vocabulary.id(ofBytes: UnsafeBufferPointer(start: bytes, count: count)),
      refusedIDs.isEmpty || !refusedIDs.contains(id)
    else { return Self.none }
    return id
  }

  /// Whether a token with this text can be a symbol.
  func canBe(_ id: Int32, _ text: ArraySlice<UInt8>) -> Bool {
    if kind == .bytes { return text.count == 1 }
    return fallbackIDs.contains(id)
      || String(decoding: text, as: UTF8.self).unicodeScalars.count == 1
  }

  private func hasFallback(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard !fallbackIDs.isEmpty else { return false }
    for index in 0..<count where fallbackIDs[Int(bytes[index])] == Self.none { return false }
    return true
  }
}
