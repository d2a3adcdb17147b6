/// Python's `upper`, `lower`, `title`, `capitalize` and `swapcase`, character by character.
///
/// A character can become several; they all are of its origin.
enum CaseMapping {
  static func mapped(_ text: MarkedText, _ method: Method) -> MarkedText {
    var builder = MarkedTextBuilder()
    let characters = text.characters
    let scalars = PythonText.scalars(text.bytes)
    var followsCased = false
    for (index, scalar) in scalars.enumerated() {
      let properties = scalar.properties
      let mapped: String
      switch method {
      case .upper: mapped = properties.uppercaseMapping
      case .lower: mapped = lower(scalars, index)
      case .capitalize: mapped = index == 0 ? properties.titlecaseMapping : lower(scalars, index)
      case .title: mapped = followsCased ? lower(scalars, index) : properties.titlecaseMapping
      default:
        mapped =
          properties.isUppercase
          ? lower(scalars, index)
          : properties.isLowercase ? properties.uppercaseMapping : String(scalar)
      }
      followsCased = properties.isCased
      builder.append(mapped.utf8, mark: characters[index].mark)
    }
    if scalars.isEmpty { builder.append([], mark: text.highestMark) }
    var result = builder.text
    result.isMarkup = text.isMarkup
    return result
  }

  /// A sigma at the end of a word has a form of its own.
  private static func lower(_ scalars: [UnicodeScalar], _ index: Int) -> String {
    guard scalars[index] == "\u{3A3}" else { return scalars[index].properties.lowercaseMapping }
    var before = index - 1
    while before >= 0, scalars[before].properties.isCaseIgnorable { before -= 1 }
    guard before >= 0, scalars[before].properties.isCased else { return "\u{3C3}" }
    var after = index + 1
    while after < scalars.count, scalars[after].properties.isCaseIgnorable { after += 1 }
    let isFinal = after == scalars.count || !scalars[after].properties.isCased
    return isFinal ? "\u{3C2}" : "\u{3C3}"
  }
}

/// Python's `isdigit`, `isalpha` and their kin.
enum CharacterKinds {
  static func isOfKind(_ bytes: [UInt8], _ method: Method) -> Bool {
    let scalars = PythonText.scalars(bytes)
    switch method {
    case .isascii: return scalars.allSatisfy { $0.value < 0x80 }
    case .islower: return hasCase(scalars, upper: false)
    case .isupper: return hasCase(scalars, upper: true)
    case .istitle: return isTitle(scalars)
    default: break
    }
    return !scalars.isEmpty && scalars.allSatisfy { isOfKind($0, method) }
  }

  private static func isOfKind(_ scalar: UnicodeScalar, _ method: Method) -> Bool {
    switch method {
    case .isspace: PythonText.isBlank(scalar.value)
    case .isalpha: isLetter(scalar)
    case .isdecimal: scalar.properties.numericType == .decimal
    case .isdigit:
      scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
    case .isnumeric: scalar.properties.numericType != nil
    case .isalnum: isLetter(scalar) || scalar.properties.numericType != nil
    default: false
    }
  }

  static func isLetter(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  private static func hasCase(_ scalars: [UnicodeScalar], upper: Bool) -> Bool {
    var found = false
    for scalar in scalars {
      let properties = scalar.properties
      let isTitle = properties.generalCategory == .titlecaseLetter
      if isTitle || (upper ? properties.isLowercase : properties.isUppercase) { return false }
      if upper ? properties.isUppercase : properties.isLowercase { found = true }
    }
    return found
  }

  private static func isTitle(_ scalars: [UnicodeScalar]) -> Bool {
    var found = false
    var followsCased = false
    for scalar in scalars {
      let properties = scalar.properties
      if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
        if followsCased { return false }
        followsCased = true
        found = true
      } else if properties.isLowercase {
        if !followsCased { return false }
        found = true
      } else {
        followsCased = false
      }
    }
    return found
  }
}
