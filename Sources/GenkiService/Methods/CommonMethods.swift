import Foundation
import GenkiCore
import GenkiRPC

/// The methods that both daemons have.
public struct CommonMethods: Sendable {
  /// What they need of the daemon.
  public struct Daemon: Sendable {
    /// `config.get`'s answer.
    public var configuration: @Sendable () -> JSONValue
    /// Reads the configuration file again and says what a restart is needed for.
    public var reload: @Sendable () throws -> [String]
    /// Copies the state to a file.
    public var backup: @Sendable (String) throws -> Void
    /// What is wrong with the state.
    public var check: @Sendable () throws -> [String]
    /// Figures by OpenMetrics name.
    public var metrics: @Sendable () throws -> [(name: String, help: String, value: Double)]
    /// Begins to end the daemon.
    public var shutdown: @Sendable () -> Void

    /// What the methods need; see the properties.
    public init(
      configuration: @escaping @Sendable () -> JSONValue,
      reload: @escaping @Sendable () throws -> [String],
      backup: @escaping @Sendable (String) throws -> Void,
      check: @escaping @Sendable () throws -> [String],
      metrics: @escaping @Sendable () throws -> [(name: String, help: String, value: Double)],
      shutdown: @escaping @Sendable () -> Void
    ) {
      self.configuration = configuration
      self.reload = reload
      self.backup = backup
      self.check = check
      self.metrics = metrics
      self.shutdown = shutdown
    }
  }

  private let daemon: Daemon
  private let log: DaemonLog
  private let events: EventBus

  /// The methods of one daemon.
  public init(daemon: Daemon, log: DaemonLog, events: EventBus) {
    self.daemon = daemon
    self.log = log
    self.events = events
  }

  /// All of them.
  public var endpoints: [RPCEndpoint] {
    configuration + logs + [subscribe, metrics] + state + [shutdown]
  }

  private var configuration: [RPCEndpoint] {
    let daemon = daemon
    return [
      RPCEndpoint(
        RPCMethod(
          "config.get", summary: "Every setting, its value and where it comes from",
          details: "Secrets are never part of it.", access: .read,
          result: .object([:], additionalProperties: true))
      ) { _ in daemon.configuration() },
      RPCEndpoint(
        RPCMethod(
          "config.reload", summary: "Reads the configuration file again, as SIGHUP does",
          details: "The log level takes effect at once; the answer lists what a restart is needed "
            + "for.", access: .write, result: .object(["needs_restart": .array(of: .string())]),
          errors: [.invalidData])
      ) { _ in ["needs_restart": .array(try daemon.reload().map { .string($0) })] },
    ]
  }

  private static let logLine = JSONSchema.object([
    "sequence": .integer(min: 0), "time": .number(), "topic": .string(), "level": .string(),
    "source": .string(), "message": .string(), "metadata": .map(of: .string()),
  ])

  private var logs: [RPCEndpoint] {
    let log = log
    return [
      RPCEndpoint(
        RPCMethod(
          "log.set_level", summary: "Changes the least important level that is logged",
          access: .write,
          parameters: [
            RPCParameter(
              "level",
              .string(oneOf: [
                "trace", "debug", "info", "notice", "warning", "error", "critical",
              ]), isRequired: true, summary: "The level.")
          ], result: .object(["level": .string()]), example: ["level": "debug"])
      ) { call in
        let level = call["level"]?.stringValue ?? ""
        _ = log.setLevel(level)
        return ["level": .string(level)]
      },
      RPCEndpoint(
        RPCMethod(
          "log.tail", summary: "The last lines of the log, and the new ones as they come",
          access: .read,
          parameters: [
            RPCParameter(
              "lines", .integer(0...DaemonLog.linesMaximum),
              summary: "Lines of the past to begin with; 20 unless given.")
          ], result: Self.logLine, isStream: true, example: ["lines": 5])
      ) { call in
        let lines = call["lines"]?.intValue ?? 20
        let last = log.lines.lastSequence
        let since = last > UInt64(lines) ? last - UInt64(lines) : 0
        try EventStream.attach(call, to: log.lines, since: since) { $0.json }
        return .null
      },
    ]
  }

