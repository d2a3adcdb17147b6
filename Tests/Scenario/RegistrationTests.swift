import GenkiChain
import GenkiCore
import GenkiValidator
import Testing

@Suite("Registration on a subtensor chain")
struct RegistrationTests {
  // MARK: Plan

  private static func plan(burn: UInt64, limit: UInt64, fee: UInt64, free: UInt64) throws
    -> RegistrationPlan
  {
    let key = try SS58Address(publicKey: [UInt8](repeating: 7, count: 32))
    return RegistrationPlan(
      genesis: SHA256Hasher.digest(of: []), netuid: 3, hotkey: key, coldkey: key, burn: burn,
      limit: limit, isLimitHeld: true, fee: fee,
      free: free)
  }

  @Test(
    arguments: [
      (100, 5, 105), (101, 5, 107), (0, 5, 0), (1, 0, 1), (3, 0.1, 4), (500_000, 100, 1_000_000),
      (UInt64.max, 1, UInt64.max), (UInt64.max / 2, 1000, UInt64.max),
    ] as [(UInt64, Double, UInt64)])
  func theLimitIsThePriceWithTheToleranceRoundedUp(burn: UInt64, percent: Double, limit: UInt64) {
    #expect(RegistrationPlan.limit(burn: burn, tolerancePercent: percent) == limit)
  }

  @Test func theRestNeverGoesBelowZero() throws {
    #expect(try Self.plan(burn: 10, limit: 12, fee: 1, free: 11).freeAfter == 0)
    #expect(try Self.plan(burn: 10, limit: 12, fee: 1, free: 11).freeAfterLimit == nil)
    #expect(try Self.plan(burn: 10, limit: 12, fee: 1, free: 10).freeAfter == nil)
    #expect(try Self.plan(burn: .max, limit: .max, fee: 1, free: .max).freeAfter == nil)
  }

  @Test(
    arguments: [
      (0, "0"), (1, "0.000000001"), (1_000_000_000, "1"), (1_500_000_000, "1.5"),
      (123_456_789_012, "123.456789012"), (100_000_000, "0.1"),
    ] as [(UInt64, String)])
  func amountsAreExact(rao: UInt64, text: String) { #expect(RaoText.tao(rao) == text) }

  @Test(arguments: [
    ("RegistrationPriceLimitExceeded", "--burn-tolerance"), ("SubnetNotExists", "--netuid"),
    ("NotEnoughBalanceToStake", "send TAO"), ("SubNetRegistrationDisabled", "owner"),
  ]) func aRefusalIsNamedWithWhatToDo(name: String, advice: String) {
    let error = RegistrationError.refused(CallFailure(name))
    #expect(error.description.contains(name))
    #expect(error.advice?.contains(advice) == true)
    #expect(error.kind == .failed)
  }

  // MARK: Following

  /// A chain that shows one outcome after the other; the last one stays.
  private final class Script {
    var looks: [Result<ExtrinsicFollower.Look, ChainError>]
    var sendings: [ChainError?]
    var sent = 0
    var lines: [String] = []
    var pausesUntilSignal = Int.max

    init(
      _ looks: [Result<ExtrinsicFollower.Look, ChainError>], sendings: [ChainError?] = []
    ) {
      self.looks = looks
      self.sendings = sendings
    }

    func follow() throws -> ExtrinsicFollower.End {
      try ExtrinsicFollower(
        look: { [self] in
          try (looks.count > 1 ? looks.removeFirst() : looks[0]).get()
        },
        send: { [self] in
          sent += 1
          if !sendings.isEmpty, let error = sendings.removeFirst() { throw error }
        },
        pause: { [self] in
          pausesUntilSignal -= 1
          return pausesUntilSignal < 0 ? 2 : nil
        }, report: { [self] line in lines.append(line) }
      ).follow()
    }
  }

  private static func block(_ number: UInt64) throws -> BlockReference {
    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32)
    return BlockReference(number: number, hash: try #require(ContentDigest(bytes: bytes)))
  }

  private static func look(
    _ outcome: ExtrinsicOutcome, head: UInt64 = 10, final: UInt64 = 8
  ) -> Result<ExtrinsicFollower.Look, ChainError> {
    .success(ExtrinsicFollower.Look(head: head, final: final, outcome: outcome))
  }

  private static let silence = ChainError.unreachable(source: "node", reason: "no answer")

  @Test func itWaitsUntilTheBlockIsFinal() throws {
    let block = try Self.block(11)
    let included = ExtrinsicOutcome.included(block: block, index: 2, failure: nil)
    let script = Script([
      Self.look(.pending), Self.look(included, head: 11, final: 9), Self.look(included, final: 10),
      Self.look(included, final: 11),
    ])
    #expect(try script.follow() == .final(block: block, index: 2, failure: nil))
    #expect(script.sent == 1)
    #expect(script.lines.count == 3)
    #expect(script.lines[1].contains("included in block 11, index 2: succeeded"))
    #expect(script.lines[2].contains("final"))
  }

  @Test func aForkTakesABlockBackAndAnotherHoldsIt() throws {
    let (first, second) = (try Self.block(11), try Self.block(12))
    let script = Script([
      Self.look(.included(block: first, index: 1, failure: nil)), Self.look(.unknown),
      Self.look(.included(block: second, index: 1, failure: "X"), final: 12),
    ])
    #expect(try script.follow() == .final(block: second, index: 1, failure: "X"))
    #expect(script.lines.contains { $0.contains("taken back") })
    // What the chain has lost is sent again, as it is.
    #expect(script.sent == 2)
  }

  @Test func anEraThatPassesIsAnEnd() throws {
    #expect(try Script([Self.look(.pending), Self.look(.expired)]).follow() == .expired)
    // Sending again may be refused for that reason; the next look tells.
    let stale = ChainError.refused(name: "AncientBirthBlock", reason: "")
    let script = Script([Self.look(.unknown), Self.look(.expired)], sendings: [nil, stale])
    #expect(try script.follow() == .expired)
  }

  @Test func aRefusalIsThrown() throws {
    let refusal = ChainError.refused(name: "InabilityToPaySomeFees", reason: "r")
    #expect(throws: refusal) { try Script([Self.look(.unknown)], sendings: [refusal]).follow() }
  }

  @Test func silenceIsNoEndUntilItLastsTooLong() throws {
    let block = try Self.block(5)
    let included = Self.look(.included(block: block, index: 0, failure: nil))
    let short = Script(
      [.failure(Self.silence), .failure(Self.silence), included],
      sendings: [Self.silence])
    #expect(try short.follow() == .final(block: block, index: 0, failure: nil))
    let long = Script([.failure(Self.silence)])
    #expect(try long.follow() == .lost(reason: "no answer"))
  }

  @Test func aSignalEndsItWithWhatIsKnown() throws {
    let script = Script([
      Self.look(.included(block: try Self.block(11), index: 2, failure: nil))
    ])
    script.pausesUntilSignal = 2
    guard case .stopped(2, let state) = try script.follow() else {
      Issue.record("it went on")
      return
    }
    #expect(state.contains("in block 11, which is not final yet"))
  }
}
