import GenkiCore
import GenkiHub
import Testing

/// A caller that repeats what failed gets what it wanted, whatever was lost.
@Suite struct FaultyHubTests {
  @Test(arguments: [FaultyHub.Fault.before, .lostReply])
  func repeatingEveryCallPublishes(fault: FaultyHub.Fault) throws {
    let fixture = try HubFixture()
    let failed = Shared<Set<FaultyHub.Call>>([])
    let hub = try FaultyHub(inner: fixture.hub()) { call in
      failed.change { $0.insert(call).inserted } ? fault : .none
    }
    func twice<Result>(_ body: () throws -> Result) throws -> Result {
      let error = hubError { _ = try body() }
      #expect(error?.isTransient == true)
      return try body()
    }
    let files = try fixture.files(["a": "1"])
    try twice { try hub.createRepository(fixture.repository, visibility: .private) }
    let revision = try twice { try hub.upload(files, to: fixture.repository) { _ in } }
    try twice { try hub.setVisibility(.public, of: fixture.repository) }
    #expect(try twice { try hub.head(of: fixture.repository) } == revision)
    let entry = try #require(
      twice { try hub.list(fixture.repository, revision: revision) }.first)
    let path = fixture.folder.file("x")
    try twice {
      try hub.download(
        entry, of: fixture.repository, revision: revision, to: path, bytesMaximum: 1,
        progress: { _ in })
    }
    #expect(try TextFile.readString(path, sizeLimit: 1) == "1")
    try twice { try hub.deleteRepository(fixture.repository) }
    #expect(hubError { _ = try fixture.hub().head(of: fixture.repository) } != nil)
    #expect(failed.value.count == FaultyHub.Call.allCases.count)
  }
}
