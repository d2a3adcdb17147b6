/// Rank and result of every pair of ids that merges; immutable after loading.
final class MergeTable: @unchecked Sendable {
  /// What `find` gives for a pair that does not merge; larger than every merge.
  static let none = UInt64.max

  private struct Entry {
    var pair: UInt64
    var merge: UInt64
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let mask: Int
  private let seed = SeededHash.seed

  /// A table of `pairs`, whose ranks are their positions; of a pair given twice the last counts.
  init(_ pairs: [(left: Int32, right: Int32, result: Int32)]) {
    var size = 64
    while size < pairs.count * 2 { size *= 2 }
    mask = size - 1
    entries = .allocate(capacity: size)
    entries.initialize(repeating: Entry(pair: .max, merge: Self.none), count: size)
    for (rank, merge) in pairs.enumerated() {
      let pair = Self.pair(merge.left, merge.right)
      let slot = slot(of: pair)
      entries[slot] = Entry(
        pair: pair,
        merge: UInt64(rank) << 32 | UInt64(UInt32(truncatingIfNeeded: merge.result)))
    }
  }

  deinit { entries.deallocate() }

  /// Rank (upper half) and resulting id (lower half) of a pair, or `none`.
  @inline(__always)
  func find(_ left: Int32, _ right: Int32) -> UInt64 {
    entries[slot(of: Self.pair(left, right))].merge
  }

  /// The id that a merge results in.
  @inline(__always)
  static func result(_ merge: UInt64) -> Int32 { Int32(truncatingIfNeeded: merge) }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func slot(of pair: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: SeededHash.mix(pair ^ seed)) & mask
    while entries[slot].pair != pair, entries[slot].pair != .max { slot = (slot + 1) & mask }
    return slot
  }
}
