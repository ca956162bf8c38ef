import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Postgres
import Redis
import Synchronization
import Testing

@testable import Domain
@testable import SweepPreviews

@Suite(.serialized, .timeLimit(.minutes(1)))
struct PreviewTests {
    /// Draws at once; a test decides what happens meanwhile.
    private struct Painter: ImageProvider {
        let name = "painter"
        let capabilities = ProviderCapabilities(answersAtOnce: true, showsPreviews: true)
        let draw: @Sendable (ProviderObserver) async throws(ProviderError) -> ProviderCall.State

        func submit(
            _ request: GenerationRequest, _ observe: ProviderObserver
        ) async throws(ProviderError) -> ProviderCall {
            ProviderCall(requestID: request.call.text, state: try await draw(observe))
        }

        func fetch(_ output: ProviderOutput) throws(ProviderError) -> [UInt8] {
            guard case .bytes(let bytes) = output else { throw ProviderError(.invalid, "there is no address") }
            return bytes
        }
    }

    /// What an attempt shows previews with.
    private func previews(
        _ world: World, _ claim: JobClaim, interval: Duration = .zero, files: (any PictureFiles)? = nil
    ) -> AttemptPreviews {
        AttemptPreviews(
            claim, world.leases(), world.notifier, files ?? world.files, log: world.log, interval: interval)
    }

    private func claimedJob(_ world: World) async throws -> JobClaim {
        try #require(try await world.leases().claim(try await world.createJob().id, provider: "painter"))
    }

    private func eventKinds(_ world: World, _ job: UUID) async throws -> [JobEvent.Kind] {
        try await world.jobs.history(of: job, after: 0, user: world.user).events.map(\.kind)
    }

    private func previewKeys(_ world: World) -> [String] { world.files.keys.filter { $0.hasPrefix("previews/") } }

