import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl chain`.
struct ChainCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "chain", "The chain as a daemon sees it, and what the daemon did there.",
    details: "Where both daemons answer, --miner or --validator says which one is asked.",
    example: "genkictl --validator chain status",
    subcommands: [
      Status.self, Metagraph.self, Commitments.self, Fees.self, Extrinsics.self, Check.self,
    ])

  /// `genkictl chain status`.
  struct Status: CallCommand {
    static let configuration = CommandConfiguration.control(
      "status", "Show the nodes, the newest blocks and the subnet's settings.",
      details: "It answers also while no node does; is_reachable is no then.",
      example: "genkictl --validator chain status")
    static let kinds = DaemonKind.allCases
    static let columns = [
      "kind", "netuid", "mechanism", "is_reachable", "error", "node", "genesis", "spec_version",
      "block", "head_age_seconds", "final_block", "epoch", "blocks_to_next_epoch",
    ]
    private static let nodeColumns = [
      "name", "is_current", "trouble", "usable_again_at", "requests", "requests_failed", "reason",
    ]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "chain.status" }

    func show(_ result: JSONValue, _ console: Console) {
      let rest = (result.objectValue ?? [:]).entries.filter { $0.key != "nodes" }
      ResultView(columns: Self.columns).show(.object(JSONObject(entries: rest)), console)
      guard let nodes = result["nodes"]?.arrayValue, !nodes.isEmpty else { return }
      console.line()
      ResultView(columns: Self.nodeColumns).table(nodes, console)
    }
  }

  /// `genkictl chain metagraph`.
  struct Metagraph: PagedCommand {
    static let configuration = CommandConfiguration.control(
      "metagraph", "List the subnet's members with stake, permit, incentive and emission.",
      details: "Without --limit all pages are fetched.",
      example: "genkictl --miner chain metagraph --limit 20")
    static let columns = [
      "uid", "hotkey", "stake_rao", "validator_permit", "incentive", "dividends", "emission_rao",
      "last_update", "weights_count",
    ]

    @OptionGroup var page: PageOptions

    @Flag(help: "Write the weight vectors out too (--json).")
    var weights = false

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "chain.metagraph" }
    func parameters() throws -> JSONObject { weights ? ["weights": true] : [:] }
  }

  /// `genkictl chain commitments`.
  struct Commitments: PagedCommand {
    static let configuration = CommandConfiguration.control(
      "commitments", "List the commitments in force, in the order in which they were made.",
      details: "Without --limit all pages are fetched.",
      example: "genkictl --validator chain commitments")
    static let columns = ["block", "extrinsic_index", "hotkey", "kind", "text"]

    @OptionGroup var page: PageOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "chain.commitments" }
  }

  /// `genkictl chain fees`.
  struct Fees: CallCommand {
    static let configuration = CommandConfiguration.control(
      "fees", "Show what the daemon's calls and a registration cost, and who can pay it.",
      example: "genkictl --miner chain fees")
    static let kinds = DaemonKind.allCases
    static let columns = ["call", "signer", "fee_rao", "burn_rao", "total_rao", "is_affordable"]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "chain.fees" }
  }

  /// `genkictl chain extrinsics`.
  struct Extrinsics: CallCommand {
    static let configuration = CommandConfiguration.control(
      "extrinsics", "List what the daemon signed for the chain, the newest first.",
      example: "genkictl --validator chain extrinsics --state failed")
    static let kinds = DaemonKind.allCases
    static let columns = [
      "purpose", "subject", "state", "nonce", "sent", "block", "hash", "failure", "failure_text",
    ]

    @OptionGroup var page: PageOptions

    @Option(help: "Only those in this state: signed, included, final, failed or expired.")
    var state: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "chain.extrinsics" }
    func parameters() throws -> JSONObject {
      .given("limit", page.limit).with("offset", page.offset).with("state", state)
    }
  }

  /// `genkictl chain check`.
  struct Check: CallCommand {
    static let configuration = CommandConfiguration.control(
      "check", "Look whether nodes, runtime, keys and clock are as a round needs them.",
      example: "genkictl --validator chain check")
    static let kinds = DaemonKind.allCases
    static let columns = ["name", "ok", "warning", "message"]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "chain.check" }
  }
}

/// Which part of a long list.
struct PageOptions: ParsableArguments {
  @Option(help: "Entries at most.")
  var limit: Int?

  @Option(help: "Entries that are left out at the begin.")
  var offset: Int?
}

/// A command that shows a list which comes in pages: `{"items":[…],"next_offset":…}`.
protocol PagedCommand: CallCommand {
  /// Which part.
  var page: PageOptions { get }
}

extension PagedCommand {
  static var kinds: [DaemonKind] { DaemonKind.allCases }

  func perform(_ console: Console) throws {
    let client = try daemon.connect(Self.kinds)
    var items: [JSONValue] = []
    var offset = page.offset
    var result: JSONValue
    repeat {
      let left = page.limit.map { $0 - items.count }
      result = try client.call(
        method, try parameters().with("limit", left).with("offset", offset))
      let more = result["items"]?.arrayValue ?? []
      items += more
      offset = more.isEmpty ? nil : result["next_offset"]?.intValue
    } while offset != nil && items.count < page.limit ?? .max
    var whole = result.objectValue ?? [:]
    whole["items"] = .array(items)
    show(.object(whole), console)
    console.document(.object(whole))
  }
}
