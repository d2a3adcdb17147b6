import Foundation
import GenkiChain
import GenkiCore
import GenkiFormats
import GenkiHub

/// A dishonest miner with more than any real one has: it reads private repositories in their owners'
/// names while the round is open, and commits a disguised copy.
package struct Insider {
  private static let fileBytesMaximum = 1 << 32

  /// Its account on the hub.
  package let account: String
  package let chain: any StageChain
  package let hub: HubHandle
  /// Who announces the rounds.
  package let coordinator: SS58Address
  /// Where it keeps what it takes.
  package let folder: String
  private let keypair: Keypair

  /// An insider with a registered hotkey.
  package init(
    account: String, keypair: Keypair, chain: any StageChain, hub: HubHandle,
    coordinator: SS58Address, folder: String
  ) {
    self.account = account
    self.keypair = keypair
    self.chain = chain
    self.hub = hub
    self.coordinator = coordinator
    self.folder = folder
  }

  /// Whether a commitment that is submitted at this head is in the last block that counts.
  package func isLastMoment(_ round: UInt64, at head: BlockReference) throws -> Bool {
    guard let record = try chain.commitment(of: coordinator, at: head),
      let announcement = try? AnnouncementCommitment(parsing: record.bytes),
      announcement.round == round
    else { return false }
    return head.number + 2 == record.block + announcement.lengthBlocks
  }

  /// Takes a miner's model of the round, adds noise to it and commits it as its own.
  ///
  /// - Parameter noise: The norm of the noise as a share of the change's.
  package func submitCopy(
    of victim: SS58Address, round: UInt64, noise: Double, seed: UInt64
  ) throws {
    let head = try chain.head()
    guard let announced = try chain.commitment(of: coordinator, at: head),
      let committed = try chain.commitment(of: victim, at: head)
    else { throw DemoError.unexpectedOutput(command: "the copier", problem: "nothing to copy") }
    let announcement = try AnnouncementCommitment(parsing: announced.bytes)
    let submission = try SubmissionCommitment(parsing: committed.bytes)
    let place = "\(folder)/round-\(round)"
    let (base, model, copy) = ("\(place)/base", "\(place)/model", "\(place)/copy")
    try requireHidden(submission.repository, submission.revision)
    try take(announcement.repository, announcement.revision, to: base)
    try take(submission.repository, submission.revision, to: model)
    try ModelCopy.write(of: model, base: base, to: copy, disguises: [.noise(noise)], seed: seed)
    let baseHash = try WeightSet.open(folder: base).contentDigest()
    let ours = try publish(copy, name: "copy-r\(round)")
    let commitment = try SubmissionCommitment(
      basePrefix: Array(baseHash.bytes.prefix(SubmissionCommitment.basePrefixCount)),
      revision: ours.revision.bytes,
      boundHash: BoundHash.make(
        hotkey: keypair.publicKey, base: baseHash,
        content: try WeightSet.open(folder: copy).contentDigest()),
      repository: ours.repository.description)
    let signer = try KeypairSigner(keypair)
    try chain.submit(
      chain.makeExtrinsic(
        .setCommitment(netuid: chain.netuid, bytes: commitment.encoded()),
        nonce: try chain.nextNonce(of: signer.address), signer: signer))
  }

  /// Its own account must not see the model before the round has closed.
  private func requireHidden(_ name: String, _ revision: [UInt8]) throws {
    let (repository, revision) = try place(name, revision)
    do {
      _ = try hub.open(account).list(repository, revision: revision)
    } catch HubError.repositoryNotFound {
      return
    }
    throw DemoError.outcome(["'\(repository)' was shown to '\(account)' before the close"])
  }

  private func place(
    _ name: String, _ revision: [UInt8]
  ) throws -> (repository: RepositoryID, revision: Revision) {
    guard let repository = RepositoryID(name), let revision = Revision(bytes: revision) else {
      throw DemoError.unexpectedOutput(command: "the copier", problem: "no repository '\(name)'")
    }
    return (repository, revision)
  }

  /// Downloads a commit in its owner's name: whoever has the hub's folder or its tokens can.
  private func take(_ name: String, _ revision: [UInt8], to place: String) throws {
    let (repository, revision) = try self.place(name, revision)
    let hub = try hub.open(repository.namespace)
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    for entry in try hub.list(repository, revision: revision) {
      try hub.download(
        entry, of: repository, revision: revision, to: "\(place)/\(entry.name)",
        bytesMaximum: Self.fileBytesMaximum
      ) { _ in }
    }
  }

  /// The copy has nothing to hide: it is public from the beginning.
  private func publish(
    _ model: String, name: String
  ) throws -> (repository: RepositoryID, revision: Revision) {
    guard let repository = RepositoryID(namespace: account, name: name) else {
      throw DemoError.unexpectedOutput(command: "the copier", problem: "'\(account)' is no account")
    }
    let hub = try hub.open(account)
    try hub.createRepository(repository, visibility: .public)
    let files = try FileManager.default.contentsOfDirectory(atPath: model).sorted().map {
      HubFile(name: $0, path: "\(model)/\($0)")
    }
    return (repository, try hub.upload(files, to: repository) { _ in })
  }
}
