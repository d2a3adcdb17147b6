import Foundation
import GenkiCore
import GenkiHub
import Glibc
import TestSupport
import Testing

/// Somebody who may write the hub's folder lies: typed errors that are nobody's bad luck, never a
/// trap, and nothing is downloaded.
@Suite struct HostileRecordTests {
  /// One lie. The hub holds one commit of the file `a` with the content `12345`.
  struct Lie: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var tell: @Sendable (HubFixture, Revision) throws -> Void

    init(_ name: String, _ tell: @escaping @Sendable (HubFixture, Revision) throws -> Void) {
      testDescription = name
      self.tell = tell
    }

    /// The commit's record holds this text.
    static func record(_ name: String, _ text: String) -> Lie {
      Lie("record: \(name)") { fixture, revision in
        try fixture.overwrite(fixture.stored("commits/\(revision)"), with: text)
      }
    }

    /// The commit's record lists these files.
    static func files(_ name: String, _ files: [String]) -> Lie {
      record(name, #"{"format":1,"files":["# + files.joined(separator: ",") + "]}")
    }

    /// A file of the repository holds this text.
    static func small(_ name: String, _ file: String, _ text: String) -> Lie {
      Lie("\(file): \(name)") { fixture, _ in
        try fixture.overwrite(fixture.stored(file), with: text)
      }
    }

    /// Something of the hub is a symbolic link to a copy of itself.
    static func link(_ name: String, _ path: @escaping @Sendable (HubFixture, Revision) -> String)
      -> Lie
    {
      Lie("link: \(name)") { fixture, revision in
        let path = path(fixture, revision)
        let moved = fixture.folder.file("moved")
        try FileManager.default.moveItem(atPath: path, toPath: moved)
        try FileManager.default.createSymbolicLink(
          atPath: path, withDestinationPath: moved)
      }
    }
  }

  private static let sum = SHA256Hasher.digest(of: "12345".utf8).hex

  private static func file(_ name: String = "a", _ bytes: String = "5", sum: String = sum) -> String
  {
    #"{"name":"\#(name)","bytes":\#(bytes),"sha256":"\#(sum)"}"#
  }

