import GenkiCore
import GenkiHTTP

/// Git LFS: brings one content to where the hub wants it, whole or in parts.
struct LargeFileStore {
  /// Times that a content is offered anew, because addresses have expired or parts were forgotten.
  private static let attemptsMaximum = 4
  /// Seconds that a part may take by itself: it is bounded by its progress.
  private static let secondsMaximum = 7.0 * 86_400
  private static let mediaType = "application/vnd.git-lfs+json"

  let api: HubAPI
  let settings: HuggingFaceSettings
  let repository: RepositoryID
  let transfer: HubTransfer

  /// Stores a content; what an earlier process has stored of it is not sent again.
  ///
  /// - Parameter moved: Told how many of its bytes are there.
  func store(_ file: UploadFile, moved: @escaping (Int) -> Void) throws {
    let record = UploadRecord.open(
      folder: settings.uploadsFolder, source: api.source, repository: repository, file: file,
      now: settings.environment.clock.unixSeconds)
    defer { record?.close() }
    var last: HubError?
    for _ in 0..<Self.attemptsMaximum {
      try transfer.check(repository)
      let offer: LargeFileOffer
      if let plan = record?.plan {
        offer = .parts(plan)
      } else {
        offer = try self.offer(file)
      }
      do {
        switch offer {
        case .stored:
          record?.remove()
          return
        case .whole(let address, let verification):
          try put(file, offset: 0, length: file.bytes, to: address, moved: moved)
          try verify(file, at: verification)
        case .parts(let plan):
          try sendParts(plan, of: file, record, moved)
          try verify(file, at: plan.verification)
        }
        record?.remove()
        return
      } catch let error as StaleOffer {
        // Addresses expire, and a storage may have forgotten parts: a new offer says what is missing.
        record?.forget()
        last = error.error
      }
    }
    throw last ?? api.unreachable("\(file.name.quoted()) cannot be stored")
  }

  /// Something of an offer is no longer as it was offered.
  private struct StaleOffer: Error {
    let error: HubError
  }

  // MARK: The offer

  /// Asks how a content is to be stored.
  private func offer(_ file: UploadFile) throws -> LargeFileOffer {
    let body: JSONValue = [
      "operation": "upload", "transfers": ["basic", "multipart"], "hash_algo": "sha256",
      "ref": ["name": "main"],
      "objects": [["oid": .string(file.digest.hex), "size": JSONValue(file.bytes)]],
    ]
    let response = try post(
      body, to: try api.url("/\(repository).git/info/lfs/objects/batch"))
    guard response.isSuccess else { throw api.error(response, of: repository) }
    do {
      return try LargeFileOffer(
        api.json(response), digest: file.digest, bytes: file.bytes, source: api.source,
        shown: response.withoutSecrets)
    } catch let problem as LargeFileOffer.Problem {
      throw HubError.invalid(
        repository: repository.description,
        reason: "\(file.name.quoted()): \(problem.reason)")
    }
  }

  private func post(_ body: JSONValue, to url: HTTPURL) throws -> HTTPResponse {
    let request = HTTPRequest(
      .post, url, headers: ["Accept": Self.mediaType, "Content-Type": Self.mediaType],
      body: .text(body.encoded()), isRepeatable: true, timeouts: settings.uploadTimeouts)
    return try api.send(request, of: repository, cancellation: transfer.cancellation)
  }

  // MARK: The bytes

  private func sendParts(
    _ plan: PartPlan, of file: UploadFile, _ record: UploadRecord?, _ moved: @escaping (Int) -> Void
  ) throws {
    var tags = record?.tags ?? [:]
    var done = tags.keys.reduce(0) { $0 + plan.length(of: $1, bytes: file.bytes) }
    moved(done)
    for number in 1...plan.addresses.count where tags[number] == nil {
      let length = plan.length(of: number, bytes: file.bytes)
      let response = try put(
        file, offset: (number - 1) * plan.partBytes, length: length,
        to: plan.addresses[number - 1]
      ) { moved(done + $0) }
      guard let tag = response.headers["ETag"], !tag.isEmpty, tag.utf8.count <= 1_024 else {
        throw HubError.invalid(
          repository: repository.description,
          reason: "the storage gives no tag for part \(number) of \(file.name.quoted())")
      }
      tags[number] = tag
      // Noted after the part has arrived: a killed process sends at most this one again.
      record?.note(part: number, tag: tag, plan: plan)
      done += length
      moved(done)
    }
    let list = (1...plan.addresses.count).map { number -> JSONValue in
      ["partNumber": JSONValue(number), "etag": JSONValue(tags[number])]
    }
    let response = try post(
      ["oid": .string(file.digest.hex), "parts": .array(list)], to: plan.completion)
    guard response.isSuccess else {
      // Also when an earlier completion has arrived and its answer was lost.
      throw StaleOffer(error: api.error(response, of: repository))
    }
  }

  @discardableResult
  private func put(
    _ file: UploadFile, offset: Int, length: Int, to address: HTTPURL,
    moved: @escaping (Int) -> Void
  ) throws -> HTTPResponse {
    var request = HTTPRequest(
      .put, address, headers: ["Content-Type": "application/octet-stream"],
      // No token: the address itself says who may write.
      body: try file.body(offset: offset, length: length), redirects: .none,
      timeouts: settings.uploadTimeouts,
      cancellation: transfer.cancellation)
    request.limits.bodyBytes = 1 << 20
    request.hidesPath = true
    var policy = settings.retries
    policy.totalSecondsMaximum = Self.secondsMaximum
    let response: HTTPResponse
    do {
      response = try api.client.send(
        request, retrying: policy, environment: settings.environment,
        progress: { moved(min($0.sent, length)) })
    } catch let error as HTTPError {
      throw api.error(error, of: repository)
    }
    switch response.status {
    case 200...299: return response
    case let status where HTTPError.transientStatuses.contains(status):
      throw api.unreachable("the storage answers \(status)")
    default:
      throw StaleOffer(
        error: .invalid(
          repository: repository.description,
          reason: "the storage refuses \(file.name.quoted()) with \(response.statusError.why)"))
    }
  }

  private func verify(_ file: UploadFile, at address: HTTPURL?) throws {
    guard let address else { return }
    let response = try post(
      ["oid": .string(file.digest.hex), "size": JSONValue(file.bytes)], to: address)
    guard response.isSuccess else {
      throw StaleOffer(error: api.error(response, of: repository))
    }
  }
}
