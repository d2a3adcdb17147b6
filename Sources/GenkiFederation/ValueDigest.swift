import GenkiCore
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
      let chunks = ChunkedWork.chunks(counts: base.tensors.map(\.elementCount))
      let digests = try ChunkedWork(pool: pool).map(count: chunks.count) { index, scratch in
        let chunk = chunks[index]
        defer { tensors.release(chunk) }
        let values = scratch.floats(0, count: chunk.range.count)
        try tensors.read(chunk, into: values)
        return Self.digest(UnsafeMutableBufferPointer(start: values, count: chunk.range.count))
      }
      return Self.combined("full", digests)
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
