/// The tokens of a tokenizer: literal text to id, and id to the bytes it decodes to.
struct Vocabulary: Sendable {
  /// Highest id plus one.
  private(set) var idEnd = 0
  /// Tokens of the model itself.
  private(set) var tokenCount = 0
  /// The id of each single byte; −1 where the vocabulary has none.
  private(set) var byteIDs = [Int32](repeating: -1, count: 256)

  /// Whether token texts are written in the byte alphabet; else they are what they stand for.
  let usesByteAlphabet: Bool

  /// Token texts as the bytes they stand for; texts outside the byte alphabet are in `literals`.
  private var table: ByteStringTable
  private var tableIDs: [Int32] = []
  private var literals: [[UInt8]: Int32] = [:]
  /// Tokens that only the list of added tokens has, by their text.
  private var added: [[UInt8]: Int32] = [:]

  private var decoded: [UInt8] = []
  private var spans: [Span] = []

  private struct Span {
    var start: UInt32 = 0
    var length: UInt32 = .max
    var isKnown: Bool { length != .max }
  }

  /// An empty vocabulary with room for `capacity` tokens.
  init(capacity: Int, usesByteAlphabet: Bool = true) {
    self.usesByteAlphabet = usesByteAlphabet
    table = ByteStringTable(capacity: capacity)
    tableIDs.reserveCapacity(capacity)
    spans.reserveCapacity(capacity)
  }

  /// Adds a token of the model; false if its id or its text is there already.
  ///
  /// A text of characters of the byte alphabet decodes to the bytes they stand for, any other to its
  /// own UTF-8.
  mutating func insert(_ text: String, id: Int32) -> Bool {
    let index = Int(id)
    guard isFree(index) else { return false }
    let bytes: [UInt8]
    if let mapped = standing(for: text) {
      bytes = mapped
      guard table.insert(mapped).isNew else { return false }
      tableIDs.append(id)
      if mapped.count == 1 { byteIDs[Int(mapped[0])] = id }
    } else {
      bytes = Array(text.utf8)
      guard literals.updateValue(id, forKey: bytes) == nil else { return false }
    }
    setDecoded(bytes, id: index)
    tokenCount += 1
    return true
  }

  /// Adds a token that is not the model's; false if its id is taken.
  ///
  /// It decodes as a model's token would, in the reference library too, but pieces of text never
  /// encode to it: only matching added tokens gives its id.
  mutating func insertAdded(_ text: String, id: Int32) -> Bool {
    guard isFree(Int(id)) else { return false }
    added[Array(text.utf8)] = id
    setDecoded(text, id: Int(id))
    return true
  }

  /// Gives a known token another text (an added token's normalized one).
  mutating func setDecoded(_ text: String, id: Int) {
    setDecoded(standing(for: text) ?? Array(text.utf8), id: id)
  }

  /// The bytes that a token's text stands for.
  private func standing(for text: String) -> [UInt8]? {
    usesByteAlphabet ? ByteAlphabet.bytes(of: text) : Array(text.utf8)
  }

  private func isFree(_ id: Int) -> Bool {
    id >= 0 && (id >= spans.count || !spans[id].isKnown)
  }

  private mutating func setDecoded(_ bytes: [UInt8], id: Int) {
    if id >= spans.count {
      spans.append(contentsOf: repeatElement(Span(), count: id + 1 - spans.count))
    }
    spans[id] = Span(
      start: UInt32(truncatingIfNeeded: decoded.count),
      length: UInt32(truncatingIfNeeded: bytes.count))
    decoded.append(contentsOf: bytes)
    idEnd = max(idEnd, id + 1)
  }

  /// The id of a token by its literal text.
  func id(of text: String) -> Int32? {
    if let id = added[Array(text.utf8)] { return id }
    if let mapped = standing(for: text) { return table.find(mapped).map { tableIDs[$0] } }
    return literals[Array(text.utf8)]
  }

  /// The id of the model's token that stands for these bytes.
  func id(ofBytes bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
    table.find(bytes).map { tableIDs[$0] }
  }

  /// The id of the model's token that stands for these bytes.
  func id(ofBytes bytes: ArraySlice<UInt8>) -> Int32? {
    table.find(bytes).map { tableIDs[$0] }
  }

  /// The bytes that an id decodes to; nil for an id that nothing has.
  func bytes(of id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, Int(id) < spans.count, spans[Int(id)].isKnown else { return nil }
    let start = Int(spans[Int(id)].start)
    return decoded[start..<start + Int(spans[Int(id)].length)]
  }
}
