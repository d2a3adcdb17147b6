import GenkiCore
import GenkiHTTP
import Glibc

/// A file that is to be uploaded: open, with its size and hash.
final class UploadFile {
  private static let sampleBytes = 512

  let name: String
  let bytes: Int
  let digest: ContentDigest
  private let input: HubInput
  private let file: HubFile

  /// Opens and hashes it.
  ///
  /// - Throws: `HubError.localFile`.
  init(_ file: HubFile) throws {
    self.file = file
    name = file.name
    input = try BlobStore.openSource(file)
    bytes = input.bytes
    do {
      digest = try input.digest()
    } catch let error as FileError {
      throw HubError.local(error, needed: 0)
    }
  }

  /// Whether an entry of a listing is this content.
  func isStored(as entry: HubEntry) throws -> Bool {
    guard entry.name.utf8.elementsEqual(name.utf8), entry.bytes == bytes else { return false }
    if let stored = entry.digest { return stored == digest }
    return try input.gitBlob() == entry.gitBlob
  }

  /// Its first bytes, from which a hub tells text from data.
  func sample() throws -> [UInt8] { try read(atMost: Self.sampleBytes) }

  /// All of it: for small files.
  func content() throws -> [UInt8] { try read(atMost: bytes) }

  /// A part of it, streamed.
  func body(offset: Int, length: Int) throws -> HTTPBody {
    guard input.descriptor >= 0 else {
      return .bytes(Array(try content()[offset..<offset + length]))
    }
    return .descriptor(input.descriptor, offset: offset, length: length)
  }

  private func read(atMost limit: Int) throws -> [UInt8] {
    if case .bytes(let content) = file.content { return Array(content.prefix(limit)) }
    var result = [UInt8](repeating: 0, count: min(limit, bytes))
    var done = 0
    while done < result.count {
      let wanted = result.count - done
      let count = result.withUnsafeMutableBytes {
        pread(input.descriptor, $0.baseAddress.map { $0 + done }, wanted, done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw HubError.local(
          count < 0
            ? .cannotRead(path: input.path, code: errno)
            : .truncated(path: input.path, bytes: done, expected: bytes), needed: 0)
      }
      done += count
    }
    return result
  }
}
