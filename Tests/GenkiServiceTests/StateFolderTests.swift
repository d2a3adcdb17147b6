import Foundation
import GenkiCore
import GenkiService
import TestSupport
import Testing

@Suite struct StateFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  @Test func itIsMadePrivateWithItsParents() throws {
    let state = try StateFolder(path: folder.file("a/b/miner"))
    #expect(try mode(state.path) == 0o700)
    let jobs = try state.folder(.jobs)
    #expect(try state.folder(.jobs) == jobs)
    #expect(try mode(jobs) == 0o700)
    #expect(try state.freeBytes() > 0)
    #expect(state.database == state.path + "/state.sqlite")
  }

  @Test func aFolderThatOthersCanReadIsClosedToThem() throws {
    let path = folder.file("open")
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    let state = try StateFolder(path: path)
    #expect(try mode(state.path) == 0o700)
  }

  @Test func aSecondDaemonIsToldWhoHasIt() throws {
    let path = folder.file("miner")
    let first = try StateFolder(path: path)
    let error = #expect(throws: StateFolderError.self) { try StateFolder(path: path) }
    #expect(error == .inUse(path: path, pid: getpid()))
    #expect(error?.kind == .temporary)
    #expect(error?.description.contains("process id \(getpid())") == true)
    first.unlock()
    let second = try StateFolder(path: path)
    second.unlock()
  }

  @Test func aFileOrALinkInItsPlaceIsRefused() throws {
    try folder.write("", to: "file")
    #expect(throws: StateFolderError.self) { try StateFolder(path: self.folder.file("file")) }
    #expect(throws: StateFolderError.self) { try StateFolder(path: self.folder.file("file/x")) }
    let linked = folder.file("linked")
    try FileManager.default.createDirectory(atPath: linked, withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: "\(linked)/lock", withDestinationPath: folder.file("file"))
    #expect(throws: StateFolderError.self) { try StateFolder(path: linked) }
  }

  @Test func memoryIsWhatTheKernelSays() throws {
    let memory = try #require(ProcessMemory.current())
    #expect(memory.residentBytes > 1 << 20)
    #expect(memory.residentBytesMaximum >= memory.residentBytes)
    let read = ProcessMemory(status: "Name:\tx\nVmHWM:\t  20 kB\nVmRSS:\t  10 kB\n")
    #expect(read?.residentBytes == 10240)
    #expect(ProcessMemory(status: "VmRSS: x") == nil)
    let start = MonotonicClock.nanoseconds()
    #expect(MonotonicClock.nanoseconds() >= start)
  }

  @Test func signalsBecomeCalls() throws {
    let stops = Collected<Int32>()
    let reloads = Collected<Bool>()
    let signals = try ShutdownSignal(
      onStop: { stops.append($0) }, onReload: { reloads.append(true) })
    kill(getpid(), SIGHUP)
    #expect(reloads.wait(count: 1).count == 1)
    kill(getpid(), SIGTERM)
    #expect(stops.wait(count: 1) == [SIGTERM])
    // From here a second one would end this process.
    withExtendedLifetime(signals) {}
  }
}
