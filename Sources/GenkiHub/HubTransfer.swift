import GenkiHTTP

/// What a caller wants to hear of a transfer, and how it ends one.
public struct HubTransfer: Sendable {
  /// Ends the transfer with `HubError.cancelled`.
  public var cancellation: HTTPCancellation
  /// Called now and then, from any thread.
  public var onProgress: @Sendable (HubProgress) -> Void

  /// A transfer.
  public init(
    cancellation: HTTPCancellation = HTTPCancellation(),
    onProgress: @escaping @Sendable (HubProgress) -> Void = { _ in }
  ) {
    self.cancellation = cancellation
    self.onProgress = onProgress
  }

  /// Throws `HubError.cancelled` if somebody ended it.
  package func check(_ repository: RepositoryID) throws(HubError) {
    if cancellation.isCancelled { throw .cancelled(repository: repository.description) }
  }
}

/// How far a transfer is.
public struct HubProgress: Sendable, Hashable {
  /// The file that is moved.
  public var name: String
  /// Bytes done of all files of the call.
  public var bytesDone: Int
  /// Bytes of all files of the call.
  public var bytesTotal: Int

  /// How far a transfer is.
  public init(name: String, bytesDone: Int, bytesTotal: Int) {
    self.name = name
    self.bytesDone = bytesDone
    self.bytesTotal = bytesTotal
  }
}
