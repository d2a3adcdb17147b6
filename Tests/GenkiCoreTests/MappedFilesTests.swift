import Foundation
import GenkiCore
import TestSupport
import Testing

struct MappedFilesTests {
  private static let count = 40 * 4096 + 100
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The sum of a file's bytes; the mapping lives as long as they are read.
  private static func sum(_ file: MappedFile) -> Int {
    withExtendedLifetime(file) { file.bytes.reduce(0) { $0 + Int($1) } }
  }

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
        sum = Self.sum(file)
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
        _ = Self.sum(file)
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
        withExtendedLifetime(file) {
          DispatchQueue.concurrentPerform(iterations: 8) { thread in
            let sum = (0..<Self.count).reduce(0) {
              $0 + Int(file.bytes[($1 + thread * 9_001) % Self.count])
            }
            #expect(sum == 7 * 4096)
          }
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
      return files.reduce(0) { $0 + Self.sum($1) }
    }
    #expect(sum == 2 * 7 * Self.count)
  }

  @Test func aFileThatWasMappedBeforeCountsWhereItIsGiven() throws {
    let path = try make("a")
    let file = try MappedFile(path: path)
    truncate(path, 9)
    #expect(try MappedFiles.checked { Self.sum(file) } == 7 * 9)
    #expect(throws: FileError.truncated(path: path, bytes: 9, expected: Self.count)) {
      try MappedFiles.checked([file]) { Self.sum(file) }
    }
  }

  @Test func theDamageOfOneWorkIsNoErrorOfAnother() throws {
    let (first, second) = (try make("a"), try make("b"))
    let damaged = FileError.truncated(path: first, bytes: 0, expected: Self.count)
    let (isMapped, isChecked) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let other = Thread {
      #expect(throws: damaged) {
        try MappedFiles.checked {
          let file = try MappedFile(path: first)
          truncate(first, 0)
          #expect(Self.sum(file) == 0)
          isMapped.signal()
          isChecked.wait()
        }
      }
      isMapped.signal()
    }
    let sum = try MappedFiles.checked {
      other.start()
      isMapped.wait()
      return Self.sum(try MappedFile(path: second))
    }
    #expect(sum == 7 * Self.count)
    isChecked.signal()
    isMapped.wait()
  }

  @Test func workWithinWorkAndOnOtherThreadsCounts() throws {
    let path = try make("a")
    #expect(throws: FileError.truncated(path: path, bytes: 1, expected: Self.count)) {
      try MappedFiles.checked {
        try MappedFiles.checked { _ = try MappedFile(path: path) }
        let file = try MappedFile(path: path)
        _ = try? MappedFiles.checked([file]) { truncate(path, 1) }
      }
    }
    let other = try make("b")
    #expect(throws: FileError.truncated(path: other, bytes: 2, expected: Self.count)) {
      try MappedFiles.checked {
        let work = MappedFiles.work
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
          MappedFiles.taking(work) {
            let file = try? MappedFile(path: other)
            truncate(other, 2)
            _ = file
          }
        }
      }
    }
  }

  @Test func aDamageOfThePastIsNoErrorLater() throws {
    _ = try read(shortenedTo: 0, keepsMapping: false)
    #expect(try MappedFiles.checked { 1 } == 1)
  }
}
