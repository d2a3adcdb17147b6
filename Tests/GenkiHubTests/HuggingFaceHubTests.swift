import Foundation
import GenkiCore
import GenkiHTTP
import GenkiHub
import Synchronization
import TestSupport
import Testing

/// What an honest user sees of a Hugging Face hub.
@Suite struct HuggingFaceHubTests {
  @Test(arguments: [0, 1 << 15]) func filesComeBackByteForByte(partBytes: Int) throws {
    let fixture = try HuggingFaceFixture(partBytes: partBytes, pageSize: 2)
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .private)
    #expect(fixture.server.isPrivate("alice/model") == true)
    let files = try fixture.files() + [HubFile(name: "README.md", bytes: [])]
    let heard = Mutex<[HubProgress]>([])
    let revision = try hub.upload(
      files, to: fixture.repository,
      transfer: HubTransfer { step in heard.withLock { $0.append(step) } })
    let steps = heard.withLock { $0 }
    #expect(steps.last?.bytesDone == steps.last?.bytesTotal)
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.bytesDone <= $1.bytesDone })
    #expect(try hub.head(of: fixture.repository) == revision)
    #expect(fixture.server.commits(of: "alice/model") == 1)
    let listed = try hub.list(fixture.repository, revision: revision)
    #expect(
      listed.map(\.name) == [".gitattributes", "README.md", "config.json", "model.safetensors"])
    #expect(
      listed.last?.digest
        == SHA256Hasher.digest(of: HuggingFaceFixture.content(100_000)))
    #expect(try fixture.fetch(files, revision: revision, hub: hub))
    #expect(fixture.leaks == 0)
  }

  @Test func repeatingAnUploadSendsNothingAndCommitsNothing() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    let files = try fixture.files()
    try hub.createRepository(fixture.repository, visibility: .private)
    let revision = try hub.upload(files, to: fixture.repository) { _ in }
    let before = fixture.server.requests.count
    try hub.createRepository(fixture.repository, visibility: .private)
    #expect(try hub.upload(files, to: fixture.repository) { _ in } == revision)
    let later = fixture.server.requests.dropFirst(before)
    #expect(
      later.allSatisfy { $0.host == .api && ($0.method == "GET" || $0.path.hasSuffix("create")) })
    #expect(fixture.server.commits(of: "alice/model") == 1)
  }

  @Test func anotherContentTakesThePlaceOfTheFirst() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .private)
    let first = try hub.upload(fixture.files(), to: fixture.repository) { _ in }
    let second = try hub.upload(
      [HubFile(name: "config.json", bytes: Array("{}".utf8))], to: fixture.repository
    ) { _ in }
    #expect(first != second)
    #expect(
      try hub.list(fixture.repository, revision: second).map(\.name) == [
        ".gitattributes", "config.json",
      ])
    // The old commit is what it was.
    #expect(try fixture.fetch(fixture.files(), revision: first, hub: hub))
  }

  @Test func aPrivateRepositoryIsItsOwnersUntilItIsShown() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .private)
    let revision = try hub.upload(fixture.files(), to: fixture.repository) { _ in }
    for other in [try fixture.hub(token: nil), try fixture.hub(token: "hf_bob", account: "bob")] {
      #expect(
        hubError { _ = try other.list(fixture.repository, revision: revision) }
          == .repositoryNotFound(repository: "alice/model"))
    }
    try hub.setVisibility(.public, of: fixture.repository)
    for (index, other) in [try fixture.hub(token: nil), try fixture.hub(token: "hf_bob")]
      .enumerated()
    {
      #expect(
        try fixture.fetch(fixture.files(), revision: revision, hub: other, to: "copy\(index)"))
    }
    // One that is shown is hidden before anything is put there for later.
    try hub.createRepository(fixture.repository, visibility: .private)
    #expect(fixture.server.isPrivate("alice/model") == true)
  }

  @Test func whatIsNotOursIsNeverTouched() throws {
    let fixture = try HuggingFaceFixture()
    let other = try HubFixture.id("bob/model")
    fixture.server.put("bob/model", files: ["config.json": [1]])
    let hub = try fixture.hub()
    let refusal = HubError.notOwner(repository: "bob/model", account: "alice")
    #expect(hubError { try hub.createRepository(other, visibility: .public) } == refusal)
    #expect(hubError { try hub.setVisibility(.private, of: other) } == refusal)
    #expect(hubError { try hub.deleteRepository(other) } == refusal)
    #expect(hubError { _ = try hub.upload([], to: other) { _ in } } == refusal)
    #expect(fixture.server.requests.isEmpty)
    // Without a token nothing is tried.
    let anonymous = try fixture.hub(token: nil)
    let error = hubError { try anonymous.deleteRepository(fixture.repository) }
    #expect(error == .notAllowed(repository: "alice/model", reason: "there is no token"))
    #expect(fixture.server.requests.isEmpty)
  }

  @Test func removingTwiceIsNoError() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .public)
    try hub.deleteRepository(fixture.repository)
    try hub.deleteRepository(fixture.repository)
    #expect(fixture.server.commits(of: "alice/model") == nil)
    #expect(
      hubError { _ = try hub.head(of: fixture.repository) }
        == .repositoryNotFound(repository: "alice/model"))
  }

  @Test func whatIsMissingIsSaid() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    fixture.server.put("alice/model", files: ["config.json": [1]])
    let zero = try #require(Revision(bytes: [UInt8](repeating: 0, count: 20)))
    #expect(
      hubError { _ = try hub.list(fixture.repository, revision: zero) }
        == .revisionNotFound(repository: "alice/model", revision: zero.hex))
    fixture.server.vanish("alice/model", isTakenDown: true)
    let down = hubError { _ = try hub.head(of: fixture.repository) }
    #expect(down == .notAllowed(repository: "alice/model", reason: "the hub has taken it down"))
    let unknown = hubError { _ = try fixture.hub(token: "hf_x").head(of: fixture.repository) }
    #expect(
      unknown
        == .notAllowed(repository: "alice/model", reason: "the hub does not know the token"))
  }

  @Test func theTokensOwnerIsTold() throws {
    let fixture = try HuggingFaceFixture()
    let identity = try fixture.hub().identity()
    #expect(identity.name == "alice")
    #expect(identity.problem(writingTo: "alice") == nil)
    #expect(identity.problem(writingTo: "bob")?.contains("belongs to") == true)
    let reader = HubIdentity(
      name: "alice", organizations: [], role: "read", writableNamespaces: [])
    #expect(reader.problem(writingTo: "alice")?.contains("only read") == true)
    let narrow = HubIdentity(
      name: "alice", organizations: ["genki"], role: "fineGrained", writableNamespaces: ["genki"])
    #expect(narrow.problem(writingTo: "genki") == nil)
    #expect(narrow.problem(writingTo: "alice") != nil)
    #expect(
      hubError { _ = try fixture.hub(token: "hf_x").identity() }
        == .notAllowed(repository: "alice", reason: "the hub does not know the token"))
  }

  @Test func aTransferEndsWhenItIsTold() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    let revision = try #require(
      Revision(
        hex: fixture.server.put(
          "alice/model", files: ["model.safetensors": HuggingFaceFixture.content(200_000)])))
    let entry = try #require(
      hub.list(fixture.repository, revision: revision).first { $0.name == "model.safetensors" })
    fixture.server.misbehave { $0.host == .storage ? .stall(after: 50_000) : nil }
    let cancellation = HTTPCancellation()
    let error = hubError {
      try hub.download(
        entry, of: fixture.repository, revision: revision, to: fixture.folder.file("x"),
        bytesMaximum: entry.bytes,
        transfer: HubTransfer(cancellation: cancellation) { progress in
          if progress.bytesDone >= 50_000 { cancellation.cancel() }
        })
    }
    #expect(error == .cancelled(repository: "alice/model"))
    #expect(error?.isTransient == true)
    // The next one goes on where it was.
    fixture.server.behave()
    try hub.download(
      entry, of: fixture.repository, revision: revision, to: fixture.folder.file("x"),
      bytesMaximum: entry.bytes, transfer: HubTransfer())
    let range = fixture.server.requests.last?.headers["range"]
    #expect(range == "bytes=50000-")
  }

  @Test func addressesAndAccountsThatAreNoneAreRefused() throws {
    let fixture = try HuggingFaceFixture()
    for endpoint in ["", "hub", "ftp://hub", "https://me:you@hub", "https://hub/?x=1"] {
      #expect(throws: (any Error).self) { try fixture.hub(endpoint: endpoint) }
    }
    for account in ["", "a/b", "-a", "a..b"] {
      #expect(throws: HubError.self) { try fixture.hub(account: account) }
    }
    // A path before the hub's own is kept, a slash at the end does no harm.
    #expect(throws: HubError.self) {
      try fixture.hub(endpoint: fixture.server.endpoint + "/mirror/").head(of: fixture.repository)
    }
    #expect(fixture.server.requests.last?.path == "/mirror/api/models/alice/model")
  }

  @Test func aListingThatNeverComesIsEndedByItsCaller() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    let revision = try #require(
      Revision(hex: fixture.server.put("alice/model", files: ["config.json": [1]])))
    let cancellation = HTTPCancellation()
    fixture.server.misbehave { _ in
      cancellation.cancel()
      return .silence
    }
    #expect(throws: HubError.cancelled(repository: "alice/model")) {
      try hub.list(
        fixture.repository, revision: revision, transfer: HubTransfer(cancellation: cancellation))
    }
  }

  @Test func aListingLongerThanAPageIsNotReadToItsEnd() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    let revision = try #require(
      Revision(hex: fixture.server.put("alice/model", files: ["config.json": [1]])))
    for fault in [StandInHub.Fault.endless, .answer([UInt8](repeating: 0x20, count: 2 << 20))] {
      fixture.server.misbehave { _ in fault }
      let error = hubError { _ = try hub.list(fixture.repository, revision: revision) }
      #expect(error?.isTransient == true)
      #expect(error?.why.contains("more than the limit of 1048576") == true)
    }
  }
}
