import GenkiCore
import Glibc

/// Size, time of change and identity of a regular file; nil for anything else, symbolic links included.
struct CachedFileStatus: Equatable {
  var bytes: Int
  var changedNanoseconds: Int
  /// The same for all names of a content.
  var inode: UInt

  init?(path: String) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    bytes = Int(status.st_size)
    inode = UInt(status.st_ino)
    let (nanoseconds, overflow) = status.st_mtim.tv_sec.multipliedReportingOverflow(
      by: 1_000_000_000)
    changedNanoseconds = overflow ? 0 : nanoseconds &+ status.st_mtim.tv_nsec
  }
}
