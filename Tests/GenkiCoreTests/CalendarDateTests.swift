import GenkiCore
import Testing

@Suite("Days")
struct CalendarDateTests {
  @Test(arguments: ["2024-07-26", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"])
  func aDayIsWrittenAsItIsRead(text: String) throws {
    #expect(try #require(CalendarDate(text)).description == text)
  }

  @Test(arguments: [
    "", "2024-7-26", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31",
    "2024-01-00", "0000-01-01", "2024/07/26", "2024-07-26 ", "+024-07-26", "2024-07-2６",
    "12024-07-26", "2024-07-26T00:00",
  ]) func otherTextsAreNoDays(text: String) { #expect(CalendarDate(text) == nil) }

  /// The references are `date -u -d @SECONDS +%F`.
  @Test(arguments: [
    (0.0, "1970-01-01"), (86_399.9, "1970-01-01"), (86_400, "1970-01-02"),
    (1_709_164_800, "2024-02-29"), (1_721_951_999, "2024-07-25"), (-1, "1969-12-31"),
  ]) func theDayOfATimeIsThatOfUTC(seconds: Double, day: String) {
    #expect(CalendarDate(utcSeconds: seconds)?.description == day)
  }

  @Test(arguments: [Double.infinity, -.infinity, .nan, 1e15, -1e15])
  func aTimeOutsideOfTheCalendarHasNoDay(seconds: Double) {
    #expect(CalendarDate(utcSeconds: seconds) == nil)
  }
}
