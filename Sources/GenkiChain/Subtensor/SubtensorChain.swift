import GenkiCore
import Synchronization

/// A subnet of a Bittensor chain, seen and written through its nodes' JSON-RPC over HTTP.
///
/// Every name is looked up in the metadata of the block that is read or written to, so that an upgrade
/// of the runtime between two calls changes nothing but the bytes. What cannot be understood is an
/// error, never a guess.
public final class SubtensorChain: Chain {
  /// Blocks for which an extrinsic is valid: after them it is safe to sign another one.
  public static let eraPeriod: UInt64 = 64
  /// The index of a mechanism's weights is that of the subnet plus so many a mechanism.
  static let mechanismStride: UInt16 = 4_096

  /// The subnet.
  public let netuid: UInt16
  /// The mechanism of the subnet; 0 is the only one of most.
  public let mechanism: UInt8
  /// The nodes.
  public let node: NodeClient
  let notebook: any ChainNotebook
  let runtimes: RuntimeShelf
  let blocks: BlockShelf
  let memory = Mutex(Memory())

  /// What has been read already and cannot change.
  struct Memory {
    var isGenesisNoted = false
    var highestFinal: UInt64 = 0
    var observedAt: UInt64 = 0
    var metagraph: Metagraph?
    var settings: (block: BlockReference, value: SubnetSettings)?
    var neuron: (block: BlockReference, hotkey: SS58Address, value: Neuron?)?
  }

  /// A client; nothing is asked yet.
  ///
  /// - Parameters:
  ///   - transports: The nodes, the preferred one first.
  ///   - notebook: What nodes forget; its genesis hash is the chain that is expected.
  ///   - now: Seconds on any clock that does not stop.
  public init(
    _ transports: [any NodeTransport], netuid: UInt16, mechanism: UInt8 = 0,
    notebook: any ChainNotebook, now: @escaping @Sendable () -> Double
  ) throws {
    self.netuid = netuid
    self.mechanism = mechanism
    self.notebook = notebook
    node = NodeClient(transports, genesis: try notebook.genesis(), now: now)
    runtimes = RuntimeShelf(node)
    blocks = BlockShelf(node)
  }

  /// `netuid + 4096 × mechanism`.
  public var weightsIndex: UInt16 { netuid &+ Self.mechanismStride &* UInt16(mechanism) }

  // MARK: Blocks

  /// The chain's genesis hash; noted when it is seen for the first time.
  public func genesis() throws -> ContentDigest {
    let genesis = try node.genesis()
    if !memory.withLock({ $0.isGenesisNoted }) {
      try notebook.note(genesis: genesis)
      memory.withLock { $0.isGenesisNoted = true }
    }
    return genesis
  }

  /// The newest block.
  public func head() throws -> BlockReference {
    _ = try genesis()
    let header = try node.read("chain_getHeader")
    let number = try Self.number(ofHeader: header, node.name)
    guard let block = try block(number: number) else {
      throw ChainError.unreachable(source: node.name, reason: "block \(number) has gone again")
    }
    return block
  }

  /// The newest block that no fork can take back.
  public func finalizedHead() throws -> BlockReference {
    _ = try genesis()
    let answers = try node.call([
      NodeCall("chain_getFinalizedHead"), NodeCall("chain_getHeader"),
    ])
    guard answers.count == 2, let hash = try? answers[0].get().stringValue.flatMap(HexBytes.digest),
      let newest = try? answers[1].get()
    else { throw explain("the node shows no final block") }
    let header = try node.read("chain_getHeader", [.string("0x\(hash.hex)")])
    let number = try Self.number(ofHeader: header, node.name)
    // A number that is not true would end what is open and distrust every honest node.
    guard number <= (try Self.number(ofHeader: newest, node.name)),
      try block(number: number)?.hash == hash
    else { throw explain("the final block 0x\(hash.hex) has another number than \(number)") }
    try runtimes.note(header: header, of: hash)
    let highest = memory.withLock { memory in
      memory.highestFinal = max(memory.highestFinal, number)
      return memory.highestFinal
    }
    guard number + Self.lagMaximum >= highest else {
      let name = node.name
      node.distrust("it lags behind by \(highest - number) blocks")
      throw ChainError.unreachable(
        source: name, reason: "it lags behind by \(highest - number) blocks")
    }
    return BlockReference(number: number, hash: hash)
  }

  /// What a node says contradicts itself: another one is asked the next time.
  private func explain(_ reason: String) -> ChainError {
    let name = node.name
    node.distrust(reason)
    return .unreachable(source: name, reason: reason)
  }

  /// Final blocks that a node may lag behind another one.
  private static let lagMaximum: UInt64 = 10

  /// The block of that number on the best chain; nil if it does not exist yet.
  public func block(number: UInt64) throws -> BlockReference? {
    try blocks.references(number...number).first
  }

  static func number(ofHeader header: JSONValue, _ node: String) throws -> UInt64 {
    guard !header.isNull else {
      throw ChainError.unreachable(source: node, reason: "a block that was named is not there")
    }
    guard let number = header["number"]?.stringValue.flatMap(HexBytes.number),
      number < UInt64(UInt32.max)
    else { throw ChainError.damaged(source: node, reason: "a header has no number") }
    return number
  }

  /// Reads the state of a block; what the runtime's metadata does not explain is a damaged answer.
  func reading<Value>(
    at block: BlockReference, _ body: (StateReader) throws -> Value
  ) throws -> Value {
    do {
      return try explained {
        try body(StateReader(block: block, runtime: try runtimes.maker(of: block), node: node))
      }
    } catch let error as NodeRefusal {
      throw error.isStateDiscarded
        ? ChainError.stateDiscarded(block: block.number)
        : node.behind(error)
    }
  }

  /// An answer that the runtime's metadata does not explain: another node is asked the next time. If it
  /// is the chain that has changed, all of them say so, again and again.
  func explained<Value>(_ body: () throws -> Value) throws -> Value {
    let reason: String
    do {
      return try body()
    } catch ChainError.damaged(_, let why) {
      reason = why
    } catch let error as ChainError {
      throw error
    } catch let error as any ReportableError {
      reason = error.description
    }
    let name = node.name
    node.distrust(reason)
    throw ChainError.unreachable(source: name, reason: "its answer makes no sense: \(reason)")
  }
}

extension ScaleValue {
  /// A subnet's number as a part of a key.
  static func netuid(_ netuid: UInt16) -> ScaleValue { .unsigned(UInt64(netuid)) }
}
