/// What a generator wrote, and why it ended.
public struct Generation: Sendable, Equatable {
  /// Why a text ended.
  public enum End: Sendable, Equatable {
    /// The model chose this token, one of those that end a text; it is not among the ids.
    case endToken(Int32)
    /// As many tokens as were asked for are there.
    case length
    /// The context has no place for another token.
    case contextFull
    /// The caller did not want more.
    case stopped
  }

  /// The new tokens.
  public var ids: [Int32]
  /// Why no more followed.
  public var end: End

  /// A text of these tokens.
  public init(ids: [Int32], end: End) {
    self.ids = ids
    self.end = end
  }
}
