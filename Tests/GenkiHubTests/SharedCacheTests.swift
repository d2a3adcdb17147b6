import Foundation
import GenkiCore
import GenkiHTTP
import GenkiHub
import TestSupport
import Testing

/// One cache, several processes: each content is fetched once, the quota is everybody's, and one that
/// is killed anywhere leaves what the others can use.
@Suite(.serialized) struct SharedCacheTests {
  private static let limits = FileLimits(bytesTotal: 1 << 20)
  private static let modelBytes = 160

  /// A hub with models of 100 + 50 + 10 bytes, and this process's side of the cache.
  private struct Bench {
    let fixture: HubFixture
    let downloads = Shared(0)

    init() throws { fixture = try HubFixture() }

    func cache(
      bytesMaximum: Int = 1 << 20, hook: @escaping CacheStep.Hook = { _ in }
    ) throws -> ModelCache {
      try ModelCache(
        folder: fixture.folder.file("cache"), bytesMaximum: bytesMaximum,
        availableBytes: { _ in nil }, hook: hook)
    }

    func publish(_ letter: String) throws -> Revision {
      try fixture.publish([
        "model-00001-of-00002.safetensors": String(repeating: letter, count: 100),
        "model-00002-of-00002.safetensors": String(repeating: letter, count: 50),
        "model.safetensors.index.json": String(repeating: letter, count: 10),
      ])
    }

    func fetch(
      _ revision: Revision, with cache: ModelCache,
      onDownload: @escaping @Sendable (HubEntry, HubTransfer) throws -> Void = { _, _ in }
    ) throws {
      let hub = try FaultyHub(inner: fixture.hub("validator"), decide: { _ in .none }) {
        [downloads] in
        downloads.change { $0 += 1 }
        try onDownload($0, $1)
      }
      let files = try SubmissionFiles(
        listing: hub.list(fixture.repository, revision: revision), limits: limits)
      try cache.fetch(
        hub: hub, repository: fixture.repository, revision: revision, files: files.entries,
        limits: limits, progress: { _ in })
    }

    func path(_ revision: Revision, _ cache: ModelCache) -> String? {
      cache.path(fixture.repository, revision: revision)
    }

    /// Names of the folder `name` of the cache.
    func names(_ name: String) -> [String] {
      ((try? FileManager.default.contentsOfDirectory(
        atPath: fixture.folder.file("cache/\(name)"))) ?? []).sorted()
    }

    /// Checks that each blob is what its name says and belongs to a model.
    func expectBlobsAreRight() throws {
      for name in names("blobs") {
        let path = fixture.folder.file("cache/blobs/\(name)")
        let content = try Data(contentsOf: URL(filePath: path))
        #expect(SHA256Hasher.digest(of: content).hex == name)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.referenceCount] as? Int ?? 0) > 1, "\(name) belongs to no model")
      }
    }
  }

