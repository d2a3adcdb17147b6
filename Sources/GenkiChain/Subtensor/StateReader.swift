import GenkiCore

/// Reads the state of one block: every answer is of the same picture.
struct StateReader {
  /// Keys in one request at most.
  static let keysAtOnce = 1_000
  /// Keys of one map at most: more than a subnet has members.
  static let keysMaximum = 16_384

  let block: BlockReference
  let runtime: SubtensorRuntime
  let node: NodeClient

  /// One value to be read.
  struct Request {
    let entry: StorageEntry
    let key: [UInt8]
  }

  private var metadata: RuntimeMetadata { runtime.metadata }
  private var hash: JSONValue { .string("0x\(block.hash.hex)") }

  /// Whether the runtime has a storage item.
  func has(_ item: String, of pallet: String = Self.subtensor) -> Bool {
    metadata.hasStorage(pallet, item)
  }

  /// The pallet of subnets.
  static let subtensor = "SubtensorModule"

  /// A value to be read.
  func request(
    _ item: String, _ parts: [ScaleValue] = [], of pallet: String = Self.subtensor
  ) throws -> Request {
    let entry = try metadata.storage(pallet, item)
    return Request(entry: entry, key: try metadata.storageKey(of: entry, parts))
  }

  /// One value; nil where absent is absent.
  func value(
    _ item: String, _ parts: [ScaleValue] = [], of pallet: String = Self.subtensor
  ) throws -> ScaleValue? {
    try values([try request(item, parts, of: pallet)])[0]
  }

  /// Values in the order of the requests.
  func values(_ requests: [Request]) throws -> [ScaleValue?] {
    let stored = try bytes(of: requests.map(\.key))
    return try zip(requests, stored).map { try metadata.storageValue(of: $0.entry, $1) }
  }

  /// The stored bytes with the entry's default in place of what is absent, for long lists.
  func storedBytes(_ requests: [Request]) throws -> [[UInt8]?] {
    let stored = try bytes(of: requests.map(\.key))
    return zip(requests, stored).map { metadata.storedBytes(of: $0.entry, $1) }
  }

  /// A decoder for the runtime's types.
  var decoder: ValueDecoder { ValueDecoder(metadata.types) }

  /// All keys of a map that begin with these parts.
  func keys(_ entry: StorageEntry, _ parts: [ScaleValue]) throws -> [[UInt8]] {
    let prefix = try metadata.storagePrefix(of: entry, parts)
    var keys: [[UInt8]] = []
    while true {
      let start = keys.last.map { JSONValue.string(HexBytes.text($0)) } ?? .null
      let answer = try read(
        "state_getKeysPaged",
        [.string(HexBytes.text(prefix)), .integer(Int64(Self.keysAtOnce)), start, hash])
      guard let page = answer.arrayValue, page.count <= Self.keysAtOnce else {
        throw damaged("a page of keys is none")
      }
      for item in page {
        guard let text = item.stringValue, let key = HexBytes.bytes(text),
          key.starts(with: prefix), keys.last.map({ $0.lexicographicallyPrecedes(key) }) ?? true
        else { throw damaged("a key of \(entry.path) is out of order") }
        keys.append(key)
      }
      guard keys.count <= Self.keysMaximum else {
        throw damaged("\(entry.path) has more than \(Self.keysMaximum) keys")
      }
      if page.count < Self.keysAtOnce { return keys }
    }
  }

  /// The stored bytes of keys, in their order; nil where there is nothing.
  func bytes(of keys: [[UInt8]]) throws -> [[UInt8]?] {
    var found: [[UInt8]: [UInt8]] = [:]
    var rest = keys[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.keysAtOnce)
      rest = rest.dropFirst(part.count)
      let asked = JSONValue.array(part.map { .string(HexBytes.text($0)) })
      let answer = try read("state_queryStorageAt", [asked, hash])
      guard let sets = answer.arrayValue, sets.count <= 1 else {
        throw damaged("values of more than one block were given")
      }
      for change in sets.first?["changes"]?.arrayValue ?? [] {
        guard let pair = change.arrayValue, pair.count == 2,
          let key = pair[0].stringValue.flatMap(HexBytes.bytes)
        else { throw damaged("a value has no key") }
        if pair[1].isNull { continue }
        found[key] = try node.bytes(pair[1], "the bytes of a value")
      }
    }
    return keys.map { found[$0] }
  }

  /// The result of a function of the runtime.
  func call(_ api: String, _ method: String, _ arguments: [UInt8]) throws -> ScaleValue {
    let output = try metadata.api(api, method).output
    let answer = try read(
      "state_call", [.string("\(api)_\(method)"), .string(HexBytes.text(arguments)), hash])
    return try decoder.decode(try node.bytes(answer, "a result"), as: output)
  }

  private func read(_ method: String, _ parameters: [JSONValue]) throws -> JSONValue {
    do {
      return try node.read(method, parameters)
    } catch let failure as NodeRefusal where failure.isStateDiscarded {
      throw ChainError.stateDiscarded(block: block.number)
    } catch let failure as NodeRefusal {
      throw node.behind(failure)
    }
  }

  private func damaged(_ reason: String) -> ChainError {
    .damaged(source: node.name, reason: reason)
  }
}
