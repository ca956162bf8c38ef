import Domain
import FoundationEssentials
import FunctionRuntime
import JSON
import Redis

/// Shows what happens to a job as server-sent events, from `Last-Event-ID` on, until it has ended.
@main struct WatchJob: Function {
    static let summary = "Follows a job as server-sent events"
    static let triggers = [Trigger.http(.get, "/api/v1/jobs/{id}/events")]
    static let id = RequestParameter.path("id", as: UUID.self, "the job's id")
    /// EventSource sends it by itself when it comes back.
    static let lastEventID = RequestParameter.header(
        "Last-Event-ID", "id of the last event that was seen; those after it follow")
    static let parameters: [any RequestParameterProtocol] = [id, lastEventID]
    /// A watcher waits more than it works; a browser comes back by itself when its time is up.
    static let limits = Limits(concurrency: 256, timeout: .seconds(900), memory: 64)
    static let environment = Database.environment + Redis.environment + [Identity.developmentUser]

    private let identity: Identity
    private let jobs: JobStore
    private let watch: JobWatch

    init(_ configuration: Configuration) throws {
        let database = try Database(configuration)
        identity = try Identity(configuration, database)
        jobs = JobStore(database)
        watch = JobWatch(jobs, JobNotifier(try Redis(configuration)))
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<StreamBody> {
        let user = try await identity.user(of: request.headers)
        let id = try request.parameter(Self.id)
        let last = try lastEvent(of: request)
        // Whatever is wrong is said before the stream begins, while there is a status to say it with.
        _ = try await jobs.find(id, user: user)
        let headers: Headers = ["cache-control": "no-store", "x-accel-buffering": "no"]
        return .stream(type: "text/event-stream", headers: headers) { [watch] writer in
            try await watch.follow(id, after: last, user: user, log: context.log) { step in
                switch step {
                case .event(let event): try await writer.write(event.message(of: id))
                case .quiet: try await writer.write(ServerSentEvent.keepAlive)
                }
            }
        }
    }

    /// The number of the last event that a browser has seen.
    private func lastEvent(of request: Request<NoBody>) throws -> Int {
        guard let text = try request.value(of: Self.lastEventID), !text.isEmpty else { return 0 }
        guard let number = Int(text), (0...Int(Int32.max)).contains(number) else {
            throw Failure.invalid("must be the id of an event of this job", field: Self.lastEventID.name)
        }
        return number
    }
}

extension JobEvent {
    /// `{"jobId":…,"at":…}` and what the event itself says.
    fileprivate func message(of job: UUID) throws -> ServerSentEvent {
        var data: JSONObject = ["jobId": .string(job.text)]
        for member in self.data.object ?? [:] { data[member.name] = member.value }
        data["at"] = .string(at.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        return ServerSentEvent(name: kind.rawValue, id: String(sequence), data: JSON.object(data).text)
    }
}
