import BenchmarkSupport
import Testing

@Suite struct SamplesTests {
  @Test(
    arguments: [
      ([3], 3), ([2, 1], 1.5), ([9, 1, 5], 5), ([4, 1, 3, 2], 2.5),
    ] as [([Double], Double)])
  func theMedianIsTheMiddle(values: [Double], median: Double) {
    #expect(Samples(values).median == median)
  }

  @Test func nothingHasNoMedian() {
    #expect(Samples().median.isNaN)
    #expect(Samples().minimum.isNaN)
  }
}
