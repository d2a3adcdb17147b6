import Foundation

/// How much memory a run may take: what the machine has left, within the limit of our control group.
public enum AvailableMemory {
  /// The bytes that are available; nil where the system does not say.
  public static func bytes() -> Int? {
    let figures = [machineBytes(), controlGroupBytes()].compactMap { $0 }
    return figures.min()
  }

  /// Memory that can be taken without swapping; by the count of free pages where /proc/meminfo is hidden.
  private static func machineBytes() -> Int? {
    for line in lines("/proc/meminfo") where line.hasPrefix("MemAvailable:") {
      if let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
        return kibibytes << 10
      }
    }
    let pages = sysconf(Int32(_SC_AVPHYS_PAGES))
    return pages > 0 ? pages * sysconf(Int32(_SC_PAGESIZE)) : nil
  }

  /// What the control group (version 2, or 1 under `memory/`) and its parents leave.
  private static func controlGroupBytes() -> Int? {
    var figures: [Int] = []
    for line in lines("/proc/self/cgroup") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isUnified = fields[0] == "0"
      guard isUnified || fields[1].split(separator: ",").contains("memory") else { continue }
      let root = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
      var parts = fields[2].split(separator: "/").map(String.init)
      while true {
        let folder = ([root] + parts).joined(separator: "/")
        if let left = left(folder: folder, isUnified: isUnified) { figures.append(left) }
        if parts.popLast() == nil { break }
      }
    }
    return figures.min()
  }

  private static func left(folder: String, isUnified: Bool) -> Int? {
    let names =
      isUnified
      ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
    guard let limit = number("\(folder)/\(names.0)"), let used = number("\(folder)/\(names.1)")
    else { return nil }
    // Cached file pages count as used, but the system gives them up.
    let key = isUnified ? "inactive_file " : "total_inactive_file "
    let cached =
      lines("\(folder)/memory.stat").first { $0.hasPrefix(key) }
      .flatMap { Int($0.dropFirst(key.count)) } ?? 0
    return max(0, limit - max(0, used - cached))
  }

  private static func number(_ path: String) -> Int? { lines(path).first.flatMap { Int($0) } }

  private static func lines(_ path: String) -> [Substring] {
    // Files under /proc and /sys have no size, so they cannot be read by it.
    guard let file = FileHandle(forReadingAtPath: path),
      let bytes = try? file.read(upToCount: 1 << 20)
    else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }
}
