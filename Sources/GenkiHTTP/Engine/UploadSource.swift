import GenkiCore
import Glibc

/// Where the bytes of a request's body come from; a file that it opened closes with it.
final class UploadSource: Sendable {
  let length: Int
  private let bytes: [UInt8]
  private let path: String
  private let descriptor: Int32?
  private let isOwner: Bool
  private let start: Int

  /// - Throws: ``HTTPError/file(_:)`` if there is no such part of a file.
  init(_ body: HTTPBody) throws {
    switch body {
    case .none: (length, bytes, path, descriptor, isOwner, start) = (0, [], "", nil, false, 0)
    case .bytes(let bytes):
      (length, path, descriptor, isOwner, start) = (bytes.count, "", nil, false, 0)
      self.bytes = bytes
    case .file(let path, let offset, let length):
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
      guard descriptor >= 0 else { throw HTTPError.file(.reading(path, code: errno)) }
      do {
        self.length = try Self.part(of: descriptor, path, offset, length)
      } catch {
        close(descriptor)
        throw error
      }
      (bytes, self.path, self.descriptor, isOwner, start) = ([], path, descriptor, true, offset)
    case .descriptor(let descriptor, let offset, let length):
      path = "descriptor \(descriptor)"
      self.length = try Self.part(of: descriptor, path, offset, length)
      (bytes, self.descriptor, isOwner, start) = ([], descriptor, false, offset)
    }
  }

  deinit { if isOwner, let descriptor { close(descriptor) } }

  /// Whether it comes from a file.
  var isFile: Bool { descriptor != nil }

  /// Fills the buffer with what follows `position`, as far as the body goes.
  ///
  /// - Throws: ``HTTPError/file(_:)`` if the file cannot be read or has become shorter.
  func read(at position: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count, length - position)
    guard wanted > 0, let target = buffer.baseAddress else { return 0 }
    guard let descriptor else {
      bytes.withUnsafeBytes { all in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[position..<position + wanted]))
      }
      return wanted
    }
    while true {
      let count = pread(descriptor, target, wanted, start + position)
      if count > 0 { return count }
      guard count < 0 else {
        throw HTTPError.file(.truncated(path: path, bytes: position, expected: length))
      }
      guard errno == EINTR else { throw HTTPError.file(.cannotRead(path: path, code: errno)) }
    }
  }

  /// The length of a part that lies within a file.
  private static func part(
    of descriptor: Int32, _ path: String, _ offset: Int, _ length: Int?
  ) throws -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw HTTPError.file(.cannotRead(path: path, code: errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw HTTPError.file(.notARegularFile(path: path))
    }
    let size = Int(status.st_size)
    let wanted = length ?? max(0, size - offset)
    guard offset >= 0, wanted >= 0, offset <= size, wanted <= size - offset else {
      let expected = offset.addingReportingOverflow(wanted)
      throw HTTPError.file(
        .truncated(
          path: path, bytes: size, expected: expected.overflow ? .max : expected.partialValue))
    }
    return wanted
  }
}
