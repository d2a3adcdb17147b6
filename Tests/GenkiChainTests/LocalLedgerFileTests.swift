import Dispatch
import Foundation
import GRDB
import GenkiChain
import GenkiCore
import Glibc
import TestSupport
import Testing

@Suite("The embedded chain's ledger file")
struct LocalLedgerFileTests {
  private let folder: TemporaryFolder
  private let clock = TestClock()

  init() throws { folder = try TemporaryFolder() }

  private func open(seconds: Double = 12) throws -> LocalChain {
    let clock = clock
    return try LocalChain(
      path: folder.file("a/b/ledger.sqlite"), netuid: 7, blockSeconds: seconds,
      now: { clock.now })
  }

  @Test func theClockSealsBlocks() throws {
    let chain = try open()
    #expect(try chain.head().number == 0)
    clock.advance(11.9)
    #expect(try chain.head().number == 0)
    clock.advance(0.2)
    #expect(try chain.head().number == 1)
    clock.advance(36)
    #expect(try open().head().number == 4)
    #expect(try chain.block(number: 4) == chain.head())
    #expect(LocalChainSample.refusal { try chain.seal(count: 1) } == "SealedByClock")
  }

  @Test func whatWaitsIsInTheFirstBlockThatIsDue() throws {
    let chain = try open()
    let (hotkey, coldkey) = try (LocalChainSample.key(1), LocalChainSample.key(2))
    try chain.register(hotkey: hotkey, coldkey: coldkey)
    clock.advance(120)
    let head = try chain.head()
    #expect(head.number == 10)
    #expect(try chain.metagraph(at: head).neurons.map(\.registeredAt) == [1])
  }

  @Test func aClockSetBackChangesNothingAndGoesOnFromThere() throws {
    let chain = try open()
    clock.advance(120)
    let head = try chain.head()
    clock.advance(-1_000_000)
    #expect(try chain.head() == head)
    clock.advance(12)
    #expect(try chain.head().number == 11)
    clock.advance(-5)
    #expect(try open().head().number == 11)
    clock.advance(17)
    #expect(try chain.head().number == 12)
  }

  @Test func aClockWithoutSenseSealsNothing() throws {
    for time in [Double.nan, .infinity, -.infinity, 1e300] {
      let chain = try LocalChain(
        path: folder.file("nonsense.sqlite"), netuid: 7, blockSeconds: 1, now: { time })
      #expect(try chain.head().number == 0)
    }
  }

  @Test func daysOfDowntimeAreEmptyBlocks() throws {
    _ = try open()
    clock.advance(3 * 86_400)
    let chain = try open()
    #expect(try chain.head().number == 21_600)
    #expect(try chain.block(number: 12_345) != nil)
    clock.advance(12)
    #expect(try chain.head().number == 21_601)
  }

  @Test func aLedgerSealedByHandCanContinueByClock() throws {
    let hand = try open(seconds: 0)
    clock.advance(1000)
    try hand.seal(count: 2)
    let chain = try open()
    #expect(try chain.head().number == 2)
    clock.advance(12)
    #expect(try chain.head().number == 3)
    #expect(try hand.head().number == 3)
  }

  @Test func manyInstancesSealAndSubmitAtOnce() throws {
    let clock = clock
    let path = folder.file("shared.sqlite")
    let failures = TestList()
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      do {
        let chain = try LocalChain(path: path, netuid: 7, blockSeconds: 1, now: { clock.now })
        let signer = try LocalChainSample.signer(UInt8(worker + 1))
        try chain.register(hotkey: signer.address, coldkey: signer.address)
        for step in 0..<20 {
          clock.advance(0.5)
          let extrinsic = try chain.makeExtrinsic(
            LocalChainSample.commit("\(worker) \(step)"), nonce: UInt64(step), signer: signer)
          try chain.submit(extrinsic)
        }
        clock.advance(1)
        _ = try chain.head()
      } catch {
        failures.append("\(error)")
      }
    }
    #expect(failures.all == [])
    clock.advance(5)
    let chain = try LocalChain(path: path, netuid: 7, blockSeconds: 1, now: { clock.now })
    let head = try chain.head()
    #expect(head.number == 49, "4 workers, 20 steps of half a second, 4 and 5 seconds")
    #expect(try chain.commitments(at: head).count == 4)
    #expect(try chain.pendingCount() == 0)
    for worker in 1...4 as ClosedRange<UInt8> {
      #expect(try chain.nextNonce(of: LocalChainSample.key(worker)) == 20)
    }
    for number in 0...head.number { #expect(try chain.block(number: number) != nil) }
  }

