import GenkiChain
import GenkiCore
import GenkiHub
import GenkiNode
import GenkiStore
import Synchronization

/// The process ended here.
struct SimulatedCrash: Error {}

/// Decides by its seed what goes wrong; asked at every place where something can.
final class FaultPlan: Sendable {
  struct Rates: Sendable {
    /// Of 1,000 effects, how many end the process before or after them.
    var crash = 0
    /// Of 1,000 writes of the state, how many end the process before or after their commit.
    var write = 0
    /// Of 1,000 calls of the hub, how many fail or lose their reply.
    var hub = 0
    /// Of 1,000 calls of the chain, how many fail or lose their reply.
    var chain = 0

    static let none = Rates()
  }

  private struct State {
    var random: DeterministicRandom
    var left: Int
    var isOff = true
    var count = 0
  }

  let rates: Rates
  private let state: Mutex<State>

  init(seed: UInt64, rates: Rates, maximum: Int) {
    self.rates = rates
    state = Mutex(
      State(random: DeterministicRandom(seed: seed, domain: "scenario/faults"), left: maximum))
  }

  /// How many things went wrong.
  var count: Int { state.withLock { $0.count } }
  /// Until here nothing goes wrong: the world is built.
  func start() { state.withLock { $0.isOff = false } }
  /// From here on nothing goes wrong.
  func stop() { state.withLock { $0.isOff = true } }

  private func strikes(_ rate: Int) -> Bool {
    guard rate > 0 else { return false }
    return state.withLock { state in
      guard !state.isOff, state.left > 0, state.random.next(below: 1_000) < rate else {
        return false
      }
      state.left -= 1
      state.count += 1
      return true
    }
  }

  func isCrash() -> Bool { strikes(rates.crash) }
  func isCrashInWrite() -> Bool { strikes(rates.write) }

  func hubFault() -> ScenarioHub.Fault {
    guard strikes(rates.hub) else { return .none }
    return state.withLock { $0.random.next(below: 2) } == 0 ? .before : .lostReply
  }

  func chain<Value>(_ body: () throws -> Value) throws -> Value {
    guard strikes(rates.chain) else { return try body() }
    if state.withLock({ $0.random.next(below: 2) }) == 0 { _ = try body() }
    throw ChainError.unreachable(source: "scenario", reason: "a fault")
  }
}

/// Ends the process between any two journalled steps and around every commit of its state, and keeps
/// what was reported. After its end nothing of the process does anything, whoever catches the error.
final class CrashingObserver: NodeObserver {
  private struct State {
    var isDead = false
    var warnings: [String] = []
    var crashesBefore: String?
    var crashesAfter: String?
  }

  let faults: FaultPlan
  private let state = Mutex(State())

  init(_ faults: FaultPlan) { self.faults = faults }

  var warnings: [String] { state.withLock { $0.warnings } }

  /// A new process begins.
  func revive() { state.withLock { $0.isDead = false } }

  /// Ends the process once, before its next effect of a kind.
  func crashOnce(before kind: String) { state.withLock { $0.crashesBefore = kind } }

  /// Ends the process once, after an effect of a kind and before it is noted.
  func crashOnce(after kind: String) { state.withLock { $0.crashesAfter = kind } }

  func willPerform(_ kind: String, _ subject: String) throws {
    let isChosen = state.withLock { state in
      guard state.crashesBefore == kind else { return false }
      state.crashesBefore = nil
      return true
    }
    try step { isChosen || faults.isCrash() }
  }
  func didPerform(_ kind: String, _ subject: String) throws {
    let isChosen = state.withLock { state in
      guard state.crashesAfter == kind else { return false }
      state.crashesAfter = nil
      return true
    }
    try step { isChosen || faults.isCrash() }
  }
  func storeStep(_ step: Store.Step) throws { try self.step(faults.isCrashInWrite) }

  func report(_ event: NodeEvent) {
    guard event.level == .warning || event.level == .error else { return }
    state.withLock { $0.warnings.append("\(event.name): \(event.message)") }
  }

  private func step(_ strikes: () -> Bool) throws {
    let isDead = state.withLock { state in
      if !state.isDead, strikes() { state.isDead = true }
      return state.isDead
    }
    if isDead { throw SimulatedCrash() }
  }
}

/// A hub whose calls fail before anything happens, or after it happened, the reply being lost.
struct ScenarioHub: Hub {
  enum Fault: Sendable {
    case none
    case before
    case lostReply
  }

