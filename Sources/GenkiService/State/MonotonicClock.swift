import Glibc

/// The time since the machine's start, which no operator can set back.
public enum MonotonicClock {
  /// Nanoseconds.
  public static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
  }

  /// Seconds.
  public static func seconds() -> Double { Double(nanoseconds()) / 1e9 }
}

/// The time of day.
public enum WallClock {
  /// Seconds since 1970.
  public static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// `2026-11-24T08:34:05.120Z`.
  public static func text(_ seconds: Double) -> String {
    // Year 1 to 9999: what four digits can say.
    let milliseconds = Int64(min(max(seconds, -62_135_596_800), 253_402_300_799) * 1000)
    var whole = time_t(milliseconds / 1000)
    var fraction = milliseconds % 1000
    if fraction < 0 {
      whole -= 1
      fraction += 1000
    }
    var parts = tm()
    gmtime_r(&whole, &parts)
    func padded(_ number: Int32, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = [
      padded(parts.tm_year + 1900, 4), padded(parts.tm_mon + 1, 2), padded(parts.tm_mday, 2),
    ].joined(separator: "-")
    let time = [padded(parts.tm_hour, 2), padded(parts.tm_min, 2), padded(parts.tm_sec, 2)]
    return "\(date)T\(time.joined(separator: ":")).\(padded(Int32(fraction), 3))Z"
  }
}
