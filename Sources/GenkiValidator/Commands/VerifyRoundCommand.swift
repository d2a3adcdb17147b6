import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiFederation

/// `genki-validatord verify-round`: makes a base again from its manifest.
struct VerifyRoundCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-round",
    abstract: "Recompute a Dama from its manifest and compare its SHA-256.",
    discussion: """
      Checks the manifest's checksum, the content of base and models, norms, weights and shares, \
      makes the new base again and compares it byte for byte, on any processor and with any number \
      of threads. Folders are taken from the manifest unless given. Exit code 1 says that something \
      differs; everything that does is named.

      EXAMPLE:
        genki-validatord verify-round --manifest dama/manifest.json --base base --model first second
      """)

  @Option(help: ArgumentHelp("The manifest.json beside the new base.", valueName: "file"))
  var manifest: String
  @Option(help: ArgumentHelp("The base of the round.", valueName: "dir")) var base: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The accepted models, in the manifest's order.", valueName: "dir"))
  var model: [String] = []
  @OptionGroup var threading: ThreadOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let report = try RoundVerification(manifestPath: manifest, threads: threading.count())
      .report(base: base, models: model.isEmpty ? nil : model)
    console.document([
      "verified": .bool(report.isVerified), "sha256": .string(report.stated.hex),
      "recomputed_sha256": JSONValue(report.recomputed?.hex),
      "compared_file": .bool(report.comparedFile),
      "differences": .array(report.differences.map { .string($0) }),
    ])
    guard report.isVerified else {
      let error = FederationError.notVerified(
        manifest: manifest, differences: report.differences)
      guard console.isJSON else { throw error }
      // The one document was printed already.
      console.error("genki-validatord: \(error.description)")
      throw ExitCode(error.kind.rawValue)
    }
    console.line("verified: SHA-256 \(report.stated.hex)")
    if !report.comparedFile {
      console.note(
        "\(RoundManifest.damaFileName) does not lie beside the manifest: recomputed only")
    }
  }
}
