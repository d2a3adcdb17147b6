import GenkiConsole
import GenkiCore
import GenkiHub

/// A publication gone through beforehand, with nothing made or sent.
extension HubCheck {
  /// Files that a line names.
  private static let filesShown = 12

  /// Whether the next repository can be made, or is there already.
  ///
  /// - Parameter hub: Nil if it does not answer.
  func lookAtRepository(
    _ publication: HubPublication, _ hub: HuggingFaceHub?, _ check: inout EnvironmentCheck
  ) {
    let name = "hub repository"
    let id = "\(account.name)/\(publication.name)"
    guard let repository = RepositoryID(id), id.utf8.count <= publication.idBytesMaximum else {
      check.note(
        name,
        "\(id.quoted()) cannot be a repository: letters, digits, - _ and . with no -- or .., at most "
          + "\(publication.idBytesMaximum) characters in all (it has \(id.utf8.count)); change "
          + "\(publication.key) or \(account.source)", .failed)
      return
    }
    let plan =
      "\(publication.subject) goes there, "
      + (publication.shownAt.map { "private until \($0)" } ?? publication.visibility.rawValue)
    var details: JSONObject = [
      "repository": .string(id), "visibility": .string(publication.visibility.rawValue),
    ]
    guard let hub else {
      check.note(name, "\(id): \(plan); the hub was not asked for it", .good, details: details)
      return
    }
    do {
      let found = try hub.look(at: repository)
      details["exists"] = .bool(found != nil)
      guard let found else {
        check.note(name, "\(id) is not there yet: \(plan)", .good, details: details)
        return
      }
      details["private"] = found.isPrivate.map { .bool($0) } ?? .null
      details["revision"] = JSONValue(found.head?.hex)
      let (message, grade) = Self.message(
        "\(id) is there already", found, publication: publication)
      check.note(name, message, grade, details: details)
    } catch let error as any ReportableError {
      check.note(
        name, "\(id): \(plan); whether it is there cannot be seen: \(error.why)", .warning,
        details: details)
    } catch {
      check.note(name, "\(id): \(error)", .warning, details: details)
    }
  }

  private static func message(
    _ id: String, _ found: RepositoryInfo, publication: HubPublication
  ) -> (String, EnvironmentCheck.Grade) {
    let shown = found.isPrivate.map { $0 ? ", private" : ", public" } ?? ""
    let state = "\(id)\(shown)" + (found.head.map { ", at \($0.hex.prefix(12))" } ?? "")
    if publication.isFilled {
      return ("\(state), filled by this daemon: what it has is not sent again", .good)
    }
    let hides = publication.visibility == .private && found.isPrivate == false
    return (
      "\(state), and this daemon's state has not filled it: the upload of \(publication.subject) "
        + "would replace its content\(hides ? " and hide it" : ""); change \(publication.key) if it "
        + "is another's", .warning
    )
  }

  /// What would be sent, and how long it takes.
  func lookAtUpload(_ publication: HubPublication, _ check: inout EnvironmentCheck) {
    let name = "hub upload"
    if let problem = publication.problem {
      check.note(name, problem, .failed)
      return
    }
    guard !publication.files.isEmpty else {
      check.note(
        name, "\(publication.uncertainty ?? "nothing is ready"); nothing was sent", .good)
      return
    }
    let (files, rate) = (publication.files, section.uploadBytesPerSecond)
    var details: JSONObject = [
      "bytes": JSONValue(publication.bytes),
      "files": .array(
        files.map { file in
          [
            "name": .string(file.name), "bytes": file.bytes.map { JSONValue($0) } ?? .null,
            "way": .string(file.way.rawValue),
          ]
        }),
      "certain": .bool(publication.uncertainty == nil),
    ]
    var time = ""
    if rate > 0 {
      let seconds = Double(publication.bytes) / Double(rate)
      details["seconds"] = JSONValue(Int(seconds.rounded()))
      time =
        " in about \(HumanUnits.duration(seconds: seconds)) at \(HumanUnits.bytes(rate))/s "
        + "(hub.upload_bytes_per_second)"
    }
    let list = files.prefix(Self.filesShown).map { file in
      "\(file.name.escapingControls()) "
        + (file.bytes.map { "\(HumanUnits.bytes($0)), \(file.way.words)" } ?? "made for the upload")
    }
    let more =
      files.count > Self.filesShown ? "; and \(files.count - Self.filesShown) more" : ""
    let note = publication.uncertainty.map { " (\($0))" } ?? ""
    check.note(
      name,
      "\(files.count) files, \(HumanUnits.bytes(publication.bytes))\(time)\(note): "
        + list.joined(separator: "; ") + more
        + ". Nothing was sent: genki-minerd hub upload tries it with files of yours", .good,
      details: details)
  }
}
