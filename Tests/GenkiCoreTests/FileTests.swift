import GenkiCore
import TestSupport
import Testing

@Suite struct FileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test func aReplacedFileIsWholeAndAlone() throws {
    let path = try folder.write("old", to: "a.txt")
    try AtomicFile.write("new", to: path)
    #expect(try TextFile.readString(path, sizeLimit: 3) == "new")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test func aFailedWriterLeavesTheOldFile() throws {
    struct Stop: Error {}
    let path = try folder.write("old", to: "a.txt")
    #expect(throws: Stop.self) {
      try AtomicFile.replace(path) { writer in
        try writer.write([UInt8](repeating: 1, count: 1 << 20))
        throw Stop()
      }
    }
    #expect(try TextFile.readString(path, sizeLimit: 100) == "old")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test func piecesInAnyOrderMakeTheFileAndItsDigest() throws {
    let path = try folder.write("old", to: "a.bin")
    let expected = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let digest = try AtomicFile.replace(path, byteCount: expected.count) { writer in
      for start in stride(from: 0, to: expected.count, by: 30_000).reversed() {
        try expected[start..<min(expected.count, start + 30_000)].withUnsafeBytes {
          try writer.write($0, at: start)
        }
      }
    }
    #expect(digest == SHA256Hasher.digest(of: expected))
    #expect(try TextFile.readBytes(path, sizeLimit: 1 << 20) == expected)
    #expect(try folder.names() == ["a.bin"])
  }

  @Test func aWriterKeepsTheOrderOfSmallAndLargePieces() throws {
    let path = folder.file("a.bin")
    var expected: [UInt8] = []
    try AtomicFile.replace(path) { writer in
      for size in [1, 70_000, 3, 65_536, 65_535, 2, 0, 200_000, 5] {
        let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: size), count: size)
        expected += piece
        try writer.write(piece)
      }
      #expect(writer.byteCount == expected.count)
    }
    #expect(try TextFile.readBytes(path, sizeLimit: 1 << 20) == expected)
  }

  @Test func writingToAMissingFolderSaysSo() {
    let error = #expect(throws: FileError.self) {
      try AtomicFile.write("x", to: folder.file("no/such/file"))
    }
    #expect(error?.kind == .cannotCreate)
    #expect(error?.description.contains("create the folder first") == true)
  }

  @Test func sizesAreCheckedBeforeReading() throws {
    let path = try folder.write("12345", to: "five")
    #expect(try TextFile.readBytes(path, sizeLimit: 5).count == 5)
    #expect(throws: FileError.tooLarge(path: path, bytes: 5, limit: 4)) {
      try TextFile.readBytes(path, sizeLimit: 4)
    }
    #expect(throws: FileError.tooLarge(path: path, bytes: 5, limit: 4)) {
      try MappedFile(path: path, sizeLimit: 4)
    }
  }

  @Test func whatIsNoFileIsRefused() throws {
    #expect(throws: FileError.missing(path: folder.file("none"))) {
      try TextFile.readBytes(folder.file("none"), sizeLimit: 1)
    }
    #expect(throws: FileError.notARegularFile(path: folder.path)) {
      try MappedFile(path: folder.path)
    }
    #expect(throws: FileError.notARegularFile(path: "/dev/zero")) {
      try TextFile.readBytes("/dev/zero", sizeLimit: 1 << 20)
    }
    let path = try folder.write([0x61, 0xFF], to: "bad")
    #expect(throws: FileError.notUTF8(path: path)) { try TextFile.readString(path, sizeLimit: 9) }
  }

  @Test func aMappedFileKeepsItsBytesWhenMemoryIsGivenBack() throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let file = try MappedFile(path: folder.write(bytes, to: "a"))
    #expect(file.bytes.elementsEqual(bytes))
    for usage in [MappedFile.Usage.sequential, .willNeed, .dontNeed] {
      file.advise(usage)
      file.advise(usage, range: 5000..<20_001)
      file.advise(usage, range: 99_000..<200_000)
    }
    #expect(file.bytes.elementsEqual(bytes))
    #expect(try MappedFile(path: folder.write("", to: "empty")).bytes.count == 0)
  }
}
