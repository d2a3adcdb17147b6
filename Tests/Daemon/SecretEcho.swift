import Foundation
import GenkiCore
import Synchronization
import TestSupport

/// A hub that tells everybody what it was told: it repeats the headers and the address of what it
/// refuses, and redirects to a server that is not its own.
struct SecretEcho {
  /// What a hub does to a request.
  enum Trouble: String, CaseIterable, Sendable {
    case unauthorized, forbidden, broken, redirect, page, reset, storage, words

    /// Whether it hits a request; nil for an honest answer.
    func fault(_ request: StandInHub.Request, other: String) -> StandInHub.Fault? {
      let echo = SecretEcho.echo(request)
      switch self {
      case .unauthorized: return .status(401, body: JSONValue.object(["error": echo]).encoded())
      case .forbidden: return .status(403, body: JSONValue.object(["message": echo]).encoded())
      case .broken: return .status(500, body: "<pre>\(echo.stringValue ?? "")</pre>")
      case .redirect: return .redirect(other + request.target)
      case .page: return .status(200, body: "<html>\(echo.stringValue ?? "")</html>")
      case .reset: return .reset
      case .storage:
        return request.host == .storage || request.path.contains("/resolve/")
          ? .status(403, body: "<Error><Canonical>\(echo.stringValue ?? "")</Canonical></Error>")
          : nil
      case .words:
        let text = echo.stringValue ?? ""
        return .status(
          418, headers: ["X-Error-Message: \(text)", "X-Request-Id: \(text)"], body: "")
      }
    }
  }

  /// Everything that came with a request and says who sent it.
  private static func echo(_ request: StandInHub.Request) -> JSONValue {
    .string("\(request.headers["authorization"] ?? "nobody") asked for \(request.target)")
  }

  /// Paths of the files below a folder that hold one of these texts, with the text.
  static func findings(in folder: String, of secrets: [String]) throws -> [String] {
    var found: [String] = []
    let needles = secrets.map { Data($0.utf8) }
    guard let walk = FileManager.default.enumerator(atPath: folder) else { return ["no folder"] }
    for case let name as String in walk {
      guard let content = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
        continue
      }
      for (needle, secret) in zip(needles, secrets) where content.range(of: needle) != nil {
        found.append("\(name): \(secret)")
      }
    }
    return found
  }
}

/// Troubles that pass: each kind of request meets one of them, the first time it comes.
final class PassingTroubles: Sendable {
  private static let kinds: [SecretEcho.Trouble] = [.broken, .reset]

  private let other: String
  private let met = Mutex<Set<String>>([])

  init(other: String) { self.other = other }

  /// How many there were.
  var count: Int { met.withLock { $0.count } }

  /// What becomes of a request.
  func fault(_ request: StandInHub.Request) -> StandInHub.Fault? {
    let words = request.path.split(separator: "/")
    let kind = "\(request.method) \(request.host) \(words.first ?? "") \(words.last?.count ?? 0)"
    let index = met.withLock { met in
      met.insert(kind).inserted ? met.count : nil
    }
    guard let index else { return nil }
    return Self.kinds[index % Self.kinds.count].fault(request, other: other)
  }
}
