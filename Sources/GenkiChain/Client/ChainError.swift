import GenkiCore

/// A chain did not do what was asked.
public enum ChainError: ReportableError, Equatable {
  /// The chain cannot be reached or does not answer; trying again may help.
  case unreachable(source: String, reason: String)
  /// The chain refuses the extrinsic for good; `name` is the chain's own name of the reason.
  case refused(name: String, reason: String)
  /// The node no longer has the state of that block.
  case stateDiscarded(block: UInt64)
  /// There is no such block on the best chain.
  case unknownBlock(number: UInt64)
  /// The ledger or an answer cannot be understood.
  case damaged(source: String, reason: String)
  /// The ledger was written by a newer version of this program.
  case newerLedger(path: String)
  /// The ledger's genesis has other settings than the configuration.
  case otherGenesis(path: String, reason: String)

  /// Whether trying again later may work.
  public var isTransient: Bool {
    if case .unreachable = self { true } else { false }
  }

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .unreachable: .temporary
    case .refused: .failed
    case .stateDiscarded, .unknownBlock, .damaged: .invalidData
    case .newerLedger, .otherGenesis: .configuration
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .unreachable(let source, _): "chain \(source) cannot be reached"
    case .refused(let name, _): "the chain refuses the extrinsic with \(name)"
    case .stateDiscarded(let block): "the state of block \(block) cannot be read"
    case .unknownBlock(let number): "block \(number) cannot be read"
    case .damaged(let source, _): "chain \(source) cannot be read"
    case .newerLedger(let path), .otherGenesis(let path, _): "ledger \(path) cannot be used"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .unreachable(_, let reason), .refused(_, let reason), .damaged(_, let reason),
      .otherGenesis(_, let reason):
      reason
    case .stateDiscarded: "the node has discarded it: it is too old"
    case .unknownBlock: "there is no such block"
    case .newerLedger: "a newer version of this program has written it"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .unreachable: "it is tried again by itself"
    case .stateDiscarded: "use an archive node"
    case .newerLedger: "install the newer version"
    case .otherGenesis: "name another ledger in chain.local.path, or correct the configuration"
    case .refused, .unknownBlock, .damaged: nil
    }
  }
}
