import GenkiCore
import GenkiFormats
import GenkiTensor
import TestSupport
import Testing

/// Hashing several files at once against libcrypto, file by file.
@Suite struct FileDigestTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// Lengths around the block of 64 bytes, the padding's 56 and the pieces of 4 MiB.
  static let lengths = [
    0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1_000, 65_536, 4_194_303, 4_194_305,
    9_000_001, 64, 3,
  ]

  private func files() throws -> [MappedFile] {
    try Self.lengths.enumerated().map { index, length in
      let path = folder.file("\(index)")
      var random = DeterministicRandom(seed: UInt64(index), domain: "test/digest")
      let seed = UInt8(truncatingIfNeeded: random.next(below: 256))
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 7) ^ seed }
      try AtomicFile.write(bytes, to: path)
      return try MappedFile(path: path)
    }
  }

  @Test(arguments: [1, 2, 3], [false, true])
  func digestsAreThoseOfEachFileAlone(threads: Int, sideBySide: Bool) throws {
    guard !sideBySide || FileDigests.canGoSideBySide else { return }
    let files = try files()
    let expected = try files.map { try SHA256Hasher.digest(ofFile: $0.path) }
    for count in [0, 1, 2, 3, files.count] {
      for keepsPages in [false, true] {
        let digests = FileDigests(files: Array(files.prefix(count)), keepsPages: keepsPages)
          .computed(pool: WorkerPool(count: threads), sideBySide: sideBySide)
        #expect(digests == Array(expected.prefix(count)))
      }
    }
  }
}
