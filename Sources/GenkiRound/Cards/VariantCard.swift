import GenkiCore
import GenkiHub

/// The model card of a Dama that was rounded for those who only want to use it.
public struct VariantCard: Sendable {
  /// The file's name in the repository.
  public static let fileName = CardSections.fileName

  /// The Dama that was rounded.
  public var dama: RoundDocument.BasePlace
  /// The round whose base it is.
  public var round: UInt64
  /// Where the rounded one goes.
  public var repository: RepositoryID
  /// The subnet.
  public var netuid: UInt16
  /// What the coordinator says.
  public var terms: CardTerms

  /// A card; see the properties.
  public init(
    dama: RoundDocument.BasePlace, round: UInt64, repository: RepositoryID, netuid: UInt16,
    terms: CardTerms
  ) {
    self.dama = dama
    self.round = round
    self.repository = repository
    self.netuid = netuid
    self.terms = terms
  }

  /// The file's content; equal cards have equal bytes.
  public var bytes: [UInt8] {
    let header = CardHeader(
      terms: terms, base: dama.repository, relation: .quantized, netuid: netuid)
    var sections = [header.text, introduction]
    if let words = CardSections.description(terms) { sections.append("## About\n\n\(words)\n") }
    sections += [CardSections.use(repository), CardSections.license(terms)]
    return Array(sections.joined(separator: "\n").utf8)
  }

  private var introduction: String {
    """
    # \(CardText.inline(repository.name))

    The base of round \(round) of Genki-Dama on subnet \(netuid), rounded to bfloat16, for those who \
    only want to use it. It takes no part in any round: miners and validators work on the Dama itself.

    - Rounded from: \(CardSections.base(dama))

    """
  }
}
