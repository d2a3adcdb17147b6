import GenkiCore
import GenkiKernels
import GenkiTensor
import Synchronization

/// Room for elements on their way into a file.
private final class PieceBuffer {
  let floats: UnsafeMutablePointer<Float>
  private let halves: UnsafeMutablePointer<UInt16>

  init(capacity: Int) {
    floats = .allocate(capacity: capacity)
    halves = .allocate(capacity: capacity)
  }

  deinit {
    floats.deallocate()
    halves.deallocate()
  }

  /// The first `count` elements as the file holds them.
  func stored(_ count: Int, as type: TensorType) -> UnsafeRawBufferPointer {
    switch type {
    case .BF16: genki_float32_to_bfloat16(halves, floats, count)
    case .F16: genki_float32_to_float16(halves, floats, count)
    default: return UnsafeRawBufferPointer(start: floats, count: 4 * count)
    }
    return UnsafeRawBufferPointer(start: halves, count: 2 * count)
  }
}

/// Writes safetensors files, element range by element range, in the reference writer's order.
public struct SafetensorsWriter {
  /// A tensor to be written.
  public typealias Tensor = (name: String, shape: [Int], type: TensorType)

  private struct Placed {
    let name: String
    let shape: [Int]
    let type: TensorType
    let elementCount: Int
    let byteRange: Range<Int>
  }

  /// Writes a file that appears whole or not at all.
  ///
  /// - Parameters:
  ///   - path: The file, which is replaced if it is there.
  ///   - tensors: Names, shapes and types in any order; types are F32, F16 or BF16.
  ///   - metadata: Free text entries; `["format": "pt"]` is what loaders expect.
  ///   - fill: Called with a tensor's name, a range of its elements and room for them as float32;
  ///     the ranges of a tensor come in order, at most 262,144 elements at a time.
  ///
  /// The bytes depend on nothing but the arguments and what `fill` provides. Uses about 2 MiB.
  public static func write(
    to path: String, tensors: [Tensor], metadata: [String: String] = ["format": "pt"],
    fill: (String, Range<Int>, UnsafeMutablePointer<Float>) throws -> Void
  ) throws {
    let placed = try place(tensors, path: path)
    let header = headerBytes(placed, metadata: metadata)
    let chunk = SafetensorsFile.chunkElements
    let buffer = PieceBuffer(capacity: chunk)
    try AtomicFile.replace(path) { writer in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try writer.write($0) }
      try writer.write(header)
      for tensor in placed {
        var start = 0
        while start < tensor.elementCount {
          let end = min(start + chunk, tensor.elementCount)
          try fill(tensor.name, start..<end, buffer.floats)
          try writer.write(buffer.stored(end - start, as: tensor.type))
          start = end
        }
      }
    }
  }

  /// Writes the same file with all threads of a pool and returns its SHA-256.
  ///
  /// - Parameter fill: Called with a tensor's name, a range of its elements, room for them as float32
  ///   and the number of the worker that calls; ranges come in any order, each once, from several
  ///   threads at a time.
  ///
  /// Uses about 6 MiB a thread.
  public static func write(
    to path: String, tensors: [Tensor], metadata: [String: String] = ["format": "pt"],
    pool: WorkerPool,
    fill: (String, Range<Int>, UnsafeMutablePointer<Float>, _ worker: Int) throws -> Void
  ) throws -> ContentDigest {
    let placed = try place(tensors, path: path)
    let header = headerBytes(placed, metadata: metadata)
    let dataStart = 8 + header.count
    let pieces = placed.flatMap { tensor in
      stride(from: 0, to: tensor.elementCount, by: pieceElements).map {
        (tensor: tensor, range: $0..<min(tensor.elementCount, $0 + pieceElements))
      }
    }
    let size = dataStart + (placed.last?.byteRange.upperBound ?? 0)
    return try AtomicFile.replace(path, byteCount: size) { writer in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try writer.write($0, at: 0) }
      try header.withUnsafeBytes { try writer.write($0, at: 8) }
      let next = Atomic(0)
      let failure = Mutex<(any Error)?>(nil)
      pool.run { worker in
        let buffer = PieceBuffer(capacity: pieceElements)
        while failure.withLock({ $0 == nil }) {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < pieces.count else { return }
          let (tensor, range) = pieces[index]
          do {
            try fill(tensor.name, range, buffer.floats, worker)
            let begin = range.lowerBound * tensor.type.bitCount / 8
            try writer.write(
              buffer.stored(range.count, as: tensor.type),
              at: dataStart + tensor.byteRange.lowerBound + begin)
          } catch {
            failure.withLock { $0 = $0 ?? error }
          }
        }
      }
      if let error = failure.withLock({ $0 }) { throw error }
    }
  }

  /// Elements that a thread fills and writes at a time.
  private static let pieceElements = 1 << 20

  /// Highest type first, then by the bytes of the name.
  private static func place(_ tensors: [Tensor], path: String) throws -> [Placed] {
    func fail(_ name: String, _ reason: String) -> SafetensorsError {
      .cannotWrite(path: path, name: name, reason: reason)
    }
    let ordered = tensors.sorted {
      $0.type == $1.type
        ? $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        : $0.type.fileRank > $1.type.fileRank
    }
    var names: Set<String> = ["__metadata__"]
    var position = 0
    var placed: [Placed] = []
    for tensor in ordered {
      guard names.insert(tensor.name).inserted else {
        throw fail(tensor.name, "the name is taken already")
      }
      guard tensor.type.isWeightType else {
        throw fail(tensor.name, "type \(tensor.type.rawValue) is not written")
      }
      var count = 1
      for size in tensor.shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard size >= 0, !overflow, product <= Int.max >> 8 else {
          throw fail(tensor.name, "the shape is out of range")
        }
        count = product
      }
      let bytes = count * tensor.type.bitCount / 8
      let (end, overflow) = position.addingReportingOverflow(bytes)
      guard !overflow else { throw fail(tensor.name, "the file is too large") }
      placed.append(
        Placed(
          name: tensor.name, shape: tensor.shape, type: tensor.type, elementCount: count,
          byteRange: position..<end))
      position = end
    }
    return placed
  }

  /// JSON without blanks, padded with spaces to a multiple of eight bytes.
  private static func headerBytes(_ tensors: [Placed], metadata: [String: String]) -> [UInt8] {
    var entries: [JSONObject.Entry] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      let object = JSONObject(entries: texts.map { (key: $0.key, value: .string($0.value)) })
      entries.append((key: "__metadata__", value: .object(object)))
    }
    for tensor in tensors {
      let entry: JSONValue = [
        "dtype": .string(tensor.type.rawValue),
        "shape": .array(tensor.shape.map { JSONValue($0) }),
        "data_offsets": [
          JSONValue(tensor.byteRange.lowerBound), JSONValue(tensor.byteRange.upperBound),
        ],
      ]
      entries.append((key: tensor.name, value: entry))
    }
    var bytes = Array(JSONValue.object(JSONObject(entries: entries)).encoded().utf8)
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    return bytes
  }
}
