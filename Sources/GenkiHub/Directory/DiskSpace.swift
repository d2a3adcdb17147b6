import Glibc

/// How much room a file system has.
package enum DiskSpace {
  /// What is never planned with: metadata, records and the journal need some, too.
  package static let headroomBytes = 16 << 20

  /// The bytes that an ordinary user may still write below a path; nil if the system does not tell.
  static func available(at path: String) -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (bytes, overflow) = UInt64(status.f_bavail)
      .multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? Int.max : Int(clamping: bytes)
  }
}
