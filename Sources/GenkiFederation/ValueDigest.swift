import GenkiCore
import GenkiFormats
import GenkiTensor

/// The hash of a model's values, by which equal models are known in whatever type, order of tensors or
/// number of shards their files hold them.
///
/// SHA-256 of a line that names the form, and of the digests of the pieces in order. A full model's
/// pieces are its tensors in the base's order, cut at every 65,536 elements; an adapter's are the two
/// factors of each matrix, scale included. Elements count as float32, little-endian, and −0 as 0.
extension Candidate {
  /// Reads every value once.
  func valueDigest(base: BaseModel, pool: WorkerPool) throws -> ContentDigest {
    switch content {
    case .full(let tensors):
      return try Self.digest(of: base, types: nil, pool: pool) {
        try tensors.read($0, into: $1)
        tensors.release($0)
      }
    case .adapter(let factors):
      let digests = factors.sorted { $0.key < $1.key }.flatMap { tensor, factors in
        [SHA256Hasher.digest(of: Array(base.tensors[tensor].name.utf8))]
          + factors.parts.map { part in
            var values = part
            return values.withUnsafeMutableBufferPointer { Self.digest($0) }
          }
      }
      return Self.combined("adapter", digests)
    }
  }

  /// The same of the values as the base's types hold them, by which a wider model and its rounding are
  /// known as one; nil for an adapter, over a base that rounds nothing, and for what rounds to the base.
  ///
  /// - Parameter own: The digest of the base's own values.
  func roundedDigest(
    base: BaseModel, own: ContentDigest, pool: WorkerPool
  ) throws -> ContentDigest? {
    let types = base.tensors.map(\.type)
    guard case .full(let tensors) = content, types.contains(where: { $0.bitCount == 16 }) else {
      return nil
    }
    let rounded = try Self.digest(of: base, types: types, pool: pool) {
      try tensors.read($0, into: $1)
      tensors.release($0)
    }
    return rounded == own ? nil : rounded
  }

  /// The digest of the base's own values, as if it were a candidate.
  static func digest(ofBase base: BaseModel, pool: WorkerPool) throws -> ContentDigest {
    try digest(of: base, types: nil, pool: pool) {
      try base.read($0, into: $1)
      base.release($0)
    }
  }

  private static func digest(
    of base: BaseModel, types: [TensorType]?, pool: WorkerPool,
    _ read: (Chunk, UnsafeMutablePointer<Float>) throws -> Void
  ) throws -> ContentDigest {
    let chunks = ChunkedWork.chunks(counts: base.tensors.map(\.elementCount))
    let digests = try ChunkedWork(pool: pool).map(count: chunks.count) { index, scratch in
      let chunk = chunks[index]
      let values = scratch.floats(0, count: chunk.range.count)
      try read(chunk, values)
      if let types { HalfPrecision.round(values, chunk.range.count, to: types[chunk.tensor]) }
      return digest(UnsafeMutableBufferPointer(start: values, count: chunk.range.count))
    }
    return combined("full", digests)
  }

  private static func combined(_ form: String, _ digests: [ContentDigest]) -> ContentDigest {
    var hasher = SHA256Hasher()
    hasher.update("genki-dama/values/1 \(form)\n".utf8)
    for digest in digests { hasher.update(digest.bytes) }
    return hasher.finish()
  }

  private static func digest(_ values: UnsafeMutableBufferPointer<Float>) -> ContentDigest {
    var hasher = SHA256Hasher()
    // Adding 0 makes 0 of −0 and changes nothing else.
    for index in values.indices { values[index] += 0 }
    hasher.update(UnsafeRawBufferPointer(values))
    return hasher.finish()
  }
}
