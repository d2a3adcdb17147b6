import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genki-demo copy`: what a dishonest miner does with somebody else's model.
struct CopyCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy",
    abstract: "Copy a finetuned model or adapter and disguise the copy.",
    discussion: """
      For trying out a validator's verdicts. Disguises are applied in the order permutation, noise, \
      rounding.

      EXAMPLE:
        genki-demo copy --model mine --base base --out theirs --noise 0.01
      """)

  @Option(help: ArgumentHelp("The model or adapter to copy.", valueName: "dir"))
  var model: String

  @Option(help: ArgumentHelp("The base it was finetuned from.", valueName: "dir"))
  var base: String

  @Option(help: ArgumentHelp("The folder of the copy.", valueName: "dir"))
  var out: String

  @Option(help: "Add Gaussian noise of this norm, relative to the finetune's change.")
  var noise: Double?

  @Flag(help: "Round the weights to bfloat16 and back.")
  var bfloat16 = false

  @Flag(help: "Permute the hidden units of every MLP, which leaves the function as it is.")
  var permute = false

  @Option(help: "Decides the noise and the permutation.")
  var seed: UInt64 = 0

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let noise, !(noise.isFinite && noise >= 0) {
      throw ValidationError("--noise \(noise): a number of 0 or more is needed")
    }
  }

  func run(_ console: Console) throws {
    var disguises: [ModelCopy.Disguise] = permute ? [.permutedUnits] : []
    if let noise { disguises.append(.noise(noise)) }
    if bfloat16 { disguises.append(.bfloat16) }
    try ModelCopy.write(of: model, base: base, to: out, disguises: disguises, seed: seed)
    console.line("wrote \(out)")
    console.document(.object(["out": .string(out)]))
  }
}
