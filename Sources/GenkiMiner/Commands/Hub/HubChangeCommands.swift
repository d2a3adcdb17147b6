import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiHub

/// `hub visibility`: show or hide a repository.
struct HubVisibilityCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "visibility",
    abstract: "Show a repository to everybody, or hide it.",
    discussion: """
      EXAMPLE:
        genki-minerd hub visibility alice/my-model public
      """)

  @Argument(help: ArgumentHelp("NAMESPACE/NAME.", valueName: "repository"))
  var repository: String
  @Argument(help: ArgumentHelp("public or private.", valueName: "visibility"))
  var visibility: String
  @OptionGroup var hub: HubOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let repository = try HubOptions.repository(repository)
    guard let visibility = RepositoryVisibility(rawValue: visibility) else {
      throw UsageError(
        "visibility", "\(visibility.quoted()) is none", advice: "public or private")
    }
    try hub.open(account: repository.namespace).setVisibility(visibility, of: repository)
    console.line("\(repository) is \(visibility.rawValue)")
    console.document([
      "repository": .string(repository.description), "visibility": .string(visibility.rawValue),
    ])
  }
}

/// `hub delete`: remove a repository.
struct HubDeleteCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Remove a repository with all its commits.",
    discussion: """
      Nothing brings it back: --yes says that you mean it. One that is not there
      is no error.

      EXAMPLE:
        genki-minerd hub delete alice/my-model --yes
      """)

  @Argument(help: ArgumentHelp("NAMESPACE/NAME.", valueName: "repository"))
  var repository: String
  @Flag(help: "Yes, remove it for good.")
  var yes = false
  @OptionGroup var hub: HubOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let repository = try HubOptions.repository(repository)
    guard yes else {
      throw UsageError(
        "--yes", "is missing", advice: "add it to remove \(repository) for good")
    }
    try hub.open(account: repository.namespace).deleteRepository(repository)
    console.line("\(repository) is removed")
    console.document(["repository": .string(repository.description), "deleted": true])
  }
}
