import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore
import GenkiTrain

/// What a miner would publish next, told from its state without changing it.
enum PlannedSubmission {
  private static let submissionsLooked = 20

  /// What the state tells of it.
  private struct Known {
    var round: KnownRound?
    var submissions: [Submission] = []
    var filled: Set<RepositoryID> = []
  }

  /// The publication of the newest round's model.
  ///
  /// - Parameter state: The database, which may not be there yet.
  static func publication(
    _ configuration: MinerConfiguration, state: String
  ) -> HubPublication {
    let known =
      Store.peek(path: state) { transaction in
        Known(
          round: try transaction.knownRounds(limit: 1).first,
          submissions: try transaction.submissions(limit: submissionsLooked),
          filled: Set(try transaction.ownRepositories(before: .max, besides: [])))
      } ?? Known()
    let round = known.round?.round ?? 1
    let current = known.submissions.first { $0.round == round }
    var publication = HubPublication(
      name: current?.repository.name ?? configuration.repositoryName(round: round),
      key: "publish.name", idBytesMaximum: SubmissionCommitment.repositoryBytesMaximum,
      subject: "the model of round \(round)"
        + (current.map { " (\($0.state.rawValue))" } ?? ""), visibility: .private,
      shownAt: known.round.map { "the round closes at block \($0.announced.closesAt)" }
        ?? "the round closes")
    publication.isFilled = known.filled.contains { $0.name == publication.name }
    do {
      try addFiles(to: &publication, configuration, known, current)
    } catch {
      publication.problem = "\(error)"
    }
    return publication
  }

  /// What the model of a round will take.
  private static func sizes(
    _ configuration: MinerConfiguration, _ round: KnownRound
  ) throws -> String {
    var options = try JobOptions.options(
      configuration.finetune, overrides: [:], base: round.folder, data: [], out: "")
    try LocalFinetuner.apply(round, to: &options)
    let bytes = try UploadSize(options).bytes(options.effectiveStorage)
    return
      "stored as \(options.effectiveStorage.rawValue) its weights take \(HumanUnits.bytes(bytes))"
  }

  private static func addFiles(
    to publication: inout HubPublication, _ configuration: MinerConfiguration, _ known: Known,
    _ current: Submission?
  ) throws {
    let samples = try configuration.publish.samples.map { try SharedSamples.read($0) }
    let example =
      current ?? known.submissions.first { FileManager.default.fileExists(atPath: $0.model) }
    guard let example else {
      publication.uncertainty = "no model is ready yet"
      if configuration.finetune.method == "full", let round = known.round {
        publication.uncertainty?.append("; \(try sizes(configuration, round))")
      }
      return
    }
    if example.round != current?.round {
      publication.uncertainty = "as in round \(example.round): this one's is not ready yet"
    }
    let names = try SubmissionFolder.names(example.model)
    publication.files = try HubPublication.sizes(
      of: names.map { HubFile(name: $0, path: "\(example.model)/\($0)") })
    publication.files.append(HubPublication.File(name: MinerCard.fileName, bytes: nil))
    if let samples {
      publication.files.append(
        HubPublication.File(name: SharedSamples.fileName, bytes: samples.count))
    }
  }
}

extension MinerConfiguration {
  /// What the repository of a round's model is called.
  func repositoryName(round: UInt64) -> String {
    "\(publish.name ?? wallet.hotkey)-r\(round)"
  }
}
