import GenkiCore
import TestSupport
import Testing

@Suite struct DigestTests {
  // Test vectors of FIPS 180-4.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func digestsMatchTheStandard(_ text: String, _ hex: String) throws {
    #expect(SHA256Hasher.digest(of: text.utf8).hex == hex)
    #expect(SHA256Hasher.digest(of: text.utf8) == ContentDigest(hex: hex.uppercased()))
    let folder = try TemporaryFolder()
    #expect(try SHA256Hasher.digest(ofFile: folder.write(text, to: "a")).hex == hex)
  }

  @Test func piecesGiveTheDigestOfTheWholeAndFinishStartsOver() throws {
    var hasher = SHA256Hasher()
    let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
    for _ in 0..<1000 { hasher.update(million) }
    #expect(
      hasher.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    hasher.update("abc".utf8.reversed().reversed())
    #expect(hasher.finish() == SHA256Hasher.digest(of: "abc".utf8))
  }

  @Test func digestsAreExactly32Bytes() {
    #expect(ContentDigest(bytes: [UInt8](repeating: 7, count: 31)) == nil)
    #expect(ContentDigest(bytes: [UInt8](repeating: 7, count: 33)) == nil)
    #expect(ContentDigest(bytes: [UInt8](repeating: 7, count: 32))?.bytes.count == 32)
    #expect(ContentDigest(hex: String(repeating: "0", count: 63)) == nil)
    #expect(ContentDigest(hex: String(repeating: "g", count: 64)) == nil)
  }
}

@Suite struct DeterministicRandomTests {
  @Test func theStreamIsTheHashOfSeedDomainAndCounter() {
    var random = DeterministicRandom(seed: [1, 2, 3], domain: "test")
    for counter in UInt8(0)..<40 {
      let block = [1, 2, 3] + Array("test".utf8) + [counter, 0, 0, 0, 0, 0, 0, 0]
      let digest = SHA256Hasher.digest(of: block).bytes
      for word in 0..<4 {
        let expected = (0..<8).reduce(UInt64(0)) { $0 | UInt64(digest[8 * word + $1]) << (8 * $1) }
        #expect(random.nextUInt64() == expected)
      }
    }
  }

  @Test func aNumberIsASeedOfEightBytes() {
    var one = DeterministicRandom(seed: 0x0102, domain: "d")
    var two = DeterministicRandom(seed: [2, 1, 0, 0, 0, 0, 0, 0], domain: "d")
    var other = DeterministicRandom(seed: 0x0102, domain: "e")
    let first = one.nextUInt64()
    #expect(first == two.nextUInt64())
    #expect(first != other.nextUInt64())
  }

  @Test func boundedNumbersAreEvenlySpread() {
    var random = DeterministicRandom(seed: 1, domain: "spread")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[random.next(below: 7)] += 1 }
    // Six standard deviations of a binomial with p = 1/7.
    for count in counts { #expect(abs(count - 10_000) < 560) }
    #expect(random.next(below: 1) == 0)
  }

  @Test func gaussiansHaveTheirMoments() {
    var random = DeterministicRandom(seed: 2, domain: "moments")
    let values = (0..<40_000).map { _ in random.gaussian() }
    let mean = values.reduce(0, +) / 40_000
    let variance = values.reduce(0) { $0 + $1 * $1 } / 40_000
    let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / 40_000
    #expect(abs(mean) < 0.03)
    #expect(abs(variance - 1) < 0.05)
    #expect(abs(fourth - 3) < 0.3)
    #expect((0..<1000).allSatisfy { _ in (0..<1).contains(random.uniform()) })
  }

  @Test func aPermutationHoldsEveryNumberOnce() {
    let order = DeterministicRandom.permutation(count: 1000, seed: 3, domain: "p")
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
    #expect(order == DeterministicRandom.permutation(count: 1000, seed: 3, domain: "p"))
    #expect(DeterministicRandom.permutation(count: 0, seed: 3, domain: "p").isEmpty)
  }
}
