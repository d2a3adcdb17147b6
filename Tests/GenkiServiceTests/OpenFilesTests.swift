import Foundation
import GenkiService
import Testing

/// How many files a daemon may have open at once.
@Suite struct OpenFilesTests {
  @Test(arguments: [
    (1_024, 524_288, 16_384, 16_384), (1_024, 4_096, 16_384, 4_096),
    (20_000, 20_000, 16_384, 20_000),
    (16_384, 16_384, 16_384, 16_384), (1_024, Int.max, 16_384, 16_384),
  ]) func theLimitIsRaisedAsFarAsMayBeAndNeverLowered(
    soft: Int, hard: Int, wanted: Int, expected: Int
  ) {
    #expect(OpenFiles.raised(soft: soft, hard: hard, wanted: wanted) == expected)
  }

  @Test func theLimitInForceIsWhatTheSystemSays() throws {
    let limit = OpenFiles.raiseLimit()
    let text = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Max open files") })
    #expect(line.split(separator: " ").dropFirst(3).first.map(String.init) == "\(limit)")
  }
}
