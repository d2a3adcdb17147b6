import Foundation

/// A Bittensor wallet on disk: `BASE/NAME/coldkey`, `coldkeypub.txt`, `hotkeys/HOTKEY` and
/// `hotkeys/HOTKEYpub.txt`.
///
/// Daemons need a hotkey and `coldkeypub.txt` only.
public struct Wallet: Sendable {
  /// The folder that holds all wallets.
  public let basePath: String
  /// The wallet's name, which is its folder's.
  public let name: String

  /// Names a wallet, there or not.
  ///
  /// - Throws: `WalletError.name` if the name cannot be a folder's.
  public init(basePath: String, name: String) throws {
    try Self.check(name: name)
    self.basePath = basePath
    self.name = name
  }

  /// The wallet's folder.
  public var path: String { (basePath as NSString).appendingPathComponent(name) }
  /// The coldkey, encrypted or plain.
  public var coldkeyPath: String { path + "/coldkey" }
  /// The coldkey's public half.
  public var coldkeyPublicPath: String { path + "/coldkeypub.txt" }

  /// A hotkey's file.
  public func hotkeyPath(_ hotkey: String) throws -> String {
    try Self.check(name: hotkey)
    return path + "/hotkeys/" + hotkey
  }

  /// The file of a hotkey's public half.
  public func hotkeyPublicPath(_ hotkey: String) throws -> String {
    try hotkeyPath(hotkey) + Self.publicSuffix
  }

  /// Where the Python tools keep wallets: `~/.bittensor/wallets`.
  public static var defaultBasePath: String {
    NSHomeDirectory() + "/.bittensor/wallets"
  }

  // MARK: Making

