/// How much one decode may take; the defaults are far above what the chain holds.
public struct ScaleLimits: Sendable, Hashable {
  /// Bytes of the input.
  public var bytesMaximum: Int
  /// Values, those inside of others included.
  public var itemsMaximum: Int
  /// Values inside of each other.
  public var depthMaximum: Int

  /// Limits; see the properties.
  public init(
    bytesMaximum: Int = 16 << 20, itemsMaximum: Int = 1_000_000, depthMaximum: Int = 96
  ) {
    self.bytesMaximum = bytesMaximum
    self.itemsMaximum = itemsMaximum
    self.depthMaximum = depthMaximum
  }
}
