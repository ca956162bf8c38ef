import ArgumentParser
import JSON
import ObjectStore

/// `emulator storage targets`: who outside would be told of objects.
struct StorageTargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "targets",
        abstract: "Check a file for start --event-targets, and show whom events would go to.",
        discussion: """
            {"targets": [
              {"id": "THUMBS", "endpoint": "http://127.0.0.1:8080/events"},
              {"id": "GRID", "endpoint": "http://127.0.0.1:8081/", "shape": "eventgrid", "token": "secret",
               "subscribe": {"bucket": "darkroom", "prefix": "uploads/", "suffix": ".png",
                             "events": ["s3:ObjectCreated:*"]}}]}

            A target without "subscribe" gets what the notification configurations of buckets send to it: its ARN is \
            arn:minio:sqs::ID:webhook, and every ARN of AWS that ends in :ID is the same one. Shapes: minio (the default), \
            aws, eventgrid, cloudevents. Events go out in order for each key, until the target answers 2xx, also after a \
            restart, and for a day at most.

            MINIO_NOTIFY_WEBHOOK_ENABLE_<ID>=on, MINIO_NOTIFY_WEBHOOK_ENDPOINT_<ID> and MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_<ID> \
            name a target, too.
            """)

    @Argument(help: "The file; without it: the environment's.")
    var file: String?

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            let targets = try EventTargets.load(file: file, environment: FunctionEnvironment.inherited)
            let rows = targets.map { target -> JSON in
                [
                    "id": .string(target.id), "endpoint": .string(target.endpoint),
                    "shape": .string(target.shape.rawValue), "arn": .string("arn:minio:sqs::\(target.id):webhook"),
                    "subscribes": .bool(target.subscription != nil), "token": .bool(target.token != nil),
                ]
            }
            let text = rows.map { row in
                "\(row["id"]?.string ?? "")  \(row["shape"]?.string ?? "")  \(row["endpoint"]?.string ?? "")  "
                    + (row["subscribes"]?.bool == true ? "by its own subscription" : row["arn"]?.string ?? "") + "\n"
            }
            StandardStream.write(data.json ? JSON.array(rows).text + "\n" : text.joined(), to: 1)
        }
    }
}
