import Foundation
import GenkiChain
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
  /// - Throws: `SecretError` for what keeps a file that is named from being read, and for a token that
  ///   cannot be one. No error holds the token.
  public func open() throws -> HubToken? {
    let credentials = environment["CREDENTIALS_DIRECTORY"]
    if let path = tokenFile {
      let isCredential = credentials.map { path.hasPrefix("\($0)/") } ?? false
      return try read(.setting(path: path), path, isCredential ? .credential : .ownerOnlyFile)
    }
    if let credentials {
      let path = "\(credentials)/\(Self.credentialName)"
      if FileManager.default.fileExists(atPath: path) {
        return try read(.credential, path, .credential)
      }
    }
    for name in Self.variables {
      if let text = environment[name] {
        let source = HubToken.Source.variable(name)
        return HubToken(
          authorization: try Self.token(Array(text.utf8), source: source), source: source)
      }
    }
    if let path = environment["HF_TOKEN_PATH"] {
      return try read(.sharedFile(path: path), path, .anybody)
    }
    let home =
      environment["HF_HOME"]
      ?? environment["XDG_CACHE_HOME"].map { "\($0)/huggingface" }
      ?? environment["HOME"].map { "\($0)/.cache/huggingface" }
    guard let path = home.map({ "\($0)/token" }), FileManager.default.fileExists(atPath: path)
    else { return nil }
    return try read(.sharedFile(path: path), path, .anybody)
  }

  private func read(
    _ source: HubToken.Source, _ path: String, _ exposure: SecretReader.Exposure
  ) throws -> HubToken {
    do {
      let secret = try SecretReader.read(path: path, exposure: exposure)
      return HubToken(
        authorization: try secret.withBytes { try Self.token(Array($0), source: source) },
        source: source)
    } catch WalletError.exposed(_, let mode) {
      throw SecretError.exposed(path: path, mode: mode)
    } catch let error as WalletError {
      throw SecretError.unreadable(path: path, reason: error.why)
    }
  }

  /// A token is one word of printable ASCII: it goes into a header.
  private static func token(
    _ bytes: [UInt8], source: HubToken.Source
  ) throws -> HTTPAuthorization {
    func unusable(_ reason: String) -> SecretError {
      .unusable(source: source.description, reason: reason)
    }
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    let word = bytes.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
    guard !word.isEmpty else { throw unusable("it is empty") }
    guard word.count <= SecretReader.bytesMax else {
      throw unusable("it is longer than \(SecretReader.bytesMax) bytes")
    }
    guard word.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw unusable("a token is one word of printable ASCII characters")
    }
    return .bearer(String(decoding: word, as: UTF8.self))
  }
}

/// A hub's token and where it came from; printing it shows the source only.
public struct HubToken: Sendable {
  /// Where a token came from.
  public enum Source: Sendable, Hashable {
    /// The file that `hub.token_file` names.
    case setting(path: String)
    /// systemd's credential.
    case credential
    /// A variable.
    case variable(String)
    /// A file that Python's client reads, too.
    case sharedFile(path: String)
  }

  /// What the hub is shown.
  public let authorization: HTTPAuthorization
  /// Where it came from.
  public let source: Source

  /// The mode of a file that others than its owner may read; nil where nobody else can.
  ///
  /// A file that the configuration names is refused then; Python's client writes its own as it likes.
  public var exposedMode: mode_t? {
    guard case .sharedFile(let path) = source else { return nil }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return nil }
    return status.st_mode & 0o777
  }
}

extension HubToken.Source: CustomStringConvertible {
  /// For people, with the setting's name.
  public var description: String {
    switch self {
    case .setting(let path): "\(path) (hub.token_file)"
    case .credential: "the credential \(HubTokenOpener.credentialName)"
    case .variable(let name): "$\(name)"
    case .sharedFile(let path): path
    }
  }
}
