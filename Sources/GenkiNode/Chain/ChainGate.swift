import GenkiChain
import GenkiCore
import GenkiRPC
import Synchronization

/// Lets few callers at a time ask the chain, and none for long: a node that hangs holds up neither the
/// daemon's loop nor the other methods.
final class ChainGate: Sendable {
  /// Callers at a time; the server has more threads.
  static let callersMaximum = 3
  /// Seconds for one question.
  static let seconds = 20.0

  private let callers = Mutex(0)

  func pass<Value>(seconds: Double = ChainGate.seconds, _ body: () throws -> Value) throws -> Value
  {
    let isFree = callers.withLock { count in
      guard count < Self.callersMaximum else { return false }
      count += 1
      return true
    }
    guard isFree else {
      throw RPCFailure(
        name: .busy, message: "\(Self.callersMaximum) others ask the chain at this moment",
        data: ["advice": "try again in some seconds"])
    }
    defer { callers.withLock { $0 -= 1 } }
    return try NodeDeadline.within(seconds: seconds) { try body() }
  }
}

extension ChainError: RPCNamedError {
  /// Nodes that do not answer, a chain that refuses, an answer that makes no sense.
  public var rpcName: RPCErrorName {
    switch self {
    case .unreachable: .chainUnreachable
    case .refused: .chainRefused
    case .stateDiscarded, .unknownBlock: .notFound
    case .damaged: .invalidData
    case .otherGenesis: .conflict
    case .newerLedger: .failed
    }
  }
}
