import GenkiCore

/// What any hub accepts and believes, so that a hostile listing costs little memory.
public enum HubLimits {
  /// Files of a commit.
  public static let entriesMaximum = 64
  /// Bytes of a file's name in UTF-8.
  public static let nameBytesMaximum = 255
  /// Bytes of a file, 1 TiB: sums over a commit stay far from the largest integer.
  public static let fileBytesMaximum = 1 << 40

  /// What keeps a text from being the name of a file in a repository; nil for a good name.
  ///
  /// Good names are single path components without control characters. Which of them a validator
  /// downloads is decided by `SubmissionFiles`.
  public static func nameProblem(_ name: String) -> String? {
    let bytes = name.utf8
    if bytes.isEmpty { return "a file has an empty name" }
    if bytes.count > nameBytesMaximum {
      return "the name \(name.quoted()) has more than \(nameBytesMaximum) bytes"
    }
    if name.utf8.elementsEqual(".".utf8) || name.utf8.elementsEqual("..".utf8) {
      return "\(name.quoted()) is not a file's name"
    }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "/"), UInt8(ascii: "\\"):
        return "the name \(name.quoted()) has a path separator"
      case 0..<0x20, 0x7F: return "the name \(name.quoted()) has a control character"
      default: continue
      }
    }
    return nil
  }
}
