import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiFormats

/// `genki-minerd inspect`: what a safetensors file or a model folder holds.
struct InspectCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the tensors, types, sizes and metadata of a safetensors file or model folder.",
    discussion: """
      Reads the headers only, so large files take no time. Exits with 65 and the reason where the \
      safetensors library itself would refuse the file; a validator's gate is stricter.

      EXAMPLE:
        genki-minerd inspect models/base
        genki-minerd inspect models/base/model.safetensors --json
      """)

  @Argument(help: "A .safetensors file, a model folder or an adapter folder.")
  var path: String

  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let inspection = try MappedFiles.checked { try Inspection(path: path) }
    if console.isJSON {
      console.document(inspection.document)
    } else {
      inspection.show(on: console)
    }
  }
}
