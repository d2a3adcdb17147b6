import Foundation
import GenkiCore
import GenkiHTTP
import GenkiHub
import Synchronization
import TestSupport
import Testing

/// An upload through a hub that misbehaves: one commit, nothing sent again that had arrived.
@Suite struct HubUploadFaultTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let fault: StandInHub.Fault
    /// Part of the path of the request that it strikes.
    let path: String
    var times = 1
    /// Parts that are sent once more.
    var partsAgain = 0

    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "creation 500", fault: .status(500), path: "repos/create", times: 3),
    Case(name: "creation lost", fault: .lost, path: "repos/create"),
    Case(name: "info reset", fault: .reset, path: "/api/models/alice/model", times: 2),
    Case(name: "listing cut", fault: .cut(after: 10), path: "/tree/"),
    Case(name: "preupload 503", fault: .status(503), path: "/preupload/", times: 2),
    Case(
      name: "preupload 429",
      fault: .status(429, headers: [#"RateLimit: "api";r=0;t=1"#]), path: "/preupload/"),
    Case(name: "batch lost", fault: .lost, path: "/objects/batch"),
    Case(name: "part reset", fault: .reset, path: "/part/", partsAgain: 1),
    Case(name: "part 500 twice", fault: .status(500), path: "/part/", times: 2, partsAgain: 2),
    Case(name: "part lost", fault: .lost, path: "/part/", partsAgain: 1),
    Case(name: "part expired", fault: .status(403), path: "/part/", partsAgain: 1),
    Case(name: "completion lost", fault: .lost, path: "/complete/"),
    Case(name: "verification lost", fault: .lost, path: "/verify/"),
    Case(name: "commit lost", fault: .lost, path: "/commit/"),
    Case(name: "commit 503", fault: .status(503), path: "/commit/", times: 2),
    Case(name: "commit cut", fault: .cut(after: 5), path: "/commit/"),
  ]

  @Test(arguments: cases) func oneCommitAndTheRightBytes(_ one: Case) throws {
    let fixture = try HuggingFaceFixture(partBytes: 1 << 15)
    let hub = try fixture.hub()
    fixture.server.misbehave(times: one.times, one.fault) { $0.path.contains(one.path) }
    let files = try fixture.files()
    try hub.createRepository(fixture.repository, visibility: .private)
    let revision = try hub.upload(files, to: fixture.repository) { _ in }
    #expect(fixture.server.commits(of: "alice/model") == 1)
    let parts = fixture.server.requests.count { $0.path.contains("/part/") }
    #expect(parts == 4 + one.partsAgain)
    fixture.server.behave()
    #expect(try fixture.fetch(files, revision: revision, hub: hub))
    #expect(fixture.leaks == 0)
  }

  @Test func whatIsNoHubIsTriedAgainLater() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .private)
    for path in ["/preupload/", "/objects/batch", "/commit/", "/tree/", "/api/models/alice/model"] {
      fixture.server.misbehave {
        $0.path.contains(path) ? .status(200, body: "<html>log in</html>") : nil
      }
      let error = hubError {
        _ = try hub.upload(fixture.files(seed: 2), to: fixture.repository) { _ in }
      }
      #expect(error?.isTransient == true, "\(path): \(String(describing: error))")
    }
  }

  @Test func aRefusalIsFinal() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .private)
    for status in [400, 403, 413, 422] {
      fixture.server.misbehave { $0.path.contains("/commit/") ? .status(status) : nil }
      let before = fixture.server.requests.count { $0.path.contains("/commit/") }
      let error = hubError { _ = try hub.upload(fixture.files(), to: fixture.repository) { _ in } }
      #expect(error != nil && error?.isTransient == false)
      #expect(fixture.server.requests.count { $0.path.contains("/commit/") } == before + 1)
    }
    #expect(fixture.server.commits(of: "alice/model") == 0)
  }

  @Test func somebodyElsesCommitInBetweenIsSeen() throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    try hub.createRepository(fixture.repository, visibility: .private)
    let server = fixture.server
    // Just before ours arrives there is another one, once.
    let isFirst = Mutex(true)
    server.misbehave { request in
      guard request.path.contains("/commit/"),
        isFirst.withLock({ first in
          defer { first = false }
          return first
        })
      else { return nil }
      server.put("alice/model", files: ["foreign.txt": [1]], isPrivate: true)
      return nil
    }
    let files = try fixture.files()
    let revision = try hub.upload(files, to: fixture.repository) { _ in }
    #expect(
      try hub.list(fixture.repository, revision: revision).map(\.name).sorted() == [
        "config.json", "model.safetensors",
      ])
  }

  @Test func badOffersAreRefused() throws {
    let digest = SHA256Hasher.digest(of: HuggingFaceFixture.content(100_000)).hex
    func offer(_ upload: String) -> String {
      #"{"objects":[{"oid":"\#(digest)","size":100000,"actions":{"upload":\#(upload)}}]}"#
    }
    let bad = [
      #"{"objects":[]}"#,
      #"{"objects":[{"oid":"\#(digest)","error":{"code":422,"message":"no"}}]}"#,
      #"{"objects":[{"oid":"\#(digest)","actions":{"xet":{}}}]}"#,
      #"{"transfer":"xet","objects":[{"oid":"\#(digest)","actions":{"upload":{"href":"http://h/"}}}]}"#,
      offer(#"{"href":"file:///etc/passwd"}"#), offer(#"{"href":7}"#),
      offer(#"{"href":"http://h/","header":{"chunk_size":"0"}}"#),
      offer(#"{"href":"http://h/","header":{"chunk_size":"-5"}}"#),
      offer(#"{"href":"http://h/","header":{"chunk_size":"1"}}"#),
      offer(#"{"href":"http://h/","header":{"chunk_size":"60000","1":"http://h/1"}}"#),
      offer(
        #"{"href":"http://h/","header":{"chunk_size":"60000","1":"http://h/1","3":"http://h/3"}}"#),
      offer(
        #"{"href":"http://h/","header":{"chunk_size":"60000","1":"http://h/1","01":"http://h/2"}}"#),
    ]
    for body in bad {
      let fixture = try HuggingFaceFixture()
      let hub = try fixture.hub()
      try hub.createRepository(fixture.repository, visibility: .private)
      fixture.server.misbehave {
        $0.path.contains("/objects/batch") ? .status(200, body: body) : nil
      }
      let error = hubError { _ = try hub.upload(fixture.files(), to: fixture.repository) { _ in } }
      #expect(error != nil && error?.isTransient == false, "\(body)")
      #expect(!fixture.server.requests.contains { $0.host == .storage })
    }
  }

  @Test func partsThatHaveArrivedAreNotSentByTheNextProcess() throws {
    let fixture = try HuggingFaceFixture(partBytes: 1 << 15)
    let files = try fixture.files()
    let first = try fixture.hub { $0.retries = .never }
    try first.createRepository(fixture.repository, visibility: .private)
    fixture.server.misbehave { $0.path.hasSuffix("/3") ? .reset : nil }
    #expect(
      hubError { _ = try first.upload(files, to: fixture.repository) { _ in } }?.isTransient == true
    )
    fixture.server.behave()
    let before = fixture.server.requests.count
    _ = try fixture.hub().upload(files, to: fixture.repository) { _ in }
    let later = fixture.server.requests.dropFirst(before).map(\.path)
    #expect(later.filter { $0.contains("/part/") }.map { $0.suffix(2) } == ["/3", "/4"])
    #expect(!later.contains { $0.contains("/objects/batch") })
    // What is done is forgotten.
    let left = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.file("uploads"))
    #expect(left.isEmpty)
  }

  @Test func aDamagedRecordCostsTheUploadNothingButTime() throws {
    let fixture = try HuggingFaceFixture(partBytes: 1 << 15)
    let files = try fixture.files()
    let first = try fixture.hub { $0.retries = .never }
    try first.createRepository(fixture.repository, visibility: .private)
    fixture.server.misbehave { $0.path.hasSuffix("/4") ? .reset : nil }
    _ = hubError { _ = try first.upload(files, to: fixture.repository) { _ in } }
    fixture.server.behave()
    let folder = fixture.folder.file("uploads")
    let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first)
    let record = try TextFile.readBytes("\(folder)/\(name)", sizeLimit: 1 << 20)
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    for damage in [Array(record.dropLast(3)), [], [0xFF, 0x0A], Array(record.prefix(40)), record] {
      try AtomicFile.write(damage, to: "\(folder)/\(name)")
      let other = try HubFixture.id("alice/model")
      _ = try fixture.hub().upload(files, to: other) { _ in }
      #expect(fixture.server.commits(of: "alice/model") == 1)
    }
  }
}
