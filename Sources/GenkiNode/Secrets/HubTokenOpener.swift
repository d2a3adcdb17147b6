import Foundation
import GenkiHTTP
import GenkiService

/// Finds the hub's token: `hub.token_file`, else systemd's credential `hub-token`, else what Python's
/// client reads: `$HF_TOKEN`, the file `$HF_TOKEN_PATH`, `$HF_HOME/token`.
public struct HubTokenOpener: Sendable {
  /// The name of systemd's credential.
  public static let credentialName = "hub-token"
  private static let variables = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]

  private let tokenFile: String?
  private let environment: [String: String]

  /// - Parameter environment: The process's environment.
  public init(_ section: HubSection, environment: [String: String]) {
    tokenFile = section.tokenFile
    self.environment = environment.filter { !$0.value.isEmpty }
  }

  /// A token and where it came from; nil if there is none.
  ///
  /// - Throws: What keeps a file that is named from being read; a token that cannot be one. No error
  ///   holds the token.
  public func open() throws -> (token: HTTPAuthorization, source: String)? {
    let credentials = environment["CREDENTIALS_DIRECTORY"]
    if let path = tokenFile {
      let isCredential = credentials.map { path.hasPrefix("\($0)/") } ?? false
      return try read(path, isCredential ? .credential : .ownerOnlyFile)
    }
    if let credentials {
      let path = "\(credentials)/\(Self.credentialName)"
      if FileManager.default.fileExists(atPath: path) { return try read(path, .credential) }
    }
    for name in Self.variables {
      if let text = environment[name] {
        return (try Self.token(Array(text.utf8), source: "$\(name)"), "$\(name)")
      }
    }
    if let path = environment["HF_TOKEN_PATH"] { return try read(path, .anybody) }
    let home =
      environment["HF_HOME"]
      ?? environment["XDG_CACHE_HOME"].map { "\($0)/huggingface" }
      ?? environment["HOME"].map { "\($0)/.cache/huggingface" }
    guard let path = home.map({ "\($0)/token" }), FileManager.default.fileExists(atPath: path)
    else { return nil }
    return try read(path, .anybody)
  }

  private func read(
    _ path: String, _ exposure: SecretReader.Exposure
  ) throws -> (token: HTTPAuthorization, source: String) {
    let secret = try SecretReader.read(path: path, exposure: exposure)
    return (try secret.withBytes { try Self.token(Array($0), source: path) }, path)
  }

  /// A token is one word of printable ASCII: it goes into a header.
  private static func token(_ bytes: [UInt8], source: String) throws -> HTTPAuthorization {
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    let word = bytes.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
    guard !word.isEmpty else {
      throw SecretError.unusable(source: source, reason: "it is empty")
    }
    guard word.count <= SecretReader.bytesMax, word.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw SecretError.unusable(
        source: source, reason: "a token is one word of printable ASCII characters")
    }
    return .bearer(String(decoding: word, as: UTF8.self))
  }
}
