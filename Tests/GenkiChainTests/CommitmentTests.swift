import GenkiChain
import GenkiCore
import Testing

@Suite("Commitments")
struct CommitmentTests {
  private static let revision = (200..<220).map { UInt8($0) }
  private static let submissionText =
    "gd1m:ICEiIyQlJic:yMnKy8zNzs_Q0dLT1NXW19jZ2ts:YrvuZ5StkAEwZPEMuzOMMc1skPbEufUo:alice/model-r12"
  private static let announcementText =
    "gd1r:12:360:yMnKy8zNzs_Q0dLT1NXW19jZ2ts:5ufo6err7O3u7_Dx8vP09fb3-Pn6-_z9:coordinator/dama"

  private static func digest(from first: UInt8) throws -> ContentDigest {
    try #require(ContentDigest(bytes: (0..<32).map { first + $0 }))
  }

  private static func submission(repository: String = "alice/model-r12") throws
    -> SubmissionCommitment
  {
    let base = try digest(from: 32)
    return try SubmissionCommitment(
      basePrefix: Array(base.bytes.prefix(SubmissionCommitment.basePrefixCount)),
      revision: revision,
      boundHash: BoundHash.make(
        hotkey: (0..<32).map { UInt8($0) }, base: base, content: digest(from: 64)),
      repository: repository)
  }

  private static func announcement(
    round: UInt64 = 12, lengthBlocks: UInt64 = 360, repository: String = "coordinator/dama"
  ) throws -> AnnouncementCommitment {
    try AnnouncementCommitment(
      round: round, lengthBlocks: lengthBlocks, revision: revision,
      manifestPrefix: (230..<254).map { UInt8($0) }, repository: repository)
  }

  private static func repository(count: Int) -> String {
    "n/" + String(repeating: "r", count: count - 2)
  }

  // The texts come from Python's hashlib and base64.
  @Test func theFieldsAreThoseOfTheReference() throws {
    let submission = try Self.submission()
    #expect(String(decoding: submission.encoded(), as: UTF8.self) == Self.submissionText)
    #expect(try SubmissionCommitment(parsing: Self.submissionText.utf8) == submission)
    let announcement = try Self.announcement()
    #expect(String(decoding: announcement.encoded(), as: UTF8.self) == Self.announcementText)
    #expect(try AnnouncementCommitment(parsing: Self.announcementText.utf8) == announcement)
  }

  @Test func theBoundHashChangesWithEveryPart() throws {
    let hotkey = (0..<32).map { UInt8($0) }
    let (base, content) = (try Self.digest(from: 32), try Self.digest(from: 64))
    let hashes = Set([
      BoundHash.make(hotkey: hotkey, base: base, content: content),
      BoundHash.make(hotkey: hotkey.reversed(), base: base, content: content),
      BoundHash.make(hotkey: hotkey, base: content, content: content),
      BoundHash.make(hotkey: hotkey, base: base, content: base),
    ])
    #expect(hashes.count == 4)
    #expect(hashes.allSatisfy { $0.count == BoundHash.byteCount })
  }

