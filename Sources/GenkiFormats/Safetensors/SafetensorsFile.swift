import GenkiCore
import GenkiKernels

/// A safetensors file, mapped into memory; tensors are converted to float32 as they are read.
public final class SafetensorsFile: Sendable {
  /// The path that was opened.
  public let path: String
  /// The tensors in the order of the file's data.
  public let tensors: [TensorInfo]
  /// The free text entries of the header.
  public let metadata: [String: String]
  /// The size of the whole file.
  public var byteCount: Int { file.bytes.count }
  /// The size of the header's JSON.
  public var headerByteCount: Int { dataStart - 8 }

  let file: MappedFile
  private let dataStart: Int
  private let indices: [String: Int]

  /// Opens a file and checks its header.
  ///
  /// Throws `SafetensorsError.invalid` where the reference library refuses the file, and where it is
  /// beyond `limits`. Reads the header only, whatever the size of the file.
  public init(path: String, limits: SafetensorsLimits = .reference) throws {
    self.path = path
    file = try MappedFile(path: path)
    try LargeFilePointer.refuse(file.bytes.prefix(LargeFilePointer.length), path: path)
    let header = try SafetensorsHeader.parse(file.bytes, path: path, limits: limits)
    tensors = header.tensors
    metadata = header.metadata
    dataStart = header.dataStart
    indices = Dictionary(
      header.tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { _, last in last })
    file.advise(.sequential)
  }

  /// The tensor of a name, if there is one.
  public subscript(name: String) -> TensorInfo? { indices[name].map { tensors[$0] } }

  /// Calls `body` with the bytes of a tensor of this file, which may lie unaligned.
  public func withBytes<Result>(
    of info: TensorInfo, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let data = UnsafeRawBufferPointer(rebasing: file.bytes[dataStart...])
    return try body(UnsafeRawBufferPointer(rebasing: data[info.byteRange]))
  }

  /// Gives back the memory of some bytes of a tensor.
  func release(_ info: TensorInfo, bytes: Range<Int>) {
    let start = dataStart + info.byteRange.lowerBound
    file.advise(.dontNeed, range: start + bytes.lowerBound..<start + bytes.upperBound)
  }

  /// Reads a whole tensor as float32, in pieces, and gives back the file's memory on the way.
  public func readFloats(_ info: TensorInfo, into out: UnsafeMutablePointer<Float>) throws {
    let count = info.elementCount
    for start in stride(from: 0, to: max(1, count), by: Self.chunkElements) {
      let end = min(count, start + Self.chunkElements)
      try readFloats(info, range: start..<end, into: out + start)
    }
  }

  /// Reads some elements of a tensor as float32.
  ///
  /// Throws `SafetensorsError.notAWeightType` unless the tensor is F32, F16, BF16 or F64. The memory of
  /// large ranges is given back to the system afterwards.
  public func readFloats(
    _ info: TensorInfo, range: Range<Int>, into out: UnsafeMutablePointer<Float>
  ) throws {
    guard info.type.isReadableWeightType else {
      throw SafetensorsError.notAWeightType(path: path, name: info.name, type: info.type)
    }
    precondition(
      range.lowerBound >= 0 && range.upperBound <= info.elementCount,
      "the range lies outside the tensor")
    guard !range.isEmpty else { return }
    let size = info.type.bitCount / 8
    let bytes = range.lowerBound * size..<range.upperBound * size
    withBytes(of: info) { tensor in
      let source = UnsafeRawBufferPointer(rebasing: tensor[bytes])
      guard let start = source.baseAddress else { return }
      switch info.type {
      case .BF16: genki_bfloat16_to_float32(out, start, range.count)
      case .F16: genki_float16_to_float32(out, start, range.count)
      case .F64:
        for index in 0..<range.count {
          out[index] = Float(start.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
        }
      default: UnsafeMutableRawPointer(out).copyMemory(from: start, byteCount: source.count)
      }
    }
    if bytes.count >= Self.releasedBytes {
      release(info, bytes: bytes)
    }
  }

  /// Copies some elements of a tensor as they are stored, in pieces, and gives back the file's memory on
  /// the way.
  func readStored(_ info: TensorInfo, range: Range<Int>, into out: UnsafeMutableRawPointer) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= info.elementCount && info.type.bitCount >= 8,
      "the range lies in the tensor, whose elements are whole bytes")
    let size = info.type.bitCount / 8
    let first = size * range.lowerBound
    withBytes(of: info) { tensor in
      guard let source = tensor.baseAddress else { return }
      for start in stride(from: 0, to: size * range.count, by: Self.copiedBytes) {
        let count = min(Self.copiedBytes, size * range.count - start)
        (out + start).copyMemory(from: source + first + start, byteCount: count)
        if count >= Self.releasedBytes {
          release(info, bytes: first + start..<first + start + count)
        }
      }
    }
  }

  /// Where the first element that is infinite or not a number stands; nil if there is none, or if the
  /// type is none of F32, F16, BF16 and F64.
  public func firstNonFinite(_ info: TensorInfo) -> Int? {
    guard info.type.isReadableWeightType else { return nil }
    let chunk = min(info.elementCount, Self.chunkElements)
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: max(chunk, 1)) { buffer in
      guard let floats = buffer.baseAddress else { return nil }
      var start = 0
      while start < info.elementCount {
        let end = min(start + chunk, info.elementCount)
        guard (try? readFloats(info, range: start..<end, into: floats)) != nil else { return nil }
        let index = genki_first_nonfinite(floats, end - start)
        if index < end - start { return start + index }
        start = end
      }
      return nil
    }
  }

  /// The SHA-256 of the whole file as it was opened.
  public func digest() -> ContentDigest { file.digest() }

  /// Ranges from this size on do not stay in memory after they were converted: models that are
  /// merged are read in pieces of it, and however many there are, none of them stays mapped in.
  private static let releasedBytes = 1 << 16
  static let chunkElements = 1 << 18
  private static let copiedBytes = 4 << 20
}
