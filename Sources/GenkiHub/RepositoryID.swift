/// The id of a repository: `namespace/name`.
public struct RepositoryID: Sendable, Hashable, CustomStringConvertible {
  /// The longest id.
  public static let charactersMaximum = 96

  /// Whose it is.
  public let namespace: String
  /// What it is called.
  public let name: String

  /// An id from its parts; nil unless both are names that the Hub allows.
  public init?(namespace: String, name: String) {
    self.init("\(namespace)/\(name)")
  }

  /// Reads `namespace/name`; nil for anything that the Hub does not allow.
  ///
  /// Letters, digits, `.`, `_` and `-`; no `--`, no `..`, no `.` or `-` at either end of a part, not
  /// ending in `.git`, at most 96 characters in all.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.charactersMaximum, !text.hasSuffix(".git") else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ Self.isName($0) }) else { return nil }
    namespace = String(parts[0])
    name = String(parts[1])
  }

  /// Whether a text can be one of the two parts.
  public static func isName(_ text: some StringProtocol) -> Bool {
    let edges: Set<Character> = [".", "-"]
    guard let first = text.first, let last = text.last else { return false }
    guard !edges.contains(first), !edges.contains(last) else { return false }
    guard !text.contains("--"), !text.contains("..") else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  /// `namespace/name`.
  public var description: String { "\(namespace)/\(name)" }
}
