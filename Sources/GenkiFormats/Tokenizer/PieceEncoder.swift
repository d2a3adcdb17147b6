/// BPE of one piece after another, with the memory this needs: scratch space and the cache of words.
/// Used by one thread at a time.
final class PieceEncoder {
  let model: MergeModel
  private let merges: MergeTable
  private let singleIDs: [Int32]
  private let cache = WordCache()

  /// Up to this length the lowest rank is searched by looking at all pairs.
  private static let shortMaximum = 48
  private let shortIDs = UnsafeMutablePointer<Int32>.allocate(capacity: shortMaximum)
  private let shortRanks = UnsafeMutablePointer<UInt64>.allocate(capacity: shortMaximum)
  private var long = LongPiece()

  /// Pieces longer than this are cut where no merge can join.
  private static let uncutMaximum = 256

  /// An encoder over a loaded model.
  init(_ model: MergeModel) {
    self.model = model
    merges = model.merges
    singleIDs = model.symbols.singleIDs
  }

  deinit {
    shortIDs.deallocate()
    shortRanks.deallocate()
  }

  /// Appends the ids of the piece of `count` bytes; `readable` bytes may be looked at.
  func encode(
    _ bytes: UnsafePointer<UInt8>, count: Int, readable: Int, into output: inout [Int32]
  ) {
    if count == 1 {
      let id = singleIDs[Int(bytes[0])]
      if id != SymbolTable.none { output.append(id) }
      return
    }
    guard count <= WordCache.keyBytesMaximum else {
      merge(bytes, count, into: &output)
      return
    }
    let key = WordCache.Key(bytes, count: count, readable: readable)
    let slot = cache.slot(key)
    if slot.pointee.key == key {
      withUnsafeBytes(of: &slot.pointee.ids) { ids in
        let ids = ids.assumingMemoryBound(to: Int32.self)
        for index in 0..<Int(slot.pointee.count) { output.append(ids[index]) }
      }
      return
    }
    let start = output.count
    merge(bytes, count, into: &output)
    let length = output.count - start
    guard length <= WordCache.idsMaximum else { return }
    var entry = WordCache.Entry(key: key, count: Int32(length))
    withUnsafeMutableBytes(of: &entry.ids) { ids in
      output[start...].withUnsafeBytes { ids.copyMemory(from: $0) }
    }
    slot.pointee = entry
  }

  /// Appends the ids of a piece and calls `ended` with where the text of each ends in the piece.
  func encode(
    _ bytes: UnsafePointer<UInt8>, count: Int, into output: inout [Int32],
    ended: (Int) -> Void
  ) {
    if let id = model.wholeID(bytes, count) {
      output.append(id)
      ended(count)
      return
    }
    withoutActuallyEscaping(ended) { ended in
      long.merge(
        bytes, count, symbols: model.symbols, merges: merges, into: &output, ended: ended)
    }
  }

  /// Appends the ids of a text that no pre-tokenizer cuts.
  func encodeText(
    _ bytes: UnsafePointer<UInt8>, count: Int, readable: Int, into output: inout [Int32]
  ) {
    if let id = model.wholeID(bytes, count) {
      output.append(id)
      return
    }
    var start = 0
    while start < count {
      let end = model.wordEnd(bytes, from: start, to: count)
      if model.takesWholePieces {
        mergeParts(bytes + start, end - start, into: &output)
      } else {
        encode(bytes + start, count: end - start, readable: readable - start, into: &output)
      }
      start = end
    }
  }

  private func merge(_ bytes: UnsafePointer<UInt8>, _ count: Int, into output: inout [Int32]) {
    if let id = model.wholeID(bytes, count) {
      output.append(id)
    } else {
      mergeParts(bytes, count, into: &output)
    }
  }

  private func mergeParts(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, into output: inout [Int32]
  ) {
    guard count > Self.uncutMaximum else {
      mergeWhole(bytes, count, into: &output)
      return
    }
    var start = 0
    while start < count {
      let end = model.cut(bytes, from: start, to: count)
      mergeWhole(bytes + start, end - start, into: &output)
      start = end
    }
  }

  private func mergeWhole(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, into output: inout [Int32]
  ) {
    if count <= Self.shortMaximum {
      mergeShort(bytes, count, into: &output)
    } else {
      long.merge(bytes, count, symbols: model.symbols, merges: merges, into: &output)
    }
  }

  private func mergeShort(
    _ bytes: UnsafePointer<UInt8>, _ byteCount: Int, into output: inout [Int32]
  ) {
    var count = 0
    model.symbols.forEach(bytes, byteCount) { id, _ in
      shortIDs[count] = id
      count += 1
    }
    guard count > 0 else { return }
    for index in 0..<count - 1 {
      shortRanks[index] = merges.find(shortIDs[index], shortIDs[index + 1])
    }
    while count > 1 {
      var best = MergeTable.none
      var position = 0
      for index in 0..<count - 1 where shortRanks[index] < best {
        best = shortRanks[index]
        position = index
      }
      if best == MergeTable.none { break }
      shortIDs[position] = MergeTable.result(best)
      count -= 1
      for index in position + 1..<max(count, position + 1) {
        shortIDs[index] = shortIDs[index + 1]
        shortRanks[index - 1] = shortRanks[index]
      }
      if position > 0 {
        shortRanks[position - 1] = merges.find(shortIDs[position - 1], shortIDs[position])
      }
      if position < count - 1 {
        shortRanks[position] = merges.find(shortIDs[position], shortIDs[position + 1])
      }
    }
    output.append(contentsOf: UnsafeBufferPointer(start: shortIDs, count: count))
  }
}
