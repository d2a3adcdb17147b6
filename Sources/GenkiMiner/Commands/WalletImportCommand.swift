import ArgumentParser
import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiNode

/// `wallet import`: a key that exists already, from its phrase, seed or key file.
struct WalletImportCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Put an existing coldkey or hotkey into a wallet.",
    discussion: """
      The key comes from its phrase, from a 32-byte seed or a 64-byte private key
      in hexadecimal, or from a key file of Bittensor's tools. The secret is typed
      on the terminal, where it is not shown, or read from the first line of
      --secret-file (mode 0600), --secret-fd or stdin; it is never an argument.

      A coldkey is encrypted with a password, as by 'create'; a hotkey only with
      --encrypt or a password option. --expect names the address that must come
      out. Existing keys are never overwritten.

      EXAMPLE:
        genki-minerd wallet import --name alice --coldkey
        genki-minerd wallet import --name alice --hotkey miner --secret-file phrase.txt
        genki-minerd wallet import --name alice --hotkey miner --from seed --encrypt
        genki-minerd wallet import --name alice --coldkey --keyfile old/coldkey
      """)

  /// What the secret is.
  enum Form: String, ExpressibleByArgument, CaseIterable {
    case mnemonic
    case seed
    case privateKey = "private-key"
  }

  @OptionGroup var location: WalletPathOptions
  @OptionGroup var passwordOptions: WalletPasswordOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .long, help: "The wallet's name.")
  var name = "default"
  @Flag(name: .long, help: "Import the wallet's coldkey.")
  var coldkey = false
  @Option(name: .long, help: "Import a hotkey of this name.")
  var hotkey: String?
  @Option(name: .long, help: "What the secret is: mnemonic, seed or private-key.")
  var from = Form.mnemonic
  @Option(name: .long, help: "Read the secret from a file's first line (mode 0600).")
  var secretFile: String?
  @Option(
    name: .long,
    help: ArgumentHelp("Read the secret from a file descriptor.", valueName: "descriptor"))
  var secretFd: Int32?
  @Option(
    name: .long,
    help: ArgumentHelp("Instead of a secret: a Bittensor key file (mode 0600).", valueName: "file"))
  var keyfile: String?
  @Option(name: .long, help: "Read the password of an encrypted --keyfile from a file (mode 0600).")
  var keyfilePasswordFile: String?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Read the password of an encrypted --keyfile from a descriptor.", valueName: "descriptor"))
  var keyfilePasswordFd: Int32?
  @Flag(name: .long, help: "Encrypt a hotkey, too.")
  var encrypt = false
  @Option(
    name: .long, help: ArgumentHelp("The address that the key must have.", valueName: "ss58"))
  var expect: String?

  func validate() throws {
    guard coldkey != (hotkey != nil) else {
      throw ValidationError("give one of --coldkey and --hotkey NAME")
    }
    let sources = [secretFile != nil, secretFd != nil, keyfile != nil].count { $0 }
    guard sources <= 1 else {
      throw ValidationError("give one of --secret-file, --secret-fd and --keyfile")
    }
    let keyfilePasswords = [keyfilePasswordFile != nil, keyfilePasswordFd != nil].count { $0 }
    guard keyfilePasswords <= 1 else {
      throw ValidationError("give one of --keyfile-password-file and --keyfile-password-fd")
    }
    guard keyfile != nil || keyfilePasswords == 0 else {
      throw ValidationError("the password of a key file needs --keyfile")
    }
    let readsInput = sources == 0 && isatty(STDIN_FILENO) == 0
    let descriptors = [secretFd ?? (readsInput ? STDIN_FILENO : nil), keyfilePasswordFd]
      .compactMap { $0 }
    if let descriptor = passwordOptions.passwordFd, descriptors.contains(descriptor) {
      throw ValidationError("two secrets cannot come from descriptor \(descriptor)")
    }
    if passwordOptions.noPassword, encrypt {
      throw ValidationError("give one of --encrypt and --no-password")
    }
  }

  func run(_ console: Console) throws {
    let wallet = try Wallet(basePath: location.basePath, name: name)
    let expected = try expect.map { try SS58Address.bittensor($0) }
    // Nobody should type a phrase in vain.
    let state = try hotkey.map(wallet.hotkeyState) ?? wallet.coldkeyState()
    guard state == .absent else {
      throw WalletError.exists(path: try hotkey.map(wallet.hotkeyPath) ?? wallet.coldkeyPath)
    }
    let keypair = try readKey(console)
    let address = try keypair.address
    if let expected, expected.publicKey != keypair.publicKey {
      throw UsageError(
        "--expect", "the secret makes \(address), not \(expected)",
        advice: "nothing was written; check the secret and --from")
    }
    try wallet.requireRoom(for: keypair, hotkeyName: hotkey)
    let isEncrypted = hotkey == nil || encrypt || passwordOptions.isPasswordGiven
    let key = hotkey == nil ? "coldkey" : "hotkey"
    let password = isEncrypted ? try passwordOptions.newPassword(for: key) : nil
    if password != nil { console.note("Encrypting the \(key); this takes up to half a minute.") }
    if let hotkey {
      try wallet.createHotkey(keypair, name: hotkey, password: password)
    } else {
      try wallet.createColdkey(keypair, password: password)
    }
    let path = try hotkey.map(wallet.hotkeyPath) ?? wallet.coldkeyPath
    console.line(
      "\(key)\(hotkey == nil ? "" : " ")  \(address)\(password == nil ? "  (not encrypted)" : "")")
    console.line("file     \(path)")
    console.document([
      "path": .string(wallet.path), "name": .string(wallet.name), "key": .string(key),
      "hotkey": JSONValue(hotkey), "file": .string(path), "ss58": .string(address.description),
      "public_key": .string(HexBytes.text(keypair.publicKey)), "encrypted": .bool(password != nil),
    ])
  }

  private func readKey(_ console: Console) throws -> Keypair {
    guard let keyfile else { return try key(from: readSecret()) }
    guard try Wallet.isEncrypted(keyfile: keyfile) else {
      return try Wallet.keypair(atKeyfile: keyfile, password: nil)
    }
    let source = SecretSource(
      file: keyfilePasswordFile, descriptor: keyfilePasswordFd,
      options: ("--keyfile-password-file", "--keyfile-password-fd"))
    let password = try source.read("Password of the key file: ")
    console.note("Decrypting the key file; this takes up to half a minute.")
    return try Wallet.keypair(atKeyfile: keyfile, password: password)
  }

  private func readSecret() throws -> SecretBytes {
    let isPiped = secretFile == nil && secretFd == nil && isatty(STDIN_FILENO) == 0
    let source = SecretSource(
      file: secretFile, descriptor: secretFd ?? (isPiped ? STDIN_FILENO : nil),
      options: ("--secret-file", "--secret-fd"))
    let question = [
      Form.mnemonic: "Phrase: ", .seed: "Seed, 64 digits: ",
      .privateKey: "Private key, 128 digits: ",
    ]
    let secret = try source.read(question[from] ?? "Secret: ")
    guard secret.trimmed.count > 0 else {
      let name = secretFile ?? (isPiped ? "standard input" : "--secret-fd or the terminal")
      throw SecretError.unusable(source: name, reason: "its first line is empty")
    }
    return secret
  }

  private func key(from secret: SecretBytes) throws -> Keypair {
    func bytes(_ count: Int) throws -> SecretBytes {
      guard let bytes = SecretBytes.hexadecimal(secret, count: count) else {
        throw SecretError.unusable(
          source: secretFile ?? "the input",
          reason: "a \(from.rawValue) is \(count) bytes in hexadecimal: \(2 * count) digits")
      }
      return bytes
    }
    return switch from {
    case .mnemonic: try Keypair(mnemonic: Mnemonic(parsing: secret))
    case .seed: try Keypair(seed: bytes(32))
    case .privateKey: try Keypair(privateKey: bytes(64))
    }
  }
}
