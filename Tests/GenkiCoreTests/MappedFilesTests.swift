import Foundation
import GenkiCore
import TestSupport
import Testing

/// Damage of one file is told to everybody who works on mapped files meanwhile: one test at a time.
@Suite(.serialized) struct MappedFilesTests {
  private static let count = 40 * 4096 + 100
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func make(_ name: String) throws -> String {
    try folder.write([UInt8](repeating: 7, count: Self.count), to: name)
  }

  /// The error of reading a file that becomes so short after it was mapped, and the sum of its bytes.
  private func read(shortenedTo length: UInt64, keepsMapping: Bool) throws -> (FileError?, Int) {
    let path = try make("a")
    var sum = 0
    var kept: MappedFile?
    let error = #expect(throws: FileError.self) {
      try MappedFiles.checked {
        let file = try MappedFile(path: path)
        if keepsMapping { kept = file }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.truncate(atOffset: length)
        try handle.close()
        sum = file.bytes.reduce(0) { $0 + Int($1) }
      }
    }
    _ = kept
    return (error, sum)
  }

  @Test(arguments: [0, 1, 4096, 5 * 4096, 40 * 4096, Self.count - 1], [true, false])
  func aShortenedFileReadsAsZerosAndIsAnErrorAtTheEnd(_ length: Int, _ keepsMapping: Bool) throws {
    let (error, sum) = try read(shortenedTo: UInt64(length), keepsMapping: keepsMapping)
    #expect(
      error == .truncated(path: folder.file("a"), bytes: length, expected: Self.count))
    #expect(sum == 7 * length)
  }

  @Test func theDamageExplainsWhatElseWentWrong() throws {
    let path = try make("a")
    #expect(throws: FileError.truncated(path: path, bytes: 3, expected: Self.count)) {
      try MappedFiles.checked {
        let file = try MappedFile(path: path)
        _ = file.bytes[0]
        truncate(path, 3)
        throw CancellationError()
      }
    }
  }

  @Test func manyThreadsMeetTheSameDamage() throws {
    let path = try make("a")
    #expect(throws: FileError.truncated(path: path, bytes: 4096, expected: Self.count)) {
      try MappedFiles.checked {
        let file = try MappedFile(path: path)
        truncate(path, 4096)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
          let sum = (0..<Self.count).reduce(0) {
            $0 + Int(file.bytes[($1 + thread * 9_001) % Self.count])
          }
          #expect(sum == 7 * 4096)
        }
      }
    }
  }

  @Test func aFileThatIsReplacedOrRemovedIsWhole() throws {
    let (first, second) = (try make("a"), try make("b"))
    let sum = try MappedFiles.checked {
      let files = try [first, second].map { try MappedFile(path: $0) }
      try AtomicFile.write([1], to: first)
      try FileManager.default.removeItem(atPath: second)
      return files.reduce(0) { $0 + $1.bytes.reduce(0) { $0 + Int($1) } }
    }
    #expect(sum == 2 * 7 * Self.count)
  }

  @Test func aDamageOfThePastIsNoErrorLater() throws {
    _ = try read(shortenedTo: 0, keepsMapping: false)
    #expect(try MappedFiles.checked { 1 } == 1)
  }
}
