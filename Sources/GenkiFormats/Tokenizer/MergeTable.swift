/// Rank and result of every pair of ids that merges; immutable after loading.
final class MergeTable: @unchecked Sendable {
  /// What `find` gives for a pair that does not merge; larger than every merge.
  static let none = UInt64.max

  /// Two ids and what they merge into.
  typealias Merge = (left: Int32, right: Int32, result: Int32)

  private struct Entry {
    var pair: UInt64
    var merge: UInt64
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let mask: Int
  private let seed = SeededHash.seed

  /// A table of `pairs`, whose ranks are their positions; of a pair given twice the last counts.
  init(_ pairs: [Merge]) {
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

  /// The same table without the merges that result in one of `refused`.
  init(_ other: MergeTable, refusing refused: Set<Int32>) {
    mask = other.mask
    entries = .allocate(capacity: mask + 1)
    entries.initialize(repeating: Entry(pair: .max, merge: Self.none), count: mask + 1)
    for index in 0...other.mask {
      let entry = other.entries[index]
      guard entry.pair != .max, !refused.contains(Self.result(entry.merge)) else { continue }
      entries[slot(of: entry.pair)] = entry
    }
  }

  deinit { entries.deallocate() }

  /// Rank (upper half) and resulting id (lower half) of a pair, or `none`.
  @inline(__always)
  func find(_ left: Int32, _ right: Int32) -> UInt64 {
    entries[slot(of: Self.pair(left, right))].merge
  }

  /// Which of some ids merges result in.
  func results(among ids: Set<Int32>) -> Set<Int32> {
    guard !ids.isEmpty else { return [] }
    var found: Set<Int32> = []
    for index in 0...mask where entries[index].pair != .max {
      let result = Self.result(entries[index].merge)
      if ids.contains(result) { found.insert(result) }
    }
    return found
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
