import Foundation
import GenkiCore
import TestSupport
import Testing

struct StagedFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aFolderAppearsWholeOrNotAtAll() throws {
    do {
      let staged = try StagedFolder(target: folder.file("out"))
      try AtomicFile.write("x", to: staged.path + "/file")
      #expect(try !folder.names().contains("out"))
    }
    #expect(try folder.names().isEmpty)
    let staged = try StagedFolder(target: folder.file("out/"))
    try AtomicFile.write("x", to: staged.path + "/file")
    try staged.publish()
    #expect(try folder.names() == ["out"])
  }

  @Test func whatADeadProcessHasLeftGoesAndEverythingElseStays() throws {
    let others = ["other.1f.partial", "out.1f", "out.not!.partial", "out.partial"]
    for name in others + ["out.1f.partial", "out.3zz9.partial"] {
      try folder.write("x", to: "\(name)/file")
    }
    let alive = try StagedFolder(target: folder.file("out"))
    #expect(try folder.names().count == others.count + 1)
    let second = try StagedFolder(target: folder.file("out"))
    #expect(FileManager.default.fileExists(atPath: alive.path))
    #expect(try Set(folder.names()).isSuperset(of: others))
    try second.publish()
    #expect(FileManager.default.fileExists(atPath: alive.path))
  }
}
