/// What an operator says of the models that they publish.
public struct CardTerms: Sendable, Hashable {
  /// The longest description in bytes.
  public static let descriptionBytesMaximum = 4_096

  /// The Hub's id of a licence; nil says that none is stated.
  public var license: String?
  /// What the data are, in the operator's words.
  public var description: String?
  /// Codes of languages.
  public var languages: [String]

  /// What an operator says; see the properties.
  public init(license: String? = nil, description: String? = nil, languages: [String] = []) {
    self.license = license
    self.description = description
    self.languages = languages
  }

  /// Whether a text can be the id of a licence or the code of a language.
  public static func isCode(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
