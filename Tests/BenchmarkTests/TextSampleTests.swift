import BenchmarkSupport
import GenkiCore
import TestSupport
import Testing

@Suite struct TextSampleTests {
  @Test(
    arguments: [
      ("abc", 3, "abc"), ("abc", 2, "ab"), ("abc", 7, "abcabca"), ("abc", 6, "abcabc"),
      ("aé", 2, "a "), ("aé", 3, "aé"), ("aé", 5, "aéa "), ("€", 2, "  "), ("x€", 3, "x  "),
      ("🙂", 7, "🙂   "), ("🙂b", 5, "🙂b"), ("é", 0, ""),
    ] as [(String, Int, String)])
  func aTextHasTheWantedSizeAndStaysUTF8(text: String, count: Int, expected: String) throws {
    let sample = try #require(TextSample.cut(Array(text.utf8), count: count))
    #expect(String(validating: sample, as: UTF8.self) == expected)
    #expect(sample.count == count)
  }

  @Test func filesAreJoinedInTheirOrder() throws {
    let folder = try TemporaryFolder()
    let paths = try [folder.write("one ", to: "a"), folder.write("two", to: "b")]
    #expect(try TextSample.read(paths, count: 9) == Array("one twoon".utf8))
    let empty = try folder.write("", to: "empty")
    #expect(throws: BenchmarkError.emptyText(empty)) { try TextSample.read([empty], count: 9) }
    let bytes = try folder.write([0xFF], to: "bytes")
    #expect(throws: FileError.self) { try TextSample.read([bytes], count: 9) }
  }
}
