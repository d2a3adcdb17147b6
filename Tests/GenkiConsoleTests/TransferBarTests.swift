import GenkiConsole
import Testing

@Suite struct TransferBarTests {
  @Test func aBarTellsBytesRateAndTimeLeft() {
    let text = TransferBar.text(
      label: "upload me/model-r3", done: 100 << 20, total: 400 << 20, rate: 3_145_728,
      secondsLeft: 100)
    #expect(
      text
        == "upload me/model-r3  ██████░░░░░░░░░░░░░░░░░░  100 MiB of 400 MiB, 3.00 MiB/s, ETA 1:40")
  }

  @Test func figuresThatMakeNoSenseAreLeftOut() {
    for rate in [0, -1, .nan, .infinity, 1e300] {
      let text = TransferBar.distance(done: 5, total: 0, rate: rate, secondsLeft: nil)
      #expect(text == "5 B of 0 B")
    }
    let text = TransferBar.text(label: "x", done: 9, total: 3, rate: 0, secondsLeft: nil)
    #expect(text.contains(String(repeating: "█", count: 24)))
  }
}
