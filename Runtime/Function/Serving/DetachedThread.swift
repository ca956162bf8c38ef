internal import Glibc

/// A thread for calls that block, which must not happen on the cooperative pool.
package enum DetachedThread {
    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread that nobody waits for.
    ///
    /// - Parameters:
    ///   - name: what it does, in a word, for messages.
    ///   - run: what it does.
    package static func start(_ name: String, _ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(run))
        let status = pthread_create(
            &thread, nil,
            { argument in
                argument.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().run() }
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            StandardStreams.fail("a thread (\(name)) cannot be started: \(String(cString: strerror(status)))")
        }
        pthread_detach(thread)
    }
}
