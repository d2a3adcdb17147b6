import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiRPC

/// `genkictl rpc`: any method, with parameters as JSON.
struct CallMethodCommand: DaemonCommand {
  static let configuration = CommandConfiguration.control(
    "rpc", "Call any method and print its result as JSON.",
    details: "The method 'help' lists them. A stream is printed one event a line until it ends.",
    example: #"genkictl --miner rpc dataset.show '{"name":"poems"}'"#)

  @Argument(help: "The method.") var method: String

  @Argument(help: "An object or array of parameters.") var parameters: String?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var output: OutputOptions

  func perform(_ console: Console) throws {
    let given = try checkedParameters()
    let client = try daemon.connect(DaemonKind.allCases)
    let result = try client.call(method, parameters: given)
    guard let id = result["subscription"]?.intValue, result.objectValue?.entries.count == 1 else {
      console.rawLine(result.encoded(pretty: !console.isJSON))
      return
    }
    while true {
      guard let next = try client.nextNotification(timeoutSeconds: nil) else { continue }
      guard next.subscription == id else { continue }
      if let end = next.end {
        if end == .finished { return }
        throw StreamEnded(path: client.socketPath, end: end)
      }
      console.event(next.event)
      console.fragment(next.event.encoded() + "\n")
    }
  }

  private func checkedParameters() throws -> JSONValue {
    guard let parameters else { return .object([:]) }
    let value = try JSONValue.parse(parameters, source: "the parameters")
    guard value.objectValue != nil || value.arrayValue != nil else {
      throw UsageError(
        "the parameters", "are \(value.kindName)", advice: "give an object or an array")
    }
    return value
  }
}
