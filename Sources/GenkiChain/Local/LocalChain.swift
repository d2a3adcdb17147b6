import GRDB
import GenkiCore

/// The embedded chain: a ledger in one SQLite file that all daemons of a machine open at once.
///
/// It behaves as the real chain does towards one subnet, with the same names of failures. It verifies
/// sr25519 signatures over the payload that the real chain would have signed, when an extrinsic is
/// submitted and again when it is included. It differs in this: registration and stake need no
/// signature, the ledger's file permissions say who may do that. A validator permit is granted in
/// the block in which stake is added, not at the next epoch only. The emission of an epoch is recorded
/// and paid to nobody, so stake changes by hand only. A call that can no longer succeed when its turn
/// comes is included as failed, where a node would drop it.
///
/// Ledgers of the same subnet and settings have the same genesis; what binds an extrinsic to one of
/// them is the hash of the block that it was signed at.
///
/// Blocks depend on what was submitted and in which block, never on wall time.
public final class LocalChain: Chain {
  /// The most blocks that a clock can ask for at once; beyond, time is skipped.
  public static let catchUpMaximum: UInt64 = 1_000_000
  /// The shortest time between blocks.
  public static let blockSecondsMinimum = 0.01
  /// Blocks sealed in one transaction, few epochs among them, so that nobody waits long for the
  /// ledger.
  var sealedAtOnce: UInt64 { min(10_000, 16 * (UInt64(settings.tempo) + 1)) }
  /// Extrinsics that can wait at once.
  static let poolMaximum = 8192

  /// The subnet.
  public let netuid: UInt16
  /// What the ledger was founded with.
  public let settings: LocalChainSettings
  /// Seconds between blocks; 0 if they are sealed by hand.
  public let blockSeconds: Double

  let file: LedgerFile
  let genesis: ContentDigest
  private let now: @Sendable () -> Double

  /// Opens a ledger, or founds it where there is no file.
  ///
  /// - Parameters:
  ///   - path: The file; its folder is created too. Its mode follows the umask.
  ///   - netuid: The subnet. A ledger has one.
  ///   - settings: What a new ledger is founded with. An existing one keeps its own.
  ///   - blockSeconds: Above 0, whoever uses the ledger first seals the blocks that are due. At 0,
  ///     only `seal` does.
  ///   - now: Seconds on a clock that goes on when the programs do not run.
  /// - Throws: `ChainError.otherGenesis` for the ledger of another subnet, `newerLedger` for one
  ///   that a newer version has written.
  public init(
    path: String, netuid: UInt16, settings: LocalChainSettings = LocalChainSettings(),
    blockSeconds: Double, now: @escaping @Sendable () -> Double
  ) throws {
    let start = Self.clock(now)
    file = try LedgerFile(path: path) { db in
      let block = BlockSealer.genesis(netuid: netuid, settings: settings)
      try db.execute(
        sql: "INSERT INTO chain (id, netuid, settings, head_time) VALUES (0, ?, ?, ?)",
        arguments: [netuid, settings.encoded.blob, start ?? 0])
      try db.execute(
        sql: "INSERT INTO block (number, hash) VALUES (0, ?)", arguments: [block.hash.bytes.blob])
    }
    let stored = try file.read { db in
      guard let row = try Row.fetchOne(db, sql: "SELECT * FROM chain"),
        let settings = LocalChainSettings(encoded: try row.bytes("settings"))
      else { throw ChainError.damaged(source: path, reason: "it has no settings") }
      return (netuid: try row.short("netuid"), settings: settings)
    }
    guard stored.netuid == netuid else {
      throw ChainError.otherGenesis(
        path: path, reason: "it is the ledger of subnet \(stored.netuid), not \(netuid)")
    }
    self.netuid = netuid
    self.settings = stored.settings
    let isByClock = blockSeconds.isFinite && blockSeconds > 0
    self.blockSeconds = isByClock ? max(Self.blockSecondsMinimum, blockSeconds) : 0
    self.now = now
    genesis = BlockSealer.genesis(netuid: netuid, settings: stored.settings).hash
    try sealDue()
  }

  /// The newest block.
  public func head() throws -> BlockReference {
    try sealDue()
    return try read { try $0.head() }
  }

  /// The newest block: the embedded chain has no forks.
  public func finalizedHead() throws -> BlockReference { try head() }

  /// The block of that number; nil if it does not exist yet.
  public func block(number: UInt64) throws -> BlockReference? {
    try sealDue()
    return try read { try $0.block(number) }
  }

  /// The subnet's settings, which never change here.
  public func subnet(at block: BlockReference) throws -> SubnetSettings {
    try read { try $0.require(block) }
    return settings.subnet
  }

  /// Who is registered in the state of a block.
  public func metagraph(at block: BlockReference) throws -> Metagraph {
    try read { state in
      try state.require(block)
      return Metagraph(block: block, neurons: try state.neurons(at: block.number).map(\.neuron))
    }
  }

  /// All commitments in force in the state of a block: by block, extrinsic index, hotkey.
  public func commitments(at block: BlockReference, from first: UInt64) throws
    -> [CommitmentRecord]
  {
    try read { state in
      try state.require(block)
      return try state.commitments(at: block.number)
    }
  }

  /// The commitment of one hotkey in force in the state of a block.
  public func commitment(of hotkey: SS58Address, at block: BlockReference) throws
    -> CommitmentRecord?
  {
    try read { state in
      try state.require(block)
      return try state.commitment(of: hotkey, at: block.number)
    }
  }

  /// The weight vectors that a hotkey has committed to and not revealed, oldest first; those whose
  /// time is over stay until its next commit or reveal, as on the chain.
  public func weightCommits(of hotkey: SS58Address, at block: BlockReference) throws
    -> [OpenWeightCommit]
  {
    try read { state in
      try state.require(block)
      return try state.weightCommits(of: hotkey, at: block.number)
    }
  }

  /// What a call would fail with in the block after this one, if nothing else happens in it.
  public func preflight(
    _ call: ChainCall, by hotkey: SS58Address, at block: BlockReference
  ) throws -> CallFailure? {
    try read { state in
      try state.require(block)
      let situation = try CallSituation(
        of: hotkey, block: block.number + 1, after: block.number, in: state)
      return try CallRules.failure(of: call, situation)
    }
  }

  /// One mechanism: its index is the subnet's number.
  public var weightsIndex: UInt16 { netuid }

  /// The nonce of the next extrinsic of a key, those that wait included.
  public func nextNonce(of hotkey: SS58Address) throws -> UInt64 {
    try sealDue()
    return try read { state in
      var next = try state.nonce(of: hotkey)
      for nonce in try state.waitingNonces(of: hotkey, block: state.head().number + 1) {
        guard nonce == next else { break }
        next += 1
      }
      return next
    }
  }

  func read<Value>(_ body: (LedgerState) throws -> Value) throws -> Value {
    try file.read {
      try body(LedgerState(db: $0, netuid: netuid, settings: settings, genesis: genesis))
    }
  }

  func write<Value>(_ body: (LedgerState) throws -> Value) throws -> Value {
    try file.write {
      try body(LedgerState(db: $0, netuid: netuid, settings: settings, genesis: genesis))
    }
  }

  /// The clock's time; nil for one that makes no sense.
  var time: Double? { Self.clock(now) }

  private static func clock(_ now: () -> Double) -> Double? {
    let time = now()
    return time.isFinite && abs(time) < 1e15 ? time : nil
  }
}
