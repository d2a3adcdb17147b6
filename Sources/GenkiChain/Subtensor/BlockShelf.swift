import GenkiCore
import Synchronization

/// Which extrinsics recent blocks hold, by hash: each block is fetched once.
final class BlockShelf: Sendable {
  private static let kept = 512
  /// Extrinsics of a block at most: a block's weight allows a few thousand.
  private static let extrinsicsMaximum = 20_000

  private struct State {
    var extrinsics: [ContentDigest: [ContentDigest]] = [:]
    var order: [ContentDigest] = []
  }

  private let node: NodeClient
  private let state = Mutex(State())

  init(_ node: NodeClient) { self.node = node }

  /// The newest place of an extrinsic in the best chain's blocks of a range; nil if it is in none.
  func place(
    of extrinsic: ContentDigest, in numbers: ClosedRange<UInt64>
  ) throws -> (block: BlockReference, index: UInt32)? {
    let blocks = try references(numbers)
    // A search with a gap finds nothing out.
    guard blocks.count == numbers.count else {
      let name = node.name
      node.distrust("block \(numbers.lowerBound + UInt64(blocks.count)) is missing")
      throw ChainError.unreachable(
        source: name, reason: "blocks up to \(numbers.upperBound) are not all there")
    }
    try fetch(blocks.map(\.hash))
    for block in blocks.reversed() {
      let held = state.withLock { $0.extrinsics[block.hash] } ?? []
      if let index = held.firstIndex(of: extrinsic) { return (block, UInt32(index)) }
    }
    return nil
  }

  /// The best chain's blocks of a range, as far as there are any.
  func references(_ numbers: ClosedRange<UInt64>) throws -> [BlockReference] {
    let calls = numbers.map { NodeCall("chain_getBlockHash", [.integer(Int64(clamping: $0))]) }
    var blocks: [BlockReference] = []
    for (number, result) in zip(numbers, try node.call(calls)) {
      let value = try reading { try result.get() }
      if value.isNull { break }
      guard let hash = value.stringValue.flatMap(HexBytes.digest) else {
        throw ChainError.damaged(source: node.name, reason: "block \(number) has no hash")
      }
      blocks.append(BlockReference(number: number, hash: hash))
    }
    return blocks
  }

  private func fetch(_ hashes: [ContentDigest]) throws {
    let missing = state.withLock { state in hashes.filter { state.extrinsics[$0] == nil } }
    // Blocks are large: few at once.
    for start in stride(from: 0, to: missing.count, by: 8) {
      let part = Array(missing[start..<min(start + 8, missing.count)])
      let results = try node.call(
        part.map { NodeCall("chain_getBlock", [.string("0x\($0.hex)")]) })
      for (hash, result) in zip(part, results) {
        let value = try reading { try result.get() }
        guard let items = value["block"]?["extrinsics"]?.arrayValue else {
          let name = node.name
          node.distrust("a block is missing")
          throw ChainError.unreachable(source: name, reason: "block 0x\(hash.hex) is not there")
        }
        guard items.count <= Self.extrinsicsMaximum else {
          throw ChainError.damaged(
            source: node.name, reason: "block 0x\(hash.hex) has \(items.count) extrinsics")
        }
        let held = try items.map { try Blake2b.digest(try node.bytes($0, "an extrinsic's bytes")) }
        keep(held, of: hash)
      }
    }
  }

  private func keep(_ held: [ContentDigest], of block: ContentDigest) {
    state.withLock { state in
      if state.extrinsics.updateValue(held, forKey: block) == nil { state.order.append(block) }
      while state.order.count > Self.kept {
        state.extrinsics[state.order.removeFirst()] = nil
      }
    }
  }

  private func reading<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let failure as NodeRefusal {
      throw node.behind(failure)
    }
  }
}
