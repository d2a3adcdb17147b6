/// The day that `strftime_now` tells, at midnight.
public struct TemplateDate: Sendable, Equatable {
  /// From 1 to 9999.
  public let year: Int
  /// From 1.
  public let month: Int
  /// From 1.
  public let day: Int
  /// Whether `strftime_now is defined` holds. In training and evaluation it does not, so that
  /// templates which fall back to a fixed date do so.
  public let isVisible: Bool

  /// A day of the Gregorian calendar from year 1 to 9999; nil if there is no such day.
  public init?(year: Int, month: Int, day: Int, isVisible: Bool) {
    guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.days(inMonth: month, year: year)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    self.isVisible = isVisible
  }

  /// Reads a day as "2024-07-26"; nil if it is none.
  public init?(_ text: String, isVisible: Bool) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2,
      parts[2].utf8.count == 2,
      parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
    else { return nil }
    self.init(year: year, month: month, day: day, isVisible: isVisible)
  }

  private static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func days(inMonth month: Int, year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The day of the year, from 1.
  private var dayOfYear: Int {
    (1..<month).reduce(day) { $0 + Self.days(inMonth: $1, year: year) }
  }

  /// Days since 0001-01-01, which was a Monday.
  private var daysSinceYearOne: Int {
    let past = year - 1
    return past * 365 + past / 4 - past / 100 + past / 400 + dayOfYear - 1
  }

  /// 0 is Monday.
  private var weekday: Int { daysSinceYearOne % 7 }

  private static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let dayNames = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]

  /// The ISO 8601 year and week.
  private var isoWeek: (year: Int, week: Int) {
    let week = (dayOfYear - 1 - weekday + 10) / 7
    if week < 1 { return (year - 1, Self.isoWeeks(in: year - 1)) }
    if week > Self.isoWeeks(in: year) { return (year + 1, 1) }
    return (year, week)
  }

  private static func isoWeeks(in year: Int) -> Int {
    func firstDay(_ year: Int) -> Int {
      let past = year - 1
      return (past * 365 + past / 4 - past / 100 + past / 400) % 7
    }
    // A year has 53 weeks if it begins on a Thursday, or is a leap year that begins on a Wednesday.
    return firstDay(year) == 3 || (isLeap(year) && firstDay(year) == 2) ? 53 : 52
  }

  /// What a directive of Python's `strftime` gives in the C locale; nil for one that is not known.
  func formatted(directive: UInt8) -> String? {
    func two(_ value: Int, _ fill: Character = "0") -> String {
      value < 10 ? "\(fill)\(value)" : String(value)
    }
    let monthName = Self.monthNames[month - 1]
    let dayName = Self.dayNames[weekday]
    switch directive {
    case UInt8(ascii: "a"): return String(dayName.prefix(3))
    case UInt8(ascii: "A"): return dayName
    case UInt8(ascii: "b"), UInt8(ascii: "h"): return String(monthName.prefix(3))
    case UInt8(ascii: "B"): return monthName
    case UInt8(ascii: "c"):
      return "\(dayName.prefix(3)) \(monthName.prefix(3)) \(two(day, " ")) 00:00:00 \(year)"
    case UInt8(ascii: "C"): return two(year / 100)
    case UInt8(ascii: "d"): return two(day)
    case UInt8(ascii: "D"), UInt8(ascii: "x"):
      return "\(two(month))/\(two(day))/\(two(year % 100))"
    case UInt8(ascii: "e"): return two(day, " ")
    case UInt8(ascii: "f"): return "000000"
    case UInt8(ascii: "F"): return "\(year)-\(two(month))-\(two(day))"
    case UInt8(ascii: "G"): return String(isoWeek.year)
    case UInt8(ascii: "g"): return two(isoWeek.year % 100)
    case UInt8(ascii: "H"), UInt8(ascii: "M"), UInt8(ascii: "S"): return "00"
    case UInt8(ascii: "I"): return "12"
    case UInt8(ascii: "j"): return dayOfYear < 100 ? "0" + two(dayOfYear) : String(dayOfYear)
    case UInt8(ascii: "k"): return " 0"
    case UInt8(ascii: "l"): return "12"
    case UInt8(ascii: "m"): return two(month)
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "p"): return "AM"
    case UInt8(ascii: "P"): return "am"
    case UInt8(ascii: "r"): return "12:00:00 AM"
    case UInt8(ascii: "R"): return "00:00"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "T"), UInt8(ascii: "X"): return "00:00:00"
    case UInt8(ascii: "u"): return String(weekday + 1)
    case UInt8(ascii: "U"): return two((dayOfYear + 6 - (weekday + 1) % 7) / 7)
    case UInt8(ascii: "V"): return two(isoWeek.week)
    case UInt8(ascii: "w"): return String((weekday + 1) % 7)
    case UInt8(ascii: "W"): return two((dayOfYear + 6 - weekday) / 7)
    case UInt8(ascii: "y"): return two(year % 100)
    case UInt8(ascii: "Y"): return String(year)
    // `datetime.now()` knows no zone.
    case UInt8(ascii: "z"), UInt8(ascii: "Z"): return ""
    case UInt8(ascii: "%"): return "%"
    default: return nil
    }
  }

  /// The text of a format; throws the directive that is not known, "%" for one without a letter.
  func formatted(_ format: [UInt8]) throws(UnknownDirective) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < format.count {
      let byte = format[index]
      index += 1
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      var isUnpadded = false
      if index < format.count, format[index] == UInt8(ascii: "-") {
        isUnpadded = true
        index += 1
      }
      guard index < format.count, let text = formatted(directive: format[index]) else {
        let rest = format[index...].prefix(1)
        throw UnknownDirective(text: "%" + String(decoding: rest, as: UTF8.self))
      }
      index += 1
      result.append(contentsOf: isUnpadded ? Self.withoutPadding(text) : Array(text.utf8))
    }
    return result
  }

  /// The C library's `%-d`: numbers without the zeros and blanks in front.
  private static func withoutPadding(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x20 }), bytes.count > 1 else {
      return bytes
    }
    let rest = bytes.drop { $0 == 0x30 || $0 == 0x20 }
    return rest.isEmpty ? [0x30] : Array(rest)
  }

  /// A directive that is not of Python's set.
  struct UnknownDirective: Error { let text: String }
}
