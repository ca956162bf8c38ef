import HTTPClient
import JSON

/// The emulator that runs on a data folder, as the other verbs talk to it: through its dashboard's API.
struct RunningEmulator: Sendable {
    private let base: String
    private let client = HTTPClient()

    init(_ file: RuntimeFile) {
        base = file.dashboard
    }

    /// The emulator on a data folder.
    ///
    /// - Throws: ``EmulatorError`` when none runs there.
    init(in folder: String) throws {
        self.init(try RuntimeFile.require(in: folder))
    }

    /// Asks for JSON.
    ///
    /// - Throws: ``EmulatorError`` with the emulator's own words when it refuses, or when it does not answer.
    func get(_ path: String) async throws -> JSON {
        try await send(HTTPClient.Request(.get, base + path))
    }

    /// Hands JSON in and returns the answer.
    ///
    /// - Throws: as ``get(_:)`` does.
    func post(_ path: String, _ body: JSON) async throws -> JSON {
        try await send(
            HTTPClient.Request(
                .post, base + path, headers: ["content-type": "application/json"], body: .bytes(body.serialized),
                idleTimeout: .seconds(3600)))
    }

    /// Follows the log: each line as the API has it, until the emulator stops.
    func lines(_ path: String, _ receive: (JSON) -> Void) async throws {
        do {
            let response = try await client.execute(
                HTTPClient.Request(.get, base + path, idleTimeout: .seconds(86_400 * 365)))
            for try await event in response.body.events() {
                receive(try JSON(parsing: Array(event.data.utf8)))
            }
        } catch let error as HTTPClientError {
            throw EmulatorError("the emulator at \(base) no longer answers: \(error)")
        }
    }

    private func send(_ request: HTTPClient.Request) async throws -> JSON {
        do {
            let response = try await client.execute(request)
            let json = try JSON(parsing: try await response.body.collect(upTo: 64 << 20))
            guard response.isSuccess else {
                throw EmulatorError(json["detail"]?.string ?? "the emulator answered \(response.status)")
            }
            return json
        } catch let error as HTTPClientError {
            throw EmulatorError("the emulator at \(base) does not answer: \(error)")
        }
    }
}
