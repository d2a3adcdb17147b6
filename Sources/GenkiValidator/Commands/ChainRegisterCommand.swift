import ArgumentParser
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiNode
import GenkiService

/// `chain register`: a uid for a hotkey; on a subtensor chain for the burn of the moment.
struct ChainRegisterCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "register", abstract: "Register a hotkey; its coldkey pays the burn.",
    discussion: """
      On the embedded chain the hotkey is registered in the next block, for
      addresses or a wallet.

      On a subtensor chain the wallet's coldkey signs and pays: its password is
      asked for on the terminal or read from --password-file (mode 0600) or
      --password-fd. Burn, fee and balance are shown first, then 'Register?' is
      asked; --yes agrees, --dry-run only shows. A price above the one shown plus
      --burn-tolerance is not paid where the runtime has register_limit; where it
      has not, the price is looked at again just before signing. The command then follows the extrinsic until
      it is final: 0 if it succeeded, 1 if it failed, 75 if its era passed without
      a block that took it. It may be run again at any time: a hotkey that is
      registered, or an extrinsic that waits, is never paid for twice.

      EXAMPLE:
        genki-validatord chain register --wallet miner --wallet-path wallets
        genki-validatord chain register --wallet mine --dry-run
        genki-validatord chain register --wallet mine --burn-tolerance 10
      """)
  @OptionGroup var arguments: ChainArguments
  @Option(help: ArgumentHelp("The hotkey's address.", valueName: "ss58"))
  var hotkey: String?
  @Option(
    help: ArgumentHelp(
      "Embedded chain: the coldkey's address; the hotkey's unless given.", valueName: "ss58"))
  var coldkey: String?
  @Option(help: "A wallet's name, instead of both addresses; a subtensor chain needs it.")
  var wallet: String?
  @Option(
    help: ArgumentHelp("The folder of wallets (default: ~/.bittensor/wallets).", valueName: "dir"))
  var walletPath: String?
  @Option(help: "The hotkey's name in the wallet.")
  var walletHotkey = "default"
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Subtensor: percent by which the burn may rise until it is paid.", valueName: "percent"))
  var burnTolerance = 5.0
  @Flag(help: "Subtensor: show what would be done and end.")
  var dryRun = false
  @Flag(help: "Subtensor: do not ask.")
  var yes = false
  @Option(help: "Subtensor: read the coldkey's password from a file's first line (mode 0600).")
  var passwordFile: String?
  @Option(
    help: ArgumentHelp(
      "Subtensor: read the coldkey's password from a descriptor.", valueName: "descriptor"))
  var passwordFd: Int32?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard passwordFile == nil || passwordFd == nil else {
      throw ValidationError("give one of --password-file and --password-fd")
    }
  }

  func run(_ console: Console) throws {
    let section = try arguments.section()
    if section.kind == .subtensor, arguments.ledger == nil {
      return try registerOnSubtensor(section, console)
    }
    let (hotkey, coldkey) = try addresses()
    let chain = try arguments.localChain()
    try chain.register(hotkey: hotkey, coldkey: coldkey)
    console.line("\(hotkey) is registered in the next block")
    console.document(["hotkey": .string("\(hotkey)"), "coldkey": .string("\(coldkey)")])
  }

  private func addresses() throws -> (hotkey: SS58Address, coldkey: SS58Address) {
    if let wallet {
      let wallet = try Wallet(basePath: walletPath ?? Wallet.defaultBasePath, name: wallet)
      return (try wallet.hotkeyAddress(walletHotkey), try wallet.coldkeyAddress())
    }
    guard let hotkey else {
      throw UsageError("--hotkey", "is missing", advice: "give it, or --wallet")
    }
    let address = try SS58Address.bittensor(hotkey)
    return (address, try coldkey.map { try SS58Address.bittensor($0) } ?? address)
  }

  private func registerOnSubtensor(_ section: ChainSection, _ console: Console) throws {
    try UsageError.check("--burn-tolerance", burnTolerance, in: 0...1000)
    guard coldkey == nil else {
      throw UsageError("--coldkey", "an address cannot sign", advice: "name its wallet: --wallet")
    }
    guard let walletName = wallet else {
      throw UsageError("--wallet", "is missing", advice: "name the wallet whose coldkey pays")
    }
    guard !section.urls.isEmpty else {
      throw UsageError("chain.url", "is missing", advice: "name a node of the subtensor chain")
    }
    guard !console.isJSON || yes || dryRun else {
      throw UsageError(
        "--json", "nobody could see what is agreed to", advice: "add --yes or --dry-run")
    }
    let wallet = try Wallet(basePath: walletPath ?? Wallet.defaultBasePath, name: walletName)
    let registrar = SubtensorRegistrar(
      chain: try NodeSections.subtensorChain(section, notebook: PassingNotebook()), wallet: wallet,
      hotkey: try hotkey.map { try SS58Address.bittensor($0) }
        ?? wallet.hotkeyAddress(walletHotkey),
      coldkey: try wallet.coldkeyAddress(), tolerancePercent: burnTolerance,
      password: SecretSource(passwordFile: passwordFile, passwordDescriptor: passwordFd),
      console: console)
    if let answer = try registrar.existing() {
      return console.document(.object(answer))
    }
    let plan = try registrar.plan()
    plan.lines.forEach { console.line($0) }
    try registrar.requirePassage(plan)
    if dryRun {
      console.line("nothing is signed: --dry-run")
      return console.document(.object(plan.fields.merging(["status": "dry_run"])))
    }
    // Nobody should agree, or type a password, in vain.
    _ = try Wallet.isEncrypted(keyfile: wallet.coldkeyPath)
    if !yes {
      let terminal = try TerminalPrompt(for: "Register?", advice: "use --yes, or --dry-run to look")
      guard try terminal.confirm("Register? [y/N] ") else { throw RegistrationError.declined }
    }
    let answer = try registrar.register(plan)
    console.document(.object(plan.fields.merging(answer)))
  }
}

extension JSONObject {
  /// The members of both, those of the other last and in force.
  fileprivate func merging(_ other: JSONObject) -> JSONObject {
    var result = self
    for (key, value) in other.entries { result[key] = value }
    return result
  }
}
