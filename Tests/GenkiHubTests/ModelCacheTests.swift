import Foundation
import GenkiCore
import GenkiHub
import Glibc
import TestSupport
import Testing

/// Fetched models on disk: whole, resumed, repaired, evicted in the order of use.
@Suite struct ModelCacheTests {
  private static let limits = FileLimits(bytesTotal: 1 << 20)

  /// A cache and a hub with published models.
  private struct Bench {
    let fixture: HubFixture
    let downloads = Shared<[String]>([])

    init() throws { fixture = try HubFixture() }

    func cache(bytesMaximum: Int = 1 << 20, availableBytes: Int? = nil) throws -> ModelCache {
      try ModelCache(
        folder: fixture.folder.file("cache"), bytesMaximum: bytesMaximum, downloadsAtOnce: 1,
        availableBytes: { _ in availableBytes })
    }

    /// Publishes a sharded model of 100 + 50 + 10 bytes.
    func publish(_ letter: String) throws -> Revision {
      try fixture.publish([
        "model-00001-of-00002.safetensors": String(repeating: letter, count: 100),
        "model-00002-of-00002.safetensors": String(repeating: letter, count: 50),
        "model.safetensors.index.json": String(repeating: letter, count: 10),
      ])
    }

    @discardableResult
    func fetch(
      _ revision: Revision, with cache: ModelCache,
      decide: @escaping @Sendable (FaultyHub.Call) -> FaultyHub.Fault = { _ in .none }
    ) throws -> String {
      let hub = try FaultyHub(inner: fixture.hub("validator")) { call in
        if call == .download { downloads.change { $0.append("x") } }
        return decide(call)
      }
      let files = try SubmissionFiles(
        listing: hub.list(fixture.repository, revision: revision), limits: limits)
      return try cache.fetch(
        hub: hub, repository: fixture.repository, revision: revision, files: files.entries,
        limits: limits
      ) { #expect($0.bytesDone <= $0.bytesTotal) }
    }

    func isCached(_ revision: Revision, _ cache: ModelCache) -> Bool {
      cache.path(fixture.repository, revision: revision) != nil
    }
  }

