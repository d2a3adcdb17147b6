import Foundation
import GenkiDemo
import Testing

@Suite struct TextPartsTests {
  private func text(lines: Int) -> [UInt8] {
    (0..<lines).flatMap { Array("line \($0) with some words\n".utf8) }
  }

  @Test(arguments: [0, 1, 2, 5, 1000]) func partsTogetherAreTheText(lines: Int) {
    let text = text(lines: lines)
    let parts = TextParts(text)
    #expect(TextParts.Part.allCases.flatMap { parts[$0] } == text)
  }

  @Test func partsEndWithWholeLinesAndHaveTheirShares() {
    let text = text(lines: 1000)
    let parts = TextParts(text)
    for (part, share) in zip(TextParts.Part.allCases, [0.3, 0.5, 0.1, 0.1]) {
      #expect(parts[part].last == UInt8(ascii: "\n"))
      let found = Double(parts[part].count) / Double(text.count)
      #expect((found - share).magnitude < 0.005, "\(part): \(found)")
    }
  }

  @Test func aTextWithoutALineEndGoesWholeToTheFirstPart() {
    let text = Array("no end".utf8)
    #expect(TextParts(text)[.base] == text)
    #expect(TextParts(text)[.test] == [])
  }
}
