import Foundation
import GenkiChain
import GenkiCore
import GenkiFederation
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore

/// What a coordinator would publish next, told from its state without changing it.
enum PlannedBase {
  /// What the state tells of it.
  private struct Known {
    var round: KnownRound?
    var own: ValidatorRound?
    var filled: Set<RepositoryID> = []
  }

  /// The publication of the next round's base; nil for a validator that announces no rounds.
  ///
  /// - Parameters:
  ///   - hotkey: Ours.
  ///   - state: The database, which may not be there yet.
  static func publication(
    _ configuration: ValidatorConfiguration, hotkey: SS58Address?, state: String
  ) -> HubPublication? {
    let coordinator = configuration.round.coordinator.flatMap { try? SS58Address.bittensor($0) }
    guard let coordinator, coordinator == hotkey else { return nil }
    let known =
      Store.peek(path: state) { transaction in
        let round = try transaction.knownRounds(limit: 1).first
        return Known(
          round: round, own: try round.flatMap { try transaction.round($0.round) },
          filled: Set(try transaction.ownRepositories(before: .max, besides: [])))
      } ?? Known()
    let next = known.round.map { $0.round + 1 } ?? ValidatorEngine.firstRound
    if let round = known.round, let last = configuration.round.lastRound, round.round >= last {
      return nil
    }
    var publication = HubPublication(
      name: configuration.repositoryName(round: next), key: "round.name",
      idBytesMaximum: AnnouncementCommitment.repositoryBytesMaximum,
      subject: "the base of round \(next)", visibility: .public)
    publication.isFilled = known.filled.contains { $0.name == publication.name }
    do {
      try addFiles(to: &publication, configuration, known)
    } catch {
      publication.problem = "\(error)"
    }
    return publication
  }

  private static func addFiles(
    to publication: inout HubPublication, _ configuration: ValidatorConfiguration, _ known: Known
  ) throws {
    var folder = configuration.round.base
    if let next = known.own?.next {
      folder = next.folder
    } else if let round = known.round {
      folder = round.folder
      publication.uncertainty = "as in round \(round.round): the next base is not made yet"
    }
    guard let folder else {
      publication.uncertainty = "no round was announced and there is no first base (round.base)"
      return
    }
    publication.files = try HubPublication.sizes(of: BaseFolder.files(folder))
    publication.files.append(HubPublication.File(name: RoundDocument.fileName, bytes: nil))
    let aggregation = "\(folder)/\(RoundManifest.fileName)"
    if known.own?.next?.damaSha256 != nil {
      publication.files += try HubPublication.sizes(
        of: [HubFile(name: RoundDocument.aggregationFileName, path: aggregation)])
    }
    publication.files.append(HubPublication.File(name: DamaCard.fileName, bytes: nil))
  }
}

extension ValidatorConfiguration {
  /// What the repository of a round's base is called.
  func repositoryName(round number: UInt64) -> String { "\(round.name)-r\(number)" }

  /// What the repository of its rounded form is called.
  func variantName(round number: UInt64) -> String { repositoryName(round: number) + "-bf16" }
}