  private var subscribe: RPCEndpoint {
    let events = events
    return RPCEndpoint(
      RPCMethod(
        "events.subscribe", summary: "What happens in the daemon, as it happens", access: .read,
        parameters: [
          RPCParameter(
            "since", .integer(min: 0),
            summary: "The last sequence number that the subscriber knows; new events only unless "
              + "given."),
          RPCParameter(
            "topics", .array(of: .string(maxLength: 64), max: 32),
            summary: "Beginnings of topics, `job` for example; all unless given."),
        ],
        result: .object(
          ["sequence": .integer(min: 0), "time": .number(), "topic": .string()],
          additionalProperties: true), isStream: true, example: ["topics": ["round"]])
    ) { call in
      let topics = call["topics"]?.arrayValue?.compactMap(\.stringValue)
      let since = call["since"]?.intValue.map { UInt64(clamping: $0) }
      try EventStream.attach(call, to: events, since: since) { event in
        guard topics?.contains(where: { event.topic.hasPrefix($0) }) ?? true else { return nil }
        return event.json
      }
      return .null
    }
  }

  private var metrics: RPCEndpoint {
    let daemon = daemon
    return RPCEndpoint(
      RPCMethod(
        "metrics.get", summary: "Figures of the daemon, as values and as OpenMetrics text",
        access: .read,
        result: .object(["values": .map(of: .number()), "openmetrics": .string()]))
    ) { _ in
      let figures = try daemon.metrics()
      return [
        "values": .object(
          JSONObject(entries: figures.map { (key: $0.name, value: .number($0.value)) })),
        "openmetrics": .string(Self.openMetrics(figures)),
      ]
    }
  }

  /// OpenMetrics text of gauges.
  public static func openMetrics(
    _ figures: [(name: String, help: String, value: Double)]
  ) -> String {
    figures.map { figure in
      "# TYPE \(figure.name) gauge\n# HELP \(figure.name) \(figure.help)\n"
        + "\(figure.name) \(figure.value)\n"
    }.joined() + "# EOF\n"
  }

  private var state: [RPCEndpoint] {
    let daemon = daemon
    return [
      RPCEndpoint(
        RPCMethod(
          "state.backup", summary: "Copies the daemon's database to a new file while it works",
          access: .write,
          parameters: [
            RPCParameter(
              "path", .string(minLength: 1, maxLength: 4_096), isRequired: true,
              summary: "An absolute path of a file that does not exist.")
          ], result: .object(["path": .string(), "bytes": .integer(min: 0)]),
          errors: [.conflict, .invalidData], example: ["path": "/var/backups/genki.sqlite"])
      ) { call in
        let path = call["path"]?.stringValue ?? ""
        guard path.hasPrefix("/") else {
          throw RPCFailure(name: .invalidData, message: "path \(path.quoted()) is not absolute")
        }
        guard !FileManager.default.fileExists(atPath: path) else {
          throw RPCFailure(name: .conflict, message: "\(path.quoted()) exists already")
        }
        try daemon.backup(path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return ["path": .string(path), "bytes": JSONValue(attributes[.size] as? Int ?? 0)]
      },
      RPCEndpoint(
        RPCMethod(
          "state.check", summary: "Checks the daemon's database", access: .read,
          result: .object(["is_sound": .boolean, "findings": .array(of: .string())]))
      ) { _ in
        let findings = try daemon.check()
        return [
          "is_sound": .bool(findings.isEmpty), "findings": .array(findings.map { .string($0) }),
        ]
      },
    ]
  }

  private var shutdown: RPCEndpoint {
    let daemon = daemon
    return RPCEndpoint(
      RPCMethod(
        "shutdown", summary: "Ends the daemon; work goes on from its checkpoint at the next start",
        access: .write, result: .object(["stopping": .boolean]))
    ) { _ in
      daemon.shutdown()
      return ["stopping": true]
    }
  }
}
