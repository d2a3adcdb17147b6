import Foundation
import GenkiDemo
import Testing

@Suite struct DemoFolderTests {
  private let path = FileManager.default.temporaryDirectory
    .appending(path: "demo-\(UUID().uuidString)").path

  @Test func aFormerDemoIsReplaced() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = try DemoFolder(replacing: path)
    let old = try folder.folder("old") + "/file"
    #expect(FileManager.default.createFile(atPath: old, contents: Data([1])))
    _ = try DemoFolder(replacing: path)
    #expect(!FileManager.default.fileExists(atPath: old))
  }

  @Test func anythingElseIsLeftAlone() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(FileManager.default.createFile(atPath: path + "/thesis.txt", contents: Data([1])))
    #expect(throws: DemoError.folderIsNotOurs(path: path)) { try DemoFolder(replacing: path) }
    #expect(FileManager.default.fileExists(atPath: path + "/thesis.txt"))
  }

  @Test func aFileInTheWayIsAnError() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(FileManager.default.createFile(atPath: path, contents: Data([1])))
    #expect(throws: DemoError.self) { try DemoFolder(replacing: path) }
  }

  @Test(arguments: [
    ("plain-1.txt", "plain-1.txt"), ("two words", "'two words'"), ("", "''"),
    ("it's", #"'it'\''s'"#), ("$HOME;ls", "'$HOME;ls'"),
  ])
  func argumentsAreQuotedForAShell(argument: String, quoted: String) {
    #expect(ProgramCaller.quoted(argument) == quoted)
  }
}
