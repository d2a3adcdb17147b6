import GenkiCore
import GenkiData
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiStore

extension MinerMethods {
  var datasetEndpoints: [RPCEndpoint] {
    let name = RPCParameter(
      "name", .string(pattern: "^[A-Za-z0-9._-]{1,64}$"), isRequired: true,
      summary: "What the data set is called.")
    return [
      RPCEndpoint(
        RPCMethod(
          "dataset.add", summary: "Adds a file to train on; jobs of later rounds use it",
          details: "The file stays where it is and never leaves this machine.", access: .write,
          parameters: [
            name,
            RPCParameter(
              "path", .string(minLength: 1, maxLength: 4_096), isRequired: true,
              summary: "An absolute path of a text or JSONL file on the daemon's machine."),
            RPCParameter(
              "chat_template", .string(maxLength: 64),
              summary: "How conversations are written; the base's own way unless given."),
            RPCParameter(
              "chat_template_arguments", .string(maxLength: ChatChoice.argumentsBytesMax),
              summary: "A JSON object that the base's own template is told besides."),
            MinerSchemas.key,
          ], result: MinerSchemas.dataset, errors: [.invalidData, .conflict, .tooMany],
          example: ["name": "notes", "path": "/srv/texts/notes.txt"]), handle: add),
      RPCEndpoint(
        RPCMethod(
          "dataset.list", summary: "The files to train on", access: .read,
          result: .list(of: MinerSchemas.dataset))
      ) { _ in try JSONView.list(try context.store.read { try $0.datasets() }) },
      RPCEndpoint(
        RPCMethod(
          "dataset.show", summary: "One file to train on", access: .read, parameters: [name],
          result: MinerSchemas.dataset, errors: [.notFound], example: ["name": "notes"])
      ) { call in
        let name = call["name"]?.stringValue ?? ""
        guard let dataset = try context.store.read({ try $0.dataset(name) }) else {
          throw Self.notFound("data set \(name.quoted())")
        }
        return try JSONView.json(dataset)
      },
      RPCEndpoint(
        RPCMethod(
          "dataset.remove", summary: "Forgets a file to train on; the file itself stays",
          access: .write, parameters: [name, MinerSchemas.key],
          result: .object(["removed": .string()]), errors: [.notFound, .conflict],
          example: ["name": "notes"]), handle: remove),
      RPCEndpoint(
        RPCMethod(
          "dataset.share", summary: "Publishes samples of a data set beside the model",
          details:
            "Nothing of a data set is published by a call, and this one is always refused. The "
            + "file that publish.samples names is published with every submission.", access: .write,
          parameters: [name],
          result: .object([:]), errors: [.failed], example: ["name": "notes"])
      ) { _ in
        throw RPCFailure(
          name: .failed,
          message:
            "nothing of a data set is published by a call: choose samples in a file and name it in "
            + "publish.samples (nothing has left this machine)")
      },
    ]
  }

  private func add(_ call: RPCCall) throws -> JSONValue {
    let path = call["path"]?.stringValue ?? ""
    guard path.hasPrefix("/") else {
      throw RPCFailure(
        name: .invalidData, message: "path \(path.quoted()) is not absolute",
        data: ["path": "path"])
    }
    let name = call["name"]?.stringValue ?? ""
    let record = try DatasetList.record(
      name: name, path: path, chatTemplate: call["chat_template"]?.stringValue,
      chatTemplateArguments: call["chat_template_arguments"]?.stringValue, origin: .rpc)
    do {
      try DatasetList.check(record)
    } catch DataError.chatTemplateArguments(let reason) {
      throw RPCFailure(
        name: .invalidData, message: "chat_template_arguments: \(reason)",
        data: ["path": "chat_template_arguments"])
    }
    let answer = try context.store.write { transaction in
      try transaction.once(
        key: call["idempotency_key"]?.stringValue, method: "dataset.add",
        parameters: call.parameters
      ) {
        let all = try transaction.datasets()
        if let existing = all.first(where: { $0.name == name }), existing.path != path {
          throw RPCFailure(
            name: .conflict, message: "data set \(name.quoted()) is \(existing.path.quoted())")
        }
        guard all.count < DatasetList.countMaximum else {
          throw RPCFailure(
            name: .tooMany, message: "there are \(all.count) data sets already")
        }
        try transaction.save(record)
        return try JSONView.json(record)
      }
    }
    wake()
    return answer
  }

  private func remove(_ call: RPCCall) throws -> JSONValue {
    let name = call["name"]?.stringValue ?? ""
    return try context.store.write { transaction in
      try transaction.once(
        key: call["idempotency_key"]?.stringValue, method: "dataset.remove",
        parameters: call.parameters
      ) {
        guard let dataset = try transaction.dataset(name) else {
          throw Self.notFound("data set \(name.quoted())")
        }
        guard dataset.origin == .rpc else {
          throw RPCFailure(
            name: .conflict,
            message: "data set \(name.quoted()) stands in the configuration: remove it there")
        }
        let users = try transaction.openJobs().filter { $0.datasets.contains(name) }
        guard users.isEmpty else {
          throw RPCFailure(
            name: .conflict,
            message: "job \(users.first?.id ?? 0) trains on \(name.quoted()): cancel it first")
        }
        try transaction.removeDataset(name)
        return ["removed": .string(name)]
      }
    }
  }
}