  @Test func theLongestRepositoryFillsTheField() throws {
    let limit = SubmissionCommitment.repositoryBytesMaximum
    let longest = try Self.submission(repository: Self.repository(count: limit))
    #expect(longest.encoded().count == Commitment.bytesMaximum)
    #expect(try SubmissionCommitment(parsing: longest.encoded()) == longest)
    #expect(throws: CommitmentError.self) {
      try Self.submission(repository: Self.repository(count: limit + 1))
    }
    let name = Self.repository(count: AnnouncementCommitment.repositoryBytesMaximum)
    let full = try Self.announcement(
      round: 9_999_999, lengthBlocks: 9_999_999, repository: name)
    #expect(full.encoded().count == Commitment.bytesMaximum)
    #expect(try AnnouncementCommitment(parsing: full.encoded()) == full)
    #expect(throws: CommitmentError.self) {
      try Self.announcement(round: 10_000_000, lengthBlocks: 9_999_999, repository: name)
    }
    #expect(throws: CommitmentError.self) { try Self.announcement(round: .max) }
    #expect(throws: CommitmentError.self) { try Self.announcement(repository: name + "r") }
  }

  @Test(arguments: [
    "", "/", "a/", "/b", "ab", "a/b/c", "a//b", "a:b/c", "a b/c", "a/b\n", "a/ä", "a/\u{7f}",
  ]) func anIdThatIsNoRepositoryIsRefused(repository: String) {
    #expect(throws: CommitmentError.self) { try Self.submission(repository: repository) }
    #expect(throws: CommitmentError.self) { try Self.announcement(repository: repository) }
  }

  @Test(arguments: [
    "gd1r:012:360", "gd1r:+12:360", "gd1r:-1:360", "gd1r::360", "gd1r:12:", "gd1r:1e3:360",
    "gd1r:1234567890123:360", "gd1r:12:360:", "gd1R:12:360", "gd1m:12:360", ":12:360",
  ]) func anotherSpellingOfAnAnnouncementIsRefused(start: String) {
    let text = start + Self.announcementText.dropFirst("gd1r:12:360".count)
    #expect(throws: CommitmentError.self) { try AnnouncementCommitment(parsing: text.utf8) }
  }

  @Test func theKindsAreToldApart() {
    #expect(throws: CommitmentError.otherKind(expected: "gd1m")) {
      try SubmissionCommitment(parsing: Self.announcementText.utf8)
    }
    #expect(throws: CommitmentError.otherKind(expected: "gd1r")) {
      try AnnouncementCommitment(parsing: Self.submissionText.utf8)
    }
    #expect(throws: CommitmentError.self) { try SubmissionCommitment(parsing: [UInt8]()) }
  }

  /// Whatever is read is written back as the same bytes: a commitment has one spelling.
  @Test func changedFieldsAreRefusedOrReadBackAsTheyAre() throws {
    var random = DeterministicRandom(seed: 1, domain: "commitment mutations")
    let originals = [Self.submissionText, Self.announcementText].map { Array($0.utf8) }
    var accepted = 0
    for turn in 0..<20_000 {
      var bytes = originals[turn % 2]
      for _ in 0...random.next(below: 3) { mutate(&bytes, &random) }
      if let read = try? SubmissionCommitment(parsing: bytes) {
        accepted += 1
        #expect(read.encoded() == bytes)
      }
      if let read = try? AnnouncementCommitment(parsing: bytes) {
        accepted += 1
        #expect(read.encoded() == bytes)
      }
    }
    #expect(accepted > 100, "the changes are too wild to say anything")
    #expect(accepted < 19_000, "the changes are too tame to say anything")
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout DeterministicRandom) {
    let byte = UInt8(random.next(below: random.next(below: 2) == 0 ? 256 : 128))
    let place = random.next(below: bytes.count + 1)
    switch random.next(below: 4) {
    case 0: bytes.insert(byte, at: place)
    case 1 where place < bytes.count: bytes.remove(at: place)
    case 2: bytes.removeSubrange(place...)
    default: if place < bytes.count { bytes[place] = byte }
    }
  }

  // RFC 4648, section 10, with the padding left out.
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
    ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
  ]) func base64IsThatOfTheStandard(plain: String, encoded: String) {
    #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
    #expect(Base64URL.decode(encoded) == Array(plain.utf8))
  }

  @Test(arguments: ["Z", "Zh", "Zm9", "Zg==", "Zm+v", "Zm/v", "Zm 8", "Zm9vY", "Zmä"])
  func textThatNoEncoderWritesIsRefused(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test func everyByteAndLengthReadsBackFromBase64() {
    for count in 0..<70 {
      for first in UInt8.min ... .max {
        let bytes = (0..<count).map { first &+ UInt8($0 &* 37 & 255) }
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
      }
    }
  }
}
