import Foundation
import GenkiCore
import GenkiRPC
import Synchronization
import TestSupport
import Testing

/// Whatever peers send, the daemon answers the next one. `GENKI_TEST_SEED` replays a run.
///
/// Memory can be judged only where nothing else runs in the process: `deploy/test` runs this suite once
/// more by itself, with `GENKI_TEST_ALONE=1`.
@Suite(.serialized) struct HostileTests {
  private static let seed =
    ProcessInfo.processInfo.environment["GENKI_TEST_SEED"]
    .flatMap { UInt64($0) } ?? UInt64(Date().timeIntervalSince1970)
  private static let requests = 100_000
  private static let peers = 4
  private static let burst = 250
  private static let memoryBytesMaximum = 192 << 20
  private static let answerSeconds = 2.0

  @Test func aHundredThousandBadRequestsLeaveItWell() throws {
    let seed = Self.seed
    let daemon = try TestDaemon()
    try daemon.client().call("status")
    let before = try Self.residentBytes()
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: Self.peers) { peer in
      do {
        try Self.attack(daemon.socket, seed: seed &+ UInt64(peer), Self.requests / Self.peers)
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    #expect(failures.withLock { $0 } == [], "GENKI_TEST_SEED=\(seed)")
    try Self.expectWell(daemon, "GENKI_TEST_SEED=\(seed)")
    try Self.expectSmall(growthSince: before, "GENKI_TEST_SEED=\(seed)")
  }

  @Test func twoHundredPeersOfAllKindsLeaveItWell() throws {
    var limits = RPCLimits()
    limits.lineSeconds = 0.3
    limits.stallSeconds = 0.3
    let daemon = try TestDaemon(limits: limits)
    let before = try Self.residentBytes()
    let big = #"{"jsonrpc":"2.0","id":1,"method":"big","params":[400000]}"# + "\n"
    var peers: [RawSocket] = []
    for number in 0..<200 {
      guard let peer = try? RawSocket(daemon.socket) else { continue }
      switch number % 5 {
      case 0: break
      case 1: _ = peer.push("{\"jsonrpc\":\"2.".utf8)
      case 2: _ = peer.push((big + big + big).utf8)
      case 3: _ = peer.push([UInt8](repeating: 0x5B, count: 150_000))
      default:
        _ = peer.push("[1]".utf8)
        peer.endSending()
      }
      peers.append(peer)
    }
    // Readers have connections of their own while the others hold all of the operators'.
    let start = ContinuousClock.now
    let reader = try RPCClient(socketPath: daemon.readSocket, timeoutSeconds: 10)
    #expect(try reader.call("status")["state"] == "well")
    #expect(ContinuousClock.now - start < .seconds(Self.answerSeconds))
    peers = []
    try eventually { (try? daemon.client().call("status")["state"]) == "well" }
    try eventually { daemon.server.connectionCount <= 1 }
    try Self.expectSmall(growthSince: before, "200 peers")
  }

  @Test func aRequestOfTheFullMebibyteIsNothingSpecial() throws {
    let daemon = try TestDaemon()
    let socket = try RawSocket(daemon.socket)
    let start = #"{"jsonrpc":"2.0","id":1,"method":"echo","params":[""#
    let filling = [UInt8](
      repeating: 0x61, count: RPCLimits().requestBytes - start.utf8.count - 3)
    try socket.send(Array(start.utf8) + filling + Array("\"]}\n".utf8))
    #expect(try socket.line()?.hasPrefix(#"{"jsonrpc":"2.0","id":1,"result":"aaaa"#) == true)
    let crowded = [UInt8](repeating: 0x5B, count: 1000) + [UInt8](repeating: 0x31, count: 1_000_000)
    try socket.send(crowded + [0x0A])
    #expect(try socket.line()?.contains("-32700") == true)
    try Self.expectWell(daemon, "")
  }

  // MARK: - The attack

  /// Bursts of mutated requests; after each burst the connection, or a new one, answers a mark.
  private static func attack(_ path: String, seed: UInt64, _ count: Int) throws {
    var mutations = Mutations(seed: seed)
    var socket = try RawSocket(path)
    var number = 0
    while number < count {
      var bytes: [UInt8] = []
      for _ in 0..<burst { bytes += mutations.next() + [0x0A] }
      number += burst
      let mark = "~\(number)~"
      bytes += Array(#"{"jsonrpc":"2.0","id":"\#(mark)","method":"status"}"#.utf8) + [0x0A]
      let isOpen = try socket.send(bytes) && socket.skip(to: mark)
      if !isOpen { throw RawSocket.Failure(description: "closed before \(mark)") }
      if mutations.random.next() % 4 == 0 { socket = try RawSocket(path) }
    }
  }

  private static func expectWell(_ daemon: TestDaemon, _ hint: String) throws {
    let start = ContinuousClock.now
    #expect(try daemon.client().call("status")["state"] == "well", "\(hint)")
    #expect(ContinuousClock.now - start < .seconds(answerSeconds), "\(hint)")
  }

  private static func expectSmall(growthSince before: Int, _ comment: String) throws {
    guard ProcessInfo.processInfo.environment["GENKI_TEST_ALONE"] == "1" else { return }
    let growth = try residentBytes() - before
    #expect(growth < memoryBytesMaximum, "grew by \(growth >> 20) MiB, \(comment)")
  }

  private static func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.split(separator: " ").dropFirst().first ?? "")) << 10
  }
}