  /// Writes a new wallet: all four files, or nothing at all.
  ///
  /// With a password this takes tens of seconds and 512 MiB.
  ///
  /// - Parameter password: encrypts the coldkey; nil leaves it readable to whoever reads the file.
  /// - Throws: `WalletError.exists` if there is a wallet of this name.
  public func create(
    coldkey: Keypair, hotkey: Keypair, hotkeyName: String, password: SecretBytes?,
    cost: KeyfileCipher.Cost = .sensitive
  ) throws {
    try requireAbsence(hotkeyName: hotkeyName)
    var secret = try Keyfile.privateContents(of: coldkey)
    if let password { secret = try KeyfileCipher.seal(secret, password: password, cost: cost) }

    // The wallet grows in a hidden folder and gets its name when it is whole.
    try SecretFile.createFolder(basePath)
    let draft = try Wallet(
      hiddenIn: basePath, name: ".\(name).new-\(getpid())-\(UInt32.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(atPath: draft.path) }
    try SecretFile.createFolder(draft.path)
    try SecretFile.create(draft.coldkeyPath, contents: secret)
    try SecretFile.create(
      draft.coldkeyPublicPath, contents: Keyfile.publicContents(of: coldkey.publicKey))
    try draft.createHotkey(hotkey, name: hotkeyName)
    try requireAbsence(of: path)
    guard rename(draft.path, path) == 0 else {
      if errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR {
        throw WalletError.exists(path: path)
      }
      throw WalletError.unwritable(path: path, reason: SecretFile.lastError())
    }
    try SecretFile.synchronizeFolder(basePath)
  }

  /// Fails at once where `create` would fail after a password was asked for.
  ///
  /// - Throws: `WalletError.exists` or, for a name that cannot be, `.name`.
  public func requireAbsence(hotkeyName: String) throws {
    try Self.check(name: hotkeyName)
    try requireAbsence(of: path)
  }

  /// Adds a hotkey to a wallet; a public half that is there already must be its own.
  ///
  /// - Parameter password: encrypts it, which takes tens of seconds and 512 MiB; daemons then need the
  ///   password.
  /// - Throws: `WalletError.exists` if the wallet has a hotkey of this name.
  public func createHotkey(
    _ hotkey: Keypair, name hotkeyName: String, password: SecretBytes? = nil,
    cost: KeyfileCipher.Cost = .sensitive
  ) throws {
    try SecretFile.createFolder(path + "/hotkeys")
    try place(
      hotkey, at: hotkeyPath(hotkeyName), publicPath: hotkeyPublicPath(hotkeyName),
      password: password, cost: cost)
  }

  /// Adds the coldkey to a wallet that has none; a public half that is there already must be its own.
  ///
  /// - Parameter password: encrypts it, which takes tens of seconds and 512 MiB.
  /// - Throws: `WalletError.exists` if the wallet has a coldkey.
  public func createColdkey(
    _ coldkey: Keypair, password: SecretBytes?, cost: KeyfileCipher.Cost = .sensitive
  ) throws {
    try SecretFile.createFolder(path)
    try place(
      coldkey, at: coldkeyPath, publicPath: coldkeyPublicPath, password: password, cost: cost)
  }

  /// Fails at once where adding a key would fail after a password was asked for.
  ///
  /// - Parameter hotkeyName: nil for the coldkey.
  public func requireRoom(for keypair: Keypair, hotkeyName: String?) throws {
    try requireRoom(
      for: keypair, at: hotkeyName.map(hotkeyPath) ?? coldkeyPath,
      publicPath: hotkeyName.map(hotkeyPublicPath) ?? coldkeyPublicPath)
  }

  private func requireRoom(for keypair: Keypair, at secretPath: String, publicPath: String) throws {
    try requireAbsence(of: secretPath)
    do {
      let contents = try SecretFile.read(publicPath, isSecret: false)
      guard try Keyfile.address(from: contents, path: publicPath).publicKey == keypair.publicKey
      else { throw WalletError.exists(path: publicPath) }
    } catch WalletError.missing {
      return
    }
  }

  /// Writes the public half first: a crash between the two leaves what a second try accepts.
  private func place(
    _ keypair: Keypair, at secretPath: String, publicPath: String, password: SecretBytes?,
    cost: KeyfileCipher.Cost
  ) throws {
    try requireRoom(for: keypair, at: secretPath, publicPath: publicPath)
    var secret = try Keyfile.privateContents(of: keypair)
    if let password { secret = try KeyfileCipher.seal(secret, password: password, cost: cost) }
    try requireRoom(for: keypair, at: secretPath, publicPath: publicPath)
    do {
      try SecretFile.create(publicPath, contents: Keyfile.publicContents(of: keypair.publicKey))
    } catch WalletError.exists {
      try requireRoom(for: keypair, at: secretPath, publicPath: publicPath)
    }
    try SecretFile.create(secretPath, contents: secret)
  }

  // MARK: Reading

  /// The coldkey's address, from `coldkeypub.txt`.
  public func coldkeyAddress() throws -> SS58Address {
    try Keyfile.address(
      from: SecretFile.read(coldkeyPublicPath, isSecret: false), path: coldkeyPublicPath)
  }

  /// What there is of a secret.
  public enum SecretState: String, Sendable {
    case encrypted
    case plain
    /// The file is not there: only the public half is known.
    case absent
    /// Others than the owner can reach the file, so it will not be used.
    case exposed
  }

  /// What there is of the coldkey.
  public func coldkeyState() throws -> SecretState { try Self.state(of: coldkeyPath) }

  /// What there is of a hotkey.
  public func hotkeyState(_ name: String) throws -> SecretState {
    try Self.state(of: hotkeyPath(name))
  }

  /// The coldkey itself. An encrypted one takes tens of seconds and 512 MiB.
  ///
  /// - Throws: `WalletError.encrypted` if it needs a password and none is given.
  public func coldkey(
    password: SecretBytes?, cost: KeyfileCipher.Cost = .sensitive
  ) throws -> Keypair {
    try Self.keypair(atKeyfile: coldkeyPath, password: password, cost: cost)
  }

  /// A hotkey. An encrypted one takes tens of seconds and 512 MiB.
  ///
  /// - Throws: `WalletError.encrypted` if it needs a password and none is given.
  public func hotkey(
    _ name: String, password: SecretBytes? = nil, cost: KeyfileCipher.Cost = .sensitive
  ) throws -> Keypair {
    try Self.keypair(atKeyfile: hotkeyPath(name), password: password, cost: cost)
  }

  /// The key of any key file.
  ///
  /// - Throws: `WalletError.encrypted` if it needs a password and none is given.
  public static func keypair(
    atKeyfile path: String, password: SecretBytes?, cost: KeyfileCipher.Cost = .sensitive
  ) throws -> Keypair {
    var contents = try SecretFile.read(path, isSecret: true)
    if KeyfileCipher.isEncrypted(contents) {
      guard let password else { throw WalletError.encrypted(path: path) }
      contents = try KeyfileCipher.open(contents, password: password, path: path, cost: cost)
    }
    return try Keyfile.keypair(from: contents, path: path)
  }

  /// Whether a key file that only its owner can reach is encrypted.
  public static func isEncrypted(keyfile path: String) throws -> Bool {
    KeyfileCipher.isEncrypted(try SecretFile.read(path, isSecret: true))
  }

  /// A hotkey's address, from its public file or, in wallets of old, from the hotkey's own.
  public func hotkeyAddress(_ name: String) throws -> SS58Address {
    let publicPath = try hotkeyPublicPath(name)
    do {
      return try Keyfile.address(
        from: SecretFile.read(publicPath, isSecret: false), path: publicPath)
    } catch WalletError.missing {
      let path = try hotkeyPath(name)
      return try Keyfile.address(from: SecretFile.read(path, isSecret: true), path: path)
    }
  }

  /// The names of the hotkeys in the wallet's folder, sorted; those with a public half only, too.
  public func hotkeyNames() throws -> [String] {
    let names = try Self.names(in: path + "/hotkeys").map { name in
      name.hasSuffix(Self.publicSuffix) ? String(name.dropLast(Self.publicSuffix.count)) : name
    }
    return Set(names.filter { (try? Self.check(name: $0)) != nil }).sorted()
  }

  /// The names of all wallets in a folder, sorted; none where the folder does not exist.
  public static func names(inBase basePath: String) throws -> [String] {
    try names(in: basePath).filter { name in
      let folder = (basePath as NSString).appendingPathComponent(name)
      return (try? check(name: name)) != nil
        && (FileManager.default.fileExists(atPath: folder + "/coldkeypub.txt")
          || FileManager.default.fileExists(atPath: folder + "/hotkeys"))
    }
  }

  // MARK: Names

  /// How the file of a public half ends.
  private static let publicSuffix = "pub.txt"
  private static let nameCountMax = 64

  private init(hiddenIn basePath: String, name: String) throws {
    self.basePath = basePath
    self.name = name
  }

  private static func check(name: String) throws {
    func refusal(_ reason: String) -> WalletError { .name(String(name.prefix(80)), reason: reason) }
    guard !name.isEmpty else { throw refusal("it is empty") }
    guard name.utf8.count <= nameCountMax else { throw refusal("it is too long") }
    guard !name.hasPrefix(".") else { throw refusal("it starts with a point") }
    guard !name.hasSuffix(publicSuffix) else {
      throw refusal("it ends as the files of public keys do")
    }
    let allowed = name.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
          || "-_.".unicodeScalars.contains(scalar))
    }
    guard allowed else { throw refusal("it has a character that is not allowed") }
  }

  private static func state(of path: String) throws -> SecretState {
    do {
      let contents = try SecretFile.read(path, isSecret: true)
      return KeyfileCipher.isEncrypted(contents) ? .encrypted : .plain
    } catch WalletError.missing {
      return .absent
    } catch WalletError.exposed {
      return .exposed
    }
  }

  private func requireAbsence(of path: String) throws {
    var status = stat()
    guard lstat(path, &status) != 0 else { throw WalletError.exists(path: path) }
  }

  private static func names(in folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch CocoaError.fileReadNoSuchFile {
      return []
    } catch {
      throw WalletError.unreadable(path: folder, reason: "the folder cannot be listed")
    }
  }
}
