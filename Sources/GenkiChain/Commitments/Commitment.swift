import GenkiCore

/// What stands in a hotkey's commitment on the chain: one field of printable ASCII.
public enum Commitment {
  /// The largest field that a chain takes.
  public static let bytesMaximum = 128

  /// Splits a hostile field at its colons.
  static func fields(
    _ bytes: some Collection<UInt8>, count: Int, tag: String
  ) throws -> [String] {
    guard bytes.count <= bytesMaximum else {
      throw CommitmentError.malformed(reason: "\(bytes.count) bytes are more than \(bytesMaximum)")
    }
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw CommitmentError.malformed(reason: "it is not printable ASCII")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let fields = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard fields.first == tag else { throw CommitmentError.otherKind(expected: tag) }
    guard fields.count == count else {
      throw CommitmentError.malformed(reason: "\(fields.count) fields instead of \(count)")
    }
    return fields
  }

  /// Reads a field of exactly so many bytes.
  static func bytes(_ text: String, count: Int, name: String) throws -> [UInt8] {
    guard let bytes = Base64URL.decode(text), bytes.count == count else {
      throw CommitmentError.malformed(reason: "\(name) is not \(count) bytes in base64url")
    }
    return bytes
  }

  /// Checks a repository id: printable, no colon, one slash, at most so long.
  static func check(repository: String, bytesMaximum: Int) throws {
    let bytes = Array(repository.utf8)
    guard (3...bytesMaximum).contains(bytes.count) else {
      throw CommitmentError.malformed(
        reason: "the repository id has \(bytes.count) bytes, allowed are 3 to \(bytesMaximum)")
    }
    let slashes = bytes.count { $0 == UInt8(ascii: "/") }
    guard slashes == 1, bytes.first != UInt8(ascii: "/"), bytes.last != UInt8(ascii: "/"),
      bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") })
    else {
      throw CommitmentError.malformed(reason: "\(repository.quoted()) is no repository id")
    }
  }
}

/// A commitment does not say what it must.
public enum CommitmentError: ReportableError, Equatable {
  /// It is none of this kind.
  case otherKind(expected: String)
  /// It is of this kind, but wrong.
  case malformed(reason: String)

  /// Bad data.
  public var kind: ErrorKind { .invalidData }
  /// A commitment.
  public var what: String { "commitment" }
  /// What is wrong.
  public var why: String {
    switch self {
    case .otherKind(let expected): "it does not begin with \(expected)"
    case .malformed(let reason): reason
    }
  }
  /// Nothing to do.
  public var advice: String? { nil }
}
