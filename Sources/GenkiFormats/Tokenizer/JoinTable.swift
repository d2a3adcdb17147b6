/// Which neighbouring characters (bytes in byte-level BPE) a merge can ever join.
///
/// A merge joins a token that ends in one with a token that begins with the other. Where no merge does,
/// a piece can be cut: both sides get the ids that the whole would get. That makes words of texts that
/// have no pre-tokenizer, and keeps long pieces short.
struct JoinTable: Sendable {
  /// Pairs below 256, one bit each.
  private var low = [UInt64](repeating: 0, count: 256 * 256 / 64)
  private let high: MergeTable
  /// No merge joins U+2581 to anything else in front of it.
  let neverJoinsMetaspace: Bool

  private static let metaspace: UInt32 = 0x2581

  /// The pairs of a model's merges; nil if pieces cannot be cut by characters, because a merge has to
  /// do with the tokens in `uncommon`, whose text is not what they stand for.
  init?(
    _ merges: [MergeTable.Merge], _ vocabulary: Vocabulary, isByteLevel: Bool,
    uncommon: Set<Int32>
  ) {
    var pairs: Set<UInt64> = []
    var joinsMetaspace = false
    for merge in merges {
      guard !uncommon.contains(merge.left), !uncommon.contains(merge.right),
        !uncommon.contains(merge.result), let left = vocabulary.bytes(of: merge.left),
        let right = vocabulary.bytes(of: merge.right), !left.isEmpty, !right.isEmpty
      else { return nil }
      let last = isByteLevel ? UInt32(left[left.endIndex - 1]) : Self.last(left)
      let first = isByteLevel ? UInt32(right[right.startIndex]) : Self.first(right)
      if first == Self.metaspace, last != Self.metaspace { joinsMetaspace = true }
      if last < 256, first < 256 {
        low[Int(last << 8 | first) / 64] |= 1 << UInt64((last << 8 | first) % 64)
      } else {
        pairs.insert(UInt64(last) << 32 | UInt64(first))
      }
    }
    neverJoinsMetaspace = !joinsMetaspace
    high = MergeTable(
      pairs.map {
        MergeTable.Merge(
          left: Int32(truncatingIfNeeded: $0 >> 32), right: Int32(truncatingIfNeeded: $0),
          result: 0)
      })
  }

  /// Whether a merge can join a token that ends in `last` with one that begins with `first`.
  @inline(__always)
  func joins(_ last: UInt32, _ first: UInt32) -> Bool {
    if last < 256, first < 256 {
      let pair = last << 8 | first
      return low[Int(pair) / 64] >> UInt64(pair % 64) & 1 != 0
    }
    return high.find(Int32(bitPattern: last), Int32(bitPattern: first)) != MergeTable.none
  }

  private static func first(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { $0.baseAddress.map { UTF8Text.scalar($0, 0).value } ?? 0 }
  }

  private static func last(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return UTF8Text.scalar(base, UTF8Text.start(before: bytes.count, base)).value
    }
  }
}
