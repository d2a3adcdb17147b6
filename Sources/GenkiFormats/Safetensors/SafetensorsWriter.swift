import GenkiCore
import GenkiKernels

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
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: chunk)
    defer { floats.deallocate() }
    let halves = UnsafeMutablePointer<UInt16>.allocate(capacity: chunk)
    defer { halves.deallocate() }
    try AtomicFile.replace(path) { writer in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try writer.write($0) }
      try writer.write(header)
      for tensor in placed {
        var start = 0
        while start < tensor.elementCount {
          let end = min(start + chunk, tensor.elementCount)
          try fill(tensor.name, start..<end, floats)
          let count = end - start
          switch tensor.type {
          case .BF16: genki_float32_to_bfloat16(halves, floats, count)
          case .F16: genki_float32_to_float16(halves, floats, count)
          default: break
          }
          try writer.write(
            tensor.type == .F32
              ? UnsafeRawBufferPointer(start: floats, count: 4 * count)
              : UnsafeRawBufferPointer(start: halves, count: 2 * count))
          start = end
        }
      }
    }
  }

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
