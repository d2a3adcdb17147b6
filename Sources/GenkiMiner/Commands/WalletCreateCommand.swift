import ArgumentParser
import GenkiChain
import GenkiConsole
import GenkiCore

/// `wallet create`: a new coldkey and hotkey.
struct WalletCreateCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make a wallet: a new coldkey and a new hotkey.",
    discussion: """
      The coldkey is encrypted with a password, which is asked for on the terminal
      or read from a file or descriptor; this takes up to half a minute and 512
      MiB of memory. Hotkeys are not encrypted: daemons read them unattended. One
      that is added by --hotkey-only --encrypt-hotkey is: its daemon then needs
      wallet.password_file or the systemd credential wallet-password.
      Existing keys are never overwritten.

      The phrases from which the keys can be restored are shown once, on a
      terminal only: write them down.

      EXAMPLE:
        genki-minerd wallet create --name alice --hotkey miner
        genki-minerd wallet create --name alice --password-file pw.txt
        genki-minerd wallet create --name alice --hotkey two --hotkey-only
        genki-minerd wallet create --name alice --hotkey three --hotkey-only \
          --encrypt-hotkey
      """)

  @OptionGroup var location: WalletPathOptions
  @OptionGroup var passwordOptions: WalletPasswordOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .long, help: "The wallet's name.")
  var name = "default"

  @Option(name: .long, help: "The hotkey's name.")
  var hotkey = "default"

  @Option(name: .long, parsing: .unconditional, help: "Words in each phrase: 12, 15, 18, 21 or 24.")
  var words = 12

  @Flag(name: .long, help: "Add a hotkey to an existing wallet.")
  var hotkeyOnly = false

  @Flag(name: .long, help: "Encrypt the added hotkey with a password of its own.")
  var encryptHotkey = false

  @Flag(name: .long, help: "Print the phrases even where stdout is not a terminal.")
  var showMnemonic = false

  func validate() throws {
    guard Mnemonic.wordCounts.contains(words) else {
      throw ValidationError("--words \(words): 12, 15, 18, 21 or 24 are allowed")
    }
    if hotkeyOnly, passwordOptions.isAnyGiven, !encryptHotkey {
      throw ValidationError(
        "--hotkey-only takes no password without --encrypt-hotkey: hotkeys are not encrypted")
    }
    if encryptHotkey, !hotkeyOnly {
      throw ValidationError(
        "--encrypt-hotkey needs --hotkey-only: the password of a daemon must not open the coldkey")
    }
    if encryptHotkey, passwordOptions.noPassword {
      throw ValidationError("give one of --encrypt-hotkey and --no-password")
    }
  }

  func run(_ console: Console) throws {
    let wallet = try Wallet(basePath: location.basePath, name: name)
    let hotkeyPair = try Keypair(mnemonic: .generate(wordCount: words))
    if hotkeyOnly {
      let coldkeyAddress = try wallet.coldkeyAddress()
      try wallet.requireRoom(for: hotkeyPair, hotkeyName: hotkey)
      let password = encryptHotkey ? try passwordOptions.newPassword(for: "hotkey") : nil
      if password != nil {
        console.note("Encrypting the hotkey; this takes up to half a minute.")
      }
      try wallet.createHotkey(hotkeyPair, name: hotkey, password: password)
      try report(
        wallet, coldkeyAddress: coldkeyAddress, coldkey: nil, hotkey: hotkeyPair,
        isEncrypted: wallet.coldkeyState() == .encrypted, isHotkeyEncrypted: password != nil,
        console)
      return
    }
    try wallet.requireAbsence(hotkeyName: hotkey)
    let coldkeyPair = try Keypair(mnemonic: .generate(wordCount: words))
    let password = try passwordOptions.newPassword()
    if password != nil {
      console.note("Encrypting the coldkey; this takes up to half a minute.")
    }
    try wallet.create(
      coldkey: coldkeyPair, hotkey: hotkeyPair, hotkeyName: hotkey, password: password)
    try report(
      wallet, coldkeyAddress: coldkeyPair.address, coldkey: coldkeyPair, hotkey: hotkeyPair,
      isEncrypted: password != nil, isHotkeyEncrypted: false, console)
  }

  private func report(
    _ wallet: Wallet, coldkeyAddress: SS58Address, coldkey: Keypair?, hotkey pair: Keypair,
    isEncrypted: Bool, isHotkeyEncrypted: Bool, _ console: Console
  ) throws {
    let showsPhrases = showMnemonic || (console.outputIsTerminal && !console.isJSON)
    let hotkeyAddress = try pair.address
    var document: JSONObject = [
      "path": .string(wallet.path), "name": .string(wallet.name), "hotkey": .string(hotkey),
      "coldkey_ss58": .string(coldkeyAddress.description),
      "hotkey_ss58": .string(hotkeyAddress.description),
      "coldkey_encrypted": .bool(isEncrypted), "hotkey_encrypted": .bool(isHotkeyEncrypted),
    ]
    console.line("wallet   \(wallet.path)")
    console.line("coldkey  \(coldkeyAddress)\(isEncrypted ? "" : "  (not encrypted)")")
    console.line("hotkey   \(hotkeyAddress)  (\(hotkey)\(isHotkeyEncrypted ? ", encrypted" : ""))")
    if showsPhrases {
      console.line()
      console.line("Write these phrases down: they restore the keys, and are not shown again.")
      if let phrase = coldkey?.mnemonic?.phrase {
        console.line("coldkey  \(phrase)")
        document["coldkey_mnemonic"] = .string(phrase)
      }
      if let phrase = pair.mnemonic?.phrase {
        console.line("hotkey   \(phrase)")
        document["hotkey_mnemonic"] = .string(phrase)
      }
    } else {
      console.note("The phrases that restore the keys are in the key files (--show-mnemonic).")
    }
    console.document(.object(document))
  }
}
