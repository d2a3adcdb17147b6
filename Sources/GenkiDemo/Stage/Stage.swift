import Foundation
import GenkiChain
import GenkiCore

/// A subnet of its own in one folder: ledger, hub, wallets, and daemons as processes.
///
/// ```
/// chain.sqlite  hub/  wallets/  tokens/NAME  configurations/NAME.toml  states/NAME/  logs/NAME.log
/// ```
/// Blocks are sealed by ``Sealer`` only. Keys follow from the seed, so that two stages with one seed
/// have the same hotkeys and, with the same work, the same bytes.
package final class Stage {
  /// What a stage is made with.
  package struct Settings {
    /// The folder, absolute; it is there already.
    package var path: String
    /// The folder of the programs.
    package var programs: String
    /// Decides the keys.
    package var seed: UInt64 = 1
    /// Worker threads of each daemon: one, so that results do not depend on the machine.
    package var threads = 1
    /// The longest time between two looks of a daemon.
    package var pollSeconds = 0.05
    /// How much the daemons log; nil leaves it to them.
    package var logLevel: String?
    package var netuid: UInt16 = 1
    /// Blocks between epochs, less one.
    package var tempo: UInt16 = 20
    /// Whether the subnet wants weights to be committed to and revealed.
    package var commitReveal = false
    /// The command that starts a subtensor node to play on; empty plays on the embedded chain.
    package var nodeCommand: [String] = []
    /// The command that starts a Hugging Face Hub to publish on; empty publishes in a folder.
    package var hubCommand: [String] = []

    /// A stage in a folder.
    package init(path: String, programs: String) {
      self.path = path
      self.programs = programs
    }
  }

  /// A Unix socket's path has 107 bytes at most; the readers' socket has a longer name than ours.
  private static let socketBytesMaximum = 96
  private static let hotkeyName = "default"
  private static let rao: UInt64 = 1_000_000_000

  package let settings: Settings
  package let interruption: Interruption
  /// All daemons, in the order in which they were added.
  package private(set) var daemons: [StageDaemon] = []
  /// The node, where there is one.
  package private(set) var node: StageNode?
  /// The hub, where it is a server.
  package private(set) var hub: StageHub?
  private var nodeURL = ""
  private let nodeAddress: (String) throws -> String
  private let sockets: String
  private let hasOwnSockets: Bool

  /// Makes the folders; nothing runs yet.
  ///
  /// - Parameter nodeAddress: Changes the address under which daemons reach the node.
  package init(
    _ settings: Settings, interruption: Interruption,
    nodeAddress: @escaping (String) throws -> String = { $0 }
  ) throws {
    self.settings = settings
    self.nodeAddress = nodeAddress
    self.interruption = interruption
    for name in ["hub", "wallets", "configurations", "states", "logs"] {
      try FileManager.default.createDirectory(
        atPath: "\(settings.path)/\(name)", withIntermediateDirectories: true)
    }
    let near = "\(settings.path)/sockets"
    hasOwnSockets = near.utf8.count > Self.socketBytesMaximum - 32
    sockets = hasOwnSockets ? try Self.shortFolder() : near
    try FileManager.default.createDirectory(atPath: sockets, withIntermediateDirectories: true)
  }

  deinit {
    stopAll()
    if hasOwnSockets { try? FileManager.default.removeItem(atPath: sockets) }
  }

  package var ledgerPath: String { "\(settings.path)/chain.sqlite" }
  package var hubPath: String { "\(settings.path)/hub" }
  /// Opens the hub in the name of any account.
  package var hubHandle: HubHandle { hub?.handle ?? .folder(path: hubPath) }
  package var walletsPath: String { "\(settings.path)/wallets" }

  /// A new folder of ours alone whose path is short.
  private static func shortFolder() throws -> String {
    var template = Array(FileManager.default.temporaryDirectory.path.utf8CString.dropLast())
    template += "/gdXXXXXX".utf8CString
    guard mkdtemp(&template) != nil else {
      throw FileError.cannotCreate(path: "a folder for sockets", code: errno)
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: - Chain

  /// The chain, opened in this process.
  package func chain() throws -> any StageChain {
    if let node { return try node.client(netuid: settings.netuid) }
    return try localChain()
  }

  private func localChain() throws -> LocalChain {
    var chainSettings = LocalChainSettings()
    chainSettings.tempo = settings.tempo
    chainSettings.weightsRateLimit = 0
    return try LocalChain(
      path: ledgerPath, netuid: settings.netuid, settings: chainSettings, blockSeconds: 0,
      now: { Date().timeIntervalSince1970 })
  }

  /// Founds the chain: all are registered, some have stake. A hub that is a server starts, with an
  /// account for each.
  ///
  /// - Parameter caller: Founds the embedded ledger through the commands that an operator has; without
  ///   it the ledger is opened here.
  package func found(
    members: [String], staked: [String], tao: Int, caller: ProgramCaller? = nil
  ) throws {
    if !settings.hubCommand.isEmpty {
      hub = try StageHub(
        command: settings.hubCommand, accounts: members, seed: settings.seed,
        folder: settings.path, data: hubPath, interruption: interruption)
    }
    guard settings.nodeCommand.isEmpty else {
      try foundNode(members: members, staked: staked, tao: tao)
      return
    }
    if let caller {
      try foundByCommands(members: members, staked: staked, tao: tao, caller: caller)
      return
    }
    let chain = try localChain()
    for member in members {
      try chain.register(
        hotkey: try hotkey(member).address, coldkey: try coldkey(member).address)
    }
    try chain.seal(count: 1)
    for member in staked {
      try chain.addStake(hotkey: try hotkey(member).address, amount: UInt64(tao) * Self.rao)
    }
    try chain.seal(count: 1)
  }

  private func foundNode(members: [String], staked: [String], tao: Int) throws {
    let stake = "\(UInt64(tao) * Self.rao)"
    let neurons = try members.map { member -> JSONValue in
      [
        "hotkey": .string(try hotkey(member).address.description),
        "coldkey": .string(try coldkey(member).address.description),
        "stake": .string(staked.contains(member) ? stake : "0"),
        "permit": .bool(staked.contains(member)),
      ]
    }
    let made = try StageNode(
      command: settings.nodeCommand,
      genesis: [
        "subnets": [
          [
            "netuid": .integer(Int64(settings.netuid)), "tempo": .integer(Int64(settings.tempo)),
            "weights_rate_limit": 0, "commit_reveal": .bool(settings.commitReveal),
            "neurons": .array(neurons),
          ]
        ]
      ], folder: settings.path, interruption: interruption)
    node = made
    nodeURL = try nodeAddress(made.url)
  }

  private func foundByCommands(
    members: [String], staked: [String], tao: Int, caller: ProgramCaller
  ) throws {
    let program = StageDaemon.Program.validator.rawValue
    let place = ["--ledger", ledgerPath, "--netuid", "\(settings.netuid)"]
    // Blocks are sealed by command, whatever the machine's own configuration says.
    let environment = ["GENKI_CHAIN_LOCAL_BLOCK_SECONDS": "0"]
    func chain(_ arguments: [String]) throws {
      try caller.call(program, ["chain"] + arguments + place, environment: environment)
    }
    try chain(["create", "--tempo", "\(settings.tempo)", "--weights-rate-limit", "0"])
    for member in members {
      _ = try hotkey(member)
      try chain(["register", "--wallet", member, "--wallet-path", walletsPath])
    }
    try chain(["seal"])
    for member in staked {
      try chain(["stake", "--hotkey", try hotkey(member).address.description, "--tao", "\(tao)"])
    }
    try chain(["seal"])
  }

  // MARK: - Keys

  /// The hotkey of a wallet, which is made at the first call.
  package func hotkey(_ name: String) throws -> Keypair {
    let hotkey = try key(name, "hotkey")
    let wallet = try Wallet(basePath: walletsPath, name: name)
    if !FileManager.default.fileExists(atPath: wallet.path) {
      try wallet.create(
        coldkey: try coldkey(name), hotkey: hotkey, hotkeyName: Self.hotkeyName,
        password: nil)
    }
    return hotkey
  }

  /// The account that pays for a wallet's hotkey.
  package func coldkey(_ name: String) throws -> Keypair { try key(name, "coldkey") }

  private func key(_ name: String, _ kind: String) throws -> Keypair {
    let text = "genki-demo/\(kind)\0\(settings.seed)\0\(name)"
    return try Keypair(
      seed: SecretBytes(copying: SHA256Hasher.digest(of: Array(text.utf8)).bytes))
  }

  // MARK: - Daemons

  /// Adds a daemon and writes its configuration; it is not started.
  ///
  /// - Parameter configure: Adds the sections that are the daemon's own.
  @discardableResult package func add(
    _ name: String, _ program: StageDaemon.Program,
    configure: (inout StageConfiguration) -> Void
  ) throws -> StageDaemon {
    _ = try hotkey(name)
    let daemon = StageDaemon(
      name: name, program: program, programs: settings.programs,
      configurationPath: "\(settings.path)/configurations/\(name).toml",
      socketPath: "\(sockets)/\(name).sock", statePath: "\(settings.path)/states/\(name)",
      logPath: "\(settings.path)/logs/\(name).log", interruption: interruption)
    var configuration = StageConfiguration()
    configuration.section(
      "daemon",
      [
        "state_dir": .string(daemon.statePath), "socket": .string(daemon.socketPath),
        "poll_seconds": .number(settings.pollSeconds),
        "log_level": settings.logLevel.map { .string($0) } ?? .null,
      ])
    configuration.section(
      "wallet",
      [
        "path": .string(walletsPath), "name": .string(name), "hotkey": .string(Self.hotkeyName),
      ])
    configuration.section(
      "chain",
      node == nil
        ? [
          "kind": "local", "netuid": .integer(Int64(settings.netuid)),
          "local.path": .string(ledgerPath), "local.block_seconds": 0,
        ]
        : [
          "kind": "subtensor", "netuid": .integer(Int64(settings.netuid)),
          "url": .string(nodeURL),
        ])
    configuration.section("hub", hubSection(name))
    configuration.section("compute", ["threads": .integer(Int64(settings.threads))])
    configure(&configuration)
    try AtomicFile.write(configuration.text, to: daemon.configurationPath)
    daemons.append(daemon)
    return daemon
  }

  private func hubSection(_ account: String) -> JSONObject {
    guard let hub else {
      return ["kind": "directory", "path": .string(hubPath), "account": .string(account)]
    }
    return [
      "kind": "huggingface", "endpoint": .string(hub.endpoint), "account": .string(account),
      "token_file": .string(StageHub.tokenPath(of: account, in: settings.path)),
    ]
  }

  /// Starts those that do not run and waits until all answer.
  package func startAll() throws {
    let idle = daemons.filter { !$0.isRunning }
    for daemon in idle { try daemon.start() }
    for daemon in idle { try daemon.waitUntilReady() }
  }

  /// Ends every daemon within a limit, by force if need be.
  package func stopAll(seconds: Double = 30) {
    for daemon in daemons { daemon.terminate() }
    for daemon in daemons { try? daemon.stop(seconds: seconds) }
  }
}
