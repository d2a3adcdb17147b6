import GenkiCore
import GenkiHTTP
import Glibc

extension HuggingFaceHub {
  /// Seconds that a download may take by itself: it is bounded by its progress, and by its caller.
  private static let secondsMaximum = 30.0 * 86_400
  /// Downloads of a file whose content is wrong, before that is the repository's fault.
  private static let attemptsMaximum = 2

  /// Downloads one file of a commit and checks its content; the file appears whole or not at all.
  ///
  /// What is there of it beside `path` is hashed and gone on with; a beginning that turns out to be
  /// wrong is dropped, and the file fetched from its first byte.
  public func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, transfer: HubTransfer
  ) throws {
    let id = repository.description
    guard entry.bytes <= bytesMaximum else {
      throw HubError.tooLarge(
        repository: id, name: entry.name, bytes: entry.bytes, limit: bytesMaximum)
    }
    if let problem = HubLimits.nameProblem(entry.name) {
      throw HubError.invalid(repository: id, reason: problem)
    }
    guard entry.digest != nil || entry.gitBlob != nil else {
      throw HubError.invalid(
        repository: id, reason: "the hub states no hash of \(entry.name.quoted())")
    }
    do {
      let partial = try PartialFile(path: Self.partialPath(of: path), entry: entry)
      for attempt in 1...Self.attemptsMaximum {
        var problem = HubError.contentDiffers(repository: id, name: entry.name)
        do {
          try fetch(entry, repository, revision, into: partial, transfer)
          if try partial.isRight() { break }
        } catch let error as HTTPDownloadError {
          // A file that is not as the listing says.
          problem = .invalid(
            repository: id, reason: "\(entry.name.quoted()): \(error.why)")
        }
        // Once is no proof: what an earlier process left may be damaged, and so may a line be.
        try partial.restart()
        if attempt == Self.attemptsMaximum {
          partial.remove()
          throw problem
        }
      }
      try partial.finish(as: path)
    } catch let error as FileError {
      throw HubError.local(error, needed: entry.bytes)
    }
  }

  private func fetch(
    _ entry: HubEntry, _ repository: RepositoryID, _ revision: Revision,
    into partial: PartialFile, _ transfer: HubTransfer
  ) throws {
    try transfer.check(repository)
    if partial.bytes == entry.bytes, entry.bytes > 0 { return }
    let url = try api.url(
      "/\(repository)/resolve/\(revision.hex)/\(HubPath.encoded(entry.name))")
    var request = HTTPRequest(
      .get, url, headers: ["Accept-Encoding": "identity"],
      authorization: api.authorization(for: url), timeouts: settings.downloadTimeouts,
      cancellation: transfer.cancellation)
    request.limits.bodyBytes = entry.bytes
    var policy = settings.retries
    policy.totalSecondsMaximum = Self.secondsMaximum
    let download = HTTPDownload(
      request, expectedBytes: entry.bytes, bytesMaximum: entry.bytes, bytesPresent: partial.bytes)
    do {
      _ = try api.client.download(
        download, retrying: policy, environment: settings.environment,
        progress: { progress in
          transfer.onProgress(
            HubProgress(
              name: entry.name, bytesDone: min(progress.received, entry.bytes),
              bytesTotal: entry.bytes))
        },
        restart: { try partial.restart() }, receive: { try partial.append($0) })
    } catch let error as HTTPError {
      switch error {
      case .status(_, let code, _) where !HTTPError.transientStatuses.contains(code):
        partial.remove()
        throw HubAnswer(error: error, code: code).error(
          source: api.source, repository: repository, revision: revision, name: entry.name,
          hasToken: settings.token != nil)
      case .tooLarge:
        partial.remove()
        throw HubError.invalid(
          repository: repository.description,
          reason: "\(entry.name.quoted()) is longer than its listing says")
      default: throw api.error(error, of: repository)
      }
    }
    transfer.onProgress(
      HubProgress(name: entry.name, bytesDone: entry.bytes, bytesTotal: entry.bytes))
  }
}

/// Names of files as parts of addresses.
enum HubPath {
  /// A file's name, everything percent-encoded that a path segment may not hold.
  static func encoded(_ name: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"), UInt8(ascii: "~"):
        text.append(byte)
      default: text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