/// Requests that are wrong in one way or another, the same for the same seed.
private struct Mutations {
  struct Random: RandomNumberGenerator {
    var state: UInt64

    /// SplitMix64.
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  var random: Random

  private static let seeds: [[UInt8]] = [
    #"{"jsonrpc":"2.0","id":1,"method":"status"}"#,
    #"{"jsonrpc":"2.0","id":"x","method":"sum","params":{"a":1,"b":-2}}"#,
    #"{"jsonrpc":"2.0","id":null,"method":"echo","params":[[1,2,{"x":"\u00e4\ud83d\ude00"}]]}"#,
    #"[{"jsonrpc":"2.0","id":1,"method":"status"},{"jsonrpc":"2.0","method":"sum"},3]"#,
    #"{"jsonrpc":"2.0","id":7,"method":"fail","params":["secret"]}"#,
    #"{"jsonrpc":"2.0","id":8,"method":"rpc.unsubscribe","params":[1]}"#,
  ].map { Array($0.utf8) }
  private static let pieces: [[UInt8]] =
    [
      "[", "]", "{", "}", "\"", "\\", ":", ",", "null", "1e999", "-", "0x", "\\u0000", "\\ud800",
      "99999999999999999999999", "\"jsonrpc\":\"2.0\"", "\"id\":[]", "\"method\":{}", "\u{0}",
      "\u{FEFF}", "NaN", "//", "'", "\r", "\u{2028}",
    ].map { Array($0.utf8) } + [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
    ]

  init(seed: UInt64) { random = Random(state: seed) }

  mutating func next() -> [UInt8] {
    var bytes = Self.seeds.randomElement(using: &random) ?? []
    for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes) }
    return bytes
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    switch random.next() % 8 {
    case 0: bytes = Array(bytes.prefix(place))
    case 1: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
    case 2 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.next() % 8)
    case 3 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 3))
    case 4:
      let depth = Int.random(in: 1...60, using: &random)
      bytes.insert(contentsOf: [UInt8](repeating: 0x5B, count: depth), at: place)
    case 5: bytes = [0x5B] + bytes + [0x2C] + bytes + [0x5D]
    case 6: bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
    default: bytes.insert(contentsOf: [0x0D, 0x0A, 0x20], at: place)
    }
    if bytes.count > 2000 { bytes = Array(bytes.prefix(2000)) }
  }
}
