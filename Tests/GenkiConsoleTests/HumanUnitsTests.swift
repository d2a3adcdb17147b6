import GenkiConsole
import Testing

struct HumanUnitsTests {
  @Test(arguments: [
    (0, "0 B"), (1023, "1.00 KiB"), (999, "999 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"),
    (104_857_600, "100 MiB"), (Int.max, "8.00 EiB"),
  ])
  func bytesHaveBinaryUnits(bytes: Int, text: String) { #expect(HumanUnits.bytes(bytes) == text) }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
    (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func countsAreGrouped(count: Int, text: String) { #expect(HumanUnits.count(count) == text) }

  @Test(arguments: [
    (0.0, "0.00 s"), (0.424, "0.42 s"), (12.34, "12.3 s"), (59.96, "1:00"), (65, "1:05"),
    (3729, "1:02:09"), (Double.nan, "?"), (.infinity, "?"), (-1, "?"),
  ])
  func durationsReadLikeAClock(seconds: Double, text: String) {
    #expect(HumanUnits.duration(seconds: seconds) == text)
  }

  @Test(arguments: [
    (3.14159, 2, "3.14"), (0.005, 1, "0.0"), (-0.01, 1, "0.0"), (-2.5, 0, "-3"),
    (1e300, 2, "1e+300"),
    (.nan, 2, "nan"), (-.infinity, 2, "-inf"),
  ])
  func decimalsAreRounded(value: Double, places: Int, text: String) {
    #expect(HumanUnits.decimal(value, places: places) == text)
  }
}
