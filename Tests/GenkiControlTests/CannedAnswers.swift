import GenkiConsole
import GenkiCore
import TestSupport

/// Answers as the daemons give them.
enum CannedAnswers {
  static let hotkey = "5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX"

  static func status(_ daemon: String, problems: [JSONValue] = []) -> JSONValue {
    .object([
      "daemon": .string(daemon), "version": .string(ProgramVersion.current), "state": "waiting",
      "hotkey": .string(hotkey),
      "uptime_seconds": 12.5,
      "chain": ["kind": "local", "block": 120, "final_block": 118],
      "round": [
        "round": 3, "state": "open", "opens_at": 100, "closes_at": 160, "blocks_left": 40,
      ],
      "waiting_for_block": true,
      "job": ["id": 7, "state": "training", "step": 12, "steps": 100, "loss": 3.25],
      "submission": .null, "problems": .array(problems),
    ])
  }

  static let datasets: JSONValue = [
    "items": [
      ["name": "poems", "origin": "rpc", "bytes": 150_000, "path": "poems.txt"],
      ["name": "evil\u{1B}[2J\u{202E}", "origin": "configuration", "bytes": .null],
    ]
  ]

  static let report: JSONValue = [
    "title": "Round 3", "round": 3, "strategy": "weighted-mean",
    "candidates": [
      [
        "name": "alice", "hotkey": .string(hotkey), "score": 0.01, "weight": 1,
        "verdict": "accepted", "delta_loss": 0.0123, "data_similarity": 0,
      ]
    ],
  ]

  static let jobs: JSONValue = [
    "items": [["id": 6, "round": 2, "state": "done"], ["id": 7, "round": 3, "state": "done"]]
  ]

  static let job: JSONValue = [
    "job": ["id": 7, "round": 3, "state": "done", "options": ["method": "lora"]],
    "steps": [1, 2, 3, 4], "losses": [4.5, .null, 4.25, 4],
  ]

  static let scores: JSONValue = [
    "round": 3,
    "items": [
      [
        "hotkey": .string(hotkey), "verdict": "accepted", "delta_loss": 0.0123, "score": 0.01,
        "content_hash": .string(String(repeating: "ab", count: 32)), "weight": 65535, "sets": [],
      ]
    ],
  ]

  static let rounds: JSONValue = [
    "items": [
      [
        "announced": ["round": 3, "opens_at": 100, "length_blocks": 60], "state": "open",
        "base": .string(String(repeating: "ab", count: 32)), "rules": ["strategy": "mean"],
      ]
    ]
  ]

  static func miner(_ folder: TemporaryFolder, _ more: [String: JSONValue] = [:]) throws
    -> FakeDaemon
  {
    let answers: [String: JSONValue] = [
      "status": status("miner"), "dataset.list": datasets, "dataset.add": ["name": "poems"],
      "job.list": jobs, "job.show": job, "state.check": ["is_sound": true, "findings": []],
      "events.subscribe": [],
      "job.watch": [["event": "step", "step": 1, "loss": 4.5], ["event": "done", "steps": 1]],
      "config.get": ["chain.kind": "local", "hub": ["kind": "directory"]],
      "job.submit": ["id": 8], "metrics.get": ["openmetrics": "a 1\nb 2\n# EOF\n"],
    ]
    return try FakeDaemon(
      socket: folder.file("genki/miner.sock"), answers: answers.merging(more) { $1 })
  }

  static func validator(_ folder: TemporaryFolder, _ more: [String: JSONValue] = [:]) throws
    -> FakeDaemon
  {
    let answers: [String: JSONValue] = [
      "status": status("validator"), "report.get": report,
      "state.check": ["is_sound": true, "findings": []],
      "events.subscribe": [], "config.get": ["chain": ["kind": "local"]],
      "leaderboard": [
        "round": 3, "items": [["rank": 1, "hotkey": .string(hotkey), "weight": 1.0]],
      ],
      "score.explain": ["fail": "not_found"], "shutdown": ["stopping": true], "score.list": scores,
      "round.list": rounds,
    ]
    return try FakeDaemon(
      socket: folder.file("genki/validator.sock"), answers: answers.merging(more) { $1 })
  }
}
