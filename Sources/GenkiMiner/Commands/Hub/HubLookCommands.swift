import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiHub

/// `hub whoami`: whose the token is.
struct HubWhoamiCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami",
    abstract: "Show whose the token is and what it may do.",
    discussion: """
      EXAMPLE:
        genki-minerd hub whoami --json
      """)

  @OptionGroup var hub: HubOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let hub = try hub.open()
    let identity = try hub.identity()
    console.line("\(identity.name) at \(hub.source)")
    console.line("token          \(identity.role ?? "of an unknown kind")")
    if !identity.organizations.isEmpty {
      console.line("organizations  \(identity.organizations.joined(separator: ", "))")
    }
    console.document([
      "endpoint": .string(hub.source), "name": .string(identity.name),
      "organizations": .array(identity.organizations.map { .string($0) }),
      "role": JSONValue(identity.role),
    ])
  }
}

/// `hub list`: the files of a commit.
struct HubListCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the files of a repository with sizes and hashes.",
    discussion: """
      EXAMPLE:
        genki-minerd hub list alice/my-model
      """)

  @Argument(help: ArgumentHelp("NAMESPACE/NAME.", valueName: "repository"))
  var repository: String
  @OptionGroup var revision: HubRevisionOptions
  @OptionGroup var hub: HubOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let repository = try HubOptions.repository(repository)
    let hub = try hub.open()
    let revision = try revision.resolve(hub, repository)
    let entries = try hub.list(repository, revision: revision)
    var table = TextTable([("file", .left), ("size", .right), ("hash", .left)])
    for entry in entries {
      let hash = entry.digest.map { "sha256 \($0.hex)" } ?? entry.gitBlob.map { "git \($0)" } ?? ""
      table.add([entry.name.escapingControls(), HumanUnits.bytes(entry.bytes), hash])
    }
    console.line("\(repository) at \(revision)")
    console.table(table)
    console.document([
      "repository": .string(repository.description), "revision": .string(revision.hex),
      "files": .array(
        entries.map { entry in
          [
            "name": .string(entry.name), "bytes": JSONValue(entry.bytes),
            "sha256": JSONValue(entry.digest?.hex), "git_blob": JSONValue(entry.gitBlob?.hex),
          ]
        }),
    ])
  }
}
