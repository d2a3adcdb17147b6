import GenkiCore

/// The header of a safetensors file, checked: 8 bytes of length, then JSON that says where each tensor
/// lies.
///
/// The verdicts are those of the reference library (its Rust core), its tolerances included: an entry
/// may be an array [dtype, shape, data_offsets], a dtype an object of one null member, unknown fields
/// are skipped, and the last of two entries with one name counts.
struct SafetensorsHeader {
  /// In the order of the data; tensors without bytes at one place by name.
  var tensors: [TensorInfo]
  var metadata: [String: String]
  /// Where the data begins in the file.
  var dataStart: Int

  static func parse(
    _ file: UnsafeRawBufferPointer, path: String, limits: SafetensorsLimits
  ) throws -> SafetensorsHeader {
    func fail(_ problem: SafetensorsProblem) -> SafetensorsError { .invalid(path: path, problem) }
    guard file.count >= 8 else { throw fail(.noHeaderLength(fileBytes: file.count)) }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(limits.headerBytes) else {
      throw fail(.headerTooLarge(bytes: length, limit: limits.headerBytes))
    }
    let dataStart = 8 + Int(length)
    guard dataStart <= file.count else {
      throw fail(.headerBeyondFile(headerBytes: Int(length), fileBytes: file.count))
    }
    var parser = HeaderParser(limits: limits)
    do {
      try parser.parse(UnsafeRawBufferPointer(rebasing: file[8..<dataStart]), source: path)
      let tensors = try parser.layOut(dataBytes: file.count - dataStart)
      return SafetensorsHeader(
        tensors: tensors, metadata: parser.metadata, dataStart: dataStart)
    } catch let error as JSONError {
      throw fail(.header(error))
    } catch let problem as HeaderFailure {
      throw fail(problem.problem)
    }
  }
}

/// Carries a problem to where the path is known.
private struct HeaderFailure: Error {
  let problem: SafetensorsProblem
  init(_ problem: SafetensorsProblem) { self.problem = problem }
}

private struct HeaderEntry {
  var type: TensorType
  var shape: [UInt64]
  var begin: UInt64
  var end: UInt64
}

private struct HeaderParser {
  let limits: SafetensorsLimits
  var metadata: [String: String] = [:]
  private var hasMetadata = false
  private var entries: [String: HeaderEntry] = [:]

  init(limits: SafetensorsLimits) { self.limits = limits }

  mutating func parse(_ header: UnsafeRawBufferPointer, source: String) throws {
    var reader = JSONReader(
      header, source: source, limits: JSONLimits(bytes: .max, values: .max))
    try reader.readObject { reader, name in
      if name == "__metadata__" {
        guard !hasMetadata else { throw HeaderFailure(.duplicateMetadata) }
        hasMetadata = true
        try parseMetadata(&reader)
        return
      }
      let entry = try parseEntry(&reader, name: name)
      if entries.updateValue(entry, forKey: name) != nil, !limits.allowsDuplicateNames {
        throw HeaderFailure(.duplicateName(tensor: name))
      }
      guard entries.count <= limits.tensors else {
        throw HeaderFailure(.tooManyTensors(limit: limits.tensors))
      }
    }
    try reader.finish()
  }

  private mutating func parseMetadata(_ reader: inout JSONReader) throws {
    if try reader.peek() == .null { return try reader.readNull() }
    try reader.readObject { reader, key in metadata[key] = try reader.readString() }
  }

