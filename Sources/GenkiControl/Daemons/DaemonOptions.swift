import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiRPC

/// Which daemon a command speaks to.
struct DaemonOptions: ParsableArguments {
  @Flag(help: "Speak to the miner.")
  var miner = false

  @Flag(help: "Speak to the validator.")
  var validator = false

  @Option(
    name: .customLong("socket"), parsing: .singleValue,
    help: ArgumentHelp(
      "Speak to the daemon at this socket; status, watch and report take several.",
      valueName: "path"))
  var sockets: [String] = []

  @Option(help: ArgumentHelp("How long an answer may take.", valueName: "seconds"))
  var timeout: Double = 60

  func validate() throws { try UsageError.check("--timeout", timeout, in: 0.001...86_400) }

  /// True if the command line says which daemons are meant.
  var isNamed: Bool { miner || validator || !sockets.isEmpty }

  /// The daemons that the command line means, or those of these kinds.
  func addresses(_ kinds: [DaemonKind]) -> [DaemonAddress] {
    let environment = ProcessInfo.processInfo.environment
    let named = sockets.map { DaemonAddress(kind: nil, paths: [$0]) }
    let meant = isNamed ? (miner ? [.miner] : []) + (validator ? [.validator] : []) : kinds
    return named
      + meant.map {
        DaemonAddress(kind: $0, paths: $0.socketPaths(environment: environment))
      }
  }

  /// Connects to all daemons that are meant; without names to those that answer.
  ///
  /// - Throws: The first failure if none answers, or if one that was named does not.
  func connectAll(_ kinds: [DaemonKind] = DaemonKind.allCases) throws -> [RPCClient] {
    var clients: [RPCClient] = []
    var failure: (any Error)?
    for address in addresses(kinds) {
      do {
        clients.append(try address.connect(timeoutSeconds: timeout))
      } catch {
        if isNamed { throw error }
        failure = Self.graver(failure, error)
      }
    }
    if clients.isEmpty, let failure { throw failure }
    return clients
  }

  /// Connects to the one daemon that has the command's method.
  func connect(_ kinds: [DaemonKind]) throws -> RPCClient {
    let clients = try connectAll(kinds)
    guard let first = clients.first, clients.count == 1 else {
      throw UsageError(
        sockets.count > 1 ? "--socket" : "genkictl",
        "this command speaks to one daemon, and \(clients.count) answer",
        advice: "add --miner, --validator or one --socket")
    }
    return first
  }

  /// A daemon that is there but may not be spoken to says more than one that is not there.
  static func graver(_ first: (any Error)?, _ second: any Error) -> any Error {
    if let first = first as? DaemonNotFound, let second = second as? DaemonNotFound {
      return DaemonNotFound(
        daemons: first.daemons + second.daemons, paths: first.paths + second.paths)
    }
    guard let first else { return second }
    return (second as? RPCClientError)?.kind == .notPermitted ? second : first
  }
}
