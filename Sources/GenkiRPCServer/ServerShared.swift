import Foundation
import GenkiCore
import GenkiRPC
import NIOCore
import Synchronization

/// What the connections of a server have in common.
final class ServerShared: Sendable {
  let table: RPCMethodTable
  let pool: RequestPool
  /// Bytes that wait for peers, all connections together.
  let outgoingBytes = Atomic(0)
  private let stopping = Atomic(false)
  private let registry = Registry()

  init(table: RPCMethodTable) {
    self.table = table
    pool = RequestPool(threads: table.limits.threads)
  }

  var limits: RPCLimits { table.limits }
  var isStopping: Bool { stopping.load(ordering: .acquiring) }
  var connectionCount: Int { registry.all.count }

  /// How often connections look at their clocks.
  var tickSeconds: Double {
    let shortest = min(limits.stallSeconds, limits.lineSeconds, limits.idleSeconds)
    return min(1, max(0.01, shortest / 4))
  }

  func log(_ level: RPCLogEntry.Level, _ message: String, _ fields: [String: String] = [:]) {
    table.log(RPCLogEntry(level, message, fields))
  }

  /// Takes a new connection, or says to its peer that there are too many.
  func accept(_ channel: any Channel, access: RPCMethod.Access) -> EventLoopFuture<Void> {
    peer(of: channel).flatMapThrowing { peer in
      let port = ConnectionPort(channel: channel, shared: self)
      guard self.registry.add(port, access: access, maximum: self.limits.connections) else {
        self.log(
          .warning, "a connection is refused: there are too many", ["pid": "\(peer.process)"])
        try channel.pipeline.syncOperations.addHandler(
          RefusalHandler("more than \(self.limits.connections) connections"))
        return
      }
      let connection = RPCConnection(
        shared: self, port: port, caller: RPCCaller(peer: peer, access: access, host: port))
      try channel.pipeline.syncOperations.addHandler(connection)
    }
  }

  /// Who is at the other end, by SO_PEERCRED.
  private func peer(of channel: any Channel) -> EventLoopFuture<RPCPeer> {
    /// `struct ucred`, which Swift's Glibc does not show.
    struct Credentials: Sendable {
      var process: Int32 = 0
      var user: UInt32 = .max
      var group: UInt32 = .max
    }
    guard let options = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
    let name = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
    let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
      level: .socket, name: name)
    return credentials.map { RPCPeer(process: $0.process, user: $0.user, group: $0.group) }
  }

  /// A connection is gone.
  func remove(_ port: ConnectionPort) { registry.remove(port) }

  /// Lets every connection look at the clock.
  func tick() {
    let now = NIODeadline.now()
    for port in registry.all { port.run { $0.check(now) } }
  }

  /// Lets answers in flight out, then closes all connections and ends the threads.
  func stop(until deadline: Date) {
    stopping.store(true, ordering: .releasing)
    for port in registry.all {
      port.finishStreams(.shuttingDown)
      // After the last words, which were handed to the event loop.
      port.run { $0.advance() }
    }
    if !registry.waitUntilEmpty(deadline) {
      let left = registry.all
      log(.warning, "connections are cut off by the stop", ["connections": "\(left.count)"])
      for port in left { port.close() }
    }
    if !pool.close(until: deadline) {
      log(.warning, "a request is still carried out at the stop")
    }
  }
}

/// The connections there are.
private final class Registry: @unchecked Sendable {
  private let condition = NSCondition()
  private var ports: [ObjectIdentifier: (port: ConnectionPort, access: RPCMethod.Access)] = [:]

  var all: [ConnectionPort] {
    condition.lock()
    defer { condition.unlock() }
    return ports.values.map(\.port)
  }

  /// False if the socket of this access has its maximum.
  func add(_ port: ConnectionPort, access: RPCMethod.Access, maximum: Int) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard ports.values.count(where: { $0.access == access }) < maximum else { return false }
    ports[ObjectIdentifier(port)] = (port, access)
    return true
  }

  func remove(_ port: ConnectionPort) {
    condition.lock()
    ports[ObjectIdentifier(port)] = nil
    condition.broadcast()
    condition.unlock()
  }

  func waitUntilEmpty(_ deadline: Date) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while !ports.isEmpty {
      guard condition.wait(until: deadline) else { return ports.isEmpty }
    }
    return true
  }
}

/// Tells a peer that its connection is one too many, and closes it.
private final class RefusalHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let reason: String

  init(_ reason: String) { self.reason = reason }

  func channelActive(context: ChannelHandlerContext) {
    let text = RPCMethodTable.refusal(.named(.tooMany, reason))
    let line = ByteBuffer(bytes: text + [UInt8(ascii: "\n")])
    context.writeAndFlush(wrapOutboundOut(line), promise: nil)
    context.close(promise: nil)
  }
}
