import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiHub
import GenkiTrain

/// A miner as `--miner` names it: `NAME=FILE[,FILE…][:lora|:full]`.
///
/// A colon, comma, equals sign or backslash in a path has a backslash before it.
package struct MinerArgument: Equatable, Sendable {
  private static let form =
    #"write NAME=FILE[,FILE…][:lora|:full]; in a path : , = and \ are written \: \, \= and \\"#

  /// Its name, that of its wallet and of its account on the hub.
  package let name: String
  /// The files that it trains on.
  package let files: [String]
  /// What it trains; LoRA unless it says so, as its daemon does.
  package let method: FinetuneOptions.Method

  /// Reads an argument.
  ///
  /// - Throws: `UsageError` that names the argument and what is wrong with it.
  package init(_ argument: String) throws {
    func wrong(_ why: String, advice: String = Self.form) -> UsageError {
      UsageError("--miner \(argument.quoted())", why, advice: advice)
    }
    guard let text = EscapedText(argument, separators: [":", ",", "="]) else {
      throw wrong("a backslash stands before a character that needs none")
    }
    let halves = text.split("=", most: 2)
    guard halves.count == 2 else { throw wrong("it has no equals sign") }
    name = halves[0].text
    if let why = Self.problem(ofName: name) {
      throw wrong(
        why, advice: "letters, digits, - _ and . ; it becomes a repository's namespace on the hub")
    }
    let parts = halves[1].split(":")
    guard parts.count <= 2 else { throw wrong("it has \(parts.count - 1) colons") }
    files = parts[0].split(",").map(\.text)
    guard files != [""] else { throw wrong("it names no file") }
    guard !files.contains("") else { throw wrong("the name of a file is empty") }
    let word = parts.count == 2 ? parts[1].text : FinetuneOptions.Method.lora.rawValue
    guard let method = FinetuneOptions.Method(rawValue: word) else {
      throw wrong("\(word.quoted()) is no method: there are lora and full")
    }
    self.method = method
  }

  /// Why a text cannot be a miner's name; nil if it can.
  private static func problem(ofName name: String) -> String? {
    guard !name.isEmpty else { return "its name is empty" }
    let taken = [
      RoundRecipe.coordinatorName, RoundRecipe.verifierName, RoundRecipe.copierName,
      RoundRecipe.insiderName,
    ]
    if taken.contains(name.lowercased()) { return "\(name.quoted()) is another daemon's name" }
    // The longest round's number that a repository's name may have to hold.
    let longest = "\(RoundRecipe.repositoryName)-r\(OwnRound.roundsMaximum)"
    guard let repository = RepositoryID(namespace: name, name: longest) else {
      return "\(name.quoted()) cannot be the name of a repository's owner"
    }
    let bytes = repository.description.utf8.count
    guard bytes <= SubmissionCommitment.repositoryBytesMaximum else {
      let spare = SubmissionCommitment.repositoryBytesMaximum - (longest.utf8.count + 1)
      return "its name has more than \(spare) characters"
    }
    return nil
  }
}
