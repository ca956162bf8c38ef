import ArgumentParser
import JSON
import ObjectStore

/// `emulator storage verify`: finds contents that are not what was stored.
struct StorageVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read every content of the store and compare it with its checksum.",
        discussion: "Exit code 1 when one is damaged or missing; each is named.")

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            let found: JSON
            if let running = try RuntimeFile.find(in: data.data) {
                found = try await RunningEmulator(running).post("/api/storage/verify", [:])
            } else {
                found = StorageAPI.json(try await StoreSession.withIdleStore(data.data) { try await $0.verify() })
            }
            let damaged = found["damaged"]?.array ?? []
            if data.json {
                StandardStream.write(found.text + "\n", to: 1)
            } else {
                for content in damaged {
                    StandardStream.write(
                        "\(content["place"]?.string ?? ""): \(content["reason"]?.string ?? "")\n", to: 1)
                }
                let count = found["checked"]?.int ?? 0
                StandardStream.write("\(count) contents checked, \(damaged.count) damaged\n", to: 1)
            }
            if !damaged.isEmpty { throw ExitCode.failure }
        }
    }
}
