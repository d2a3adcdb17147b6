import Foundation

/// What the system says of a process's memory.
package enum ProcessMemory {
  private static let bytesMaximum = 1 << 20

  /// The most memory that a process has had resident so far, mapped files included; nil where it is
  /// gone or the system does not say.
  package static func peakBytes(of process: Int32) -> Int? {
    // Files under /proc have no size, so they cannot be read by it.
    guard let file = FileHandle(forReadingAtPath: "/proc/\(process)/status"),
      let bytes = try? file.read(upToCount: bytesMaximum)
    else { return nil }
    return peakBytes(status: String(decoding: bytes, as: UTF8.self))
  }

  /// The peak that a `/proc/PID/status` names.
  package static func peakBytes(status: String) -> Int? {
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      let fields = line.split { $0 == " " || $0 == "\t" }
      guard fields.count == 3, fields[2] == "kB" else { return nil }
      return Int(fields[1]).map { $0 << 10 }
    }
    return nil
  }
}
