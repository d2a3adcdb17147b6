import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiService

/// Looks at everything that a daemon needs of a subtensor chain, and changes nothing there.
///
/// It ends within a known time also while nodes hang.
public struct ChainCheck: Sendable {
  /// Seconds for all of it.
  static let seconds = 45.0
  /// Seconds for one node.
  static let nodeSeconds = 15.0
  /// Seconds by which the clocks of machine and chain may differ: a block takes 12.
  static let clockSecondsMaximum = 30.0

  private let section: ChainSection
  private let genesis: ContentDigest?
  private let hotkey: SS58Address?
  private let coldkey: SS58Address?
  private let isValidator: Bool
  private let now: @Sendable () -> Double
  private let open: @Sendable (String) throws -> SubtensorChain

  /// - Parameters:
  ///   - genesis: The chain that the daemon's state belongs to, if it has seen one.
  ///   - coldkey: Whose balance is told.
  ///   - isValidator: Whether permit and stake are looked at.
  ///   - now: Seconds since 1970.
  ///   - open: A client of one node; nil opens what the configuration says.
  public init(
    _ section: ChainSection, genesis: ContentDigest?, hotkey: SS58Address?, coldkey: SS58Address?,
    isValidator: Bool,
    now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 },
    open: (@Sendable (String) throws -> SubtensorChain)? = nil
  ) {
    self.section = section
    self.genesis = genesis
    self.hotkey = hotkey
    self.coldkey = coldkey
    self.isValidator = isValidator
    self.now = now
    self.open =
      open
      ?? { address in
        var one = section
        one.urls = [address]
        return try NodeSections.subtensorChain(one, notebook: PassingNotebook())
      }
  }

  /// One node that answered.
  private struct Answer {
    let chain: SubtensorChain
    let head: BlockReference
    let report: SubtensorReport
  }

  /// Adds what is found.
  public func look(_ check: inout EnvironmentCheck) {
    NodeDeadline.within(seconds: Self.seconds) {
      var expected = genesis
      var answer: Answer?
      var silent: [(name: String, error: String)] = []
      for (index, address) in section.urls.enumerated() {
        var name = "node \(index + 1)"
        do {
          let chain = try open(address)
          name = "node \(chain.node.name)"
          let found = try NodeDeadline.within(seconds: Self.nodeSeconds) {
            try look(at: chain, name, &expected, &check)
          }
          answer = answer ?? found
        } catch let error as any ReportableError {
          silent.append((name, error.description))
        } catch {
          silent.append((name, "\(error)"))
        }
      }
      // With one node that works a start can go on.
      for (name, error) in silent {
        check.note(name, error, answer == nil ? .failed : .warning)
      }
      guard let answer else { return }
      lookAtRuntime(answer, &check)
      lookAtClock(answer, &check)
      lookAtSubnet(answer, &check)
    }
  }

  private func look(
    at chain: SubtensorChain, _ name: String, _ expected: inout ContentDigest?,
    _ check: inout EnvironmentCheck
  ) throws -> Answer? {
    let found = try chain.genesis()
    if let expected, expected != found {
      let known = expected == genesis ? "this state belongs to" : "the node before it serves"
      check.note(
        name, "it serves the chain with genesis 0x\(found.hex), \(known) 0x\(expected.hex)",
        .failed)
      return nil
    }
    expected = found
    let head = try chain.head()
    let report = try chain.report(at: head)
    let isSyncing = try syncing(chain)
    check.note(
      name,
      "genesis 0x\(found.hex.prefix(8))…, block \(head.number), runtime \(report.specVersion), "
        + "metadata \(report.metadataVersion)\(isSyncing ? "; it is still syncing" : "")",
      isSyncing ? .warning : .good)
    return Answer(chain: chain, head: head, report: report)
  }

  private func syncing(_ chain: SubtensorChain) throws -> Bool {
    do {
      return try chain.node.call("system_health")["isSyncing"]?.boolValue ?? false
    } catch is NodeRefusal {
      // Some providers do not let everybody ask.
      return false
    }
  }

  private func lookAtRuntime(_ answer: Answer, _ check: inout EnvironmentCheck) {
    check.look("runtime") {
      let names = try answer.chain.names(at: answer.head)
      guard names.missing.isEmpty else {
        throw RuntimeLacks(version: answer.report.specVersion, names: names.missing)
      }
      let absent = names.absent.isEmpty ? "" : "; without \(names.absent.joined(separator: ", "))"
      return "runtime \(answer.report.specVersion) has every name that is used\(absent)"
    }
  }

  private func lookAtClock(_ answer: Answer, _ check: inout EnvironmentCheck) {
    guard let time = answer.report.time else { return }
    let difference = now() - time
    let text = HumanUnits.duration(seconds: difference.magnitude)
    if difference.magnitude <= Self.clockSecondsMaximum {
      check.note("clock", "the newest block is \(text) old", .good)
    } else {
      check.note(
        "clock",
        difference > 0
          ? "the newest block is \(text) old: the node lags, or this machine's clock is fast"
          : "the newest block is \(text) ahead of this machine's clock, which is slow", .warning)
    }
  }

  private func lookAtSubnet(_ answer: Answer, _ check: inout EnvironmentCheck) {
    let (chain, head) = (answer.chain, answer.head)
    check.look("subnet") { [isValidator] in
      let subnet = try chain.subnet(at: head)
      return "\(chain.netuid): \(answer.report.members) of \(subnet.memberMaximum) members, tempo "
        + "\(subnet.tempo)" + (isValidator ? "; \(Self.weights(subnet))" : "")
    }
    if let hotkey {
      check.grade("registration") { try registration(of: hotkey, answer) }
      if isValidator { check.grade("permit") { try permit(of: hotkey, answer) } }
    }
    if let coldkey {
      check.look("balance") {
        let free = try chain.account(of: coldkey, at: head).free
        return "coldkey \(coldkey) has \(Self.tao(free)); a registration costs "
          + Self.tao(try chain.subnet(at: head).burn)
      }
    }
  }

  /// How weights get onto the chain.
  static func weights(_ subnet: SubnetSettings) -> String {
    guard subnet.isCommitRevealOn else { return "weights are set directly" }
    return
      "weights are committed to by their hash and revealed \(subnet.revealPeriodEpochs) epochs "
      + "later (\(WeightCommitScheme.timelocked.lack ?? "timelocked commits work too"))"
  }

  private func registration(
    of hotkey: SS58Address, _ answer: Answer
  ) throws -> (String, EnvironmentCheck.Grade) {
    guard let neuron = try answer.chain.neuron(of: hotkey, at: answer.head) else {
      return ("hotkey \(hotkey) has no uid in subnet \(answer.chain.netuid)", .warning)
    }
    return ("hotkey \(hotkey) is uid \(neuron.uid)", .good)
  }

  private func permit(
    of hotkey: SS58Address, _ answer: Answer
  ) throws -> (String, EnvironmentCheck.Grade) {
    guard let neuron = try answer.chain.neuron(of: hotkey, at: answer.head) else {
      return ("without a uid there is none", .warning)
    }
    let subnet = try answer.chain.subnet(at: answer.head)
    let stake =
      "stake \(Self.tao(neuron.stake)), threshold \(Self.tao(subnet.stakeThreshold))"
    if subnet.ownerHotkey == hotkey {
      return ("the subnet's owner needs no permit; \(stake)", .good)
    }
    guard neuron.hasValidatorPermit else {
      return ("there is none: weights cannot be set; \(stake)", .warning)
    }
    return (stake, neuron.stake >= subnet.stakeThreshold ? .good : .warning)
  }

  private static func tao(_ rao: UInt64) -> String {
    HumanUnits.decimal(Double(rao) / 1e9, places: 4) + " TAO"
  }
}

/// A runtime that this program cannot work with.
private struct RuntimeLacks: ReportableError {
  let version: UInt32
  let names: [String]

  var kind: ErrorKind { .failed }
  var what: String { "runtime \(version)" }
  var why: String { "it lacks, or has in another form, \(names.joined(separator: ", "))" }
  var advice: String? { "look for a newer version of this program" }
}
