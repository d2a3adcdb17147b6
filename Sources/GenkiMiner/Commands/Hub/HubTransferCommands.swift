import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiHub
import Synchronization

/// `hub upload`: make a repository equal to some files.
struct HubUploadCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "upload",
    abstract: "Make the content of a repository of ours equal to some files.",
    discussion: """
      The repository is made if there is none, private unless --public. What it has
      already is not sent again; files that it has beside these are removed from its
      newest commit.

      EXAMPLE:
        genki-minerd hub upload alice/my-model out
        genki-minerd hub upload alice/my-model out/model.safetensors out/config.json --public
      """)

  @Argument(help: ArgumentHelp("NAMESPACE/NAME.", valueName: "repository"))
  var repository: String
  @Argument(help: ArgumentHelp("Files, or folders whose files are taken.", valueName: "path"))
  var paths: [String]
  @Flag(name: .customLong("public"), help: "Show it to everybody.")
  var isPublic = false
  @OptionGroup var hub: HubOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let repository = try HubOptions.repository(repository)
    let files = try Self.files(paths)
    guard !files.isEmpty else {
      throw UsageError(
        "path", "there are no files in \(paths.joined(separator: ", "))")
    }
    let hub = try hub.open(account: repository.namespace)
    let bar = TransferBar(console, label: "upload")
    try hub.createRepository(repository, visibility: .private)
    let revision = try hub.upload(files, to: repository, transfer: bar.transfer)
    if isPublic { try hub.setVisibility(.public, of: repository) }
    bar.end()
    console.line("\(repository) is at \(revision)")
    console.document([
      "repository": .string(repository.description), "revision": .string(revision.hex),
      "files": .array(files.map { .string($0.name) }),
    ])
  }

  /// The regular files that are named, or lie in a named folder; hidden ones are not taken.
  private static func files(_ paths: [String]) throws -> [HubFile] {
    var files: [HubFile] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw FileError.missing(path: path)
      }
      guard isFolder.boolValue else {
        files.append(HubFile(name: URL(filePath: path).lastPathComponent, path: path))
        continue
      }
      for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      where !name.hasPrefix(".") {
        var isInner: ObjCBool = false
        let inner = "\(path)/\(name)"
        if FileManager.default.fileExists(atPath: inner, isDirectory: &isInner), !isInner.boolValue
        {
          files.append(HubFile(name: name, path: inner))
        }
      }
    }
    return files
  }
}

/// `hub download`: the files of a commit.
struct HubDownloadCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "download",
    abstract: "Download the files of a commit and check them.",
    discussion: """
      Every file is checked against the hash that the hub states. What is there and
      right already is not fetched again.

      EXAMPLE:
        genki-minerd hub download alice/my-model --out copy
        genki-minerd hub download alice/my-model --out copy --file model.safetensors
      """)

  @Argument(help: ArgumentHelp("NAMESPACE/NAME.", valueName: "repository"))
  var repository: String
  @Option(help: ArgumentHelp("Where the files go; made if it is not there.", valueName: "folder"))
  var out: String
  @Option(
    name: .customLong("file"),
    help: ArgumentHelp("Only this file; may be repeated. (default: all)", valueName: "name"))
  var files: [String] = []
  @OptionGroup var revision: HubRevisionOptions
  @OptionGroup var hub: HubOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let repository = try HubOptions.repository(repository)
    let hub = try hub.open()
    let revision = try revision.resolve(hub, repository)
    let listed = try hub.list(repository, revision: revision)
    guard listed.count <= HubLimits.entriesMaximum else {
      throw HubError.invalid(
        repository: repository.description,
        reason: "it has more than \(HubLimits.entriesMaximum) files")
    }
    for name in files where !listed.contains(where: { $0.name == name }) {
      throw HubError.entryNotFound(repository: repository.description, name: name)
    }
    let wanted = listed.filter { files.isEmpty || files.contains($0.name) }
    for entry in wanted {
      if let problem = HubLimits.nameProblem(entry.name) {
        throw HubError.invalid(repository: repository.description, reason: problem)
      }
    }
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let bar = TransferBar(console, label: "download")
    let total = wanted.reduce(0) { $0 + $1.bytes }
    var done = 0
    for entry in wanted {
      let path = "\(out)/\(entry.name)"
      if try !entry.isContent(ofFile: path) {
        let before = done
        try hub.download(
          entry, of: repository, revision: revision, to: path, bytesMaximum: entry.bytes,
          transfer: HubTransfer(cancellation: bar.transfer.cancellation) { part in
            bar.transfer.onProgress(
              HubProgress(
                name: part.name, bytesDone: before + part.bytesDone, bytesTotal: total))
          })
      }
      done += entry.bytes
    }
    bar.end()
    console.line(
      "\(wanted.count) files, \(HumanUnits.bytes(total)), of \(repository) at \(revision)")
    console.document([
      "repository": .string(repository.description), "revision": .string(revision.hex),
      "out": .string(out), "bytes": JSONValue(total),
      "files": .array(wanted.map { .string($0.name) }),
    ])
  }
}

/// A transfer's progress on a terminal.
final class TransferBar: Sendable {
  private let console: Console
  private let label: String
  private let bar = Mutex<ProgressBar?>(nil)

  init(_ console: Console, label: String) {
    self.console = console
    self.label = label
  }

  /// Reports to the bar; what is there when it begins does not count for the time left.
  var transfer: HubTransfer {
    HubTransfer { [self] progress in
      bar.withLock { bar in
        let shown =
          bar
          ?? ProgressBar(
            console, label: label, total: progress.bytesTotal, completed: progress.bytesDone)
        bar = shown
        shown.update(completed: progress.bytesDone, note: progress.name)
      }
    }
  }

  /// Removes it.
  func end() { bar.withLock { $0?.clear() } }
}
