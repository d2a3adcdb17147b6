import GenkiCore

/// Calls of the embedded chain in SCALE form, as subtensor's runtime 393 reads them.
enum LocalCallCoding {
  /// The bytes of a call.
  ///
  /// - Throws: `ChainError.refused`, named `BadFormat` for a call that is too long and `CallFiltered`
  ///   for a registration: on the embedded chain the operator registers.
  static func encode(_ call: ChainCall) throws -> [UInt8] {
    var writer = ScaleWriter()
    switch call {
    case .setCommitment(let netuid, let bytes):
      guard bytes.count <= Commitment.bytesMaximum else {
        throw LocalRuntime.badFormat(
          "a commitment has at most \(Commitment.bytesMaximum) bytes, not \(bytes.count)")
      }
      writer.append(LocalRuntime.Function.setCommitment)
      writer.append(integer: netuid)
      writer.append(count: 1)
      writer.append(integer: UInt8(bytes.count + 1))
      writer.append(bytes)
    case .setWeights(let netuid, let weights, let versionKey):
      writer.append(LocalRuntime.Function.setWeights)
      writer.append(integer: netuid)
      try append(weights, to: &writer)
      writer.append(integer: versionKey)
    case .commitWeights(let netuid, let hash):
      writer.append(LocalRuntime.Function.commitWeights)
      writer.append(integer: netuid)
      writer.append(hash.bytes)
    case .revealWeights(let netuid, let weights, let salt, let versionKey):
      writer.append(LocalRuntime.Function.revealWeights)
      writer.append(integer: netuid)
      try append(weights, to: &writer)
      try append(salt, to: &writer)
      writer.append(integer: versionKey)
    case .register:
      throw ChainError.refused(
        name: "CallFiltered", reason: "the operator of an embedded chain registers hotkeys")
    }
    return writer.bytes
  }

  /// Reads what `encode` wrote.
  ///
  /// - Throws: `ScaleError`, or `ChainError.refused` named `BadFormat`.
  static func decode(_ reader: inout ScaleReader) throws -> ChainCall {
    let function = Array(try reader.take(2, "bytes of pallet and function"))
    let netuid: UInt16 = try reader.integer()
    switch function {
    case LocalRuntime.Function.setCommitment:
      return .setCommitment(netuid: netuid, bytes: try field(&reader))
    case LocalRuntime.Function.setWeights:
      let weights = try weights(&reader)
      return .setWeights(netuid: netuid, weights: weights, versionKey: try reader.integer())
    case LocalRuntime.Function.commitWeights:
      guard let hash = ContentDigest(bytes: try reader.take(ContentDigest.byteCount)) else {
        throw LocalRuntime.badFormat("a hash has \(ContentDigest.byteCount) bytes")
      }
      return .commitWeights(netuid: netuid, hash: hash)
    case LocalRuntime.Function.revealWeights:
      let weights = try weights(&reader)
      let salt = try numbers(&reader)
      return .revealWeights(
        netuid: netuid, weights: weights, salt: salt, versionKey: try reader.integer())
    default: throw LocalRuntime.badFormat("call \(function[0])/\(function[1]) is unknown")
    }
  }

  /// The only field of a commitment; its kind is one more than the number of its bytes.
  private static func field(_ reader: inout ScaleReader) throws -> [UInt8] {
    let count = try reader.count("fields")
    guard count <= LocalRuntime.commitmentFieldsMaximum else {
      throw LocalRuntime.badFormat(
        "a commitment has at most \(LocalRuntime.commitmentFieldsMaximum) fields, not \(count)")
    }
    guard count == 1 else {
      throw LocalRuntime.badFormat("the embedded chain takes one field of a commitment")
    }
    let kind = try reader.byte("a kind of field")
    guard kind > 0, kind - 1 <= Commitment.bytesMaximum else {
      throw LocalRuntime.badFormat("the embedded chain takes raw fields only, not kind \(kind)")
    }
    return Array(try reader.take(Int(kind) - 1))
  }

  private static func append(_ weights: [UidWeight], to writer: inout ScaleWriter) throws {
    try append(weights.map(\.uid), to: &writer)
    try append(weights.map(\.weight), to: &writer)
  }

  private static func append(_ numbers: [UInt16], to writer: inout ScaleWriter) throws {
    guard numbers.count <= LocalRuntime.listMaximum else {
      throw LocalRuntime.badFormat(
        "a list has at most \(LocalRuntime.listMaximum) numbers, not \(numbers.count)")
    }
    writer.append(count: numbers.count)
    for number in numbers { writer.append(integer: number) }
  }

  private static func weights(_ reader: inout ScaleReader) throws -> [UidWeight] {
    let uids = try numbers(&reader)
    let weights = try numbers(&reader)
    guard uids.count == weights.count else {
      throw LocalRuntime.badFormat("\(uids.count) uids have \(weights.count) weights")
    }
    return zip(uids, weights).map { UidWeight(uid: $0, weight: $1) }
  }

  private static func numbers(_ reader: inout ScaleReader) throws -> [UInt16] {
    let count = try reader.count(itemBytes: 2, "numbers")
    guard count <= LocalRuntime.listMaximum else {
      throw LocalRuntime.badFormat(
        "a list has at most \(LocalRuntime.listMaximum) numbers, not \(count)")
    }
    return try (0..<count).map { _ in try reader.integer() }
  }
}
