/// Cutting text where no merge can join what stands on both sides, so that each part gets the ids that
/// it has in the whole.
extension MergeModel {
  /// The end of the word at `start` of a text that no pre-tokenizer cuts: words begin with U+2581.
  func wordEnd(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    guard cutsWords, let joins else { return end }
    var next = start
    // A run of U+2581 is one with the word behind it.
    while Metaspace.starts(bytes + next, end - next) { next += Metaspace.bytes.count }
    while next < end {
      guard bytes[next] == Metaspace.bytes[0], Metaspace.starts(bytes + next, end - next) else {
        next += 1
        continue
      }
      if next > start {
        let last = UTF8Text.start(before: next, bytes)
        if joins.neverJoinsMetaspace || !joins.joins(UTF8Text.scalar(bytes, last).value, 0x2581) {
          return next
        }
      }
      while Metaspace.starts(bytes + next, end - next) { next += Metaspace.bytes.count }
    }
    return end
  }

  /// The end of a part of a long piece that begins at `start`: the next place, some bytes on, where
  /// nothing joins.
  func cut(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    guard let joins, symbols.coversEveryText else { return end }
    var next = start
    var last: UInt32 = 0
    while next < end {
      let (value, length) =
        isOfCharacters ? UTF8Text.scalar(bytes, next) : (UInt32(bytes[next]), 1)
      if next > start + Self.partMinimum, !joins.joins(last, value) { return next }
      last = value
      next += length
    }
    return end
  }

  /// Shorter parts would not be faster.
  private static let partMinimum = 24
}
