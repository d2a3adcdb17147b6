import GenkiChain

/// Follows an extrinsic from its submission until a block that holds it is final.
///
/// It looks again and again; a node that does not answer is asked again. Time and chain come in as
/// closures.
package struct ExtrinsicFollower {
  /// One look at the chain.
  package struct Look: Sendable {
    /// The newest block.
    package var head: UInt64
    /// The newest final block, read before the outcome.
    package var final: UInt64
    /// What became of the extrinsic.
    package var outcome: ExtrinsicOutcome

    /// A look; see the properties.
    package init(head: UInt64, final: UInt64, outcome: ExtrinsicOutcome) {
      self.head = head
      self.final = final
      self.outcome = outcome
    }
  }

  /// How it ended.
  package enum End: Sendable, Equatable {
    /// It is in a final block.
    case final(block: BlockReference, index: UInt32, failure: CallFailure?)
    /// It is in no block and never will be.
    case expired
    /// A signal asked to stop; what was known then.
    case stopped(signal: Int32, state: String)
    /// The chain gave no answer for too long.
    case lost(reason: String)
  }

  /// Looks in a row that may fail.
  package static let failuresMaximum = 300

  private let look: () throws -> Look
  private let send: () throws -> Void
  private let pause: () -> Int32?
  private let report: (String) -> Void

  /// - Parameters:
  ///   - look: One look at the chain.
  ///   - send: Sends the same bytes; also again, if the chain has lost them.
  ///   - pause: Waits a little; a signal that asked to stop ends it early.
  ///   - report: Takes lines of progress.
  package init(
    look: @escaping () throws -> Look, send: @escaping () throws -> Void,
    pause: @escaping () -> Int32?, report: @escaping (String) -> Void
  ) {
    self.look = look
    self.send = send
    self.pause = pause
    self.report = report
  }

  /// Sends and follows.
  ///
  /// - Throws: `ChainError.refused` if the chain does not want it.
  package func follow() throws -> End {
    var isSent = try submit()
    if isSent { report("sent") }
    var state = isSent ? "sent, in no block yet" : "perhaps sent"
    var included: BlockReference?
    var failures = 0
    while true {
      if let signal = pause() { return .stopped(signal: signal, state: state) }
      let seen: Look
      do {
        seen = try look()
        failures = 0
      } catch let error as ChainError where error.isTransient {
        failures += 1
        if failures == 1 { report("the chain does not answer: \(error.why); it is asked again") }
        if failures >= Self.failuresMaximum { return .lost(reason: error.why) }
        continue
      }
      switch seen.outcome {
      case .included(let block, let index, let failure):
        let result = failure.map { "failed with \($0.name)" } ?? "succeeded"
        if included != block {
          report(
            "included in block \(block.number), index \(index): \(result); waiting until it is final"
          )
          included = block
        }
        if block.number <= seen.final {
          report("block \(block.number) is final")
          return .final(block: block, index: index, failure: failure)
        }
        state = "in block \(block.number), which is not final yet; it \(result)"
      case .expired: return .expired
      case .pending, .unknown:
        if let block = included {
          report("block \(block.number) was taken back; waiting for another")
          included = nil
        }
        state = "sent, in no block yet (block \(seen.head))"
        // Lost on the way or from the pool: the same bytes again change nothing else.
        if seen.outcome == .unknown || !isSent { isSent = try submit() || isSent }
      }
    }
  }

  /// False if it is open whether it arrived.
  private func submit() throws -> Bool {
    do {
      try send()
      return true
    } catch let error as ChainError where error.isTransient {
      report("the chain does not answer: \(error.why); it is asked again")
      return false
    } catch ChainError.refused(let name, _) where Self.isPassed(name) {
      // Its time may be over because it is in a block: the next look tells.
      return true
    }
  }

  private static func isPassed(_ name: String) -> Bool {
    name == "Stale" || name == "AncientBirthBlock"
  }
}
