import Foundation

/// The memory that this process takes, as the kernel counts it.
public struct ProcessMemory: Sendable, Equatable {
  /// Resident now (VmRSS).
  public var residentBytes: Int
  /// The most that was ever resident (VmHWM).
  public var residentBytesMaximum: Int

  /// The figures of now; nil where /proc is not there.
  public static func current() -> ProcessMemory? {
    // Files of /proc have no size.
    guard let file = FileHandle(forReadingAtPath: "/proc/self/status"),
      let bytes = try? file.read(upToCount: 1 << 16)
    else { return nil }
    return ProcessMemory(status: String(decoding: bytes, as: UTF8.self))
  }

  package init?(status: String) {
    func bytes(_ key: String) -> Int? {
      for line in status.split(separator: "\n") where line.hasPrefix("\(key):") {
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
          .map { $0 << 10 }
      }
      return nil
    }
    guard let resident = bytes("VmRSS"), let maximum = bytes("VmHWM") else { return nil }
    residentBytes = resident
    residentBytesMaximum = maximum
  }
}
