import GenkiCore
import GenkiService
import Logging

/// Brings what a daemon does to its log and to those who follow its events.
public struct DaemonObserver: NodeObserver {
  private let logger: Logger
  private let events: EventBus

  /// An observer that writes to a log and a bus.
  public init(log: DaemonLog, events: EventBus) {
    logger = log.logger("round")
    self.events = events
  }

  /// Notes the effect.
  public func willPerform(_ kind: String, _ subject: String) {
    logger.debug("begin \(kind) \(subject)")
  }

  /// Notes that it has happened.
  public func didPerform(_ kind: String, _ subject: String) {
    logger.debug("done \(kind) \(subject)")
  }

  /// Logs an event and tells it to subscribers.
  public func report(_ event: NodeEvent) {
    let level = Logger.Level(rawValue: event.level.rawValue) ?? .info
    // A step of a finetune or a transfer is for subscribers; the log would drown in them.
    if event.name != "job.event", event.name != "transfer.progress" {
      logger.log(level: level, "\(event.message)", metadata: ["event": "\(event.name)"])
    }
    var body = event.fields
    body["message"] = .string(event.message)
    body["level"] = .string(event.level.rawValue)
    events.publish(event.name, body)
  }
}