  private func parseEntry(_ reader: inout JSONReader, name: String) throws -> HeaderEntry {
    var type: TensorType?
    var shape: [UInt64]?
    var offsets: [UInt64]?
    func readField(_ field: String, _ reader: inout JSONReader) throws {
      func once(_ isNew: Bool) throws {
        if !isNew { throw HeaderFailure(.duplicateField(tensor: name, field: field)) }
      }
      switch field {
      case "dtype":
        try once(type == nil)
        type = try parseType(&reader, name: name)
      case "shape":
        try once(shape == nil)
        shape = try parseSizes(&reader, name: name, field: field, limit: limits.rank)
      case "data_offsets":
        try once(offsets == nil)
        offsets = try parseSizes(&reader, name: name, field: field, limit: 2)
      default: try reader.skipValue()
      }
    }
    if try reader.peek() == .array {
      var fields = ["data_offsets", "shape", "dtype"]
      try reader.readArray { reader in
        guard let field = fields.popLast() else {
          throw HeaderFailure(.wrongField(tensor: name, field: "entry"))
        }
        try readField(field, &reader)
      }
    } else {
      try reader.readObject { reader, field in try readField(field, &reader) }
    }
    guard let type else { throw HeaderFailure(.missingField(tensor: name, field: "dtype")) }
    guard let shape else { throw HeaderFailure(.missingField(tensor: name, field: "shape")) }
    guard let offsets else {
      throw HeaderFailure(.missingField(tensor: name, field: "data_offsets"))
    }
    guard offsets.count == 2 else {
      throw HeaderFailure(.wrongField(tensor: name, field: "data_offsets"))
    }
    return HeaderEntry(type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  private func parseType(_ reader: inout JSONReader, name: String) throws -> TensorType {
    let text: String
    if try reader.peek() == .object {
      var keys: [String] = []
      try reader.readObject { reader, key in
        keys.append(key)
        guard keys.count == 1, try reader.peek() == .null else {
          throw HeaderFailure(.wrongField(tensor: name, field: "dtype"))
        }
        try reader.readNull()
      }
      guard let key = keys.first else {
        throw HeaderFailure(.wrongField(tensor: name, field: "dtype"))
      }
      text = key
    } else {
      text = try reader.readString()
    }
    guard let type = TensorType(rawValue: text) else {
      throw HeaderFailure(.unknownType(tensor: name, type: text))
    }
    return type
  }

  private func parseSizes(
    _ reader: inout JSONReader, name: String, field: String, limit: Int
  ) throws -> [UInt64] {
    var sizes: [UInt64] = []
    try reader.readArray { reader in
      guard sizes.count < limit else {
        throw HeaderFailure(
          field == "shape"
            ? .tooManyDimensions(tensor: name, limit: limit)
            : .wrongField(tensor: name, field: field))
      }
      switch try reader.readNumber() {
      case .integer(let value) where value >= 0: sizes.append(UInt64(value))
      case .unsigned(let value): sizes.append(value)
      default: throw HeaderFailure(.wrongField(tensor: name, field: field))
      }
    }
    return sizes
  }

  /// Checks that the tensors tile the data and puts them in its order.
  func layOut(dataBytes: Int) throws -> [TensorInfo] {
    let ordered = entries.sorted {
      ($0.value.begin, $0.value.end, $0.key) < ($1.value.begin, $1.value.end, $1.key)
    }
    var tensors: [TensorInfo] = []
    tensors.reserveCapacity(ordered.count)
    var position: UInt64 = 0
    for (name, entry) in ordered {
      guard entry.begin == position, entry.end >= entry.begin else {
        throw HeaderFailure(
          .invalidOffset(
            tensor: name, begin: entry.begin, end: entry.end, expectedBegin: position))
      }
      position = entry.end
      let (count, bytes) = try size(of: entry, name: name)
      guard bytes == entry.end - entry.begin else {
        throw HeaderFailure(
          .sizeMismatch(tensor: name, needed: bytes, spanned: entry.end - entry.begin))
      }
      guard position <= UInt64(dataBytes) else {
        throw HeaderFailure(.notCovered(dataBytes: dataBytes, tensorBytes: position))
      }
      tensors.append(
        TensorInfo(
          name: name, type: entry.type, shape: entry.shape.map { Int(clamping: $0) },
          byteRange: Int(entry.begin)..<Int(entry.end), elementCount: Int(count)))
    }
    guard position == UInt64(dataBytes) else {
      throw HeaderFailure(.notCovered(dataBytes: dataBytes, tensorBytes: position))
    }
    return tensors
  }

  private func size(
    of entry: HeaderEntry, name: String
  ) throws -> (count: UInt64, bytes: UInt64) {
    var count: UInt64 = 1
    for size in entry.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw HeaderFailure(.overflow(tensor: name)) }
      count = product
    }
    let (bits, overflow) = count.multipliedReportingOverflow(by: UInt64(entry.type.bitCount))
    guard !overflow else { throw HeaderFailure(.overflow(tensor: name)) }
    guard bits % 8 == 0 else { throw HeaderFailure(.misaligned(tensor: name)) }
    return (count, bits / 8)
  }
}
