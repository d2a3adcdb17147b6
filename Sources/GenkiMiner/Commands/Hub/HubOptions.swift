import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiHub
import GenkiNode
import GenkiService

/// Which hub, and whose token.
struct HubOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The configuration whose [hub] counts.", valueName: "file"))
  var config: String?
  @Option(help: ArgumentHelp("The hub's address.", valueName: "url"))
  var endpoint: String?
  @Option(help: ArgumentHelp("A file of mode 0600 with the token.", valueName: "file"))
  var tokenFile: String?

  /// The hub, with the account of the configuration or this one.
  func open(account: String? = nil) throws -> HuggingFaceHub {
    let environment = ProcessInfo.processInfo.environment
    var options: [String: String] = [:]
    if let endpoint { options["hub.endpoint"] = endpoint }
    if let tokenFile { options["hub.token_file"] = tokenFile }
    let loaded = try MinerConfiguration.load(
      path: config, environment: environment, options: options)
    let section = loaded.configuration.hub
    let folder = loaded.configuration.daemon.stateFolder + "/hub-uploads"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return try HubOpener(section, environment: environment).open(
      account: account ?? section.account ?? loaded.configuration.wallet.name,
      uploadsFolder: folder)
  }

  /// A repository's id.
  static func repository(_ text: String) throws -> RepositoryID {
    guard let id = RepositoryID(text) else {
      throw UsageError(
        "repository", "\(text.quoted()) is none",
        advice: "NAMESPACE/NAME of letters, digits, - _ and .")
    }
    return id
  }
}

/// A commit of a repository.
struct HubRevisionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The commit, 40 hexadecimal digits. (default: the newest)", valueName: "commit"))
  var revision: String?

  /// The commit that is asked for, else the newest one.
  func resolve(_ hub: HuggingFaceHub, _ repository: RepositoryID) throws -> Revision {
    guard let revision else {
      guard let head = try hub.head(of: repository) else {
        throw HubError.revisionNotFound(repository: repository.description, revision: "main")
      }
      return head
    }
    guard let found = Revision(hex: revision) else {
      throw UsageError(
        "--revision", "\(revision.quoted()) is no commit",
        advice: "40 lower-case hexadecimal digits")
    }
    return found
  }
}
