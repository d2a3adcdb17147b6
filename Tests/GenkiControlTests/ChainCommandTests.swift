import Foundation
import GenkiControl
import GenkiCore
import GenkiRPC
import TestSupport
import Testing

/// `genkictl chain`, `wallet` and what `status` and `doctor` tell of the chain.
@Suite struct ChainCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) throws -> ControlRun {
    try ControlRun(arguments, environment: ["XDG_RUNTIME_DIR": folder.path])
  }

  private static let status: JSONValue = [
    "kind": "subtensor", "netuid": 7, "is_reachable": true, "error": .null,
    "node": "https://a.example", "spec_version": 393, "block": 1_000, "head_age_seconds": 7.5,
    "burn_rao": 500_000, "stake_threshold_rao": 1_000_000_000_000,
    "nodes": [
      [
        "name": "https://a.example", "is_current": true, "trouble": .null,
        "usable_again_at": .null, "requests": 12, "requests_failed": 0, "reason": .null,
      ],
      [
        "name": "https://b.example", "is_current": false, "trouble": "unreachable",
        "usable_again_at": 1_800_000_000, "requests": 3, "requests_failed": 3,
        "reason": "no route\u{1B}[2J",
      ],
    ],
  ]

  @Test func statusShowsSettingsAndNodes() throws {
    let miner = try CannedAnswers.miner(folder, ["chain.status": Self.status])
    let people = try run("chain", "status")
    #expect(people.status == 0, "\(people.errors)")
    for words in [
      "https://a.example", "0.0005 TAO", "1000 TAO", "393", "unreachable", "2027-01-15 08:00:00",
    ] {
      #expect(people.output.contains(words), "\(words) in \(people.output)")
    }
    #expect(!people.output.contains("\u{1B}"))
    #expect(try run("chain", "status", "--json").document() == Self.status)
    withExtendedLifetime(miner) {}
  }

  @Test func pagesAreFetchedUntilThereAreNoMore() throws {
    let page: JSONValue = [
      "items": [["uid": 0, "hotkey": "5A", "stake_rao": 1]], "block": 9, "total": 2,
      "next_offset": 1,
    ]
    let miner = try CannedAnswers.miner(folder, ["chain.metagraph": page])
    let last: JSONValue = [
      "items": [["uid": 1, "hotkey": "5B", "stake_rao": 2]], "block": 9, "total": 2,
      "next_offset": .null,
    ]
    let one = try run("chain", "metagraph", "--limit", "1", "--json").document()
    #expect(one["items"]?.arrayValue?.count == 1)
    #expect(miner.lastCall("chain.metagraph")?["limit"] == 1)
    // Three entries are asked for: the fake's page has one, so it is asked three times.
    let three = try run("chain", "metagraph", "--limit", "3", "--offset", "4", "--json").document()
    #expect(three["items"]?.arrayValue?.count == 3)
    #expect(miner.lastCall("chain.metagraph") == ["limit": 1, "offset": 1])
    miner.change("chain.metagraph", last)
    let all = try run("chain", "metagraph", "--weights")
    #expect(all.output.contains("0.000000002 TAO"))
    #expect(miner.lastCall("chain.metagraph") == ["weights": true])
  }

  @Test func listsOfTheChainAreTables() throws {
    let validator = try CannedAnswers.validator(
      folder,
      [
        "chain.fees": [
          "items": [
            [
              "call": "register", "signer": "coldkey", "fee_rao": 1_234, "burn_rao": 500_000,
              "total_rao": 501_234, "is_affordable": false,
            ]
          ], "block": 9, "coldkey": ["address": .string(CannedAnswers.hotkey)],
        ],
        "chain.extrinsics": [
          "items": [
            [
              "purpose": "weights", "subject": "r3", "state": "failed", "nonce": 4, "sent": 2,
              "block": 77, "failure": "SettingWeightsTooFast", "failure_text": "too fast",
            ]
          ]
        ],
        "chain.commitments": [
          "items": [["block": 5, "hotkey": "5A", "kind": "other", "text": "x"]],
          "next_offset": .null,
        ],
        "chain.check": [
          "items": [["name": "clock", "ok": true, "warning": false, "message": "m"]]
        ],
      ])
    let fees = try run("chain", "fees")
    #expect(fees.output.contains("0.000501234 TAO"), "\(fees.errors)")
    let sent = try run("chain", "extrinsics", "--state", "failed", "--limit", "5")
    #expect(sent.output.contains("SettingWeightsTooFast"), "\(sent.errors)")
    #expect(validator.lastCall("chain.extrinsics") == ["limit": 5, "state": "failed"])
    #expect(try run("chain", "commitments").output.contains("other"))
    #expect(try run("chain", "check").output.contains("clock"))
    let help = try run("chain", "fees", "--help")
    #expect(help.output.contains("EXAMPLE"))
  }

  @Test func aChainThatIsAwayIsTemporary() throws {
    let miner = try CannedAnswers.miner(folder, ["chain.fees": ["fail": "chain_unreachable"]])
    #expect(try run("chain", "fees").status == ErrorKind.temporary.rawValue)
    withExtendedLifetime(miner) {}
  }

  @Test func walletShowTakesAllDaemonsThatAnswer() throws {
    let wallet: JSONValue = [
      "name": "mine", "hotkey": "default", "address": "5A", "coldkey": .null, "uid": 3,
    ]
    let miner = try CannedAnswers.miner(folder, ["wallet.show": wallet])
    #expect(try run("wallet", "show", "--json").document() == wallet)
    let validator = try CannedAnswers.validator(folder, ["wallet.show": wallet])
    let both = try run("wallet", "show", "--json").document()
    #expect(both["items"]?.arrayValue?.count == 2)
    #expect(try run("--validator", "wallet", "show", "--json").document() == wallet)
    withExtendedLifetime((miner, validator)) {}
  }

  @Test func statusAndDoctorTellOfTheNode() throws {
    var status = CannedAnswers.status("miner").objectValue ?? [:]
    status["chain"] = [
      "kind": "subtensor", "netuid": 7, "block": 120, "final_block": 118,
      "node": "https://a.example", "spec_version": 393,
    ]
    let miner = try CannedAnswers.miner(
      folder,
      [
        "status": .object(status),
        "chain.check": [
          "items": [
            ["name": "clock", "ok": true, "warning": true, "message": "40 s apart"],
            ["name": "runtime", "ok": false, "warning": false, "message": "a name is gone"],
          ]
        ],
      ])
    let people = try run("status")
    #expect(people.output.contains("subtensor at https://a.example, runtime 393, block 120"))
    let doctor = try run("doctor", "--miner", "--json")
    #expect(doctor.status == 1)
    let checks = try doctor.document()["checks"]?.arrayValue ?? []
    #expect(checks.first { $0["check"] == "chain: clock" }?["result"] == "warning")
    #expect(checks.first { $0["check"] == "chain: runtime" }?["result"] == "failed")
    withExtendedLifetime(miner) {}
  }

  @Test func doctorAsksAfterAHubOfTheNetwork() throws {
    var status = CannedAnswers.status("miner").objectValue ?? [:]
    status["hub"] = ["kind": "huggingface", "account": "alice"]
    let miner = try CannedAnswers.miner(
      folder,
      [
        "status": .object(status),
        "hub.check": [
          "items": [
            ["name": "hub token", "ok": true, "warning": true, "message": "mode 644"],
            ["name": "hub account", "ok": false, "warning": false, "message": "may only read"],
          ]
        ],
      ])
    let doctor = try run("doctor", "--miner", "--json")
    #expect(doctor.status == 1)
    let checks = try doctor.document()["checks"]?.arrayValue ?? []
    #expect(checks.first { $0["check"] == "hub token" }?["result"] == "warning")
    #expect(checks.first { $0["check"] == "hub account" }?["message"] == "may only read")
    withExtendedLifetime(miner) {}
  }
}
