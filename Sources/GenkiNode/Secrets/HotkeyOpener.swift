import Foundation
import GenkiChain
import GenkiConsole
import GenkiService
import Logging

/// Opens a daemon's hotkey; for an encrypted one with the password that the operator provides.
///
/// The password is the first line of `wallet.password_file`, else of systemd's credential
/// `wallet-password`.
public struct HotkeyOpener: Sendable {
  /// The name of systemd's credential.
  public static let credentialName = "wallet-password"
  /// What the service manager is asked to wait for a decryption. It takes about 20 seconds, on a
  /// crowded machine more.
  static let patienceSeconds = 300.0

  private let wallet: Wallet
  private let hotkey: String
  private let passwordPath: String?
  private let exposure: SecretReader.Exposure
  private let cost: KeyfileCipher.Cost

  /// - Parameter environment: The process's environment, for `$CREDENTIALS_DIRECTORY`.
  public init(_ section: WalletSection, environment: [String: String]) throws {
    try self.init(section, environment: environment, cost: .sensitive)
  }

  /// With a cheaper key derivation, for tests.
  package init(
    _ section: WalletSection, environment: [String: String], cost: KeyfileCipher.Cost
  ) throws {
    wallet = try Wallet(basePath: section.path ?? Wallet.defaultBasePath, name: section.name)
    hotkey = section.hotkey
    self.cost = cost
    let folder = environment["CREDENTIALS_DIRECTORY"].flatMap { $0.isEmpty ? nil : $0 }
    let credential = folder.map { "\($0)/\(Self.credentialName)" }
    if let path = section.passwordFile {
      passwordPath = path
      exposure = folder.map { path.hasPrefix("\($0)/") } == true ? .credential : .ownerOnlyFile
    } else {
      passwordPath = credential.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
      exposure = .credential
    }
  }

  /// Opens the hotkey.
  ///
  /// An encrypted one takes tens of seconds and 512 MiB: the log says so, and the service manager is
  /// asked for patience, which ends with its `READY=1`.
  public func open(logger: Logger, notifier: ServiceNotifier) throws -> KeypairSigner {
    guard try isEncrypted() else { return try KeypairSigner(try wallet.hotkey(hotkey)) }
    let password = try password()
    notifier.extendTimeout(seconds: Self.patienceSeconds)
    notifier.status("decrypting the hotkey")
    logger.notice(
      "decrypting hotkey \(wallet.name)/\(hotkey); this takes about half a minute and 512 MiB")
    let start = MonotonicClock.seconds()
    let signer = try open(password)
    let seconds = HumanUnits.decimal(MonotonicClock.seconds() - start, places: 1)
    logger.notice("hotkey \(signer.address) is open after \(seconds) s")
    return signer
  }

  /// What `check` says of the hotkey.
  ///
  /// - Parameter opens: Decrypt an encrypted hotkey, to see that the password is right.
  /// - Throws: What would keep the daemon from starting.
  public func look(opens: Bool) throws -> String {
    let name = "\(wallet.name)/\(hotkey)"
    guard try isEncrypted() else {
      return "\(name) is \(try KeypairSigner(try wallet.hotkey(hotkey)).address), not encrypted"
    }
    let password = try password()
    let source = "the password is in \(passwordPath ?? "")"
    if opens {
      return "\(name) is \(try open(password).address), encrypted; \(source) and opens it"
    }
    let address = (try? wallet.hotkeyAddress(hotkey)).map { "\($0), " } ?? ""
    return "\(name) is \(address)encrypted; \(source); --open-hotkey tries it"
  }

  private func isEncrypted() throws -> Bool {
    try Wallet.isEncrypted(keyfile: wallet.hotkeyPath(hotkey))
  }

  private func password() throws -> SecretBytes {
    guard let passwordPath else {
      throw SecretError.hotkeyLocked(path: try wallet.hotkeyPath(hotkey))
    }
    let password = try SecretReader.read(path: passwordPath, exposure: exposure)
    guard password.count > 0 else {
      throw SecretError.unusable(source: passwordPath, reason: "its first line is empty")
    }
    return password
  }

  private func open(_ password: SecretBytes) throws -> KeypairSigner {
    do {
      return try KeypairSigner(try wallet.hotkey(hotkey, password: password, cost: cost))
    } catch WalletError.wrongPassword(let path) {
      throw SecretError.wrongPassword(path: path, source: passwordPath ?? "")
    }
  }
}
