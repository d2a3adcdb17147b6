import Foundation
import GenkiStore
import TestSupport
import Testing

/// A look at a daemon's state from outside.
struct StoreGlanceTests {
  private func files(_ folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file("")).sorted()
  }

  @Test func aLookFromOutsideLeavesNoFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("state.sqlite")
    #expect(Store.newestRound(path: path) == nil)
    #expect(try files(folder) == [])

    let store = try Store(path: path, role: .miner)
    let whileOpen = try files(folder)
    #expect(Store.newestRound(path: path) == nil)
    #expect(try files(folder) == whileOpen)

    try store.close()
    let afterwards = try files(folder)
    #expect(Store.newestRound(path: path) == nil)
    #expect(try files(folder) == afterwards)

    try folder.write("no database", to: "state.sqlite")
    #expect(Store.newestRound(path: path) == nil)
    #expect(try files(folder) == afterwards)
  }
}