  @Test func aModelThatTwoProcessesWantIsFetchedOnce() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let peer = try CacheProcess(bench.fixture, holds: true)
    peer.tell("fetch \(revision.hex)")
    try peer.expect("downloading")
    let isWaiting = Guarded(false)
    let cache = try bench.cache { step in if step == .waiting { isWaiting.update { $0 = true } } }
    // A thread of its own: one of the tests' might not be free before this test has ended.
    let ours = Guarded<Result<Void, any Error>?>(nil)
    Thread.detachNewThread {
      let result = Result { try bench.fetch(revision, with: cache) }
      ours.update { $0 = result }
    }
    try #require(isWaiting.wait(until: Monotonic.seconds + 60) { $0 ? true : nil } == true)
    for _ in 0..<2 {
      peer.tell("go on")
      try peer.expect("downloading")
    }
    #expect(peer.ask("go on") == "fetched 3")
    try #require(ours.wait(until: Monotonic.seconds + 60) { $0 }).get()
    #expect(bench.downloads.value == 0)
    #expect(cache.bytesUsed == Self.modelBytes)
  }

  @Test func contentsThatAnotherProcessFetchedAreLinked() throws {
    let bench = try Bench()
    let first = try bench.publish("a")
    let second = try bench.fixture.publish(
      ["model.safetensors": String(repeating: "a", count: 100)])
    let peer = try CacheProcess(bench.fixture)
    #expect(peer.ask("fetch \(first.hex)") == "fetched 3")
    let cache = try bench.cache(bytesMaximum: Self.modelBytes)
    try bench.fetch(second, with: cache)
    #expect(bench.downloads.value == 0)
    #expect(cache.bytesUsed == Self.modelBytes)
    #expect(peer.ask("path \(first.hex)") == "there")
  }

  @Test func aPinOfAnotherProcessIsKeptUntilItsEnd() throws {
    let bench = try Bench()
    let (first, second) = (try bench.publish("a"), try bench.publish("b"))
    let peer = try CacheProcess(bench.fixture, bytesMaximum: Self.modelBytes)
    #expect(peer.ask("pin \(first.hex)") == "done")
    #expect(peer.ask("fetch \(first.hex)") == "fetched 3")
    let cache = try bench.cache(bytesMaximum: Self.modelBytes)
    func expectNoSpace() throws {
      let error = hubError { try bench.fetch(second, with: cache) }
      guard case .noSpace = error else { throw Unexpected(what: "\(String(describing: error))") }
    }
    try expectNoSpace()
    try cache.remove(bench.fixture.repository, revision: first)
    #expect(bench.path(first, cache) != nil)
    #expect(bench.downloads.value == 0)
    peer.end()
    try bench.fetch(second, with: cache)
    #expect(bench.path(first, cache) == nil)
    #expect(bench.path(second, cache) != nil)
    #expect(cache.bytesUsed == Self.modelBytes)
  }

  @Test func whatAnotherProcessIsFetchingCountsBeforeItIsThere() throws {
    let bench = try Bench()
    let (first, second) = (try bench.publish("a"), try bench.publish("b"))
    let quota = 2 * Self.modelBytes - 1
    let peer = try CacheProcess(bench.fixture, bytesMaximum: quota, holds: true)
    peer.tell("fetch \(first.hex)")
    try peer.expect("downloading")
    let cache = try bench.cache(bytesMaximum: quota)
    let error = hubError { try bench.fetch(second, with: cache) }
    guard case .noSpace = error else { throw Unexpected(what: "\(String(describing: error))") }
    #expect(bench.downloads.value == 0)
    peer.end()
    try bench.fetch(second, with: cache)
    #expect(bench.path(second, cache) != nil)
    #expect(cache.bytesUsed <= quota)
  }

  /// Fetches a model, then another one for which the first has to go, and dies at one of the steps of it.
  @Test func aProcessKilledAtAnyStepLeavesAUsefulCache() throws {
    var survived = false
    var step = 0
    while !survived {
      step += 1
      try #require(step < 200)
      let bench = try Bench()
      let (first, second) = (try bench.publish("a"), try bench.publish("b"))
      let peer = try CacheProcess(
        bench.fixture, bytesMaximum: Self.modelBytes, deadlyStep: step)
      survived =
        peer.ask("fetch \(first.hex)") != nil && peer.ask("fetch \(second.hex)") != nil
        && peer.ask("remove \(second.hex)") != nil
      if !survived { peer.end() }
      let cache = try bench.cache(bytesMaximum: Self.modelBytes)
      #expect(cache.bytesUsed <= Self.modelBytes, "step \(step)")
      for revision in [first, second] {
        if let folder = bench.path(revision, cache) {
          let names = try FileManager.default.contentsOfDirectory(atPath: folder)
          #expect(names.count == 4, "step \(step)")
          #expect(try cache.verify(bench.fixture.repository, revision: revision), "step \(step)")
        }
      }
      for revision in [second, first] {
        try bench.fetch(revision, with: cache)
        #expect(try cache.verify(bench.fixture.repository, revision: revision), "step \(step)")
        #expect(cache.bytesUsed == Self.modelBytes, "step \(step)")
      }
      #expect(bench.names("partial").isEmpty, "step \(step)")
      #expect(bench.names("models").count == 1, "step \(step)")
      try bench.expectBlobsAreRight()
      // What was whole when the process died is not fetched again: six files, of which it may have had some.
      #expect(bench.downloads.value <= 6, "step \(step)")
    }
    #expect(step > CacheStep.allCases.count)
  }

  @Test func aProcessKilledInTheMiddleOfAFileLeavesItsBeginning() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let peer = try CacheProcess(bench.fixture, holds: true)
    peer.tell("fetch \(revision.hex)")
    try peer.expect("downloading")
    peer.tell("go on")
    try peer.expect("downloading")
    peer.end()
    #expect(bench.names("partial").count == 1)
    let cache = try bench.cache()
    #expect(cache.bytesUsed > 0)
    try bench.fetch(revision, with: cache)
    // The first file is whole and checked: it is not fetched again.
    #expect(bench.downloads.value == 2)
    #expect(try cache.verify(bench.fixture.repository, revision: revision))
    #expect(bench.names("partial").isEmpty)
    #expect(cache.bytesUsed == Self.modelBytes)
  }

  @Test func processesWithoutEndShareTheQuota() async throws {
    let bench = try Bench()
    let models = try ["a", "b", "c", "d"].map { try bench.publish($0) }
    let quota = 2 * Self.modelBytes
    let cache = try bench.cache(bytesMaximum: quota)
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<3 {
        group.addTask {
          #expect(throws: Never.self) {
            let peer = try CacheProcess(bench.fixture, bytesMaximum: quota)
            for turn in 0..<8 {
              let answer = peer.ask("fetch \(models[(turn + worker) % 4].hex)") ?? "died"
              #expect(answer.hasPrefix("fetched") || answer.contains("are needed"), "\(answer)")
              #expect(cache.bytesUsed <= quota)
            }
          }
        }
      }
    }
    for model in models where bench.path(model, cache) != nil {
      #expect(try cache.verify(bench.fixture.repository, revision: model))
    }
    try bench.expectBlobsAreRight()
  }

  // MARK: Several files at a time

  @Test func filesOfAModelArriveSideBySide() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let arrived = Guarded(0)
    let cache = try bench.cache()
    try bench.fetch(revision, with: cache) { _, _ in
      // Each waits until all three are under way: one after the other, nobody would go on.
      arrived.update { $0 += 1 }
      let all = arrived.wait(until: Monotonic.seconds + 30) { $0 == 3 ? true : nil }
      if all == nil { throw HubError.unreachable(source: "hub", reason: "alone") }
    }
    #expect(try cache.verify(bench.fixture.repository, revision: revision))
  }

  @Test func theFirstErrorEndsTheOtherFiles() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let onDownload: @Sendable (HubEntry, HubTransfer) throws -> Void = { entry, transfer in
      if entry.name.hasSuffix(".json") {
        throw HubError.unreachable(source: "hub", reason: "gone")
      }
      let ended = Guarded(false)
      let id = transfer.cancellation.register { ended.update { $0 = true } }
      defer { transfer.cancellation.remove(id) }
      if transfer.cancellation.isCancelled { return }
      _ = ended.wait(until: Monotonic.seconds + 30) { $0 ? true : nil }
      #expect(transfer.cancellation.isCancelled)
    }
    let cache = try bench.cache()
    let error = hubError { try bench.fetch(revision, with: cache, onDownload: onDownload) }
    guard case .unreachable(_, let reason) = error, reason.contains("gone") else {
      throw Unexpected(what: "\(String(describing: error))")
    }
    #expect(bench.path(revision, cache) == nil)
  }
}
