import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiRPC

/// `genkictl watch`: the status of the daemons, drawn again whenever something happens.
struct WatchCommand: DaemonCommand {
  static let configuration = CommandConfiguration.control(
    "watch", "Show the status of the daemons and keep it current.",
    details: "With --json each change is one line. A daemon that goes away is waited for.",
    example: "genkictl watch")

  /// A daemon that went away is tried again after this time.
  private static let reconnectMilliseconds: Int32 = 2000
  /// Ages and block numbers are looked at after this time even if nothing happens.
  private static let refreshMilliseconds: Int32 = 10_000
  /// Events that come faster are drawn together.
  private static let redrawMilliseconds: Int32 = 200

  @Option(help: ArgumentHelp("End after so many updates.", valueName: "count"))
  var updates: Int?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  func perform(_ console: Console) throws {
    // The first connections tell whether there is anything to watch.
    let paths = try daemon.connectAll().map(\.socketPath)
    let watched = paths.map { WatchedDaemon(path: $0, timeoutSeconds: daemon.timeout) }
    var shown: [String] = []
    var count = 0
    while count < updates ?? .max {
      for daemon in watched { try daemon.refresh() }
      let states = watched.map(\.signature)
      if states != shown {
        draw(
          watched,
          changed: zip(states.indices, states).filter {
            !shown.indices.contains($0.0) || shown[$0.0] != $0.1
          }.map(\.0), console)
        shown = states
        count += 1
      }
      if count < updates ?? .max { try wait(watched) }
    }
  }

  private func draw(_ watched: [WatchedDaemon], changed: [Int], _ console: Console) {
    for index in changed { console.event(watched[index].json) }
    if console.outputIsTerminal { console.fragment("\u{1B}[H\u{1B}[2J") }
    for daemon in watched {
      if let status = daemon.status {
        StatusView(socketPath: daemon.path, status: status).show(console)
      } else {
        console.line(console.styled("\(daemon.path): \(daemon.problem)", .red))
      }
      console.line()
    }
    console.fragment("")
  }

  /// Waits for an event of any daemon, or until one that is away is to be tried again.
  private func wait(_ watched: [WatchedDaemon]) throws {
    if watched.contains(where: \.hasPendingEvents) {
      _ = poll(nil, 0, Self.redrawMilliseconds)
      return
    }
    var descriptors = watched.compactMap(\.descriptor).map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    let isWhole = descriptors.count == watched.count
    let time = isWhole ? Self.refreshMilliseconds : Self.reconnectMilliseconds
    let ready = poll(&descriptors, nfds_t(descriptors.count), time)
    // More may come at once: they are drawn together.
    if ready > 0, updates == nil { _ = poll(nil, 0, Self.redrawMilliseconds) }
  }
}

/// A daemon that is watched, as long as it answers.
private final class WatchedDaemon {
  let path: String
  private(set) var status: JSONValue?
  private(set) var problem = ""
  private(set) var hasPendingEvents = false
  private let timeoutSeconds: Double
  private var client: RPCClient?

  init(path: String, timeoutSeconds: Double) {
    self.path = path
    self.timeoutSeconds = timeoutSeconds
  }

  var descriptor: Int32? { client?.descriptor }

  var json: JSONValue {
    .object([
      "socket": .string(path), "status": status ?? .null,
      "error": status == nil ? .string(problem) : .null,
    ])
  }

  /// What a change is measured by: everything but the age.
  var signature: String {
    guard var object = status?.objectValue else { return problem }
    object["uptime_seconds"] = nil
    return JSONValue.object(object).encoded()
  }

  /// Connects if need be, takes the events that have come, and asks how it is.
  func refresh() throws {
    do {
      let client = try connected()
      _ = try takeEvents(client)
      status = try client.call("status")
      hasPendingEvents = try takeEvents(client)
    } catch let error as RPCClientError {
      client = nil
      status = nil
      hasPendingEvents = false
      problem = error.why
    }
  }

  private func connected() throws -> RPCClient {
    if let client { return client }
    let new = try RPCClient(socketPath: path, timeoutSeconds: timeoutSeconds)
    _ = try new.startSubscription("events.subscribe")
    client = new
    return new
  }

  /// True if there were any.
  private func takeEvents(_ client: RPCClient) throws -> Bool {
    var found = false
    while let notification = try client.nextNotification(timeoutSeconds: 0) {
      found = true
      if notification.end != nil { _ = try client.startSubscription("events.subscribe") }
    }
    return found
  }
}