  @Test func aModelIsFetchedOnceAndCannotBeWritten() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let cache = try bench.cache()
    #expect(!bench.isCached(revision, cache))
    let folder = try bench.fetch(revision, with: cache)
    #expect(bench.downloads.value.count == 3)
    #expect(try bench.fetch(revision, with: cache) == folder)
    #expect(bench.downloads.value.count == 3)
    #expect(cache.path(bench.fixture.repository, revision: revision) == folder)
    #expect(cache.bytesUsed == 160)
    #expect(try cache.verify(bench.fixture.repository, revision: revision))
    let path = "\(folder)/model-00001-of-00002.safetensors"
    #expect(try TextFile.readString(path, sizeLimit: 100) == String(repeating: "a", count: 100))
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o222 } == 0)
  }

  @Test func anotherProcessFindsTheModel() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    do {
      let cache = try bench.cache()
      try bench.fetch(revision, with: cache)
      #expect(cache.bytesUsed == 160)
      // Two of them share the folder.
      let other = try bench.cache()
      #expect(bench.isCached(revision, other))
      #expect(other.bytesUsed == 160)
    }
    let cache = try bench.cache()
    #expect(cache.bytesUsed == 160)
    #expect(bench.isCached(revision, cache))
    try bench.fetch(revision, with: cache)
    #expect(bench.downloads.value.count == 3)
  }

  @Test func aFetchThatWasCutOffGoesOnWithTheFileItWasAt() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let calls = Shared(0)
    do {
      let cache = try bench.cache()
      let error = hubError {
        try bench.fetch(revision, with: cache) { call in
          guard call == .download else { return .none }
          return calls.change { count in
            count += 1
            return count == 2
          } ? .before : .none
        }
      }
      #expect(error?.isTransient == true)
      #expect(!bench.isCached(revision, cache))
      #expect(cache.bytesUsed == 100)
    }
    // What a killed download leaves.
    let key = ModelCache.key(bench.fixture.repository, revision)
    try bench.fixture.folder.write("half", to: "cache/\(key)/.model.1x.tmp")
    let cache = try bench.cache()
    #expect(!bench.isCached(revision, cache))
    let folder = try bench.fetch(revision, with: cache)
    #expect(bench.downloads.value.count == 4)
    #expect(cache.bytesUsed == 160)
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/.model.1x.tmp"))
  }

  @Test func aDownloadWhoseReplyWasLostIsNotRepeated() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let cache = try bench.cache()
    let error = hubError {
      try bench.fetch(revision, with: cache) { $0 == .download ? .lostReply : .none }
    }
    #expect(error?.isTransient == true)
    try bench.fetch(revision, with: cache)
    #expect(bench.downloads.value.count == 3)
  }

  @Test(arguments: ["shorter", "other", "missing", "link", "marker"])
  func whatIsWrongOnDiskIsFetchedAnew(wrong: String) throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let cache = try bench.cache()
    let folder = try bench.fetch(revision, with: cache)
    let path = "\(folder)/model-00001-of-00002.safetensors"
    switch wrong {
    case "shorter": try bench.fixture.overwrite(path, with: "a")
    case "other": try bench.fixture.overwrite(path, with: String(repeating: "b", count: 100))
    case "missing": try FileManager.default.removeItem(atPath: path)
    case "link":
      try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/../moved")
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: "\(folder)/../moved")
    default: try bench.fixture.overwrite("\(folder)/complete", with: "[]")
    }
    #expect(!bench.isCached(revision, cache))
    try bench.fetch(revision, with: cache)
    // The content lies among the blobs as it was.
    #expect(bench.downloads.value.count == 3)
    #expect(bench.isCached(revision, cache))
    #expect(try cache.verify(bench.fixture.repository, revision: revision))
    #expect(cache.bytesUsed == 160)
  }

  @Test func aChangeThatKeepsSizeAndTimeIsFoundByVerifying() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let cache = try bench.cache()
    let folder = try bench.fetch(revision, with: cache)
    let path = "\(folder)/model-00001-of-00002.safetensors"
    var before = stat()
    #expect(stat(path, &before) == 0)
    try bench.fixture.overwrite(path, with: String(repeating: "b", count: 100))
    let times = [before.st_atim, before.st_mtim]
    #expect(utimensat(AT_FDCWD, path, times, 0) == 0)
    #expect(bench.isCached(revision, cache))
    #expect(try !cache.verify(bench.fixture.repository, revision: revision))
    #expect(!bench.isCached(revision, cache))
    try bench.fetch(revision, with: cache)
    #expect(try cache.verify(bench.fixture.repository, revision: revision))
    #expect(bench.downloads.value.count == 3)
  }

  @Test func theLeastRecentlyUsedGoesFirstAndThePinnedNever() throws {
    let bench = try Bench()
    let models = try ["a", "b", "c", "d", "e"].map { try bench.publish($0) }
    let cache = try bench.cache(bytesMaximum: 3 * 160)
    let repository = bench.fixture.repository
    let cached = {
      models.map {
        bench.fixture.folder.file("cache/models/\(ModelCache.key(repository, $0))/complete")
      }
      .map { FileManager.default.fileExists(atPath: $0) }
    }
    cache.pin(repository, revision: models[1])
    for model in models[0...2] { try bench.fetch(model, with: cache) }
    #expect(bench.isCached(models[0], cache), "a use")
    try bench.fetch(models[3], with: cache)
    #expect(cached() == [true, true, false, true, false])
    try bench.fetch(models[4], with: cache)
    #expect(cached() == [false, true, false, true, true])
    cache.pin(repository, revision: models[3])
    cache.pin(repository, revision: models[4])
    #expect(throws: HubError.noSpace(path: cache.folder, needed: 160)) {
      try bench.fetch(models[0], with: cache)
    }
    #expect(cached() == [false, true, false, true, true])
    cache.unpin(repository, revision: models[1])
    try bench.fetch(models[0], with: cache)
    #expect(cached() == [true, false, false, true, true])
    #expect(cache.bytesUsed == 3 * 160)
  }

  @Test func theOrderOfUseOutlivesTheProcess() throws {
    let bench = try Bench()
    let models = try ["a", "b", "c"].map { try bench.publish($0) }
    let repository = bench.fixture.repository
    do {
      let cache = try bench.cache(bytesMaximum: 2 * 160)
      for model in models[0...1] { try bench.fetch(model, with: cache) }
    }
    for (index, model) in models[0...1].enumerated() {
      let marker = bench.fixture.folder.file(
        "cache/models/\(ModelCache.key(repository, model))/complete")
      let time = timespec(tv_sec: 1_000_000 - index, tv_nsec: 0)
      #expect(utimensat(AT_FDCWD, marker, [time, time], 0) == 0)
    }
    let cache = try bench.cache(bytesMaximum: 2 * 160)
    try bench.fetch(models[2], with: cache)
    #expect(bench.isCached(models[0], cache))
    #expect(!bench.isCached(models[1], cache))
  }

  @Test func withoutRoomNothingIsDownloadedAndNothingEvicted() throws {
    let bench = try Bench()
    let small = try bench.publish("a")
    let large = try bench.fixture.publish(["model.safetensors": String(repeating: "x", count: 500)])
    let cache = try bench.cache(bytesMaximum: 499)
    try bench.fetch(small, with: cache)
    let before = bench.downloads.value.count
    #expect(throws: HubError.noSpace(path: cache.folder, needed: 500)) {
      try bench.fetch(large, with: cache)
    }
    #expect(bench.downloads.value.count == before)
    #expect(bench.isCached(small, cache))
  }

  @Test func theDiskIsAskedBeforeTheFirstByte() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    do {
      let cache = try bench.cache(availableBytes: DiskSpace.headroomBytes + 159)
      let error = hubError { try bench.fetch(revision, with: cache) }
      #expect(error == .noSpace(path: cache.folder, needed: 160))
      #expect(error?.isTransient == true)
      #expect(bench.downloads.value.isEmpty)
    }
    let cache = try bench.cache(availableBytes: DiskSpace.headroomBytes + 160)
    try bench.fetch(revision, with: cache)
  }

  @Test func aRemovedModelStaysReadableWhereItIsMapped() throws {
    let bench = try Bench()
    let revision = try bench.publish("a")
    let cache = try bench.cache()
    let folder = try bench.fetch(revision, with: cache)
    cache.pin(bench.fixture.repository, revision: revision)
    let mapped = try MappedFile(path: "\(folder)/model-00001-of-00002.safetensors")
    try cache.remove(bench.fixture.repository, revision: revision)
    try cache.remove(bench.fixture.repository, revision: revision)
    #expect(mapped.bytes.allSatisfy { $0 == UInt8(ascii: "a") })
    #expect(cache.bytesUsed == 0)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test func moreFilesOfAModelJoinThoseThatAreThere() throws {
    let bench = try Bench()
    let fixture = bench.fixture
    let revision = try fixture.publish([
      "model.safetensors": "weights", "config.json": "{}", "tokenizer.json": "[]",
    ])
    let cache = try bench.cache()
    let folder = try bench.fetch(revision, with: cache)
    let hub = try fixture.hub("validator")
    let base = try BaseFiles(
      listing: hub.list(fixture.repository, revision: revision), limits: Self.limits,
      needsManifest: false)
    try cache.fetch(
      hub: hub, repository: fixture.repository, revision: revision, files: base.entries,
      limits: Self.limits, progress: { _ in })
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(names == ["complete", "config.json", "model.safetensors", "tokenizer.json"])
    // The smaller set is still complete, and the larger one is not forgotten.
    try bench.fetch(revision, with: cache)
    #expect(CacheMarker(folder: folder)?.files.count == 3)
    #expect(bench.downloads.value.count == 1)
  }

  @Test(arguments: ["../../x", "x.bin", "complete", "", "a/b"])
  func namesOffTheListAreNeverWritten(name: String) throws {
    let bench = try Bench()
    let revision = try bench.fixture.publish(["model.safetensors": "1"])
    let cache = try bench.cache()
    let error = hubError {
      try cache.fetch(
        hub: bench.fixture.hub(), repository: bench.fixture.repository, revision: revision,
        files: [HubEntry(name: name, bytes: 1, digest: nil)], limits: Self.limits,
        progress: { _ in })
    }
    guard case .invalid = error else { throw Unexpected(what: "\(String(describing: error))") }
    #expect(cache.bytesUsed == 0)
  }

  @Test func fetchesOfManyThreadsKeepTheQuota() async throws {
    let bench = try Bench()
    let models = try ["a", "b", "c", "d"].map { try bench.publish($0) }
    let cache = try bench.cache(bytesMaximum: 2 * 160)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<12 {
        group.addTask {
          // Without room because the others are at work is an answer, too.
          let error = hubError { try bench.fetch(models[number % 4], with: cache) }
          #expect(error == nil || error?.isTransient == true)
        }
      }
    }
    #expect(cache.bytesUsed <= 2 * 160)
    #expect(models.contains { bench.isCached($0, cache) })
    for model in models where bench.isCached(model, cache) {
      #expect(try cache.verify(bench.fixture.repository, revision: model))
    }
  }
}
