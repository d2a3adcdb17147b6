import GenkiCore
import GenkiHub
import TestSupport
import Testing

struct HubEntryTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func entry(_ name: String, _ text: String, gitOnly: Bool = false) -> HubEntry {
    let bytes = Array(text.utf8)
    return HubEntry(
      name: name, bytes: bytes.count, digest: gitOnly ? nil : SHA256Hasher.digest(of: bytes),
      gitBlob: gitOnly ? GitBlobID(of: bytes) : nil)
  }

  @Test func filesOfDiskAndMemoryAreComparedByTheHashThatTheHubStates() throws {
    let files = [
      HubFile(name: "a", path: try folder.write("alpha", to: "a")),
      HubFile(name: "b", bytes: Array("beta".utf8)),
    ]
    func difference(_ listed: HubEntry...) throws -> String? {
      try HubEntry.difference(of: listed, from: files)
    }
    #expect(try difference(entry("b", "beta"), entry("a", "alpha")) == nil)
    #expect(
      try difference(entry("b", "beta", gitOnly: true), entry("a", "alpha", gitOnly: true)) == nil)
    #expect(
      try difference(entry("a", "alpha"), entry("b", "beta"), entry(".gitattributes", "* lfs"))
        == nil)
    #expect(
      try difference(entry("a", "alpha"), entry("b", "meta"))
        == "\"b\" differs on the hub")
    #expect(
      try difference(entry("a", "gamma", gitOnly: true), entry("b", "beta"))
        == "\"a\" differs on the hub")
    #expect(
      try difference(entry("a", "alpha"), entry("b", "beta!")) == "\"b\" differs on the hub")
    #expect(try difference(entry("a", "alpha")) == "the repository does not list \"b\"")
    #expect(
      try difference(entry("a", "alpha"), entry("b", "beta"), entry("c", ""))
        == "the repository lists \"c\", which was not uploaded")
    #expect(
      try difference(entry("a", "alpha"), entry("a", "alpha"), entry("b", "beta")) != nil)
  }

  @Test func anUploadedAttributesFileIsComparedLikeAnyOther() throws {
    let files = [HubFile(name: ".gitattributes", bytes: [1])]
    #expect(try HubEntry.difference(of: [], from: files) != nil)
    #expect(
      try HubEntry.difference(of: [entry(".gitattributes", "other")], from: files) != nil)
  }

  @Test func aFileThatIsGoneIsNamed() throws {
    let path = folder.file("none")
    #expect(throws: FileError.missing(path: path)) {
      try entry("a", "").matches(HubFile(name: "a", path: path))
    }
  }
}
