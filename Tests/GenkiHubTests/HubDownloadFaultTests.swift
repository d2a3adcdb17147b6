import Foundation
import GenkiCore
import GenkiHTTP
import GenkiHub
import TestSupport
import Testing

/// A download from a hub that misbehaves: the right bytes or a verdict, never a wrong file.
@Suite struct HubDownloadFaultTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let fault: StandInHub.Fault
    var host = StandInHub.Host.storage
    var times = 1
    var outcome = Outcome.whole

    var testDescription: String { name }
  }

  enum Outcome: Sendable {
    /// The file is there.
    case whole
    /// It is the repository's fault.
    case refused
    /// It may be there later.
    case later
  }

  static let cases = [
    Case(name: "500", fault: .status(500), times: 3),
    Case(name: "500 for ever", fault: .status(500), times: 99, outcome: .later),
    Case(name: "429", fault: .status(429, headers: ["Retry-After: 1"]), host: .api),
    Case(name: "reset", fault: .reset, times: 3),
    Case(name: "cut", fault: .cut(after: 30_000), times: 3),
    Case(name: "cut for ever", fault: .cut(after: 0), times: 99, outcome: .later),
    Case(name: "one wrong byte, once", fault: .corrupt),
    Case(name: "one wrong byte, always", fault: .corrupt, times: 99, outcome: .refused),
    Case(name: "a page once", fault: .status(200, body: "<html>")),
    Case(name: "a page always", fault: .status(200, body: "<html>"), times: 99, outcome: .refused),
    Case(name: "endless", fault: .endless, times: 99, outcome: .refused),
    Case(name: "longer", fault: .longer(by: 1), times: 99, outcome: .refused),
    Case(name: "403", fault: .status(403), times: 99, outcome: .refused),
    Case(name: "404", fault: .status(404), times: 99, outcome: .refused),
    Case(name: "410", fault: .status(410), host: .api, times: 99, outcome: .refused),
    Case(name: "204", fault: .status(204, body: ""), times: 99, outcome: .later),
    Case(name: "a redirect to a file", fault: .redirect("file:///etc/passwd"), outcome: .later),
    Case(
      name: "a redirect in circles", fault: .redirect("/get/again"), times: 99, outcome: .later),
  ]

  @Test(arguments: cases) func theRightBytesOrAVerdict(_ one: Case) throws {
    let fixture = try HuggingFaceFixture()
    let hub = try fixture.hub()
    let content = HuggingFaceFixture.content(100_000)
    let revision = try #require(
      Revision(hex: fixture.server.put("alice/model", files: ["model.safetensors": content])))
    let entry = try #require(
      hub.list(fixture.repository, revision: revision).first { $0.name == "model.safetensors" })
    fixture.server.misbehave(times: one.times, one.fault) { request in
      request.host == one.host && (one.host == .storage || request.path.contains("/resolve/"))
    }
    let path = fixture.folder.file("model.safetensors")
    let error = hubError {
      try hub.download(
        entry, of: fixture.repository, revision: revision, to: path, bytesMaximum: entry.bytes,
        transfer: HubTransfer())
    }
    switch one.outcome {
    case .whole:
      #expect(error == nil)
      #expect(try TextFile.readBytes(path, sizeLimit: 1 << 20) == content)
    case .refused: #expect(error?.isTransient == false)
    case .later: #expect(error?.isTransient == true)
    }
    if error != nil { #expect(!FileManager.default.fileExists(atPath: path)) }
    if one.outcome != .later {
      #expect(!FileManager.default.fileExists(atPath: HuggingFaceHub.partialPath(of: path)))
    }
    #expect(fixture.leaks == 0)
  }

  @Test func aRangeThatIsIgnoredStartsOver() throws {
    let fixture = try HuggingFaceFixture()
    let (hub, entry, revision) = try begun(fixture, bytes: 40_000)
    fixture.server.misbehave { $0.host == .storage ? .ignoreRange : nil }
    try download(fixture, hub, entry, revision)
  }

  @Test func aBeginningThatIsWrongIsDropped() throws {
    let fixture = try HuggingFaceFixture()
    let (hub, entry, revision) = try begun(fixture, bytes: 40_000)
    let partial = HuggingFaceHub.partialPath(of: fixture.folder.file("model.safetensors"))
    for beginning in [
      [UInt8](repeating: 7, count: 40_000), [UInt8](repeating: 7, count: 100_000),
      [UInt8](repeating: 7, count: 200_000), [],
    ] {
      try AtomicFile.write(beginning, to: partial)
      try download(fixture, hub, entry, revision)
    }
  }

  @Test func aBeginningThatIsALinkIsNotFollowed() throws {
    let fixture = try HuggingFaceFixture()
    let (hub, entry, revision) = try begun(fixture, bytes: 40_000)
    let target = try fixture.folder.write("precious", to: "precious")
    let partial = HuggingFaceHub.partialPath(of: fixture.folder.file("model.safetensors"))
    try FileManager.default.removeItem(atPath: partial)
    try FileManager.default.createSymbolicLink(atPath: partial, withDestinationPath: target)
    #expect(hubError { try download(fixture, hub, entry, revision) } != nil)
    #expect(try TextFile.readString(target, sizeLimit: 100) == "precious")
  }

  @Test func aWholeFileIsNotAskedForAgain() throws {
    let fixture = try HuggingFaceFixture()
    let (hub, entry, revision) = try begun(fixture, bytes: 40_000)
    let partial = HuggingFaceHub.partialPath(of: fixture.folder.file("model.safetensors"))
    try AtomicFile.write(HuggingFaceFixture.content(100_000), to: partial)
    let before = fixture.server.requests.count
    try download(fixture, hub, entry, revision)
    #expect(fixture.server.requests.count == before)
  }

  @Test func sizesAreCheckedBeforeTheFirstByte() throws {
    let fixture = try HuggingFaceFixture()
    let (hub, entry, revision) = try begun(fixture, bytes: 0)
    let before = fixture.server.requests.count
    let error = hubError {
      try hub.download(
        entry, of: fixture.repository, revision: revision, to: fixture.folder.file("y"),
        bytesMaximum: entry.bytes - 1, transfer: HubTransfer())
    }
    #expect(
      error
        == .tooLarge(
          repository: "alice/model", name: entry.name, bytes: entry.bytes,
          limit: entry.bytes - 1))
    #expect(fixture.server.requests.count == before)
  }

  /// A file of which the beginning is here.
  private func begun(
    _ fixture: HuggingFaceFixture, bytes: Int
  ) throws -> (HuggingFaceHub, HubEntry, Revision) {
    let content = HuggingFaceFixture.content(100_000)
    let hub = try fixture.hub()
    let revision = try #require(
      Revision(hex: fixture.server.put("alice/model", files: ["model.safetensors": content])))
    let entry = try #require(
      hub.list(fixture.repository, revision: revision).first { $0.name == "model.safetensors" })
    try AtomicFile.write(
      content.prefix(bytes),
      to: HuggingFaceHub.partialPath(of: fixture.folder.file("model.safetensors")))
    return (hub, entry, revision)
  }

  private func download(
    _ fixture: HuggingFaceFixture, _ hub: HuggingFaceHub, _ entry: HubEntry, _ revision: Revision
  ) throws {
    let path = fixture.folder.file("model.safetensors")
    try hub.download(
      entry, of: fixture.repository, revision: revision, to: path, bytesMaximum: entry.bytes,
      transfer: HubTransfer())
    #expect(
      try TextFile.readBytes(path, sizeLimit: 1 << 20) == HuggingFaceFixture.content(100_000))
  }
}
