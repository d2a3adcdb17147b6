/// The Unicode classes that pre-tokenization and added tokens look at, one byte of flags a character.
///
/// The regular expressions that our scanners stand for are defined over Unicode 16 in the reference
/// library, and its digit splitter over Unicode 17: characters assigned later count as unassigned,
/// so that a text has the same ids whichever Swift runtime reads it.
enum CharacterClasses {
  /// `\p{L}`
  static let letter: UInt8 = 1
  /// `\p{N}`
  static let number: UInt8 = 2
  /// `\s`
  static let space: UInt8 = 4
  /// `[\r\n]`
  static let lineBreak: UInt8 = 8
  /// `\w`
  static let word: UInt8 = 16
  /// Numbers as the digit splitter knows them.
  static let digit: UInt8 = 32

  /// The first character that is looked up instead of tabulated: CJK extensions and beyond.
  private static let tableEnd: UInt32 = 0x20000

  /// Flags of the characters below U+20000. Lives as long as the process.
  nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(tableEnd))
    for value in 0..<tableEnd {
      table[Int(value)] = Unicode.Scalar(value).map(flags) ?? 0
    }
    return UnsafePointer(table)
  }()

  /// The flags of any character, given the table (which callers keep at hand).
  @inline(__always)
  static func flags(_ value: UInt32, _ table: UnsafePointer<UInt8>) -> UInt8 {
    value < tableEnd ? table[Int(value)] : Unicode.Scalar(value).map(flags) ?? 0
  }

  private static func flags(of scalar: Unicode.Scalar) -> UInt8 {
    let properties = scalar.properties
    guard let age = properties.age, age.major <= 17 else { return 0 }
    let category = properties.generalCategory
    var flags: UInt8 = 0
    switch category {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      flags |= letter
    case .decimalNumber, .letterNumber, .otherNumber: flags |= number | digit
    default: break
    }
    if properties.isWhitespace { flags |= space }
    if scalar == "\r" || scalar == "\n" { flags |= lineBreak }
    switch category {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      flags |= word
    default:
      if properties.isAlphabetic || properties.isJoinControl { flags |= word }
    }
    return age.major == 17 ? flags & digit : flags
  }
}