  let inner: any Hub
  let faults: FaultPlan
  /// Told when a repository becomes public.
  let onPublic: @Sendable (RepositoryID) -> Void

  var account: String { inner.account }

  private func run<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
    let failure = HubError.unreachable(source: "scenario", reason: "\(name) failed")
    switch faults.hubFault() {
    case .none: return try body()
    case .before: throw failure
    case .lostReply:
      _ = try body()
      throw failure
    }
  }

  func createRepository(_ repository: RepositoryID, visibility: RepositoryVisibility) throws {
    if visibility == .public { onPublic(repository) }
    try run("create") { try inner.createRepository(repository, visibility: visibility) }
  }

  func upload(
    _ files: [HubFile], to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision {
    try run("upload") { try inner.upload(files, to: repository, transfer: transfer) }
  }

  func setVisibility(_ visibility: RepositoryVisibility, of repository: RepositoryID) throws {
    if visibility == .public { onPublic(repository) }
    try run("setVisibility") { try inner.setVisibility(visibility, of: repository) }
  }

  func deleteRepository(_ repository: RepositoryID) throws {
    try run("delete") { try inner.deleteRepository(repository) }
  }

  func list(
    _ repository: RepositoryID, revision: Revision, transfer: HubTransfer
  ) throws -> [HubEntry] {
    try run("list") { try inner.list(repository, revision: revision, transfer: transfer) }
  }

  func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, transfer: HubTransfer
  ) throws {
    try run("download") {
      try inner.download(
        entry, of: repository, revision: revision, to: path, bytesMaximum: bytesMaximum,
        transfer: transfer)
    }
  }

  func head(of repository: RepositoryID) throws -> Revision? {
    try run("head") { try inner.head(of: repository) }
  }
}

/// A chain whose calls fail likewise.
struct ScenarioChain: Chain {
  let inner: any Chain
  let faults: FaultPlan

  var netuid: UInt16 { inner.netuid }
  func head() throws -> BlockReference { try faults.chain { try inner.head() } }
  func finalizedHead() throws -> BlockReference {
    try faults.chain { try inner.finalizedHead() }
  }
  func block(number: UInt64) throws -> BlockReference? {
    try faults.chain { try inner.block(number: number) }
  }
  func subnet(at block: BlockReference) throws -> SubnetSettings {
    try faults.chain { try inner.subnet(at: block) }
  }
  func metagraph(at block: BlockReference) throws -> Metagraph {
    try faults.chain { try inner.metagraph(at: block) }
  }
  var weightsIndex: UInt16 { inner.weightsIndex }
  func neuron(of hotkey: SS58Address, at block: BlockReference) throws -> Neuron? {
    try faults.chain { try inner.neuron(of: hotkey, at: block) }
  }
  func commitments(at block: BlockReference, from first: UInt64) throws -> [CommitmentRecord] {
    try faults.chain { try inner.commitments(at: block, from: first) }
  }
  func weightCommits(of hotkey: SS58Address, at block: BlockReference) throws -> [OpenWeightCommit]
  {
    try faults.chain { try inner.weightCommits(of: hotkey, at: block) }
  }
  func preflight(_ call: ChainCall, by hotkey: SS58Address, at block: BlockReference) throws
    -> CallFailure?
  {
    try faults.chain { try inner.preflight(call, by: hotkey, at: block) }
  }
  func observe(_ final: BlockReference) throws { try faults.chain { try inner.observe(final) } }
  func commitment(of hotkey: SS58Address, at block: BlockReference) throws -> CommitmentRecord? {
    try faults.chain { try inner.commitment(of: hotkey, at: block) }
  }
  func nextNonce(of hotkey: SS58Address) throws -> UInt64 {
    try faults.chain { try inner.nextNonce(of: hotkey) }
  }
  func makeExtrinsic(_ call: ChainCall, nonce: UInt64, signer: any Signer) throws -> Extrinsic {
    try faults.chain { try inner.makeExtrinsic(call, nonce: nonce, signer: signer) }
  }
  func submit(_ extrinsic: Extrinsic) throws { try faults.chain { try inner.submit(extrinsic) } }
  func outcome(of extrinsic: Extrinsic) throws -> ExtrinsicOutcome {
    try faults.chain { try inner.outcome(of: extrinsic) }
  }
}
