import GenkiChain
import GenkiConsole
import GenkiCore

/// What a registration on a subtensor chain will do and cost, before anything is signed.
package struct RegistrationPlan: Sendable {
  /// The chain, by its genesis hash: an address may lead to another one than it says.
  package var genesis: ContentDigest
  /// The subnet.
  package var netuid: UInt16
  /// Who is registered.
  package var hotkey: SS58Address
  /// Who pays.
  package var coldkey: SS58Address
  /// What it costs now, in rao.
  package var burn: UInt64
  /// What it may cost at most, in rao.
  package var limit: UInt64
  /// Whether the runtime holds the limit; else this program looks at the price just before it signs.
  package var isLimitHeld: Bool
  /// The transaction's fee, in rao.
  package var fee: UInt64
  /// What the coldkey can spend now, in rao.
  package var free: UInt64

  /// A plan; see the properties.
  package init(
    genesis: ContentDigest, netuid: UInt16, hotkey: SS58Address, coldkey: SS58Address,
    burn: UInt64, limit: UInt64, isLimitHeld: Bool, fee: UInt64, free: UInt64
  ) {
    self.genesis = genesis
    self.netuid = netuid
    self.hotkey = hotkey
    self.coldkey = coldkey
    self.burn = burn
    self.limit = limit
    self.isLimitHeld = isLimitHeld
    self.fee = fee
    self.free = free
  }

  /// The call that is signed.
  package var call: ChainCall { .register(netuid: netuid, hotkey: hotkey, burnMaximum: limit) }
  /// The call's name in the runtime.
  package var callName: String {
    "SubtensorModule." + (isLimitHeld ? "register_limit" : "burned_register")
  }
  /// What is left if the price stays; nil if it is not enough.
  package var freeAfter: UInt64? { Self.rest(free, burn, fee) }
  /// What is left if the price rises to the limit; nil if it is not enough for that.
  package var freeAfterLimit: UInt64? { Self.rest(free, limit, fee) }

  /// A price with so many percent on top, rounded up to whole rao.
  package static func limit(burn: UInt64, tolerancePercent: Double) -> UInt64 {
    let extra = (Double(burn) * tolerancePercent / 100).rounded(.up)
    guard let extra = UInt64(exactly: extra) else { return .max }
    let (sum, isTooMuch) = burn.addingReportingOverflow(extra)
    return isTooMuch ? .max : sum
  }

  /// The plan for people, a line each.
  package var lines: [String] {
    let held =
      isLimitHeld
      ? "the chain refuses a higher price"
      : "this runtime takes no limit: the price is looked at again just before signing"
    return [
      "chain           genesis 0x\(genesis.hex)", "subnet          \(netuid)",
      "hotkey          \(hotkey)", "coldkey         \(coldkey)",
      "call            \(callName)", "burn            \(RaoText.both(burn))",
      "burn at most    \(RaoText.both(limit)); \(held)", "fee             \(RaoText.both(fee))",
      "balance         \(RaoText.both(free))",
      "balance after   " + (freeAfter.map(RaoText.both) ?? "it is not enough"),
    ]
  }

  /// The plan for programs.
  package var fields: JSONObject {
    [
      "genesis": .string(genesis.hex), "netuid": JSONValue(Int(netuid)),
      "hotkey": .string(hotkey.description),
      "coldkey": .string(coldkey.description), "call": .string(callName),
      "burn_rao": RaoText.json(burn), "burn_limit_rao": RaoText.json(limit),
      "fee_rao": RaoText.json(fee), "balance_rao": RaoText.json(free),
      "balance_after_rao": freeAfter.map(RaoText.json) ?? .null,
    ]
  }

  private static func rest(_ free: UInt64, _ price: UInt64, _ fee: UInt64) -> UInt64? {
    let (sum, isTooMuch) = price.addingReportingOverflow(fee)
    return isTooMuch || sum > free ? nil : free - sum
  }
}

/// Amounts of TAO, exactly.
package enum RaoText {
  private static let raoPerTao: UInt64 = 1_000_000_000

  /// `0.5 TAO (500000000 rao)`.
  package static func both(_ rao: UInt64) -> String { "\(tao(rao)) TAO (\(rao) rao)" }

  /// `0.5`: all digits that are not zeros at the end.
  package static func tao(_ rao: UInt64) -> String {
    let (whole, part) = rao.quotientAndRemainder(dividingBy: raoPerTao)
    guard part > 0 else { return "\(whole)" }
    var digits = String(String(raoPerTao + part).dropFirst())
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits)"
  }

  /// A number of JSON.
  package static func json(_ rao: UInt64) -> JSONValue {
    Int64(exactly: rao).map(JSONValue.integer) ?? .unsigned(rao)
  }
}
