/// How much metadata may hold. The chain's has 0.3 MB, 730 types and 30,000 items.
public struct MetadataLimits: Sendable, Hashable {
  /// Bytes.
  public var bytesMaximum: Int
  /// Types.
  public var typesMaximum: Int
  /// Items of all lists together: types, fields, variants, entries, lines of documentation.
  public var itemsMaximum: Int

  /// Limits; see the properties.
  public init(
    bytesMaximum: Int = 8 << 20, typesMaximum: Int = 16_384, itemsMaximum: Int = 500_000
  ) {
    self.bytesMaximum = bytesMaximum
    self.typesMaximum = typesMaximum
    self.itemsMaximum = itemsMaximum
  }
}
