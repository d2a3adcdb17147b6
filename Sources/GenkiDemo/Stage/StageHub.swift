import Foundation
import GenkiCore
import GenkiHTTP

/// A server that speaks the Hugging Face Hub's language, as a process of its own.
///
/// Every account has a token, which follows from the seed and lies in a file of mode 0600; the data are
/// in a folder on which the server can be started again.
package final class StageHub {
  private static let startSeconds = 30.0
  private static let answerBytesMaximum = 256 << 20

  /// Its address.
  package let endpoint: String
  /// Tokens by account.
  package let tokens: [String: String]
  /// A line for a shell that starts it again on the same data; it reads the tokens from their files.
  package let restartCommand: String
  private let process: Process
  private let client = HTTPClient()

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - command: A program and its first arguments; port, port file, users and data folder are added.
  ///   - folder: Where tokens and logs go.
  ///   - data: The folder of its data.
  package init(
    command: [String], accounts: [String], seed: UInt64, folder: String, data: String,
    interruption: Interruption
  ) throws {
    let tokens = Dictionary(uniqueKeysWithValues: accounts.map { ($0, Self.token($0, seed)) })
    self.tokens = tokens
    try FileManager.default.createDirectory(
      atPath: "\(folder)/tokens", withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    for (account, token) in tokens {
      try AtomicFile.replace(Self.tokenPath(of: account, in: folder), mode: 0o600) {
        try $0.write(Array("\(token)\n".utf8))
      }
    }
    let (portPath, logPath) = ("\(folder)/hub.port", "\(folder)/hub.log")
    try? FileManager.default.removeItem(atPath: portPath)
    process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      command + ["--port", "0", "--port-file", portPath, "--data", data]
      + accounts.flatMap { ["--user", "\($0):\(tokens[$0] ?? ""):write"] }
    process.standardInput = FileHandle.nullDevice
    try AtomicFile.write("", to: logPath)
    let log = try FileHandle(forWritingTo: URL(filePath: logPath))
    process.standardOutput = log
    process.standardError = log
    try process.run()
    var port: UInt16?
    do {
      port = try Self.waitForPort(portPath, process, logPath, interruption)
    } catch {
      Self.end(process)
      throw error
    }
    endpoint = "http://127.0.0.1:\(port ?? 0)"
    let users = accounts.map { account in
      let file = ProgramCaller.quoted(Self.tokenPath(of: account, in: folder))
      return "--user \"\(account):$(cat \(file)):write\""
    }
    restartCommand =
      (command + ["--port", "\(port ?? 0)", "--data", data]).map(ProgramCaller.quoted)
      .joined(separator: " ") + " " + users.joined(separator: " ")
  }

  deinit { stop() }

  /// The file that holds an account's token.
  package static func tokenPath(of account: String, in folder: String) -> String {
    "\(folder)/tokens/\(account)"
  }

  /// Opens it in the name of any account.
  package var handle: HubHandle { .server(endpoint: endpoint, tokens: tokens) }

  /// Ends the process: it saves after every change.
  package func stop() { Self.end(process) }

  // MARK: - The server's own methods

  /// Reads what the server tells, in an account's name or in nobody's.
  func read(_ path: String, as account: String? = nil) throws -> JSONValue {
    var request = HTTPRequest(
      .get, try HTTPURL(endpoint + path), limits: .body(Self.answerBytesMaximum))
    request.authorization = account.flatMap { tokens[$0] }.map { .bearer($0) }
    let answer = try client.send(request).requireSuccess()
    return try JSONValue.parse(answer.body, source: path)
  }

  /// Lets something happen to later requests.
  func inject(_ fault: JSONObject) throws {
    let request = HTTPRequest(
      .post, try HTTPURL(endpoint + "/__fake/fault"),
      headers: ["Content-Type": "application/json"],
      body: .text(JSONValue.object(fault).encoded()))
    try client.send(request).requireSuccess()
  }

  // MARK: - Process

  private static func token(_ account: String, _ seed: UInt64) -> String {
    let text = "genki-demo/hub token\0\(seed)\0\(account)"
    return "hf_" + SHA256Hasher.digest(of: Array(text.utf8)).hex.prefix(34)
  }

  private static func waitForPort(
    _ path: String, _ process: Process, _ logPath: String, _ interruption: Interruption
  ) throws -> UInt16 {
    let deadline = ContinuousClock.now + .seconds(startSeconds)
    while true {
      if let text = try? TextFile.readString(path, sizeLimit: 100),
        let port = text.split(separator: " ").first.flatMap({ UInt16($0) })
      {
        return port
      }
      guard process.isRunning, ContinuousClock.now < deadline else {
        throw StageError.silent(daemon: "hub", seconds: startSeconds, log: logPath)
      }
      try interruption.wait(seconds: 0.05, "the hub started")
    }
  }

  private static func end(_ process: Process) {
    guard process.isRunning else { return }
    // A child of a thread that blocks signals blocks them, too.
    _ = kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
