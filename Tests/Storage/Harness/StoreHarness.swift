import CLinux
import Glibc
import Logging
import ObjectStore
import Redis

/// Runs the object store alone, for the suites in other languages:
///
///     StoreHarness DIRECTORY [--fast] [--blob-versions] [--events=FILE] [--redis=redis://…]
///
/// Prints one JSON line with the endpoints (that of queues only with a Redis to keep them) and ends with its parent.
@main
enum StoreHarness {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let directory = arguments.first, !directory.hasPrefix("-") else {
            print("usage: StoreHarness DIRECTORY [--fast] [--blob-versions] [--events=FILE] [--redis=URL]")
            exit(2)
        }
        _ = linux_set_parent_death_signal(SIGKILL)
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        let users = ["minioadmin", "alice", "bob", "carol"].map {
            StoreUser(id: $0, name: $0, email: "\($0)@localhost", accessKey: $0, secretKey: $0)
        }
        let store: ObjectStore
        do {
            let durability: StoreOptions.Durability = arguments.contains("--fast") ? .fast : .synced
            store = try ObjectStore(directory: directory, options: StoreOptions(durability: durability))
        } catch {
            say("\(error)", on: STDERR_FILENO)
            exit(1)
        }
        // Read before the first await: what follows that is no longer on the main actor, whose these closures are.
        let path = arguments.first { $0.hasPrefix("--events=") }.map { String($0.dropFirst(9)) }
        let redis = try arguments.first { $0.hasPrefix("--redis=") }.map { try Redis(url: String($0.dropFirst(8))) }
        var recorder: EventRecorder?
        if let path { recorder = try await EventRecorder(store, path: path) }
        var blob = AzureOptions(port: 0)
        blob.keepsVersions = arguments.contains("--blob-versions")
        // Another account, with the same key.
        blob.accounts.append(AzureOptions.Account(name: "devstoreaccount2", key: AzureOptions.Account.standard.key))
        let ports = Ports(redis == nil ? ["s3", "blob"] : ["s3", "blob", "queue"])
        try await withThrowingTaskGroup { group in
            if let recorder { group.addTask { try await recorder.run() } }
            group.addTask {
                try await S3Server(store: store, options: S3Options(port: 0, users: users)) {
                    await ports.set("s3", $0)
                }
                .run()
            }
            group.addTask { [blob] in
                try await AzureServer(store: store, options: blob) { await ports.set("blob", $0) }.run()
            }
            if let redis {
                var queue = AzureOptions(port: 0)
                queue.syncsQueues = !arguments.contains("--fast")
                group.addTask { [queue] in
                    try await AzureQueueServer(
                        store: store, redis: redis, options: queue,
                        onBound: { await ports.set("queue", $0) }
                    ).run()
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Writes a line at once, also into a pipe.
private func say(_ line: String, on descriptor: Int32) {
    let text = line + "\n"
    _ = write(descriptor, text, text.utf8.count)
}

/// The ports, as they become known.
private actor Ports {
    private let names: [String]
    private var ports: [String: Int] = [:]

    init(_ names: [String]) { self.names = names }

    func set(_ name: String, _ port: Int) {
        ports[name] = port
        guard ports.count == names.count else { return }
        let endpoints = names.map { name in
            #""\#(name)":"http://127.0.0.1:\#(ports[name] ?? 0)\#(name == "s3" ? "" : "/devstoreaccount1")""#
        }
        say("{" + endpoints.joined(separator: ",") + "}", on: STDOUT_FILENO)
    }
}
