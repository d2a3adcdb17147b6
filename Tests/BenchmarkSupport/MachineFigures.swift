import Foundation
import GenkiCore

/// What Linux says of a process and of the machine.
package enum MachineFigures {
  /// A field of /proc/PID/status in bytes: `VmHWM`, the peak, or `RssAnon`; nil if it is gone.
  package static func memory(_ field: String, status: String) -> Int? {
    for line in status.split(separator: "\n") where line.hasPrefix(field + ":") {
      let words = line.dropFirst(field.count + 1).split { $0 == " " || $0 == "\t" }
      guard let number = words.first.flatMap({ Int($0) }), words.last == "kB" else { return nil }
      return number * 1024
    }
    return nil
  }

  /// The text of /proc/PID/status; empty if the process is gone.
  package static func status(of process: Int32) -> String {
    (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
  }

  /// How many processes wanted to run, on average over the last minute; nan if it is not known.
  package static var loadAverage: Double {
    let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
    return text.split(separator: " ").first.flatMap { Double($0) } ?? .nan
  }

  /// Seconds that the machine's processors have worked, all together, from the text of /proc/stat; nil
  /// if it is not understood.
  package static func busySeconds(stat: String) -> Double? {
    // cpu user nice system idle iowait irq softirq steal …
    let words = stat.prefix { $0 != "\n" }.split(separator: " ")
    let ticks = words.dropFirst().prefix(8).compactMap { Double($0) }
    guard words.first == "cpu", ticks.count == 8 else { return nil }
    return (ticks.reduce(0, +) - ticks[3] - ticks[4]) / ticksPerSecond
  }

  /// Seconds that a process has computed, from the text of /proc/PID/stat; nil if it is not understood.
  package static func computedSeconds(stat: String) -> Double? {
    // The name in parentheses may hold anything; utime and stime are the 14th and 15th fields.
    guard let end = stat.lastIndex(of: ")") else { return nil }
    let words = stat[end...].split(separator: " ")
    guard words.count > 14, let user = Double(words[12]), let system = Double(words[13]) else {
      return nil
    }
    return (user + system) / ticksPerSecond
  }

  /// Processor seconds of everything on this machine but one process; nan if it is not known.
  static func otherSeconds(than process: Int32) -> Double {
    func text(_ path: String) -> String {
      (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
    guard let busy = busySeconds(stat: text("/proc/stat")),
      let own = computedSeconds(stat: text("/proc/\(process)/stat"))
    else { return .nan }
    return busy - own
  }

  /// The processors that are there.
  static var processors: Double { Double(max(1, ProcessInfo.processInfo.activeProcessorCount)) }

  private static var ticksPerSecond: Double { Double(max(1, sysconf(Int32(_SC_CLK_TCK)))) }

  /// Seconds that this process's threads have computed.
  static var processSeconds: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  /// Seconds of a clock that only goes forward.
  package static var monotonicSeconds: Double { seconds(CLOCK_MONOTONIC) }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
