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
