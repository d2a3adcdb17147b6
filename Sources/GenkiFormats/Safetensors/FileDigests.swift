import GenkiCore
import GenkiKernels
import GenkiTensor
import Synchronization

/// SHA-256 of several mapped files by all threads of a pool.
///
/// Where the processor has instructions for SHA-256, a thread hashes two files side by side, which
/// takes hardly longer than one; elsewhere libcrypto hashes one file a thread.
package struct FileDigests {
  private let files: [MappedFile]
  private let keepsPages: Bool

  /// Whether the processor can hash two files side by side.
  package static let canGoSideBySide = genki_sha256_supported() != 0

  /// With `keepsPages` the pages stay mapped, because the files are read again right after.
  package init(files: [MappedFile], keepsPages: Bool = false) {
    self.files = files
    self.keepsPages = keepsPages
  }

  /// The digests, in the files' order.
  package func computed(pool: WorkerPool) -> [ContentDigest] {
    computed(pool: pool, sideBySide: Self.canGoSideBySide)
  }

  /// The same in one of the two ways; side by side only where the processor can.
  package func computed(pool: WorkerPool, sideBySide: Bool) -> [ContentDigest] {
    let digests = Mutex<[Int: ContentDigest]>([:])
    let next = Atomic(0)
    func take() -> Lane? {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      return index < files.count ? Lane(index: index, file: files[index]) : nil
    }
    pool.run { _ in
      guard sideBySide else {
        while let lane = take() {
          let digest = lane.file.digest(keepsPages: keepsPages)
          digests.withLock { $0[lane.index] = digest }
        }
        return
      }
      var lanes = (take(), take())
      while lanes.0 != nil || lanes.1 != nil {
        advance(&lanes.0, &lanes.1)
        for lane in [lanes.0, lanes.1] {
          guard let lane, lane.blocksLeft == 0 else { continue }
          let digest = lane.finished()
          digests.withLock { $0[lane.index] = digest }
        }
        if lanes.0?.blocksLeft == 0 { lanes.0 = take() }
        if lanes.1?.blocksLeft == 0 { lanes.1 = take() }
      }
    }
    return digests.withLock { digests in files.indices.compactMap { digests[$0] } }
  }

  /// Blocks of 64 bytes that are hashed at a time: 4 MiB.
  private static let blocksTogether = 1 << 16

  private func advance(_ one: inout Lane?, _ other: inout Lane?) {
    let blocks = [one, other].compactMap { $0?.blocksLeft }.min() ?? 0
    let count = min(blocks, Self.blocksTogether)
    let start = (one?.source, other?.source)
    one?.state.withUnsafeMutableBufferPointer { first in
      guard other != nil else { return genki_sha256_blocks(first.baseAddress, start.0, count) }
      other?.state.withUnsafeMutableBufferPointer { second in
        genki_sha256_blocks_of_two(
          first.baseAddress, start.0, second.baseAddress, start.1, count)
      }
    }
    if one == nil {
      other?.state.withUnsafeMutableBufferPointer {
        genki_sha256_blocks($0.baseAddress, start.1, count)
      }
    }
    if !keepsPages { for lane in [one, other] { lane?.release(count) } }
    one?.offset += 64 * count
    other?.offset += 64 * count
  }
}

/// A file on its way through the hash.
private struct Lane {
  let index: Int
  let file: MappedFile
  var offset = 0
  /// The first 32 bits of the fractional parts of the square roots of the first eight primes.
  var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]

  init(index: Int, file: MappedFile) {
    self.index = index
    self.file = file
  }

  /// Whole blocks that are still to come.
  var blocksLeft: Int { (file.bytes.count - offset) / 64 }

  var source: UnsafeRawPointer? { file.bytes.baseAddress.map { $0 + offset } }

  func release(_ blocks: Int) {
    file.advise(.dontNeed, range: offset..<offset + 64 * blocks)
  }

  /// The digest: the rest of the file, a one bit, zeros and the length in bits.
  func finished() -> ContentDigest {
    var tail = Array(file.bytes[offset...]) + [0x80]
    while tail.count % 64 != 56 { tail.append(0) }
    withUnsafeBytes(of: UInt64(8 * file.bytes.count).bigEndian) { tail += $0 }
    var state = state
    genki_sha256_blocks(&state, tail, tail.count / 64)
    let bytes = state.flatMap { word in
      withUnsafeBytes(of: word.bigEndian) { Array($0) }
    }
    guard let digest = ContentDigest(bytes: bytes) else {
      preconditionFailure("eight words are a digest")
    }
    return digest
  }
}

extension MappedFile {
  /// The SHA-256 of the whole file as it was opened.
  func digest(keepsPages: Bool = false) -> ContentDigest {
    var hasher = SHA256Hasher()
    var start = 0
    while start < bytes.count {
      let end = min(start + (4 << 20), bytes.count)
      hasher.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      if !keepsPages { advise(.dontNeed, range: start..<end) }
      start = end
    }
    return hasher.finish()
  }
}