  private static let records: [Lie] = [
    .record("empty", ""), .record("no JSON", "\u{7}\u{0}not"), .record("a list", "[]"),
    .record("no files", #"{"format":1}"#), .record("files is a text", #"{"format":1,"files":"a"}"#),
    .record("another format", #"{"format":2,"files":[\#(file())]}"#),
    .record("duplicate keys", #"{"format":1,"files":[],"files":[\#(file())]}"#),
    .record("depth", String(repeating: "[", count: 100_000)),
    .record("length", String(repeating: " ", count: 300 << 10)),
    .record("many values", "[" + String(repeating: "0,", count: 5000) + "0]"),
    .files("no file", []), .files("a number as file", ["1"]),
    .files("65 files", (0..<65).map { file("f\($0)") }),
    .files("twice the same name", [file(), file()]),
    .files("path", [file("../a")]), .files("absolute path", [file("/a")]),
    .files("parent", [file("..")]), .files("backslash", [file(#"a\\b"#)]),
    .files("NUL", [file(#"a\u0000"#)]), .files("line feed", [file(#"a\nb"#)]),
    .files("empty name", [file("")]),
    .files("256 bytes of name", [file(String(repeating: "a", count: 256))]),
    .files("negative size", [file("a", "-1")]), .files("size as text", [file("a", #""5""#)]),
    .files("size as fraction", [file("a", "5.5")]), .files("size 1e300", [file("a", "1e300")]),
    .files("size 2^63", [file("a", "9223372036854775808")]),
    .files("largest size", [file("a", "9223372036854775807")]),
    .files("size over 1 TiB", [file("a", "1099511627777")]),
    .files("short hash", [file(sum: "12")]),
    .files("hash that is none", [file(sum: String(repeating: "g", count: 64))]),
    .files("name as number", [#"{"name":1,"bytes":5,"sha256":"\#(sum)"}"#]),
    .files("duplicate key in a file", [#"{"name":"b","name":"a","bytes":5,"sha256":"\#(sum)"}"#]),
    .files("another name", [file("b")]), .files("one file more", [file(), file("b")]),
    .files("another hash", [file(sum: String(repeating: "0", count: 64))]),
    .files("a larger size", [file("a", "6")]), .files("a smaller size", [file("a", "4")]),
  ]

  private static let places: [Lie] = [
    .small("garbage", "head", "main\n"), .small("no line", "head", ""),
    .small("upper case", "head", String(repeating: "A", count: 40) + "\n"),
    .small("long", "head", String(repeating: "0", count: 1 << 20)),
    .small("garbage", "visibility", "secret\n"), .small("empty", "visibility", ""),
    .small("long", "visibility", String(repeating: "p", count: 1 << 20)),
    .link("commit") { $0.stored("commits/\($1)") },
    .link("commits") { fixture, _ in fixture.stored("commits") },
    .link("head") { fixture, _ in fixture.stored("head") },
    .link("visibility") { fixture, _ in fixture.stored("visibility") },
    .link("repository") { fixture, _ in fixture.folder.file("hub/repositories/alice/model-r1") },
    .link("namespace") { fixture, _ in fixture.folder.file("hub/repositories/alice") },
    .link("blob") { fixture, _ in fixture.blob("12345") },
    Lie("blob: missing") { fixture, _ in
      try FileManager.default.removeItem(atPath: fixture.blob("12345"))
    },
    Lie("blob: other content") { fixture, _ in
      try fixture.overwrite(fixture.blob("12345"), with: "54321")
    },
    Lie("blob: shorter") { fixture, _ in
      try fixture.overwrite(fixture.blob("12345"), with: "1234")
    },
    Lie("blob: longer") { fixture, _ in
      try fixture.overwrite(fixture.blob("12345"), with: "123456")
    },
    Lie("blob: folder") { fixture, _ in
      try FileManager.default.removeItem(atPath: fixture.blob("12345"))
      try FileManager.default.createDirectory(
        atPath: fixture.blob("12345"), withIntermediateDirectories: false)
    },
    Lie("blob: pipe") { fixture, _ in
      try FileManager.default.removeItem(atPath: fixture.blob("12345"))
      guard mkfifo(fixture.blob("12345"), 0o600) == 0 else { throw Unexpected(what: "mkfifo") }
    },
    Lie("commit: pipe") { fixture, revision in
      let path = fixture.stored("commits/\(revision)")
      try FileManager.default.removeItem(atPath: path)
      guard mkfifo(path, 0o600) == 0 else { throw Unexpected(what: "mkfifo") }
    },
    Lie("commit: another's record") { fixture, revision in
      let other = try fixture.publish(["a": "54321"])
      let path = fixture.stored("commits/\(revision)")
      let text = try TextFile.readString(
        fixture.stored("commits/\(other)"), sizeLimit: 1 << 20)
      try fixture.overwrite(path, with: text)
    },
    Lie("repository: a file") { fixture, _ in
      try fixture.overwrite(fixture.folder.file("hub/repositories/alice/model-r1"), with: "")
    },
  ]

  @Test(arguments: records + places)
  func aLieIsATypedError(lie: Lie) throws {
    let fixture = try HubFixture()
    let revision = try fixture.publish(["a": "12345"])
    try lie.tell(fixture, revision)
    let hub = try fixture.hub("bob")
    let target = fixture.folder.file("target")
    let error = hubError {
      _ = try hub.head(of: fixture.repository)
      let entries = try hub.list(fixture.repository, revision: revision)
      for entry in entries {
        try hub.download(
          entry, of: fixture.repository, revision: revision, to: target, bytesMaximum: 1 << 20,
          progress: { _ in })
      }
    }
    switch error {
    case .invalid, .contentDiffers: break
    default: throw Unexpected(what: "\(lie.testDescription): \(String(describing: error))")
    }
    #expect(error?.isTransient == false)
    #expect(!FileManager.default.fileExists(atPath: target))
    // The owner's next upload is not kept from working by a lie about a commit.
    if lie.testDescription.hasPrefix("record") {
      #expect(try fixture.publish(["a": "12345"]) == revision)
      #expect(try fixture.contents(of: revision, from: hub) == ["a": "12345"])
    }
  }

  @Test func anEntryThatIsNotTheCommitsIsNotDownloaded() throws {
    let fixture = try HubFixture()
    let revision = try fixture.publish(["a": "12345"])
    let hub = try fixture.hub()
    let entries = [
      HubEntry(name: "a", bytes: 4, digest: nil),
      HubEntry(name: "a", bytes: 5, digest: SHA256Hasher.digest(of: "x".utf8)),
    ]
    for entry in entries {
      #expect(throws: HubError.contentDiffers(repository: "alice/model-r1", name: "a")) {
        try hub.download(
          entry, of: fixture.repository, revision: revision, to: fixture.folder.file("x"),
          bytesMaximum: 100, progress: { _ in })
      }
    }
  }

  @Test func aHubThatIsGoneIsTransient() throws {
    let fixture = try HubFixture()
    let hub = try fixture.hub()
    try FileManager.default.removeItem(atPath: fixture.folder.file("hub"))
    let error = hubError { _ = try hub.head(of: fixture.repository) }
    guard case .unreachable = error else { throw Unexpected(what: "\(String(describing: error))") }
    #expect(error?.isTransient == true)
  }
}
