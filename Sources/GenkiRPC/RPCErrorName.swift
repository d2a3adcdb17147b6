/// The application's errors by their stable names; codes go down from −32000.
public enum RPCErrorName: String, Sendable, CaseIterable {
  /// There is no such thing.
  case notFound = "not_found"
  /// The daemon is doing something that excludes it.
  case busy
  /// The state does not allow it, or the same key or name means something else already.
  case conflict
  /// The hotkey has no uid in the subnet.
  case notRegistered = "not_registered"
  /// The chain allows it only later.
  case rateLimited = "rate_limited"
  /// The chain does not answer.
  case chainUnreachable = "chain_unreachable"
  /// The chain refuses it.
  case chainRefused = "chain_refused"
  /// The hub does not answer.
  case hubUnreachable = "hub_unreachable"
  /// Data, a model or a file is bad.
  case invalidData = "invalid_data"
  /// The disk or the quota is full.
  case noSpace = "no_space"
  /// The caller may not do that on this socket.
  case notPermitted = "not_permitted"
  /// The daemon is about to end.
  case shuttingDown = "shutting_down"
  /// The daemon has too many connections, subscriptions or requests.
  case tooMany = "too_many"
  /// The operation ran and failed.
  case failed

  /// The code on the wire: −32000 for the first case and one less for each after it.
  public var code: Int { -32000 - (Self.allCases.firstIndex(of: self) ?? 0) }
}
