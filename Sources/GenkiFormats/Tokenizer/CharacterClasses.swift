/// The Unicode classes that pre-tokenization and added tokens look at, a word of flags a character.
///
/// The regular expressions that our scanners stand for are defined over Unicode 16 in the reference
/// library, and its digit splitter over Unicode 17: characters assigned later count as unassigned,
/// so that a text has the same ids whichever Swift runtime reads it.
enum CharacterClasses {
  /// `\p{L}`
  static let letter: UInt16 = 1
  /// `\p{N}`
  static let number: UInt16 = 2
  /// `\s`
  static let space: UInt16 = 4
  /// `[\r\n]`
  static let lineBreak: UInt16 = 8
  /// `\w`
  static let word: UInt16 = 16
  /// Numbers as the digit splitter knows them.
  static let digit: UInt16 = 32
  /// `\p{M}`
  static let mark: UInt16 = 64
  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
  static let upper: UInt16 = 128
  /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
  static let lower: UInt16 = 256
  /// `[\p{P}\p{S}]`
  static let sign: UInt16 = 512

  /// The first character that is looked up instead of tabulated: CJK extensions and beyond.
  private static let tableEnd: UInt32 = 0x20000

  /// Flags of the characters below U+20000. Lives as long as the process.
  nonisolated(unsafe) static let table: UnsafePointer<UInt16> = {
    let table = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(tableEnd))
    for value in 0..<tableEnd {
      table[Int(value)] = Unicode.Scalar(value).map(flags) ?? 0
    }
    return UnsafePointer(table)
  }()

  /// The flags of any character, given the table (which callers keep at hand).
  @inline(__always)
  static func flags(_ value: UInt32, _ table: UnsafePointer<UInt16>) -> UInt16 {
    value < tableEnd ? table[Int(value)] : Unicode.Scalar(value).map(flags) ?? 0
  }

  private static func flags(of scalar: Unicode.Scalar) -> UInt16 {
    let properties = scalar.properties
    guard let age = properties.age, age.major <= 17 else { return 0 }
    let category = properties.generalCategory
    var flags: UInt16 = 0
    switch category {
    case .uppercaseLetter, .titlecaseLetter: flags |= letter | upper
    case .lowercaseLetter: flags |= letter | lower
    case .modifierLetter, .otherLetter: flags |= letter | upper | lower
    case .nonspacingMark, .spacingMark, .enclosingMark: flags |= mark | upper | lower
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol,
      .modifierSymbol, .otherSymbol:
      flags |= sign
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
