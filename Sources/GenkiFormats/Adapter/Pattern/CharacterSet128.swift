/// A set of ASCII characters; paths of modules have no others.
struct CharacterSet128: Equatable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init() {}

  /// All characters from one to another, those of them that are ASCII.
  init(_ first: UInt32, through last: UInt32) {
    guard first <= last, first < 128 else { return }
    for value in first...min(last, 127) { insert(UInt8(value)) }
  }

  /// One character; none where it is not ASCII.
  init(_ scalar: Unicode.Scalar) { self.init(scalar.value, through: scalar.value) }

  /// `\d`
  static let digits = CharacterSet128(0x30, through: 0x39)
  /// `\w`
  static let wordCharacters = digits.union(CharacterSet128(0x41, through: 0x5A))
    .union(CharacterSet128(0x61, through: 0x7A)).union(CharacterSet128("_"))
  /// `\s`, of which Python counts four separators more than C.
  static let spaces = CharacterSet128(0x09, through: 0x0D)
    .union(CharacterSet128(0x1C, through: 0x20))
  /// `.`
  static let allButNewline = CharacterSet128("\n").inverted

  /// What is in neither of the 128.
  var inverted: CharacterSet128 {
    var other = self
    other.low = ~low
    other.high = ~high
    return other
  }

  func union(_ other: CharacterSet128) -> CharacterSet128 {
    var all = self
    all.low |= other.low
    all.high |= other.high
    return all
  }

  func contains(_ byte: UInt8) -> Bool {
    guard byte < 128 else { return false }
    return (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
  }

  private mutating func insert(_ byte: UInt8) {
    if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
  }
}