    @Test func `a preview is there while its job is drawn, and gone when it is finished`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let seen = Mutex<StoredImage?>(nil)
        let painter = Painter { observe throws(ProviderError) in
            await observe.report(.preview(TestImages.png(width: 16, height: 8)))
            let preview = try? await world.jobs.find(job.id, user: world.user).preview
            seen.withLock { $0 = preview }
            return .succeeded([.bytes(TestImages.png)])
        }
        #expect(try await world.worker(painter).work(on: job.id, log: world.log) == .completed(results: 1))
        let preview = try #require(seen.withLock { $0 })
        #expect(preview.width == 16 && preview.height == 8)
        #expect(preview.storageKey == "previews/\(world.user.text)/\(job.id.text)/\(preview.id.text).png")
        #expect(try await eventKinds(world, job.id) == [.status, .status, .preview, .status])
        #expect(previewKeys(world).isEmpty)
        #expect(try await world.count("images", where: "kind = 'preview'") == 0)
        #expect(try await world.jobs.find(job.id, user: world.user).preview == nil)
    }

    @Test func `the newest preview replaces the one before, with its bytes`() async throws {
        let world = try await World()
        let claim = try await claimedJob(world)
        let previews = previews(world, claim)
        for side in [8, 16, 32] as [UInt32] {
            #expect(await previews.show(TestImages.png(width: side, height: side)))
        }
        let newest = try await world.jobs.find(claim.job.id, user: world.user).preview
        #expect(newest?.width == 32 && previewKeys(world) == [newest?.storageKey])
        #expect(try await world.count("images", where: "kind = 'preview'") == 1)
        let events = try await world.jobs.history(of: claim.job.id, after: 0, user: world.user).events
        let named = events.last?.data["imageId"]?.string
        #expect(named != nil && named == newest?.id.text)
    }

    @Test func `what is no picture, too large, or too many pixels is not shown`() async throws {
        let world = try await World()
        let claim = try await claimedJob(world)
        let previews = previews(world, claim)
        for bytes in [
            Array("no picture".utf8), [], TestImages.png + [UInt8](repeating: 0, count: AttemptPreviews.largest),
            TestImages.png(width: 60_000, height: 60_000),
        ] { #expect(await previews.show(bytes)) }
        #expect(previewKeys(world).isEmpty)
        #expect(try await eventKinds(world, claim.job.id) == [.status, .status])
    }

    @Test func `a preview that comes too soon is not shown`() async throws {
        let world = try await World()
        let previews = previews(world, try await claimedJob(world), interval: .seconds(3600))
        for _ in 0..<3 { #expect(await previews.show(TestImages.png)) }
        #expect(previewKeys(world).count == 1)
    }

    @Test func `a preview of a late worker is not shown, and leaves nothing behind`() async throws {
        let world = try await World()
        let late = try await claimedJob(world)
        try await world.expireLease(of: late.job.id)
        _ = try await world.sweeper.returnExpiredLeases()
        #expect(await !previews(world, late).show(TestImages.png))
        #expect(previewKeys(world).isEmpty)
        #expect(try await world.count("images") == 0)
    }

    /// Shows a preview and then draws for as long as anybody waits.
    private struct SlowPainter: ImageProvider {
        let name = "painter"
        let capabilities = ProviderCapabilities(showsPreviews: true)
        let before: @Sendable () async -> Void

        func submit(_ request: GenerationRequest, _ observe: ProviderObserver) -> ProviderCall {
            ProviderCall(requestID: request.call.text, state: .running(progress: nil))
        }

        func watch(_ call: ProviderCall, _ observe: ProviderObserver) async throws(ProviderError) -> ProviderCall {
            await before()
            await observe.report(.preview(TestImages.png))
            await ProviderObserver.sleep(.seconds(600))
            throw ProviderError(.lost, "watching was interrupted", call: .goesOn)
        }

        func cancel(_ requestID: String) {}
        func fetch(_ output: ProviderOutput) -> [UInt8] { [] }
    }

    @Test func `a claim that is found lost by a preview ends the attempt at once`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        let painter = SlowPainter { _ = try? await world.jobs.cancel(job.id, user: world.user) }
        // Its own renewal would find out much later.
        let outcome = try await world.worker(painter, lease: .seconds(3600)).work(on: job.id, log: world.log)
        #expect(outcome == .leaseLost && previewKeys(world).isEmpty)
    }

    @Test func `previews are shown soon at first, then less and less often, and no more than a dozen`() {
        var pace = PreviewPace(first: .seconds(1))
        let start = ContinuousClock.now
        // Every tenth of a second for an hour.
        let shown = (0..<36_000).filter { pace.admits(at: start + .milliseconds(100) * $0) }
        #expect(shown.prefix(4) == [0, 10, 25, 48])
        #expect(shown.count == PreviewPace.most && zip(shown, shown.dropFirst()).allSatisfy { $1 - $0 >= 10 })
        #expect(shown[11] > 1500)
    }

    /// Storage that is away.
    private struct NoStorage: PictureFiles {
        struct Away: Error {}
        func read(_ key: String, upTo limit: Int) throws -> [UInt8] { throw Away() }
        func write(_ key: String, _ bytes: [UInt8], format: ImageFormat) throws { throw Away() }
        func remove(_ key: String) throws { throw Away() }
    }

    @Test func `a preview that cannot be stored harms nothing`() async throws {
        let world = try await World()
        let claim = try await claimedJob(world)
        #expect(await previews(world, claim, files: NoStorage()).show(TestImages.png))
        #expect(try await eventKinds(world, claim.job.id) == [.status, .status])
    }

    @Test func `previews of jobs that have ended are swept, those of others are left`() async throws {
        let world = try await World()
        let (ended, running) = (try await claimedJob(world), try await claimedJob(world))
        for claim in [ended, running] { #expect(await previews(world, claim).show(TestImages.png)) }
        _ = try await world.jobs.cancel(ended.job.id, user: world.user)
        #expect(try await world.jobs.find(ended.job.id, user: world.user).preview == nil)
        let store = PreviewStore(world.database, world.files)
        #expect(try await store.removeStale() == 1)
        #expect(try await store.removeStale() == 0)
        let left = try await world.jobs.find(running.job.id, user: world.user).preview
        #expect(previewKeys(world).count == 1 && previewKeys(world) == [left?.storageKey])
    }

    @Test func `a preview whose bytes could not be removed is tried again`() async throws {
        let world = try await World()
        let claim = try await claimedJob(world)
        #expect(await previews(world, claim).show(TestImages.png))
        _ = try await world.jobs.cancel(claim.job.id, user: world.user)
        await #expect(throws: NoStorage.Away.self) {
            try await PreviewStore(world.database, NoStorage()).removeStale()
        }
        #expect(try await PreviewStore(world.database, world.files).removeStale() == 1)
    }
}
