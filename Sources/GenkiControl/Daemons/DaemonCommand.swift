import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiRPC

/// A command that speaks to a daemon.
protocol DaemonCommand: ConsoleCommand {
  /// Which daemon.
  var daemon: DaemonOptions { get }
  /// Carries out the command.
  func perform(_ console: Console) throws
}

extension DaemonCommand {
  /// A daemon's own error keeps its code and data in the JSON form.
  func run(_ console: Console) throws {
    do {
      try perform(console)
    } catch let error as RPCCallError {
      console.error("genkictl: \(error.description)")
      console.document(
        .object([
          "error": .object([
            "code": JSONValue(error.code), "message": .string(error.message), "data": error.data,
          ])
        ]))
      try console.finish()
      throw ExitCode(error.kind.rawValue)
    }
  }
}

/// A command that is one call of one method.
protocol CallCommand: DaemonCommand {
  /// The daemons that have the method.
  static var kinds: [DaemonKind] { get }
  /// The columns of a list, or the order of an object's members, as far as they are there.
  static var columns: [String] { get }
  /// The method's name.
  var method: String { get }
  /// The parameters of the call.
  func parameters() throws -> JSONObject
  /// Shows the result to a person.
  func show(_ result: JSONValue, _ console: Console)
}

extension CallCommand {
  static var columns: [String] { [] }

  func parameters() throws -> JSONObject { [:] }

  func show(_ result: JSONValue, _ console: Console) {
    ResultView(columns: Self.columns).show(result, console)
  }

  func perform(_ console: Console) throws {
    let result = try daemon.connect(Self.kinds).call(method, try parameters())
    show(result, console)
    console.document(result)
  }
}

/// A command that shows a stream until it ends.
protocol StreamCommand: DaemonCommand {
  /// The daemons that have the method.
  static var kinds: [DaemonKind] { get }
  /// The method's name.
  var method: String { get }
  /// The parameters of the subscription.
  func parameters() throws -> JSONObject
  /// What shows one event after the other to a person.
  func display(_ console: Console) -> (JSONValue) -> Void
}

extension StreamCommand {
  func parameters() throws -> JSONObject { [:] }

  func display(_ console: Console) -> (JSONValue) -> Void {
    { console.fragment(EventLine.text($0) + "\n") }
  }

  func perform(_ console: Console) throws {
    let client = try daemon.connect(Self.kinds)
    let show = display(console)
    let end = try client.subscribe(method, try parameters()) { event in
      console.event(event)
      show(event)
      return true
    }
    if let end, end != .finished { throw StreamEnded(path: client.socketPath, end: end) }
  }
}

/// A stream ended before there was nothing more to tell.
struct StreamEnded: ReportableError {
  let path: String
  let end: RPCStreamEnd

  var kind: ErrorKind { end == .shuttingDown ? .unavailable : .temporary }
  var what: String { "the stream of \(path)" }
  var why: String {
    end == .shuttingDown ? "the daemon ends" : "more events came than were read"
  }
  var advice: String? { "run the command again" }
}

extension CommandConfiguration {
  /// A subcommand's configuration with its example.
  static func control(
    _ name: String, _ abstract: String, details: String? = nil, example: String,
    subcommands: [any ParsableCommand.Type] = []
  ) -> CommandConfiguration {
    let text = [details, "EXAMPLE:\n  \(example)"].compactMap { $0 }.joined(separator: "\n\n")
    return CommandConfiguration(
      commandName: name, abstract: abstract, discussion: text, subcommands: subcommands)
  }
}
