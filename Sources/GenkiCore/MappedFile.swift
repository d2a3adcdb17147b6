import GenkiKernels
import Glibc

/// A file's content, mapped into memory for reading.
///
/// Pages come from disk when they are touched and may be given back at any time, so a mapped file
/// costs address space, not memory. A file that is shortened while it is mapped reads as zeros from there on
/// instead of ending the process; `MappedFiles.checked` tells.
public final class MappedFile: @unchecked Sendable {
  /// What comes next for a range of bytes.
  public enum Usage: Sendable {
    /// They will be read from front to back.
    case sequential
    /// They will be read soon.
    case willNeed
    /// They will not be read again soon; their memory is given back.
    case dontNeed
  }

  /// The path that was opened.
  public let path: String
  /// The whole content.
  public let bytes: UnsafeRawBufferPointer
  /// What happens to the mapping; nil for an empty file, which has none.
  let record: MappedFileRecord?

  /// Maps a regular file; refuses one larger than `sizeLimit` bytes.
  public init(path: String, sizeLimit: Int? = nil) throws {
    let file = try InputFile(path: path)
    if let sizeLimit, file.size > sizeLimit {
      throw FileError.tooLarge(path: path, bytes: file.size, limit: sizeLimit)
    }
    self.path = path
    guard file.size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      record = nil
      return
    }
    guard let start = mmap(nil, file.size, PROT_READ, MAP_PRIVATE, file.descriptor, 0),
      start != MAP_FAILED
    else { throw FileError.cannotRead(path: path, code: errno) }
    let ticket = genki_mapping_guard(start, file.size)
    guard ticket >= 0 else {
      munmap(start, file.size)
      throw FileError.cannotRead(path: path, code: EMFILE)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: file.size)
    let record = MappedFileRecord(file, ticket: ticket)
    self.record = record
    MappedFiles.work?.add(record)
  }

  deinit {
    record?.close()
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// Tells the system what comes next; a hint that never fails.
  public func advise(_ usage: Usage, range: Range<Int>? = nil) {
    guard let start = bytes.baseAddress else { return }
    let range = (range ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    // Pages shared with a neighbour stay when memory is given back, and are included else.
    let lower: Int
    let upper: Int
    if case .dontNeed = usage {
      lower = (range.lowerBound + page - 1) / page * page
      upper =
        range.upperBound == bytes.count ? range.upperBound : range.upperBound / page * page
    } else {
      lower = range.lowerBound / page * page
      upper = range.upperBound
    }
    guard lower < upper else { return }
    let advice =
      switch usage {
      case .sequential: MADV_SEQUENTIAL
      case .willNeed: MADV_WILLNEED
      case .dontNeed: MADV_DONTNEED
      }
    _ = madvise(UnsafeMutableRawPointer(mutating: start + lower), upper - lower, advice)
  }
}
