import ArgumentParser

/// `hub`: what the daemons do on a hub, one step at a time.
struct HubCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hub",
    abstract: "Look at, upload and download repositories of a Hugging Face Hub.",
    discussion: """
      Transfers that were interrupted go on when the same command runs again. The
      token comes from [hub] token_file, the credential hub-token, $HF_TOKEN or the
      file that Python's client keeps; the hub is --endpoint, [hub] endpoint,
      $HF_ENDPOINT or https://huggingface.co.

      EXAMPLE:
        genki-minerd hub whoami
        genki-minerd hub upload alice/my-model out --public
        genki-minerd hub list alice/my-model
        genki-minerd hub download alice/my-model --out copy
      """,
    subcommands: [
      HubWhoamiCommand.self, HubListCommand.self, HubUploadCommand.self,
      HubDownloadCommand.self, HubVisibilityCommand.self, HubDeleteCommand.self,
    ])
}
