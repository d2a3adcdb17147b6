import ArgumentParser
import GenkiChain
import GenkiConsole
import GenkiCore

/// `wallet show`: the addresses of wallets; reads no secret.
struct WalletShowCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "List wallets with their addresses.",
    discussion: """
      Needs no password. A key is 'exposed' if others than its owner can reach its
      file: it will not be used until that is changed.

      EXAMPLE:
        genki-minerd wallet show
        genki-minerd wallet show --name alice --json
      """)

  @OptionGroup var location: WalletPathOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .long, help: "One wallet only (default: all).")
  var name: String?

  func run(_ console: Console) throws {
    let base = location.basePath
    let names = try name.map { [$0] } ?? Wallet.names(inBase: base)
    var table = TextTable([
      ("wallet", .left), ("key", .left), ("address", .left), ("secret", .left),
    ])
    var documents: [JSONValue] = []
    for name in names {
      let wallet = try Wallet(basePath: base, name: name)
      documents.append(try show(wallet, isNamed: self.name != nil, table: &table))
    }
    if names.isEmpty {
      console.line("There are no wallets in \(base); 'wallet create' makes one.")
    } else {
      console.table(table)
    }
    console.document(["path": .string(base), "wallets": .array(documents)])
  }

  private func show(
    _ wallet: Wallet, isNamed: Bool, table: inout TextTable
  ) throws -> JSONValue {
    let hotkeyNames = try wallet.hotkeyNames()
    let coldkeyState = try wallet.coldkeyState()
    var coldkeyAddress: SS58Address?
    do {
      coldkeyAddress = try wallet.coldkeyAddress()
    } catch WalletError.missing(let path) {
      // A machine may hold hotkeys alone; a wallet that has nothing at all is a mistyped name.
      if isNamed, hotkeyNames.isEmpty { throw WalletError.missing(path: path) }
    }
    let coldkeyText = coldkeyAddress?.description
    table.add([wallet.name, "coldkey", coldkeyText ?? "unknown", coldkeyState.rawValue])
    let hotkeys = try hotkeyNames.map { name -> JSONValue in
      let address = try address(of: name, in: wallet)
      let state = try wallet.hotkeyState(name)
      let text = address?.description
      table.add([wallet.name, "hotkey \(name)", text ?? "unknown", state.rawValue])
      return [
        "name": .string(name), "ss58": JSONValue(text),
        "public_key": address.map { .string(HexBytes.text($0.publicKey)) } ?? .null,
        "secret": .string(state.rawValue),
      ]
    }
    return [
      "name": .string(wallet.name), "path": .string(wallet.path),
      "coldkey_ss58": coldkeyText.map { .string($0) } ?? .null,
      "coldkey_public_key": coldkeyAddress.map { .string(HexBytes.text($0.publicKey)) } ?? .null,
      "coldkey_secret": .string(coldkeyState.rawValue), "hotkeys": .array(hotkeys),
    ]
  }

  /// Nil for an encrypted hotkey whose public half is not there.
  private func address(of hotkey: String, in wallet: Wallet) throws -> SS58Address? {
    do {
      return try wallet.hotkeyAddress(hotkey)
    } catch WalletError.encrypted {
      return nil
    }
  }
}
