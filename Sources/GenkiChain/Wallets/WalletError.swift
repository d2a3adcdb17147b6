import GenkiCore

/// Why a wallet could not be made or read.
public enum WalletError: ReportableError, Equatable {
  /// A wallet or hotkey name that cannot be a file name.
  case name(String, reason: String)
  /// The file or folder is there already; wallets are never overwritten.
  case exists(path: String)
  case missing(path: String)
  /// A folder, device or the like where a file is expected.
  case notAFile(path: String)
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// Others than the owner may read the secret file.
  case exposed(path: String, mode: UInt32)
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
  /// The contents are not a key file.
  case malformed(path: String, reason: String)
  /// The file contradicts the key in it.
  case mismatch(path: String, field: String)
  /// The key is encrypted and no password was given.
  case encrypted(path: String)
  case wrongPassword(path: String)
  /// An encryption of old wallets that we do not read.
  case legacyEncryption(path: String, name: String)
  /// Key derivation needs this much memory at once.
  case memory(bytes: Int)
  case password(reason: String)

  /// The kind, and with it the exit code.
  public var kind: ErrorKind {
    switch self {
    case .name, .password: .usage
    case .exists: .cannotCreate
    case .unreadable, .unwritable: .inputOutput
    case .missing, .notAFile, .tooLarge, .malformed, .mismatch, .legacyEncryption: .invalidData
    case .exposed, .encrypted, .wrongPassword: .notPermitted
    case .memory: .temporary
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .name(let name, _): "wallet name '\(name)'"
    case .exists(let path), .unwritable(let path, _): "cannot create '\(path)'"
    case .missing(let path), .notAFile(let path), .tooLarge(let path, _, _),
      .exposed(let path, _), .unreadable(let path, _), .malformed(let path, _),
      .mismatch(let path, _), .encrypted(let path), .wrongPassword(let path),
      .legacyEncryption(let path, _):
      "key file '\(path)'"
    case .memory: "key derivation"
    case .password: "wallet password"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .name(_, let reason), .unreadable(_, let reason), .unwritable(_, let reason),
      .malformed(_, let reason), .password(let reason):
      reason
    case .exists: "it exists already, and keys are never overwritten"
    case .missing: "there is no such file"
    case .notAFile: "it is not a regular file"
    case .tooLarge(_, let bytes, let limit): "it has \(bytes) bytes, the limit is \(limit)"
    case .exposed(_, let mode):
      "its mode \(String(mode & 0o777, radix: 8)) lets others than the owner reach a secret"
    case .mismatch(_, let field): "its '\(field)' does not belong to its secret key"
    case .encrypted: "it is encrypted"
    case .wrongPassword: "the password is wrong, or the file is damaged"
    case .legacyEncryption(_, let name): "it is encrypted by \(name), an old format"
    case .memory(let bytes): "\(bytes >> 20) MiB of memory are not available"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .name: "use letters, digits, '-', '_' and '.', at most 64, and no leading '.'"
    case .exists: "choose another name"
    case .missing: "'wallet create' makes a wallet, 'wallet show' lists those there are"
    case .exposed(let path, _): "chmod 600 '\(path)'"
    case .encrypted, .wrongPassword:
      "give the right password by --password-file, --password-fd or at the prompt"
    case .legacyEncryption: "open it with the wallet program that wrote it and save it anew"
    case .malformed, .mismatch: "restore the file from a backup or from its phrase"
    case .memory: "close other programs and try again"
    default: nil
    }
  }
}
