import Foundation
import GenkiCore
import GenkiHub
import Synchronization
import TestSupport
import Testing

/// What an honest user sees of a directory hub.
@Suite struct DirectoryHubTests {
  @Test func filesComeBackByteForByte() throws {
    let fixture = try HubFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .public)
    #expect(try hub.head(of: fixture.repository) == nil)
    let large = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let path = try fixture.folder.write(large, to: "large")
    let empty = try fixture.folder.write("", to: "empty")
    let heard = Mutex<[HubProgress]>([])
    let revision = try hub.upload(
      [HubFile(name: "model.safetensors", path: path), HubFile(name: "README.md", path: empty)],
      to: fixture.repository
    ) { step in heard.withLock { $0.append(step) } }
    let steps = heard.withLock { $0 }
    #expect(steps.last?.bytesDone == large.count)
    #expect(steps.allSatisfy { $0.bytesTotal == large.count })
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.bytesDone <= $1.bytesDone })
    #expect(try hub.head(of: fixture.repository) == revision)

    let entries = try hub.list(fixture.repository, revision: revision)
    #expect(entries.map(\.name) == ["README.md", "model.safetensors"])
    #expect(entries.map(\.bytes) == [0, large.count])
    #expect(entries[1].digest == SHA256Hasher.digest(of: large))
    for (entry, content) in zip(entries, [[], large]) {
      let target = fixture.folder.file("target")
      try hub.download(
        entry, of: fixture.repository, revision: revision, to: target, bytesMaximum: entry.bytes,
        progress: { #expect($0.bytesDone <= $0.bytesTotal) })
      #expect(try TextFile.readBytes(target, sizeLimit: 4 << 20) == content)
    }
  }

  @Test func theCommitIdDependsOnTheContentOnly() throws {
    let fixture = try HubFixture()
    let other = try HubFixture.id("bob/other")
    let first = try fixture.hub()
    let second = try fixture.hub("bob", at: "elsewhere")
    try first.createRepository(fixture.repository, visibility: .private)
    try second.createRepository(other, visibility: .public)
    let one = try first.upload(
      fixture.files(["a": "1", "b": "2"]), to: fixture.repository, progress: { _ in })
    let same = try second.upload(fixture.files(["b": "2", "a": "1"]), to: other) { _ in }
    #expect(one == same)
    let different: [KeyValuePairs<String, String>] = [
      ["a": "1", "b": "3"], ["a": "1", "c": "2"], ["a": "2", "b": "1"], ["a": "1"],
      ["a": "1", "b": "2", "c": ""], ["A": "1", "b": "2"],
    ]
    var seen: Set = [one]
    for contents in different {
      let id = try second.upload(fixture.files(contents), to: other) { _ in }
      #expect(seen.insert(id).inserted)
    }
  }

  @Test func theCommitIdIsThatOfTheLinesOfSHA256Sum() throws {
    let fixture = try HubFixture()
    let revision = try fixture.publish(["b": "", "a": "abc"])
    // sha256sum of "abc" and of nothing, from FIPS 180-4 and RFC 6234.
    let lines = """
      ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a
      e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b

      """
    let text = "genki-dama/directory-hub/commit/1\0" + lines
    #expect(revision.bytes == Array(SHA256Hasher.digest(of: text.utf8).bytes.prefix(20)))
  }

  @Test func oldCommitsStayReadable() throws {
    let fixture = try HubFixture()
    let old = try fixture.publish(["a": "1"])
    let new = try fixture.publish(["a": "2", "b": "3"])
    let hub = try fixture.hub()
    #expect(try hub.head(of: fixture.repository) == new)
    #expect(try fixture.contents(of: old, from: hub) == ["a": "1"])
    #expect(try fixture.contents(of: new, from: hub) == ["a": "2", "b": "3"])
  }

  @Test func aPrivateRepositoryIsItsOwnersOnly() throws {
    let fixture = try HubFixture()
    let revision = try fixture.publish(["a": "1"], visibility: .private)
    let owner = try fixture.hub()
    let stranger = try fixture.hub("bob")
    let entry = HubEntry(name: "a", bytes: 1, digest: nil)
    let hidden = HubError.repositoryNotFound(repository: "alice/model-r1")
    #expect(try fixture.contents(of: revision, from: owner) == ["a": "1"])
    #expect(throws: hidden) { try stranger.head(of: fixture.repository) }
    #expect(throws: hidden) { try stranger.list(fixture.repository, revision: revision) }
    #expect(throws: hidden) {
      try stranger.download(
        entry, of: fixture.repository, revision: revision, to: fixture.folder.file("x"),
        bytesMaximum: 1, progress: { _ in })
    }
    try owner.setVisibility(.public, of: fixture.repository)
    #expect(try fixture.contents(of: revision, from: stranger) == ["a": "1"])
    try owner.setVisibility(.private, of: fixture.repository)
    #expect(throws: hidden) { try stranger.head(of: fixture.repository) }
  }

  @Test func onlyTheOwnerChanges() throws {
    let fixture = try HubFixture()
    try fixture.publish(["a": "1"])
    let stranger = try fixture.hub("bob")
    let refusal = HubError.notOwner(repository: "alice/model-r1", account: "bob")
    let files = try fixture.files(["a": "2"])
    #expect(throws: refusal) {
      try stranger.createRepository(fixture.repository, visibility: .public)
    }
    #expect(throws: refusal) { try stranger.setVisibility(.private, of: fixture.repository) }
    #expect(throws: refusal) { try stranger.upload(files, to: fixture.repository) { _ in } }
  }

  @Test func whatIsNotThereIsNamed() throws {
    let fixture = try HubFixture()
    let hub = try fixture.hub()
    let files = try fixture.files(["a": "1"])
    let missing = HubError.repositoryNotFound(repository: "alice/model-r1")
    #expect(throws: missing) { try hub.head(of: fixture.repository) }
    #expect(throws: missing) { try hub.upload(files, to: fixture.repository) { _ in } }
    #expect(throws: missing) { try hub.setVisibility(.public, of: fixture.repository) }
    let revision = try fixture.publish(["a": "1"])
    let zero = try #require(Revision(bytes: [UInt8](repeating: 0, count: 20)))
    #expect(
      throws: HubError.revisionNotFound(repository: "alice/model-r1", revision: zero.hex)
    ) { try hub.list(fixture.repository, revision: zero) }
    #expect(throws: HubError.entryNotFound(repository: "alice/model-r1", name: "b")) {
      try hub.download(
        HubEntry(name: "b", bytes: 1, digest: nil), of: fixture.repository, revision: revision,
        to: fixture.folder.file("x"), bytesMaximum: 1, progress: { _ in })
    }
  }

  @Test func aFileOverTheLimitIsNotDownloaded() throws {
    let fixture = try HubFixture()
    let revision = try fixture.publish(["a": "12345"])
    let hub = try fixture.hub()
    let entry = try #require(hub.list(fixture.repository, revision: revision).first)
    let target = fixture.folder.file("x")
    #expect(
      throws: HubError.tooLarge(repository: "alice/model-r1", name: "a", bytes: 5, limit: 4)
    ) {
      try hub.download(
        entry, of: fixture.repository, revision: revision, to: target, bytesMaximum: 4,
        progress: { _ in })
    }
    #expect(!FileManager.default.fileExists(atPath: target))
  }

  @Test func repeatingChangesNothing() throws {
    let fixture = try HubFixture()
    let first = try fixture.publish(["a": "1", "b": "2"], visibility: .private)
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .public)
    #expect(
      try hub.upload(fixture.files(["b": "2", "a": "1"]), to: fixture.repository) { _ in } == first)
    #expect(throws: HubError.repositoryNotFound(repository: "alice/model-r1")) {
      try fixture.hub("bob").head(of: fixture.repository)
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: fixture.stored("commits")).count == 1)
  }

  @Test func equalContentIsStoredOnceAndCannotBeWritten() throws {
    let fixture = try HubFixture()
    try fixture.publish(["a": "same", "b": "same"])
    let attributes = try FileManager.default.attributesOfItem(atPath: fixture.blob("same"))
    #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o222 } == 0)
    let staging = try FileManager.default.contentsOfDirectory(
      atPath: fixture.folder.file("hub/partial"))
    #expect(staging == [])
  }

  @Test(arguments: [
    "", ".", "..", "a/b", "/a", "../a", "a\\b", "a\0", "a\nb", "a\u{7F}",
    String(repeating: "a", count: 256),
  ])
  func badNamesAreNotUploaded(name: String) throws {
    let fixture = try HubFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .public)
    let path = try fixture.folder.write("1", to: "file")
    let error = hubError {
      _ = try hub.upload([HubFile(name: name, path: path)], to: fixture.repository) { _ in }
    }
    guard case .invalid = error else { throw Unexpected(what: "\(String(describing: error))") }
  }

  @Test func aCommitHasBetweenOneAndSixtyFourFiles() throws {
    let fixture = try HubFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .public)
    let path = try fixture.folder.write("1", to: "file")
    let upload = { (count: Int) in
      _ = try hub.upload(
        (0..<count).map { HubFile(name: "f\($0)", path: path) }, to: fixture.repository,
        progress: { _ in })
    }
    #expect(hubError { try upload(64) } == nil)
    for count in [0, 65] { #expect(hubError { try upload(count) }?.kind == .invalidData) }
    let twice = [HubFile(name: "a", path: path), HubFile(name: "a", path: path)]
    #expect(hubError { _ = try hub.upload(twice, to: fixture.repository) { _ in } } != nil)
    let longest = HubFile(name: String(repeating: "a", count: 255), path: path)
    #expect(hubError { _ = try hub.upload([longest], to: fixture.repository) { _ in } } == nil)
  }

  @Test func troubleWithLocalFilesIsNotTheHubs() throws {
    let fixture = try HubFixture()
    let revision = try fixture.publish(["a": "1"])
    let hub = try fixture.hub()
    let missing = fixture.folder.file("missing")
    #expect(throws: HubError.localFile(.missing(path: missing))) {
      try hub.upload([HubFile(name: "a", path: missing)], to: fixture.repository) { _ in }
    }
    let error = hubError {
      try hub.download(
        HubEntry(name: "a", bytes: 1, digest: nil), of: fixture.repository, revision: revision,
        to: fixture.folder.file("no/folder"), bytesMaximum: 1, progress: { _ in })
    }
    guard case .localFile = error else { throw Unexpected(what: "\(String(describing: error))") }
    #expect(error?.isTransient == true)
  }

  @Test func anAccountMustBeANamespace() throws {
    let folder = try TemporaryFolder()
    for account in ["", "../x", "a/b", "-a", String(repeating: "a", count: 95)] {
      #expect(throws: HubError.self) {
        try DirectoryHub(path: folder.file("hub"), account: account)
      }
    }
    #expect(throws: HubError.self) {
      try DirectoryHub(path: folder.file("no/hub"), account: "alice")
    }
  }
}
