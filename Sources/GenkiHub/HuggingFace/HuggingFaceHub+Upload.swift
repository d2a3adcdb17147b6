import Foundation
import GenkiCore
import GenkiHTTP

extension HuggingFaceHub {
  /// Looks at the head and commits to it, so often at most: each further time somebody else has
  /// committed in between, or an answer was lost.
  private static let attemptsMaximum = 5
  /// Files of a repository that are looked at.
  private static let treeMaximum = 1_000
  /// Files of one commit.
  private static let filesMaximum = 256
  /// Bytes of all files that go in the commit itself.
  private static let inlineBytesMaximum = 64 << 20

  /// Makes the content of a repository of this account equal to these files, as one commit.
  ///
  /// What the head has already is not sent again; if it has all, its id is the result. Large files are
  /// stored first, and named in the commit. The result was read back from the hub.
  public func upload(
    _ files: [HubFile], to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision {
    try requireOwn(repository)
    let id = repository.description
    guard files.count <= Self.filesMaximum else {
      throw HubError.invalid(
        repository: id, reason: "\(files.count) files, more than \(Self.filesMaximum)")
    }
    let sources = try files.map { file in
      if let problem = HubLimits.nameProblem(file.name) {
        throw HubError.invalid(repository: id, reason: problem)
      }
      return try UploadFile(file)
    }
    guard Set(files.map(\.name)).count == files.count else {
      throw HubError.invalid(repository: id, reason: "a file's name stands twice")
    }
    let progress = UploadProgress(files: sources, transfer: transfer)
    for _ in 0..<Self.attemptsMaximum {
      try transfer.check(repository)
      let head = try info(of: repository).head
      let there = try head.map { try self.tree(repository, $0, transfer) } ?? []
      let plan = try UploadPlan(sources, there: there)
      if let head, plan.isEmpty { return head }
      guard let revision = try store(plan, on: head, of: repository, progress) else { continue }
      guard try UploadPlan(sources, there: tree(repository, revision, transfer)).isEmpty else {
        throw HubError.invalid(
          repository: id, reason: "commit \(revision) has not what was uploaded")
      }
      return revision
    }
    throw api.unreachable("\(id) changes while it is uploaded")
  }

  private func tree(
    _ repository: RepositoryID, _ revision: Revision, _ transfer: HubTransfer
  ) throws -> [HubEntry] {
    try tree(
      of: repository, revision: revision, entriesMaximum: Self.treeMaximum,
      cancellation: transfer.cancellation)
  }

  /// Sends what is missing and commits; nil if the head is another one by now.
  private func store(
    _ plan: UploadPlan, on head: Revision?, of repository: RepositoryID,
    _ progress: UploadProgress
  ) throws -> Revision? {
    for file in plan.present { progress.finished(file.name) }
    let large = try largeFiles(plan.missing, of: repository, progress.transfer)
    let store = LargeFileStore(
      api: api, settings: settings, repository: repository, transfer: progress.transfer)
    for file in plan.missing where large.contains(file.name) {
      try store.store(file) { progress.moved($0, of: file.name) }
      progress.finished(file.name)
    }
    let small = plan.missing.filter { !large.contains($0.name) }
    let inlineBytes = small.reduce(0) { $0 + $1.bytes }
    guard inlineBytes <= Self.inlineBytesMaximum else {
      throw HubError.invalid(
        repository: repository.description,
        reason: "the hub wants \(inlineBytes) bytes of small files in one commit")
    }
    var commit = CommitBody(summary: "Publish \(repository.name)", parent: head)
    for file in plan.missing {
      if large.contains(file.name) {
        commit.add(large: file)
      } else {
        commit.add(small: file, content: try file.content())
      }
    }
    for name in plan.foreign { commit.delete(name) }
    let revision = try self.commit(commit, to: repository, progress.transfer)
    if revision != nil { for file in small { progress.finished(file.name) } }
    return revision
  }

  /// The names of the files that the hub wants in its large file storage.
  private func largeFiles(
    _ files: [UploadFile], of repository: RepositoryID, _ transfer: HubTransfer
  ) throws -> Set<String> {
    guard !files.isEmpty else { return [] }
    let list = try files.map { file -> JSONValue in
      [
        "path": .string(file.name), "size": JSONValue(file.bytes),
        "sample": .string(Data(try file.sample()).base64EncodedString()),
      ]
    }
    let response = try api.send(
      .post, "/api/models/\(repository)/preupload/main", of: repository,
      json: ["files": .array(list)], isRepeatable: true, cancellation: transfer.cancellation)
    guard response.isSuccess else { throw api.error(response, of: repository) }
    var large: Set<String> = []
    let answers = try api.json(response)["files"]?.arrayValue ?? []
    for file in files {
      guard let answer = answers.first(where: { $0["path"]?.stringValue == file.name }),
        let mode = answer["uploadMode"]?.stringValue
      else {
        throw api.unreachable("it does not say how \(file.name.quoted()) is to be uploaded")
      }
      guard answer["shouldIgnore"]?.boolValue != true else {
        throw HubError.invalid(
          repository: repository.description,
          reason: "the hub ignores a file named \(file.name.quoted())")
      }
      // The storage takes no empty files.
      if mode == "lfs", file.bytes > 0 { large.insert(file.name) }
    }
    return large
  }

  /// Commits; nil if the head is not the parent.
  ///
  /// The parent makes it safe to send it again after a lost answer: a second one is refused with 412,
  /// and the head tells that the first has arrived.
  private func commit(
    _ commit: CommitBody, to repository: RepositoryID, _ transfer: HubTransfer
  ) throws -> Revision? {
    var request = HTTPRequest(
      .post, try api.url("/api/models/\(repository)/commit/main"),
      headers: ["Content-Type": "application/x-ndjson"], body: .bytes(commit.bytes),
      isRepeatable: commit.parent != nil, timeouts: settings.uploadTimeouts)
    request.redirects = .sameOrigin
    let response: HTTPResponse
    do {
      response = try api.send(request, of: repository, cancellation: transfer.cancellation)
    } catch HubError.unreachable where commit.parent == nil {
      // It may have arrived: the head tells.
      return nil
    }
    if response.status == 412 { return nil }
    guard response.isSuccess else { throw api.error(response, of: repository) }
    guard let text = try api.json(response)["commitOid"]?.stringValue,
      let revision = Revision(hex: text)
    else { throw api.unreachable("it names no commit") }
    return revision
  }
}
