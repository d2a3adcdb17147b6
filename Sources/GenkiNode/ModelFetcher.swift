import GenkiChain
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiRound

/// Brings bases and submissions to this machine and checks that they are what was announced or
/// committed. Nothing of a repository is believed before.
public struct ModelFetcher: Sendable {
  /// What fetching a submission has led to.
  public enum Submission: Sendable {
    /// Its files are here and are what was committed.
    case fetched(folder: String, contentHash: ContentDigest)
    /// A gate refuses it.
    case rejected(gate: Int, code: String, reason: String)
    /// It cannot be had now.
    case unavailable(reason: String)
  }

  private static let baseBytesMaximum = 200 << 30

  private let context: NodeContext

  /// A fetcher for one daemon.
  public init(_ context: NodeContext) { self.context = context }

  // MARK: Bases

  /// Fetches an announced base.
  ///
  /// - Throws: `RoundError` if it is not what was announced, `FileRefusal` for files that no base has,
  ///   and what the hub throws.
  public func base(_ announced: AnnouncedRound, transfer: HubTransfer) throws -> KnownRound {
    let listing = try context.hub.list(
      announced.repository, revision: announced.revision, transfer: transfer)
    let limits = FileLimits(
      bytesTotal: Self.baseBytesMaximum, bytesPerFile: Self.baseBytesMaximum)
    let files = try BaseFiles(listing: listing, limits: limits)
    context.cache.pin(announced.repository, revision: announced.revision)
    let folder = try context.cache.fetch(
      hub: context.hub, repository: announced.repository, revision: announced.revision,
      files: files.entries, limits: limits, transfer: transfer)
    let path = folder + "/" + RoundDocument.fileName
    let bytes = try TextFile.readBytes(path, sizeLimit: RoundDocument.bytesMaximum)
    guard announced.announces(SHA256Hasher.digest(of: bytes)) else {
      throw RoundError.baseDiffers(
        round: announced.round, reason: "its manifest is not the one of the announcement")
    }
    let document = try RoundDocument.parse(bytes, source: announced.repository.description)
    guard document.round == announced.round else {
      throw RoundError.baseDiffers(
        round: announced.round, reason: "its manifest is for round \(document.round)")
    }
    let weights = try WeightSet.open(folder: folder)
    guard try weights.contentDigest() == document.baseContentHash else {
      throw RoundError.baseDiffers(
        round: announced.round, reason: "its weights are not those of its manifest")
    }
    let single = weights.files.count == 1 ? weights.files.first : nil
    return KnownRound(
      announced: announced, document: document, folder: folder,
      weightsSha256: try single.map { try SHA256Hasher.digest(ofFile: folder + "/" + $0) })
  }

  // MARK: Submissions

  /// Fetches a candidate: gates 3 to 5.
  ///
  /// - Throws: What may be tried again; everything that is the candidate's fault is its verdict.
  public func submission(
    _ candidate: RoundCandidate, known: KnownRound, transfer: HubTransfer
  ) throws -> Submission {
    guard let repository = candidate.repository, let revision = candidate.revision else {
      return .rejected(gate: 1, code: "bad_commitment", reason: "it names no repository")
    }
    let rules = known.document.rules
    let limits = FileLimits(
      bytesTotal: rules.submissionBytesMaximum, bytesPerFile: rules.submissionBytesMaximum)
    do {
      let listing = try context.hub.list(repository, revision: revision, transfer: transfer)
      let files = try SubmissionFiles(listing: listing, limits: limits)
      let method = files.form == .adapter ? "lora" : "full"
      guard rules.methods.contains(method) else {
        return .rejected(
          gate: 6, code: "method_not_allowed",
          reason: "this round takes \(rules.methods.joined(separator: " and ")), not \(method)")
      }
      let folder = try context.cache.fetch(
        hub: context.hub, repository: repository, revision: revision, files: files.entries,
        limits: limits, transfer: transfer)
      return try check(candidate, folder: folder, known: known)
    } catch let error as HubError {
      return try verdict(error)
    } catch let error as FileRefusal {
      return .rejected(gate: 4, code: "files_refused", reason: error.why)
    }
  }

  /// The content must be what hotkey, base and commitment bind together.
  private func check(
    _ candidate: RoundCandidate, folder: String, known: KnownRound
  ) throws -> Submission {
    let content: ContentDigest
    do {
      content = try WeightSet.open(folder: folder, limits: .strict).contentDigest()
    } catch let error as any ReportableError where error.kind == .invalidData {
      return .rejected(
        gate: 6, code: "unreadable",
        reason: RoundCandidate.publicReason("\(error.what): \(error.why)", folder: folder))
    }
    let bound = BoundHash.make(
      hotkey: candidate.hotkey.publicKey, base: known.base, content: content)
    guard AnnouncedRound.hex(bound) == candidate.boundHash else {
      return .rejected(
        gate: 5, code: "not_bound",
        reason: "its content is not what the commitment of this hotkey binds")
    }
    return .fetched(folder: folder, contentHash: content)
  }

  /// A hub's refusal is the candidate's fault, unless it may be over later.
  private func verdict(_ error: HubError) throws -> Submission {
    switch error {
    case .unreachable, .noSpace, .localFile, .cancelled: throw error
    case .repositoryNotFound, .revisionNotFound, .entryNotFound, .notAllowed:
      return .unavailable(reason: error.why)
    case .tooLarge: return .rejected(gate: 4, code: "too_large", reason: error.why)
    case .contentDiffers, .invalid, .notOwner:
      return .rejected(gate: 4, code: "bad_repository", reason: error.why)
    }
  }
}
