import GenkiChain
import GenkiCore

/// Why a hotkey was not registered.
package enum RegistrationError: ReportableError, Equatable {
  /// The chain would refuse it: nothing was signed.
  case refused(CallFailure)
  /// It is in a block and failed there.
  case failed(CallFailure, block: UInt64)
  /// Another coldkey has registered the hotkey.
  case foreign(hotkey: String, coldkey: String, uid: UInt16)
  /// An extrinsic of the coldkey waits already.
  case waiting(coldkey: String, hashes: [String])
  /// The price rose above the limit while the key was opened: nothing was sent.
  case dearer(burn: UInt64, limit: UInt64)
  /// No block took it in time.
  case expired(hash: String, lastBlock: UInt64)
  /// The chain did not answer for too long.
  case lost(hash: String, reason: String)
  /// The answer was no.
  case declined

  /// The kind, and with it the exit code.
  package var kind: ErrorKind {
    switch self {
    case .refused, .failed, .foreign, .dearer, .declined: .failed
    case .waiting, .expired, .lost: .temporary
    }
  }

  /// What failed.
  package var what: String {
    switch self {
    case .refused(let failure): "the registration would fail with \(failure.name)"
    case .failed(let failure, let block):
      "the registration failed in block \(block) with \(failure.name)"
    case .foreign(let hotkey, _, let uid): "\(hotkey) is registered already, as uid \(uid)"
    case .waiting(let coldkey, _): "an extrinsic of coldkey \(coldkey) waits to be included"
    case .dearer: "the price has risen"
    case .expired(let hash, _), .lost(let hash, _): "extrinsic \(hash)"
    case .declined: "nothing was registered"
    }
  }

  /// Why it failed.
  package var why: String {
    switch self {
    case .refused(let failure), .failed(let failure, _):
      failure.text.map(Self.line) ?? Self.known[failure.name]?.why ?? "the chain says no more"
    case .foreign(_, let coldkey, _): "its coldkey is \(coldkey)"
    case .waiting(_, let hashes):
      hashes.isEmpty ? "the node counts it, but does not show it" : hashes.joined(separator: ", ")
    case .dearer(let burn, let limit):
      "\(RaoText.both(burn)) is more than \(RaoText.both(limit)); nothing was sent"
    case .expired(_, let lastBlock):
      "no block has taken it, and none can any more (it was valid up to \(lastBlock)); nothing was paid"
    case .lost(_, let reason): "what became of it is open: \(reason)"
    case .declined: "the answer was no"
    }
  }

  /// What to do about it.
  package var advice: String? {
    switch self {
    case .refused(let failure), .failed(let failure, _): Self.known[failure.name]?.advice
    case .foreign: "only that coldkey can move it; register another hotkey"
    case .waiting: "run this again when it is in a block or its era is over, at most 64 blocks"
    case .dearer: "look at the price and run this again, or allow more by --burn-tolerance"
    case .expired: "run this again"
    case .lost: "run this again: it looks first whether the hotkey is registered"
    case .declined: nil
    }
  }

  /// The chain's own words on one line.
  private static func line(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return String(words.escapingControls().prefix(300))
  }

  /// What the chain's names mean here, and what helps.
  private static let known: [String: (why: String, advice: String)] = [
    "HotKeyAlreadyRegisteredInSubNet": (
      "the hotkey has a uid already", "look at it: genki-validatord chain metagraph"
    ),
    "RegistrationPriceLimitExceeded": (
      "the burn is higher than the limit", "run this again, or allow more by --burn-tolerance"
    ),
    "SubNetRegistrationDisabled": (
      "the subnet's owner has closed registrations", "ask the owner, or wait"
    ),
    "SubnetNotExists": ("there is no such subnet", "correct chain.netuid or --netuid"),
    "NotEnoughBalanceToStake": (
      "the coldkey cannot pay the burn", "send TAO to the coldkey's address"
    ),
    "InabilityToPaySomeFees": (
      "the coldkey cannot pay burn and fee", "send TAO to the coldkey's address"
    ),
    "TooManyRegistrationsThisBlock": ("the block is full of them", "run this again"),
    "TooManyRegistrationsThisInterval": ("the interval is full of them", "run this again later"),
    "NonAssociatedColdKey": (
      "the hotkey belongs to another coldkey", "use the coldkey that it was first used with"
    ),
    "NoNeuronIdAvailable": (
      "all uids are taken, and none may be replaced yet", "run this again later"
    ),
  ]
}
