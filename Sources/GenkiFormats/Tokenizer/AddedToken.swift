/// A token that is matched as literal text before pre-tokenization.
public struct AddedToken: Sendable, Equatable {
  /// The id it encodes to.
  public let id: Int32
  /// Its literal text.
  public let content: String
  /// It must not touch word characters on either side.
  public let isSingleWord: Bool
  /// It swallows white space on its left.
  public let stripsLeft: Bool
  /// It swallows white space on its right.
  public let stripsRight: Bool
  /// It is matched in the normalized text, in its own normalized form.
  public let isNormalized: Bool
  /// It controls a model (end of text, turns of a chat) and is no text; decoding can drop it.
  public let isSpecial: Bool
}
