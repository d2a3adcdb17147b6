import BenchmarkSupport
import Testing

@Suite struct TokenStreamTests {
  /// The first ids as torch_peer.py makes them.
  @Test func bothSidesMakeTheSameIds() {
    let first = TokenStream.prompt(step: 0, count: 6, vocabularySize: 50257)
    let later = TokenStream.prompt(step: 3, count: 6, vocabularySize: 1024)
    #expect(first == [6447, 5706, 34081, 1163, 197, 24660])
    #expect(later == [372, 1, 21, 692, 40, 281])
  }

  @Test func aTargetIsTheNextInput() {
    let batch = TokenStream.batch(step: 2, rows: 3, blockSize: 5, vocabularySize: 1000)
    for row in 0..<3 {
      for column in 0..<4 {
        #expect(batch.targets[row * 5 + column] == batch.inputs[row * 5 + column + 1])
      }
    }
    #expect(batch.targetCount == 15)
  }

  @Test func idsSpreadOverTheVocabularyAndStayInIt() {
    let ids = TokenStream.prompt(step: 1, count: 20_000, vocabularySize: 1024)
    #expect(ids.allSatisfy { (0..<1024).contains($0) })
    #expect(Set(ids).count > 900)
    // The cube of a uniform share is below 1/8 for half of all.
    let small = ids.count { $0 < 128 }
    #expect((9_500...10_500).contains(small))
  }
}