  @Test func twoInstancesSealByHandAtOnce() throws {
    let path = folder.file("hand.sqlite")
    let failures = TestList()
    DispatchQueue.concurrentPerform(iterations: 2) { _ in
      do {
        let chain = try LocalChain(path: path, netuid: 7, blockSeconds: 0, now: { 0 })
        for _ in 0..<50 { try chain.seal(count: 1) }
      } catch {
        failures.append("\(error)")
      }
    }
    #expect(failures.all == [])
    let chain = try LocalChain(path: path, netuid: 7, blockSeconds: 0, now: { 0 })
    #expect(try chain.head().number == 100)
    #expect(try chain.head() == LocalChainSample().chain.seal(count: 100))
  }

  @Test func filesHaveTheModeThatTheUmaskLeaves() throws {
    let chain = try open()
    _ = try chain.head()
    let plain = folder.file("plain")
    close(Glibc.open(plain, O_CREAT | O_RDWR, 0o666))
    mkdir(folder.file("plain folder"), 0o777)
    let mode = try mode(plain)
    for name in ["", "-wal", "-shm", ".lock"] {
      #expect(try self.mode(folder.file("a/b/ledger.sqlite\(name)")) == mode)
    }
    #expect(try self.mode(folder.file("a/b")) == self.mode(folder.file("plain folder")))
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? NSNumber).intValue
  }

  @Test func aTinyIntervalIsNotTakenLiterally() throws {
    let chain = try open(seconds: 1e-300)
    #expect(chain.blockSeconds == LocalChain.blockSecondsMinimum)
    clock.advance(1.005)
    #expect(try chain.head().number == 100)
  }

  @Test func aNewerLedgerIsRefused() throws {
    let path = folder.file("newer.sqlite")
    try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 99") }
    #expect(throws: ChainError.newerLedger(path: path)) {
      try LocalChain(path: path, netuid: 7, blockSeconds: 0, now: { 0 })
    }
  }

  @Test func aLedgerOfTheTimeBeforeSignaturesIsRefused() throws {
    let path = folder.file("older.sqlite")
    try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 1") }
    do {
      _ = try LocalChain(path: path, netuid: 7, blockSeconds: 0, now: { 0 })
      Issue.record("it was opened")
    } catch let error as ChainError {
      #expect(error.what == "ledger \(path) cannot be used")
      #expect(error.why.contains("verified no signatures"))
      #expect(error.advice?.contains("chain.local.path") == true)
    }
  }

  @Test func aFileThatIsNoLedgerIsDamaged() throws {
    let path = try folder.write(String(repeating: "not a ledger ", count: 500), to: "x.sqlite")
    do {
      _ = try LocalChain(path: path, netuid: 7, blockSeconds: 0, now: { 0 })
      Issue.record("it was opened")
    } catch ChainError.damaged(let source, _) {
      #expect(source == path)
    }
  }

  @Test(arguments: [
    "UPDATE neuron SET hotkey = x'00'", "UPDATE neuron SET stake = -1",
    "UPDATE neuron SET incentive = 70000", "UPDATE neuron SET weights = x'000000'",
  ])
  func damagedRowsAreErrors(change: String) throws {
    let sample = try LocalChainSample()
    try sample.populate(1)
    try DatabaseQueue(path: sample.path).write { try $0.execute(sql: change) }
    #expect(throws: (any Error).self) {
      try sample.chain.metagraph(at: sample.chain.head())
    }
  }

  @Test func aFolderThatCannotBeMadeIsUnreachable() throws {
    let file = try folder.write("x", to: "file")
    do {
      _ = try LocalChain(path: "\(file)/ledger", netuid: 7, blockSeconds: 0, now: { 0 })
      Issue.record("it was opened")
    } catch let error as ChainError {
      #expect(error.isTransient)
    }
  }
}

/// A list that several threads append to.
final class TestList: @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []

  var all: [String] { lock.withLock { texts } }

  func append(_ text: String) { lock.withLock { texts.append(text) } }
}
