import FunctionRuntime
import Hosting
import Synchronization

/// Lets changed binaries take over, also those that a build from outside made, and picks up functions that come and go: at once
/// where the file system tells of it, else with the next look.
struct BinaryWatch: Sendable {
    /// How often the files are looked at.
    private static let interval = Duration.milliseconds(100)
    /// How long a file may be missing before that counts: a linker is at work.
    private static let patience = Duration.seconds(3)
    /// How often a file that does not say what it is is asked again.
    private static let questions = 5

    let registry: FunctionRegistry
    let finder: FunctionFinder
    let journal: Journal

    /// What is known of one file.
    private struct Seen {
        /// The content that is served, or was given up.
        var settled: FileStamp?
        /// The content that was there at the last look.
        var latest: FileStamp?
        var attempts = 0
        var missingSince: ContinuousClock.Instant?
        var function: String?
    }

    /// Looks at the files until the task is canceled. While the folder is not there (a clean build removes it), what is served
    /// stays served.
    ///
    /// - Throws: `CancellationError`, nothing else.
    func run() async throws {
        var seen: [String: Seen] = [:]
        for entry in registry.entries {
            let stamp = FileStamp(of: entry.function.path)
            seen[entry.function.path] = Seen(settled: stamp, latest: stamp, function: entry.function.description.name)
        }
        var trouble: String?
        for path in candidates(&trouble) ?? [] where seen[path] == nil {
            seen[path] = Seen(settled: FileStamp(of: path))  // was found to be no function at the start
        }
        let written = WrittenFiles()
        let (looks, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                await FolderChanges.watch(finder.folders) { paths in
                    written.paths.withLock { $0.formUnion(paths) }
                    wake.yield()
                }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.interval)
                    wake.yield()
                }
            }
            for await _ in looks {
                let whole = written.paths.withLock { paths in
                    defer { paths = [] }
                    return paths
                }
                guard let found = candidates(&trouble) else { continue }
                let paths = Set(found + finder.paths)
                for path in paths { await look(at: path, &seen[path, default: Seen()], isWhole: whole.contains(path)) }
                for path in seen.keys where !paths.contains(path) || FileStamp(of: path) == nil {
                    miss(path, &seen)
                }
            }
            try Task.checkCancellation()
        }
    }

    /// Files whose writers are done, since the last look.
    private final class WrittenFiles: Sendable {
        let paths = Mutex<Set<String>>([])
    }

    /// The files of the folder; nil when it cannot be read, which is said once, until it can be again.
    private func candidates(_ trouble: inout String?) -> [String]? {
        do {
            let paths = try finder.candidates()
            if trouble != nil { journal.info("the functions' folder is there again") }
            trouble = nil
            return paths
        } catch {
            let text = "\(error)"
            if text != trouble { journal.warning("what is served is served on, but \(text)") }
            trouble = text
            return nil
        }
    }

    /// - Parameter isWhole: whether its writer is known to be done; else it is once two looks see the same.
    private func look(at path: String, _ file: inout Seen, isWhole: Bool) async {
        guard let stamp = FileStamp(of: path) else { return }
        file.missingSince = nil
        guard stamp != file.settled else { return }
        if stamp != file.latest {
            file.latest = stamp
            file.attempts = 0
            guard isWhole else { return }
        }
        let contents = await finder.describe(path)
        if let function = contents.functions.first {
            file.settled = stamp
            await serve(function, instead: file.function)
            file.function = function.description.name
        } else {
            file.attempts += 1
            guard file.attempts == Self.questions else { return }
            file.settled = stamp
            for problem in contents.problems { journal.warning("not served: \(problem)") }
        }
    }

    private func serve(_ function: LocatedFunction, instead former: String?) async {
        let name = function.description.name
        do {
            if let former, former != name { registry.remove(former) }
            if registry[name] == nil {
                registry.add(function)
                journal.info("\(name) is served now (build \(function.description.build))")
            } else {
                try await registry.replace(with: function)
            }
            try registry.announce()
        } catch let failure as ReplacementFailure {
            journal.warning("\(name): the new build does not start, the old one serves on: \(failure)")
        } catch {
            journal.warning("\(error)")
        }
    }

    private func miss(_ path: String, _ seen: inout [String: Seen]) {
        let since = seen[path]?.missingSince ?? .now
        seen[path]?.missingSince = since
        guard .now - since > Self.patience, let name = seen[path]?.function else { return }
        seen[path] = nil
        registry.remove(name)
        journal.info("\(name) is gone: it is served no more")
        do {
            try registry.announce()
        } catch {
            journal.warning("\(error)")
        }
    }
}
