import GenkiCore
import Synchronization

/// A version of the chain's runtime with its metadata.
struct SubtensorRuntime: Sendable {
  /// Changes with every upgrade.
  let specVersion: UInt32
  /// Changes when old extrinsics would no longer be read right.
  let transactionVersion: UInt32
  /// Its types, pallets and extensions.
  let metadata: RuntimeMetadata

  /// The number of a block's versions.
  struct Version: Sendable, Hashable {
    let spec: UInt32
    let transaction: UInt32

    init(_ value: JSONValue, node: String) throws {
      guard let spec = value["specVersion"]?.intValue.flatMap(UInt32.init(exactly:)),
        let transaction = value["transactionVersion"]?.intValue.flatMap(UInt32.init(exactly:))
      else {
        throw ChainError.damaged(source: node, reason: "the node names no version of its runtime")
      }
      self.spec = spec
      self.transaction = transaction
    }
  }
}

/// The runtimes that blocks of a chain run on, each fetched once.
final class RuntimeShelf: Sendable {
  /// Runtimes that are kept: before and after an upgrade, and one for a look back.
  private static let kept = 3
  /// Blocks whose version is remembered.
  private static let blocksKept = 1_024
  /// The version of metadata that is asked for first; it lists the runtime's functions.
  private static let metadataVersion: UInt32 = 15

  private struct State {
    var runtimes: [SubtensorRuntime.Version: SubtensorRuntime] = [:]
    var order: [SubtensorRuntime.Version] = []
    var versions: [ContentDigest: SubtensorRuntime.Version] = [:]
    var newest: SubtensorRuntime.Version?
    var parents: [ContentDigest: ContentDigest] = [:]
  }

  private let node: NodeClient
  private let state = Mutex(State())

  init(_ node: NodeClient) { self.node = node }

  /// The newest version that was seen; nothing is asked.
  var newest: SubtensorRuntime.Version? { state.withLock { $0.newest } }

  /// The runtime of a block's state.
  func runtime(at block: ContentDigest) throws -> SubtensorRuntime {
    let version = try self.version(at: block)
    if let known = state.withLock({ $0.runtimes[version] }) { return known }
    let runtime = SubtensorRuntime(
      specVersion: version.spec, transactionVersion: version.transaction,
      metadata: try fetch(at: block))
    state.withLock { state in
      state.runtimes[version] = runtime
      state.order.removeAll { $0 == version }
      state.order.append(version)
      while state.order.count > Self.kept {
        state.runtimes[state.order.removeFirst()] = nil
      }
    }
    return runtime
  }

  /// The runtime that made a block and its state: that of its parent's state. In the block of an upgrade
  /// the new one is there already, and nothing was written with it yet.
  func maker(of block: BlockReference) throws -> SubtensorRuntime {
    guard block.number > 0 else { return try runtime(at: block.hash) }
    do {
      return try runtime(at: try parent(of: block))
    } catch let failure as NodeRefusal where failure.isStateDiscarded {
      return try runtime(at: block.hash)
    }
  }

  private func parent(of block: BlockReference) throws -> ContentDigest {
    if let known = state.withLock({ $0.parents[block.hash] }) { return known }
    let header = try node.read("chain_getHeader", [.string("0x\(block.hash.hex)")])
    return try note(header: header, of: block.hash)
  }

  /// Remembers the parent that a block's header names.
  @discardableResult
  func note(header: JSONValue, of block: ContentDigest) throws -> ContentDigest {
    guard !header.isNull else {
      throw ChainError.unreachable(source: node.name, reason: "block 0x\(block.hex) is not there")
    }
    guard let parent = header["parentHash"]?.stringValue.flatMap(HexBytes.digest) else {
      throw ChainError.damaged(source: node.name, reason: "a header names no parent")
    }
    state.withLock { state in
      if state.parents.count >= Self.blocksKept { state.parents = [:] }
      state.parents[block] = parent
    }
    return parent
  }

  /// Asks anew for a block's version the next time.
  func forgetVersion(of block: ContentDigest) { state.withLock { $0.versions[block] = nil } }

  /// The version of a block's runtime.
  func version(at block: ContentDigest) throws -> SubtensorRuntime.Version {
    if let known = state.withLock({ $0.versions[block] }) { return known }
    let value = try node.read("state_getRuntimeVersion", [.string("0x\(block.hex)")])
    let version = try SubtensorRuntime.Version(value, node: node.name)
    state.withLock { state in
      if state.versions.count >= Self.blocksKept { state.versions = [:] }
      state.versions[block] = version
      if version.spec >= state.newest?.spec ?? 0 { state.newest = version }
    }
    return version
  }

  private func fetch(at block: ContentDigest) throws -> RuntimeMetadata {
    let hash = JSONValue.string("0x\(block.hex)")
    var bytes: [UInt8]?
    do {
      let argument = HexBytes.text(
        (0..<4).map { UInt8(truncatingIfNeeded: Self.metadataVersion >> (8 * $0)) })
      let value = try node.read(
        "state_call", [.string("Metadata_metadata_at_version"), .string(argument), hash])
      bytes = try RuntimeMetadata.unwrapped(try node.bytes(value, "the metadata"))
    } catch let failure as NodeRefusal where !failure.isUnknownBlock && !failure.isStateDiscarded {
      // Older runtimes know of no versions.
    }
    if let bytes { return try RuntimeMetadata(decoding: bytes) }
    let value = try node.read("state_getMetadata", [hash])
    return try RuntimeMetadata(decoding: try node.bytes(value, "the metadata"))
  }
}

extension NodeClient {
  /// Calls a method that reads.
  ///
  /// - Throws: ``NodeRefusal`` for a state that was discarded and for what the runtime refuses;
  ///   every other refusal is the node's own trouble: another one is asked the next time, and this call
  ///   ends with `ChainError.unreachable`.
  func read(_ method: String, _ parameters: [JSONValue] = []) throws -> JSONValue {
    do {
      return try call(method, parameters)
    } catch let failure as NodeRefusal {
      if failure.isStateDiscarded || (method == "state_call" && !failure.isUnknownBlock) {
        throw failure
      }
      throw behind(failure)
    }
  }

  /// A node that does not know a block that another node has shown lags behind.
  func behind(_ failure: NodeRefusal) -> ChainError {
    let name = self.name
    distrust(failure.reason)
    return .unreachable(source: name, reason: failure.reason)
  }

  /// The bytes of an answer that is written as `0x…`.
  func bytes(_ value: JSONValue, _ what: String) throws -> [UInt8] {
    guard let text = value.stringValue, let bytes = HexBytes.bytes(text) else {
      throw ChainError.damaged(source: name, reason: "\(what) are no hexadecimal digits")
    }
    return bytes
  }
}
