import ArgumentParser
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiNode

/// `wallet sign`: a message signed by a wallet's key.
struct WalletSignCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign a message with a hotkey or the coldkey.",
    discussion: """
      The signature is sr25519 in the context 'substrate', as btcli and
      bittensor's Keypair.sign make it: over exactly the bytes of the message,
      without <Bytes> around them. A line end at the end of stdin or a file is a
      byte like any other. Sign nothing that you do not understand: the bytes of
      a transaction are a message, too.

      EXAMPLE:
        genki-minerd wallet sign --name alice --hotkey miner --message hello
        genki-minerd wallet sign --name alice --coldkey --file letter.txt --json
        genki-minerd wallet sign --name alice --hotkey miner --hex --message 0x0102
      """)

  @OptionGroup var location: WalletPathOptions
  @OptionGroup var messageOptions: MessageOptions
  @OptionGroup var passwordOptions: KeyPasswordOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .long, help: "The wallet's name.")
  var name = "default"
  @Option(name: .long, help: "Sign with this hotkey (default: default).")
  var hotkey: String?
  @Flag(name: .long, help: "Sign with the coldkey.")
  var coldkey = false

  func validate() throws {
    guard !coldkey || hotkey == nil else {
      throw ValidationError("give one of --coldkey and --hotkey NAME")
    }
    if passwordOptions.passwordFd == 0, messageOptions.message == nil, messageOptions.file == nil {
      throw ValidationError("message and password cannot both come from stdin")
    }
  }

  func run(_ console: Console) throws {
    let wallet = try Wallet(basePath: location.basePath, name: name)
    let path = coldkey ? wallet.coldkeyPath : try wallet.hotkeyPath(hotkey ?? "default")
    let isEncrypted = try Wallet.isEncrypted(keyfile: path)
    let message = try messageOptions.bytes()
    let key = coldkey ? "coldkey" : "hotkey"
    let password = isEncrypted ? try passwordOptions.source.read("Password of the \(key): ") : nil
    if isEncrypted { console.note("Decrypting the \(key); this takes up to half a minute.") }
    let keypair = try Wallet.keypair(atKeyfile: path, password: password)
    let address = try keypair.address
    let signature = HexBytes.text(try Sr25519.sign(message, with: keypair))
    console.line("message    \(messageOptions.description(of: message))")
    console.line("address    \(address)")
    console.line("signature  \(signature)")
    console.document([
      "address": .string(address.description),
      "public_key": .string(HexBytes.text(keypair.publicKey)), "signature": .string(signature),
      "message_bytes": JSONValue(message.count), "key": .string(key),
    ])
  }
}
