import GenkiCore
import GenkiFederation
import GenkiHub
import GenkiRound

/// The model card of a base, made for the upload and not written anywhere.
extension BasePublisher {
  /// No card of a base is larger.
  private static let cardBytesMaximum = 1 << 20

  /// The card of a base that is about to be published.
  func card(
    _ document: RoundDocument, manifest: ContentDigest, _ repository: RepositoryID, folder: String
  ) throws -> HubFile {
    let madeUnder = try document.made.flatMap { made in
      try context.store.read { try $0.knownRound(made.round)?.document.rules }
    }
    let card = DamaCard(
      document: document, madeUnder: madeUnder, manifest: manifest, repository: repository,
      netuid: context.chain.netuid, terms: terms, losses: try losses(document, folder: folder))
    return HubFile(name: DamaCard.fileName, bytes: card.bytes)
  }

  /// What the coordinator says of its bases.
  var terms: CardTerms {
    let round = configuration.round
    return CardTerms(
      license: round.license ?? inheritedLicense, description: round.description,
      languages: round.language)
  }

  /// The licence that the first base's own card states, as long as its folder is there.
  private var inheritedLicense: String? {
    guard let base = configuration.round.base,
      let text = try? TextFile.readString(
        "\(base)/\(DamaCard.fileName)", sizeLimit: Self.cardBytesMaximum)
    else { return nil }
    return DamaCard.license(ofCard: text)
  }

  /// The base's losses by validation file: those of the base before, less the gain of the step that was
  /// taken.
  private func losses(
    _ document: RoundDocument, folder: String
  ) throws -> [RoundDocument.SetLoss] {
    guard let made = document.made, made.damaSha256 != nil else {
      return document.made?.baseLosses ?? []
    }
    let aggregation = try RoundManifest.load(path: folder + "/" + RoundManifest.fileName)
    guard let trial = aggregation.taken else { return [] }
    return made.baseLosses.compactMap { set in
      trial.gain.domains.first { $0.name == set.name }.map {
        RoundDocument.SetLoss(name: set.name, loss: set.loss - $0.delta)
      }
    }
  }
}
