import Foundation
import GenkiCore
import GenkiRPC
import NIOCore
import NIOPosix
import Synchronization

/// Serves a method table on two Unix stream sockets: one for operators, one for readers.
///
/// Requests are lines. One event loop moves bytes; a fixed pool of threads carries requests out, so
/// that a handler may block. Every bound is in ``RPCLimits``.
public final class RPCServer: Sendable {
  /// The operators' socket.
  public let socketPath: String
  /// The readers' socket; nil if there is none.
  public let readSocketPath: String?
  private let table: RPCMethodTable
  private let state = Mutex(State.idle)

  private enum State {
    case idle
    case listening(Running)
    case stopped
  }

  private struct Running {
    let group: MultiThreadedEventLoopGroup
    let shared: ServerShared
    let clock: RepeatedTask
    let listeners: [(channel: any Channel, file: SocketFile)]
  }

  /// A server that does not listen yet.
  ///
  /// - Parameters:
  ///   - table: What is served.
  ///   - socketPath: Every method is offered here.
  ///   - readSocketPath: Methods that only look are offered here.
  ///   - limits: Nil takes the table's.
  ///   - log: Nil takes the table's.
  public init(
    table: RPCMethodTable, socketPath: String, readSocketPath: String? = nil,
    limits: RPCLimits? = nil, log: RPCLog? = nil
  ) {
    var table = table
    if let limits { table.limits = limits }
    if let log { table.log = log }
    self.table = table
    self.socketPath = socketPath
    self.readSocketPath = readSocketPath
  }

  /// Binds both sockets and returns when they listen. The folder is made if it is missing; the file
  /// of a process that is gone is replaced.
  ///
  /// - Throws: ``RPCServerError``, for example if another daemon listens there.
  public func start() throws {
    try state.withLock { state in
      guard case .idle = state else { throw RPCServerError.alreadyStarted(path: socketPath) }
      state = .listening(try open())
    }
  }

  /// Stops in order: no new connections and requests, answers in flight are delivered, then the
  /// sockets are removed. Blocks at most for `stopSeconds`; never call it from a handler.
  public func stop() {
    let running: Running? = state.withLock { state in
      defer { state = .stopped }
      guard case .listening(let running) = state else { return nil }
      return running
    }
    guard let running else { return }
    let deadline = Date(timeIntervalSinceNow: table.limits.stopSeconds)
    for listener in running.listeners { try? listener.channel.close().wait() }
    running.shared.stop(until: deadline)
    running.clock.cancel()
    for listener in running.listeners { listener.file.remove() }
    do {
      try running.group.syncShutdownGracefully()
    } catch {
      table.log(RPCLogEntry(.warning, "the event loop did not end well", ["error": "\(error)"]))
    }
  }

  /// Connections at this moment.
  public var connectionCount: Int {
    state.withLock { state in
      guard case .listening(let running) = state else { return 0 }
      return running.shared.connectionCount
    }
  }

  private func open() throws -> Running {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let shared = ServerShared(table: table)
    var listeners: [(channel: any Channel, file: SocketFile)] = []
    do {
      listeners.append(
        try listen(socketPath, group: "genki", access: .write, on: group, shared))
      if let readSocketPath {
        listeners.append(
          try listen(readSocketPath, group: "genki-read", access: .read, on: group, shared))
      }
    } catch {
      for listener in listeners {
        try? listener.channel.close().wait()
        listener.file.remove()
      }
      shared.stop(until: Date())
      try? group.syncShutdownGracefully()
      throw error
    }
    let interval = TimeAmount.nanoseconds(Int64(shared.tickSeconds * 1e9))
    let clock = group.next().scheduleRepeatedTask(
      initialDelay: interval, delay: interval
    ) { _ in shared.tick() }
    return Running(group: group, shared: shared, clock: clock, listeners: listeners)
  }

  private func listen(
    _ path: String, group groupName: String, access: RPCMethod.Access,
    on group: MultiThreadedEventLoopGroup, _ shared: ServerShared
  ) throws -> (channel: any Channel, file: SocketFile) {
    let (descriptor, file) = try SocketFile.bind(path, group: groupName)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 64)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in shared.accept(channel, access: access) }
    do {
      return (try bootstrap.withBoundSocket(descriptor).wait(), file)
    } catch {
      file.remove()
      throw RPCServerError.system(path: path, operation: "listen", reason: "\(error)")
    }
  }
}
