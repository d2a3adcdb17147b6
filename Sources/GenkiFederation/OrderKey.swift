/// The place of a commitment in a round: block, extrinsic index within it, hotkey.
///
/// Nothing but chain data decides it. Two commitments can share a block; the extrinsic index
/// separates them, and the hotkey only makes the order total.
public struct OrderKey: Sendable, Hashable, Comparable {
  /// The block that holds the commitment in force.
  public var block: UInt64
  /// The index of the extrinsic within the block.
  public var extrinsicIndex: UInt32
  /// The hotkey's public key.
  public var hotkey: [UInt8]

  /// A key from chain data.
  public init(block: UInt64, extrinsicIndex: UInt32, hotkey: [UInt8]) {
    self.block = block
    self.extrinsicIndex = extrinsicIndex
    self.hotkey = hotkey
  }

  /// The key of the model at `position` of a list that is already in commit order.
  public init(position: Int) {
    self.init(block: UInt64(max(0, position)), extrinsicIndex: 0, hotkey: [])
  }

  /// Earlier in the chain comes first.
  public static func < (left: OrderKey, right: OrderKey) -> Bool {
    if left.block != right.block { return left.block < right.block }
    if left.extrinsicIndex != right.extrinsicIndex {
      return left.extrinsicIndex < right.extrinsicIndex
    }
    return left.hotkey.lexicographicallyPrecedes(right.hotkey)
  }
}
